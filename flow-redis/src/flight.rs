//! Batches on their way to the server: a bounded number of them, and what is sent again.

use crate::fault::{self, Fate, Refused};
use crate::link::{Answers, Asked, Link, QUEUE};
use flow::connector::{Delivery, Gauge, Gauges};
use flow::{Error, ErrorKind, Result};
use redis::{Pipeline, Value};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long to wait before commands that were refused for now are sent again, at first and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// Batches that are sent, and not answered yet.
///
/// Every method may be dropped while it waits, and called again: what is on its way stays here.
pub(crate) struct Flight {
    link: Link,
    /// What says which commands may be sent again.
    delivery: Delivery,
    most: usize,
    sent: VecDeque<Sent>,
    recovery: Option<Recovery>,
    pending: Gauge,
    repeated: Gauge,
    lost: Gauge,
}

/// A batch, and the answers that are waited for.
type Sent = (Arc<Pipeline>, Asked);

/// A batch and its answers.
type Outcome = (Arc<Pipeline>, Answers);

/// What is done when something of a batch was not done, or nobody knows.
struct Recovery {
    /// What came of batches, as far as nothing follows from it yet.
    outcomes: Vec<Outcome>,
    /// What is to be sent again, when it is time.
    again: Option<Again>,
    /// What was sent again.
    sent: Option<Sent>,
    /// Since when nothing more was done, how many commands waited then, and how long to wait now.
    since: Instant,
    before: usize,
    pause: Duration,
}

/// What is to be sent again, and why.
#[derive(Default)]
struct Again {
    batch: Pipeline,
    disconnected: bool,
    forgotten: bool,
    why: String,
}

impl Flight {
    pub(crate) fn new(link: Link, delivery: Delivery, most: usize, gauges: &Gauges) -> Self {
        let [pending, repeated, lost] = ["pending", "repeated", "lost"].map(|name| gauges.gauge(name, ""));
        let most = most.clamp(1, QUEUE);
        Self { link, delivery, most, sent: VecDeque::new(), recovery: None, pending, repeated, lost }
    }

    /// Returns when there is room for one more batch.
    pub(crate) async fn room(&mut self) -> Result<()> {
        while self.recovery.is_some() || self.sent.len() >= self.most {
            self.land().await?;
        }
        Ok(())
    }

    /// Sends a batch; there has to be room for it.
    pub(crate) fn send(&mut self, batch: Pipeline) {
        let batch = Arc::new(batch);
        self.pending.add(count(&batch));
        let asked = self.link.send(Arc::clone(&batch));
        self.sent.push_back((batch, asked));
    }

    /// Returns when all batches are answered.
    pub(crate) async fn settle(&mut self) -> Result<()> {
        while self.recovery.is_some() || !self.sent.is_empty() {
            self.land().await?;
        }
        Ok(())
    }

    /// Waits for the oldest batch, or goes on with a recovery.
    async fn land(&mut self) -> Result<()> {
        if self.recovery.is_none() {
            let Some(outcome) = next(&mut self.sent).await else { return Ok(()) };
            if outcome.1.as_ref().is_ok_and(|answers| !answers.iter().any(is_refusal)) {
                self.pending.add(-count(&outcome.0));
                return Ok(());
            }
            self.recovery = Some(Recovery {
                outcomes: vec![outcome],
                again: None,
                sent: None,
                since: Instant::now(),
                before: usize::MAX,
                pause: PAUSE.0,
            });
        }
        self.recover().await
    }

    /// Waits for all batches that are on their way, and sends again what is to be sent again, in its order, until all is done.
    async fn recover(&mut self) -> Result<()> {
        while let Some(recovery) = &mut self.recovery {
            while let Some(outcome) = next(&mut self.sent).await {
                recovery.outcomes.push(outcome);
            }
            if let Some((batch, asked)) = &mut recovery.sent {
                let answers = asked.await;
                recovery.outcomes.push((Arc::clone(batch), answers));
                recovery.sent = None;
            }
            if recovery.again.is_none() {
                let outcomes = std::mem::take(&mut recovery.outcomes);
                let again = self.again(&outcomes)?;
                if again.disconnected {
                    self.link.lose();
                }
                self.recovery.as_mut().map(|recovery| recovery.again.replace(again));
            }
            self.send_again().await?;
        }
        Ok(())
    }

