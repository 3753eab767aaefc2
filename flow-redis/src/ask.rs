//! Questions that wait for their answers: what a lookup and a sequence send.

use crate::fault::{self, Refused};
use crate::link::Link;
use crate::options::Redis;
use flow::connector::Gauges;
use flow::{Error, ErrorKind, Result};
use redis::aio::MultiplexedConnection;
use redis::{Pipeline, Value};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

/// How long to wait before a question that was refused for now, at first and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// Asks the server over one connection, from several tasks.
#[derive(Clone)]
pub(crate) struct Asker(Arc<Mutex<Shared>>);

struct Shared {
    link: Link,
    /// How many connections there were: who finds one lost gives up that one and no other.
    generation: u64,
}

impl Asker {
    pub(crate) fn new(redis: &Redis, gauges: &Gauges) -> Self {
        Self(Arc::new(Mutex::new(Shared { link: Link::new(redis.clone(), gauges, None), generation: 0 })))
    }

    /// Asks until there is an answer for each command: the whole is asked again when the connection is lost, or the server refuses
    /// some of it for now.
    pub(crate) async fn ask(&self, batch: &Pipeline) -> Result<Vec<Value>> {
        let (mut since, mut pause) = (None, PAUSE.0);
        loop {
            let (mut connection, generation) = self.connect().await?;
            let why = match connection.send_packed_commands(batch, 0, batch.len()).await {
                Ok(answers) => {
                    if let Some(error) = fault::first_fatal(batch.cmd_iter().zip(&answers)) {
                        return Err(error);
                    }
                    let refused = answers.iter().find_map(Refused::of).map(|refused| refused.to_string());
                    match refused {
                        None => return Ok(answers),
                        Some(why) => why,
                    }
                }
                Err(error) => {
                    self.lose(generation).await;
                    error.to_string()
                }
            };
            let (patience, shown) = self.about().await;
            if since.get_or_insert_with(Instant::now).elapsed() >= patience {
                let message = format!("{shown} gives no answer for {patience:?}: {why}");
                return Err(Error::new(ErrorKind::Io, message)
                    .help("see the server's log; `Redis::patience` says how long it is waited for"));
            }
            sleep(pause).await;
            pause = (pause * 2).min(PAUSE.1);
        }
    }

    async fn connect(&self) -> Result<(MultiplexedConnection, u64)> {
        let mut shared = self.0.lock().await;
        shared.link.connect().await?;
        let generation = shared.generation;
        let connection = shared.link.connection();
        connection
            .map(|connection| (connection, generation))
            .ok_or_else(|| Error::new(ErrorKind::Io, "the connection to Redis is gone"))
    }

    async fn lose(&self, generation: u64) {
        let mut shared = self.0.lock().await;
        if shared.generation == generation {
            shared.generation += 1;
            shared.link.lose();
        }
    }

    async fn about(&self) -> (Duration, String) {
        let shared = self.0.lock().await;
        (shared.link.patience(), shared.link.shown())
    }
}
