//! Every expression of the portable subset, over edge values: what Flink makes of it is what `eval` does.

use super::generate::{self, SCALARS, Tape};
use super::support::{lines, run};
use super::values::{canonical, from_json, to_json};
use flow::ir::Ir;
use flow::ir::document::{Chain, End, Endpoint, Input, Metadata, Sink, Source};
use flow::ir::eval::eval;
use flow::ir::expr::{BinaryOp, Expr, Function, UnaryOp};
use flow::ir::operation::{Operation, OutputField, Stage, schema_of};
use flow::ir::resolve::{Scope, resolve};
use flow::ir::sql_parse::parse;
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

/// The seed of this run.
fn seed() -> u64 {
    std::env::var("FLOW_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1)
}

fn some_rows(schema: &Schema) -> Vec<Vec<Value>> {
    let tape = bytes(seed(), 40_000);
    let mut tape = Tape(&tape);
    (0..60).map(|n| row(&mut tape, schema, n)).collect()
}

/// Expressions that fail for none of these rows.
fn working(count: usize, rows: &[Vec<Value>], ask: impl Fn(&mut Tape<'_>) -> Asked) -> Vec<Asked> {
    let works = |asked: &Asked| rows.iter().all(|row| eval(&asked.typed, row).is_ok());
    let all = (0_u64..).map(|n| ask(&mut Tape(&bytes(seed() * 1_000_000 + n, 300))));
    all.filter(works).take(count).collect()
}

/// Runs a document of these groups on Flink, and gives the lines of each.
fn answers(ir: &Ir, schema: &Schema, rows: &[Vec<Value>], folder: &Path) -> Vec<Vec<String>> {
    let text: String = rows.iter().map(|row| to_json(schema, row) + "\n").collect();
    std::fs::write(folder.join("rows"), text).unwrap();
    let script = to_flink_sql(ir, &Options::default()).unwrap_or_else(|error| panic!("{error}"));
    run(&script).unwrap_or_else(|error| panic!("seed {}: {error}\n{script}", seed()));
    (0..ir.ends.len()).map(|i| lines(&folder.join(format!("out{i}")))).collect()
}

/// What an expression reads of a row.
fn read(typed: &Typed, schema: &Schema, row: &[Value]) -> String {
    let names = typed.fields();
    let fields = names.iter().map(|name| (name, &row[schema.index_of(name).unwrap()]));
    format!("{:?}", fields.collect::<Vec<_>>())
}

fn none_differ(mut wrong: Vec<String>) {
    wrong.sort_by_key(String::len);
    let shown = wrong[..wrong.len().min(15)].join("\n");
    assert!(wrong.is_empty(), "seed {}: {} differ\n{shown}", seed(), wrong.len());
}

fn check(groups: &[Vec<Asked>], schema: &Schema, rows: &[Vec<Value>]) {
    let folder = tempfile::tempdir().unwrap();
    let ir = document(groups, schema, folder.path());
    let mut wrong = Vec::new();
    for (group, found) in groups.iter().zip(answers(&ir, schema, rows, folder.path())) {
        let field = |(j, asked): (usize, &Asked)| Field::new(format!("x{j}"), asked.to.clone(), true);
        let number = Field::new("n", DataType::I64, false);
        let made = Schema::new([number].into_iter().chain(group.iter().enumerate().map(field)).collect());
        assert_eq!(found.len(), rows.len());
        for found in found.iter().map(|line| from_json(&made, line)) {
            let Value::I64(n) = found[0] else { panic!("{found:?}") };
            let row = &rows[n as usize];
            for (Asked { typed, to }, found) in group.iter().zip(&found[1..]) {
                let expected = canonical(eval(typed, row).unwrap());
                if *found != expected {
                    let text = print(typed, Some(to));
                    wrong.push(format!("{text} of {}: Flink {found:?}, here {expected:?}", read(typed, schema, row)));
                }
            }
        }
    }
    none_differ(wrong);
}

#[test]
fn expressions_give_what_eval_gives() {
    let schema = schema();
    let rows = some_rows(&schema);
    let mut all = working(200, &rows, |tape| asked(tape, &schema)).into_iter();
    let groups: Vec<Vec<Asked>> = (0..8).map(|_| all.by_ref().take(25).collect()).collect();
    check(&groups, &schema, &rows);
}

#[test]
fn filters_keep_what_eval_keeps() {
    let schema = schema();
    let rows = some_rows(&schema);
    let condition = |tape: &mut Tape<'_>| {
        let expr = generate::expr(tape, &DataType::Bool, None, 4);
        Asked { typed: resolve(&expr, Scope::record(&schema), Some(&DataType::Bool)).unwrap(), to: DataType::Bool }
    };
    let all = working(24, &rows, condition);
    let folder = tempfile::tempdir().unwrap();
    let groups: Vec<Vec<Asked>> = all.iter().map(|_| Vec::new()).collect();
    let mut ir = document(&groups, &schema, folder.path());
    for (end, asked) in ir.ends.iter_mut().zip(&all) {
        let expression = print(&asked.typed, Some(&DataType::Bool));
        end.chain.operations.insert(0, Stage::new(Operation::Filter { expression }));
    }
    let mut wrong = Vec::new();
    for (Asked { typed, to }, found) in all.iter().zip(answers(&ir, &schema, &rows, folder.path())) {
        let kept: std::collections::BTreeSet<String> = found.into_iter().collect();
        for (n, row) in rows.iter().enumerate() {
            let expected = eval(typed, row).unwrap() == Value::Bool(true);
            if kept.contains(&format!("{{\"n\":{n}}}")) != expected {
                wrong.push(format!("{} of {}: here {expected}", print(typed, Some(to)), read(typed, &schema, row)));
            }
        }
    }
    none_differ(wrong);
}

/// NaN, -0.0 and the ends of numbers in every comparison, and what the planner could make of it.
#[test]
fn comparisons_of_floats() {
    use BinaryOp::{Add, Eq, Ge, Gt, Le, Lt, Ne, Or};
    let mut schema = schema();
    schema.fields.retain(|field| ["n", "p6", "p5"].contains(&field.name.as_str()));
    let floats = [f64::NAN, 0.0, -0.0, 1.5, -1.5, f64::INFINITY, f64::NEG_INFINITY];
    let row = |(n, (a, b)): (usize, (f64, f64))| vec![Value::I64(n as i64), Value::F32(a as f32), Value::F64(b)];
    let rows: Vec<_> = floats.iter().flat_map(|a| floats.map(|b| (*a, b))).enumerate().map(row).collect();
    let field = |name: &str| Expr::Field(vec![name.into()]);
    let wide = || Expr::Cast(Box::new(field("p5")), DataType::F64);
    let both = |op, a: Expr, b: Expr| Expr::Binary(op, Box::new(a), Box::new(b));
    let not = |a: Expr| Expr::Unary(UnaryOp::Not, Box::new(a));
    let literal = |v: f64| Expr::Literal(Value::F64(v));
    let (mut conditions, mut sums) = (Vec::new(), Vec::new());
    for op in [Eq, Ne, Lt, Le, Gt, Ge] {
        for b in floats.map(literal).into_iter().chain([field("p6"), wide()]) {
            let condition = both(op, field("p6"), b);
            conditions.push(not(condition.clone()));
            conditions.push(both(Or, condition.clone(), not(condition.clone())));
            conditions.push(Expr::If(
                Box::new(condition.clone()),
                Box::new(not(condition.clone())),
                Box::new(condition),
            ));
        }
    }
    for v in floats {
        sums.push(both(Add, field("p6"), literal(v)));
        sums.push(both(Add, literal(v), field("p6")));
        sums.push(both(BinaryOp::Mul, field("p6"), literal(v)));
        sums.push(both(BinaryOp::Sub, literal(v), field("p6")));
        sums.push(both(BinaryOp::Div, field("p6"), literal(v)));
    }
    let asked = |to: DataType, all: Vec<Expr>| {
        let asked =
            |expr: &Expr| Asked { typed: resolve(expr, Scope::record(&schema), Some(&to)).unwrap(), to: to.clone() };
        all.iter().map(asked).collect::<Vec<_>>()
    };
    check(&[asked(DataType::Bool, conditions), asked(DataType::F64, sums)], &schema, &rows);
}

#[rustfmt::skip]
const TEXTS: &[&str] = &[
    "", " ", "a", "ab\n", "a\nb", "\n", "a\r", "a\u{85}", "a\u{2028}", "😀", "a😀b", "1", "١", "é", "_", "-", "]", "a]b", "$", "^", "{",
    "aaa", "a.b", "\\", "\u{b}", "\t", "A", "[", "&&", "a&b", "#x", "x y",
];

#[rustfmt::skip]
const PATTERNS: &[&str] = &[
    "", " ", "a", "^a", "b$", "^$", "^ab$", ".", "^.$", "a.", "a.b", r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", "[a-z]", "[^a-z]", "[^a]",
    r"[\]\[]", r"\$", r"\^", r"[$^]", "[a^]", "[-a]", "[a-]", r"[\d_]", r"\{", "a{2}", "a{2,}", "a{4,5}", "(a|b)+$", "(?:a|😀)b", "a*?b",
    "x| ", "[&]", "a&b", r"\\", "[#]x", "x y", "[ ]", "^(?:a|)$", r"\.", "[.]", "😀", "[😀]", "^[^😀]$",
];

#[test]
fn patterns_find_what_ours_find() {
    let schema = Schema::new(vec![Field::new("n", DataType::I64, false), Field::new("s", DataType::String, false)]);
    let rows: Vec<_> =
        TEXTS.iter().enumerate().map(|(n, s)| vec![Value::I64(n as i64), Value::Str((*s).into())]).collect();
    let asked = |pattern: &&str| {
        let expr = Expr::Call(
            Function::Matches,
            vec![Expr::Field(vec!["s".into()]), Expr::Literal(Value::Str((*pattern).into()))],
        );
        Asked { typed: resolve(&expr, Scope::record(&schema), Some(&DataType::Bool)).unwrap(), to: DataType::Bool }
    };
    check(&[PATTERNS.iter().map(asked).collect()], &schema, &rows);
}

/// What divides by zero fails the job when a record reaches it, and only then.
#[test]
fn division_by_zero() {
    let schema = Schema::new(vec![Field::new("n", DataType::I64, false), Field::new("z", DataType::I64, false)]);
    let check_all = |rows: &[i64], expressions: &[(&str, bool)]| {
        let rows: Vec<_> = rows.iter().enumerate().map(|(n, z)| vec![Value::I64(n as i64), Value::I64(*z)]).collect();
        for (text, works) in expressions {
            let typed = parse(text, Scope::record(&schema), Some(&DataType::I64)).unwrap();
            assert_eq!(rows.iter().all(|row| eval(&typed, row).is_ok()), *works, "{text}");
            let group = vec![Asked { typed, to: DataType::I64 }];
            if *works {
                check(&[group], &schema, &rows);
            } else {
                let folder = tempfile::tempdir().unwrap();
                let ir = document(&[group], &schema, folder.path());
                let text = rows.iter().map(|row| to_json(&schema, row) + "\n").collect::<String>();
                std::fs::write(folder.path().join("rows"), text).unwrap();
                let error = run(&to_flink_sql(&ir, &Options::default()).unwrap()).expect_err("a division by zero");
                assert!(error.contains("/ by zero"), "{error}");
            }
        }
    };
    check_all(
        &[0, 5],
        &[
            ("10 / `z`", false),
            ("10 % `z`", false),
            ("`z` / 0", false),
            ("CASE WHEN `z` > 3 THEN 1 / 0 ELSE 7 END", false),
        ],
    );
    check_all(
        &[0, 5],
        &[
            ("CASE WHEN `z` > 9 THEN 1 / 0 ELSE 7 END", true),
            ("CASE WHEN `z` <> 0 AND 10 / `z` > 1 THEN 1 ELSE 2 END", true),
            ("CASE WHEN `z` = 0 OR 10 / `z` > 1 THEN 1 ELSE 2 END", true),
            ("CASE WHEN `z` > 0 AND 10 / `z` > 1 AND `z` < 9 THEN 10 % `z` ELSE 2 END", true),
        ],
    );
}
