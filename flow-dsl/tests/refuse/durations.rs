pipeline! {
source(x) -> watermark(|o| o.at, delay = 0s) -> key_by(|o| o.a) -> window(tumbling(0s)) -> aggregate(|o| count()) -> sink(y);
source(x) -> watermark(|o| o.at, delay = -5s) -> key_by(|o| o.a) -> window(tumbling(5)) -> aggregate(|o| count()) -> sink(y);
source(x) -> watermark(|o| o.at, monotonic) -> key_by(|o| o.a) -> window(sliding(10s, every = 20s)) -> aggregate(|o| count()) -> sink(y);
source(x) -> watermark(|o| o.at) -> key_by(|o| o.a) -> window(sliding(10s)) -> aggregate(|o| count()) -> sink(y);
source(x) -> watermark(|o| o.at, monotonic, delay = 1s) -> key_by(|o| o.a) -> window(tumblin(1m)) -> aggregate(|o| count()) -> sink(y);
idle_timeout = -1s;
a = source(x) -> watermark(|o| o.at, monotonic);
join(a, a, on = (|x| x.id, |y| y.id), between = 5min ..= -10min) -> sink(y);
join(a, a, on = (|x| x.id, |y| y.id), between = -5min .. 10min) -> sink(y);
}
