//! Leaving records of a batch out, and spreading a batch over several.

use super::batch::Batch;
use super::pool;

impl<T: 'static> Batch<T> {
    /// The places of the records, in order, if the batch is sparse: what stands at other places of its columns was left out.
    #[must_use]
    pub fn kept(&self) -> Option<&[u32]> {
        self.sparse.then_some(&*self.kept)
    }

    /// Keeps the records that `keep` says, and what stands beside them.
    pub fn retain(&mut self, keep: impl FnMut(&T) -> bool) {
        self.select(keep);
        self.settle();
    }

    /// Keeps the records that `keep` says, and moves none: the batch is sparse afterwards.
    pub fn select(&mut self, mut keep: impl FnMut(&T) -> bool) {
        // Without a branch on the answer, which nothing could foretell.
        let mut count = 0;
        if self.sparse {
            for at in 0..self.kept.len() {
                let place = self.kept[at];
                self.kept[count] = place;
                count += usize::from(keep(&self.items[place as usize]));
            }
        } else {
            let mut kept = pool::take();
            kept.resize(self.items.len(), 0);
            for (place, item) in (0..).zip(&self.items) {
                kept[count] = place;
                count += usize::from(keep(item));
            }
            (self.kept, self.sparse) = (kept, true);
        }
        self.kept.truncate(count);
    }

    /// Keeps the records at these places, which are in order, and moves none.
    pub(crate) fn keep_places(&mut self, places: Vec<u32>) {
        (self.kept, self.sparse) = (places, true);
    }

    /// Moves the records of a sparse batch together.
    pub(crate) fn settle(&mut self) {
        if !std::mem::take(&mut self.sparse) {
            return;
        }
        let kept = std::mem::take(&mut self.kept);
        if kept.len() < self.items.len() {
            // No record stands before the place that it goes to, so what is swapped back is one that was left out.
            for (to, &from) in kept.iter().enumerate() {
                self.items.swap(to, from as usize);
            }
            self.items.truncate(kept.len());
            self.settle_beside(&kept);
        }
        pool::give(kept);
    }

    /// Moves what stands beside the records at these places together.
    fn settle_beside(&mut self, kept: &[u32]) {
        gather(self.marks.write(&self.times), kept);
        gather(&mut self.times, kept);
        gather(&mut self.offsets, kept);
    }

    /// Makes each record of a sparse batch into another: it is moved once, and what was left out is dropped on the way.
    pub(super) fn map_kept<U: 'static>(mut self, mut make: impl FnMut(T) -> U) -> Batch<U> {
        let kept = std::mem::take(&mut self.kept);
        let mut made = pool::take();
        let mut next = kept.iter().copied();
        let mut wanted = next.next();
        for (place, item) in (0..).zip(self.items.drain(..)) {
            if wanted == Some(place) {
                made.push(make(item));
                wanted = next.next();
            }
        }
        self.settle_beside(&kept);
        self.sparse = false;
        pool::give(kept);
        self.with_items(made)
    }

    /// Moves each record to the end of one of several batches: `to` says for each, in order, of which.
    pub(crate) fn scatter(mut self, to: &[u16], into: &mut [&mut Self]) {
        let places = std::mem::take(&mut self.kept);
        let places = std::mem::take(&mut self.sparse).then_some(places);
        // Column by column, for a loop over one is a loop that the compiler makes something of.
        spread(self.marks.of(&self.times), places.as_deref(), to, into, |batch| batch.marks.write(&batch.times));
        spread(&self.times, places.as_deref(), to, into, |batch| &mut batch.times);
        spread(&self.offsets, places.as_deref(), to, into, |batch| &mut batch.offsets);
        let count = self.items.len();
        let mut left_out = pool::take();
        let targets = into.iter_mut().map(|batch| &mut batch.items).chain([&mut left_out]);
        let mut targets: Vec<&mut Vec<T>> = targets.collect();
        match places {
            None => self.items.drain(..).zip(to).for_each(|(item, &target)| targets[usize::from(target)].push(item)),
            Some(places) => {
                // What was left out goes somewhere too: a branch on it would be one that nothing can foretell.
                let mut all = pool::take();
                all.resize(count, (targets.len() - 1) as u16);
                places.iter().zip(to).for_each(|(&place, &target)| all[place as usize] = target);
                self.items.drain(..).zip(&all).for_each(|(item, &target)| targets[usize::from(target)].push(item));
                pool::give(places);
                pool::give(all);
            }
        }
        pool::give(left_out);
    }
}

