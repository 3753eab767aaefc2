//! What a record cannot be: one error each.

use std::collections::HashMap;

use flow::prelude::*;
use rust_decimal::Decimal;

#[derive(Record)]
struct Types {
    id: u64,
    parts: HashMap<String, i64>,
    price: Decimal,
    text: &'static str,
    raw: Vec<u8>,
    #[record(skip)]
    skipped: u64,
}

#[derive(Record)]
struct Generic<T> {
    value: T,
}

#[derive(Record)]
enum Kind {
    Big,
}

#[derive(Record)]
struct Tuple(i64);

#[derive(Record)]
#[record(rename_all = "camelcase")]
struct Attributes {
    #[record(renmae = "a")]
    a: i64,
    #[record(precision = 40, scale = 2)]
    b: Decimal,
    #[record(rename = "d")]
    c: i64,
    d: i64,
}

fn main() {}
