//! A field of a type that is not a record.

use flow::prelude::*;

enum Kind {
    Big,
}

#[derive(Record)]
struct Order {
    id: i64,
    kind: Kind,
}

fn main() {}
