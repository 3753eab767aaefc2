//! The join in tumbling and sliding windows: both sides are listed, and paired when their window fires.

use super::side::{Make, Side, Tagged, outer};
use crate::error::Result;
use crate::ir::window::JoinKind;
use crate::state::{Data, Key, StateReader, StateWriter};
use crate::windows::{Gather, Kept, Number, TimeWindow, hash_of};
use hashbrown::HashTable;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Pairs what was listed. Most records of a window never meet a partner before it fires, so nothing is looked up until then:
/// one table is made of the shorter list, and the other list goes past it.
///
/// All keys of a window are listed together, so they are gathered as if they were one.
pub(crate) struct Pairs<L, R, O> {
    outer: (bool, bool),
    make: Make<L, R, O>,
}

impl<L, R, O> Pairs<L, R, O> {
    pub(crate) fn new(kind: JoinKind, make: Make<L, R, O>) -> Self {
        Self { outer: outer(kind), make }
    }
}

/// The records of both sides of a window, with their keys, in the order of their coming.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Lists<K, L, R> {
    left: Vec<(K, L)>,
    right: Vec<(K, R)>,
}

impl<K, L, R> Lists<K, L, R> {
    fn new() -> Self {
        Self { left: Vec::new(), right: Vec::new() }
    }

    fn put(&mut self, key: K, side: Side<L, R>) {
        match side {
            Side::Left(record) => self.left.push((key, record)),
            Side::Right(record) => self.right.push((key, record)),
        }
    }
}

impl<K, L, R, O> Gather<(), Tagged<K, L, R>> for Pairs<L, R, O>
where
    K: Key,
    L: Data + Clone,
    R: Data + Clone,
    O: Send + 'static,
{
    type State = Lists<K, L, R>;
    type Row = O;
    const SHARES: bool = true;

    fn start(&self, record: &Tagged<K, L, R>, time: i64) -> Lists<K, L, R> {
        let mut lists = Lists::new();
        self.add(&mut lists, record, time);
        lists
    }

    #[inline]
    fn add(&self, lists: &mut Lists<K, L, R>, record: &Tagged<K, L, R>, _: i64) {
        match &record.side {
            Side::Left(left) => lists.left.push((record.key.clone(), left.clone())),
            Side::Right(right) => lists.right.push((record.key.clone(), right.clone())),
        }
    }

    fn merge(&self, lists: &mut Lists<K, L, R>, other: Lists<K, L, R>) {
        lists.left.extend(other.left);
        lists.right.extend(other.right);
    }

    fn write<'a>(
        &self,
        name: &str,
        kept: impl Iterator<Item = (&'a (), (Number, &'a Lists<K, L, R>))>,
        state: &mut StateWriter,
    ) -> Result<()> {
        for (_, (number, Lists { left, right })) in kept {
            let left = left.iter().map(|(key, left)| (key, (number, Side::Left(left))));
            let right = right.iter().map(|(key, right)| (key, (number, Side::Right(right))));
            let both: Vec<_> = left.chain(right).collect();
            state.keyed(name, both.iter().map(|(key, kept)| (*key, kept)))?;
        }
        Ok(())
    }

    fn read(&self, name: &str, state: &StateReader<'_>) -> Result<Vec<Kept<(), Lists<K, L, R>>>> {
        let mut windows: BTreeMap<Number, Lists<K, L, R>> = BTreeMap::new();
        for (key, (number, side)) in state.keyed(name)? {
            windows.entry(number).or_insert_with(Lists::new).put(key, side);
        }
        Ok(windows.into_iter().map(|window| ((), window)).collect())
    }

    fn rows(&self, (): &(), _: TimeWindow, Lists { left, right }: &Lists<K, L, R>, emit: impl FnMut(O)) {
        let (outer, make) = (self.outer, self.make);
        if left.len() <= right.len() {
            pair(left, right, outer, make, emit);
        } else {
            pair(right, left, (outer.1, outer.0), |right, left| make(left, right), emit);
        }
    }
}

/// No further record of the key.
const NONE: usize = usize::MAX;

/// Gives every record of `few` with every one of `many` that has its key, and those that have no partner where `outer` says so.
fn pair<K: Key, A: Clone, B: Clone, O>(
    few: &[(K, A)],
    many: &[(K, B)],
    outer: (bool, bool),
    make: impl Fn(Option<A>, Option<B>) -> Option<O>,
    mut emit: impl FnMut(O),
) {
    let mut put = |a: Option<&A>, b: Option<&B>| make(a.cloned(), b.cloned()).into_iter().for_each(&mut emit);
    let (first, next) = chained(few);
    let mut met = vec![false; if outer.0 { few.len() } else { 0 }];
    for (key, b) in many {
        let mut at = first.find(hash_of(key), |&at| few[at].0 == *key).copied().unwrap_or(NONE);
        if at == NONE && outer.1 {
            put(None, Some(b));
        }
        while at != NONE {
            put(Some(&few[at].1), Some(b));
            if let Some(met) = met.get_mut(at) {
                *met = true;
            }
            at = next[at];
        }
    }
    for ((_, a), _) in few.iter().zip(met).filter(|(_, met)| !met) {
        put(Some(a), None);
    }
}

/// The place of the first record of each key, and of each record the place of the next one of its key.
fn chained<K: Key, A>(records: &[(K, A)]) -> (HashTable<usize>, Vec<usize>) {
    let mut first = HashTable::with_capacity(records.len());
    let mut next = vec![NONE; records.len()];
    for (at, (key, _)) in records.iter().enumerate().rev() {
        let hash = hash_of(key);
        match first.find_mut(hash, |&other: &usize| records[other].0 == *key) {
            Some(other) => next[at] = std::mem::replace(other, at),
            None => {
                first.insert_unique(hash, at, |&at| hash_of(&records[at].0));
            }
        }
    }
    (first, next)
}
