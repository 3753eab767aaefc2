//! Cuts the bytes of one file into records, on a thread that may wait.

use super::FilePosition;
use super::find::{self, Opened};
use crate::connector::{Malformed, ReadBuffer};
use crate::error::{Error, ErrorKind, Result};
use crate::formats::{Parse, Parsed, ReadFormat};
use bytes::Bytes;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// How much is read at a time, and how many bytes of records a buffer is filled with at most.
const BLOCK: usize = 256 << 10;
/// How much is kept of a record that is too long.
const KEPT: usize = 4 << 10;
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// One file that is being read.
pub(super) struct Content<P> {
    path: PathBuf,
    input: Box<dyn Read + Send>,
    parser: P,
    /// What was read and is not yet taken: `block[start..end]`.
    block: Vec<u8>,
    start: usize,
    end: usize,
    /// Whether the file has no more bytes than those in the block.
    last: bool,
    longest: usize,
    at: FilePosition,
}

impl<P: Parse> Content<P> {
    /// Opens a file at a position.
    pub(super) fn open<F>(path: PathBuf, at: FilePosition, format: &F, longest: usize) -> Result<Self>
    where
        F: ReadFormat<Parser = P>,
    {
        let mut content = Self {
            input: Box::new(io::empty()),
            parser: format.parser(),
            block: vec![0; BLOCK],
            start: 0,
            end: 0,
            last: false,
            longest,
            at: FilePosition::default(),
            path,
        };
        if at == FilePosition::default() || format.has_header() {
            content.go_to(FilePosition::default())?;
            content.skip_mark()?;
        }
        if at != FilePosition::default() {
            if format.has_header() {
                content.take_header()?;
            }
            content.go_to(at)?;
        }
        Ok(content)
    }

    /// Opens the file to be read from the position on. It must reach so far.
    fn go_to(&mut self, at: FilePosition) -> Result<()> {
        self.input = match find::open(&self.path)? {
            Opened::Plain(mut file) => {
                let length = file.metadata().map_err(|error| self.failed(&error))?.len();
                if length < at.byte {
                    return Err(self.shorter(at));
                }
                file.seek(SeekFrom::Start(at.byte)).map_err(|error| self.failed(&error))?;
                Box::new(file)
            }
            Opened::Stream(mut input) => {
                let skipped = io::copy(&mut input.by_ref().take(at.byte), &mut io::sink());
                if skipped.map_err(|error| self.failed(&error))? < at.byte {
                    return Err(self.shorter(at));
                }
                input
            }
        };
        (self.start, self.end, self.last) = (0, 0, false);
        self.at = at;
        self.parser.reset();
        Ok(())
    }

    fn skip_mark(&mut self) -> Result<()> {
        while self.end < BYTE_ORDER_MARK.len() && !self.last {
            self.fill()?;
        }
        if self.block[..self.end].starts_with(BYTE_ORDER_MARK) {
            self.take(BYTE_ORDER_MARK.len(), 0);
        }
        Ok(())
    }

