//! What a difference comes down to: the smallest case that still differs.

use super::case::{Answer, from_text, in_process, to_text};
use super::flink::{obstacles, others};
use super::pipeline::Case;
use serde_json::Value as Json;

/// How many smaller cases are tried as one job.
const TOGETHER: usize = 12;
/// How many of them in all.
const PATIENCE: usize = 400;

/// A case that differs, made as small as some patience makes it.
pub(crate) fn shrink(case: &Case) -> Case {
    let mut smallest = case.clone();
    let mut tried = 0;
    'smaller: while tried < PATIENCE {
        let json: Json = serde_json::from_str(&to_text(&smallest)).expect("a case is JSON");
        let candidates: Vec<Case> = edits(&json).filter_map(|json| sound(&json)).collect();
        let alike = candidates.chunk_by(|a, b| a.kind() == b.kind());
        for some in alike.flat_map(|alike| alike.chunks(TOGETHER)) {
            tried += some.len();
            if let Some(found) = some.iter().zip(differences(some)).find_map(|(case, differs)| differs.then_some(case))
            {
                smallest = found.clone();
                continue 'smaller;
            }
        }
        break;
    }
    smallest
}

/// Which of these, which are of one kind, differ.
pub(crate) fn differences(cases: &[Case]) -> Vec<bool> {
    let here: Vec<_> = cases.iter().map(in_process).collect();
    let differs = |others: Vec<Result<Answer, String>>| -> Vec<bool> {
        here.iter().zip(others).map(|(here, other)| *here != other && (here.is_ok() || other.is_ok())).collect()
    };
    let all: Vec<Vec<bool>> = others(cases).into_iter().map(|(_, others)| differs(others)).collect();
    (0..cases.len()).map(|number| all.iter().any(|differs| differs[number])).collect()
}

/// The case, if it is one that both engines can be asked about.
fn sound(json: &Json) -> Option<Case> {
    let mut json = json.clone();
    json["ir"]["metadata"].as_object_mut()?.remove("jobId");
    flow::ir::Ir::from_json(&json["ir"].to_string()).ok()?.validate().ok()?;
    let case = from_text(&json.to_string());
    (obstacles(&case).is_empty() && in_process(&case).is_ok()).then_some(case)
}

/// The document with one thing less, the larger things first.
fn edits(json: &Json) -> impl Iterator<Item = Json> {
    let mut all = Vec::new();
    for (name, rows) in json["inputs"].as_object().into_iter().flatten() {
        let rows = rows.as_array().map_or(0, Vec::len);
        let part = rows.div_ceil(2).max(1);
        for size in [part, part.div_ceil(4)] {
            for from in (0..rows).step_by(size).take(8) {
                all.push((format!("/inputs/{name}"), Edit::Cut(from, (from + size).min(rows))));
            }
        }
    }
    places(&json["ir"], "/ir".to_owned(), &mut all);
    let tasks = "/ir/metadata/parallelism";
    match json.pointer(tasks).and_then(Json::as_u64) {
        Some(2..) => all.push((tasks.to_owned(), Edit::One)),
        // With one task a partition is enough.
        _ => {
            let several = json["partitions"].as_object().into_iter().flatten().filter(|(_, count)| **count != 1);
            all.extend(several.map(|(name, _)| (format!("/partitions/{name}"), Edit::One)));
        }
    }
    let json = json.clone();
    all.into_iter().filter_map(move |(place, edit)| edit.apply(&json, &place))
}

enum Edit {
    /// Leaves out elements of an array.
    Cut(usize, usize),
    /// Leaves out a field that is made, and with it that of the sink.
    Field(usize),
    /// Another expression in the place of one.
    Text(String),
    /// One of what there are several of.
    One,
}

impl Edit {
    fn apply(&self, json: &Json, place: &str) -> Option<Json> {
        let mut json = json.clone();
        match self {
            Self::Cut(from, to) => {
                json.pointer_mut(place)?.as_array_mut()?.drain(from..to);
            }
            Self::Field(at) => {
                let field = json.pointer_mut(place)?.as_array_mut()?.remove(*at);
                let name = field.get("name").or(field.get("alias"))?.clone();
                without(&mut json["ir"], &name);
            }
            Self::One => *json.pointer_mut(place)? = 1.into(),
            Self::Text(text) => *json.pointer_mut(place)? = text.clone().into(),
        }
        Some(json)
    }
}

/// Takes a field out of all sinks.
fn without(ir: &mut Json, name: &Json) {
    let mut all: Vec<&mut Json> = match ir.get("sinks").is_some() {
        true => ir["sinks"].as_array_mut().into_iter().flatten().map(|end| &mut end["sink"]).collect(),
        false => vec![&mut ir["sink"]],
    };
    for sink in &mut all {
        if let Some(fields) = sink["schema"].as_array_mut() {
            fields.retain(|field| field["name"] != *name);
        }
    }
}

/// What may be left out or made simpler, and where it stands.
fn places(json: &Json, place: String, all: &mut Vec<(String, Edit)>) {
    match json {
        Json::Object(entries) => {
            for (name, value) in entries {
                let place = format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"));
                match (name.as_str(), value) {
                    ("sinks" | "operations" | "routes" | "streams" | "keys", Json::Array(items)) => {
                        all.extend((0..items.len()).rev().map(|at| (place.clone(), Edit::Cut(at, at + 1))));
                    }
                    ("fields" | "aggregations", Json::Array(items)) => {
                        all.extend((0..items.len()).rev().map(|at| (place.clone(), Edit::Field(at))));
                    }
                    ("expression" | "condition" | "filter", Json::String(text)) => {
                        all.extend(simpler(text).into_iter().map(|text| (place.clone(), Edit::Text(text))));
                    }
                    _ => {}
                }
                places(value, place, all);
            }
        }
        Json::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| places(item, format!("{place}/{at}"), all));
        }
        _ => {}
    }
}

/// Shorter texts that may be expressions too: what stands in parentheses, and constants.
fn simpler(text: &str) -> Vec<String> {
    let mut found: Vec<String> = ["TRUE", "FALSE", "0", "''", "NULL"].map(str::to_owned).to_vec();
    let mut open = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => open.push((at + 1, at + 1)),
            // An argument ends where the next one begins.
            b',' => {
                if let Some((_, argument)) = open.last_mut() {
                    found.push(text[*argument..at].trim().to_owned());
                    *argument = at + 1;
                }
            }
            b')' => {
                if let Some((from, argument)) = open.pop() {
                    found.push(text[from..at].trim().to_owned());
                    found.push(text[argument..at].trim().to_owned());
                }
            }
            _ => {}
        }
    }
    for (before, after) in [("THEN ", " ELSE"), ("ELSE ", " END")] {
        let part = text.split_once(before).and_then(|(_, rest)| rest.rsplit_once(after));
        found.extend(part.map(|(part, _)| part.to_owned()));
    }
    found.retain(|shorter| shorter.len() < text.len());
    found.sort_by_key(String::len);
    found.dedup();
    found
}
