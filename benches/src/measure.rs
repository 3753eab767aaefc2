//! Measuring two programs beside each other.

use std::time::{Duration, Instant};

/// How long two programs take, each run in turn on a copy of the same input, which is made outside the time.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The first program's times, in ascending order.
    pub first: Vec<Duration>,
    /// The second one's.
    pub second: Vec<Duration>,
}

impl Pair {
    /// The first program's speed as a part of the second one's, by their medians.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        median(&self.second).as_secs_f64() / median(&self.first).as_secs_f64()
    }

    /// The medians.
    #[must_use]
    pub fn medians(&self) -> (Duration, Duration) {
        (median(&self.first), median(&self.second))
    }
}

/// Runs both programs so many times, in turn, after one round that is not measured.
///
/// # Panics
/// When they give different answers: then their times mean nothing.
pub fn alternate<I, A>(times: usize, input: impl Fn() -> I, first: impl Fn(I) -> A, second: impl Fn(I) -> A) -> Pair
where
    A: PartialEq + std::fmt::Debug + Clone,
{
    let (mut pair, mut answer) = (Pair { first: Vec::new(), second: Vec::new() }, None);
    for round in 0..=times {
        for (program, list) in [(&first as &dyn Fn(I) -> A, &mut pair.first), (&second, &mut pair.second)] {
            let given = input();
            let start = Instant::now();
            let found = program(given);
            let elapsed = start.elapsed();
            assert_eq!(answer.get_or_insert_with(|| found.clone()), &found, "the answers differ");
            if round > 0 {
                list.push(elapsed);
            }
        }
    }
    pair.first.sort_unstable();
    pair.second.sort_unstable();
    pair
}

fn median(sorted: &[Duration]) -> Duration {
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}
