name = "stateless";
source(a)
    -> filter(|o| o.amount * 2 - 1 >= min && !(o.void || o.region == "x"), name = "big", parallelism = 2)
    -> map(|o| Small { id: o.id, kind: if o.amount > 10 { "big".to_string() } else { label }, half: (o.amount + 1) / 2 })
    -> filter_map(|s| Some(s.half as f64))
    -> flat_map(|x| vec![x, x])
    -> try_map(|x| parse(x))
    -> inspect(|x| println!("{x}"))
    -> map_async(|x| async move { Ok::<_, Error>(x) }, concurrency = 16, timeout = 5s, retries = 3, unordered)
    -> enrich(|batch| ask(batch), |x, answer| (x, answer), timeout = 1s)
    -> map(compute)
    -> apply(fragment)
    -> sink(b);
