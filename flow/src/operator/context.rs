//! What an operator is given beside its input: where to account for records, the clock, and the error policy.

use super::ledger::Ledger;
use super::stage::StageInfo;
use crate::error::{Error, ErrorKind, Result};
use crate::state::{OperatorState, Snapshot};
use crate::time::{Clock, Timestamp};
use std::sync::Arc;

/// What becomes of a record that cannot be read or worked on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ErrorPolicy {
    /// The job ends with the error.
    #[default]
    Fail,
    /// The record is left out and counted.
    Skip,
    /// The record goes to the dead letters.
    DeadLetter,
}

/// Why a record could not be worked on, and what it was.
#[derive(Debug)]
pub struct Rejected<F> {
    /// What kind of error this is, should it end the job.
    pub kind: ErrorKind,
    /// What is wrong with the record.
    pub reason: String,
    /// How often it was tried.
    pub attempts: u32,
    /// The source partition and the place in it that it was read from, where known.
    pub split: u32,
    /// See `split`.
    pub offset: Option<u64>,
    /// Makes the original as bytes; called only if they are kept.
    pub original: F,
}

/// A record on its way to the dead letters.
#[derive(Debug)]
pub(crate) struct RejectedRecord {
    pub(crate) stage: Arc<StageInfo>,
    pub(crate) reason: String,
    pub(crate) attempts: u32,
    pub(crate) split: u32,
    pub(crate) offset: Option<u64>,
    pub(crate) original: Vec<u8>,
    pub(crate) attributes: Vec<(String, Vec<u8>)>,
    pub(crate) time: Timestamp,
}

/// What all operators of a task share.
#[derive(Debug)]
pub(crate) struct TaskContext {
    pub(crate) clock: Clock,
    pub(crate) policy: ErrorPolicy,
    /// Filled by operators, taken away by the task after each step.
    pub(crate) rejected: Vec<RejectedRecord>,
    /// What the operators of this task wrote at the barrier that is passing.
    pub(crate) snapshot: Snapshot,
}

impl TaskContext {
    pub(crate) fn new(clock: Clock, policy: ErrorPolicy) -> Self {
        Self { clock, policy, rejected: Vec::new(), snapshot: Snapshot::default() }
    }

    pub(crate) fn keep(&mut self, operator: &str, state: OperatorState) {
        if !state.is_empty() {
            self.snapshot.add(operator, state);
        }
    }
}

/// What an operator is given beside its input.
#[derive(Debug)]
pub struct StageContext<'a> {
    pub(crate) stage: &'a Arc<StageInfo>,
    pub(crate) ledger: &'a Ledger,
    pub(crate) task: &'a mut TaskContext,
}

impl StageContext<'_> {
    /// Accounts for records that were handed on, as they were or made into others.
    pub fn passed(&mut self, records: usize) {
        self.ledger.passed(records);
    }

    /// Accounts for records that a condition kept back.
    pub fn filtered(&mut self, records: usize) {
        self.ledger.filtered(records);
    }

    /// Accounts for records that became part of an aggregate, a join or other state.
    pub fn absorbed(&mut self, records: usize) {
        self.ledger.absorbed(records);
    }

    /// Accounts for records that were late for all of their windows.
    pub fn late(&mut self, records: usize) {
        self.ledger.late(records);
    }

    /// Processing time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.task.clock.now()
    }

    /// The stage's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.stage.name
    }

    /// Deals with a record that cannot be worked on as the pipeline's policy says, and accounts for it.
    ///
    /// # Errors
    /// When the policy is to fail.
    pub fn reject(&mut self, rejected: Rejected<impl FnOnce() -> Vec<u8>>) -> Result<()> {
        self.reject_with(rejected, Vec::new())
    }

    pub(crate) fn reject_with(
        &mut self,
        rejected: Rejected<impl FnOnce() -> Vec<u8>>,
        attributes: Vec<(String, Vec<u8>)>,
    ) -> Result<()> {
        let Rejected { kind, reason, attempts, split, offset, original } = rejected;
        match self.task.policy {
            ErrorPolicy::Fail => return Err(Error::new(kind, reason)),
            ErrorPolicy::Skip => {
                tracing::debug!(stage = %self.stage.name, reason, "record skipped");
                self.ledger.skipped(1);
            }
            ErrorPolicy::DeadLetter => {
                self.ledger.dead_lettered(1);
                let time = self.now();
                let (stage, original) = (Arc::clone(self.stage), original());
                self.task.rejected.push(RejectedRecord {
                    stage,
                    reason,
                    attempts,
                    split,
                    offset,
                    original,
                    attributes,
                    time,
                });
            }
        }
        Ok(())
    }
}
