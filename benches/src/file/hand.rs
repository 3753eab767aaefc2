//! The job as a good engineer writes it by hand: one loop, one core, serde_json into borrowed fields.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use jiff::Timestamp;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::{DELAY, MIN_AMOUNT, Result, WINDOW};

#[derive(Deserialize)]
struct Order<'a> {
    // Read, as the pipeline reads it, because a line without it is no order.
    #[serde(rename = "id")]
    _id: i64,
    region: &'a str,
    amount: i64,
    placed_at: Timestamp,
}

#[derive(Serialize)]
struct Revenue<'a> {
    region: &'a str,
    window_start: String,
    total: i64,
    orders: i64,
}

/// From one file to the other.
pub(super) fn run(input: &Path, output: &Path) -> Result<()> {
    let mut lines = BufReader::with_capacity(1 << 16, File::open(input)?);
    let mut windows = Windows { open: Vec::new(), newest: i64::MIN, out: BufWriter::new(File::create(output)?) };
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        let order: Order<'_> = serde_json::from_slice(&line)?;
        windows.add(&order)?;
        line.clear();
    }
    while !windows.open.is_empty() {
        windows.fire()?;
    }
    windows.out.flush()?;
    Ok(())
}

/// Total and number of orders, by region.
type Totals = FxHashMap<String, (i64, i64)>;

struct Windows {
    /// The open windows by their starts, in ascending order; there are few.
    open: Vec<(i64, Totals)>,
    newest: i64,
    out: BufWriter<File>,
}

impl Windows {
    fn add(&mut self, order: &Order<'_>) -> Result<()> {
        let at = order.placed_at.as_millisecond();
        let start = at - at.rem_euclid(WINDOW);
        let late = start + WINDOW <= self.newest.saturating_sub(DELAY);
        if order.amount > MIN_AMOUNT && !late {
            // A region's name is copied once a window, not once an order.
            let totals = self.window(start);
            let (total, orders) = match totals.get_mut(order.region) {
                Some(entry) => entry,
                None => totals.entry(order.region.to_owned()).or_default(),
            };
            *total += order.amount;
            *orders += 1;
        }
        self.newest = self.newest.max(at);
        while self.open.first().is_some_and(|(start, _)| start + WINDOW <= self.newest - DELAY) {
            self.fire()?;
        }
        Ok(())
    }

    fn window(&mut self, start: i64) -> &mut Totals {
        let place = match self.open.iter().rposition(|(open, _)| *open <= start) {
            Some(place) if self.open[place].0 == start => place,
            before => {
                let place = before.map_or(0, |before| before + 1);
                self.open.insert(place, (start, Totals::default()));
                place
            }
        };
        &mut self.open[place].1
    }

    /// Writes the rows of the first open window.
    fn fire(&mut self) -> Result<()> {
        let (start, totals) = self.open.remove(0);
        let window_start = Timestamp::from_millisecond(start)?.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string();
        for (region, (total, orders)) in totals {
            let row = Revenue { region: &region, window_start: window_start.clone(), total, orders };
            serde_json::to_writer(&mut self.out, &row)?;
            self.out.write_all(b"\n")?;
        }
        Ok(())
    }
}
