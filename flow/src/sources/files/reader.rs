//! Has some files read on threads that may wait, one step ahead of the pipeline.

use super::FilePosition;
use super::content::Content;
use crate::connector::{Blocking, Position, ReadBuffer, ReadState, SourceContext, SourceReader};
use crate::error::Result;
use crate::formats::{Parse, ReadFormat};
use async_trait::async_trait;
use futures::future::BoxFuture;
use std::collections::VecDeque;
use std::path::PathBuf;

/// How many files are open at a time. They are read in turn, so that their watermarks go on side by side; the others wait.
const OPEN: usize = 16;
/// How many buffers one step fills.
const STEP: usize = 4;

/// A file and where its reading begins.
#[derive(Debug)]
pub(super) struct ToRead {
    pub(super) path: PathBuf,
    pub(super) position: FilePosition,
}

/// Reads files in turn.
pub(super) struct Reader<F: ReadFormat> {
    format: F,
    longest: usize,
    batch_size: usize,
    blocking: Blocking,
    /// Behind the last record that the pipeline was given, of each file.
    positions: Vec<FilePosition>,
    /// The files that are open, in turn.
    open: VecDeque<(usize, Content<F::Parser>)>,
    waiting: VecDeque<(usize, ToRead)>,
    /// The step under way. It is kept here so that nothing is lost when `read` is dropped.
    step: Option<BoxFuture<'static, Result<Step<F>>>>,
    ready: VecDeque<Result<Chunk<F::Item>>>,
}

/// What a step gives: records, and the file if there is more in it.
struct Step<F: ReadFormat> {
    chunks: VecDeque<Result<Chunk<F::Item>>>,
    rest: Option<(usize, Content<F::Parser>)>,
}

/// Records of one file.
struct Chunk<T: Send + 'static> {
    file: usize,
    records: ReadBuffer<T>,
    /// Behind them.
    position: FilePosition,
}

impl<F: ReadFormat> Reader<F> {
    pub(super) fn new(files: Vec<ToRead>, format: F, longest: usize, cx: &SourceContext) -> Self {
        Self {
            format,
            longest,
            batch_size: cx.batch_size,
            blocking: cx.blocking.clone(),
            positions: files.iter().map(|file| file.position).collect(),
            open: VecDeque::new(),
            waiting: files.into_iter().enumerate().collect(),
            step: None,
            ready: VecDeque::new(),
        }
    }

    /// Starts the next step, if none is under way.
    fn start(&mut self, locates: bool) {
        if self.step.is_some() {
            return;
        }
        let (format, longest, batch_size) = (self.format.clone(), self.longest, self.batch_size);
        let next = if self.open.len() < OPEN { self.waiting.pop_front() } else { None };
        self.step = if let Some((file, ToRead { path, position })) = next {
            let call = move || {
                if position.ended {
                    return Step::ended(file, position);
                }
                match Content::open(path, position, &format, longest) {
                    Ok(content) => Step::read(file, content, batch_size, locates),
                    Err(error) => Step { chunks: [Err(error)].into(), rest: None },
                }
            };
            Some(Box::pin(self.blocking.start(call)))
        } else if let Some((file, content)) = self.open.pop_front() {
            Some(Box::pin(self.blocking.start(move || Step::read(file, content, batch_size, locates))))
        } else {
            None
        };
    }

    /// The next records; `None` if all files were read. What is lost when this is dropped is read again: nothing.
    async fn next(&mut self, locates: bool) -> Result<Option<Chunk<F::Item>>> {
        while self.ready.is_empty() {
            self.start(locates);
            let Some(step) = self.step.as_mut() else { return Ok(None) };
            let done = step.await;
            self.step = None;
            let Step { chunks, rest } = done?;
            self.ready = chunks;
            self.open.extend(rest);
        }
        self.start(locates);
        self.ready.pop_front().transpose()
    }

    fn is_done(&self) -> bool {
        self.ready.is_empty() && self.step.is_none() && self.open.is_empty() && self.waiting.is_empty()
    }
}

impl<F: ReadFormat> Step<F> {
    /// Nothing is left of this file.
    fn ended(file: usize, position: FilePosition) -> Self {
        Self { chunks: [Ok(Chunk { file, records: ReadBuffer::new(1, false), position })].into(), rest: None }
    }

    fn read(file: usize, mut content: Content<F::Parser>, batch_size: usize, locates: bool) -> Self
    where
        F::Parser: Parse<Item = F::Item>,
    {
        let mut chunks = VecDeque::new();
        for _ in 0..STEP {
            let mut records = ReadBuffer::new(batch_size, locates);
            let read = content.read(&mut records);
            chunks.push_back(Ok(Chunk { file, records, position: content.position() }));
            match read {
                Ok(false) => {}
                Ok(true) => return Self { chunks, rest: None },
                Err(error) => {
                    chunks.push_back(Err(error));
                    return Self { chunks, rest: None };
                }
            }
        }
        Self { chunks, rest: Some((file, content)) }
    }
}

#[async_trait]
impl<F: ReadFormat> SourceReader<F::Item> for Reader<F> {
    async fn read(&mut self, into: &mut ReadBuffer<F::Item>) -> Result<ReadState> {
        while !into.is_full() {
            let Some(Chunk { file, records, position }) = self.next(into.locates()).await? else {
                return Ok(ReadState::Finished);
            };
            into.select(file);
            into.append(records);
            self.positions[file] = position;
            if position.ended {
                into.end_of_split();
            }
            if !into.is_empty() {
                break;
            }
        }
        Ok(if self.is_done() { ReadState::Finished } else { ReadState::More })
    }

    fn position(&self, split: usize) -> Result<Position> {
        Position::of(&self.positions.get(split).copied().unwrap_or_default())
    }
}
