//! Results in any order of completion: nothing becomes late, nothing is lost, order is kept where it is asked for.

use super::flight::{Beside, Flight};
use crate::element::Element;
use crate::operator::probe::cases;
use proptest::prelude::*;

/// Records that come and requests that end, as two decisions at each step, and where what is ready is taken.
fn script() -> impl Strategy<Value = Vec<(u8, usize, bool)>> {
    proptest::collection::vec((0u8..6, 0usize..8, any::<bool>()), 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn nothing_becomes_late_or_is_lost(script in script(), ordered: bool, located: bool) {
        let mut flight = Flight::<u64>::new(ordered, 3);
        let (mut running, mut came, mut mark, mut out) = (Vec::new(), Vec::new(), 0, Vec::new());
        for (what, which, take) in script {
            match what {
                0..3 => {
                    mark += i64::from(what);
                    let split = u32::try_from(which / 4).unwrap();
                    let offset = located.then_some(came.len() as u64);
                    let number = flight.begin(Beside { time: mark + 1, mark, offset, split, timed: true });
                    prop_assert_eq!(number, came.len() as u64);
                    came.push((mark, split));
                    running.push(number);
                }
                3..5 if !running.is_empty() => {
                    let number = running.remove(which % running.len());
                    flight.done(number, (number % 5 != 0).then_some(number));
                }
                _ => {
                    mark += 1;
                    flight.passed(mark);
                }
            }
            out.extend(flight.take(take));
        }
        for number in running.drain(..).rev().collect::<Vec<_>>() {
            flight.done(number, (number % 5 != 0).then_some(number));
        }
        flight.passed(mark);
        prop_assert_eq!(flight.len(), 0);
        out.extend(std::iter::from_fn(|| flight.take(true)));
        let (mut watermark, mut rows) = (i64::MIN, Vec::new());
        for element in out {
            match element {
                Element::Batch(mut batch) => {
                    prop_assert!(batch.len() <= 3);
                    let (after, split) = (batch.after(), batch.split());
                    for item in batch.drain() {
                        let (its_mark, its_split) = came[item.value as usize];
                        prop_assert!(watermark <= item.mark && item.mark <= its_mark);
                        prop_assert_eq!((item.time, split), (its_mark + 1, its_split));
                        prop_assert_eq!(item.offset, located.then_some(item.value));
                        prop_assert!(!ordered || item.mark == its_mark);
                        watermark = item.mark;
                        rows.push(item.value);
                    }
                    prop_assert!(watermark <= after);
                    watermark = after;
                }
                Element::Watermark(next) => {
                    prop_assert!(next > watermark);
                    watermark = next;
                }
                other => prop_assert!(false, "{other:?}"),
            }
        }
        prop_assert!(watermark == mark || (mark == 0 && watermark <= 0));
        if !ordered {
            rows.sort_unstable();
        }
        prop_assert_eq!(rows, (0..came.len() as u64).filter(|n| n % 5 != 0).collect::<Vec<_>>());
    }
}
