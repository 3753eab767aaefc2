use super::*;
use crate::element::Element;
use crate::operator::probe::{ALL_GROUPS, Probe, cases};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

const DELAY: i64 = 7;

type Stamped = Watermark<i64, Bounded<fn(&i64) -> Timestamp>>;

fn stage() -> Stamped {
    let time: fn(&i64) -> Timestamp = |at| Timestamp::from_millis(*at);
    Watermark::new(Arc::new(Bounded::new(time, Duration::from_millis(DELAY as u64))))
}

#[derive(Clone, Debug)]
enum Step {
    Record(u32, i64),
    Partition(u32, PartitionState),
    Restore,
    Cut,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let state = prop_oneof![
        Just(PartitionState::Active),
        Just(PartitionState::Idle),
        Just(PartitionState::Ended),
        Just(PartitionState::Gone)
    ];
    let time = prop_oneof![20 => -30i64..30, 1 => Just(i64::MIN), 1 => Just(i64::MAX)];
    let step = prop_oneof![
        12 => (0u32..3, time).prop_map(|(split, at)| Step::Record(split, at)),
        2 => (0u32..3, state).prop_map(|(split, state)| Step::Partition(split, state)),
        1 => Just(Step::Restore),
        3 => Just(Step::Cut),
    ];
    proptest::collection::vec(step, 0..40)
}

/// What the page says, without batches: per partition the latest time, less the delay, less one; the lowest of the active.
#[derive(Default)]
struct Naive {
    latest: BTreeMap<u32, (Option<i64>, PartitionState)>,
    current: Option<i64>,
}

impl Naive {
    fn move_on(&mut self) {
        let watermark = |latest: Option<i64>| {
            latest.map_or(i64::MIN, |at| (i128::from(at) - i128::from(DELAY) - 1).max(i128::from(i64::MIN)) as i64)
        };
        let active =
            self.latest.values().filter(|of| of.1 == PartitionState::Active).map(|&(latest, _)| watermark(latest));
        self.current = active.min().into_iter().chain(self.current).max();
    }

    fn of(&mut self, split: u32) -> &mut (Option<i64>, PartitionState) {
        self.latest.entry(split).or_insert((None, PartitionState::Active))
    }

    /// Nothing comes now, and something may come.
    fn is_idle(&self) -> bool {
        let states = || self.latest.values().map(|(_, state)| *state);
        states().all(|state| state != PartitionState::Active) && states().any(|state| state != PartitionState::Ended)
    }

    fn mark(&self) -> i64 {
        self.current.unwrap_or(i64::MIN)
    }
}

fn flush(probe: &mut Probe<Stamped>, split: u32, gathered: &mut Vec<i64>) {
    let mut batch = Batch::untimed(std::mem::take(gathered));
    batch.set_split(split);
    probe.push(Element::Batch(batch)).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    /// The watermark before each record is what the page says, wherever batches end, also after a rebuild.
    #[test]
    fn marks_are_those_of_the_page(steps in steps(), every_record: bool) {
        let (mut probe, mut naive) = (Probe::new(stage(), 0), Naive::default());
        let (mut split, mut gathered) = (0, Vec::new());
        let (mut rows, mut expected) = (Vec::new(), Vec::new());
        for step in steps.into_iter().chain([Step::Cut]) {
            let ends = match step { Step::Record(of, _) => of != split || every_record, _ => true };
            if ends && !gathered.is_empty() {
                flush(&mut probe, split, &mut gathered);
            }
            match step {
                Step::Record(of, at) => {
                    split = of;
                    gathered.push(at);
                    // A record wakes its partition, before it is looked at.
                    naive.of(of).1 = PartitionState::Active;
                    expected.push((at, at, naive.mark()));
                    let latest = &mut naive.of(of).0;
                    *latest = (*latest).max(Some(at));
                    naive.move_on();
                }
                Step::Partition(of, state) => {
                    probe.push(Element::Partition(of, state)).unwrap();
                    naive.of(of).1 = state;
                    if state != PartitionState::Active {
                        naive.move_on();
                    }
                    let idle = probe.elements().into_iter().inspect(|e| if let Element::Batch(batch) = e {
                        rows.extend(batch.clone().drain().map(|i| (i.value, i.time, i.mark)));
                    }).any(|element| matches!(element, Element::Idle));
                    prop_assert_eq!(idle, naive.is_idle());
                }
                Step::Restore => {
                    let state = probe.snapshot().unwrap();
                    rows.extend(probe.rows().into_iter().map(|i| (i.value, i.time, i.mark)));
                    probe = Probe::restored(stage(), 0, &state, ALL_GROUPS).unwrap();
                    // A source that begins anew says which partitions are its task's.
                    for (split, (_, state)) in &mut naive.latest {
                        probe.push(Element::Partition(*split, PartitionState::Active)).unwrap();
                        *state = PartitionState::Active;
                    }
                }
                Step::Cut => {}
            }
        }
        rows.extend(probe.rows().into_iter().map(|i| (i.value, i.time, i.mark)));
        prop_assert_eq!(rows, expected);
    }
}

