pipeline! {
    a = source(x) -> watermark(|o| o.at, delay = 5s);
    keyed = a -> key_by(|o| o.id);
    running = a -> key_by(|o| o.id) -> aggregate(|o| count());
    union(a, keyed, running) -> sink(y);
    a -> key_by(|o| o.id) -> route(big = |o| o.a, rest) -> sink(y);
    named = a -> route(small = |o| o.a, others);
    union(big, rest) -> sink(y);
    union(small, others) -> sink(y);
    a -> route(rest);
    window = a -> key_by(|o| o.id) -> window(tumbling(1min));
    window -> sink(y);
    a -> key_by(|o| o.id) -> window(tumbling(1min)) -> sink(y);
    a -> key_by(|o| o.id) -> window(tumbling(1min)) -> window(tumbling(1min)) -> top(1, |o| o.a) -> sink(y);
    a -> key_by(|o| o.id) -> window(tumbling(1min)) -> map(|o| o) -> sink(y);
    a -> process(p) -> sink(y);
    a -> key_by((|o| o.id, |o| o.shop)) -> process(p) -> sink(y);
}
