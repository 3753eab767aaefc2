//! A server between us and a real one, or instead of it, that does with each request what a test says.

#![allow(clippy::disallowed_methods, reason = "a server of a test spawns")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// A request: its first line and its body.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Request {
    /// Whether it is a statement that starts a job.
    pub(crate) fn starts(&self) -> bool {
        self.body.contains("INSERT INTO")
    }

    /// Whether it is of this method, and its path has this part.
    pub(crate) fn is(&self, method: &str, part: &str) -> bool {
        self.line.starts_with(method) && self.line.contains(part)
    }
}

/// What is done with a request.
#[derive(Clone, Debug)]
pub(crate) enum Does {
    /// It is handed on, and the answer back.
    Pass,
    /// The connection is cut; nobody hears of the request.
    CutBefore,
    /// It is handed on, and then the connection is cut.
    CutAfter,
    /// It is handed on, and the answer is held back.
    HoldAnswer(Duration),
    /// It is answered here: status, headers, body.
    Say(u16, &'static str, String),
}

/// The server. Whoever drops it has no server any more.
pub(crate) struct Proxy {
    pub(crate) address: String,
    seen: Arc<Mutex<Vec<Request>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Proxy {
    /// One that hands on to `real`, as `http://host:port`. `rule` is told each request, and how many came before.
    pub(crate) async fn to(real: &str, rule: impl Fn(&Request, usize) -> Does + Send + Sync + 'static) -> Self {
        Self::with(real, rule, None).await
    }

    /// The same, for `https`.
    pub(crate) async fn over_tls(real: &str, tls: TlsAcceptor) -> Self {
        Self::with(real, |_, _| Does::Pass, Some(tls)).await
    }

    async fn with(
        real: &str,
        rule: impl Fn(&Request, usize) -> Does + Send + Sync + 'static,
        tls: Option<TlsAcceptor>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let address = format!("{scheme}://{}", listener.local_addr().unwrap());
        let real = real.trim_start_matches("http://").to_owned();
        let (seen, rule) = (Arc::new(Mutex::new(Vec::new())), Arc::new(rule));
        let known = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (real, rule, known, tls) = (real.clone(), Arc::clone(&rule), Arc::clone(&known), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, &real, &*rule, &known).await,
                        // Who does not trust us goes away.
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, &real, &*rule, &known).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, seen, task }
    }

    /// The requests so far.
    pub(crate) fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    /// How many requests of this kind there were.
    pub(crate) fn count(&self, of: impl Fn(&Request) -> bool) -> usize {
        self.seen().iter().filter(|request| of(request)).count()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One request of a connection, which is closed then. An error is a connection that somebody else has closed.
async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    real: &str,
    rule: &(dyn Fn(&Request, usize) -> Does + Send + Sync),
    seen: &Mutex<Vec<Request>>,
) {
    let Some((raw, request)) = read(&mut stream).await else { return };
    let before = {
        let mut seen = seen.lock().unwrap();
        seen.push(request.clone());
        seen.len() - 1
    };
    let answer = match rule(&request, before) {
        Does::CutBefore => return,
        Does::CutAfter => {
            let _answer = forward(&raw, real).await;
            return;
        }
        Does::Pass => forward(&raw, real).await,
        Does::HoldAnswer(time) => {
            let answer = forward(&raw, real).await;
            tokio::time::sleep(time).await;
            answer
        }
        Does::Say(status, headers, body) => Some(
            format!(
                "HTTP/1.1 {status} So\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            )
            .into_bytes(),
        ),
    };
    if let Some(answer) = answer {
        let _gone = stream.write_all(&answer).await;
        let _gone = stream.shutdown().await;
    }
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<(Vec<u8>, Request)> {
    let (mut raw, mut part) = (Vec::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut part).await.ok().filter(|count| *count > 0)?;
        raw.extend_from_slice(&part[..count]);
        let text = String::from_utf8_lossy(&raw).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            let line = head.lines().next().unwrap_or_default().to_owned();
            return Some((raw, Request { line, head: head.to_owned(), body: body.to_owned() }));
        }
    }
}

/// What the real server answers, to the end of its connection.
async fn forward(raw: &[u8], real: &str) -> Option<Vec<u8>> {
    let mut stream = TcpStream::connect(real).await.ok()?;
    let end = raw.windows(2).position(|pair| pair == b"\r\n")? + 2;
    stream.write_all(&[&raw[..end], b"Connection: close\r\n", &raw[end..]].concat()).await.ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    // Otherwise our side would keep a connection that this side has closed.
    let end = answer.windows(2).position(|pair| pair == b"\r\n")? + 2;
    let has = String::from_utf8_lossy(&answer).to_lowercase().contains("connection: close");
    let close: &[u8] = if has { b"" } else { b"Connection: close\r\n" };
    Some([&answer[..end], close, &answer[end..]].concat())
}
