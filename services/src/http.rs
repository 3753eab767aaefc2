//! One question over HTTP, for health.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The JSON at a path of `http://host:port`.
pub(crate) fn get(base: &str, path: &str) -> std::result::Result<Value, String> {
    let host = base.trim_start_matches("http://");
    let answer = ask(host, path).map_err(|error| format!("{host}: {error}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("it is no HTTP")?;
    if !head.lines().next().is_some_and(|status| status.contains(" 200 ")) {
        return Err(format!("{path}: {}", head.lines().next().unwrap_or_default()));
    }
    serde_json::from_str(body).map_err(|error| format!("{path}: {error}"))
}

fn ask(host: &str, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
