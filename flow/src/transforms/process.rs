//! `process`: a function of your own over the records of each key, with state and timers.

mod context;

pub use context::ProcessContext;

use crate::element::Batch;
use crate::error::{Origin, Result};
use crate::graph::Description;
use crate::operator::{Nothing, Operator, Outputs, StageContext};
use crate::state::{Key, KeyFn, Scope, StateReader, StateWriter, States, TimerClock};
use crate::stream::{KeyedStream, Stream};
use crate::time::{self, Timestamp};
use std::marker::PhantomData;

/// A function over the records of each key, with state and timers.
///
/// Each task works with a clone of its own. What is to be kept for a key stands in states, which are fields of the function
/// and are declared in [`states`](Self::states); they are part of snapshots. Other fields are settings: what is changed in
/// them is lost when a job is rebuilt.
///
/// Timers by event time fire when the watermark has reached them, in the order of time; one that is set for a time that the
/// watermark has passed already fires right after the record. A timer is known by its key and time: setting it twice is
/// setting it once. When the input has ended, all timers by event time fire, and set no further ones; those by processing
/// time are dropped.
///
/// ```
/// use flow::prelude::*;
/// use flow::state::{States, ValueState};
/// use flow::transforms::{Process, ProcessContext};
///
/// /// Says of each account when it was quiet for a while.
/// #[derive(Clone)]
/// struct Quiet { last: ValueState<Timestamp>, millis: i64 }
///
/// impl Process<String, (String, i64)> for Quiet {
///     type Out = String;
///
///     fn states(&mut self, states: &mut States<'_, String>) {
///         states.declare(&mut self.last);
///     }
///
///     fn on_record(&mut self, _: (String, i64), cx: &mut ProcessContext<'_, String, String>) -> flow::Result<()> {
///         let at = cx.time();
///         self.last.set(cx, at);
///         cx.set_timer(at.plus_millis(self.millis));
///         Ok(())
///     }
///
///     fn on_timer(&mut self, at: Timestamp, cx: &mut ProcessContext<'_, String, String>) -> flow::Result<()> {
///         if self.last.get(cx).is_some_and(|last| last.plus_millis(self.millis) == at) {
///             self.last.clear(cx);
///             let text = format!("{} was quiet until {}", cx.key(), at.millis());
///             cx.emit(text);
///         }
///         Ok(())
///     }
/// }
///
/// let (rows, sink) = sinks::collect();
/// let pipeline = Pipeline::new("quiet");
/// let events = [("a", 1000), ("a", 1500), ("b", 8000), ("a", 9000)].map(|(who, at)| (who.to_owned(), at));
/// pipeline
///     .source(sources::iter(events))
///     .watermark_monotonic(|event: &(String, i64)| Timestamp::from_millis(event.1))
///     .key_by(|event| event.0.clone())
///     .process(Quiet { last: ValueState::new("last"), millis: 1000 })
///     .sink(sink);
/// pipeline.run_blocking()?;
/// let mut rows = rows.take();
/// rows.sort();
/// assert_eq!(rows, ["a was quiet until 10000", "a was quiet until 2500", "b was quiet until 9000"]);
/// # Ok::<(), flow::Error>(())
/// ```
pub trait Process<K: Key, T>: Clone + Send + 'static {
    /// The records it makes.
    type Out: Send + 'static;

    /// Declares its states, before anything else is called. One that is not declared panics when it is used.
    fn states(&mut self, states: &mut States<'_, K>);

    /// Called once in each task, before the first record or timer.
    ///
    /// # Errors
    /// What ends the job.
    fn open(&mut self) -> Result<()> {
        Ok(())
    }

    /// Takes a record.
    ///
    /// # Errors
    /// What ends the job, whatever the pipeline's error policy is: state may have been written by halves.
    fn on_record(&mut self, record: T, cx: &mut ProcessContext<'_, K, Self::Out>) -> Result<()>;

    /// A timer by event time has fired.
    ///
    /// # Errors
    /// What ends the job.
    fn on_timer(&mut self, at: Timestamp, cx: &mut ProcessContext<'_, K, Self::Out>) -> Result<()> {
        let _ = (at, cx);
        Ok(())
    }

    /// A timer by processing time has fired.
    ///
    /// # Errors
    /// What ends the job.
    fn on_processing_timer(&mut self, at: Timestamp, cx: &mut ProcessContext<'_, K, Self::Out>) -> Result<()> {
        let _ = (at, cx);
        Ok(())
    }

    /// Called once in each task, after the last record and timer of a job that ends well.
    ///
    /// # Errors
    /// What ends the job.
    fn close(&mut self) -> Result<()> {
        Ok(())
    }
}

impl<K: Key, T: Send + 'static> KeyedStream<K, T> {
    /// Gives the records of each key to a function of your own, with state and timers: see [`Process`].
    ///
    /// ```
    /// use flow::prelude::*;
    /// use flow::state::{States, ValueState};
    /// use flow::transforms::{Process, ProcessContext};
    ///
    /// /// Gives each record the number that it has among those of its key.
    /// #[derive(Clone)]
    /// struct Numbered(ValueState<u64>);
    ///
    /// impl Process<char, char> for Numbered {
    ///     type Out = (char, u64);
    ///     fn states(&mut self, states: &mut States<'_, char>) {
    ///         states.declare(&mut self.0);
    ///     }
    ///     fn on_record(&mut self, record: char, cx: &mut ProcessContext<'_, char, (char, u64)>) -> flow::Result<()> {
    ///         let number = self.0.get(cx).map_or(1, |last| last + 1);
    ///         self.0.set(cx, number);
    ///         cx.emit((record, number));
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("numbered");
    /// let letters = pipeline.source(sources::iter("abaa".chars().collect::<Vec<_>>()));
    /// letters.key_by(|letter| *letter).process(Numbered(ValueState::new("last"))).sink(sink);
    /// pipeline.run_blocking()?;
    /// assert_eq!(rows.take(), [('a', 1), ('b', 1), ('a', 2), ('a', 3)]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn process<P: Process<K, T>>(self, process: P) -> Stream<P::Out> {
        let description = Description::opaque("a process function is plain Rust");
        let (stage, route) = self.keyed_stage("process", Origin::here(), description);
        let key = self.key.clone();
        self.attach_keyed(stage, route, move |_| Processing::new(process.clone(), key.clone()))
    }
}

