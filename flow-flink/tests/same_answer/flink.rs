//! Cases on a real Flink: many as one job, over files or topics.

use super::case::{Answer, folded, ordered, sources, together};
use super::json;
use super::kafka::{self, Topics};
use super::pipeline::Case;
use super::support;
use flow::ir::Ir;
use flow::ir::document::{Endpoint, Sink};
use flow::ir::types::{Schema, Type};
use flow::ir::value::Value;
use flow::record::Row;
use flow_flink::{Obstacles, Options, Script, to_flink_sql};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// What stands in the way of a case on Flink, by the reason's name.
pub(crate) fn obstacles(case: &Case) -> Vec<String> {
    match translated(case) {
        // Flink's interval join is wrong before 1970, so the job fails at such a time.
        Ok(script) if script.contains(GUARD) && before_1970(case) => vec!["a time before 1970".into()],
        Ok(_) => Vec::new(),
        Err(obstacles) => obstacles.iter().map(|obstacle| obstacle.reason.clone()).collect(),
    }
}

/// How often and how many times a script is tried that finds no slots: two minutes.
const EVERY: Duration = Duration::from_secs(1);
const TIMES: usize = 120;

/// What a time before 1970 becomes where it would be wrong.
const GUARD: &str = "ELSE CAST(NULL AS TIMESTAMP_LTZ(3)) END,\n  WATERMARK";

pub(crate) fn before_1970(case: &Case) -> bool {
    let early = |row: &Row| matches!(row.0[1], Value::Timestamp(at) if at.millis() < 0);
    case.inputs.values().flatten().any(early)
}

/// Sets where sources and sinks have their files, or topics.
fn place(ir: &mut Ir, folder: &Path, topics: Option<&Topics>) {
    let set = |endpoint: &mut Endpoint, ending: &str| match topics {
        Some(topics) => topics.place(endpoint),
        None => {
            let name = endpoint.name.as_deref().expect("endpoints have names");
            let path = folder.join(format!("{name}{ending}"));
            endpoint.options.insert("path".into(), path.to_str().expect("folders have names").into());
        }
    };
    sources(ir).into_iter().for_each(|source| set(&mut source.endpoint, ".jsonl"));
    ir.ends.iter_mut().for_each(|end| set(&mut end.sink.endpoint, ""));
}

/// The script of a case that is not to be run.
fn translated(case: &Case) -> Result<String, Obstacles> {
    let mut ir = case.ir.clone();
    let topics = case.kind().topics.then(|| Topics::unmade(case));
    place(&mut ir, Path::new("/files"), topics.as_ref());
    to_flink_sql(&ir, &Options::default()).map(|script| script.to_string())
}

/// The SQL of a case.
pub(crate) fn sql(case: &Case) -> String {
    translated(case).unwrap_or_else(|obstacles| obstacles.to_string())
}

/// The answers of Flink to these cases.
pub(crate) fn on_flink(cases: &[Case]) -> Result<Vec<Answer>, String> {
    on_flink_by(cases, |_| {})
}

