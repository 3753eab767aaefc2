struct Unsigned { a: u8, b: u16, c: u32, d: u64, e: usize, f: isize, g: i128, h: u128 }
struct Texts { a: char, b: Box<str>, c: str }
struct Collections { a: HashMap<String, i64>, b: BTreeMap<String, i64>, c: HashSet<i64>, d: BTreeSet<i64>, e: Vec<u8>, f: [i64; 3] }
struct Pointers { a: Box<i64>, b: Arc<i64>, c: Rc<i64>, d: &'static str, e: fn(i64) -> i64 }
struct Times { a: Duration, b: SystemTime, c: Instant, d: DateTime<Utc> }
struct Options { a: Option<Option<i64>>, b: Vec<Option<u64>> }
struct Decimals { a: Decimal, #[record(precision = 40, scale = 2)] b: Decimal, #[record(precision = 4, scale = 9)] c: Decimal }
struct Generic<T> { a: T }
struct Pair(i64, i64);
struct Nothing {}
enum Kind { A, B }
union Both { a: i64, b: f64 }
