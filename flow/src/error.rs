//! One error type: what kind, where (stage and source line), what happened, and what to do.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of thing went wrong; decides who has to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The pipeline's definition is wrong (an unused stream, a window without a watermark, …).
    Definition,
    /// An input record cannot be read.
    BadRecord,
    /// A user's fallible closure returned `Err`.
    User,
    /// A user's closure panicked, or divided by zero.
    Panic,
    /// A file, a socket or another outside thing failed.
    Io,
    /// A setting is wrong: a missing file, a bad address.
    Config,
    /// Something took longer than allowed.
    Timeout,
    /// The job was cancelled.
    Cancelled,
    /// A snapshot cannot be written, read, or does not fit this pipeline.
    Snapshot,
    /// An IR document cannot be read.
    Ir,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Definition => "wrong definition",
            Self::BadRecord => "bad record",
            Self::User => "stage failed",
            Self::Panic => "panic",
            Self::Io => "input/output",
            Self::Config => "wrong setting",
            Self::Timeout => "time-out",
            Self::Cancelled => "cancelled",
            Self::Snapshot => "snapshot",
            Self::Ir => "IR",
        })
    }
}

/// Where in a user's program something was defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The file, as the compiler names it.
    pub file: &'static str,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

impl Origin {
    /// The place of the caller, where every function between is `#[track_caller]`.
    #[track_caller]
    #[must_use]
    pub fn here() -> Self {
        Location::caller().into()
    }
}

impl From<&'static Location<'static>> for Origin {
    fn from(at: &'static Location<'static>) -> Self {
        Self { file: at.file(), line: at.line(), column: at.column() }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// The stage that an error belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageRef {
    /// The stage's name.
    pub name: Arc<str>,
    /// Where it was defined.
    pub origin: Origin,
}

/// What went wrong, where, and what to do about it.
///
/// ```
/// use flow::{Error, ErrorKind};
/// let error = Error::new(ErrorKind::Config, "no such file: orders.jsonl").help("check the path");
/// assert_eq!(error.to_string(), "wrong setting: no such file: orders.jsonl (check the path)");
/// ```
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: String,
    help: Option<String>,
    stage: Option<StageRef>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of this kind.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), help: None, stage: None, source: None }))
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// Names the stage, unless one closer to the cause is named already.
    #[must_use]
    pub fn at(mut self, stage: &StageRef) -> Self {
        self.0.stage.get_or_insert_with(|| stage.clone());
        self
    }

    /// Keeps the error that caused this one.
    #[must_use]
    pub fn caused_by(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    /// What kind of thing went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What happened, without the place and the remedy.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// The stage where it happened.
    #[must_use]
    pub fn stage(&self) -> Option<&StageRef> {
        self.0.stage.as_ref()
    }

    /// Whether trying again may help: the outside world failed, not the definition or the data.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Io | ErrorKind::Timeout)
    }

    /// The message of a caught panic.
    pub(crate) fn from_panic(payload: &(dyn std::any::Any + Send)) -> Self {
        let text = payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "a panic without a message".to_owned());
        Self::new(ErrorKind::Panic, text)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, message, help, stage, source } = &*self.0;
        write!(f, "{kind}")?;
        if let Some(StageRef { name, origin }) = stage {
            write!(f, " in stage `{name}` ({origin})")?;
        }
        write!(f, ": {message}")?;
        if let Some(source) = source {
            write!(f, ": {source}")?;
        }
        if let Some(help) = help {
            write!(f, " ({help})")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::new(ErrorKind::Io, error.to_string())
    }
}
