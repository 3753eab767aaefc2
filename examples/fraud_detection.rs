//! A small payment, then a large one within a minute, is how stolen cards are tried. A process function remembers, for each
//! card, that a small payment was seen, and forgets it by a timer.
//!
//! `cargo run --release --example fraud_detection`

use flow::prelude::*;
use flow::state::{States, ValueState};
use flow::transforms::{Process, ProcessContext};

/// A payment with a card, in cents.
#[derive(Clone, Debug, Record)]
struct Payment {
    card: String,
    amount: i64,
    at: Timestamp,
}

/// A payment that someone should look at.
#[derive(Debug, Record)]
struct Alert {
    card: String,
    small: i64,
    large: i64,
    at: Timestamp,
}

/// Remembers the last small payment of each card.
#[derive(Clone)]
struct Detector {
    /// The small payment's amount, and when it is to be forgotten.
    tried: ValueState<(i64, Timestamp)>,
    small: i64,
    large: i64,
    within_millis: i64,
}

impl Detector {
    fn new() -> Self {
        Self { tried: ValueState::new("tried"), small: 100, large: 50_000, within_millis: 60_000 }
    }
}

impl Process<String, Payment> for Detector {
    type Out = Alert;

    fn states(&mut self, states: &mut States<'_, String>) {
        states.declare(&mut self.tried);
    }

    fn on_record(&mut self, payment: Payment, cx: &mut ProcessContext<'_, String, Alert>) -> flow::Result<()> {
        if let Some((small, until)) = self.tried.get(cx).copied() {
            if payment.amount >= self.large && payment.at < until {
                cx.emit(Alert { card: payment.card, small, large: payment.amount, at: payment.at });
            }
            // Whatever came, it ends the trial: only the payment right after the small one counts.
            cx.delete_timer(until);
            self.tried.clear(cx);
        }
        if payment.amount <= self.small {
            let until = payment.at.plus_millis(self.within_millis);
            cx.set_timer(until);
            self.tried.set(cx, (payment.amount, until));
        }
        Ok(())
    }

    fn on_timer(&mut self, _: Timestamp, cx: &mut ProcessContext<'_, String, Alert>) -> flow::Result<()> {
        self.tried.clear(cx);
        Ok(())
    }
}

fn main() -> flow::Result<()> {
    let (alerts, alerts_out) = sinks::collect();
    let pipeline = pipeline! {
        name = "fraud-detection";
        parallelism = 2;

        source(sources::vec(payments()))
            -> watermark(|p| p.at, monotonic)
            -> key_by(|p| p.card)
            -> process(Detector::new(), name = "detector")
            -> sink(alerts_out);
    };
    let report = pipeline.run_blocking()?;

    let mut alerts = alerts.take();
    alerts.sort_by_key(|alert| alert.at);
    for Alert { card, small, large, at } in alerts {
        println!("{at}  card {card}: {small} and then {large}");
    }
    println!("\n{report}");
    Ok(())
}

/// Payments in the order of their times, in seconds from a Monday morning.
fn payments() -> Vec<Payment> {
    let payments = [
        (0, "1111", 2_500),
        (10, "2222", 90),
        (30, "2222", 80_000), // suspicious
        (35, "3333", 50),
        (50, "1111", 60_000), // large, but nothing small before it
        (60, "3333", 4_000),  // something else came between
        (70, "3333", 99_000),
        (80, "4444", 100),
        (141, "4444", 70_000), // a second too late
        (150, "5555", 1),
        (209, "5555", 50_000), // suspicious, a second before the end
    ];
    let monday = 1_767_600_000_000;
    payments
        .map(|(second, card, amount)| Payment {
            card: card.into(),
            amount,
            at: Timestamp::from_millis(monday + second * 1000),
        })
        .into()
}
