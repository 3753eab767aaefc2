//! One error: what happened and what to do, in words.

use std::fmt;
use std::path::Path;

/// What went wrong, in words for a person. `Debug` says the same, so that `unwrap` in a test can be read.
#[derive(Clone, PartialEq, Eq)]
pub struct Error(String);

/// What this crate gives back.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error that says this.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// What became of a file or folder.
    pub(crate) fn at(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |error| Self(format!("{}: {error}", path.display()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}
