//! What may be used, but never shown.

use crate::error::{Error, ErrorKind, Result};
use std::fmt;
use std::sync::Arc;

/// A password, a token, a key: a connector uses it, and nothing prints it.
///
/// It has no text of its own but `***`, and cannot be serialised, so that it stands in no log, no error, no IR and no snapshot.
///
/// ```
/// use flow::Secret;
/// let password = Secret::new("correct horse");
/// assert_eq!(format!("{password:?}"), "Secret(***)");
/// assert_eq!(password.reveal()?, "correct horse");
///
/// let password = Secret::env("ORDERS_REDIS_PASSWORD");
/// assert_eq!(format!("{password:?}"), "Secret($ORDERS_REDIS_PASSWORD)");
/// assert!(password.reveal().is_err(), "the variable is not set");
/// # Ok::<(), flow::Error>(())
/// ```
#[derive(Clone)]
pub struct Secret(Kept);

#[derive(Clone)]
enum Kept {
    Value(Arc<str>),
    Variable(Arc<str>),
}

impl Secret {
    /// A secret that the program knows.
    #[must_use]
    pub fn new(value: impl Into<Arc<str>>) -> Self {
        Self(Kept::Value(value.into()))
    }

    /// A secret that stands in an environment variable. It is read when a connector opens, not before.
    #[must_use]
    pub fn env(variable: impl Into<Arc<str>>) -> Self {
        Self(Kept::Variable(variable.into()))
    }

    /// The secret itself, for the one call that needs it: what holds it then takes care that nobody sees it.
    ///
    /// # Errors
    /// When it stands in an environment variable that is not set, or is no text.
    pub fn reveal(&self) -> Result<String> {
        match &self.0 {
            Kept::Value(value) => Ok(value.to_string()),
            Kept::Variable(name) => std::env::var(&**name).map_err(|error| {
                let what = match error {
                    std::env::VarError::NotPresent => "is not set",
                    std::env::VarError::NotUnicode(_) => "is not UTF-8",
                };
                let message = format!("the environment variable `{name}`, which holds a secret, {what}");
                Error::new(ErrorKind::Config, message).help("set it where the program is started")
            }),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kept::Value(_) => f.write_str("Secret(***)"),
            Kept::Variable(name) => write!(f, "Secret(${name})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_read_when_it_is_needed() {
        // Cargo sets it for every test.
        assert_eq!(Secret::env("CARGO_PKG_NAME").reveal().unwrap(), env!("CARGO_PKG_NAME"));
        let error = Secret::env("FLOW_NO_SUCH_VARIABLE").reveal().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains("`FLOW_NO_SUCH_VARIABLE`"), "{error}");
    }

    #[test]
    fn a_value_is_never_shown() {
        #[derive(Debug, Clone)]
        #[allow(dead_code, reason = "what is not read is printed")]
        struct Options {
            user: &'static str,
            password: Secret,
        }
        let options = Options { user: "flow", password: Secret::new("hunter2") };
        assert_eq!(format!("{:?}", options.clone()), r#"Options { user: "flow", password: Secret(***) }"#);
        assert_eq!(format!("{options:#?}").matches("hunter2").count(), 0);
        assert_eq!(options.password.reveal().unwrap(), "hunter2");
    }
}
