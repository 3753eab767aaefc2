//! Promises that were found broken.

use std::fmt;

/// A promise that a source or sink does not keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The promise.
    pub promise: &'static str,
    /// What was found instead.
    pub found: String,
}

/// All promises that were found broken. Prints them, one on each line.
#[derive(Clone, PartialEq, Eq)]
pub struct Breaches(Vec<Breach>);

impl Breaches {
    /// The breaches, in the order in which they were found; at least one.
    #[must_use]
    pub fn all(&self) -> &[Breach] {
        &self.0
    }

    /// Whether this promise is among them.
    #[must_use]
    pub fn contain(&self, promise: &str) -> bool {
        self.0.iter().any(|breach| breach.promise == promise)
    }
}

impl fmt::Display for Breaches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} broken:", if self.0.len() == 1 { "a promise is" } else { "promises are" })?;
        self.0.iter().try_for_each(|Breach { promise, found }| write!(f, "\n  {promise}: {found}"))
    }
}

impl fmt::Debug for Breaches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Breaches {}

/// How many breaches of one promise are kept: the first ones say it all.
const OF_ONE: usize = 3;

/// Gathers breaches.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Breach>);

impl Findings {
    pub(super) fn add(&mut self, promise: &'static str, found: impl Into<String>) {
        if self.0.iter().filter(|breach| breach.promise == promise).count() < OF_ONE {
            self.0.push(Breach { promise, found: found.into() });
        }
    }

    pub(super) fn finish(self) -> Result<(), Breaches> {
        if self.0.is_empty() { Ok(()) } else { Err(Breaches(self.0)) }
    }
}

/// The first difference of two lists of rows, in words.
pub(super) fn difference(found: &[String], wanted: &[String]) -> Option<String> {
    if found == wanted {
        return None;
    }
    let counts = format!("{} rows, where {} were expected", found.len(), wanted.len());
    let at = found.iter().zip(wanted).position(|(found, wanted)| found != wanted);
    let at = at.unwrap_or_else(|| found.len().min(wanted.len()));
    let row = |rows: &[String]| rows.get(at).map_or_else(|| "none".to_owned(), |row| format!("`{}`", cut(row)));
    Some(format!("{counts}; the first difference is row {at}: {}, where {} was expected", row(found), row(wanted)))
}

fn cut(text: &str) -> String {
    if text.chars().count() <= 80 { text.to_owned() } else { text.chars().take(80).chain("…".chars()).collect() }
}
