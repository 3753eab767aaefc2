//! The SQL Gateway's calls: sessions, and statements in them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use tokio::time::sleep;
use uuid::Uuid;

use super::cause::Cause;
use super::error::FlinkError;
use super::http::{Ask, Http};
use super::retry::Failure;
use crate::job::JobId;

/// Between two looks at a statement, at first and at most.
const LOOK: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(500));

/// A session of the gateway. Whoever opens one closes it.
#[derive(Clone, Debug)]
pub(super) struct Session {
    http: Http,
    path: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Opened {
    session_handle: Uuid,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Begun {
    operation_handle: Uuid,
}

#[derive(Deserialize)]
struct Status {
    status: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fetched {
    result_type: String,
    #[serde(rename = "jobID")]
    job: Option<JobId>,
}

#[derive(Deserialize)]
struct Info {
    version: String,
}

/// The gateway's version.
pub(super) async fn version(http: &Http) -> Result<String, FlinkError> {
    let info: Info = http.ask(&Ask::get("v1/info")).await.map_err(|failure| http.error(failure))?;
    Ok(info.version)
}

impl Session {
    /// Opens a session. When the answer is lost, one may stay open until the gateway ends it.
    pub(super) async fn open(http: Http, properties: &BTreeMap<String, String>) -> Result<Self, Failure> {
        let opened: Opened = http.ask(&Ask::post("v1/sessions", json!({ "properties": properties }))).await?;
        let path = format!("v1/sessions/{}", opened.session_handle);
        Ok(Self { http, path })
    }

    /// Sends a statement, and waits until it is done; the job that it has started, if it has.
    pub(super) async fn execute(&self, statement: &str) -> Result<Option<JobId>, Failure> {
        let ask = Ask::post(format!("{}/statements", self.path), json!({ "statement": statement }));
        let begun: Begun = self.http.ask(&ask).await?;
        let operation = format!("{}/operations/{}", self.path, begun.operation_handle);
        let mut pause = LOOK.0;
        loop {
            let Status { status } = self.http.ask(&Ask::get(format!("{operation}/status"))).await?;
            match status.as_str() {
                "INITIALIZED" | "PENDING" | "RUNNING" => {}
                "FINISHED" | "ERROR" => break,
                other => return Err(Failure::Lost(format!("the statement is {other}"))),
            }
            sleep(pause).await;
            pause = (pause * 2).min(LOOK.1);
        }
        // What was refused is told here, as an answer with status 500.
        loop {
            let fetched: Fetched = self.http.ask(&Ask::get(format!("{operation}/result/0?rowFormat=JSON"))).await?;
            if fetched.result_type != "NOT_READY" {
                return Ok(fetched.job);
            }
            sleep(pause).await;
        }
    }

    /// Keeps the session, as long as this is polled: the gateway ends one that nobody asks for anything. It never ends.
    pub(super) async fn keep_alive(&self, every: Duration) -> std::convert::Infallible {
        loop {
            sleep(every).await;
            let beat = Ask::post(format!("{}/heartbeat", self.path), json!({})).again();
            if let Err(failure) = self.http.ask::<IgnoredAny>(&beat).await {
                tracing::debug!("a heartbeat was lost: {}", failure.why());
            }
        }
    }

    /// Ends the session, and what runs in it; jobs live on.
    pub(super) async fn close(self) {
        if let Err(failure) = self.http.ask::<IgnoredAny>(&Ask::delete(self.path)).await {
            tracing::debug!("a session is left to the gateway to end: {}", failure.why());
        }
    }
}

/// Whether the gateway does not know a session: it was started again, or has ended it.
pub(super) fn is_forgotten(cause: &Cause) -> bool {
    let said = cause.to_string();
    let of_session = said.contains("Session '") && said.contains("does not exist");
    of_session || said.contains("Can not find the submitted operation")
}
