//! Joins and process functions of the language, compiled and run.

use flow::prelude::*;
use flow::state::{States, ValueState};
use flow::transforms::{Process, ProcessContext};

#[derive(Clone, Debug, PartialEq, Record)]
struct Order {
    id: i64,
    amount: i64,
    at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Payment {
    order_id: i64,
    at: Timestamp,
}

fn orders() -> Vec<Order> {
    let order = |(id, seconds): (i64, i64)| Order { id, amount: id * 10, at: Timestamp::from_millis(seconds * 1000) };
    [(1, 1), (2, 2), (3, 70)].map(order).to_vec()
}

fn payments() -> Vec<Payment> {
    let payment = |(order_id, seconds): (i64, i64)| Payment { order_id, at: Timestamp::from_millis(seconds * 1000) };
    [(1, 5), (3, 75), (2, 130)].map(payment).to_vec()
}

fn run(pipeline: Pipeline) {
    pipeline.run_blocking().expect("the pipeline runs");
}

#[test]
fn joins_in_windows_and_intervals() {
    let (paid, paid_out) = sinks::collect();
    let (open, open_out) = sinks::collect();
    let (soon, soon_out) = sinks::collect();
    let longest = std::time::Duration::from_secs(10);
    run(pipeline! {
        name = "joins";
        orders = source(sources::vec(orders())) -> watermark(|o| o.at, monotonic);
        payments = source(sources::vec(payments())) -> watermark(|p| p.at, delay = 1s);
        join(orders, payments, on = (|o| o.id, |p| p.order_id), window = tumbling(1min))
            -> map(|(o, p)| (o.id, p.at.millis() - o.at.millis())) -> sink(paid_out);
        join(orders, payments, on = (|o| o.id, |p| p.order_id), window = tumbling(1min), left, name = "unpaid")
            -> filter(|pair| pair.1.is_none()) -> map(|(o, _)| o.id) -> sink(open_out);
        join(orders, payments, on = (|o| o.id.clone(), |p| { p.order_id }), between = -1s ..= longest, inner)
            -> map(|(o, p)| (o.amount, p.order_id)) -> sink(soon_out);
    });
    let (mut paid, mut soon) = (paid.take(), soon.take());
    paid.sort();
    soon.sort();
    assert_eq!(paid, [(1, 4_000), (3, 5_000)]);
    assert_eq!(open.take(), [2]);
    assert_eq!(soon, [(10, 1), (30, 3)]);
}

/// Counts the records of each key.
#[derive(Clone)]
struct Numbered {
    seen: ValueState<i64>,
}

impl Process<bool, Order> for Numbered {
    type Out = (bool, i64);

    fn states(&mut self, states: &mut States<'_, bool>) {
        states.declare(&mut self.seen);
    }

    fn on_record(&mut self, _: Order, cx: &mut ProcessContext<'_, bool, (bool, i64)>) -> flow::Result<()> {
        let seen = self.seen.get(cx).copied().unwrap_or(0) + 1;
        self.seen.set(cx, seen);
        let key = *cx.key();
        cx.emit((key, seen));
        Ok(())
    }
}

#[test]
fn process_functions_keep_state() {
    let (rows, out) = sinks::collect();
    run(pipeline! {
        name = "process";
        source(sources::vec(orders()))
            -> key_by(|o| o.id > 1, name = "by-size")
            -> process(Numbered { seen: ValueState::new("seen") }, name = "numbers", parallelism = 2)
            -> sink(out);
    });
    let mut rows = rows.take();
    rows.sort();
    assert_eq!(rows, [(false, 1), (true, 1), (true, 2)]);
}
