//! The operator of every stage that works on windows.

use crate::element::{Batch, Gathered};
use crate::error::{Error, ErrorKind, Result};
use crate::operator::{Operator, Output, Outputs, StageContext};
use crate::state::{Key, KeyFn, StateReader, StateWriter};
use crate::time;
use crate::windows::{Aligned, Columns, Emit, Gather, Parts, Plan, Sessions, Window};
use std::time::Duration;

/// The window that a snapshot was written with, and its lateness.
const WINDOW: &str = "window";

/// Windows of records `T` by key `K`, gathered by `G`. Its side output takes the late records.
pub(crate) struct WindowOperator<K, T: 'static, G: Gather<K, T>> {
    key: KeyFn<K, T>,
    /// The keys of the batch that is being worked on.
    keys: Vec<K>,
    /// The places that [`Columns`] needs.
    all: Vec<u32>,
    /// Which of its records are late.
    late: Vec<u32>,
    windows: Windows<K, T, G>,
    definition: (Window, Duration),
}

enum Windows<K, T, G: Gather<K, T>> {
    Aligned(Aligned<K, T, G>),
    Sessions(Sessions<K, T, G>),
}

impl<K: Key, T: Send + 'static, G: Gather<K, T>> WindowOperator<K, T, G> {
    pub(crate) fn new(key: KeyFn<K, T>, (window, plan): (Window, Plan), lateness: Duration, gather: G) -> Self {
        let late_by = time::millis(lateness);
        let windows = match plan {
            Plan::Aligned(grid) => Windows::Aligned(Aligned::new(gather, grid, late_by)),
            Plan::Session { gap } => Windows::Sessions(Sessions::new(gather, gap, late_by)),
        };
        Self { key, keys: Vec::new(), all: Vec::new(), late: Vec::new(), windows, definition: (window, lateness) }
    }

    /// Takes what was gathered in front of the exchange.
    fn absorb(&mut self, gathered: Gathered) -> Result<()> {
        let (Windows::Aligned(windows), Some(parts)) = (&mut self.windows, gathered.content::<Parts<K, G::State>>())
        else {
            return Err(Error::new(ErrorKind::Definition, "what was gathered before the exchange is of another stage"));
        };
        for (number, entries) in parts {
            if !windows.absorb(number, entries) {
                return Err(Error::new(ErrorKind::Definition, "records were gathered beyond the end of their window"));
            }
        }
        Ok(())
    }

    /// Gives the late records of a batch to the side output, each with the watermark before it.
    fn put_aside(&mut self, mut batch: Batch<T>, out: &mut Outputs<G::Row, T>) {
        let Some(side) = out.sides.first_mut() else { return };
        let mut put = batch.empty_like();
        let mut places = self.late.iter().map(|&at| at as usize).peekable();
        for (at, item) in batch.drain().enumerate() {
            if places.peek() == Some(&at) {
                places.next();
                put.push_item(item, true);
            }
        }
        side.batch(put);
    }
}

/// Rows go to the main output.
struct Rows<'a, R: 'static>(&'a mut Output<R>);

impl<R: Send + 'static> Emit<R> for Rows<'_, R> {
    fn advance(&mut self, watermark: i64) {
        self.0.advance(watermark);
    }

    #[inline]
    fn emit(&mut self, row: R, time: i64) {
        self.0.emit(row, time);
    }
}

impl<K: Key, T: Send + 'static, G: Gather<K, T>> Operator for WindowOperator<K, T, G> {
    type In = T;
    type Out = G::Row;
    type Side = T;
    const SPARSE: bool = true;

    fn on_batch(&mut self, mut batch: Batch<T>, out: &mut Outputs<G::Row, T>, cx: &mut StageContext<'_>) -> Result<()> {
        if let Some(gathered) = batch.take_gathered() {
            cx.absorbed(gathered.records);
            self.absorb(gathered)?;
        }
        let count = batch.len();
        if count > 0 && !batch.is_timed() {
            return Err(Error::new(ErrorKind::Definition, "a window's records have no event times")
                .help("put a watermark stage directly behind the source"));
        }
        self.keys.clear();
        self.late.clear();
        self.key.keys_of(&batch, &mut self.keys);
        let columns = Columns::new(&batch, &mut self.all, &self.keys);
        let mut rows = Rows(&mut out.main);
        match &mut self.windows {
            Windows::Aligned(windows) => windows.batch(&columns, &mut self.late, &mut rows),
            Windows::Sessions(windows) => windows.batch(&columns, &mut self.late, &mut rows),
        }
        cx.absorbed(count - self.late.len());
        cx.late(self.late.len());
        if !self.late.is_empty() {
            self.put_aside(batch, out);
        }
        Ok(())
    }

    fn on_watermark(&mut self, watermark: i64, out: &mut Outputs<G::Row, T>, _: &mut StageContext<'_>) -> Result<()> {
        let mut rows = Rows(&mut out.main);
        match &mut self.windows {
            Windows::Aligned(windows) => windows.advance(watermark, &mut rows),
            Windows::Sessions(windows) => windows.advance(watermark, &mut rows),
        }
        Ok(())
    }

    fn snapshot(&self, state: &mut StateWriter) -> Result<()> {
        state.plain(WINDOW, &self.definition)?;
        match &self.windows {
            Windows::Aligned(windows) => windows.snapshot(state),
            Windows::Sessions(windows) => windows.snapshot(state),
        }
    }

    fn restore(&mut self, state: &StateReader<'_>) -> Result<()> {
        for written in state.plain::<(Window, Duration)>(WINDOW)? {
            if written != self.definition {
                let what = format!("its windows were {:?}, and are {:?} now", written, self.definition);
                return Err(Error::new(ErrorKind::Snapshot, what)
                    .help("give the stage another name: windows that are open cannot be cut anew"));
            }
        }
        match &mut self.windows {
            Windows::Aligned(windows) => windows.restore(state),
            Windows::Sessions(windows) => windows.restore(state),
        }
    }
}
