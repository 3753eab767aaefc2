/// Revenue of large orders, per region and minute.
name = "high-value-orders";
portable;

orders = source::<Order>(orders_in)
    -> watermark(|o| o.placed_at, delay = 5s)
    -> filter(|o| o.amount > min_amount);

orders
    -> key_by(|o| o.region)
    -> window(tumbling(1min))
    -> aggregate(|o| Revenue {
           region: key,
           window_start: window.start,
           total: sum(o.amount),
           orders: count(),
       })
    -> sink(revenue_out);
