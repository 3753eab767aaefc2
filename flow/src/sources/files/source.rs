//! What a program writes to read files.

use super::find;
use super::reader::{Reader, ToRead};
use crate::connector::{Endpoint, Source, SourceContext, SourceReader, Split, SplitStart};
use crate::error::Result;
#[cfg(feature = "csv")]
use crate::formats::Csv;
use crate::formats::{Decode, Json, Lines, ReadFormat, Text};
use async_trait::async_trait;
use serde::de::DeserializeOwned;
use std::fmt;
use std::path::{Path, PathBuf};

/// The longest record that is read, unless the source says otherwise.
const LONGEST: usize = 64 << 20;

/// Reads the file at `path`, or all files that a pattern as `orders/2026-*.jsonl` matches (`*`, `?`, `[…]`, and `**` for folders of any
/// depth; hidden files only if the pattern names the dot), in the format that is said next:
/// [`lines`](Files::lines), [`json_lines`](Files::json_lines), [`csv`](Files::csv) or [`decode_lines`](Files::decode_lines).
///
/// A file whose name ends with `.gz` is unpacked (cargo feature `gzip`). Each file is a partition: it is read in order, and has a
/// watermark of its own. A record's offset is the number of its line, from 1.
///
/// # Delivery
/// A restored run goes on behind the last record that was read, if the files have not changed before that place.
///
/// # Errors
/// When the pipeline starts: no such file, a directory, no permission to read, a pattern that matches nothing. When reading fails
/// later, or a packed file is damaged, the job fails. A line that cannot be decoded goes by the pipeline's error policy, with its
/// bytes, its number and the reason; so does a line longer than 64 MiB (see [`longest_record`](FileSource::longest_record)), of which
/// only the beginning is kept.
///
/// ```
/// use flow::prelude::*;
/// #[derive(serde::Deserialize)]
/// struct Order {
///     id: i64,
///     amount: i64,
/// }
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("orders.jsonl");
/// # std::fs::write(&path, "{\"id\":1,\"amount\":50}\nnot an order\n{\"id\":2,\"amount\":250}\n")?;
/// let (rows, sink) = sinks::collect();
/// let pipeline = Pipeline::new("large");
/// pipeline.on_error(OnError::Skip);
/// let orders = pipeline.source(sources::files(path).json_lines::<Order>());
/// orders.filter(|o| o.amount > 100).map(|o| o.id).sink(sink);
/// let report = pipeline.run_blocking()?;
/// assert_eq!((rows.take(), report.skipped()), (vec![2], 1));
/// # Ok::<(), flow::Error>(())
/// ```
pub fn files(path: impl AsRef<Path>) -> Files {
    Files { path: path.as_ref().to_owned() }
}

/// Files whose format is still to be said; made by [`files()`].
#[derive(Clone, Debug)]
#[must_use = "say how the files are read: `.lines()`, `.json_lines::<T>()`, `.csv::<T>()`"]
pub struct Files {
    path: PathBuf,
}

impl Files {
    /// Each line is a `String`, blank ones too.
    pub fn lines(self) -> FileSource<Lines<Text>> {
        self.decode_lines(Text::new())
    }

    /// Each line is a record in JSON. Blank lines are skipped.
    pub fn json_lines<T: DeserializeOwned + Send + 'static>(self) -> FileSource<Lines<Json<T>>> {
        self.decode_lines(Json::new())
    }

    /// Comma-separated values, with a header in each file. Blank lines are skipped.
    #[cfg(feature = "csv")]
    pub fn csv<T: DeserializeOwned + Send + 'static>(self) -> FileSource<Csv<T>> {
        self.format(Csv::new())
    }

    /// Each line is a record in a format of the program's own.
    pub fn decode_lines<D: Decode>(self, format: D) -> FileSource<Lines<D>> {
        self.format(Lines::of(format))
    }

    /// Another format, as CSV with another delimiter.
    pub fn format<F: ReadFormat>(self, format: F) -> FileSource<F> {
        FileSource { path: self.path, format, longest: LONGEST, found: Vec::new() }
    }
}

/// Reads files in a format; made by [`files()`].
#[derive(Clone)]
pub struct FileSource<F> {
    path: PathBuf,
    format: F,
    longest: usize,
    /// The files, by the names of their splits; once they were looked for.
    found: Vec<PathBuf>,
}

impl<F> FileSource<F> {
    /// Takes a record of more bytes than this for malformed, and does not read it into memory. 64 MiB, unless said otherwise.
    #[must_use]
    pub fn longest_record(self, bytes: usize) -> Self {
        Self { longest: bytes.max(1), ..self }
    }
}

impl<F> fmt::Debug for FileSource<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("sources::files").field("path", &self.path).finish_non_exhaustive()
    }
}

fn name(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[async_trait]
impl<F: ReadFormat> Source for FileSource<F> {
    type Item = F::Item;

    fn describe(&self) -> Endpoint {
        let endpoint = Endpoint::described("file").format(self.format.name()).option("path", name(&self.path));
        self.format.options().into_iter().fold(endpoint, |endpoint, (name, value)| endpoint.option(name, value))
    }

    fn bounded(&self) -> bool {
        true
    }

    async fn splits(&mut self, cx: &SourceContext) -> Result<Vec<Split>> {
        let path = self.path.clone();
        self.found = cx.blocking.run(move || find::find(&path)).await??;
        Ok(self.found.iter().map(|path| Split::new(name(path))).collect())
    }

    async fn open(&mut self, splits: Vec<SplitStart>, cx: &SourceContext) -> Result<Box<dyn SourceReader<F::Item>>> {
        let mut files = Vec::with_capacity(splits.len());
        for SplitStart { split, position } in splits {
            // Under its own path, for a path that is not UTF-8 has a name that leads nowhere.
            let found = self.found.iter().find(|path| *name(path) == *split.name);
            let path = found.cloned().unwrap_or_else(|| PathBuf::from(&*split.name));
            files.push(ToRead {
                path,
                position: position.map(|position| position.get()).transpose()?.unwrap_or_default(),
            });
        }
        Ok(Box::new(Reader::new(files, self.format.clone(), self.longest, cx)))
    }
}
