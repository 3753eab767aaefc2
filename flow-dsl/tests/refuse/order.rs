pipeline! {
source(x) -> window(tumbling(1min)) -> sink(y);
source(x) -> key_by(|o| o.a) -> window(tumbling(1min)) -> aggregate(|o| count()) -> sink(y);
source(x) -> watermark(|o| o.at, delay = 5s) -> window(tumbling(1min)) -> sink(y);
source(x) -> aggregate(|o| count()) -> sink(y);
source(x) -> key_by(|o| o.a) -> top(3, |o| o.a) -> sink(y);
a = source(x); b = source(x);
union(a, b) -> watermark(|o| o.at, delay = 5s) -> sink(y);
source(x) -> key_by(|o| o.a) -> watermark(|o| o.at, delay = 5s) -> sink(y);
source(x) -> map_async(|o| f(o)) -> watermark(|o| o.at, delay = 5s) -> sink(y);
source(x) -> enrich(|b| f(b), |o, a| a) -> watermark(|o| o.at, delay = 5s) -> sink(y);
source(x) -> map(|o| o, parallelism = 3) -> watermark(|o| o.at, delay = 5s) -> sink(y);
source(x) -> watermark(|o| o.at, delay = 5s, parallelism = 3) -> sink(y);
join(a, b, on = (|x| x.id, |y| y.id), inner) -> sink(y);
join(a, b, window = tumbling(1min)) -> sink(y);
source(x) -> sink(y) -> filter(|o| o.a);
source(x) -> key_by(|o| o.a) -> aggregate(|o| count()) -> map(|c| c) -> sink(y);
source(x) -> key_by(|o| o.a) -> aggregate(|o| window.start) -> sink(y);
source(x) -> key_by(|o| o.a) -> sink(y);
}
