pipeline! {
    a = source(x) -> watermark(|o| o.at, delay = 5s);
    join(a, a) -> sink(y);
    join(a, a, on = |o| o.id, between = 5s) -> sink(y);
    join(a, a, on = (|x| x.id, |y| y.id), between = ..=5s) -> sink(y);
    join(a, a, on = (|x| x.id, |y| y.id), between = 5 .. 10m) -> sink(y);
    join(a, a, on = (|x| x.id, |y| y.id), between = -5s ..= 5s, offset = 1s) -> sink(y);
    join(a, a, on = (|x| x.id, |y| y.id), window = tumbling(1min), between = -5s ..= 5s, inner, left) -> sink(y);
    join(a, a, onn = (|x| x.id, |y| y.id), window = tumbling(0s)) -> sink(y);
}
