//! What the cluster's REST API says of itself and its jobs.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::error::FlinkError;
use super::http::{Ask, Http};
use crate::job::{JobId, JobStatus};

/// How a cluster is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Health {
    /// The cluster's version.
    pub version: String,
    /// The SQL Gateway's version.
    pub gateway: String,
    /// How many TaskManagers there are.
    pub task_managers: u32,
    /// How many tasks can run at once.
    pub slots: u32,
    /// How many more.
    pub free_slots: u32,
    /// How many jobs run.
    pub running_jobs: u32,
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { version, gateway, task_managers, slots, free_slots, running_jobs } = self;
        write!(
            f,
            "Flink {version} (SQL Gateway {gateway}): {task_managers} TaskManagers, {free_slots} of {slots} slots free, \
             {running_jobs} jobs running"
        )
    }
}

/// A job, in a line.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct JobSummary {
    /// Its id.
    #[serde(rename(deserialize = "jid"))]
    pub id: JobId,
    /// Its name.
    pub name: String,
    /// How it is.
    #[serde(rename(deserialize = "state"))]
    pub status: JobStatus,
    /// When it was started, in milliseconds since 1970.
    #[serde(rename(deserialize = "start-time", serialize = "started"))]
    pub started: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Config {
    flink_version: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Overview {
    flink_version: String,
    taskmanagers: u32,
    slots_total: u32,
    slots_available: u32,
    jobs_running: u32,
}

#[derive(Deserialize)]
struct Jobs {
    jobs: Vec<JobSummary>,
}

/// The cluster's version.
pub(super) async fn version(http: &Http) -> Result<String, FlinkError> {
    let config: Config = http.ask(&Ask::get("config")).await.map_err(|failure| http.error(failure))?;
    Ok(config.flink_version)
}

pub(super) async fn health(http: &Http, gateway: String) -> Result<Health, FlinkError> {
    let seen: Overview = http.ask(&Ask::get("overview")).await.map_err(|failure| http.error(failure))?;
    Ok(Health {
        version: seen.flink_version,
        gateway,
        task_managers: seen.taskmanagers,
        slots: seen.slots_total,
        free_slots: seen.slots_available,
        running_jobs: seen.jobs_running,
    })
}

pub(super) async fn jobs(http: &Http) -> Result<Vec<JobSummary>, FlinkError> {
    let Jobs { mut jobs } = http.ask(&Ask::get("jobs/overview")).await.map_err(|failure| http.error(failure))?;
    jobs.sort_by_key(|job| std::cmp::Reverse(job.started));
    Ok(jobs)
}
