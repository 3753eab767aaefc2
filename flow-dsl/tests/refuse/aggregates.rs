pipeline! {
w = source(x) -> watermark(|o| o.at, delay = 5s) -> key_by(|o| o.region) -> window(tumbling(1min)) -> aggregate(|o| Out { a: o.a });
w -> key_by(|o| o.region) -> window(tumbling(1min)) -> aggregate(|o| Out { a: summ(o.a), b: cuont() }) -> sink(y);
w -> key_by(|o| o.region) -> window(tumbling(1min)) -> aggregate(|o| Out { a: sum(), b: count(o.a) }) -> sink(y);
w -> key_by(|o| o.region) -> window(tumbling(1min)) -> aggregate(|o| Out { a: key }) -> sink(y);
w -> key_by(|o| o.region) -> window(tumbling(1min)) -> aggregate(revenue) -> sink(y);
w -> key_by(|o| o.region) -> window(tumbling(1min)) -> top(0, |o| o.a) -> sink(y);
}
pipeline! {
    w = source(x) -> key_by(|o| o.region);
    w -> aggregate(|o| Out {
        a: count(), b: count(), c: count(), d: count(), e: count(), f: count(), g: count(), h: count(), i: count(),
        j: count(), k: count(), l: count(), m: count(), n: count(),
    }) -> sink(y);
    w -> aggregate(|o| (custom(o.a), make(key, summ(o.a)), stats(o.a), make(o.a, count()), Some(o.b))) -> sink(y);
}
