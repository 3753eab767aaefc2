//! A Flink cluster: its SQL Gateway, which takes statements, and its REST API, which knows the jobs.
//!
//! [`FlinkCluster::connect`] makes a handle; `submit` starts a job; `job` finds one again.
//!
//! * `http` asks, and `retry` asks again, where that may help and does no harm; `cause` reads what Flink says.
//! * `gateway` and `rest` are the two servers' calls.
//! * `submit` is how a script becomes exactly one job, or none.

mod cause;
mod connect;
mod error;
mod gateway;
mod hidden;
mod http;
mod options;
pub(crate) mod rest;
mod retry;
mod secrets;
mod submit;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::task::TaskTracker;

pub use cause::Cause;
pub use connect::Connect;
pub use error::{FlinkError, Refusal};
pub(crate) use hidden::Hidden;
pub(crate) use http::{Ask, Http};
pub use options::SubmitOptions;
pub use rest::{Health, JobSummary};
pub(crate) use retry::Failure;

use crate::Script;
use crate::job::{FlinkJob, JobId};

/// A Flink cluster. Clones are the same cluster.
///
/// ```no_run
/// use flow_flink::FlinkCluster;
/// # async fn example() -> Result<(), flow_flink::FlinkError> {
/// let cluster = FlinkCluster::connect("http://localhost:8083", "http://localhost:8081").await?;
/// println!("{}", cluster.health().await?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct FlinkCluster(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    gateway: Http,
    pub(crate) rest: Http,
    submit_within: Duration,
    heartbeat_every: Duration,
    /// Submissions, each of which tidies up after itself, even when nobody waits for it any more.
    cleaning: TaskTracker,
}

impl FlinkCluster {
    /// The cluster whose SQL Gateway and whose REST API are at these addresses, as `http://host:port`.
    ///
    /// What is given back is awaited; before, it takes options. The REST API is asked once who it is; the gateway is not needed until
    /// something is submitted.
    ///
    /// # Errors
    /// When awaited: when an option is wrong, or the REST API does not answer.
    ///
    /// # Cancel safety
    /// Nothing happens but a question.
    ///
    /// ```no_run
    /// use flow::Secret;
    /// use flow_flink::FlinkCluster;
    /// # async fn example() -> Result<(), flow_flink::FlinkError> {
    /// let cluster = FlinkCluster::connect("https://flink.example/gateway", "https://flink.example")
    ///     .basic_auth("ann", Secret::env("FLINK_PASSWORD"))
    ///     .root_certificate("/etc/ssl/private-ca.pem")
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn connect(gateway: impl Into<String>, rest: impl Into<String>) -> Connect {
        Connect::new(gateway.into(), rest.into())
    }

    /// How the cluster is: both servers are asked.
    ///
    /// # Errors
    /// When one of them does not answer.
    ///
    /// # Cancel safety
    /// Nothing happens but two questions.
    pub async fn health(&self) -> Result<Health, FlinkError> {
        let version = gateway::version(&self.0.gateway).await?;
        rest::health(&self.0.rest, version).await
    }

    /// Starts the job of a script.
    ///
    /// The script goes through a session of its own, which is closed at the end, so that two submissions do not disturb each other. The job's
    /// id is chosen here: when an answer is lost, the job is looked for, and if it is sent again the cluster takes it only once.
    ///
    /// # Errors
    /// When Flink refuses a statement, with what it says and the stage; when a secret is missing; when a server does not answer. Then no job
    /// runs, unless the error says that nobody knows.
    ///
    /// # Cancel safety
    /// A submission that is dropped leaves no job and no session: what has started by then is cancelled in the background, for which the
    /// runtime has to live on ([`FlinkCluster::settled`] waits for it). Only a session whose handle was lost on its way to us stays, empty, until the
    /// gateway's idle time-out.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    ///
    /// ```no_run
    /// use flow::Secret;
    /// use flow_flink::{FlinkCluster, Script, SubmitOptions};
    /// # async fn example(cluster: FlinkCluster, script: Script) -> Result<(), flow_flink::FlinkError> {
    /// let options = SubmitOptions::new().secret("orders", "properties.sasl.jaas.config", Secret::env("ORDERS_JAAS"));
    /// let job = cluster.submit(&script, options).await?;
    /// println!("{} has ended: {}", job.id(), job.wait().await?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn submit(&self, script: &Script, options: SubmitOptions) -> Result<FlinkJob, FlinkError> {
        submit::submit(self, script, options).await
    }

    /// Waits until what dropped submissions have left behind is gone.
    ///
    /// # Cancel safety
    /// It only waits.
    pub async fn settled(&self) {
        self.0.cleaning.close();
        self.0.cleaning.wait().await;
    }

    /// A job that runs, or ran, on this cluster.
    ///
    /// # Errors
    /// When the cluster knows no such job, or does not answer.
    ///
    /// # Cancel safety
    /// Nothing happens but a question.
    pub async fn job(&self, id: JobId) -> Result<FlinkJob, FlinkError> {
        let job = FlinkJob::attached(self, id);
        job.status().await?;
        Ok(job)
    }

    /// The jobs that the cluster knows, the youngest first.
    ///
    /// # Errors
    /// When it does not answer.
    ///
    /// # Cancel safety
    /// Nothing happens but a question.
    pub async fn jobs(&self) -> Result<Vec<JobSummary>, FlinkError> {
        rest::jobs(&self.0.rest).await
    }
}
