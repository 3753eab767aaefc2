//! Random documents: written and read again they are the same, and all their expressions fit.

use proptest::prelude::*;

use super::generate::{self, SCALARS, Tape};
use crate::ir::Ir;
use crate::ir::aggregation::AggregateFunction;
use crate::ir::document::{Chain, End, Endpoint, Input, Metadata, Ref, Sink, Source, Watermark};
use crate::ir::expr::Expr;
use crate::ir::operation::{
    AggregateStage, Aggregation, KeyPart, NamedCondition, Operation, OutputField, Stage, WindowStage, records_of,
    schema_of,
};
use crate::ir::resolve::{Scope, has_order, resolve};
use crate::ir::sql_print::print;
use crate::ir::types::{DataType, Field, Schema};
use crate::ir::window::{WindowShape, WindowSpec};

/// The text of a random expression over the generated schema.
fn text(tape: &mut Tape<'_>, of: &DataType) -> String {
    let schema = generate::schema();
    let typed = resolve(&generate::expr(tape, of, None, 3), Scope::record(&schema), Some(of)).expect("well typed");
    print(&typed, Some(of))
}

fn source(tape: &mut Tape<'_>) -> Input {
    let options = [("topic".to_owned(), "it's \"quoted\"".into()), ("limit".to_owned(), tape.byte().into())].into();
    let endpoint = Endpoint { kind: "kafka".into(), options, schema: generate::schema(), ..Endpoint::default() };
    let watermark = Watermark { field: "at".into(), delay_ms: u64::from(tape.byte()), name: None };
    Input::Source(Source { endpoint, watermark: Some(watermark) })
}

fn fields(tape: &mut Tape<'_>) -> Vec<OutputField> {
    let field = |tape: &mut Tape<'_>, name: String| {
        let data_type = tape.pick(&SCALARS);
        OutputField { name, nullable: tape.below(2) == 0, expression: text(tape, &data_type), data_type }
    };
    (0..=tape.below(4)).map(|i| field(tape, format!("n{i} `"))).collect()
}

/// What makes other records of these, and their fields.
fn made(tape: &mut Tape<'_>) -> (Stage, Schema) {
    if tape.below(4) == 1 {
        let list = || Box::new(Expr::Field(vec!["rows".into()]));
        let condition = Box::new(generate::expr(tape, &DataType::Bool, None, 2));
        let choice = Expr::If(condition, list(), list());
        let typed = resolve(&choice, Scope::record(&generate::schema()), None).expect("well typed");
        let schema = records_of(&typed.ty).expect("a list of records").clone();
        return (Stage::new(Operation::FlatMap { expression: print(&typed, None) }), schema);
    }
    let fields = fields(tape);
    let schema = schema_of(&fields);
    (Stage::new(Operation::Map { fields }), schema)
}

fn window(tape: &mut Tape<'_>) -> WindowSpec {
    let length = |tape: &mut Tape<'_>| (tape.below(50) as i64 + 1) * tape.pick(&[1, 1_000, 60_000, 3_600_000]);
    let size = length(tape);
    let shape = match tape.below(3) {
        0 => WindowShape::Tumbling { size },
        1 => WindowShape::Sliding { size, every: length(tape).min(size) },
        _ => WindowShape::Session { gap: size },
    };
    let offset = if matches!(shape, WindowShape::Session { .. }) { 0 } else { length(tape) - 1 };
    WindowSpec { offset, lateness: length(tape) - 1, ..WindowSpec::new(shape) }
}

