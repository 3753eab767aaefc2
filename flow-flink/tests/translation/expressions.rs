//! Every expression of the portable subset, over edge values: what Flink makes of it is what `eval` does.

use super::generate::{self, SCALARS, Tape};
use super::support::{lines, run};
use super::values::{canonical, from_json, to_json};
use flow::ir::Ir;
use flow::ir::document::{Chain, End, Endpoint, Input, Metadata, Sink, Source};
use flow::ir::eval::eval;
use flow::ir::operation::{Operation, OutputField, Stage, schema_of};
use flow::ir::resolve::{Scope, resolve};
use flow::ir::sql_print::print;
use flow::ir::typed::Typed;
use flow::ir::types::{DataType, Field, Schema, Type};
use flow::ir::value::Value;
use flow_flink::{Options, to_flink_sql};
use std::path::Path;

/// The fields of all types; times as numbers, so that they may be any.
fn schema() -> Schema {
    let mut schema = generate::schema();
    for field in &mut schema.fields {
        if field.name == "p9" {
            field.data_type = DataType::EpochMillis;
        }
    }
    schema.fields.insert(0, Field::new("n", DataType::I64, false));
    schema
}

/// A row, whose times that are text are such as a calendar holds.
fn row(tape: &mut Tape<'_>, schema: &Schema, n: usize) -> Vec<Value> {
    let field = |field: &Field| {
        let ty = Type { data_type: field.data_type.clone(), nullable: field.nullable };
        match (generate::value(tape, &ty), &field.data_type) {
            (Value::Timestamp(at), DataType::Timestamp) => {
                Value::Timestamp(flow::Timestamp::from_millis(at.millis() % 100_000_000_000_000 / 3))
            }
            (value, _) => canonical(value),
        }
    };
    let mut row: Vec<Value> = schema.fields.iter().map(field).collect();
    row[0] = Value::I64(n as i64);
    row
}

fn endpoint(path: &Path, schema: Schema, name: &str) -> Endpoint {
    let options = [("path".to_owned(), path.to_str().unwrap().into())].into();
    let name = Some(name.to_owned());
    Endpoint { kind: "file".into(), options, format: Some("json".into()), schema, name, ..Endpoint::default() }
}

/// What is asked: an expression, and the type that it has in the sink.
struct Asked {
    typed: Typed,
    to: DataType,
}

fn asked(tape: &mut Tape<'_>, schema: &Schema) -> Asked {
    let to = tape.pick(&SCALARS);
    let expr = generate::expr(tape, &to, None, 4);
    let typed = resolve(&expr, Scope::record(schema), Some(&to)).expect("well typed");
    let to = if to == DataType::Timestamp { DataType::EpochMillis } else { to };
    Asked { typed, to }
}

/// A document that calculates them all for each row of the file, in groups, each for a sink of its own.
fn document(groups: &[Vec<Asked>], schema: &Schema, folder: &Path) -> Ir {
    let end = |(i, group): (usize, &Vec<Asked>)| {
        let field = |(j, asked): (usize, &Asked)| OutputField {
            name: format!("x{j}"),
            data_type: asked.to.clone(),
            nullable: asked.typed.ty.nullable,
            expression: print(&asked.typed, Some(&asked.to)),
        };
        let number =
            OutputField { name: "n".into(), data_type: DataType::I64, nullable: false, expression: "`n`".into() };
        let fields: Vec<OutputField> = [number].into_iter().chain(group.iter().enumerate().map(field)).collect();
        let made = schema_of(&fields);
        let source =
            Source { endpoint: endpoint(&folder.join("rows"), schema.clone(), &format!("rows{i}")), watermark: None };
        let operations = vec![Stage::new(Operation::Map { fields })];
        let sink = endpoint(&folder.join(format!("out{i}")), made, &format!("out{i}"));
        End { chain: Chain { source: Input::Source(source), operations }, sink: Sink { endpoint: sink, upsert: false } }
    };
    let metadata = Metadata {
        job_id: String::new(),
        job_name: "expressions".into(),
        version: None,
        description: None,
        parallelism: 1,
        idle_timeout_ms: None,
        properties: std::collections::BTreeMap::new(),
    };
    Ir { metadata, streams: std::collections::BTreeMap::new(), ends: groups.iter().enumerate().map(end).collect() }
}

/// Bytes that a seed gives.
fn bytes(seed: u64, count: usize) -> Vec<u8> {
    let mut state = seed;
    let mut next = move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) as u8
    };
    (0..count).map(|_| next()).collect()
}

#[test]
fn expressions_give_what_eval_gives() {
    let seed = std::env::var("FLOW_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let schema = schema();
    let tape = bytes(seed, 40_000);
    let mut tape = Tape(&tape);
    let rows: Vec<Vec<Value>> = (0..60).map(|n| row(&mut tape, &schema, n)).collect();
    let works = |asked: &Asked| rows.iter().all(|row| eval(&asked.typed, row).is_ok());
    let (groups, each) = (8, 25);
    let mut taken = Vec::new();
    for n in 0_u64.. {
        if taken.len() == groups * each {
            break;
        }
        let own = bytes(seed * 1_000_000 + n, 300);
        let asked = asked(&mut Tape(&own), &schema);
        taken.extend(Some(asked).filter(&works));
    }
    let groups: Vec<Vec<Asked>> = {
        let mut rest = taken.into_iter();
        (0..groups).map(|_| rest.by_ref().take(each).collect()).collect()
    };
    let folder = tempfile::tempdir().unwrap();
    let text: String = rows.iter().map(|row| to_json(&schema, row) + "\n").collect();
    std::fs::write(folder.path().join("rows"), text).unwrap();
    let script = to_flink_sql(&document(&groups, &schema, folder.path()), &Options::default()).unwrap();
    run(&script).unwrap_or_else(|error| panic!("{error}"));
    let mut wrong = Vec::new();
    for (i, group) in groups.iter().enumerate() {
        let field = |(j, asked): (usize, &Asked)| Field::new(format!("x{j}"), asked.to.clone(), true);
        let number = Field::new("n", DataType::I64, false);
        let made = Schema::new([number].into_iter().chain(group.iter().enumerate().map(field)).collect());
        let found = lines(&folder.path().join(format!("out{i}")));
        assert_eq!(found.len(), rows.len());
        for line in found {
            let found = from_json(&made, &line);
            let Value::I64(n) = found[0] else { panic!("{line}") };
            for (asked, found) in group.iter().zip(&found[1..]) {
                let expected = canonical(eval(&asked.typed, &rows[n as usize]).unwrap());
                if *found != expected {
                    let fields: Vec<_> = asked
                        .typed
                        .fields()
                        .iter()
                        .map(|name| (name.to_string(), rows[n as usize][schema.index_of(name).unwrap()].clone()))
                        .collect();
                    wrong.push(format!(
                        "{} of {fields:?}: Flink {found:?}, here {expected:?}",
                        print(&asked.typed, Some(&asked.to))
                    ));
                }
            }
        }
    }
    wrong.sort_by_key(String::len);
    assert!(wrong.is_empty(), "seed {seed}: {} differ\n{}", wrong.len(), wrong[..wrong.len().min(15)].join("\n"));
}
