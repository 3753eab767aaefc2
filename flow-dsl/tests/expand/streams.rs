all = union(web, shop);
shop = source(b) -> watermark(strategy = own);
web = source(a) -> watermark(|o| o.at, monotonic);
all -> route(big = |o| o.amount > 1000, odd = |o| is_odd(o), rest);
big -> key_by(|o| (o.region, o.shop)) -> window(sliding(10s, every = 2s), offset = 1s, lateness = 1min, late = late)
    -> top(3, |r| r.amount) -> sink(c);
odd -> key_by(|o| o.region) -> window(session(gap)) -> fold(0, |acc, o| acc + o.amount) -> sink(d);
rest -> key_by(()) -> process(Count) -> sink(e);
late -> sink(f);
all -> sink(g);
