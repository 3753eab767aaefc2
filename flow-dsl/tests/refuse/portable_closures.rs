pipeline! {
    portable;
    a = source(x);
    a -> filter(|o| if let Some(x) = o.a { x } else { false }) -> filter(|o| if o.a { o.b.len() }) -> sink(y);
    a -> filter(|o| if o.a.len() > 1 { o.b.trim() } else { o.c.is_empty() } > 2) -> filter(|o| {}) -> sink(y);
    a -> map(|o| match o.a { 1 => 2 }) -> map(|o| match o.a { x => x, 1.5 => 2, n if n > 3 => 3, _ => o.b.len() }) -> sink(y);
    a -> map(|o| Out { a: 1, ..o }) -> map(|o| ()) -> map(|o| Out { a: o.a.len(), b: o.b.trim_start() }) -> sink(y);
    a -> map(|o| o.a.chars().rev()) -> map(|o| o.a.chars().skip(n).take(3).collect::<String>()) -> sink(y);
    a -> filter(|o| flow::expr::matches(&o.a, pattern)) -> filter(|o| check(&o.a)) -> map(|o| println!("{}", o.a)) -> sink(y);
    a -> map(|o| format!("{:>3}", o.a)) -> map(|o| format!("{o}" 3)) -> map(|o| format!("{}{}", o.a.len(), o.b.trim_end())) -> sink(y);
    a -> map(|o| o.a.map(|x, y| x)) -> map(|o| o.a.map(|x| o.b.map(|y| x))) -> sink(y);
    a -> map(|o| o.a[0]) -> map(|o| o.a?) -> map(|o| 0..o.a) -> map(|o| [o.a]) -> map(|o| o.a = 1) -> sink(y);
    a -> map(|o| loop {}) -> map(|o| return o.a) -> map(|o| o.a.await) -> map(|o| (|x| x)) -> sink(y);
    a -> map(|o| 1u64) -> map(|o| b"x") -> map(|o| 'c') -> map(|o| o.a & o.b) -> map(|o| f::<i64>) -> map(|o| const { 1 }) -> sink(y);
    a -> map(|o, p| o) -> map(|[a, b]| a) -> map(|(a, b, ..)| a) -> map(f) -> sink(y);
    a -> filter(|o| o.a.unwrap() > 1) -> filter(|o| o.a.expect("x") > 1) -> filter(|o| o.a.unwrap_or_default() > 1) -> sink(y);
    a -> filter(|o| o.a.unwrap_or_else(f) > 1) -> filter(|o| o.a.and_then(|x| x)) -> map(|o| o.a.filter(|x| x)) -> sink(y);
    a -> map(|o| o.a.map_or(1, |x| x)) -> map(|o| o.a.to_ascii_lowercase()) -> map(|o| o.a.to_ascii_uppercase()) -> sink(y);
    a -> map(|o| o.a.eq_ignore_ascii_case("x")) -> filter(|o| re.is_match(&o.a)) -> map(|o| o.a.into()) -> sink(y);
    a -> map(|o| o.a.wrapping_add(1)) -> map(|o| o.a.wrapping_sub(1)) -> map(|o| o.a.wrapping_mul(1)) -> sink(y);
    a -> map(|o| o.a.rem_euclid(2)) -> map(|o| o.a.round()) -> map(|o| o.a.to_lowercas()) -> map(|o| o.a.min(o.b.len(), 2)) -> sink(y);
    a -> map(|o| o.a.min(o.b.len())) -> map(|o| o.a.len() as u8) -> map(|o| o.a.len() + &o.b.trim()) -> sink(y);
    a -> map(|o| lookup(o.a.len(), |x| x.len())) -> map(|o| (o.a as u8).pow(o.b.trim())) -> sink(y);
    w = a -> watermark(|o| o.at, delay = 5s);
    w -> key_by(|o| o.k) -> window(tumbling(1min)) -> aggregate(|o| (window, count())) -> sink(y);
    w -> key_by(|o| o.k) -> window(tumbling(1min)) -> aggregate(|o| (key.name, max(o.a).b)) -> sink(y);
}
