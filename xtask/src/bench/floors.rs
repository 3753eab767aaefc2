//! What must be reached, and what is wanted: a table, and the check of what was measured against it.

use std::fmt::Write;

use super::figures::{Figures, slope};

/// What is measured, and where it is found.
#[derive(Clone, Copy)]
enum Measure {
    /// The hand-written loop's time by that of flow, on one core, for each of these queries of a job.
    ToHand(&'static str, &'static [&'static str]),
    /// Flow's time with one worker by that with two.
    TwoWorkers(&'static str),
    /// Another engine's time by that of flow.
    ToPeer(&'static str, &'static str),
    /// The main job: the loop's time by that of flow.
    File,
    /// The 99th percentile of latency at this rate, in milliseconds.
    Latency(u64),
    /// How much more memory ten times the events take, in percent.
    Memory,
    /// What a stage adds, in nanoseconds a record.
    Stage,
    /// From topic to topic, with so many partitions: the loop's time by that of flow.
    Kafka(&'static str, u64),
    /// With so many connections: `redis-benchmark`'s time by that of flow.
    Redis(u64),
}

/// Which side of the floor is right.
#[derive(Clone, Copy, PartialEq)]
enum Better {
    More,
    Less,
}

/// A row of the table.
struct Row {
    measure: Measure,
    better: Better,
    floor: f64,
    goal: f64,
}

const fn at_least(measure: Measure, floor: f64, goal: f64) -> Row {
    Row { measure, better: Better::More, floor, goal }
}

const fn at_most(measure: Measure, floor: f64, goal: f64) -> Row {
    Row { measure, better: Better::Less, floor, goal }
}

const ROWS: &[Row] = &[
    at_least(Measure::ToHand("w1", &["w1"]), 0.75, 0.95),
    at_least(Measure::ToHand("w1", &["w1m"]), 0.85, 1.0),
    at_least(Measure::ToHand("copy", &["q0", "q1", "q2", "q14", "q21", "q22"]), 0.5, 0.9),
    at_least(Measure::ToHand("copy", &["q5", "q11", "q12"]), 0.75, 0.95),
    at_least(Measure::ToHand("copy", &["q7", "q8"]), 0.6, 0.9),
    at_least(
        Measure::ToHand(
            "strings",
            &["q0", "q1", "q2", "q5", "q7", "q8", "q11", "q12", "q14", "q21", "q22", "w1", "w1m"],
        ),
        0.75,
        0.9,
    ),
    at_least(Measure::TwoWorkers("w1"), 1.3, 1.8),
    at_least(Measure::TwoWorkers("w1m"), 1.6, 1.8),
    at_least(Measure::ToPeer("w1", "tokio1"), 10.0, 25.0),
    at_least(Measure::ToPeer("w1", "tokio1024"), 1.3, 1.8),
    at_least(Measure::ToPeer("q1", "tokio1"), 10.0, 25.0),
    at_least(Measure::ToPeer("q1", "tokio1024"), 1.3, 1.8),
    at_least(Measure::ToPeer("w1", "timely"), 1.5, 2.2),
    at_least(Measure::File, 0.8, 1.5),
    at_most(Measure::Latency(100_000), 2.0, 0.2),
    at_most(Measure::Latency(1_000_000), 10.0, 1.0),
    at_most(Measure::Memory, 5.0, 0.0),
    at_most(Measure::Stage, 3.0, 0.5),
    at_least(Measure::Kafka("pass", 1), 0.8, 1.0),
    at_least(Measure::Kafka("pass", 4), 0.8, 1.0),
    at_least(Measure::Kafka("json", 1), 0.8, 1.0),
    at_least(Measure::Kafka("json", 4), 0.8, 1.0),
    at_least(Measure::Redis(1), 0.9, 1.0),
    at_least(Measure::Redis(4), 0.9, 1.0),
];

/// What stands for the rest in the short form.
const SHORT: &[Measure] = &[Measure::ToHand("copy", &["w1"]), Measure::ToHand("copy", &["q1"]), Measure::Redis(1)];

/// Half the floor of such a measure: below it something is lost, whatever the machine's mood.
fn half(measure: Measure) -> Row {
    let same = |row: &&Row| match (row.measure, measure) {
        (Measure::ToHand(job, all), Measure::ToHand(_, short)) => job != "strings" && all.contains(&short[0]),
        (Measure::Redis(all), Measure::Redis(short)) => all == short,
        _ => false,
    };
    let row = ROWS.iter().find(same).expect("what is in the short form has a floor");
    at_least(measure, row.floor / 2.0, row.goal)
}

/// One floor, and what was measured.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Check {
    pub(crate) what: String,
    pub(crate) floor: String,
    pub(crate) goal: String,
    pub(crate) measured: String,
    pub(crate) holds: bool,
}

/// Every floor.
pub(crate) fn check(figures: &Figures) -> Vec<Check> {
    ROWS.iter().flat_map(|row| row.check(figures)).collect()
}

/// The short form's.
pub(crate) fn check_short(figures: &Figures) -> Vec<Check> {
    SHORT.iter().flat_map(|measure| half(*measure).check(figures)).collect()
}

/// One line a floor.
pub(crate) fn lines(checks: &[Check]) -> String {
    let width = checks.iter().map(|check| check.what.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for Check { what, floor, goal, measured, holds } in checks {
        let holds = if *holds { "holds" } else { "DOES NOT HOLD" };
        writeln!(text, "{what:width$}  measured {measured:>9}  floor {floor:>8}  goal {goal:>8}  {holds}")
            .expect("a String takes what is written to it");
    }
    text
}

impl Row {
    fn check(&self, figures: &Figures) -> Vec<Check> {
        let (sign, unit) = (if self.better == Better::More { "≥" } else { "≤" }, self.measure.unit());
        let check = |(what, measured): (String, Option<f64>)| Check {
            what,
            floor: format!("{sign} {}{unit}", self.floor),
            goal: format!("{sign} {}{unit}", self.goal),
            measured: measured.map_or("nothing".to_owned(), |measured| format!("{measured:.2}{unit}")),
            // What was not measured does not hold.
            holds: measured.is_some_and(|measured| match self.better {
                Better::More => measured >= self.floor,
                Better::Less => measured <= self.floor,
            }),
        };
        self.measure.values(figures).into_iter().map(check).collect()
    }
}

impl Measure {
    fn unit(self) -> &'static str {
        match self {
            Self::ToHand(..) | Self::TwoWorkers(_) | Self::ToPeer(..) | Self::File => "",
            Self::Kafka(..) | Self::Redis(_) => "",
            Self::Latency(_) => " ms",
            Self::Memory => " %",
            Self::Stage => " ns",
        }
    }

    /// What it is called, and what was measured, if it was.
    fn values(self, figures: &Figures) -> Vec<(String, Option<f64>)> {
        let ratio = |above: Option<f64>, below: Option<f64>| Some(above? / below?);
        match self {
            Self::ToHand(job, queries) => {
                let one = |query: &&str| {
                    let time = |engine| figures.seconds(job, query, engine, 1);
                    let workload = if job == "strings" { "strings" } else { "copy" };
                    (format!("{query} ({workload}), to hand"), ratio(time("hand"), time("flow")))
                };
                queries.iter().map(one).collect()
            }
            Self::TwoWorkers(query) => {
                let time = |workers| figures.seconds("w1", query, "flow", workers);
                vec![(format!("{query}, two workers, to flow on one"), ratio(time(1), time(2)))]
            }
            Self::ToPeer(query, peer) => {
                let time = |engine| figures.seconds("peers", query, engine, 1);
                vec![(format!("{query}, to {peer}"), ratio(time(peer), time("flow")))]
            }
            Self::File => {
                let time = |engine: &str| figures.with("file", "engine", &engine.into())?["median_s"].as_f64();
                vec![("main job on a file, to hand".to_owned(), ratio(time("hand"), time("flow")))]
            }
            Self::Latency(rate) => {
                let reading = figures.with("latency", "rate", &rate.into());
                let millis = reading.and_then(|row| row["p99_us"].as_f64()).map(|micros| micros / 1000.0);
                vec![(format!("p99 latency at {rate}/s"), millis)]
            }
            Self::Memory => {
                let peak = |job| figures.query(job, "w1", "flow", 1)?["peak_mb"].as_f64();
                let more = ratio(peak("memory10"), peak("memory")).map(|ratio| (ratio - 1.0) * 100.0);
                vec![("memory, ten times the events".to_owned(), more)]
            }
            Self::Stage => {
                let point = |row: &serde_json::Value| Some((row["stages"].as_f64()?, row["ns_per_event"].as_f64()?));
                let points: Vec<_> = figures.rows("chain").iter().filter_map(point).filter(|at| at.0 >= 1.0).collect();
                vec![("a stage added to a chain".to_owned(), slope(&points))]
            }
            Self::Kafka(work, partitions) => {
                let of = [("work", work.into()), ("partitions", partitions.into()), ("engine", "flow".into())];
                let what = if work == "pass" { "pass-through" } else { "JSON" };
                let what = format!("Kafka to Kafka, {what}, partitions: {partitions}, to hand");
                vec![(what, figures.number("kafka", &of, "ratio_to_hand"))]
            }
            Self::Redis(connections) => {
                let of = [("connections", connections.into()), ("engine", "flow".into())];
                let what = format!("Redis INCRBY, connections: {connections}, to redis-benchmark");
                vec![(what, figures.number("redis", &of, "ratio"))]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Figures, ROWS, SHORT, check, check_short, half, lines};

    fn short(w1: f64, q1: f64, redis: f64) -> Vec<bool> {
        let mut figures = Figures::default();
        let row = |query, engine, time: f64| {
            format!(r#"{{"query":"{query}","engine":"{engine}","workers":1,"median_s":{time}}}"#)
        };
        let rows = [row("w1", "flow", 1.0), row("w1", "hand", w1), row("q1", "flow", 1.0), row("q1", "hand", q1)];
        figures.add("copy", &format!(r#"{{"results":[{}]}}"#, rows.join(","))).unwrap();
        let row = format!(r#"{{"engine":"flow","connections":1,"ratio":{redis}}}"#);
        figures.add("redis", &format!(r#"{{"results":[{row}]}}"#)).unwrap();
        check_short(&figures).iter().map(|check| check.holds).collect()
    }

    #[test]
    fn below_half_a_floor_fails_and_at_it_holds() {
        let [w1, q1, redis] = [0, 1, 2].map(|at| half(SHORT[at]).floor);
        assert_eq!(short(w1, q1, redis), [true, true, true]);
        assert_eq!(short(w1 * 0.99, q1, 1.0), [false, true, true]);
        assert_eq!(short(2.0, q1 * 0.99, redis * 0.99), [true, false, false]);
    }

    #[test]
    fn the_short_floors_are_half_of_the_long_ones() {
        let mut figures = Figures::default();
        for job in ["w1", "copy"] {
            figures.add(job, r#"{"results":[{"query":"none"}]}"#).unwrap();
        }
        let floor = |check: &super::Check| -> f64 { check.floor.trim_start_matches("≥ ").parse().unwrap() };
        let all = check(&figures);
        let short = check_short(&figures);
        assert_eq!(short.len(), SHORT.len());
        for check in &short {
            let long = all.iter().find(|long| long.what == check.what).unwrap();
            assert_eq!(floor(check) * 2.0, floor(long), "{}", check.what);
        }
    }

    #[test]
    fn what_was_not_measured_does_not_hold() {
        let checks = check(&Figures::default());
        assert!(checks.len() >= ROWS.len() && checks.iter().all(|check| !check.holds && check.measured == "nothing"));
        assert_eq!(lines(&checks).matches("DOES NOT HOLD").count(), checks.len());
    }

    #[test]
    fn above_a_limit_fails() {
        let p99 = |micros: f64| {
            let mut figures = Figures::default();
            figures.add("latency", &format!(r#"{{"results":[{{"rate":100000,"p99_us":{micros}}}]}}"#)).unwrap();
            let checks = check(&figures);
            checks.into_iter().find(|check| check.what.ends_with(" 100000/s")).unwrap()
        };
        assert!(p99(1_999.0).holds && p99(2_000.0).holds && !p99(2_001.0).holds);
        assert_eq!(p99(500.0).measured, "0.50 ms");
    }

    #[test]
    fn a_stage_is_the_slope_of_the_chain() {
        let mut figures = Figures::default();
        let rows: Vec<String> =
            (0..=8).map(|stages| format!(r#"{{"stages":{stages},"ns_per_event":{}}}"#, 5 + 2 * stages)).collect();
        figures.add("chain", &format!(r#"{{"results":[{}]}}"#, rows.join(","))).unwrap();
        let checks = check(&figures);
        let stage = checks.iter().find(|check| check.what.starts_with("a stage")).unwrap();
        assert_eq!((&*stage.measured, stage.holds), ("2.00 ns", true));
    }

    #[test]
    fn services_are_compared_with_the_loop_and_with_redis_benchmark() {
        let mut figures = Figures::default();
        let rows = r#"{"results":[
            {"work":"pass","partitions":1,"engine":"hand","ratio_to_hand":1},
            {"work":"pass","partitions":1,"engine":"flow","ratio_to_hand":0.79},
            {"work":"json","partitions":1,"engine":"flow","ratio_to_hand":0.5},
            {"work":"json","partitions":4,"engine":"flow","ratio_to_hand":0.8}]}"#;
        figures.add("kafka", rows).unwrap();
        let rows = r#"{"results":[{"engine":"redis-benchmark","connections":4,"ratio":1},{"engine":"flow","connections":4,"ratio":0.95}]}"#;
        figures.add("redis", rows).unwrap();
        let found: Vec<_> = check(&figures)
            .into_iter()
            .filter(|check| check.what.starts_with("Kafka") || check.what.starts_with("Redis"))
            .map(|check| (check.measured, check.holds))
            .collect();
        let expected =
            [("0.79", false), ("nothing", false), ("0.50", false), ("0.80", true), ("nothing", false), ("0.95", true)];
        assert_eq!(found, expected.map(|(measured, holds)| (measured.to_owned(), holds)));
    }
}
