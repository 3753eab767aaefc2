//! What Redis says went wrong: what to try again, and what to tell the user.

use flow::{Error, ErrorKind};
use redis::{Cmd, RedisError, Value};
use std::fmt;

/// The server's refusal of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused<'a> {
    pub(crate) code: &'a str,
    details: &'a str,
}

/// What becomes of a command that the server has refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It cannot be done now; nothing of it was done.
    Later,
    /// The server has forgotten the script.
    NoScript,
    /// It can never be done.
    Never,
}

/// The codes that go away by themselves: a server that starts, runs a script, or changes its role.
const LATER: &[&str] = &["LOADING", "BUSY", "TRYAGAIN", "MASTERDOWN", "CLUSTERDOWN", "READONLY"];

impl<'a> Refused<'a> {
    /// The refusal, if an answer is one.
    pub(crate) fn of(answer: &'a Value) -> Option<Self> {
        match answer {
            Value::ServerError(error) => {
                Some(Self { code: error.code(), details: error.details().unwrap_or_default() })
            }
            _ => None,
        }
    }

    pub(crate) fn fate(self) -> Fate {
        match self.code {
            "NOSCRIPT" => Fate::NoScript,
            code if LATER.contains(&code) => Fate::Later,
            _ => Fate::Never,
        }
    }

    /// The error that the refused command ends the job with.
    pub(crate) fn error(self, command: &str) -> Error {
        let text = self.to_string();
        let (kind, remedy) = remedy(self.code, &text);
        Error::new(kind, format!("{command} was refused: {text}")).help(remedy)
    }
}

impl fmt::Display for Refused<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.details)
    }
}

/// What to do about an error of this code and text.
fn remedy(code: &str, text: &str) -> (ErrorKind, &'static str) {
    match code {
        "WRONGTYPE" => (ErrorKind::Config, "`TYPE key` says what the key holds: take another key, or delete it"),
        "OOM" => (ErrorKind::Io, "the server's memory is full: raise its `maxmemory`, or give it an eviction policy"),
        "MISCONF" => (ErrorKind::Io, "the server cannot write to its disk: its log says why"),
        "NOREPLICAS" => (ErrorKind::Io, "too few replicas follow the server: see `min-replicas-to-write`"),
        "NOPERM" => (ErrorKind::Config, "give the user the right to this command and key: see `ACL SETUSER`"),
        "NOAUTH" | "WRONGPASS" => {
            (ErrorKind::Config, "give the user and password with `Redis::user` and `Redis::password`")
        }
        "MOVED" | "ASK" | "CROSSSLOT" => (
            ErrorKind::Config,
            "the server is part of a cluster, which flow-redis does not speak to: use a single server",
        ),
        "BUSYGROUP" | "NOGROUP" => {
            (ErrorKind::Config, "somebody has removed the stream or its group: see `XINFO GROUPS`")
        }
        "READONLY" => (ErrorKind::Config, "the server is a replica: give the address of its master"),
        "LOADING" | "BUSY" | "TRYAGAIN" | "MASTERDOWN" | "CLUSTERDOWN" => {
            (ErrorKind::Io, "see the server's log, or wait longer, with `Redis::patience`")
        }
        _ if text.contains("not an integer") || text.contains("would overflow") => {
            (ErrorKind::Config, "the key holds what cannot be counted up: take another key, or delete it")
        }
        _ => (ErrorKind::Config, "see the command's page on redis.io"),
    }
}

/// The command with its key, for people: `INCRBY visits:home`.
pub(crate) fn named(cmd: &Cmd) -> String {
    let mut words = cmd.args_iter().filter_map(|arg| match arg {
        redis::Arg::Simple(bytes) => Some(short(bytes)),
        _ => None,
    });
    let name = words.next().unwrap_or_default();
    let key = match name.as_str() {
        // The hash of the script and the number of its keys stand before the first one.
        "EVALSHA" => words.nth(2),
        _ => words.next(),
    };
    key.map_or(name.clone(), |key| format!("{name} of `{key}`"))
}

/// Bytes for people, if they are many only the first of them.
pub(crate) fn short(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    if text.chars().count() <= 80 { text.into_owned() } else { text.chars().take(80).chain("…".chars()).collect() }
}

/// The error of an attempt to connect after which no other can succeed: who logs in, or how, is wrong.
pub(crate) fn hopeless(error: &RedisError) -> Option<Error> {
    let text = error.to_string();
    let login = error.kind() == redis::ErrorKind::AuthenticationFailed
        || ["WRONGPASS", "NOAUTH", "NOPERM", "without any password"].iter().any(|word| text.contains(word));
    if login {
        let (kind, remedy) = remedy("WRONGPASS", "");
        return Some(Error::new(kind, format!("Redis does not let the user in: {text}")).help(remedy));
    }
    if let Some((_, why)) = text.split_once("Error compiling script") {
        return Some(Error::new(ErrorKind::Config, format!("the script cannot be compiled{why}")));
    }
    let wrong = error.kind() == redis::ErrorKind::InvalidClientConfig || text.contains("DB index");
    wrong.then(|| Error::new(ErrorKind::Config, format!("Redis cannot be used so: {text}")))
}

/// The error of the first command that was refused for good.
pub(crate) fn first_fatal<'a>(mut answers: impl Iterator<Item = (&'a Cmd, &'a Value)>) -> Option<Error> {
    answers.find_map(|(cmd, answer)| {
        Refused::of(answer).filter(|refused| refused.fate() == Fate::Never).map(|refused| refused.error(&named(cmd)))
    })
}
