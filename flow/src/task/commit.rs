//! What a source that keeps positions is to commit, and when.

use super::control::Mode;
use crate::connector::{Commits, Position, Split};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// The positions of a source's barriers that are not out of all sinks yet.
#[derive(Debug)]
pub(crate) struct ToCommit {
    when: Commits,
    /// Whether some stage of the pipeline holds what records have become.
    holds: bool,
    /// By epoch, the oldest first.
    waiting: VecDeque<(u64, Positions)>,
    /// Where the last positions are gathered, if one task commits them for all.
    together: Option<Arc<Together>>,
}

/// The last positions of all tasks of a job that read sources of one place: who takes them commits them for all, in one step.
///
/// Each task adds its own before it sends the end, and nobody takes any before all sinks have had all ends: what is taken is whole.
#[derive(Debug, Default)]
pub(crate) struct Together(Mutex<Vec<(Split, Position)>>);

impl Together {
    fn positions(&self) -> std::sync::MutexGuard<'_, Vec<(Split, Position)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, positions: impl IntoIterator<Item = (Split, Position)>) {
        self.positions().extend(positions);
    }

    /// All of them, for the first who asks; nothing for the others.
    pub(crate) fn take(&self) -> Vec<(Split, Position)> {
        std::mem::take(&mut *self.positions())
    }
}

/// By the number of the split in its task.
type Positions = Vec<(usize, Position)>;

impl ToCommit {
    pub(crate) fn new(when: Commits, holds: bool, together: Option<Arc<Together>>) -> Self {
        Self { when, holds, waiting: VecDeque::new(), together }
    }

    pub(crate) fn together(&self) -> Option<Arc<Together>> {
        self.together.clone()
    }

    pub(crate) fn as_it_goes(&self) -> bool {
        self.when == Commits::AsItGoes
    }

    /// Whether the last positions are to be committed, once all is out: not if records are left in windows that did not fire.
    pub(crate) fn at_end(&self, mode: Mode) -> bool {
        mode != Mode::Stop || !self.holds
    }

    /// Keeps what was read before the barrier of an epoch.
    pub(crate) fn keep(&mut self, epoch: u64, positions: Positions) {
        self.waiting.push_back((epoch, positions));
    }

    /// The positions of the latest epoch up to this one, which is out; those before it are forgotten.
    pub(crate) fn take_out(&mut self, out: u64) -> Option<Positions> {
        let until = self.waiting.iter().take_while(|(epoch, _)| *epoch <= out).count();
        self.waiting.drain(..until).next_back().map(|(_, positions)| positions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_positions_that_are_out_are_committed_once() {
        let at = |epoch: u64| vec![(0, Position::of(&epoch).unwrap())];
        let mut commits = ToCommit::new(Commits::AsItGoes, false, None);
        (1..=3).for_each(|epoch| commits.keep(epoch, at(epoch)));
        assert_eq!(commits.take_out(0), None);
        assert_eq!(commits.take_out(2), Some(at(2)));
        assert_eq!(commits.take_out(2), None);
        assert_eq!(commits.take_out(7), Some(at(3)));
    }
}
