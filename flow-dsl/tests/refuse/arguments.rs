pipeline! {
    source -> sink(y);
    source() -> filter::<Order>(|o| o.a) -> sink(y);
    source(x, route = |o| o.a) -> sink(y);
    source(x) -> map_async(|o| f(o), concurrency = 0, timeout = 0s, ordered = 3, unordered, ordered) -> sink(y);
    source(x) -> enrich(|batch| f(batch), concurrency = 0) -> sink(y);
    source(x) -> map_async(|o| f(o), ordered, ordered) -> fold(0) -> top(3, |o| o.a, |o| o.b) -> sink(y);
    source(x) -> filter(|o| o.a, name =) -> fliter(|o| o.a) -> sink(y);
    sorce(x) -> fliter(|o| o.a) -> sink(y);
    source(x) -> filter(|o| ) -> map(|o| o, nam = "x") -> sink(y);
    source(x) -> ;
    union(a) -> sink(y);
    source(x) -> route(big = |o| o.a, big = |o| o.b, rest) -> sink(y);
    source(x) -> route(|o| o.a, left = |o| o.b, rest);
    source(x) -> watermark(|o| o.a, |o| o.b, delay = 5s) -> sink(y);
}
pipeline! {
    missing -> sink(y);
}
