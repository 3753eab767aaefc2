//! The web service takes orders, shows the revenue, and ends well.

#![allow(clippy::disallowed_methods, reason = "the service runs in real time")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::program::example;

/// A service that does not outlive its test.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already.
        self.0.kill().unwrap_or_default();
    }
}

/// One request; the whole answer.
fn request(address: &str, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the service listens");
    let length = body.len();
    let request = format!(
        "{head} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).expect("the service reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the service answers");
    answer
}

#[test]
fn orders_go_in_and_revenue_comes_out() {
    let child = example("embed_in_axum").arg("127.0.0.1:0").stdout(Stdio::piped()).spawn();
    let mut service = Service(child.expect("the example starts"));
    let mut said = BufReader::new(service.0.stdout.take().expect("its output"));
    let mut line = String::new();
    said.read_line(&mut line).expect("its first line");
    let address = line.trim().strip_prefix("listening on http://").expect("its address").to_owned();

    for amount in [100, 200, 300] {
        let answer = request(&address, "POST /orders", &format!(r#"{{"region":"north","amount":{amount}}}"#));
        assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    }
    let wrong = request(&address, "POST /orders", r#"{"region":"north","amount":"many"}"#);
    assert!(wrong.starts_with("HTTP/1.1 4"), "{wrong}");

    let start = Instant::now();
    while !request(&address, "GET /revenue", "").ends_with(r#"{"north":600}"#) {
        assert!(start.elapsed() < Duration::from_secs(20), "{}", request(&address, "GET /revenue", ""));
    }

    let id = service.0.id().to_string();
    assert!(Command::new("sh").args(["-c", "kill -INT \"$0\"", &id]).status().expect("a shell").success());
    let mut report = String::new();
    said.read_to_string(&mut report).expect("its report");
    assert!(service.0.wait().expect("it ends").success());
    assert!(report.contains("3 read"), "{report}");
}
