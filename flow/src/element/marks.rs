//! The watermarks before the records of a batch.

use super::pool;
use std::sync::OnceLock;

/// The column of the watermarks before each record: written down, or a rule that it is reckoned by when somebody asks. Most
/// batches end in front of every window's end, and nobody asks.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    written: OnceLock<Vec<i64>>,
    rule: Option<Lagging>,
}

/// The watermark follows the latest time of a partition at a fixed distance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lagging {
    /// The watermark before the first record.
    pub(crate) current: i64,
    /// What it cannot pass.
    pub(crate) limit: i64,
    /// The partition's own watermark before the first record.
    pub(crate) partition: i64,
    /// The distance, in milliseconds.
    pub(crate) lag: i64,
}

impl Lagging {
    /// The watermarks of the task and of the partition after records of which this is the latest time.
    pub(crate) fn after(&self, latest: i64) -> (i64, i64) {
        let partition = self.partition.max(latest.saturating_sub(self.lag));
        (self.at(partition), partition)
    }

    fn at(&self, partition: i64) -> i64 {
        self.current.max(self.limit.min(partition))
    }

    fn write(&self, times: &[i64], marks: &mut Vec<i64>) {
        let (mut mark, mut partition) = (self.current, self.partition);
        marks.extend(times.iter().map(|time| {
            partition = partition.max(time.saturating_sub(self.lag));
            std::mem::replace(&mut mark, self.at(partition))
        }));
    }

    /// Between two others, of which the lower one wins.
    fn clamp(&mut self, floor: i64, limit: i64) {
        self.current = self.current.min(limit).max(floor);
        self.limit = self.limit.min(limit);
    }
}

impl Marks {
    /// Room for marks that are written down.
    pub(super) fn pooled() -> Self {
        Self::from(pool::take())
    }

    /// Reckoned by a rule from now on.
    pub(super) fn follow(&mut self, rule: Lagging) {
        self.drop_to_pool();
        self.rule = Some(rule);
    }

    /// All of them, beside records of these times.
    #[inline]
    pub(super) fn of(&self, times: &[i64]) -> &[i64] {
        self.written.get_or_init(|| {
            let mut marks = pool::take();
            if let Some(rule) = self.rule {
                rule.write(times, &mut marks);
            }
            marks
        })
    }

    /// Adds one, beside records of these times.
    #[inline]
    pub(super) fn push(&mut self, mark: i64, times: &[i64]) {
        match self.written.get_mut() {
            Some(marks) if self.rule.is_none() => marks.push(mark),
            _ => self.write(times).push(mark),
        }
    }

    /// All of them, to be changed.
    #[inline]
    pub(super) fn write(&mut self, times: &[i64]) -> &mut Vec<i64> {
        self.of(times);
        self.rule = None;
        self.written.get_mut().expect("they were written in the line before last")
    }

    /// Lowers all to at most `limit`, and raises them to at least `floor`.
    pub(super) fn clamp(&mut self, floor: i64, limit: i64) {
        if let Some(rule) = &mut self.rule {
            rule.clamp(floor, limit);
        }
        for mark in self.written.get_mut().into_iter().flatten() {
            *mark = (*mark).min(limit).max(floor);
        }
    }

    /// Gives their memory back.
    pub(super) fn drop_to_pool(&mut self) {
        if let Some(written) = self.written.take() {
            pool::give(written);
        }
    }
}

impl From<Vec<i64>> for Marks {
    fn from(marks: Vec<i64>) -> Self {
        Self { written: OnceLock::from(marks), rule: None }
    }
}
