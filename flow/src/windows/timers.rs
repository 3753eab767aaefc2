//! Timers that are never set for a moment before the last one that was taken.

/// Moments in their order, with what each is for: a radix heap. Setting a timer costs next to nothing, and taking one moves
/// each timer a few times in all, however many there are; for watermarks never go back.
///
/// A timer stands in the bucket of the highest bit in which its moment differs from `base`, the last moment that was taken.
/// The first bucket that is not empty then holds the earliest timers.
#[derive(Debug)]
pub(super) struct Timers<V> {
    buckets: Vec<Vec<(i64, V)>>,
    base: i64,
    /// The earliest moment; the latest there is, if there is no timer.
    next: i64,
}

/// One for each highest bit, and one for the base itself.
const BUCKETS: usize = 65;

impl<V> Timers<V> {
    pub(super) fn new() -> Self {
        Self { buckets: (0..BUCKETS).map(|_| Vec::new()).collect(), base: i64::MIN, next: i64::MAX }
    }

    /// Sets a timer, and says for when: one for the past is for the last moment that was taken.
    #[inline]
    pub(super) fn set(&mut self, moment: i64, value: V) -> i64 {
        let moment = moment.max(self.base);
        self.next = self.next.min(moment);
        self.buckets[bucket(moment, self.base)].push((moment, value));
        moment
    }

    /// Takes one of the earliest timers, if that is not after the moment.
    #[inline]
    pub(super) fn take(&mut self, until: i64) -> Option<(i64, V)> {
        if self.next > until { None } else { self.take_next() }
    }

    fn take_next(&mut self) -> Option<(i64, V)> {
        if self.buckets[0].is_empty() {
            let first = self.buckets.iter().position(|bucket| !bucket.is_empty())?;
            self.base = self.next;
            let mut moved = std::mem::take(&mut self.buckets[first]);
            for (moment, value) in moved.drain(..) {
                self.buckets[bucket(moment, self.base)].push((moment, value));
            }
            // Its room is for the next ones.
            self.buckets[first] = moved;
        }
        let taken = self.buckets[0].pop();
        if self.buckets[0].is_empty() {
            let first = self.buckets.iter().find(|bucket| !bucket.is_empty());
            let earliest = first.and_then(|bucket| bucket.iter().map(|timer| timer.0).min());
            self.next = earliest.unwrap_or(i64::MAX);
        }
        taken
    }
}

fn bucket(moment: i64, base: i64) -> usize {
    (u64::BITS - (moment ^ base).leading_zeros()) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::probe::cases;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(cases()))]

        #[test]
        fn timers_come_in_the_order_of_their_moments(
            steps in proptest::collection::vec((prop_oneof![0..100i64, any::<i64>()], any::<bool>()), 0..60)
        ) {
            let (mut timers, mut plain, mut now) = (Timers::new(), Vec::new(), i64::MIN);
            for (at, (moment, moves)) in steps.into_iter().enumerate() {
                if moves {
                    now = now.max(moment);
                    while let Some((moment, value)) = timers.take(now) {
                        plain.sort_unstable();
                        let place = plain.iter().position(|timer| *timer == (moment, value));
                        prop_assert_eq!(plain.first().map(|timer: &(i64, usize)| timer.0), Some(moment));
                        plain.remove(place.expect("it was set"));
                    }
                    prop_assert!(plain.iter().all(|timer| timer.0 > now));
                } else if moment > now {
                    timers.set(moment, at);
                    plain.push((moment, at));
                }
            }
        }
    }
}
