//! Cases on a real Flink: many as one job, over files.

use super::case::{Answer, ordered, sources, together};
use super::json;
use super::pipeline::Case;
use super::support;
use flow::ir::Ir;
use flow::ir::document::Endpoint;
use flow::ir::value::Value;
use flow::record::Row;
use flow_flink::{Options, Script, to_flink_sql};
use std::fs;
use std::path::Path;

/// What stands in the way of a case on Flink, by the reason's name.
pub(crate) fn obstacles(case: &Case) -> Vec<String> {
    let mut ir = case.ir.clone();
    place(&mut ir, Path::new("/nowhere"));
    match to_flink_sql(&ir, &Options::default()) {
        // Flink's interval join is wrong before 1970, so the job fails at such a time.
        Ok(script) if script.to_string().contains(GUARD) && before_1970(case) => vec!["a time before 1970".into()],
        Ok(_) => Vec::new(),
        Err(obstacles) => obstacles.iter().map(|obstacle| obstacle.reason.clone()).collect(),
    }
}

/// What a time before 1970 becomes where it would be wrong.
const GUARD: &str = "ELSE CAST(NULL AS TIMESTAMP_LTZ(3)) END,\n  WATERMARK";

fn before_1970(case: &Case) -> bool {
    let early = |row: &Row| matches!(row.0[1], Value::Timestamp(at) if at.millis() < 0);
    case.inputs.values().flatten().any(early)
}

/// Sets where sources and sinks have their files.
fn place(ir: &mut Ir, folder: &Path) {
    let set = |endpoint: &mut Endpoint, ending: &str| {
        let name = endpoint.name.as_deref().expect("endpoints have names");
        let path = folder.join(format!("{name}{ending}"));
        endpoint.options.insert("path".into(), path.to_str().expect("folders have names").into());
    };
    sources(ir).into_iter().for_each(|source| set(&mut source.endpoint, ".jsonl"));
    ir.ends.iter_mut().for_each(|end| set(&mut end.sink.endpoint, ""));
}

/// The SQL of a case.
pub(crate) fn sql(case: &Case) -> String {
    let mut ir = case.ir.clone();
    place(&mut ir, Path::new("/files"));
    to_flink_sql(&ir, &Options::default()).map_or_else(|obstacles| obstacles.to_string(), |script| script.to_string())
}

/// The answers of Flink to these cases.
pub(crate) fn on_flink(cases: &[Case]) -> Result<Vec<Answer>, String> {
    on_flink_by(cases, |_| {})
}

/// The same, by a script that was changed.
pub(crate) fn on_flink_by(cases: &[Case], change: impl FnOnce(&mut Script)) -> Result<Vec<Answer>, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut whole = together(cases);
    let tasks = super::setting("FLOW_FLINK_PARALLELISM", whole.ir.metadata.parallelism as u64);
    whole.ir.metadata.parallelism = tasks as usize;
    place(&mut whole.ir, folder.path());
    for source in sources(&mut whole.ir) {
        let name = source.endpoint.name.as_deref().expect("sources have names");
        let lines = whole.inputs[name].iter().map(|row| json::line(row, &source.endpoint.schema) + "\n");
        fs::write(folder.path().join(format!("{name}.jsonl")), lines.collect::<String>()).map_err(|e| e.to_string())?;
    }
    let mut script = to_flink_sql(&whole.ir.clone().with_job_id(), &Options::default()).map_err(|o| o.to_string())?;
    change(&mut script);
    support::run(&script)?;
    let mut answers = vec![Answer::new(); cases.len()];
    for end in &whole.ir.ends {
        let endpoint = &end.sink.endpoint;
        let (number, name) = endpoint.name.as_deref().and_then(|name| name.split_once('_')).expect("it is prefixed");
        let number: usize = number[1..].parse().expect("it is a number");
        let lines = support::lines(&folder.path().join(format!("c{number}_{name}")));
        let rows = lines.iter().map(|line| {
            json::row(line, &endpoint.schema).map_err(|error| format!("seed {}: {error}: {line}", cases[number].seed))
        });
        answers[number].insert(name.to_owned(), ordered(rows.collect::<Result<_, _>>()?));
    }
    Ok(answers)
}

/// The answers of Flink to each of these cases, or why there is none: where one spoils it for all, the others are asked again without it.
pub(crate) fn each(cases: &[Case]) -> Vec<Result<Answer, String>> {
    if cases.is_empty() {
        return Vec::new();
    }
    match on_flink(cases) {
        Ok(answers) => answers.into_iter().map(Ok).collect(),
        Err(error) if cases.len() == 1 => vec![Err(error)],
        Err(error) => {
            let (first, second) = cases.split_at(cases.len() / 2);
            let answers = [each(first), each(second)].concat();
            if answers.iter().all(Result::is_ok) {
                let seeds: Vec<_> = cases.iter().map(|case| case.seed).collect();
                eprintln!("only together: {seeds:?}: {}", error.lines().last().unwrap_or_default());
            }
            answers
        }
    }
}
