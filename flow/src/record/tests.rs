//! The JSON table of the language page, line by line, and the laws that every encoding keeps.

use bytes::Bytes;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::time::Timestamp;

fn read<T, E: Encoding<T>>(json: &str) -> Result<T, String> {
    serde_json::from_str::<Strict<T, E>>(json).map(Strict::into_inner).map_err(|e| e.to_string())
}

fn write<T, E: Encoding<T>>(value: &T) -> Result<String, String> {
    serde_json::to_string(&Ref::<T, E>::new(value)).map_err(|e| e.to_string())
}

/// The text reads as the value, and the value is written as the text.
fn check<T: PartialEq + std::fmt::Debug, E: Encoding<T>>(json: &str, value: T) {
    assert_eq!(read::<T, E>(json).as_ref(), Ok(&value), "{json}");
    assert_eq!(write::<T, E>(&value).as_deref(), Ok(json));
    laws::<T, E>(&value);
}

/// What goes into a row, or into a snapshot, comes back.
fn laws<T: PartialEq + std::fmt::Debug, E: Encoding<T>>(value: &T) {
    assert_eq!(E::from_value(E::to_value(value)).as_ref(), Ok(value));
    let bytes = postcard::to_stdvec(&Ref::<T, E>::new(value)).unwrap();
    let back: Strict<T, E> = postcard::from_bytes(&bytes).unwrap();
    assert_eq!(&back.into_inner(), value);
    let data = E::to_value(value);
    assert_eq!(postcard::from_bytes::<Value>(&postcard::to_stdvec(&data).unwrap()).as_ref(), Ok(&data));
}

fn refuses<T: std::fmt::Debug, E: Encoding<T>>(wrong: &[&str]) {
    for json in wrong {
        let result = read::<T, E>(json);
        assert!(result.is_err(), "{json} was read as {result:?}");
    }
}

#[test]
fn json_is_written_as_the_table_says() {
    check::<bool, Plain>("true", true);
    check::<i8, Plain>("-128", i8::MIN);
    check::<i64, Plain>("9223372036854775807", i64::MAX);
    check::<f64, Plain>("0.1", 0.1);
    check::<f64, Plain>("\"Infinity\"", f64::INFINITY);
    check::<f32, Plain>("\"-Infinity\"", f32::NEG_INFINITY);
    check::<f32, Plain>("0.1", 0.1);
    check::<String, Plain>("\"ä\\n\"", "ä\n".to_owned());
    check::<Bytes, Plain>("\"AP8=\"", Bytes::from_static(&[0, 255]));
    check::<Timestamp, Plain>("\"1970-01-01T00:00:00.005Z\"", Timestamp::from_millis(5));
    check::<Timestamp, EpochMillis>("5", Timestamp::from_millis(5));
    check::<Option<Timestamp>, EpochMillis>("null", None);
    check::<Option<i32>, Plain>("7", Some(7));
    check::<Vec<Option<i32>>, Plain>("[1,null]", vec![Some(1), None]);
    check::<Decimal, Digits<18, 2>>("1234567890123456.78", Decimal::new(123_456_789_012_345_678, 2));
    check::<Vec<Decimal>, Digits<5, 2>>("[1.50,-0.01]", vec![Decimal::new(150, 2), Decimal::new(-1, 2)]);
    check::<(i64, Option<String>), Plain>(r#"{"f0":1,"f1":null}"#, (1, None));
    assert!(read::<f64, Plain>("\"NaN\"").unwrap().is_nan());
    assert_eq!(write::<f64, Plain>(&f64::NAN).unwrap(), "\"NaN\"");
    assert_eq!(read::<Decimal, Digits<5, 2>>("1e1").unwrap(), Decimal::from(10));
    assert_eq!(read::<f64, Plain>("7").unwrap(), 7.0);
    assert_eq!(read::<(i64, Option<String>), Plain>(r#"{"f0":1}"#).unwrap(), (1, None));
}

#[test]
fn nothing_is_coerced() {
    refuses::<bool, Plain>(&["1", "\"true\"", "null"]);
    refuses::<i32, Plain>(&["\"12\"", "1.9", "1.0", "2147483648", "null", "true", "12 x"]);
    refuses::<f64, Plain>(&["\"1.5\"", "\"nan\"", "null", "1e999"]);
    refuses::<f32, Plain>(&["1e39"]);
    refuses::<String, Plain>(&["1", "null"]);
    refuses::<Bytes, Plain>(&["\"*\"", "[1]"]);
    refuses::<Timestamp, Plain>(&["5", "\"2026-01-01T00:00:00\"", "\"2026-01-01T00:00:00+01:00\""]);
    refuses::<Timestamp, EpochMillis>(&["\"2026-01-01T00:00:00Z\"", "5.5", "null"]);
    refuses::<Decimal, Digits<5, 2>>(&["1.234", "1000", "\"1\"", "null", "[]", &"1".repeat(1_000_000)]);
    refuses::<(i64, String), Plain>(&[r#"{"f0":1}"#, r#"{"f0":1,"f1":"","f0":2}"#]);
    assert!(write::<Decimal, Digits<5, 2>>(&Decimal::new(1234, 3)).is_err());
}

#[test]
fn a_misfit_names_its_field() {
    let row = Value::Row(vec![Value::I64(1), Value::Row(vec![Value::Null, Value::Bool(true)])]);
    let error = <(i64, (Option<i64>, String))>::from_row(row).unwrap_err();
    assert_eq!(error.to_string(), "field `f1.f1`: expected String, found bool");
}

#[test]
fn a_key_has_the_identity_of_its_bits() {
    assert_ne!(Value::F64(0.0), Value::F64(-0.0));
    assert_eq!(Value::F64(f64::NAN), Value::F64(f64::NAN));
    assert!(Value::Null < Value::Bool(false));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(crate::operator::probe::cases()))]

    #[test]
    fn every_value_comes_back(
        a: i64, b: Option<i8>, c in any::<f64>().prop_filter("a NaN is not itself", |f| !f.is_nan()), d: String,
        e: Vec<u8>, f: i64, g: i32, h: bool, i: Vec<Option<(i16, bool)>>,
    ) {
        laws::<_, Plain>(&a);
        laws::<_, Plain>(&b);
        laws::<_, Plain>(&c);
        laws::<_, Plain>(&d);
        laws::<_, Plain>(&Bytes::from(e));
        laws::<_, Plain>(&Timestamp::from_millis(f));
        laws::<_, EpochMillis>(&Timestamp::from_millis(f));
        laws::<_, Digits<12, 3>>(&Decimal::new(i64::from(g), 3));
        laws::<_, Plain>(&i);
        let json = write::<f64, Plain>(&c).unwrap();
        prop_assert_eq!(read::<f64, Plain>(&json).unwrap().to_bits(), c.to_bits());
        let pair = ((a, h), b);
        prop_assert_eq!(<((i64, bool), Option<i8>)>::from_row(pair.to_row()).unwrap(), pair);
    }
}
