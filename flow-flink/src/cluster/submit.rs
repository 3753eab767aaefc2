//! How a script becomes one job, or none.
//!
//! The job's id is chosen here and sent with the session's settings, so that a job can be looked for whose answer was lost, and the cluster
//! refuses a second one. The whole is a task of its own: whoever waits for it may go away at any time, and the task then takes back what
//! it has done. Before the last statement it stops at once; the last one is waited for, since only then it is known what there is to take back.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};

use super::cause::Cause;
use super::error::{FlinkError, Refusal};
use super::gateway::{Session, is_forgotten};
use super::hidden::Hidden;
use super::options::SubmitOptions;
use super::retry::Failure;
use super::{FlinkCluster, secrets};
use crate::job::{FlinkJob, JobId, JobStatus, Stages, first_name};
use crate::{Script, Statement, StatementKind};

/// How long the end of a session is waited for.
const CLOSE: Duration = Duration::from_secs(2);
/// How long a job is looked for that may still come, and how often.
const WATCH: (Duration, Duration) = (Duration::from_secs(10), Duration::from_millis(250));

/// A job that is to be claimed: one that nobody claims is cancelled.
type Offer = (FlinkJob, oneshot::Sender<()>);
type Tell = oneshot::Sender<Result<Offer, FlinkError>>;

/// A script on its way.
struct Submission {
    cluster: FlinkCluster,
    script: Script,
    /// The statements' texts, with secrets.
    texts: Vec<String>,
    properties: BTreeMap<String, String>,
    hidden: Hidden,
    id: JobId,
    session: Option<Session>,
    /// Nobody knows whether the last statement was done.
    unknown: bool,
}

/// Why an attempt ends without a job.
enum Stop {
    /// Nobody waits for it any more.
    Abandoned,
    /// It may be begun again: something was lost on the way.
    Lost(FlinkError),
    /// It is of no use to try again.
    Failed(FlinkError),
}

pub(super) async fn submit(
    cluster: &FlinkCluster,
    script: &Script,
    options: SubmitOptions,
) -> Result<FlinkJob, FlinkError> {
    let submission = Submission::new(cluster, script, options)?;
    let (tell, told) = oneshot::channel();
    let _task = cluster.0.cleaning.spawn(submission.run(tell));
    let (job, claim) = told.await.map_err(|_| FlinkError::Lost {
        server: cluster.0.gateway.to_string(),
        why: "the runtime has stopped".to_owned(),
    })??;
    // It is ours from here on: there is nothing more to wait for.
    let _claimed = claim.send(());
    Ok(job)
}

impl Submission {
    fn new(cluster: &FlinkCluster, script: &Script, options: SubmitOptions) -> Result<Self, FlinkError> {
        let starts = |at: &usize| script.statements[*at].kind == StatementKind::Insert;
        let inserts: Vec<usize> = (0..script.statements.len()).filter(starts).collect();
        if inserts != [script.statements.len().wrapping_sub(1)] {
            return Err(FlinkError::Config("a script's last statement, and no other, starts its job".to_owned()));
        }
        let (texts, values) = secrets::fill(script, &options.secrets)?;
        let id = JobId::random();
        let mut properties = BTreeMap::from([("pipeline.name".to_owned(), script.job_name.clone())]);
        let settings = script.settings.iter().chain(&options.settings);
        properties.extend(settings.map(|setting| (setting.key.clone(), setting.value.clone())));
        // Flink's own clients choose a job's id by this, too.
        properties.insert("$internal.pipeline.job-id".to_owned(), id.to_string());
        // A statement that waits for the end of the job would not say that it was started.
        properties.insert("table.dml-sync".to_owned(), "false".to_owned());
        let hidden = cluster.0.gateway.hidden.and(values);
        let (cluster, script) = (cluster.clone(), script.clone());
        Ok(Self { cluster, script, texts, properties, hidden, id, session: None, unknown: false })
    }

    async fn run(mut self, mut tell: Tell) {
        let within = self.cluster.0.submit_within;
        let ended = timeout(within, self.attempts(&mut tell)).await;
        if let Ok(Ok(())) = ended {
            self.close().await;
            return self.hand_over(tell).await;
        }
        let error = match ended {
            Ok(Err(Stop::Failed(error) | Stop::Lost(error))) => Some(error),
            Err(_) => {
                Some(FlinkError::Timeout(format!("job `{}` was not started within {within:?}", self.script.job_name)))
            }
            _ => None,
        };
        self.close().await;
        if let Some(error) = error {
            // Whoever is gone needs no error.
            let _told = tell.send(Err(error));
        }
        if self.unknown {
            self.watch().await;
        }
    }

    /// Gives the job to whoever waits for it. What was sent may be lost when they leave just then, so they have to say that they have it.
    async fn hand_over(self, tell: Tell) {
        let stages = Stages::of(&self.script);
        let job = FlinkJob::started(&self.cluster, self.id, self.hidden.clone(), stages);
        let (claim, claimed) = oneshot::channel();
        if tell.send(Ok((job, claim))).is_err() || claimed.await.is_err() {
            self.take_back().await;
        }
    }

    /// Attempts until there is a job. Each has a session of its own, for what a lost answer has left in the last one is not known.
    async fn attempts(&mut self, tell: &mut Tell) -> Result<(), Stop> {
        let patience = self.cluster.0.gateway.patience;
        let (mut left, mut pause) = (patience.times, patience.pause);
        loop {
            let stop = match self.attempt(tell).await {
                Ok(()) => return Ok(()),
                Err(stop) => stop,
            };
            self.close().await;
            // An answer was lost, or Flink says that it failed and perhaps does not know itself.
            if self.unknown && self.is_there(&stop).await? {
                self.unknown = false;
                return Ok(());
            }
            match stop {
                Stop::Lost(error) if left > 0 => {
                    tracing::warn!(job = %self.id, "submission begins again in {pause:?}: {error}");
                    left -= 1;
                }
                Stop::Failed(error @ (FlinkError::Refused(_) | FlinkError::Config(_))) => {
                    self.unknown = false;
                    return Err(Stop::Failed(error));
                }
                stop => return Err(stop),
            }
            unless_gone(tell, sleep(pause)).await?;
            pause *= 4;
        }
    }

