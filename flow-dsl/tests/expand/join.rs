orders = source(a) -> watermark(|o| o.at, delay = 1s);
payments = source(b) -> watermark(|o| o.at, delay = 1s);
join(orders, payments, on = (|o| o.id, |p| p.order_id), window = tumbling(1min), left)
    -> map(|(o, p)| (o.id, p.is_some())) -> sink(c);
join(orders, payments, on = (|o| o.id, |p| p.order()), between = -5min ..= 10min) -> sink(d);
