//! What the parts of a sliding window come to, carried from one window to the next.

use super::cells::Cells;
use super::gather::Gather;
use super::grid::Number;
use super::table::{Table, hash_of};
use crate::state::Key;
use hashbrown::HashTable;

/// What some neighbouring parts come to. From one window to the next a part is added and another taken out, so a window costs
/// what its first and its last part hold, however many are between them.
#[derive(Debug)]
pub(super) struct Total<K, S> {
    of: HashTable<Sum<K, S>>,
    /// The window that fires next, if these are the parts that it has in common with the one before.
    next: Option<Number>,
}

#[derive(Debug)]
struct Sum<K, S> {
    key: K,
    state: S,
    /// In how many parts the key is.
    parts: u32,
}

impl<K: Key, S: Clone> Total<K, S> {
    pub(super) fn new() -> Self {
        Self { of: HashTable::new(), next: None }
    }

    /// A part has changed: if it is one of these, the next window is gathered anew.
    pub(super) fn change(&mut self, part: Number) {
        self.next = self.next.filter(|&next| part >= next);
    }

    /// Comes to what this window holds, which falls into so many parts.
    pub(super) fn reach<T, G: Gather<K, T, State = S>>(
        &mut self,
        number: Number,
        parts: Number,
        cells: &Cells<K, S>,
        gather: &G,
    ) {
        let mut from = number;
        if self.next != Some(number) {
            self.of.clear();
            from = number - parts + 1;
        }
        cells.between(from, number).for_each(|cell| self.add(&cell.table, gather));
        self.next = None;
    }

    /// The window has fired: takes out its first part, which the next one does not have.
    pub(super) fn pass<T, G: Gather<K, T, State = S>>(
        &mut self,
        number: Number,
        parts: Number,
        cells: &Cells<K, S>,
        gather: &G,
    ) {
        let first = number - parts + 1;
        let rest = || cells.between(first + 1, number);
        for (key, state) in cells.between(first, first).flat_map(|cell| cell.table.iter()) {
            let hash = hash_of(key);
            let Ok(mut entry) = self.of.find_entry(hash, |sum| sum.key == *key) else { continue };
            let sum = entry.get_mut();
            sum.parts -= 1;
            if sum.parts == 0 {
                entry.remove();
            } else if G::RETRACTS {
                gather.retract(&mut sum.state, state);
            } else {
                let mut states = rest().filter_map(|cell| cell.table.get(hash, key)).cloned();
                sum.state = states.next().expect("the key is in one of the other parts");
                states.for_each(|state| gather.merge(&mut sum.state, state));
            }
        }
        // A look at all of it costs its room, not its content.
        if self.of.len().max(64) < self.of.capacity() / 8 {
            self.of.shrink_to(2 * self.of.len(), |sum| hash_of(&sum.key));
        }
        self.next = Some(number + 1);
    }

    fn add<T, G: Gather<K, T, State = S>>(&mut self, part: &Table<K, S>, gather: &G) {
        self.of.reserve(part.len().saturating_sub(self.of.len()), |sum| hash_of(&sum.key));
        for (key, state) in part.iter() {
            let hash = hash_of(key);
            match self.of.find_mut(hash, |sum| sum.key == *key) {
                Some(sum) => {
                    sum.parts += 1;
                    gather.merge(&mut sum.state, state.clone());
                }
                None => {
                    let sum = Sum { key: key.clone(), state: state.clone(), parts: 1 };
                    self.of.insert_unique(hash, sum, |sum| hash_of(&sum.key));
                }
            }
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &S)> {
        self.of.iter().map(|sum| (&sum.key, &sum.state))
    }
}
