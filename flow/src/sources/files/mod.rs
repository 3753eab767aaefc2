//! `sources::files`: text, JSON lines and CSV in files, also packed by gzip.
//!
//! `find` finds the files and says what is wrong with a path; `content` cuts one file's bytes into records, on a thread that may wait;
//! `reader` has some files read so, a few at a time, one step ahead of the pipeline.

mod content;
mod find;
mod reader;
mod source;
#[cfg(test)]
mod tests;

pub use source::{FileSource, Files, files};

/// Where in a file reading goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct FilePosition {
    /// The number of bytes before it, after unpacking.
    byte: u64,
    /// The number of lines before it.
    line: u64,
    /// Whether the file was read to its end.
    ended: bool,
}
