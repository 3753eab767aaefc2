//! What can be a key.

use bytes::Bytes;

/// What a key, or a header's value, can be made of: text, bytes, numbers as Kafka's own serialisers write them, and `None` for no key.
pub trait Key {
    /// Puts the key's bytes behind what is there. False, if there is none.
    fn put(&self, into: &mut Vec<u8>) -> bool;
}

macro_rules! of_bytes {
    ($($type:ty),+) => {$(
        impl Key for $type {
            fn put(&self, into: &mut Vec<u8>) -> bool {
                into.extend_from_slice(self.as_ref());
                true
            }
        }
    )+};
}
of_bytes!(String, str, [u8], Vec<u8>, Bytes);

macro_rules! of_numbers {
    ($($type:ty),+) => {$(
        impl Key for $type {
            fn put(&self, into: &mut Vec<u8>) -> bool {
                into.extend_from_slice(&self.to_be_bytes());
                true
            }
        }
    )+};
}
of_numbers!(i16, i32, i64, f32, f64);

impl<K: Key + ?Sized> Key for &K {
    fn put(&self, into: &mut Vec<u8>) -> bool {
        (**self).put(into)
    }
}

impl<K: Key> Key for Option<K> {
    fn put(&self, into: &mut Vec<u8>) -> bool {
        self.as_ref().is_some_and(|key| key.put(into))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_written_as_kafka_s_own_serialisers_do() {
        let check = |key: &dyn Key, wanted: Option<&[u8]>| {
            let mut bytes = Vec::new();
            assert_eq!(key.put(&mut bytes).then_some(&*bytes), wanted);
        };
        check(&"north".to_owned(), Some(b"north"));
        check(&7_i64, Some(&[0, 0, 0, 0, 0, 0, 0, 7]));
        check(&-1_i32, Some(&[255; 4]));
        check(&Some(Bytes::from_static(b"k")), Some(b"k"));
        check(&None::<String>, None);
    }
}
