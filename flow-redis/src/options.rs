//! Where Redis is, and how it is spoken to.

use flow::{Error, ErrorKind, Result, Secret};
use redis::{ConnectionInfo, IntoConnectionInfo};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How long a server that cannot be reached is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long an answer may take before the connection counts as lost.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A Redis server: where it is, and how it is spoken to. Everything of this crate begins here; clones speak to the same server with
/// connections of their own.
///
/// ```
/// use flow_redis::Redis;
/// use std::time::Duration;
/// let redis = Redis::url("redis://localhost:6379").patience(Duration::from_secs(10));
/// assert_eq!(format!("{redis:?}"), "Redis(redis://localhost:6379/0)");
/// ```
///
/// A password may stand in the URL, or, better, be given apart, as a [`Secret`]. Neither is ever shown.
///
/// ```
/// # use flow_redis::Redis;
/// use flow::Secret;
/// let redis = Redis::url("redis://10.0.0.7:6379/2").user("orders").password(Secret::env("ORDERS_REDIS_PASSWORD"));
/// assert_eq!(format!("{redis:?}"), "Redis(redis://10.0.0.7:6379/2)");
/// ```
#[derive(Clone)]
pub struct Redis {
    url: Arc<str>,
    user: Option<Arc<str>>,
    password: Option<Secret>,
    patience: Duration,
    timeout: Duration,
}

impl Redis {
    /// The server of a URL: `redis://host:port/database`, `redis+unix:///path`, and, with the feature `tls`, `rediss://host:port`.
    ///
    /// A URL that cannot be read is an error of the job's start.
    #[must_use]
    pub fn url(url: impl Into<Arc<str>>) -> Self {
        Self { url: url.into(), user: None, password: None, patience: PATIENCE, timeout: TIMEOUT }
    }

    /// Logs in as this user, instead of the URL's.
    #[must_use]
    pub fn user(mut self, name: impl Into<Arc<str>>) -> Self {
        self.user = Some(name.into());
        self
    }

    /// Logs in with this password, instead of the URL's.
    #[must_use]
    pub fn password(mut self, password: Secret) -> Self {
        self.password = Some(password);
        self
    }

    /// How long a server that cannot be reached, or that is loading, is waited for, at the start and when it goes away; 60 seconds
    /// unless this is called. Meanwhile a line is logged every 5 seconds; afterwards the job fails.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// How long an answer may take before the connection counts as lost; 10 seconds unless this is called.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    pub(crate) fn patient_for(&self) -> Duration {
        self.patience
    }

    pub(crate) fn answer_within(&self) -> Duration {
        self.timeout
    }

    /// What the client connects with: the one place that reveals a password.
    pub(crate) fn info(&self) -> Result<ConnectionInfo> {
        let mut info = self.parsed()?;
        if let Some(user) = &self.user {
            info.redis.username = Some(user.to_string());
        }
        if let Some(password) = &self.password {
            info.redis.password = Some(password.reveal()?);
        }
        Ok(info)
    }

    fn parsed(&self) -> Result<ConnectionInfo> {
        // The client's own error is not shown: it may hold a part of the URL, and that a password.
        (&*self.url).into_connection_info().map_err(|_| {
            Error::new(ErrorKind::Config, "the Redis URL cannot be read").help(
                "write `redis://host:port` or `redis://host:port/database`; `rediss://` needs the cargo feature `tls` of flow-redis",
            )
        })
    }

    /// The server and database, without who logs in.
    pub(crate) fn shown(&self) -> String {
        let Ok(info) = self.parsed() else { return "a URL that cannot be read".to_owned() };
        let scheme = match info.addr {
            redis::ConnectionAddr::Unix(_) => "redis+unix",
            redis::ConnectionAddr::TcpTls { .. } => "rediss",
            redis::ConnectionAddr::Tcp(..) => "redis",
        };
        format!("{scheme}://{}/{}", info.addr, info.redis.db)
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redis({})", self.shown())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_shown() {
        for (url, shown) in [
            ("redis://:hunter2@host:7000/3", "Redis(redis://host:7000/3)"),
            ("redis://me:hunter2@host", "Redis(redis://host:6379/0)"),
            ("redis+unix:///tmp/redis.sock?pass=hunter2", "Redis(redis+unix:///tmp/redis.sock/0)"),
            ("http://me:hunter2@host", "Redis(a URL that cannot be read)"),
            ("redis://me:hunter2@host:port", "Redis(a URL that cannot be read)"),
        ] {
            let redis = Redis::url(url).password(Secret::new("hunter2"));
            assert_eq!(format!("{redis:?}"), shown);
            if let Err(error) = redis.info() {
                assert_eq!(error.kind(), ErrorKind::Config);
                assert!(!error.to_string().contains("hunter2"), "{error}");
            }
        }
    }

    #[test]
    fn a_password_apart_is_the_one_that_counts() {
        let redis = Redis::url("redis://old:wrong@host").user("me").password(Secret::new("right"));
        let info = redis.info().unwrap();
        assert_eq!(info.redis.username.as_deref(), Some("me"));
        assert_eq!(info.redis.password.as_deref(), Some("right"));
        let missing = Redis::url("redis://host").password(Secret::env("FLOW_NO_SUCH_VARIABLE"));
        assert!(missing.info().unwrap_err().message().contains("FLOW_NO_SUCH_VARIABLE"));
    }
}
