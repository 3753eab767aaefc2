//! What is not shown to anybody.

use flow::{Error, ErrorKind, Result};
use std::sync::Arc;

/// A value that is given to Kafka's client and to nobody else. It cannot be printed, compared or serialised.
///
/// ```
/// use flow_kafka::Secret;
/// let known = Secret::new("correct horse");
/// let from_outside = Secret::env("KAFKA_PASSWORD"); // read when the pipeline starts
/// # let _ = (known, from_outside);
/// ```
///
/// ```compile_fail
/// println!("{:?}", flow_kafka::Secret::new("correct horse"));
/// ```
#[derive(Clone)]
pub struct Secret(From);

#[derive(Clone)]
enum From {
    Value(Arc<str>),
    Environment(Arc<str>),
}

impl Secret {
    /// A secret that the program knows.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self(From::Value(value.into().into()))
    }

    /// A secret that stands in an environment variable, which is read when the pipeline starts.
    #[must_use]
    pub fn env(name: impl Into<String>) -> Self {
        Self(From::Environment(name.into().into()))
    }

    /// The value, for Kafka's client.
    pub(crate) fn reveal(&self) -> Result<String> {
        match &self.0 {
            From::Value(value) => Ok(value.to_string()),
            From::Environment(name) => std::env::var(&**name).map_err(|_| {
                Error::new(ErrorKind::Config, format!("the environment variable `{name}` holds no secret"))
                    .help("set it for the process that runs the pipeline")
            }),
        }
    }
}

/// Takes secrets out of texts of others.
#[derive(Clone, Default)]
pub(crate) struct Hidden(Arc<[String]>);

impl Hidden {
    pub(crate) fn new(secrets: Vec<String>) -> Self {
        Self(secrets.into_iter().filter(|secret| !secret.is_empty()).collect())
    }

    /// The text, without any of the secrets.
    pub(crate) fn hide(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(&**secret, "…"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_taken_out_of_a_text() {
        let hidden = Hidden::new(vec!["horse".into(), String::new()]);
        assert_eq!(hidden.hide("the horse is a horse"), "the … is a …");
    }

    #[test]
    fn a_variable_that_is_not_set_is_named() {
        let error = Secret::env("FLOW_KAFKA_NO_SUCH_VARIABLE").reveal().unwrap_err();
        assert!(error.to_string().contains("FLOW_KAFKA_NO_SUCH_VARIABLE"), "{error}");
    }
}