    async fn attempt(&mut self, tell: &mut Tell) -> Result<(), Stop> {
        let gateway = self.cluster.0.gateway.clone();
        // This is not cut off: nobody could close a session whose handle was not read.
        let opened = Session::open(super::Http { hidden: self.hidden.clone(), ..gateway }, &self.properties).await;
        let session = self.session.insert(opened.map_err(|failure| stop(&self.cluster, failure))?).clone();
        let alive = session.keep_alive(self.cluster.0.heartbeat_every);
        let work = self.statements(&session, tell);
        tokio::select! {
            done = work => done,
            never = alive => match never {},
        }
    }

    async fn statements(&mut self, session: &Session, tell: &mut Tell) -> Result<(), Stop> {
        for at in 0..self.texts.len() {
            let starts = self.script.statements[at].kind == StatementKind::Insert;
            let done = if starts {
                if tell.is_closed() {
                    return Err(Stop::Abandoned);
                }
                self.unknown = true;
                session.execute(&self.texts[at]).await
            } else {
                unless_gone(tell, session.execute(&self.texts[at])).await?
            };
            match done {
                // It is the one that was asked for, unless a later Flink knows the setting no more.
                Ok(started) => self.id = started.unwrap_or(self.id),
                // So the gateway says it of a statement.
                Err(Failure::Refused(500, cause)) if !is_forgotten(&cause) => {
                    return Err(Stop::Failed(self.refused(at, cause)));
                }
                Err(failure) => return Err(stop(&self.cluster, failure)),
            }
        }
        self.unknown = false;
        Ok(())
    }

    /// The error of a statement. Settings are looked at only when a statement needs them, and are not its mistake.
    fn refused(&self, at: usize, cause: Cause) -> FlinkError {
        let said = cause.to_string();
        if let Some((key, value)) = self.properties.iter().find(|(key, _)| said.contains(&format!("for key '{key}'"))) {
            return FlinkError::Config(format!("Flink refuses `{key}` = `{value}`: {said}"));
        }
        let Statement { mut parts, text, .. } = self.script.statements[at].clone();
        // A table's options, for one, are looked at only when the last statement needs it.
        let tables = self.script.statements.iter().filter(|statement| statement.kind == StatementKind::Table);
        let named = tables.filter(|table| first_name(&table.text).is_some_and(|name| names(&cause, &name)));
        parts.splice(0..0, named.flat_map(|table| table.parts.clone()).collect::<Vec<_>>());
        FlinkError::Refused(Box::new(Refusal { parts, statement: text, cause }))
    }

    /// Whether the cluster has the job. One that has failed when the gateway tells of a refusal has failed to begin.
    async fn is_there(&self, stop: &Stop) -> Result<bool, Stop> {
        match self.job().status().await {
            Ok(status) => Ok(status != JobStatus::Failed || !matches!(stop, Stop::Failed(_))),
            Err(FlinkError::NoSuchJob(_)) => Ok(false),
            Err(error) => Err(Stop::Failed(FlinkError::Lost {
                server: self.cluster.0.gateway.to_string(),
                why: format!("nobody knows whether job {} was started; and {error}", self.id),
            })),
        }
    }

    fn job(&self) -> FlinkJob {
        FlinkJob::started(&self.cluster, self.id, self.hidden.clone(), Stages::default())
    }

    /// A gateway that is slow to end a session keeps nobody from the job.
    async fn close(&mut self) {
        if let Some(session) = self.session.take() {
            let _later = timeout(CLOSE, self.cluster.0.cleaning.spawn(session.close())).await;
        }
    }

    /// Cancels a job that may come yet: the gateway could be about to send it.
    async fn watch(&self) {
        let end = Instant::now() + WATCH.0;
        while Instant::now() < end {
            match self.job().status().await {
                Ok(status) if status.is_terminal() => return,
                Ok(_) => return self.take_back().await,
                Err(_) => sleep(WATCH.1).await,
            }
        }
    }

    async fn take_back(&self) {
        if let Err(error) = self.job().cancel().await {
            tracing::warn!(job = %self.id, "a job that nobody waits for could not be cancelled: {error}");
        }
    }
}

/// Whether Flink speaks of a table.
fn names(cause: &Cause, table: &str) -> bool {
    let said = cause.to_string();
    let quoted = table.replace('`', "``");
    said.contains(&format!("'default_catalog.default_database.{table}'"))
        || said.contains(&format!("`default_catalog`.`default_database`.`{quoted}`"))
}

/// What comes of it, unless nobody waits any more.
async fn unless_gone<T>(tell: &mut Tell, work: impl Future<Output = T>) -> Result<T, Stop> {
    tokio::select! {
        biased;
        () = tell.closed() => Err(Stop::Abandoned),
        done = work => Ok(done),
    }
}

fn stop(cluster: &FlinkCluster, failure: Failure) -> Stop {
    let again = match &failure {
        Failure::Lost(_) => true,
        Failure::Refused(_, cause) => is_forgotten(cause),
        _ => false,
    };
    let error = cluster.0.gateway.error(failure);
    if again { Stop::Lost(error) } else { Stop::Failed(error) }
}
