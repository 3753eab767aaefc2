//! Joins against nested loops that know nothing of batches, buffers or firing.

use super::interval::IntervalJoin;
use super::lists::Pairs;
use super::session::Pairing;
use super::side::{Make, Side, Tagged};
use crate::element::Element;
use crate::ir::window::JoinKind;
use crate::operator::Operator;
use crate::operator::probe::{ALL_GROUPS, Probe, cases};
use crate::state::KeyFn;
use crate::transforms::window_operator::WindowOperator;
use crate::windows::{Window, session, sliding, tumbling};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

type Record = Tagged<u8, u16, u16>;
type Row = (Option<u16>, Option<u16>);

const KINDS: [(JoinKind, Make<u16, u16, Row>); 4] = [
    (JoinKind::Inner, |l, r| l.zip(r).map(|(l, r)| (Some(l), Some(r)))),
    (JoinKind::Left, |l, r| l.map(|l| (Some(l), r))),
    (JoinKind::Right, |l, r| r.map(|r| (l, Some(r)))),
    (JoinKind::Full, |l, r| Some((l, r))),
];

/// What arrives: on the left, key, time, and the watermark before it. A record's number is its place.
#[derive(Clone, Copy, Debug)]
struct Arrival {
    left: bool,
    key: u8,
    time: i64,
    mark: i64,
}

/// Records in disorder, some of them late, some at the ends of time.
fn arrivals() -> impl Strategy<Value = Vec<Arrival>> {
    let time = prop_oneof![30 => -15i64..30, 1 => Just(i64::MIN / 2), 1 => Just(i64::MAX - 3)];
    let arrival = (any::<bool>(), 0u8..3, time, prop_oneof![Just(0), 0i64..8]);
    proptest::collection::vec(arrival, 0..40).prop_map(|arrivals| {
        let mut mark = 0;
        let next = |(left, key, ahead, by): (bool, u8, i64, i64)| {
            mark += by;
            let time = if (-15..30).contains(&ahead) { mark + ahead } else { ahead };
            Arrival { left, key, time, mark }
        };
        arrivals.into_iter().map(next).collect()
    })
}

/// Where batches end, and where the stage is rebuilt.
fn cuts() -> impl Strategy<Value = (Vec<bool>, Vec<bool>)> {
    let often = proptest::collection::vec(proptest::bool::weighted(0.3), 40);
    (often, proptest::collection::vec(proptest::bool::weighted(0.05), 40))
}

/// What comes out of the operator, sorted, with how many records were late.
fn run<O: Operator<In = Record, Out = Row>>(
    arrivals: &[Arrival],
    (cut, rebuild): &(Vec<bool>, Vec<bool>),
    operator: impl Fn() -> O,
) -> (Vec<(Row, i64)>, u64) {
    let mut probe = Probe::new(operator(), 0);
    let (mut gathered, mut rows, mut late) = (Vec::new(), Vec::new(), 0);
    for (at, arrival) in arrivals.iter().enumerate() {
        let value = at as u16;
        let side = if arrival.left { Side::Left(value) } else { Side::Right(value) };
        gathered.push((Tagged { key: arrival.key, side }, arrival.time, arrival.mark));
        if cut[at] || rebuild[at] {
            probe.batch(std::mem::take(&mut gathered), arrival.mark).unwrap();
        }
        if rebuild[at] {
            let state = probe.snapshot().unwrap();
            rows.extend(probe.rows());
            late += probe.counts().late;
            probe = Probe::restored(operator(), 0, &state, ALL_GROUPS).unwrap();
        }
    }
    probe.batch(gathered, arrivals.last().map_or(0, |arrival| arrival.mark)).unwrap();
    probe.push(Element::Watermark(i64::MAX)).unwrap();
    probe.end().unwrap();
    rows.extend(probe.rows());
    late += probe.counts().late;
    assert_eq!(probe.counts().held(), 0);
    let nothing_late = arrivals.iter().all(|arrival| arrival.time > arrival.mark);
    assert!(!nothing_late || rows.iter().all(|row| row.time > row.mark), "what was not late has become late: {rows:?}");
    let mut rows: Vec<_> = rows.into_iter().map(|item| (item.value, item.time)).collect();
    rows.sort_unstable();
    (rows, late)
}

