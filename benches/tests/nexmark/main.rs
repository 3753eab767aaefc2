//! Every query, by every engine, over both workloads, with one worker and two: the same rows, and the right ones.

#![allow(clippy::disallowed_methods, reason = "a benchmark measures real time")]

mod naive;

use flow_benches::events::Event;
use flow_benches::events::feed::Input;
use flow_benches::events::generator::event;
use flow_benches::nexmark::{Engine, Name, Plan, Workload, write};
use serde_json::Value;

/// Enough for several windows, and for sessions that end.
const TIMED: u64 = 200_000;
/// Enough for queries that look at one bid at a time.
const STATELESS: u64 = 20_000;

fn plan(query: Name, workload: Workload, engine: Engine, workers: usize) -> Plan {
    let count = match query {
        Name::Q5 | Name::Q7 | Name::Q11 | Name::Q12 | Name::W1 => TIMED,
        // Eight hundred a second.
        Name::Q8 => TIMED / 10,
        _ => STATELESS,
    };
    let events = query.events(11, count);
    Plan { query, workload, events, engines: vec![engine], workers, repeat: 1 }
}

/// The lines of the rows, in an order of their own.
fn sorted(rows: Vec<Value>) -> Vec<String> {
    let mut lines: Vec<String> = rows.iter().map(Value::to_string).collect();
    lines.sort_unstable();
    lines
}

fn check(query: Name) {
    let first = plan(query, Workload::Copy, Engine::Hand, 1);
    let events: Vec<Value> = write::handed(query, &first.events).collect();
    let expected = sorted(naive::reckon(query, &events));
    assert!(expected.len() > 1, "{query:?}: {expected:?}");
    for workload in [Workload::Copy, Workload::Strings] {
        for engine in [Engine::Hand, Engine::Flow] {
            for workers in [1, 2] {
                let found = sorted(write::printed(&plan(query, workload, engine, workers)).unwrap());
                let differs = found.iter().zip(&expected).find(|(found, expected)| found != expected);
                assert_eq!(differs, None, "{query:?} {workload:?} {engine:?} {workers}");
                assert_eq!(found.len(), expected.len(), "{query:?} {workload:?} {engine:?} {workers}");
            }
        }
    }
}

macro_rules! queries {
    ($($test:ident: $query:ident,)+) => {
        #[test]
        fn no_query_is_left_out() {
            assert_eq!(Name::ALL, [$(Name::$query),+]);
        }

        $(
        #[test]
        fn $test() {
            check(Name::$query);
        }
        )+
    };
}

queries! {
    q0: Q0,
    q1: Q1,
    q2: Q2,
    q5: Q5,
    q7: Q7,
    q8: Q8,
    q11: Q11,
    q12: Q12,
    q14: Q14,
    q21: Q21,
    q22: Q22,
    w1: W1,
    w1m: W1m,
}

#[test]
fn what_a_query_is_handed_is_what_the_generator_makes_of_its_kind() {
    let all: Vec<Event> = (0..5_000).map(|number| event(11, number)).collect();
    let bids: Vec<Event> = all.iter().filter(|event| matches!(event, Event::Bid(_))).copied().collect();
    let events = Name::Q0.events(11, bids.len() as u64);
    let handed = flow_benches::events::feed::Batches::live(&events, 1).remove(0).flatten().map(Event::Bid);
    assert_eq!(handed.collect::<Vec<_>>(), bids);
}