    /// Sends again what is to be sent again, if there is any, when there is a connection.
    async fn send_again(&mut self) -> Result<()> {
        self.link.connect().await?;
        let Some(recovery) = &mut self.recovery else { return Ok(()) };
        let waiting = recovery.again.as_ref().map_or(0, |again| again.batch.len());
        if waiting == 0 {
            self.recovery = None;
            self.pending.set(0);
            return Ok(());
        }
        let forgotten = recovery.again.as_ref().is_some_and(|again| again.forgotten);
        if forgotten {
            self.link.teach().await;
        }
        // Patience is for a server that does nothing: each command that was done begins it anew.
        if waiting < recovery.before {
            (recovery.before, recovery.since) = (waiting, Instant::now());
        } else if recovery.since.elapsed() >= self.link.patience() {
            let why = recovery.again.take().map(|again| again.why).unwrap_or_default();
            return Err(self.exhausted(waiting, &why));
        } else {
            sleep(recovery.pause).await;
            recovery.pause = (recovery.pause * 2).min(PAUSE.1);
        }
        if let Some(again) = recovery.again.take() {
            self.repeated.add(count(&again.batch));
            let batch = Arc::new(again.batch);
            let asked = self.link.send(Arc::clone(&batch));
            recovery.sent = Some((batch, asked));
        }
        Ok(())
    }

    /// What of these batches is to be sent again. A refusal for good ends the job.
    fn again(&self, outcomes: &[Outcome]) -> Result<Again> {
        let mut again = Again::default();
        for (batch, answers) in outcomes {
            match answers {
                Ok(answers) => {
                    if let Some(error) = fault::first_fatal(batch.cmd_iter().zip(answers)) {
                        return Err(error);
                    }
                    for (cmd, answer) in batch.cmd_iter().zip(answers) {
                        again.look_at(answer);
                        // Commands that change nothing when they come twice go again from the first refused one on, so that a
                        // key's last value is the right one; others would count twice.
                        let follows = self.delivery == Delivery::IdempotentByKey && !again.batch.is_empty();
                        if is_refusal(answer) || follows {
                            again.batch.add_command(cmd.clone());
                        }
                    }
                }
                Err(error) => {
                    again.disconnected = true;
                    again.why = error.to_string();
                    if self.delivery == Delivery::AtMostOnce {
                        self.lost.add(count(batch));
                    } else {
                        batch.cmd_iter().for_each(|cmd| {
                            again.batch.add_command(cmd.clone());
                        });
                    }
                }
            }
        }
        Ok(again)
    }

    fn exhausted(&self, waiting: usize, why: &str) -> Error {
        let (server, patience) = (self.link.shown(), self.link.patience());
        let message = format!("{server} takes no commands for {patience:?}, {waiting} of them wait: {why}");
        Error::new(ErrorKind::Io, message)
            .help("see the server's log; `Redis::patience` says how long it is waited for")
    }
}

/// What comes of the oldest batch; it stays where it is until that is known.
async fn next(sent: &mut VecDeque<Sent>) -> Option<Outcome> {
    let (_, asked) = sent.front_mut()?;
    let answers = asked.await;
    sent.pop_front().map(|(batch, _)| (batch, answers))
}

impl Again {
    fn look_at(&mut self, answer: &Value) {
        if let Some(refused) = Refused::of(answer) {
            self.forgotten |= refused.fate() == Fate::NoScript;
            self.why = refused.to_string();
        }
    }
}

fn is_refusal(answer: &Value) -> bool {
    matches!(answer, Value::ServerError(_))
}

fn count(batch: &Pipeline) -> i64 {
    i64::try_from(batch.len()).unwrap_or(i64::MAX)
}
