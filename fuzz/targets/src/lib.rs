//! What the fuzzer calls. Each function takes any bytes and panics when a promise is broken: that nothing panics on a
//! user's input, and that what is read and written again is the same.

use flow::formats::{Csv, Json, Lines, Parse, Parsed, ReadFormat};
use flow::ir::Ir;
use flow::ir::resolve::Scope;
use flow::ir::sql_parse::{parse, parse_untyped};
use flow::ir::sql_print::print;
use flow::state::Snapshot;
use flow::{Record, Timestamp};
use proc_macro2::{TokenStream, TokenTree};

/// rustc itself takes no deeper brackets than this.
const DEEPEST: usize = 128;

/// A target: its name, which is that of its corpus, and its function.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: &[Target] = &[
    ("language", language),
    ("expression", expression),
    ("ir", ir),
    ("json", json),
    ("csv", csv),
    ("snapshot", snapshot),
];

/// The compiler of `pipeline!`: whatever it is given, it makes Rust that can be parsed.
pub fn language(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(tokens) = text.parse::<TokenStream>() else { return };
    if depth(&tokens) > DEEPEST {
        return;
    }
    for compile in [flow_dsl::pipeline, flow_dsl::expr] {
        let made = compile(tokens.clone());
        assert!(syn::parse2::<syn::Expr>(made.clone()).is_ok(), "not Rust: {made}");
    }
    let made = flow_dsl::derive_record(tokens);
    assert!(syn::parse2::<syn::File>(made.clone()).is_ok(), "not Rust: {made}");
}

fn depth(tokens: &TokenStream) -> usize {
    let inside = tokens.clone().into_iter().map(|tree| match tree {
        TokenTree::Group(group) => 1 + depth(&group.stream()),
        _ => 0,
    });
    inside.max().unwrap_or(0)
}

/// Expressions as SQL text.
pub fn expression(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Err(error) = parse_untyped(text) {
        assert!(!error.to_string().is_empty());
    }
    let schema = Sample::schema();
    let scope = Scope::record(&schema);
    if let Ok(typed) = parse(text, scope, None) {
        let written = print(&typed, None);
        let again = parse(&written, scope, None);
        assert_eq!(again.expect("what was written can be read"), typed, "{written}");
    }
}

/// Documents: what is read is written, and read again as the same; the rest is refused.
pub fn ir(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(ir) = Ir::from_json(text) else { return };
    let written = ir.to_json();
    let again = Ir::from_json(&written).expect("what was written can be read");
    assert_eq!(again, ir);
    assert_eq!(again.to_json(), written);
    let _ = ir.validate();
}

/// A record of every kind of field.
#[derive(Clone, Debug, PartialEq, Record)]
struct Sample {
    id: i64,
    small: i8,
    flag: bool,
    ratio: f64,
    text: String,
    at: Timestamp,
    #[record(epoch_millis)]
    since: Timestamp,
    maybe: Option<i32>,
    list: Vec<String>,
}

/// Strict JSON: what is read is written, and read again as the same; and lines of it.
pub fn json(data: &[u8]) {
    in_pieces(&Lines::of(Json::<Sample>::new()), data);
    let Ok(sample) = serde_json::from_slice::<Sample>(data) else { return };
    let text = serde_json::to_vec(&sample).expect("a record can be written");
    let again: Sample = serde_json::from_slice(&text).expect("what was written can be read");
    // NaN is not itself.
    assert_eq!(format!("{again:?}"), format!("{sample:?}"));
}

/// A row without lists, for CSV has none.
#[derive(Clone, Debug, PartialEq, Record)]
struct Row {
    id: i64,
    text: String,
    ratio: Option<f64>,
    flag: Option<bool>,
}

/// CSV files.
pub fn csv(data: &[u8]) {
    in_pieces(&Csv::<Row>::new(), data);
    in_pieces(&Csv::<Row>::new().delimiter(b';').without_header(), data);
}

/// A file's records are the same in whatever pieces it is read.
fn in_pieces<F: ReadFormat<Item: std::fmt::Debug>>(format: &F, data: &[u8]) {
    let whole = records(format, data, usize::MAX);
    for piece in [1, 7] {
        assert_eq!(records(format, data, piece), whole, "in pieces of {piece}");
    }
}

fn records<F: ReadFormat<Item: std::fmt::Debug>>(format: &F, data: &[u8], piece: usize) -> Vec<String> {
    let (mut parser, mut found) = (format.parser(), Vec::new());
    let (mut start, mut end) = (0, piece.min(data.len()));
    while start < data.len() {
        let last = end == data.len();
        match parser.next(&data[start..end], last) {
            Parsed::More => {
                assert!(!last, "there is no more");
                end = end.saturating_add(piece).min(data.len());
            }
            Parsed::Taken { bytes, record, .. } => {
                assert!(bytes > 0 && bytes <= end - start, "{bytes} of {}", end - start);
                start += bytes;
                end = start.saturating_add(piece).min(data.len());
                if !matches!(record, Ok(None)) {
                    found.push(format!("{record:?}"));
                }
            }
        }
    }
    found
}

/// Snapshots, with the header and the checksum made right, so that what stands between them is looked at.
pub fn snapshot(data: &[u8]) {
    let check = |bytes: &[u8]| {
        if let Ok(snapshot) = Snapshot::from_bytes(bytes) {
            let again = snapshot.to_bytes().expect("a snapshot can be written");
            assert_eq!(Snapshot::from_bytes(&again).expect("what was written can be read"), snapshot);
        }
    };
    check(data);
    let empty = Snapshot::default().to_bytes().expect("a snapshot can be written");
    let mut bytes = empty[..10].to_vec();
    bytes.extend_from_slice(data);
    bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
    check(&bytes);
}
