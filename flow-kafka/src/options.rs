//! Where Kafka is, and every option of its client.

use crate::failure;
use crate::hidden::Hidden;
use flow::Secret;
use flow::connector::Endpoint;
use flow::{Error, ErrorKind, Result};
use rdkafka::ClientConfig;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// How long a start waits for servers that do not answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Options that would break a promise, or that have a method of their own.
const REFUSED: &[(&str, &str)] = &[
    ("bootstrap.servers", "say it with `.servers(…)`"),
    ("metadata.broker.list", "say it with `.servers(…)`"),
    ("group.id", "say it with `.group(…)`"),
    ("enable.auto.commit", "offsets are committed when the effects of their records are out, not by a clock"),
    ("auto.commit.enable", "offsets are committed when the effects of their records are out, not by a clock"),
    ("auto.commit.interval.ms", "offsets are committed when the effects of their records are out, not by a clock"),
    (
        "enable.auto.offset.store",
        "offsets are committed when the effects of their records are out, not when they were read",
    ),
    (
        "auto.offset.reset",
        "a partition that is found later would lose records: say where to start with `.from_latest()` and its like",
    ),
    (
        "partition.assignment.strategy",
        "partitions are taken and given away one by one (cooperative-sticky), so that none is read twice",
    ),
    ("enable.partition.eof", "the source needs it to know where a partition ends"),
    ("topic.metadata.refresh.interval.ms", "say it with `.metadata_every(…)`"),
    ("transactional.id", "this sink writes at least once; it has no transactions"),
    ("delivery.report.only.error", "every row's delivery is waited for"),
    ("produce.offset.report", "every row's delivery is waited for"),
    ("log.queue", "the client's log lines go to `tracing`"),
];

/// Options that hold a promise with some values only.
const HELD: &[(&str, &[&str], &str)] = &[
    ("enable.idempotence", &["true"], "rows could come twice, and in another order"),
    ("acks", &["all", "-1"], "a row that one broker alone has can be lost"),
    ("request.required.acks", &["all", "-1"], "a row that one broker alone has can be lost"),
];

/// Options whose values may be shown; of all others the name alone.
const SHOWN: &[&str] = &[
    "acks",
    "batch.size",
    "client.id",
    "client.rack",
    "compression.codec",
    "compression.type",
    "enable.idempotence",
    "fetch.max.bytes",
    "fetch.message.max.bytes",
    "fetch.min.bytes",
    "fetch.wait.max.ms",
    "group.instance.id",
    "heartbeat.interval.ms",
    "isolation.level",
    "linger.ms",
    "max.in.flight",
    "max.partition.fetch.bytes",
    "max.poll.interval.ms",
    "message.max.bytes",
    "message.timeout.ms",
    "partitioner",
    "queue.buffering.max.kbytes",
    "queue.buffering.max.messages",
    "queue.buffering.max.ms",
    "queued.max.messages.kbytes",
    "queued.min.messages",
    "request.timeout.ms",
    "sasl.mechanism",
    "sasl.mechanisms",
    "security.protocol",
    "session.timeout.ms",
    "socket.timeout.ms",
    "statistics.interval.ms",
];

/// What a source and a sink have in common.
#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) servers: String,
    pub(crate) patience: Duration,
    given: BTreeMap<String, String>,
    secrets: BTreeMap<String, Secret>,
    /// The first mistake, which is told when the pipeline starts.
    mistake: Option<Error>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            servers: "localhost:9092".into(),
            patience: PATIENCE,
            given: BTreeMap::new(),
            secrets: BTreeMap::new(),
            mistake: None,
        }
    }
}

impl Options {
    pub(crate) fn give(&mut self, name: String, value: String) {
        if let Some(why) = refusal(&name, &value) {
            let error = Error::new(ErrorKind::Config, format!("the option `{name}` is refused")).help(why);
            self.mistake.get_or_insert(error);
        } else {
            self.given.insert(name, value);
        }
    }

    pub(crate) fn give_secret(&mut self, name: String, value: Secret) {
        // Whatever the value is: nobody may look at it here.
        if let Some(why) = refusal(&name, "") {
            let error = Error::new(ErrorKind::Config, format!("the option `{name}` is refused as a secret")).help(why);
            self.mistake.get_or_insert(error);
        } else {
            self.secrets.insert(name, value);
        }
    }

