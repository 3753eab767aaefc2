//! The join in session windows, which each key has for itself: records of equal keys in the same session.

use super::side::{Make, Side, Tagged};
use crate::state::{Data, Key};
use crate::windows::{Gather, TimeWindow};
use smallvec::SmallVec;

/// Most keys have one record on a side: it stands in the table itself, and asks for no room of its own.
type Records<T> = SmallVec<[T; 1]>;

/// Gathers both sides of a session, and pairs them when it fires.
pub(crate) struct Pairing<L, R, O> {
    make: Make<L, R, O>,
}

impl<L, R, O> Pairing<L, R, O> {
    pub(crate) fn new(make: Make<L, R, O>) -> Self {
        Self { make }
    }
}

impl<K, L, R, O> Gather<K, Tagged<K, L, R>> for Pairing<L, R, O>
where
    K: Key,
    L: Data + Clone,
    R: Data + Clone,
    O: Send + 'static,
{
    type State = (Records<L>, Records<R>);
    type Row = O;
    const SHARES: bool = true;

    fn start(&self, record: &Tagged<K, L, R>, time: i64) -> Self::State {
        let mut state = (Records::new(), Records::new());
        Gather::<K, _>::add(self, &mut state, record, time);
        state
    }

    fn add(&self, (left, right): &mut Self::State, record: &Tagged<K, L, R>, _: i64) {
        match &record.side {
            Side::Left(record) => left.push(record.clone()),
            Side::Right(record) => right.push(record.clone()),
        }
    }

    fn merge(&self, (left, right): &mut Self::State, other: Self::State) {
        left.extend(other.0);
        right.extend(other.1);
    }

    fn rows(&self, _: &K, _: TimeWindow, (left, right): &Self::State, mut emit: impl FnMut(O)) {
        let mut put = |left: Option<&L>, right: Option<&R>| {
            (self.make)(left.cloned(), right.cloned()).into_iter().for_each(&mut emit);
        };
        match (&left[..], &right[..]) {
            ([], right) => right.iter().for_each(|right| put(None, Some(right))),
            (left, []) => left.iter().for_each(|left| put(Some(left), None)),
            (left, right) => {
                for left in left {
                    right.iter().for_each(|right| put(Some(left), Some(right)));
                }
            }
        }
    }
}
