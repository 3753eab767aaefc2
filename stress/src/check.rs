//! What must hold, and what was found.

use std::fmt::Display;

/// One thing that must hold.
#[derive(Clone, Debug)]
pub(crate) struct Check {
    pub(crate) name: String,
    pub(crate) wanted: String,
    pub(crate) measured: String,
    pub(crate) holds: bool,
}

impl Check {
    pub(crate) fn new(name: impl Into<String>, wanted: impl Display, measured: impl Display, holds: bool) -> Self {
        Self { name: name.into(), wanted: wanted.to_string(), measured: measured.to_string(), holds }
    }

    /// Two values that must be the same.
    pub(crate) fn same<T: Display + PartialEq>(name: impl Into<String>, wanted: T, measured: T) -> Self {
        let holds = wanted == measured;
        Self::new(name, wanted, measured, holds)
    }

    /// A value that somebody else was asked for, and who may have failed to say it.
    pub(crate) fn asked<T: Display + PartialEq>(
        name: impl Into<String>,
        wanted: T,
        answer: flow_services::Result<T>,
    ) -> Self {
        match answer {
            Ok(measured) => Self::same(name, wanted, measured),
            Err(error) => Self::new(name, wanted, error.to_string().replace('\n', "; "), false),
        }
    }
}
