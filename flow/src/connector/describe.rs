//! How an endpoint is described in the IR.

use std::collections::BTreeMap;

/// What the IR says of a source or a sink: its type and its options, or why it cannot be described.
///
/// Options never hold a secret: what stands here is printed.
#[derive(Clone, Debug, PartialEq)]
pub enum Endpoint {
    /// It can be described.
    Described {
        /// The type, as `file` or `kafka`.
        kind: String,
        /// The format of its records, as `json` or `csv`.
        format: Option<String>,
        /// Everything else, by option name.
        options: BTreeMap<String, serde_json::Value>,
    },
    /// It lives in this process only.
    Opaque {
        /// What it is, as `collect`.
        kind: String,
        /// What to use instead.
        remedy: String,
    },
}

impl Endpoint {
    /// An endpoint that the IR can hold.
    #[must_use]
    pub fn described(kind: &str) -> Self {
        Self::Described { kind: kind.to_owned(), format: None, options: BTreeMap::new() }
    }

    /// Sets the format.
    #[must_use]
    pub fn format(mut self, name: &str) -> Self {
        if let Self::Described { format, .. } = &mut self {
            *format = Some(name.to_owned());
        }
        self
    }

    /// Sets an option.
    #[must_use]
    pub fn option(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        if let Self::Described { options, .. } = &mut self {
            options.insert(name.to_owned(), value.into());
        }
        self
    }

    /// An endpoint that lives in this process only.
    #[must_use]
    pub fn opaque(kind: &str, remedy: &str) -> Self {
        Self::Opaque { kind: kind.to_owned(), remedy: remedy.to_owned() }
    }

    /// The type, as `file` or `collect`.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Self::Described { kind, .. } | Self::Opaque { kind, .. } => kind,
        }
    }
}
