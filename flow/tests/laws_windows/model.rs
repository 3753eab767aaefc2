//! What windows mean, as plainly as can be: a list of windows for each key, and a loop over all of them for every question.

use flow::windows::{Window, WindowKind};
use std::time::Duration;

/// A record: key, time, value.
pub(crate) type Rec = (u8, i64, i64);
/// A row: key, the window's start and end, count, sum, first value by time.
pub(crate) type Row = (u8, i64, i64, i64, i64, i64);

struct Open {
    key: u8,
    start: i64,
    end: i64,
    fired: bool,
    /// Place in the input, time, value.
    records: Vec<(usize, i64, i64)>,
}

impl Open {
    fn row(&self) -> Row {
        let sum = self.records.iter().map(|record| record.2).sum();
        let first = self.records.iter().min_by_key(|record| (record.1, record.0)).map_or(0, |record| record.2);
        (self.key, self.start, self.end, self.records.len() as i64, sum, first)
    }
}

fn millis(duration: Duration) -> i64 {
    duration.as_millis() as i64
}

/// The rows and the late records, sorted. Only records that `keep` likes reach the windows; all move the watermark.
pub(crate) fn model(
    window: Window,
    lateness: i64,
    delay: i64,
    keep: impl Fn(&Rec) -> bool,
    records: &[Rec],
) -> (Vec<Row>, Vec<Rec>) {
    let (mut rows, mut late, mut open) = (Vec::new(), Vec::new(), Vec::<Open>::new());
    let (mut watermark, mut latest) = (i64::MIN, i64::MIN);
    for (place, &(key, time, value)) in records.iter().enumerate() {
        let is_late = |end: i64| end - 1 + lateness <= watermark;
        let mut taken = Vec::new();
        let kept = keep(&(key, time, value));
        match window.kind() {
            _ if !kept => {}
            WindowKind::Session { gap } => {
                let (mut start, mut end, mut members) = (time, time + millis(gap), vec![(place, time, value)]);
                let (touched, others): (Vec<Open>, Vec<Open>) = open.into_iter().partition(|other: &Open| {
                    other.key == key && !is_late(other.end) && start <= other.end && end >= other.start
                });
                open = others;
                if !touched.is_empty() || !is_late(end) {
                    for other in touched {
                        (start, end) = (start.min(other.start), end.max(other.end));
                        members.extend(other.records);
                    }
                    taken.push(open.len());
                    open.push(Open { key, start, end, fired: false, records: members });
                }
            }
            WindowKind::Tumbling { size } | WindowKind::Sliding { size, .. } => {
                let every = if let WindowKind::Sliding { every, .. } = window.kind() { every } else { size };
                for start in time - millis(size) + 1..=time {
                    let begins = (start - millis(window.offset_by())).rem_euclid(millis(every)) == 0;
                    let end = start + millis(size);
                    if begins && !is_late(end) {
                        let known = open.iter().position(|other| other.key == key && other.start == start);
                        let at = known.unwrap_or(open.len());
                        if known.is_none() {
                            open.push(Open { key, start, end, fired: false, records: Vec::new() });
                        }
                        open[at].records.push((place, time, value));
                        taken.push(at);
                    }
                }
            }
        }
        if kept && taken.is_empty() {
            late.push((key, time, value));
        }
        for at in taken {
            if open[at].end - 1 <= watermark {
                open[at].fired = true;
                rows.push(open[at].row());
            }
        }
        latest = latest.max(time);
        watermark = latest - delay - 1;
        for due in open.iter_mut().filter(|due| !due.fired && due.end - 1 <= watermark) {
            due.fired = true;
            rows.push(due.row());
        }
    }
    rows.extend(open.iter().filter(|rest| !rest.fired).map(Open::row));
    rows.sort_unstable();
    late.sort_unstable();
    (rows, late)
}
