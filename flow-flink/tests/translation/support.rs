//! A Flink to ask, and files to ask it about.

use flow::Record;
use flow::record::Row;
use flow_flink::Script;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

/// How often a statement is asked after, and how many times: two minutes.
const EVERY: Duration = Duration::from_millis(50);
const TIMES: usize = 2400;

/// The gateway of the shared Flink.
fn gateway() -> String {
    let said = std::env::var("FLOW_FLINK_GATEWAY").ok();
    let address = said.unwrap_or_else(|| {
        let folder = flow_services::state_folder().unwrap();
        let text = std::fs::read_to_string(folder.join("running.json")).expect("`cargo xtask up flink` starts one");
        let running: Value = serde_json::from_str(&text).unwrap();
        running["flink"]["addresses"]["FLOW_FLINK_GATEWAY"].as_str().unwrap().to_owned()
    });
    address.trim_start_matches("http://").to_owned()
}

fn ask(method: &str, path: &str, body: &Value) -> Value {
    let (host, body) = (gateway(), body.to_string());
    let mut stream = TcpStream::connect(&host).unwrap();
    let head =
        format!("{method} /v1{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json");
    let body = if method == "GET" { String::new() } else { body };
    stream.write_all(format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

/// A session of the gateway.
pub(crate) struct Session(String);

impl Session {
    pub(crate) fn open(properties: &[(&str, &str)]) -> Self {
        let properties: Value = properties.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
        let answer = ask("POST", "/sessions", &json!({ "properties": properties }));
        Self(answer["sessionHandle"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned())
    }

    /// Runs a statement to its end.
    pub(crate) fn run(&self, statement: &str) -> Result<(), String> {
        let statements = format!("/sessions/{}/statements", self.0);
        let answer = ask("POST", &statements, &json!({ "statement": statement }));
        let operation = answer["operationHandle"].as_str().ok_or_else(|| answer.to_string())?;
        let place = format!("/sessions/{}/operations/{operation}", self.0);
        for _ in 0..TIMES {
            match ask("GET", &format!("{place}/status"), &Value::Null)["status"].as_str() {
                Some("FINISHED") => return Ok(()),
                Some("ERROR") => {
                    let answer = ask("GET", &format!("{place}/result/0"), &Value::Null);
                    let text = answer["errors"].to_string().replace("\\n", "\n");
                    let causes: Vec<&str> = text.lines().filter(|line| line.contains("Caused by")).collect();
                    return Err(if causes.is_empty() { text } else { causes.join("\n") });
                }
                _ => std::thread::park_timeout(EVERY),
            }
        }
        Err(format!("{statement}\ntakes too long"))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        ask("DELETE", &format!("/sessions/{}", self.0), &json!({}));
    }
}

/// Runs a script on Flink to its job's end.
pub(crate) fn run(script: &Script) -> Result<(), String> {
    let settings = script.settings.iter().map(|setting| (setting.key.as_str(), setting.value.as_str()));
    let session = Session::open(&settings.chain([("table.dml-sync", "true")]).collect::<Vec<_>>());
    for statement in &script.statements {
        session.run(&statement.text).map_err(|error| format!("{error}\n{}", statement.text))?;
    }
    Ok(())
}

/// The lines of a file, or of all files in a folder; where no row came there is none.
pub(crate) fn lines(path: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    let mut files = vec![path.to_owned()];
    while let Some(file) = files.pop() {
        if file.is_dir() {
            files.extend(std::fs::read_dir(&file).unwrap().map(|entry| entry.unwrap().path()));
        } else if file.exists() {
            lines.extend(std::fs::read_to_string(&file).unwrap().lines().map(str::to_owned));
        }
    }
    lines
}

/// The records of a file, or of all files in a folder, in no order.
pub(crate) fn rows<R: Record>(path: &Path) -> Vec<Row> {
    let parse = |line: &String| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let mut rows: Vec<Row> = lines(path).iter().map(|line| Row::of::<R>(&parse(line))).collect();
    rows.sort();
    rows
}
