//! Where tumbling and sliding windows lie.

use super::time_window::Span;
use crate::time;

/// Windows of length `size`, of which one begins at every multiple of `slide`, moved by `offset`.
///
/// Window number `n` begins at `n * slide + offset`. Numbers are counted in 128 bits, so that nothing overflows at the ends of
/// time; a window that reaches beyond them is cut there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    size: i64,
    slide: i64,
    offset: i64,
}

/// The number of a window on its grid.
pub(crate) type Number = i128;

impl Grid {
    /// `1 <= slide <= size`, which [`Window::plan`](super::Window::plan) sees to.
    pub(crate) fn new(size: i64, slide: i64, offset: i64) -> Self {
        Self { size, slide, offset: offset.rem_euclid(slide) }
    }

    /// The last window that holds the time.
    #[inline]
    pub(crate) fn number(&self, time: i64) -> Number {
        let since = match time.checked_sub(self.offset) {
            Some(since) => return Number::from(since.div_euclid(self.slide)),
            None => Number::from(time) - Number::from(self.offset),
        };
        since.div_euclid(Number::from(self.slide))
    }

    /// All windows that hold the time, by number. There is at least one.
    pub(crate) fn numbers(&self, time: i64) -> std::ops::RangeInclusive<Number> {
        let before = Number::from(time) - Number::from(self.size) - Number::from(self.offset);
        before.div_euclid(Number::from(self.slide)) + 1..=self.number(time)
    }

    /// Where a window lies.
    pub(crate) fn span(&self, number: Number) -> Span {
        let start = number * Number::from(self.slide) + Number::from(self.offset);
        Span { start: clamp(start), last: clamp(start + Number::from(self.size) - 1) }
    }

    /// Into how many parts that lie side by side a window falls, if its size is a multiple of its step: each part is shared by
    /// as many windows.
    pub(crate) fn parts(&self) -> Option<i64> {
        (self.size % self.slide == 0).then_some(self.size / self.slide)
    }

    /// The grid of those parts: windows as long as the step.
    pub(crate) fn part_grid(&self) -> Self {
        Self { size: self.slide, ..*self }
    }
}

fn clamp(time: Number) -> i64 {
    time.clamp(Number::from(time::MIN), Number::from(time::MAX)) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::probe::cases;
    use proptest::prelude::*;

    /// Times near everything that could go wrong.
    fn times() -> impl Strategy<Value = i64> {
        prop_oneof![-50..50i64, any::<i64>(), i64::MIN..i64::MIN + 50, i64::MAX - 50..=i64::MAX]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(cases()))]

        #[test]
        fn tumbling_follows_the_formula(time in times(), size in 1..1000i64, offset in 0..3000i64) {
            let span = Grid::new(size, size, offset).span(Grid::new(size, size, offset).number(time));
            let (time, size, offset) = (i128::from(time), i128::from(size), i128::from(offset));
            let start = time - (time - offset).rem_euclid(size);
            prop_assert_eq!(i128::from(span.start), start.max(i64::MIN.into()));
            prop_assert_eq!(i128::from(span.last), (start + size - 1).min(i64::MAX.into()));
        }

        #[test]
        fn sliding_holds_every_start_within_a_size(
            time in times(),
            (size, slide) in (1..60i64).prop_flat_map(|size| (Just(size), 1..=size)),
            offset in 0..100i64,
        ) {
            let grid = Grid::new(size, slide, offset);
            let numbers: Vec<_> = grid.numbers(time).collect();
            let starts: Vec<i128> = numbers.iter().map(|n| n * i128::from(slide) + i128::from(offset.rem_euclid(slide))).collect();
            let time = i128::from(time);
            let expected: Vec<i128> = (time - i128::from(size) + 1..=time)
                .filter(|start| (start - i128::from(offset)).rem_euclid(i128::from(slide)) == 0)
                .collect();
            prop_assert_eq!(starts, expected);
            for number in numbers {
                prop_assert!(grid.span(number).holds(time as i64));
            }
        }

        #[test]
        fn windows_differ_even_where_time_ends(near in times(), size in 1..i64::MAX / 2) {
            let grid = Grid::new(size, (size / 3).max(1), 7);
            let spans: Vec<Span> = grid.numbers(near).map(|number| grid.span(number)).collect();
            for (at, span) in spans.iter().enumerate() {
                prop_assert!(!spans[..at].contains(span));
            }
        }
    }
}
