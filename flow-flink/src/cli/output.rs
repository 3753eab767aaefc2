//! What the program says: in lines for people, or as JSON.

use std::fmt::Display;
use std::io::Write;

use flow_flink::FlinkError;
use serde_json::{Value, json};

/// Why a command has failed.
pub(crate) enum Trouble {
    /// It was called wrongly.
    Use(String),
    /// It could not be done.
    Failed(String),
}

impl Trouble {
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Use(_) => 2,
            Self::Failed(_) => 1,
        }
    }

    fn said(&self) -> &str {
        match self {
            Self::Use(said) | Self::Failed(said) => said,
        }
    }
}

impl From<FlinkError> for Trouble {
    fn from(error: FlinkError) -> Self {
        match error {
            FlinkError::Config(said) => Self::Use(said),
            error => Self::Failed(error.to_string()),
        }
    }
}

/// Where it is said, and how.
#[derive(Clone, Copy)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Says what came of a command: a text for people, or a value for machines.
    pub(crate) fn say(self, text: impl Display, value: Value) {
        let said = if self.json { format!("{value:#}") } else { text.to_string() };
        // Whoever does not listen any more misses nothing.
        let _gone = writeln!(std::io::stdout(), "{}", said.trim_end());
    }

    pub(crate) fn trouble(self, trouble: &Trouble) {
        let said = trouble.said();
        let said = if self.json { json!({ "error": said }).to_string() } else { format!("flow-flink: {said}") };
        let _gone = writeln!(std::io::stderr(), "{said}");
    }
}
