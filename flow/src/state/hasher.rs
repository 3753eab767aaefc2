//! A hash of a value's canonical bytes, computed without writing them.
//!
//! The canonical bytes of a key are fixed by serde's data model: integers as 8 bytes (16 for 128 bits), text and bytes as
//! their length and content, a sequence as its length and elements, an option as a tag and its value, an enum as its
//! variant's number and content. They are mixed eight bytes at a time by multiplication and folding, which std's hashers do
//! not promise to keep and this one does.

use serde::ser::{self, Impossible, Serialize, Serializer};
use std::fmt;

/// Odd constants with well spread bits (the fractions of the golden ratio and of the square root of two).
const SEED: u64 = 0x9E37_79B9_7F4A_7C15;
const FOLD: u64 = 0x6A09_E667_F3BC_C909;

/// The hash of a value. A value that refuses to be serialised hashes as far as it went; equal values do so equally.
pub(super) fn stable_hash<T: Serialize + ?Sized>(value: &T) -> u64 {
    let mut hasher = StableHasher(SEED);
    // The only error is a value's own refusal: the hash of what it wrote before is as stable as any other.
    let _refused = value.serialize(&mut hasher);
    hasher.0
}

#[derive(Debug)]
struct StableHasher(u64);

impl StableHasher {
    #[inline]
    fn word(&mut self, word: u64) {
        let wide = u128::from(self.0 ^ word) * u128::from(FOLD);
        self.0 = (wide as u64) ^ ((wide >> 64) as u64) ^ word.rotate_left(32);
        self.0 = self.0.wrapping_mul(SEED);
    }

    #[inline]
    fn bytes(&mut self, bytes: &[u8]) {
        self.word(bytes.len() as u64);
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            let mut word = [0; 8];
            word.copy_from_slice(chunk);
            self.word(u64::from_le_bytes(word));
        }
        let rest = chunks.remainder();
        if !rest.is_empty() {
            let mut word = [0; 8];
            word[..rest.len()].copy_from_slice(rest);
            self.word(u64::from_le_bytes(word));
        }
    }
}

/// A value's own refusal to be serialised.
#[derive(Debug)]
struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the key refused to be serialised")
    }
}

impl std::error::Error for Refused {}

impl ser::Error for Refused {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

macro_rules! words {
    ($($method:ident: $type:ty),*) => {
        $(#[inline]
        fn $method(self, value: $type) -> Result<(), Refused> {
            self.word(value as u64);
            Ok(())
        })*
    };
}

impl<'a> Serializer for &'a mut StableHasher {
    type Ok = ();
    type Error = Refused;
    type SerializeSeq = &'a mut StableHasher;
    type SerializeTuple = &'a mut StableHasher;
    type SerializeTupleStruct = &'a mut StableHasher;
    type SerializeTupleVariant = &'a mut StableHasher;
    type SerializeMap = Impossible<(), Refused>;
    type SerializeStruct = &'a mut StableHasher;
    type SerializeStructVariant = &'a mut StableHasher;

    words!(serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_char: char);

    fn is_human_readable(&self) -> bool {
        false
    }
    fn serialize_i128(self, value: i128) -> Result<(), Refused> {
        self.bytes(&value.to_le_bytes());
        Ok(())
    }
    fn serialize_u128(self, value: u128) -> Result<(), Refused> {
        self.bytes(&value.to_le_bytes());
        Ok(())
    }
    fn serialize_f32(self, value: f32) -> Result<(), Refused> {
        self.word(u64::from(value.to_bits()));
        Ok(())
    }
    fn serialize_f64(self, value: f64) -> Result<(), Refused> {
        self.word(value.to_bits());
        Ok(())
    }
    #[inline]
    fn serialize_str(self, value: &str) -> Result<(), Refused> {
        self.bytes(value.as_bytes());
        Ok(())
    }
    fn serialize_bytes(self, value: &[u8]) -> Result<(), Refused> {
        self.bytes(value);
        Ok(())
    }
    fn serialize_none(self) -> Result<(), Refused> {
        self.word(0);
        Ok(())
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Refused> {
        self.word(1);
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<(), Refused> {
        Ok(())
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Refused> {
        Ok(())
    }
    fn serialize_unit_variant(self, _: &'static str, variant: u32, _: &'static str) -> Result<(), Refused> {
        self.word(u64::from(variant));
        Ok(())
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Refused> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        variant: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        self.word(u64::from(variant));
        value.serialize(self)
    }
    fn serialize_seq(self, len: Option<usize>) -> Result<Self, Refused> {
        self.word(len.map_or(u64::MAX, |len| len as u64));
        Ok(self)
    }
    fn serialize_tuple(self, _: usize) -> Result<Self, Refused> {
        Ok(self)
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Refused> {
        Ok(self)
    }
    fn serialize_tuple_variant(self, _: &'static str, at: u32, _: &'static str, _: usize) -> Result<Self, Refused> {
        self.word(u64::from(at));
        Ok(self)
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Refused> {
        // A map's order is not its value's: two equal maps would hash differently.
        Err(Refused)
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Refused> {
        Ok(self)
    }
    fn serialize_struct_variant(self, _: &'static str, at: u32, _: &'static str, _: usize) -> Result<Self, Refused> {
        self.word(u64::from(at));
        Ok(self)
    }
}

macro_rules! compound {
    ($($compound:ident: $method:ident($($name:ident)?)),*) => {
        $(impl ser::$compound for &mut StableHasher {
            type Ok = ();
            type Error = Refused;
            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, $($name: &'static str,)? value: &T) -> Result<(), Refused> {
                value.serialize(&mut **self)
            }
            #[inline]
            fn end(self) -> Result<(), Refused> {
                Ok(())
            }
        })*
    };
}

compound!(SerializeSeq: serialize_element(), SerializeTuple: serialize_element(), SerializeTupleStruct: serialize_field(),
    SerializeTupleVariant: serialize_field(), SerializeStruct: serialize_field(_name), SerializeStructVariant: serialize_field(_name));
