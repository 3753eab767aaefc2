//! Orders and their payments: joined when a payment comes within ten minutes, and the orders that nobody paid.
//!
//! `cargo run --release --example join_streams`

use flow::prelude::*;

#[derive(Clone, Debug, Record)]
struct Order {
    id: i64,
    amount: i64,
    at: Timestamp,
}

#[derive(Clone, Debug, Record)]
struct Payment {
    order: i64,
    amount: i64,
    at: Timestamp,
}

fn main() -> flow::Result<()> {
    let (rows, out) = sinks::collect();
    let pipeline = pipeline! {
        name = "join-streams";

        orders = source(sources::vec(orders())) -> watermark(|o| o.at, delay = 1min);
        payments = source(sources::vec(payments())) -> watermark(|p| p.at, delay = 1min);

        join(orders, payments, on = (|o| o.id, |p| p.order), between = 0s ..= 10min, left)
            -> map(|(order, payment)| match payment {
                Some(payment) if payment.amount == order.amount => format!("order {}: paid", order.id),
                Some(payment) => format!("order {}: paid {} of {}", order.id, payment.amount, order.amount),
                None => format!("order {}: not paid in time", order.id),
            })
            -> sink(out);
    };
    let report = pipeline.run_blocking()?;

    let mut rows = rows.take();
    rows.sort();
    for row in rows {
        println!("{row}");
    }
    println!("\n{report}");
    Ok(())
}

fn minute(minute: i64) -> Timestamp {
    Timestamp::from_millis(1_767_600_000_000 + minute * 60_000)
}

fn orders() -> Vec<Order> {
    let order = |(id, amount, at)| Order { id, amount, at: minute(at) };
    [(1, 500, 0), (2, 750, 1), (3, 120, 3), (4, 90, 5), (5, 60, 30)].map(order).into()
}

fn payments() -> Vec<Payment> {
    let payment = |(order, amount, at)| Payment { order, amount, at: minute(at) };
    // The third comes eleven minutes after its order; the fourth in two parts; the fifth not at all.
    [(1, 500, 2), (2, 700, 11), (4, 40, 6), (4, 50, 7), (3, 120, 14)].map(payment).into()
}