    /// The value that the program gave an option.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        self.given.get(name).map(String::as_str)
    }

    /// The first of these options that the program gave, as a number.
    pub(crate) fn number(&self, names: &[&str]) -> Result<Option<u64>> {
        let Some((name, text)) = names.iter().find_map(|name| Some((name, self.given(name)?))) else { return Ok(None) };
        let number = text.parse().map_err(|_| {
            Error::new(ErrorKind::Config, format!("the option `{name}` is not a number")).help("give it digits alone")
        })?;
        Ok(Some(number))
    }

    /// The settings of a client: our own first, then what the program gave.
    pub(crate) fn config(&self, own: &[(&str, &str)]) -> Result<(ClientConfig, Hidden)> {
        if let Some(mistake) = &self.mistake {
            return Err(mistake.clone());
        }
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.servers).set("client.id", "flow");
        own.iter().for_each(|(name, value)| {
            config.set(*name, *value);
        });
        self.given.iter().for_each(|(name, value)| {
            config.set(name, value);
        });
        // A word as `true` is no secret, and would be missing from every message.
        let hides = |name: &str, value: &str| !is_shown(name) && (value.len() > 5 || sounds_secret(name));
        let hidden = self.given.iter().filter(|(name, value)| hides(name, value));
        let mut values: Vec<String> = hidden.map(|(_, value)| value.clone()).collect();
        for (name, secret) in &self.secrets {
            let value = secret.reveal()?;
            config.set(name, &value);
            values.push(value);
        }
        let hidden = Hidden::new(values);
        config.create_native_config().map_err(|error| failure::config(&error, &hidden))?;
        Ok((config, hidden))
    }

    /// Which servers these are, and for whom, as far as that may be shown: two clients with the same may commit for each other.
    pub(crate) fn place(&self) -> String {
        let mut servers: Vec<&str> = self.servers.split(',').map(str::trim).collect();
        servers.sort_unstable();
        let of_user = |name: &str| ["sasl.", "ssl.", "security."].iter().any(|start| name.starts_with(start));
        let user = self.shown().into_iter().filter(|(name, _)| of_user(name));
        user.fold(servers.join(","), |place, (name, value)| format!("{place} {name}={value}"))
    }

    /// What the IR says: values that may be shown, and the names of the others.
    pub(crate) fn describe(&self, endpoint: Endpoint) -> Endpoint {
        let mut endpoint = endpoint.option("bootstrapServers", self.servers.as_str());
        let shown: serde_json::Map<_, _> = self
            .given
            .iter()
            .filter(|(name, _)| is_shown(name))
            .map(|(name, value)| (name.clone(), value.as_str().into()))
            .collect();
        if !shown.is_empty() {
            endpoint = endpoint.option("properties", shown);
        }
        let hidden = self.given.keys().filter(|name| !is_shown(name)).chain(self.secrets.keys());
        let hidden: Vec<_> = hidden.cloned().collect();
        if hidden.is_empty() { endpoint } else { endpoint.option("needs", hidden) }
    }

    /// What may be known of the options that the program gave, by name.
    pub(crate) fn shown(&self) -> BTreeMap<&str, &str> {
        let given = self.given.iter().map(|(name, value)| (name.as_str(), if is_shown(name) { value } else { "…" }));
        given.chain(self.secrets.keys().map(|name| (name.as_str(), "…"))).collect()
    }
}

/// Shows what is on the list, and of everything else the name.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("servers", &self.servers).field("given", &self.shown()).finish_non_exhaustive()
    }
}

fn is_shown(name: &str) -> bool {
    SHOWN.contains(&name)
}

fn sounds_secret(name: &str) -> bool {
    ["password", "secret", "token", "jaas", "credential", ".pem", "oauthbearer.config"]
        .iter()
        .any(|part| name.contains(part))
}

/// Why an option is not taken.
fn refusal(name: &str, value: &str) -> Option<String> {
    if let Some((_, why)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
        return Some((*why).to_owned());
    }
    let (_, values, why) = HELD.iter().find(|(held, ..)| *held == name)?;
    (!values.contains(&value)).then(|| format!("{why}; it stays `{}`", values[0]))
}

/// The methods that sources and sinks have alike.
macro_rules! option_methods {
    () => {
        /// Where Kafka is: `host:port`, several with commas between. `localhost:9092`, if this is not called.
        pub fn servers(mut self, servers: impl Into<String>) -> Self {
            self.options.servers = servers.into();
            self
        }

        /// Gives an option of [librdkafka](https://github.com/confluentinc/librdkafka/blob/master/CONFIGURATION.md), as `linger.ms`.
        /// One that would break a promise is refused when the pipeline starts, with the reason.
        pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
            self.options.give(name.into(), value.into());
            self
        }

        /// Gives an option whose value is shown nowhere, as `sasl.password`.
        pub fn secret(mut self, name: impl Into<String>, value: flow::Secret) -> Self {
            self.options.give_secret(name.into(), value);
            self
        }

        /// How long a start waits for servers that do not answer: 60 seconds, if this is not called.
        pub fn wait_for_servers(mut self, patience: std::time::Duration) -> Self {
            self.options.patience = patience;
            self
        }
    };
}
pub(crate) use option_methods;
