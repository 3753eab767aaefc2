pipeline! {
    a = source(x) -> watermark(|o| o.at, delay = 5s) -> key_by(|o| o.id);
    a -> window(tumbling) -> aggregate(|o| count()) -> sink(y);
    a -> window(5s) -> aggregate(|o| count()) -> sink(y);
    a -> window(tumbling(1min, 2min)) -> aggregate(|o| count()) -> sink(y);
    a -> window(sliding(10s, 2s)) -> aggregate(|o| count()) -> sink(y);
    a -> window(sliding(10s, evry = 2s)) -> aggregate(|o| count()) -> sink(y);
    a -> window(sliding(0s, every = 0s), offset = 0s, lateness = 0s, late = "x") -> aggregate(|o| count()) -> sink(y);
    a -> window(session(1min), offset = 1s, latness = 1s) -> aggregate(|o| count()) -> sink(y);
    source(x) -> watermark(delay = -5s) -> sink(y);
    source(x) -> watermark(|o| o.at, delay = 5s, strategy = s) -> sink(y);
}