/// Runs a process function: finds keys, fires timers where they are due, keeps the states.
pub(crate) struct Processing<K: Key, T, P: Process<K, T>> {
    process: P,
    key: KeyFn<K, T>,
    scope: Scope<K>,
    /// What the declaration of states came to, until somebody can be told.
    declared: Result<()>,
    opened: bool,
    /// Whether the stream has event times, so that what is made is given one.
    timed: bool,
    keys: Vec<K>,
    records: PhantomData<fn(T)>,
}

type Out<K, T, P> = Outputs<<P as Process<K, T>>::Out, Nothing>;

impl<K: Key, T: Send + 'static, P: Process<K, T>> Processing<K, T, P> {
    pub(crate) fn new(mut process: P, key: KeyFn<K, T>) -> Self {
        let mut scope = Scope::new();
        let mut states = States::new(&mut scope);
        process.states(&mut states);
        let declared = states.finish();
        Self { process, key, scope, declared, opened: false, timed: false, keys: Vec::new(), records: PhantomData }
    }

    fn begin(&mut self, cx: &StageContext<'_>) -> Result<()> {
        self.scope.current.now = cx.now().millis().max(self.scope.current.now);
        self.scope.sweep();
        if self.opened {
            return Ok(());
        }
        self.declared.clone()?;
        self.opened = true;
        self.process.open()
    }

    /// Takes the watermark on, and fires what is due by it. What that makes stands before the watermark.
    fn advance(&mut self, watermark: i64, out: &mut Out<K, T, P>) -> Result<()> {
        if watermark > self.scope.current.watermark {
            self.scope.current.watermark = watermark;
            self.fire(TimerClock::Event, watermark, out)?;
            self.scope.sweep();
            out.advance(watermark);
        }
        Ok(())
    }

    /// Fires all timers that are due.
    fn fire(&mut self, clock: TimerClock, until: i64, out: &mut Out<K, T, P>) -> Result<()> {
        while let Some((at, keys)) = self.scope.timers.take(clock, until) {
            let timer = Timestamp::from_millis(at);
            for key in keys {
                let time = match clock {
                    TimerClock::Event => at,
                    // What a timer by processing time makes is not late: it stands just after the watermark.
                    TimerClock::Processing if self.timed => self.scope.current.watermark.saturating_add(1),
                    TimerClock::Processing => time::MIN,
                };
                self.scope.enter(key, time);
                let mut cx = ProcessContext::new(&mut self.scope, &mut out.main, self.timed);
                match clock {
                    TimerClock::Event => self.process.on_timer(timer, &mut cx)?,
                    TimerClock::Processing => self.process.on_processing_timer(timer, &mut cx)?,
                }
            }
            self.scope.timers.fired(clock)?;
        }
        Ok(())
    }
}

