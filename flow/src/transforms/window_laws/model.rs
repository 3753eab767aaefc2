//! Windows as plainly as they can be written: every window is a list of records, every question is a loop over all windows.

use super::input::{Event, Rec};
use crate::time::Timestamp;
use crate::windows::{TimeWindow, Window, WindowKind};
use std::time::Duration;

/// A row: the watermark before it, its time, and what it shows.
pub(super) type Row = (i64, i64, String);

struct Open {
    key: u8,
    start: i128,
    end: i128,
    fired: bool,
    /// In the order in which a fold is given them.
    records: Vec<Rec>,
}

const LATEST: i128 = i64::MAX as i128;

fn cut(time: i128) -> i64 {
    time.clamp(i64::MIN.into(), LATEST) as i64
}

impl Open {
    /// The window's last moment.
    fn last(&self) -> i64 {
        cut(self.end - 1)
    }

    fn shown(&self) -> TimeWindow {
        let end = if self.end > LATEST { LATEST } else { self.end };
        TimeWindow { start: Timestamp::from_millis(cut(self.start)), end: Timestamp::from_millis(cut(end)) }
    }
}

/// What comes out of a window for a key, as text.
pub(super) type Show<'a> = &'a dyn Fn(u8, TimeWindow, &[Rec]) -> Vec<String>;

pub(super) struct Model<'a> {
    window: Window,
    lateness: i128,
    show: Show<'a>,
    watermark: i64,
    open: Vec<Open>,
    pub(super) rows: Vec<Row>,
    /// The late records, each with the watermark before it.
    pub(super) late: Vec<(u32, i64)>,
}

fn millis(duration: Duration) -> i128 {
    duration.as_millis() as i128
}

impl<'a> Model<'a> {
    pub(super) fn new(window: Window, lateness: Duration, show: Show<'a>) -> Self {
        let (lateness, open) = (millis(lateness), Vec::new());
        Self { window, lateness, show, watermark: i64::MIN, open, rows: Vec::new(), late: Vec::new() }
    }

    pub(super) fn run(&mut self, events: &[Event]) {
        for event in events {
            match event {
                Event::Watermark(watermark) => self.pass(*watermark),
                Event::Record(record) => {
                    let taken = match self.window.kind() {
                        WindowKind::Tumbling { size } => self.aligned(record, millis(size), millis(size)),
                        WindowKind::Sliding { size, every } => self.aligned(record, millis(size), millis(every)),
                        WindowKind::Session { gap } => self.session(record, millis(gap)),
                    };
                    if !taken {
                        self.late.push((record.id, self.watermark));
                    }
                }
            }
        }
    }

    fn is_late(&self, end: i128) -> bool {
        let last = i128::from(cut(end - 1));
        (last + self.lateness).min(LATEST) <= self.watermark.into()
    }

    fn give(&mut self, at: usize, mark: i64) {
        let window = &mut self.open[at];
        window.fired = true;
        let window = &self.open[at];
        for shown in (self.show)(window.key, window.shown(), &window.records) {
            self.rows.push((mark, window.last(), shown));
        }
    }

    fn pass(&mut self, watermark: i64) {
        let mut due: Vec<usize> =
            (0..self.open.len()).filter(|&at| !self.open[at].fired && self.open[at].last() <= watermark).collect();
        due.sort_by_key(|&at| (self.open[at].end, self.open[at].start));
        for at in due {
            self.give(at, self.open[at].last().saturating_sub(1));
        }
        self.watermark = watermark;
    }

    fn aligned(&mut self, record: &Rec, size: i128, every: i128) -> bool {
        let time = i128::from(record.time);
        let mut taken = false;
        for start in time - size + 1..=time {
            let begins = (start - millis(self.window.offset_by())).rem_euclid(every) == 0;
            if !begins || self.is_late(start + size) {
                continue;
            }
            taken = true;
            let known = self.open.iter().position(|open| open.key == record.key && open.start == start);
            let at = known.unwrap_or_else(|| {
                let (key, end, records) = (record.key, start + size, Vec::new());
                self.open.push(Open { key, start, end, fired: false, records });
                self.open.len() - 1
            });
            self.open[at].records.push(record.clone());
            if self.open[at].last() <= self.watermark {
                self.give(at, self.watermark);
            }
        }
        taken
    }

    fn session(&mut self, record: &Rec, gap: i128) -> bool {
        let (start, end) = (i128::from(record.time), i128::from(record.time) + gap);
        let mut merged = Open { key: record.key, start, end, fired: false, records: Vec::new() };
        let (mut touched, mut others) = (Vec::new(), Vec::new());
        for open in std::mem::take(&mut self.open) {
            let touches = open.key == record.key && !self.is_late(open.end) && start <= open.end && end >= open.start;
            if touches { touched.push(open) } else { others.push(open) }
        }
        self.open = others;
        if touched.is_empty() && self.is_late(end) {
            return false;
        }
        touched.sort_by_key(|open| open.start);
        for open in touched {
            merged.start = merged.start.min(open.start);
            merged.end = merged.end.max(open.end);
            merged.records.extend(open.records);
        }
        merged.records.push(record.clone());
        self.open.push(merged);
        let at = self.open.len() - 1;
        if self.open[at].last() <= self.watermark {
            self.give(at, self.watermark);
        }
        true
    }
}
