source(a) -> watermark(|o| o.at, delay = limit)
    -> key_by(|o| (o.region, o.shop))
    -> window(tumbling(1min))
    -> aggregate(|o| Out {
           region: key.0,
           until: window.end,
           mean: sum(o.a) / sum(o.b * 2),
           big: count().filter(|o| o.a > least),
           last: last(o.name),
           odd: max(o.a.my_fn()),
       })
    -> sink(b);
running = source(a) -> key_by(|o| o.region) -> aggregate(|o| (key, sum(o.amount)));
running -> sink(c);
single = source(a) -> watermark(|o| o.at, monotonic) -> key_by(|o| o.region) -> window(tumbling(1h)) -> aggregate(|o| sum(o.amount));
single -> sink(d);
opaque = source(a) -> watermark(|o| o.at, monotonic) -> key_by(|o| o.region) -> window(tumbling(1d))
    -> aggregate(|o| make(key, count(), custom(Median, o.amount), custom(Newest, o).filter(|o| o.paid)));
opaque -> sink(e);