impl<K: Key, T: Send + 'static, P: Process<K, T>> Operator for Processing<K, T, P> {
    type In = T;
    type Out = P::Out;
    type Side = Nothing;

    fn on_batch(&mut self, mut batch: Batch<T>, out: &mut Out<K, T, P>, cx: &mut StageContext<'_>) -> Result<()> {
        self.begin(cx)?;
        self.timed |= batch.is_timed();
        let mut keys = std::mem::take(&mut self.keys);
        self.key.keys(batch.items(), &mut keys);
        let (entered, mut passed) = (batch.len(), 0);
        for (item, key) in batch.drain().zip(keys.drain(..)) {
            self.advance(item.mark, out)?;
            self.scope.enter(key, item.time);
            let mut context = ProcessContext::new(&mut self.scope, &mut out.main, self.timed);
            self.process.on_record(item.value, &mut context)?;
            passed += usize::from(context.has_emitted());
            let watermark = self.scope.current.watermark;
            if self.scope.timers.next(TimerClock::Event).is_some_and(|at| at <= watermark) {
                self.fire(TimerClock::Event, watermark, out)?;
            }
        }
        self.keys = keys;
        self.advance(batch.after(), out)?;
        cx.passed(passed);
        cx.absorbed(entered - passed);
        Ok(())
    }

    fn on_watermark(&mut self, watermark: i64, out: &mut Out<K, T, P>, cx: &mut StageContext<'_>) -> Result<()> {
        self.begin(cx)?;
        self.advance(watermark, out)
    }

    fn next_timer(&self) -> Option<Timestamp> {
        self.scope.next_processing().map(Timestamp::from_millis)
    }

    fn on_timer(&mut self, now: Timestamp, out: &mut Out<K, T, P>, cx: &mut StageContext<'_>) -> Result<()> {
        self.begin(cx)?;
        self.scope.current.now = now.millis().max(self.scope.current.now);
        self.fire(TimerClock::Processing, now.millis(), out)?;
        self.scope.sweep();
        self.fire(TimerClock::Event, self.scope.current.watermark, out)
    }

    fn on_end(&mut self, _: &mut Out<K, T, P>, cx: &mut StageContext<'_>) -> Result<()> {
        self.begin(cx)?;
        self.process.close()
    }

    fn snapshot(&self, state: &mut StateWriter) -> Result<()> {
        state.plain("watermark", &(self.scope.current.watermark, self.timed))?;
        self.scope.snapshot(state)
    }

    fn restore(&mut self, state: &StateReader<'_>) -> Result<()> {
        self.declared.clone()?;
        let tasks = state.plain::<(i64, bool)>("watermark")?;
        self.scope.current.watermark = tasks.iter().map(|task| task.0).min().unwrap_or(time::MIN);
        self.timed = tasks.iter().any(|task| task.1);
        self.scope.restore(state)
    }
}

#[cfg(test)]
mod tests;
