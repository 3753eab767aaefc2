#[record(rename_all = "camel", skip, flatten)] struct Cases { #[record(rename_all = "camelCase")] a: i64 }
struct Names { #[record(rename = "")] a: i64, #[record(rename = "c")] b: i64, c: i64, #[record(rename = "d")] e: i64, #[record(rename = "x")] d: i64 }
struct Same { #[record(rename = "x")] a: i64, x: i64 }
struct Digits { #[record(precision = 18)] a: Decimal, #[record(scale = 2)] b: Decimal }
struct Contradictions { #[record(skip, epoch_millis)] a: Timestamp, #[record(renam = "b")] b: i64 }
