//! Random input: records out of order, watermarks, and how both are handed over.

use crate::windows::{Window, session, sliding, tumbling};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A record with everything that an aggregate could take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Rec {
    pub(super) key: u8,
    /// Its place in the input.
    pub(super) id: u32,
    pub(super) time: i64,
    pub(super) value: i32,
    pub(super) maybe: Option<i32>,
    pub(super) float: f64,
    /// Grows when records are reduced.
    pub(super) trail: Vec<u32>,
}

/// What an operator is given, one by one.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// A record; the watermark before it is the last that was said.
    Record(Rec),
    Watermark(i64),
}

/// An input, where it is cut into batches, and where it is written to a snapshot and rebuilt in so many tasks.
#[derive(Clone, Debug)]
pub(super) struct Input {
    pub(super) events: Vec<Event>,
    /// Whether a batch ends before the event of this number.
    pub(super) cuts: Vec<bool>,
    pub(super) rebuilds: Vec<(usize, usize)>,
    pub(super) tasks: usize,
}

#[derive(Clone, Debug)]
struct Draft {
    key: u8,
    time: i64,
    value: i32,
    maybe: Option<i32>,
    float: f64,
    /// How far the watermark jumps before it, beside what the records say.
    jump: Option<i64>,
}

fn draft(keys: u8) -> impl Strategy<Value = Draft> {
    let value = prop_oneof![3 => -5..6i32, 1 => any::<i32>()];
    let float =
        prop_oneof![4 => (-20..20i32).prop_map(f64::from), 1 => Just(f64::NAN), 1 => Just(-0.0), 1 => Just(0.0)];
    let maybe = proptest::option::of(prop_oneof![3 => -5..6i32, 1 => any::<i32>()]);
    let jump = proptest::option::weighted(0.1, 0..60i64);
    (0..keys, 0..120i64, value, maybe, float, jump).prop_map(|(key, time, value, maybe, float, jump)| Draft {
        key,
        time,
        value,
        maybe,
        float,
        jump,
    })
}

/// Records that are on the whole in order, somewhere on the line of time, its ends included.
fn events(keys: u8) -> impl Strategy<Value = Vec<Event>> {
    let base = prop_oneof![4 => -200..200i64, 1 => Just(i64::MIN), 1 => i64::MAX - 260..=i64::MAX];
    let drafts = proptest::collection::vec(draft(keys), 0..40);
    (drafts, base, 0..30i64, 0..6i64, prop::bool::weighted(0.8)).prop_map(|(drafts, base, delay, pace, drained)| {
        let (mut events, mut latest, mut said) = (Vec::new(), i64::MIN, i64::MIN);
        let mut say = |events: &mut Vec<Event>, watermark: i64| {
            if watermark > said {
                said = watermark;
                events.push(Event::Watermark(watermark));
            }
        };
        for (id, draft) in drafts.into_iter().enumerate() {
            let time = base.saturating_add(draft.time / 2 + id as i64 * pace);
            if let Some(jump) = draft.jump {
                say(&mut events, latest.saturating_add(jump));
            }
            let Draft { key, value, maybe, float, .. } = draft;
            let id = id as u32;
            events.push(Event::Record(Rec { key, id, time, value, maybe, float, trail: vec![id] }));
            latest = latest.max(time);
            say(&mut events, latest.saturating_sub(delay).saturating_sub(1));
        }
        if drained {
            say(&mut events, i64::MAX);
        }
        events
    })
}

pub(super) fn input(keys: u8) -> impl Strategy<Value = Input> {
    events(keys).prop_flat_map(|events| {
        let count = events.len() + 1;
        let cuts = prop_oneof![
            Just(vec![true; count]),
            Just(vec![false; count]),
            proptest::collection::vec(prop::bool::weighted(0.3), count)
        ];
        let rebuilds = proptest::collection::vec((0..count, 1..5usize), 0..4);
        (Just(events), cuts, rebuilds, 1..4usize).prop_map(|(events, cuts, rebuilds, tasks)| Input {
            events,
            cuts,
            rebuilds,
            tasks,
        })
    })
}

/// A window and the lateness that it allows.
pub(super) fn windows() -> impl Strategy<Value = (Window, Duration)> {
    let ms = |millis: i64| Duration::from_millis(millis.unsigned_abs());
    let tumblings = (1..30i64, 0..50i64).prop_map(move |(size, offset)| tumbling(ms(size)).offset(ms(offset)));
    let slidings = (1..30i64, 1..30i64, 0..50i64).prop_map(move |(size, every, offset)| {
        let every = 1 + every % size;
        sliding(ms(size), ms(every)).offset(ms(offset))
    });
    let even = (1..6i64, 1..8i64, 0..9i64)
        .prop_map(move |(every, parts, offset)| sliding(ms(every * parts), ms(every)).offset(ms(offset)));
    let sessions = (1..15i64).prop_map(move |gap| session(ms(gap)));
    let lateness = prop_oneof![3 => Just(0), 2 => 1..50i64, 1 => Just(i64::MAX)].prop_map(ms);
    (prop_oneof![tumblings, slidings, even, sessions], lateness)
}