/// Groups of the new record's fields, and what is made of them; the fields that come out.
fn grouped(tape: &mut Tape<'_>, schema: Schema, operations: &mut Vec<Stage>) -> Schema {
    let quoted = |field: &Field| crate::ir::sql_print::quote(&field.name);
    let Some(key) = schema.fields.iter().find(|field| field.data_type.is_key()) else { return schema };
    let keys = match tape.below(3) {
        0 => Vec::new(),
        1 => vec![KeyPart::Field(key.name.clone())],
        _ => vec![KeyPart::Expression { expression: quoted(key), alias: "key".into() }],
    };
    operations.push(Stage::new(Operation::GroupBy { keys: keys.clone() }));
    operations.push(Stage::new(Operation::Window(WindowStage { spec: window(tape), time_field: None })));
    let ordered = schema.fields.iter().find(|field| has_order(&field.data_type) && !field.nullable);
    if let (Some(by), 0) = (ordered, tape.below(2)) {
        operations.push(Stage::new(Operation::Top { count: u64::from(tape.byte()) + 1, expression: quoted(by) }));
        return schema;
    }
    let mut aggregations = Vec::new();
    let mut made: Vec<Field> =
        keys.iter().map(|part| Field::new(part.alias(), key.data_type.clone(), key.nullable)).collect();
    for (i, field) in schema.fields.iter().enumerate() {
        let aggregation_type = tape.pick(&[
            AggregateFunction::Count,
            AggregateFunction::Sum,
            AggregateFunction::Avg,
            AggregateFunction::Max,
            AggregateFunction::Last,
            AggregateFunction::CountDistinct,
        ]);
        let filter = (tape.below(2) == 0).then(|| format!("{} IS NOT NULL", quoted(field)));
        if let Some(ty) = aggregation_type.result(Some(&field.ty()), filter.is_some()) {
            let (alias, by_name) = (format!("a{i}"), tape.below(2) == 0);
            let (of, expression) = if by_name { (Some(field.name.clone()), None) } else { (None, Some(quoted(field))) };
            aggregations.push(Aggregation { aggregation_type, field: of, expression, filter, alias: alias.clone() });
            made.push(Field::new(alias, ty.data_type, ty.nullable));
        }
    }
    if made.is_empty() {
        let (aggregation_type, alias) = (AggregateFunction::Count, "n".to_owned());
        aggregations.push(Aggregation { aggregation_type, field: None, expression: None, filter: None, alias });
        made.push(Field::new("n", DataType::I64, false));
    }
    operations.push(Stage::new(Operation::Aggregate(AggregateStage { aggregations, fields: Vec::new() })));
    Schema::new(made)
}

fn end(chain: Chain, schema: Schema, name: &str) -> End {
    let endpoint = Endpoint { kind: "file".into(), schema, name: Some(name.into()), ..Endpoint::default() };
    End { chain, sink: Sink { endpoint, upsert: false } }
}

fn document(tape: &mut Tape<'_>) -> Ir {
    let mut operations = Vec::new();
    for _ in 0..tape.below(3) {
        operations.push(Stage::new(Operation::Filter { expression: text(tape, &DataType::Bool) }));
    }
    let mut chain = Chain { source: source(tape), operations };
    if tape.below(3) == 0 {
        chain.operations.push(Stage::new(Operation::Union { others: vec![chain.clone()] }));
    }
    let (stage, made) = made(tape);
    let metadata = Metadata {
        job_id: String::new(),
        job_name: "random".into(),
        version: None,
        description: None,
        parallelism: 1 + tape.below(4),
        idle_timeout_ms: None,
        properties: [].into(),
    };
    let reference =
        |output: Option<&str>| Input::Ref(Ref { stream: "ways/~".into(), output: output.map(str::to_owned) });
    let mut tail = vec![stage];
    let schema = grouped(tape, made, &mut tail);
    if tape.below(2) == 0 {
        chain.operations.extend(tail);
        return Ir { metadata, streams: [].into(), ends: vec![end(chain, schema, "sink")] };
    }
    let routes = vec![NamedCondition { name: "one".into(), condition: text(tape, &DataType::Bool) }];
    chain.operations.push(Stage { name: Some("routes".into()), ..Stage::new(Operation::Route { routes }) });
    let one = end(Chain { source: reference(Some("one")), operations: tail }, schema, "one");
    let rest = end(Chain { source: reference(None), operations: Vec::new() }, generate::schema(), "rest");
    Ir { metadata, streams: [("ways/~".to_owned(), chain)].into(), ends: vec![one, rest] }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(super::cases()) })]

    #[test]
    fn text_and_back_is_the_identity(tape in prop::collection::vec(any::<u8>(), 0..600)) {
        let ir = document(&mut Tape(&tape)).with_job_id();
        let json = ir.to_json();
        let back = Ir::from_json(&json).map_err(|error| TestCaseError::fail(format!("{error}: {json}")))?;
        prop_assert_eq!(back.to_json(), json);
        back.validate().map_err(|error| TestCaseError::fail(format!("{error}: {}", ir.to_json())))?;
        prop_assert_eq!(back, ir);
    }

    /// Damaged documents are refused, or are documents; nothing panics.
    #[test]
    fn damage_is_found(tape in prop::collection::vec(any::<u8>(), 0..200), at: prop::sample::Index, to: char) {
        let json = document(&mut Tape(&tape)).to_json();
        let mut chars: Vec<char> = json.chars().collect();
        let at = at.index(chars.len());
        chars[at] = to;
        if let Ok(ir) = Ir::from_json(&chars.into_iter().collect::<String>()) {
            let _ = ir.validate();
        }
    }
}
