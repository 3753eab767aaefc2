//! Asks a server, over HTTP and JSON, again where that may help.

use std::fmt;
use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Method, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::cause::Cause;
use super::error::FlinkError;
use super::hidden::Hidden;
use super::retry::{Again, Failure, Patience, retry};

/// Which of Flink's two servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    Gateway,
    Rest,
}

/// One of Flink's servers.
#[derive(Clone)]
pub(crate) struct Http {
    pub(crate) server: Server,
    pub(crate) client: Client,
    /// Ends in a slash.
    pub(crate) base: Url,
    pub(crate) patience: Patience,
    pub(crate) hidden: Hidden,
}

/// A question.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    method: Method,
    path: String,
    body: Option<Value>,
    again: Again,
}

impl Ask {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), body: None, again: Again::Safe }
    }

    pub(crate) fn delete(path: impl Into<String>) -> Self {
        Self { method: Method::DELETE, ..Self::get(path) }
    }

    pub(crate) fn patch(path: impl Into<String>) -> Self {
        Self { method: Method::PATCH, ..Self::get(path) }
    }

    /// What does something each time that it is sent.
    pub(crate) fn post(path: impl Into<String>, body: Value) -> Self {
        Self { method: Method::POST, body: Some(body), again: Again::IfUnsent, ..Self::get(path) }
    }

    /// What does the same when it is sent twice.
    pub(crate) fn again(self) -> Self {
        Self { again: Again::Safe, ..self }
    }
}

impl Http {
    /// The answer, whose secrets are still in it.
    ///
    /// # Cancel safety
    /// What was sent may be done.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, ask: &Ask) -> Result<T, Failure> {
        let what = format!("{} {} of {self}", ask.method, ask.path);
        retry(self.patience, ask.again, &what, || self.once(ask)).await
    }

    async fn once<T: DeserializeOwned>(&self, ask: &Ask) -> Result<T, Failure> {
        let url = self.base.join(&ask.path).map_err(|error| Failure::Garbage(error.to_string()))?;
        let mut request = self.client.request(ask.method.clone(), url);
        if let Some(body) = &ask.body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(|error| self.broken(error))?;
        let (status, later) = (response.status(), retry_after(&response));
        let text = response.text().await.map_err(|error| self.broken(error))?;
        if status.is_success() {
            return serde_json::from_str(&text).map_err(|error| Failure::Garbage(self.garbage(&text, &error)));
        }
        Err(self.refused(status, later, &text))
    }

    /// A request without an answer.
    fn broken(&self, error: reqwest::Error) -> Failure {
        let connecting = error.is_connect();
        let why = self.hidden.hide(&chain(&error.without_url()));
        // Whoever is not who it should be will not be so in a second.
        if why.contains("invalid peer certificate") {
            Failure::Garbage(why)
        } else if connecting {
            Failure::Unsent(why, None)
        } else {
            Failure::Lost(why)
        }
    }

    fn refused(&self, status: StatusCode, later: Option<Duration>, text: &str) -> Failure {
        let said = errors(text);
        let cause = Cause::of(said.as_deref().unwrap_or(text), &self.hidden);
        let why = || if text.is_empty() { status.to_string() } else { format!("{cause} ({status})") };
        // Some of the calls say 404 of a job that is not there, and some 500.
        if said.as_deref().is_some_and(|said| said.contains("FlinkJobNotFoundException")) {
            return Failure::Refused(StatusCode::NOT_FOUND.as_u16(), cause);
        }
        match status {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Failure::Unsent(why(), later),
            // The gateway says so of everything that it refuses.
            StatusCode::INTERNAL_SERVER_ERROR if self.server == Server::Gateway && said.is_some() => {
                Failure::Refused(status.as_u16(), cause)
            }
            status if status.is_server_error() => Failure::Lost(why()),
            status => Failure::Refused(status.as_u16(), cause),
        }
    }

    fn garbage(&self, text: &str, error: &serde_json::Error) -> String {
        let start: String = text.chars().take(80).collect();
        format!("{error}, in `{}`", self.hidden.hide(start.trim()))
    }

    /// The error that a failure ends in.
    pub(crate) fn error(&self, failure: Failure) -> FlinkError {
        let server = self.to_string();
        match failure {
            Failure::Unsent(why, _) => FlinkError::Unreachable { server, why },
            Failure::Lost(why) => FlinkError::Lost { server, why },
            Failure::Garbage(why) => FlinkError::NotFlink { server, why },
            Failure::Refused(status, cause) => FlinkError::Denied { server, status, cause },
        }
    }
}

/// Its address, and nothing of who we say we are.
impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Http({self})")
    }
}

impl fmt::Display for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.server {
            Server::Gateway => "the SQL Gateway",
            Server::Rest => "the cluster",
        };
        write!(f, "{name} at {}", self.base.as_str().trim_end_matches('/'))
    }
}

/// What Flink says in `{"errors": […]}`.
fn errors(text: &str) -> Option<String> {
    let value: Value = serde_json::from_str(text).ok()?;
    let all: Vec<&str> = value["errors"].as_array()?.iter().filter_map(Value::as_str).collect();
    Some(all.join("\n"))
}

/// How long the server wants to be left alone. A date is not understood: then our own pauses hold.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// An error with its sources, which say what happened.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        source = error.source();
    }
    text
}