    /// Shows the parser what stands before all records.
    fn take_header(&mut self) -> Result<()> {
        while !(self.last && self.start == self.end) {
            match self.parser.next(&self.block[self.start..self.end], self.last) {
                Parsed::More => self.fill()?,
                // Blank lines before the header are taken one by one.
                Parsed::Taken { bytes, lines, .. } => {
                    let blank = self.block[self.start..self.start + bytes].trim_ascii().is_empty();
                    self.take(bytes, lines);
                    if !blank {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// Where the next record begins.
    pub(super) fn position(&self) -> FilePosition {
        self.at
    }

    /// Fills the buffer with records, until it is full or has taken a block's worth of bytes. Whether the file has ended.
    pub(super) fn read(&mut self, into: &mut ReadBuffer<P::Item>) -> Result<bool> {
        let enough = self.at.byte.saturating_add(BLOCK as u64);
        while !into.is_full() && self.at.byte < enough {
            if self.start == self.end && !self.last {
                self.fill()?;
                continue;
            }
            if self.start == self.end {
                break;
            }
            match self.parser.next(&self.block[self.start..self.end], self.last) {
                // A line break of two bytes may stand, or end, behind a record.
                Parsed::More if self.end - self.start > self.longest.saturating_add(1) => self.skip_record(into),
                Parsed::More => self.fill(),
                Parsed::Taken { bytes, .. } if self.record(bytes).len() > self.longest => self.skip_record(into),
                Parsed::Taken { bytes, lines, record } => {
                    let line = self.at.line + 1;
                    match record {
                        Ok(Some(record)) => into.push_at(record, line),
                        Ok(None) => {}
                        Err(reason) => into.malformed(self.malformed(bytes, line, reason)),
                    }
                    self.take(bytes, lines);
                    Ok(())
                }
            }?;
        }
        self.at.ended = self.last && self.start == self.end;
        Ok(self.at.ended)
    }

    /// The bytes of the record that begins here, without its line break.
    fn record(&self, bytes: usize) -> &[u8] {
        let record = &self.block[self.start..self.start + bytes];
        let record = record.strip_suffix(b"\n").unwrap_or(record);
        record.strip_suffix(b"\r").unwrap_or(record)
    }

    fn malformed(&self, bytes: usize, line: u64, reason: String) -> Malformed {
        let original = Bytes::copy_from_slice(self.record(bytes));
        Malformed { original, reason, offset: Some(line), attributes: Vec::new() }
    }

    #[inline]
    fn take(&mut self, bytes: usize, lines: u64) {
        self.start += bytes;
        self.at.byte += bytes as u64;
        self.at.line += lines;
    }

    /// Reads more behind what is in the block, which grows if it is full; up to the longest record and one more byte.
    fn fill(&mut self) -> Result<()> {
        if self.start > 0 {
            self.block.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.block.len() {
            let room = self.block.len().saturating_mul(2).min(self.longest.saturating_add(3));
            self.block.resize(room.max(self.end + 1), 0);
        }
        loop {
            match self.input.read(&mut self.block[self.end..]) {
                Ok(0) => self.last = true,
                Ok(read) => self.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.failed(&error)),
            }
            return Ok(());
        }
    }

    /// Goes on with the line behind this one, which is too long; only its beginning is kept.
    fn skip_record(&mut self, into: &mut ReadBuffer<P::Item>) -> Result<()> {
        let beginning = &self.block[self.start..self.end.min(self.start + KEPT)];
        let beginning = beginning.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let (original, line) = (Bytes::copy_from_slice(beginning), self.at.line + 1);
        self.parser.reset();
        loop {
            if let Some(at) = memchr::memchr(b'\n', &self.block[self.start..self.end]) {
                self.take(at + 1, 1);
                break;
            }
            self.take(self.end - self.start, 0);
            if self.last {
                break;
            }
            self.fill()?;
        }
        let (longest, kept) = (self.longest, original.len());
        let reason = format!("longer than the {longest} bytes that a record may have; its first {kept} are kept");
        into.malformed(Malformed { original, reason, offset: Some(line), attributes: Vec::new() });
        Ok(())
    }

    fn failed(&self, error: &io::Error) -> Error {
        let (path, line) = (self.path.display(), self.at.line);
        Error::new(ErrorKind::Io, format!("reading `{path}` failed after line {line}: {error}"))
    }

    fn shorter(&self, at: FilePosition) -> Error {
        let path = self.path.display();
        Error::new(
            ErrorKind::Snapshot,
            format!("`{path}` is shorter than the {} bytes that were read of it before", at.byte),
        )
        .help("restore with the files that the snapshot was made with")
    }
}

/// For the log and for errors.
impl<P> std::fmt::Debug for Content<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path: &Path = &self.path;
        f.debug_struct("Content").field("path", &path).field("at", &self.at).finish_non_exhaustive()
    }
}