#[test]
fn a_null_event_time_ends_the_job() {
    let time = |at: &Option<i64>| at.map(Timestamp::from_millis);
    let mut probe = Probe::new(Watermark::new(Arc::new(Monotonic::new(time))), 0);
    let mut batch = Batch::new();
    batch.push_read(Some(1), 40);
    batch.push_read(None, 41);
    let error = probe.push(Element::Batch(batch)).unwrap_err();
    assert_eq!(error.message(), "the event time of a record, read at 41 is null");
}

#[test]
fn punctuation_moves_the_watermark_and_nothing_else_does() {
    let strategy = Punctuated::new(
        |at: &i64| Timestamp::from_millis(*at),
        |at: &i64| (at % 10 == 0).then_some(Timestamp::from_millis(*at)),
    );
    let mut probe = Probe::new(Watermark::new(Arc::new(strategy)), 0);
    probe.untimed([5, 10, 17, 0, 20, 21]).unwrap();
    let marks: Vec<_> = probe.rows().iter().map(|item| item.mark).collect();
    assert_eq!(marks, [i64::MIN, i64::MIN, 10, 10, 10, 20]);
}

#[test]
fn tasks_that_merge_wait_for_their_own_partitions_only() {
    let partition = |split, times: Vec<i64>| {
        let mut batch = Batch::untimed(times);
        batch.set_split(split);
        Element::Batch(batch)
    };
    let (mut one, mut other) = (Probe::new(stage(), 0), Probe::new(stage(), 0));
    one.push(partition(0, vec![100])).unwrap();
    other.push(partition(1, vec![200])).unwrap();
    let mut state = one.snapshot().unwrap();
    state.merge(other.snapshot().unwrap());
    // Both partitions go to one task, or one of them to each.
    for (splits, marks) in [(vec![0, 1], vec![92, 102]), (vec![1], vec![92])] {
        let mut probe = Probe::restored(stage(), 0, &state, ALL_GROUPS).unwrap();
        for &split in &splits {
            probe.push(Element::Partition(split, PartitionState::Active)).unwrap();
        }
        for &split in &splits {
            probe.push(partition(split, vec![110])).unwrap();
        }
        assert_eq!(probe.rows().iter().map(|row| row.mark).collect::<Vec<_>>(), marks);
    }
}

#[test]
fn a_source_that_makes_watermarks_itself_is_overruled() {
    let mut probe = Probe::new(stage(), 0);
    probe.batch([(100, 5, 5), (200, 5, 5)], 1000).unwrap();
    probe.watermark(2000).unwrap();
    probe.untimed([150]).unwrap();
    probe.watermark(i64::MAX).unwrap();
    let (mut marks, mut last) = (Vec::new(), None);
    for element in probe.elements() {
        match element {
            Element::Batch(batch) => marks.extend(batch.marks()),
            Element::Watermark(watermark) => last = Some(watermark),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((marks, last), (vec![i64::MIN, 92, 192], Some(i64::MAX)));
}
