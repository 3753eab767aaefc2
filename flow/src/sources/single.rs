//! What sources share that cannot be divided: one split, one reader, opened once.

use crate::connector::{Position, ReadBuffer, ReadState, SourceReader, Split, SplitStart};
use crate::error::{Error, ErrorKind, Result};
use async_trait::async_trait;

/// The one split of a source of this kind.
pub(super) fn splits(kind: &str) -> Vec<Split> {
    vec![Split::new(kind)]
}

/// Opens the reader of the one split: `open` gets what the source holds and the number of records that were read before.
/// A task that got no split reads nothing.
pub(super) fn open<P, T: Send + 'static>(
    kind: &str,
    held: &mut Option<P>,
    splits: &[SplitStart],
    open: impl FnOnce(P, u64) -> Box<dyn SourceReader<T>>,
) -> Result<Box<dyn SourceReader<T>>> {
    let Some(start) = splits.first() else { return Ok(Box::new(Nothing)) };
    let read = start.position.as_ref().map_or(Ok(0), Position::get)?;
    let held = held.take().ok_or_else(|| {
        Error::new(ErrorKind::Definition, format!("the source `{kind}` is opened twice"))
            .help("make a new one for each run")
    })?;
    Ok(open(held, read))
}

/// Reads nothing: for the tasks that got no split.
pub(super) struct Nothing;

#[async_trait]
impl<T: Send + 'static> SourceReader<T> for Nothing {
    async fn read(&mut self, _: &mut ReadBuffer<T>) -> Result<ReadState> {
        Ok(ReadState::Finished)
    }

    fn position(&self, _: usize) -> Result<Position> {
        Position::of(&0_u64)
    }
}
