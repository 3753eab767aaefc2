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
pub(crate) struct Flight {
    link: Link,
    /// What says which commands may be sent again.
    delivery: Delivery,
    most: usize,
    sent: VecDeque<(Arc<Pipeline>, Asked)>,
    pending: Gauge,
    repeated: Gauge,
    lost: Gauge,
}

/// A batch and its answers.
type Outcome = (Arc<Pipeline>, Answers);

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
        Self { link, delivery, most: most.clamp(1, QUEUE), sent: VecDeque::new(), pending, repeated, lost }
    }

    /// Sends a batch, when there is room for one more.
    pub(crate) async fn send(&mut self, batch: Pipeline) -> Result<()> {
        while self.sent.len() >= self.most {
            self.land().await?;
        }
        let batch = Arc::new(batch);
        self.pending.add(count(&batch));
        let asked = self.link.send(Arc::clone(&batch));
        self.sent.push_back((batch, asked));
        Ok(())
    }

    /// Returns when all batches are answered.
    pub(crate) async fn settle(&mut self) -> Result<()> {
        while !self.sent.is_empty() {
            self.land().await?;
        }
        Ok(())
    }

    /// Waits for the oldest batch.
    async fn land(&mut self) -> Result<()> {
        let Some((_, asked)) = self.sent.front_mut() else { return Ok(()) };
        let answers = asked.await;
        let Some((batch, _)) = self.sent.pop_front() else { return Ok(()) };
        let done = answers.as_ref().is_ok_and(|answers| !answers.iter().any(is_refusal));
        if done {
            self.pending.add(-count(&batch));
            return Ok(());
        }
        self.recover((batch, answers)).await
    }

    /// Something of a batch was not done, or nobody knows: waits for all others too, and sends again what is to be sent again, in its
    /// order, until all is done.
    async fn recover(&mut self, first: Outcome) -> Result<()> {
        let mut outcomes = vec![first];
        while let Some((batch, asked)) = self.sent.pop_front() {
            outcomes.push((batch, asked.await));
        }
        let (mut since, mut before, mut pause) = (Instant::now(), usize::MAX, PAUSE.0);
        loop {
            let again = self.again(&outcomes)?;
            if again.disconnected {
                self.link.lose();
                self.link.connect().await?;
            }
            if again.batch.is_empty() {
                self.pending.set(0);
                return Ok(());
            }
            // Patience is for a server that does nothing: each command that was done begins it anew.
            if again.batch.len() < before {
                (before, since) = (again.batch.len(), Instant::now());
            } else if since.elapsed() >= self.link.patience() {
                return Err(self.exhausted(&again));
            }
            if again.forgotten {
                self.link.teach().await;
            }
            if before == again.batch.len() && !again.forgotten {
                sleep(pause).await;
                pause = (pause * 2).min(PAUSE.1);
            }
            self.repeated.add(count(&again.batch));
            let batch = Arc::new(again.batch);
            let answers = self.link.send(Arc::clone(&batch)).await;
            outcomes = vec![(batch, answers)];
        }
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

    fn exhausted(&self, again: &Again) -> Error {
        let message = format!(
            "{} takes no commands for {:?}, {} of them wait: {}",
            self.link.shown(),
            self.link.patience(),
            again.batch.len(),
            again.why
        );
        Error::new(ErrorKind::Io, message)
            .help("see the server's log; `Redis::patience` says how long it is waited for")
    }
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
