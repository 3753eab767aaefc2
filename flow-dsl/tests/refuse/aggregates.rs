w = source(x) -> watermark(|o| o.at, delay = 5s) -> key_by(|o| o.region) -> window(tumbling(1min)) -> aggregate(|o| Out { a: o.a });
w -> key_by(|o| o.region) -> window(tumbling(1min)) -> aggregate(|o| Out { a: summ(o.a), b: cuont() }) -> sink(y);
w -> key_by(|o| o.region) -> window(tumbling(1min)) -> aggregate(|o| Out { a: sum(), b: count(o.a) }) -> sink(y);
w -> key_by(|o| o.region) -> window(tumbling(1min)) -> aggregate(|o| Out { a: key }) -> sink(y);
w -> key_by(|o| o.region) -> window(tumbling(1min)) -> aggregate(revenue) -> sink(y);
w -> key_by(|o| o.region) -> window(tumbling(1min)) -> top(0, |o| o.a) -> sink(y);
