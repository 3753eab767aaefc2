//! What a program writes to have a file written.

use super::target::Target;
use super::writer::Writer;
use crate::connector::{Delivery, Endpoint, Sink, SinkContext, SinkWriter};
use crate::error::Result;
#[cfg(feature = "csv")]
use crate::formats::Csv;
use crate::formats::{Encode, Json, Lines, Text, WriteFormat};
use async_trait::async_trait;
use serde::Serialize;
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

/// Writes the file at `path`, in the format that is said next: [`lines`](FileOut::lines), [`json_lines`](FileOut::json_lines),
/// [`csv`](FileOut::csv) or [`encode_lines`](FileOut::encode_lines). If the name ends with `.gz` it is packed (cargo feature `gzip`).
///
/// # Delivery
/// All at once, or not at all: rows go to a hidden file in the same folder, which takes the path's place when the job has ended well and
/// everything is on the disk. A job that fails or is cancelled removes it, and leaves what stood at the path before as it was. (A
/// process that is killed leaves the hidden file, `.NAME.….part`, behind; it can be deleted.)
///
/// # Errors
/// Before anything is read: no such folder, a directory or a device at the path, no permission to write. Later, the job fails when a
/// write does, as on a full disk.
///
/// ```
/// use flow::prelude::*;
/// #[derive(serde::Serialize)]
/// struct Square {
///     n: i64,
///     square: i64,
/// }
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("squares.jsonl");
/// let pipeline = Pipeline::new("squares");
/// let squares = pipeline.source(sources::iter(1..=2)).map(|n| Square { n, square: n * n });
/// squares.sink(sinks::files(&path).json_lines());
/// pipeline.run_blocking()?;
/// assert_eq!(std::fs::read_to_string(&path)?, "{\"n\":1,\"square\":1}\n{\"n\":2,\"square\":4}\n");
/// # Ok::<(), flow::Error>(())
/// ```
pub fn files(path: impl AsRef<Path>) -> FileOut {
    FileOut { path: path.as_ref().to_owned() }
}

/// A file whose format is still to be said; made by [`files()`].
#[derive(Clone, Debug)]
#[must_use = "say how the file is written: `.lines()`, `.json_lines::<T>()`, `.csv::<T>()`"]
pub struct FileOut {
    path: PathBuf,
}

impl FileOut {
    /// Each row on a line, as it displays itself. (A row with a line break in it takes several.)
    pub fn lines<T: Display + Send + 'static>(self) -> FileSink<Lines<Text<T>>> {
        self.encode_lines(Text::display())
    }

    /// Each row on a line, in JSON.
    pub fn json_lines<T: Serialize + Send + 'static>(self) -> FileSink<Lines<Json<T>>> {
        self.encode_lines(Json::new())
    }

    /// Comma-separated values, with a header made of the first row's fields. Without rows the file is empty.
    #[cfg(feature = "csv")]
    pub fn csv<T: Serialize + Send + 'static>(self) -> FileSink<Csv<T>> {
        self.format(Csv::new())
    }

    /// Each row on a line, in a format of the program's own.
    pub fn encode_lines<E: Encode>(self, format: E) -> FileSink<Lines<E>> {
        self.format(Lines::of(format))
    }

    /// Another format, as CSV with another delimiter.
    pub fn format<F: WriteFormat>(self, format: F) -> FileSink<F> {
        FileSink { path: self.path, format }
    }
}

/// Writes a file in a format; made by [`files()`].
#[derive(Clone)]
pub struct FileSink<F> {
    path: PathBuf,
    format: F,
}

impl<F> fmt::Debug for FileSink<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("sinks::files").field("path", &self.path).finish_non_exhaustive()
    }
}

#[async_trait]
impl<F: WriteFormat> Sink for FileSink<F> {
    type Item = F::Item;

    fn describe(&self) -> Endpoint {
        let path = self.path.to_string_lossy().into_owned();
        let endpoint = Endpoint::described("file").format(self.format.name()).option("path", path);
        self.format.options().into_iter().fold(endpoint, |endpoint, (name, value)| endpoint.option(name, value))
    }

    fn delivery(&self) -> Delivery {
        Delivery::Transactional
    }

    async fn open(&mut self, cx: &SinkContext) -> Result<Box<dyn SinkWriter<F::Item>>> {
        let path = self.path.clone();
        let open = move || Target::at(&path).and_then(|target| target.begin().map(|part| (target, part)));
        let (target, part) = cx.blocking.run(open).await??;
        Ok(Box::new(Writer::new(&self.format, target, part, cx.blocking.clone())))
    }
}
