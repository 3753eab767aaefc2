//! Questions that wait for their answers: what a lookup and a sequence send.

use crate::fault::{self, Fate, Refused};
use crate::link::{Client, Link};
use crate::options::Redis;
use flow::connector::Gauges;
use flow::{Error, ErrorKind, Result};
use futures::future::{BoxFuture, FutureExt, Shared};
use redis::aio::MultiplexedConnection;
use redis::{Pipeline, Value};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// How long to wait before a question that was refused for now, at first and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// Asks the server over one connection, from several tasks.
///
/// No lock is held while anything is waited for: a question may be put aside while another one, or another task, waits for an answer.
/// A question may be given up, too: the connection is made all the same, and given up when it has said nothing for too long.
#[derive(Clone)]
pub(crate) struct Asker {
    redis: Redis,
    gauges: Gauges,
    state: Arc<Mutex<State>>,
}

/// A connection that is being made, in a task of its own, which ends with the last that waits for it and this.
type Connecting = Shared<BoxFuture<'static, Result<(MultiplexedConnection, Option<Client>)>>>;

#[derive(Default)]
struct State {
    connection: Option<MultiplexedConnection>,
    connecting: Option<Connecting>,
    /// Since when questions have been asked over the connection, and none was seen to be answered.
    silent: Option<Instant>,
    /// What the server calls the last connection.
    client: Option<Client>,
    /// How many connections there were: who finds one lost gives up that one and no other.
    generation: u64,
}

/// For how long nothing was answered, and how long to wait now.
#[derive(Default)]
pub(crate) struct Trouble {
    since: Option<Instant>,
    pause: Option<Duration>,
}

impl Asker {
    pub(crate) fn new(redis: &Redis, gauges: &Gauges) -> Self {
        Self { redis: redis.clone(), gauges: gauges.clone(), state: Arc::default() }
    }

    /// Asks until there is an answer for each command: the whole is asked again when the connection is lost, or the server refuses
    /// some of it for now.
    pub(crate) async fn ask(&self, batch: &Pipeline) -> Result<Vec<Value>> {
        let mut trouble = Trouble::default();
        loop {
            match self.once(batch).await? {
                Ok(answers) => match fault::first_fatal(batch.cmd_iter().zip(&answers)) {
                    Some(error) => return Err(error),
                    None => return Ok(answers),
                },
                Err(why) => self.wait(&mut trouble, &why).await?,
            }
        }
    }

    /// Asks once, when there is a connection. The inner error says why nobody knows whether all was done: the connection is lost, or
    /// the server refuses something for now. Refusals for good are among the answers.
    pub(crate) async fn once(&self, batch: &Pipeline) -> Result<Result<Vec<Value>, String>> {
        let (mut connection, generation) = self.connect().await?;
        let question = Question::over(self, generation);
        let answered = connection.send_packed_commands(batch, 0, batch.len()).await;
        question.ended(answered.is_ok());
        match answered {
            Ok(answers) => {
                let refused = answers.iter().filter_map(Refused::of).find(|refused| refused.fate() != Fate::Never);
                Ok(match refused.map(|refused| refused.to_string()) {
                    None => Ok(answers),
                    Some(why) => Err(why),
                })
            }
            Err(error) => Ok(Err(error.to_string())),
        }
    }

    /// Waits a while before the next attempt; an error when patience is over.
    pub(crate) async fn wait(&self, trouble: &mut Trouble, why: &str) -> Result<()> {
        let (patience, shown) = (self.redis.patient_for(), self.redis.shown());
        if trouble.since.get_or_insert_with(Instant::now).elapsed() >= patience {
            let message = format!("{shown} gives no answer for {patience:?}: {why}");
            return Err(Error::new(ErrorKind::Io, message)
                .help("see the server's log; `Redis::patience` says how long it is waited for"));
        }
        sleep(trouble.pause.unwrap_or(PAUSE.0)).await;
        trouble.pause = Some((trouble.pause.unwrap_or(PAUSE.0) * 2).min(PAUSE.1));
        Ok(())
    }

    async fn connect(&self) -> Result<(MultiplexedConnection, u64)> {
        let connecting = {
            let mut state = self.state();
            if let Some(connection) = &state.connection {
                return Ok((connection.clone(), state.generation));
            }
            let client = state.client.clone();
            state.connecting.get_or_insert_with(|| self.connecting(client)).clone()
        };
        let connected = connecting.clone().await;
        let mut state = self.state();
        // Of all that have waited for it, the first puts it in its place.
        if state.connecting.as_ref().is_some_and(|current| current.ptr_eq(&connecting)) {
            state.connecting = None;
            if let Ok((connection, client)) = &connected {
                (state.connection, state.client, state.silent) = (Some(connection.clone()), client.clone(), None);
            }
        }
        connected.map(|(connection, _)| (connection, state.generation))
    }

    /// Connects, whether or not anybody waits so long.
    fn connecting(&self, client: Option<Client>) -> Connecting {
        let mut task = JoinSet::new();
        task.spawn(Link::after(self.redis.clone(), &self.gauges, client).connected());
        let connected = async move {
            let ended = task.join_next().await.and_then(std::result::Result::ok);
            ended.unwrap_or_else(|| Err(Error::new(ErrorKind::Io, "connecting to Redis was given up")))
        };
        connected.boxed().shared()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A question that waits for its answer. Dropped, it was given up.
struct Question<'a> {
    asker: &'a Asker,
    generation: u64,
}

impl<'a> Question<'a> {
    fn over(asker: &'a Asker, generation: u64) -> Self {
        asker.state().silent.get_or_insert_with(Instant::now);
        Self { asker, generation }
    }

    /// It was answered, or its connection is lost.
    fn ended(self, answered: bool) {
        let mut state = self.asker.state();
        if state.generation == self.generation {
            if answered {
                state.silent = None;
            } else {
                state.lose(&self.asker.gauges);
            }
        }
    }
}

impl Drop for Question<'_> {
    fn drop(&mut self) {
        let mut state = self.asker.state();
        let silent = state.silent.is_some_and(|since| since.elapsed() >= self.asker.redis.answer_within());
        if silent && state.generation == self.generation {
            state.lose(&self.asker.gauges);
        }
    }
}

impl State {
    fn lose(&mut self, gauges: &Gauges) {
        if self.connection.take().is_some() {
            self.generation += 1;
            self.silent = None;
            gauges.gauge("reconnects", "").add(1);
        }
    }
}