/// Moves what stands at these places of a column to its front.
fn gather<C: Copy>(column: &mut Vec<C>, kept: &[u32]) {
    if !column.is_empty() {
        for (to, &from) in kept.iter().enumerate() {
            column[to] = column[from as usize];
        }
        column.truncate(kept.len());
    }
}

/// Adds what stands at these places of a column to that column of one of several batches.
fn spread<T, C: Copy>(
    from: &[C],
    places: Option<&[u32]>,
    to: &[u16],
    into: &mut [&mut Batch<T>],
    column: impl Fn(&mut Batch<T>) -> &mut Vec<C>,
) {
    if from.is_empty() {
        return;
    }
    match places {
        None => from.iter().zip(to).for_each(|(&value, &target)| column(into[usize::from(target)]).push(value)),
        Some(places) => places.iter().zip(to).for_each(|(&place, &target)| {
            column(into[usize::from(target)]).push(from[place as usize]);
        }),
    }
}

#[cfg(test)]
mod tests {
    use crate::element::{Batch, Item};
    use proptest::prelude::*;

    type Row = (i64, bool, bool, usize);

    fn batch(rows: &[Row], located: bool) -> Batch<usize> {
        let mut batch = Batch::new();
        for (at, &(time, ..)) in rows.iter().enumerate() {
            batch.push_item(item(at, time, located), true);
        }
        batch
    }

    fn item(at: usize, time: i64, located: bool) -> Item<usize> {
        Item { value: at, time, mark: time.wrapping_sub(1), offset: located.then_some(at as u64) }
    }

    /// The items of those rows that are wanted.
    fn items(rows: &[Row], located: bool, wanted: impl Fn(&Row) -> bool) -> Vec<Item<usize>> {
        let wanted = rows.iter().enumerate().filter(|(_, row)| wanted(row));
        wanted.map(|(at, &(time, ..))| item(at, time, located)).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(crate::operator::probe::cases()))]

        #[test]
        fn what_stands_beside_a_record_stays_there(
            rows in proptest::collection::vec((any::<i64>(), any::<bool>(), any::<bool>(), 0..3usize), 0..50),
            located: bool,
            moved: bool,
        ) {
            let mut left = batch(&rows, located);
            if moved {
                left.retain(|&at| rows[at].1);
                prop_assert!(left.kept().is_none());
            } else {
                left.select(|&at| rows[at].1);
            }
            let mut twice = left.clone();
            twice.select(|&at| rows[at].2);
            let expected = items(&rows, located, |row| row.1 && row.2);
            // Of texts it moves each once; numbers are moved together first.
            let texts = twice.clone().map_kept(|at| at.to_string()).map(|text| text.parse::<usize>().expect("it was a number"));
            for mut made in [texts, twice.clone().map(|at| at)] {
                prop_assert!(made.kept().is_none());
                prop_assert_eq!(made.drain().collect::<Vec<_>>(), expected.clone());
            }
            prop_assert_eq!(twice.len(), expected.len());
            prop_assert_eq!(twice.drain().collect::<Vec<_>>(), expected);

            let to: Vec<u16> = rows.iter().filter(|row| row.1).map(|row| row.3 as u16).collect();
            let mut into: [Batch<usize>; 3] = std::array::from_fn(|_| Batch::new());
            left.scatter(&to, &mut into.iter_mut().collect::<Vec<_>>());
            for (target, mut batch) in into.into_iter().enumerate() {
                prop_assert_eq!(batch.drain().collect::<Vec<_>>(), items(&rows, located, |row| row.1 && row.3 == target));
            }
        }
    }
}
