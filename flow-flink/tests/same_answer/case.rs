//! A case in-process, several as one pipeline, and one as text.

use super::json;
use super::pipeline::Case;
use flow::ir::Ir;
use flow::ir::document::{Chain, Input, Source};
use flow::ir::operation::Operation;
use flow::ir::types::Schema;
use flow::pipeline::Bindings;
use flow::prelude::*;
use flow::record::Row;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// The rows of each sink, in one order.
pub(crate) type Answer = BTreeMap<String, Vec<Row>>;

/// What takes the rows that have come to a sink.
type Taken = Box<dyn Fn() -> Vec<Row>>;

/// The answer of this process, from memory.
pub(crate) fn in_process(case: &Case) -> Result<Answer, String> {
    run(case, |bindings, name, _| bindings.rows(name, sources::vec(case.inputs[name].clone())))
}

/// The answer of this process to what is bound to the sources.
pub(crate) fn run(case: &Case, bind: impl Fn(Bindings, &str, &Schema) -> Bindings) -> Result<Answer, String> {
    let mut bindings = Bindings::new();
    for Source { endpoint, .. } in sources(&mut case.ir.clone()) {
        bindings = bind(bindings, endpoint.name.as_deref().expect("sources have names"), &endpoint.schema);
    }
    let mut collected: Vec<(String, Taken)> = Vec::new();
    for end in &case.ir.ends {
        let name = end.sink.endpoint.name.clone().expect("sinks have names");
        if end.sink.upsert {
            let (corrections, sink) = sinks::collect::<Upsert<Row, Row>>();
            bindings = bindings.upserts_rows(name.clone(), sink);
            let last = |upsert: Upsert<Row, Row>| (upsert.key().clone(), upsert.value().cloned());
            collected.push((name, Box::new(move || folded(corrections.take().into_iter().map(last)))));
        } else {
            let (rows, sink) = sinks::collect();
            bindings = bindings.sink_rows(name.clone(), sink);
            collected.push((name, Box::new(move || rows.take())));
        }
    }
    let pipeline = Pipeline::from_ir(&case.ir, bindings).map_err(|error| error.to_string())?;
    pipeline.run_blocking().map_err(|error| error.to_string())?;
    Ok(collected.into_iter().map(|(name, rows)| (name, ordered(rows()))).collect())
}

/// What each key has in the end, behind the key.
pub(crate) fn folded(corrections: impl Iterator<Item = (Row, Option<Row>)>) -> Vec<Row> {
    let last: BTreeMap<Row, Option<Row>> = corrections.collect();
    last.into_iter().filter_map(|(key, row)| row.map(|row| Row([key.0, row.0].concat()))).collect()
}

/// The rows in an order of their own.
pub(crate) fn ordered(rows: Vec<Row>) -> Vec<Row> {
    let mut rows: Vec<_> = rows.into_iter().map(json::plain).collect();
    rows.sort();
    rows
}

/// Several cases as one pipeline: the names of each begin with its number.
pub(crate) fn together(cases: &[Case]) -> Case {
    let mut whole = cases[0].clone();
    (whole.ir.streams, whole.ir.ends, whole.inputs, whole.partitions) = Default::default();
    for (number, case) in cases.iter().enumerate() {
        let name = |name: &str| format!("c{number}_{name}");
        let Ir { streams, mut ends, .. } = case.ir.clone();
        for end in &mut ends {
            rename(&mut end.chain, &name);
            end.sink.endpoint.name = end.sink.endpoint.name.as_deref().map(name);
        }
        whole.ir.ends.extend(ends);
        for (stream, mut chain) in streams {
            rename(&mut chain, &name);
            whole.ir.streams.insert(name(&stream), chain);
        }
        whole.partitions.extend(case.partitions.iter().map(|(endpoint, count)| (name(endpoint), *count)));
        whole.inputs.extend(case.inputs.iter().map(|(source, rows)| (name(source), rows.clone())));
    }
    whole
}

fn rename(chain: &mut Chain, name: &impl Fn(&str) -> String) {
    match &mut chain.source {
        Input::Source(source) => source.endpoint.name = source.endpoint.name.as_deref().map(name),
        Input::Ref(reference) => reference.stream = name(&reference.stream),
    }
    for other in others(chain) {
        rename(other, name);
    }
}

/// The chains within a chain.
fn others(chain: &mut Chain) -> impl Iterator<Item = &mut Chain> {
    chain.operations.iter_mut().flat_map(|stage| match &mut stage.operation {
        Operation::Union { others } => others.iter_mut().collect(),
        Operation::Join(join) => vec![&mut join.other],
        _ => Vec::new(),
    })
}

/// All sources of a document.
pub(crate) fn sources(ir: &mut Ir) -> Vec<&mut Source> {
    fn of<'a>(chain: &'a mut Chain, found: &mut Vec<&'a mut Source>) {
        let Chain { source, operations } = chain;
        if let Input::Source(source) = source {
            found.push(source);
        }
        for stage in operations {
            match &mut stage.operation {
                Operation::Union { others } => others.iter_mut().for_each(|other| of(other, found)),
                Operation::Join(join) => of(&mut join.other, found),
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    ir.streams.values_mut().for_each(|chain| of(chain, &mut found));
    ir.ends.iter_mut().for_each(|end| of(&mut end.chain, &mut found));
    found
}

/// The case as text, from which it can be read again.
pub(crate) fn to_text(case: &Case) -> String {
    let mut ir = case.ir.clone();
    let schemas: BTreeMap<_, _> = sources(&mut ir)
        .into_iter()
        .map(|source| (source.endpoint.name.clone().unwrap_or_default(), source.endpoint.schema.clone()))
        .collect();
    let rows = |name: &String, rows: &Vec<Row>| -> Json {
        rows.iter()
            .map(|row| serde_json::from_str::<Json>(&json::line(row, &schemas[name])).expect("it is JSON"))
            .collect()
    };
    let inputs: Json = case.inputs.iter().map(|(name, all)| (name.clone(), rows(name, all))).collect();
    let ir: Json = serde_json::from_str(&case.ir.to_json()).expect("a document is JSON");
    serde_json::to_string_pretty(
        &json!({ "seed": case.seed, "ir": ir, "partitions": case.partitions, "inputs": inputs }),
    )
    .expect("it is JSON")
}

/// Reads what `to_text` wrote.
pub(crate) fn from_text(text: &str) -> Case {
    let mut json: Json = serde_json::from_str(text).expect("a case is JSON");
    let mut ir = Ir::from_json(&json["ir"].to_string()).unwrap_or_else(|error| panic!("{error}"));
    let mut inputs = BTreeMap::new();
    for source in sources(&mut ir) {
        let name = source.endpoint.name.clone().expect("sources have names");
        let Json::Array(rows) = json["inputs"][&name].take() else { panic!("{name} has no rows") };
        let row = |row: Json| json::row(&row.to_string(), &source.endpoint.schema).unwrap_or_else(|e| panic!("{e}"));
        inputs.insert(name, rows.into_iter().map(row).collect());
    }
    let partitions = serde_json::from_value(json["partitions"].take()).unwrap_or_default();
    Case { seed: json["seed"].as_u64().unwrap_or_default(), ir, inputs, partitions }
}