/// The same, by a script that was changed.
pub(crate) fn on_flink_by(cases: &[Case], change: impl FnOnce(&mut Script)) -> Result<Vec<Answer>, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut whole = together(cases);
    let topics = if whole.kind().topics { Some(Topics::of(&whole)?) } else { None };
    place(&mut whole.ir, folder.path(), topics.as_ref());
    for source in sources(&mut whole.ir).into_iter().filter(|_| topics.is_none()) {
        let name = source.endpoint.name.as_deref().expect("sources have names");
        let lines = whole.inputs[name].iter().map(|row| json::line(row, &source.endpoint.schema) + "\n");
        fs::write(folder.path().join(format!("{name}.jsonl")), lines.collect::<String>()).map_err(|e| e.to_string())?;
    }
    let mut script = to_flink_sql(&whole.ir.clone().with_job_id(), &Options::default()).map_err(|o| o.to_string())?;
    change(&mut script);
    run(&script)?;
    let program = whole.ir.program().map_err(|error| error.to_string())?;
    let name = |sink: &Sink| sink.endpoint.name.clone().expect("sinks have names");
    let sinks: Vec<String> = program.ends.iter().map(|(_, sink)| name(sink)).collect();
    // Files have no keys.
    let messages = match &topics {
        Some(topics) => topics.messages(&sinks)?,
        None => {
            let lines = |sink: &String| support::lines(&folder.path().join(sink));
            sinks.iter().map(|sink| lines(sink).into_iter().map(|line| (String::new(), line)).collect()).collect()
        }
    };
    let mut answers = vec![Answer::new(); cases.len()];
    for ((line, sink), messages) in program.ends.iter().zip(messages) {
        let full = name(sink);
        let (number, name) = full.split_once('_').expect("it is prefixed");
        let number: usize = number[1..].parse().expect("it is a number");
        let rows = rows(messages, &sink.endpoint.schema, line.shape.upsert.as_deref());
        let rows = rows.map_err(|error| format!("seed {}: {error}", cases[number].seed))?;
        answers[number].insert(name.to_owned(), ordered(rows));
    }
    Ok(answers)
}

/// Runs a script, again where others had the slots: who finds none free is refused at once.
fn run(script: &Script) -> Result<(), String> {
    for _ in 0..TIMES {
        match support::run(script) {
            Err(error) if error.contains("NoResourceAvailableException") => std::thread::park_timeout(EVERY),
            done => return done,
        }
    }
    support::run(script)
}

/// The rows of a sink's messages: where they correct others, what each key has in the end.
fn rows(messages: Vec<(String, String)>, schema: &Schema, key: Option<&[(String, Type)]>) -> Result<Vec<Row>, String> {
    let row = |line: &str| json::row(line, schema).map_err(|error| format!("{error}: {line}"));
    let Some(parts) = key else { return messages.iter().map(|(_, line)| row(line)).collect() };
    let types: Vec<Type> =
        parts.iter().map(|(_, ty)| Type { data_type: ty.data_type.logical(), nullable: ty.nullable }).collect();
    let correction = |(key, line): &(String, String)| {
        let key = json::key(key, &types).map_err(|error| format!("{error}: {key}"))?;
        Ok((key, if line.is_empty() { None } else { Some(row(line)?) }))
    };
    Ok(folded(messages.iter().map(correction).collect::<Result<Vec<_>, String>>()?.into_iter()))
}

/// What else answers cases of one kind, and has to say the same as this process does from memory: Flink, and this process over topics.
pub(crate) fn others(cases: &[Case]) -> Vec<(&'static str, Vec<Result<Answer, String>>)> {
    let mut others = vec![("Flink", each(cases, on_flink))];
    if cases.first().is_some_and(|case| case.kind().topics) {
        others.push(("here over topics", each(cases, kafka::here)));
    }
    others
}

/// The answers to each of these cases, or why there is none: where one spoils it for all, the others are asked again without it.
pub(crate) fn each(cases: &[Case], ask: fn(&[Case]) -> Result<Vec<Answer>, String>) -> Vec<Result<Answer, String>> {
    if cases.is_empty() {
        return Vec::new();
    }
    match ask(cases) {
        Ok(answers) => answers.into_iter().map(Ok).collect(),
        Err(error) if cases.len() == 1 => vec![Err(error)],
        Err(error) => {
            let (first, second) = cases.split_at(cases.len() / 2);
            let answers = [each(first, ask), each(second, ask)].concat();
            if answers.iter().all(Result::is_ok) {
                let seeds: Vec<_> = cases.iter().map(|case| case.seed).collect();
                let cause = error.lines().rfind(|line| line.starts_with("Caused by"));
                eprintln!("only together: {seeds:?}: {}", cause.unwrap_or(&error));
            }
            answers
        }
    }
}
