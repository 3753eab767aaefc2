pipeline! {
    portable;
    a = source(x) -> watermark(|o| o.at, delay = 5s);
    a -> try_map(|o| f(o)) -> sink(y);
    a -> key_by(|o| o.id) -> window(tumbling(1min)) -> reduce(|a, b| a) -> sink(y);
    source(x) -> watermark(strategy = own) -> sink(y);
    source(x) -> filter(|o| o.ok) -> watermark(|o| f(o.at), delay = 0s) -> sink(y);
    a -> key_by(|o| o.id) -> window(tumbling(1min), lateness = 1min, late = late)
        -> aggregate(|o| Out { a: first(o.a), b: last(o.b) }) -> sink(y);
    late -> sink(y);
    a -> key_by(|o| o.id) -> window(sliding(10s, every = 5s)) -> aggregate(|o| first(o.a)) -> sink(y);
    a -> key_by(|o| o.id) -> window(session(10s)) -> aggregate(|o| (last(o.a), median(o.len()))) -> sink(y);
    a -> key_by(|o| o.id) -> aggregate(|o| last(o.a)) -> sink(y);
    a -> key_by(|o| o.id) -> aggregate(|o| custom(X, o.a.len()).filter(|o| o.b.len() > 1)) -> sink(y);
    a -> apply(|s| s.filter(|o| o.a > 1).flat_map(|o| o.all()).map_expr(expr!(|o| o.b)).inspect(show)) -> sink(y);
    a -> apply(|s: Stream<Order>| { let s = s.route().when("big", |o| o.a > 1); s.split() }) -> sink(y);
    a -> apply(fragment) -> sink(y);
    a -> map(|o| o.a.len(), nam = "x") -> filter(|o| o.b.len() > 1, |o| o.c) -> sink(y);
    join(a, a, on = (|x| x.name.len(), |y| y.name.trim())) -> sink(y);
}
