//! What a process function is given beside a record.

use crate::operator::Output;
use crate::state::{Key, KeyScope, Scope, TimerClock};
use crate::time::Timestamp;

/// The key that a [`Process`](super::Process) works on: its states (through their handles), its timers, what the clocks
/// show, and where rows are put.
#[derive(Debug)]
pub struct ProcessContext<'a, K, O: 'static> {
    scope: &'a mut Scope<K>,
    out: &'a mut Output<O>,
    timed: bool,
    emitted: bool,
}

impl<K: Key, O: Send + 'static> KeyScope for ProcessContext<'_, K, O> {
    type Key = K;

    fn scope(&self) -> &Scope<K> {
        self.scope
    }

    fn scope_mut(&mut self) -> &mut Scope<K> {
        self.scope
    }
}

impl<'a, K: Key, O: Send + 'static> ProcessContext<'a, K, O> {
    pub(super) fn new(scope: &'a mut Scope<K>, out: &'a mut Output<O>, timed: bool) -> Self {
        Self { scope, out, timed, emitted: false }
    }

    pub(super) fn has_emitted(&self) -> bool {
        self.emitted
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &K {
        self.scope.current.key()
    }

    /// The event time: of the record, or of the timer. For a timer by processing time it is the watermark and one
    /// millisecond; in a stream without event times it is [`Timestamp::MIN`].
    #[must_use]
    pub fn time(&self) -> Timestamp {
        Timestamp::from_millis(self.scope.current.time)
    }

    /// How far event time has come: [`Timestamp::MAX`] when the input has ended.
    #[must_use]
    pub fn watermark(&self) -> Timestamp {
        Timestamp::from_millis(self.scope.current.watermark)
    }

    /// Processing time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.scope.current.now)
    }

    /// Puts a row, with the event time of the record or timer.
    pub fn emit(&mut self, row: O) {
        self.emit_at(row, self.time());
    }

    /// Puts a row with an event time. What is behind the watermark may be late for the stages that follow.
    pub fn emit_at(&mut self, row: O, time: Timestamp) {
        self.emitted = true;
        if self.timed {
            self.out.emit(row, time.millis());
        } else {
            self.out.emit_untimed(row);
        }
    }

    /// Sets a timer of this key by event time.
    pub fn set_timer(&mut self, at: Timestamp) {
        self.scope.timers.set(TimerClock::Event, at.millis(), self.scope.current.key());
    }

    /// Takes a timer of this key by event time away, if it was set.
    pub fn delete_timer(&mut self, at: Timestamp) {
        self.scope.timers.unset(TimerClock::Event, at.millis(), self.scope.current.key());
    }

    /// Sets a timer of this key by processing time.
    pub fn set_processing_timer(&mut self, at: Timestamp) {
        self.scope.timers.set(TimerClock::Processing, at.millis(), self.scope.current.key());
    }

    /// Takes a timer of this key by processing time away, if it was set.
    pub fn delete_processing_timer(&mut self, at: Timestamp) {
        self.scope.timers.unset(TimerClock::Processing, at.millis(), self.scope.current.key());
    }
}
