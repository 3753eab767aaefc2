//! Cases on a real Flink: many as one job, over files.

use super::case::{Answer, ordered, sources, together};
use super::json;
use super::pipeline::Case;
use super::support;
use flow::ir::Ir;
use flow::ir::document::Endpoint;
use flow_flink::{Options, to_flink_sql};
use std::fs;
use std::path::{Path, PathBuf};

/// What stands in the way of a case on Flink, by the reason's name.
pub(crate) fn obstacles(case: &Case) -> Vec<String> {
    let mut ir = case.ir.clone();
    place(&mut ir, Path::new("/nowhere"));
    match to_flink_sql(&ir, &Options::default()) {
        Ok(_) => Vec::new(),
        Err(obstacles) => obstacles.iter().map(|obstacle| obstacle.reason.clone()).collect(),
    }
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
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut whole = together(cases);
    if let Ok(tasks) = std::env::var("FLOW_FLINK_PARALLELISM") {
        whole.ir.metadata.parallelism = tasks.parse().map_err(|_| format!("FLOW_FLINK_PARALLELISM: {tasks}"))?;
    }
    place(&mut whole.ir, folder.path());
    for source in sources(&mut whole.ir) {
        let name = source.endpoint.name.as_deref().expect("sources have names");
        let lines = whole.inputs[name].iter().map(|row| json::line(row, &source.endpoint.schema) + "\n");
        fs::write(folder.path().join(format!("{name}.jsonl")), lines.collect::<String>()).map_err(|e| e.to_string())?;
    }
    let script = to_flink_sql(&whole.ir.clone().with_job_id(), &Options::default()).map_err(|o| o.to_string())?;
    if let Ok(keep) = std::env::var("FLOW_FLINK_KEEP") { let _ = fs::create_dir_all(&keep); let _ = fs::write(format!("{keep}/script.sql"), script.to_string()); for e in fs::read_dir(folder.path()).unwrap() { let e = e.unwrap(); let _ = fs::copy(e.path(), format!("{keep}/{}", e.file_name().to_string_lossy())); } }
    support::run(&script)?;
    let mut answers = vec![Answer::new(); cases.len()];
    for end in &whole.ir.ends {
        let endpoint = &end.sink.endpoint;
        let (number, name) = endpoint.name.as_deref().and_then(|name| name.split_once('_')).expect("it is prefixed");
        let number: usize = number[1..].parse().expect("it is a number");
        let lines = lines(folder.path().join(format!("c{number}_{name}"))).map_err(|error| error.to_string())?;
        let rows = lines.iter().map(|line| {
            json::row(line, &endpoint.schema).map_err(|error| format!("seed {}: {error}: {line}", cases[number].seed))
        });
        answers[number].insert(name.to_owned(), ordered(rows.collect::<Result<_, _>>()?));
    }
    Ok(answers)
}

/// The answers of Flink to each of these cases, or why there is none: where one spoils it for all, the others are asked again without it.
pub(crate) fn each(cases: &[Case]) -> Vec<Result<Answer, String>> {
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

/// The lines of all files in a folder. Where no row came there is none.
fn lines(folder: PathBuf) -> std::io::Result<Vec<String>> {
    let mut lines = Vec::new();
    let mut rest = if folder.exists() { vec![folder] } else { Vec::new() };
    while let Some(path) = rest.pop() {
        if path.is_dir() {
            for entry in fs::read_dir(path)? {
                rest.push(entry?.path());
            }
        } else {
            lines.extend(fs::read_to_string(path)?.lines().map(str::to_owned));
        }
    }
    Ok(lines)
}