/// Every left record against every right one.
fn naive_interval(arrivals: &[Arrival], (lower, upper): (i64, i64), kind: JoinKind) -> (Vec<(Row, i64)>, u64) {
    let wide = |time: i64| i128::from(time);
    // The watermark from which on no partner can come.
    let until = |a: &Arrival| {
        let until = wide(a.time) + if a.left { wide(upper) } else { -wide(lower) };
        until.clamp(wide(i64::MIN), wide(i64::MAX)) as i64
    };
    let (mut rows, mut met) = (Vec::new(), vec![false; arrivals.len()]);
    for (l, left) in arrivals.iter().enumerate().filter(|(_, a)| a.left) {
        for (r, right) in arrivals.iter().enumerate().filter(|(_, a)| !a.left) {
            let apart = wide(right.time) - wide(left.time);
            let (first, second) = if l < r { (left, right) } else { (right, left) };
            let kept = second.mark < until(first);
            if left.key == right.key && (wide(lower)..=wide(upper)).contains(&apart) && kept {
                rows.push(((Some(l as u16), Some(r as u16)), left.time.max(right.time)));
                (met[l], met[r]) = (true, true);
            }
        }
    }
    let mut late = 0;
    for (at, arrival) in arrivals.iter().enumerate().filter(|(at, _)| !met[*at]) {
        let outer = match kind {
            JoinKind::Inner => false,
            JoinKind::Left => arrival.left,
            JoinKind::Right => !arrival.left,
            JoinKind::Full => true,
        };
        let (until, value) = (until(arrival), Some(at as u16));
        let hopeless = until <= arrival.mark;
        if outer {
            let row = if arrival.left { (value, None) } else { (None, value) };
            rows.push((row, if hopeless { arrival.time } else { arrival.time.max(until) }));
        } else {
            late += u64::from(hopeless && arrival.time <= arrival.mark);
        }
    }
    rows.sort_unstable();
    (rows, late)
}

/// What one window of one key holds.
type Gathered = (Vec<u16>, Vec<u16>);

/// The rows of a window: everything with everything, or what is alone.
fn rows_of(kind: JoinKind, (left, right): &Gathered, last: i64, rows: &mut Vec<(Row, i64)>) {
    for l in left {
        rows.extend(right.iter().map(|r| ((Some(*l), Some(*r)), last)));
    }
    if right.is_empty() && matches!(kind, JoinKind::Left | JoinKind::Full) {
        rows.extend(left.iter().map(|l| ((Some(*l), None), last)));
    }
    if left.is_empty() && matches!(kind, JoinKind::Right | JoinKind::Full) {
        rows.extend(right.iter().map(|r| ((None, Some(*r)), last)));
    }
}

fn put((left, right): &mut Gathered, at: usize, arrival: &Arrival) {
    if arrival.left { left.push(at as u16) } else { right.push(at as u16) }
}

