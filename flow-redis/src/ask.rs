//! Questions that wait for their answers: what a lookup and a sequence send.

use crate::fault::{self, Fate, Refused};
use crate::link::{Client, Link};
use crate::options::Redis;
use flow::connector::Gauges;
use flow::{Error, ErrorKind, Result};
use redis::aio::MultiplexedConnection;
use redis::{Pipeline, Value};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long to wait before a question that was refused for now, at first and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// Asks the server over one connection, from several tasks.
///
/// No lock is held while anything is waited for: a question may be put aside while another one, or another task, waits for an answer.
#[derive(Clone)]
pub(crate) struct Asker {
    redis: Redis,
    gauges: Gauges,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    connection: Option<MultiplexedConnection>,
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
        Self { redis: redis.clone(), gauges: gauges.clone(), shared: Arc::default() }
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
        match connection.send_packed_commands(batch, 0, batch.len()).await {
            Ok(answers) => {
                let refused = answers.iter().filter_map(Refused::of).find(|refused| refused.fate() != Fate::Never);
                Ok(match refused.map(|refused| refused.to_string()) {
                    None => Ok(answers),
                    Some(why) => Err(why),
                })
            }
            Err(error) => {
                self.lose(generation);
                Ok(Err(error.to_string()))
            }
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
        let client = {
            let shared = self.shared();
            if let Some(connection) = &shared.connection {
                return Ok((connection.clone(), shared.generation));
            }
            shared.client.clone()
        };
        let (connection, client) = Link::after(self.redis.clone(), &self.gauges, client).connected().await?;
        // Another question may have made one meanwhile: then this one goes.
        let mut shared = self.shared();
        if shared.connection.is_none() {
            (shared.connection, shared.client) = (Some(connection.clone()), client);
        }
        Ok((shared.connection.clone().unwrap_or(connection), shared.generation))
    }

    fn lose(&self, generation: u64) {
        let mut shared = self.shared();
        if shared.generation == generation && shared.connection.take().is_some() {
            shared.generation += 1;
            self.gauges.gauge("reconnects", "").add(1);
        }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
