//! A connection that comes again when it is lost.

use crate::fault;
use crate::options::Redis;
use flow::connector::{Gauge, Gauges};
use flow::{Error, ErrorKind, Result};
use futures::future::{BoxFuture, FutureExt, ready};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Pipeline, RedisResult, Value, cmd};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// How long one attempt to connect may take.
const ATTEMPT: Duration = Duration::from_secs(2);
/// How long to wait after a failed attempt, at first and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));
/// How many batches may wait to be written to the connection: fewer than its own queue has room for, which is 50.
pub(crate) const QUEUE: usize = 32;
/// How often a line says that the server is waited for.
const LINE: Duration = Duration::from_secs(5);

/// What a batch of commands is answered with: one value each, a refusal among them. An error says that the connection is lost, and
/// nobody knows which of the commands were done.
pub(crate) type Answers = RedisResult<Vec<Value>>;

/// Answers that are waited for.
pub(crate) type Asked = BoxFuture<'static, Answers>;

/// What the server calls a connection: its number and address.
pub(crate) type Client = (String, String);

/// A connection to the server, made when it is needed first, and again when it was lost.
pub(crate) struct Link {
    redis: Redis,
    connection: Option<MultiplexedConnection>,
    /// What the server calls the last connection.
    client: Option<Client>,
    /// The script that is to be known to the server.
    script: Option<Arc<str>>,
    reconnects: Gauge,
}

impl Link {
    pub(crate) fn new(redis: Redis, gauges: &Gauges, script: Option<Arc<str>>) -> Self {
        Self { redis, connection: None, client: None, script, reconnects: gauges.gauge("reconnects", "") }
    }

    /// A link that takes the place of a connection that was lost.
    pub(crate) fn after(redis: Redis, gauges: &Gauges, client: Option<Client>) -> Self {
        Self { client, ..Self::new(redis, gauges, None) }
    }

    /// The connection, when there is one, and what the server calls it.
    pub(crate) async fn connected(mut self) -> Result<(MultiplexedConnection, Option<Client>)> {
        self.connect().await?;
        let connection = self.connection.ok_or_else(|| Error::new(ErrorKind::Io, "the connection is gone"))?;
        Ok((connection, self.client))
    }

    pub(crate) fn patience(&self) -> Duration {
        self.redis.patient_for()
    }

    /// The server, for people.
    pub(crate) fn shown(&self) -> String {
        self.redis.shown()
    }

    /// Gives the connection up, so that another is made.
    pub(crate) fn lose(&mut self) {
        if self.connection.take().is_some() {
            self.reconnects.add(1);
        }
    }

    /// The connection, if there is one.
    fn connection(&self) -> Option<MultiplexedConnection> {
        self.connection.clone()
    }

    /// Waits until there is a connection.
    pub(crate) async fn connect(&mut self) -> Result<()> {
        if self.connection.is_some() {
            return Ok(());
        }
        let client = redis::Client::open(self.redis.info()?)
            .map_err(|_| Error::new(ErrorKind::Config, format!("{} cannot be connected to", self.redis.shown())))?;
        let (patience, since) = (self.redis.patient_for(), Instant::now());
        let (mut pause, mut line) = (PAUSE.0, LINE);
        let mut why = "it does not answer".to_owned();
        loop {
            let left = patience.saturating_sub(since.elapsed());
            why = match timeout(left.min(ATTEMPT), self.attempt(&client)).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) => match fault::hopeless(&error) {
                    Some(hopeless) => return Err(hopeless),
                    None => error.to_string(),
                },
                // What was cut off because patience is over says nothing.
                Err(_) if left < ATTEMPT => why,
                Err(_) => "it does not answer".to_owned(),
            };
            let waited = since.elapsed();
            if waited >= patience {
                let message = format!("no connection to {} within {patience:?}: {why}", self.redis.shown());
                return Err(Error::new(ErrorKind::Io, message)
                    .help("see whether the server runs there; `Redis::patience` says how long it is waited for"));
            }
            if waited >= line {
                line += LINE;
                tracing::warn!(server = self.redis.shown(), waited = waited.as_secs(), "Redis is waited for: {why}");
            }
            sleep(pause.min(patience.saturating_sub(waited))).await;
            pause = (pause * 2).min(PAUSE.1);
        }
    }

    async fn attempt(&mut self, client: &redis::Client) -> RedisResult<()> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(ATTEMPT)
            .set_response_timeout(self.redis.answer_within());
        let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        // What the lost connection has sent, and the server has not looked at yet, is not to be done after what follows now. Older
        // servers, and users without the right, do without.
        if let Some((id, addr)) = &self.client {
            let mut kill = cmd("CLIENT");
            kill.arg("KILL").arg("ID").arg(id).arg("ADDR").arg(addr);
            connection.send_packed_command(&kill).await?;
        }
        let about = connection.send_packed_command(cmd("CLIENT").arg("INFO")).await?;
        self.client = match about {
            Value::BulkString(about) => client_of(&String::from_utf8_lossy(&about)),
            Value::VerbatimString { text, .. } => client_of(&text),
            _ => None,
        };
        if let Some(script) = &self.script {
            let loaded = connection.send_packed_command(cmd("SCRIPT").arg("LOAD").arg(&**script)).await?;
            loaded.extract_error()?;
        }
        self.connection = Some(connection);
        Ok(())
    }

    /// Makes the server learn the script again.
    pub(crate) async fn teach(&mut self) {
        if let (Some(script), Some(mut connection)) = (self.script.clone(), self.connection()) {
            // If that fails, the script is still unknown, and what needs it is refused again.
            let _again = connection.send_packed_command(cmd("SCRIPT").arg("LOAD").arg(&*script)).await;
        }
    }

    /// Sends a batch at once; its answers are waited for later. Batches are done in the order in which they are sent.
    pub(crate) fn send(&self, batch: Arc<Pipeline>) -> Asked {
        let Some(mut connection) = self.connection() else {
            return ready(Err(redis::RedisError::from(std::io::Error::from(std::io::ErrorKind::NotConnected)))).boxed();
        };
        // The first poll puts it into the connection's queue, which has room: `QUEUE`. It must not be put off because the task has
        // worked long enough, or a later batch could come before it.
        let asked = async move { connection.send_packed_commands(&batch, 0, batch.len()).await };
        let mut asked = tokio::task::unconstrained(asked).boxed();
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        match asked.as_mut().poll(&mut cx) {
            Poll::Ready(answers) => ready(answers).boxed(),
            Poll::Pending => asked,
        }
    }
}

/// The number and address by which the server knows a client.
fn client_of(about: &str) -> Option<Client> {
    let of = |name: &str| about.split(' ').find_map(|word| word.strip_prefix(name)).map(str::to_owned);
    Some((of("id=")?, of("addr=")?))
}
