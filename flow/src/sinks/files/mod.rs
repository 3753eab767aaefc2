//! `sinks::files`: text, JSON lines and CSV in a file that appears whole or not at all.
//!
//! `target` checks the path and holds the hidden file until it is published; `writer` gathers rows and has them written on a thread
//! that may wait, while the next ones are gathered.

mod sink;
mod target;
#[cfg(test)]
mod tests;
mod writer;

pub use sink::{FileOut, FileSink, files};
