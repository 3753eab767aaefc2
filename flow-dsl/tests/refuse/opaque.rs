pipeline! {
portable;
a = source(x) -> filter(|o| o.ok) -> watermark(|o| o.at, delay = 5s);
b = source(x) -> watermark(|o| o.at.plus_millis(1), delay = 5s);
source(x)
    -> watermark(|o| o.at, delay = 5s)
    -> filter(|o| o.name.len() > 3)
    -> filter(is_good)
    -> map(|o| Out { a: o.a.pow(2), b: o.b as u64 })
    -> flat_map(|o| vec![o])
    -> inspect(|o| println!("{o:?}"))
    -> map_async(|o| f(o))
    -> enrich(|batch| f(batch), |o, a| a)
    -> filter(|o| { let x = o.a; x > 1 })
    -> filter(|o| o.opt == None)
    -> filter(|o| o.c == 'c' || o.d[0] > 1)
    -> key_by(|o| o.region)
    -> window(sliding(10s, every = 3s))
    -> aggregate(|o| Out { a: sum(o.a.my()), b: median(o.b), c: custom(X, o.c) })
    -> sink(y);
a -> key_by(|o| o.region) -> process(p) -> sink(z);
b -> key_by(|o| o.region) -> window(tumbling(1min)) -> fold(0, |a, o| a) -> sink(z);
}
