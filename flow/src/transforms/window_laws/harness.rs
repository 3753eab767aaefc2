//! Runs a window operator in several tasks, rebuilt in between, and holds what comes out against the model.

use super::input::{Event, Input, Rec};
use super::model::{Model, Row, Show};
use crate::element::Batch;
use crate::element::Element;
use crate::operator::probe::Probe;
use crate::state::{KeyFn, OperatorState, group_of, groups_of, task_of};
use crate::transforms::window_operator::WindowOperator;
use crate::windows::{Gather, Window};
use proptest::prelude::*;
use std::time::Duration;

type Tested<G> = WindowOperator<u8, Rec, G>;

fn operator<G: Gather<u8, Rec>>(window: Window, lateness: Duration, gather: G) -> Tested<G> {
    let plan = window.plan().expect("only sound windows are tested");
    WindowOperator::new(KeyFn::new(|record: &Rec| record.key), (window, plan), lateness, gather)
}

/// The tasks of the operator, and what has come out of those that were there before.
struct Run<G: Gather<u8, Rec>> {
    probes: Vec<Probe<Tested<G>>>,
    pending: Vec<Batch<Rec>>,
    watermark: i64,
    rows: Vec<(i64, i64, G::Row)>,
    late: Vec<(u32, i64)>,
    counted: (u64, u64),
}

impl<G: Gather<u8, Rec>> Run<G> {
    fn start(probes: Vec<Probe<Tested<G>>>, watermark: i64) -> Self {
        let pending = probes.iter().map(|_| Batch::new()).collect();
        Self { probes, pending, watermark, rows: Vec::new(), late: Vec::new(), counted: (0, 0) }
    }

    /// Hands over what has gathered: as batches, or a bare watermark where there is no record.
    fn flush(&mut self) -> crate::Result<()> {
        for (probe, pending) in self.probes.iter_mut().zip(&mut self.pending) {
            let mut batch = std::mem::take(pending);
            if batch.is_empty() {
                probe.push(Element::Watermark(self.watermark))?;
            } else {
                batch.set_after(self.watermark);
                probe.push(Element::Batch(batch))?;
            }
        }
        Ok(())
    }

    fn take(&mut self, event: &Event) {
        match event {
            Event::Watermark(watermark) => self.watermark = *watermark,
            Event::Record(record) => {
                let task = task_of(group_of(&record.key), self.probes.len());
                self.pending[task].push_timed(record.clone(), record.time, self.watermark);
            }
        }
    }

    fn collect(&mut self) {
        for probe in &mut self.probes {
            self.rows.extend(probe.rows().into_iter().map(|row| (row.mark, row.time, row.value)));
            self.late.extend(probe.side(0).into_iter().map(|late| (late.value.id, late.mark)));
            let counts = probe.counts();
            self.counted.0 += counts.absorbed;
            self.counted.1 += counts.late;
            assert_eq!(counts.held(), 0, "every record is accounted for");
        }
    }

    /// Goes on in another number of tasks, from a snapshot.
    fn rebuild(mut self, tasks: usize, make: impl Fn() -> Tested<G>) -> crate::Result<Self> {
        self.flush()?;
        let mut state = OperatorState::default();
        for probe in &mut self.probes {
            state.merge(probe.snapshot()?);
        }
        self.collect();
        let probes = (0..tasks).map(|task| Probe::restored(make(), 1, &state, groups_of(task, tasks)));
        let next = Self::start(probes.collect::<crate::Result<_>>()?, self.watermark);
        Ok(Self { rows: self.rows, late: self.late, counted: self.counted, ..next })
    }
}

/// Holds an operator to the model. With one key and one task all along, the order of the rows is compared too.
pub(super) fn check<G: Gather<u8, Rec>>(
    (window, lateness): (Window, Duration),
    input: &Input,
    ordered: bool,
    gather: impl Fn() -> G,
    shown: impl Fn(&G::Row) -> String,
    show: Show<'_>,
) -> Result<(), TestCaseError> {
    let make = || operator(window, lateness, gather());
    let mut model = Model::new(window, lateness, show);
    model.run(&input.events);

    let mut run = Run::start((0..input.tasks).map(|_| Probe::new(make(), 1)).collect(), i64::MIN);
    let failed = |error: crate::Error| TestCaseError::fail(error.to_string());
    for (at, event) in input.events.iter().enumerate() {
        if input.cuts[at] {
            run.flush().map_err(failed)?;
        }
        for &(_, tasks) in input.rebuilds.iter().filter(|(place, _)| *place == at) {
            run = run.rebuild(tasks, make).map_err(failed)?;
        }
        run.take(event);
    }
    run.flush().map_err(failed)?;
    run.collect();
    for probe in run.probes.iter_mut().filter(|_| run.watermark == i64::MAX) {
        let size = probe.snapshot().map_err(failed)?.size();
        prop_assert!(size < 50, "{size} bytes: a window that can never fire again is kept");
    }

    let records = input.events.iter().filter(|event| matches!(event, Event::Record(_))).count();
    prop_assert_eq!(run.counted, ((records - model.late.len()) as u64, model.late.len() as u64));
    let mut rows: Vec<Row> = run.rows.iter().map(|(mark, time, row)| (*mark, *time, shown(row))).collect();
    let (mut expected, mut late, mut expected_late) = (model.rows, run.late, model.late);
    if !ordered {
        rows.sort();
        expected.sort();
        late.sort_unstable();
        expected_late.sort_unstable();
    }
    prop_assert_eq!(rows, expected);
    prop_assert_eq!(late, expected_late);
    Ok(())
}