fn cut(time: i128) -> i64 {
    time.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

/// Tumbling windows are sliding ones.
fn naive_sliding(arrivals: &[Arrival], (size, every): (i64, i64), kind: JoinKind) -> (Vec<(Row, i64)>, u64) {
    let (mut windows, mut late) = (BTreeMap::<(u8, i128), Gathered>::new(), 0);
    for (at, arrival) in arrivals.iter().enumerate() {
        let time = i128::from(arrival.time);
        let starts = (time - i128::from(size) + 1..=time).filter(|start| start.rem_euclid(every.into()) == 0);
        let open = starts.filter(|start| cut(start + i128::from(size) - 1) > arrival.mark);
        let open: Vec<_> = open.collect();
        late += u64::from(open.is_empty());
        open.into_iter().for_each(|start| put(windows.entry((arrival.key, start)).or_default(), at, arrival));
    }
    let mut rows = Vec::new();
    for ((_, start), gathered) in &windows {
        rows_of(kind, gathered, cut(start + i128::from(size) - 1), &mut rows);
    }
    rows.sort_unstable();
    (rows, late)
}

fn naive_session(arrivals: &[Arrival], gap: i64, kind: JoinKind) -> (Vec<(Row, i64)>, u64) {
    // Of each open session: its key, first and last moment, and what it holds.
    let mut open: Vec<(u8, i64, i64, Gathered)> = Vec::new();
    let (mut rows, mut late) = (Vec::new(), 0);
    for (at, arrival) in arrivals.iter().enumerate() {
        open.retain(|(_, _, last, gathered)| {
            if *last <= arrival.mark {
                rows_of(kind, gathered, *last, &mut rows);
            }
            *last > arrival.mark
        });
        let own = (arrival.time, arrival.time.saturating_add(gap - 1));
        let touches = |session: &(u8, i64, i64, Gathered)| {
            session.0 == arrival.key && own.0 <= session.2.saturating_add(1) && session.1 <= own.1.saturating_add(1)
        };
        let (touched, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut open).into_iter().partition(touches);
        open = rest;
        if touched.is_empty() && own.1 <= arrival.mark {
            late += 1;
            continue;
        }
        let mut merged = (arrival.key, own.0, own.1, Gathered::default());
        put(&mut merged.3, at, arrival);
        for (_, first, last, (left, right)) in touched {
            (merged.1, merged.2) = (merged.1.min(first), merged.2.max(last));
            merged.3.0.extend(left);
            merged.3.1.extend(right);
        }
        open.push(merged);
    }
    open.iter().for_each(|(_, _, last, gathered)| rows_of(kind, gathered, *last, &mut rows));
    rows.sort_unstable();
    (rows, late)
}

fn listed(
    window: Window,
    kind: JoinKind,
    make: Make<u16, u16, Row>,
) -> WindowOperator<(), Record, Pairs<u16, u16, Row>> {
    WindowOperator::new(
        KeyFn::new(|_: &Record| ()),
        (window, window.plan().unwrap()),
        Duration::ZERO,
        Pairs::new(kind, make),
    )
}

fn in_sessions(window: Window, make: Make<u16, u16, Row>) -> WindowOperator<u8, Record, Pairing<u16, u16, Row>> {
    let key = KeyFn::new(|record: &Record| record.key);
    WindowOperator::new(key, (window, window.plan().unwrap()), Duration::ZERO, Pairing::new(make))
}

fn ms(millis: i64) -> Duration {
    Duration::from_millis(millis.unsigned_abs())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn interval_joins_are_nested_loops(
        arrivals in arrivals(),
        cuts in cuts(),
        kind in 0usize..4,
        bounds in (-12i64..12, 0i64..15).prop_map(|(lower, more)| (lower, lower + more)),
    ) {
        let (kind, make) = KINDS[kind];
        let got = run(&arrivals, &cuts, || IntervalJoin::new(bounds, kind, make));
        prop_assert_eq!(got, naive_interval(&arrivals, bounds, kind));
    }

    #[test]
    fn window_joins_are_nested_loops(
        arrivals in arrivals(),
        cuts in cuts(),
        kind in 0usize..4,
        shape in 0u8..3,
        (size, every) in (1i64..15).prop_flat_map(|size| (Just(size), 1..=size)),
    ) {
        let (kind, make) = KINDS[kind];
        let (got, expected) = match shape {
            0 => {
                let window = tumbling(ms(size));
                (run(&arrivals, &cuts, || listed(window, kind, make)), naive_sliding(&arrivals, (size, size), kind))
            }
            1 => {
                let window = sliding(ms(size), ms(every));
                (run(&arrivals, &cuts, || listed(window, kind, make)), naive_sliding(&arrivals, (size, every), kind))
            }
            _ => {
                let window = session(ms(size));
                (run(&arrivals, &cuts, || in_sessions(window, make)), naive_session(&arrivals, size, kind))
            }
        };
        prop_assert_eq!(got, expected);
    }
}

#[test]
fn what_has_met_its_last_partner_is_forgotten() {
    let mut probe = Probe::new(IntervalJoin::new((-5, 5), JoinKind::Full, KINDS[3].1), 0);
    let tagged = |side, key| Tagged { key, side };
    let records =
        (0..100).map(|at| (tagged(if at % 2 == 0 { Side::Left(at) } else { Side::Right(at) }, at as u8), 10, 0));
    probe.batch(records, 14).unwrap();
    assert!(probe.rows().is_empty());
    let full = probe.snapshot().unwrap().size();
    probe.watermark(15).unwrap();
    assert_eq!(probe.rows().len(), 100);
    assert!(probe.snapshot().unwrap().size() < 20 && full > 300);
}
