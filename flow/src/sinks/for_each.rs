//! `sinks::for_each`: an async function for every row.

use crate::connector::{Delivery, Endpoint, Sink, SinkContext, SinkWriter, WriteBatch};
use crate::error::{Error, ErrorKind, Result};
use async_trait::async_trait;
use std::fmt;
use std::marker::PhantomData;

/// Calls an async function with every row, one after the other.
///
/// # Delivery
/// At least once: the next row is not taken before the function has returned, and the rows of a job that failed come again when it
/// is run again.
///
/// # Errors
/// The first row that the function returns an error for ends the job.
///
/// ```
/// use flow::prelude::*;
/// let pipeline = Pipeline::new("sent");
/// pipeline.source(sources::iter(0..3)).sink(sinks::for_each(|row: i64| async move {
///     // here: send it somewhere
///     if row < 3 { Ok(()) } else { Err("three is too many") }
/// }));
/// assert_eq!(pipeline.run_blocking()?.written(), 3);
/// # Ok::<(), flow::Error>(())
/// ```
pub fn for_each<T, E, F, Fut>(call: F) -> ForEachSink<T, F>
where
    F: FnMut(T) -> Fut + Send + 'static,
    Fut: Future<Output = Result<(), E>> + Send + 'static,
    E: fmt::Display + 'static,
    T: Send + 'static,
{
    ForEachSink { call: Some(call), rows: PhantomData }
}

/// Made by [`for_each()`].
pub struct ForEachSink<T, F> {
    call: Option<F>,
    rows: PhantomData<fn(T)>,
}

impl<T, F> fmt::Debug for ForEachSink<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sinks::for_each")
    }
}

#[async_trait]
impl<T, E, F, Fut> Sink for ForEachSink<T, F>
where
    F: FnMut(T) -> Fut + Send + 'static,
    Fut: Future<Output = Result<(), E>> + Send + 'static,
    E: fmt::Display + 'static,
    T: Send + 'static,
{
    type Item = T;

    fn describe(&self) -> Endpoint {
        Endpoint::opaque("for_each", "write to a file or a topic, which other engines can write too")
    }

    fn delivery(&self) -> Delivery {
        Delivery::AtLeastOnce
    }

    async fn open(&mut self, _: &SinkContext) -> Result<Box<dyn SinkWriter<T>>> {
        let call = self.call.take();
        let call = call.ok_or_else(|| Error::new(ErrorKind::Definition, "the sink `for_each` is opened twice"))?;
        Ok(Box::new(Writer { call }))
    }
}

struct Writer<F> {
    call: F,
}

#[async_trait]
impl<T, E, F, Fut> SinkWriter<T> for Writer<F>
where
    F: FnMut(T) -> Fut + Send,
    Fut: Future<Output = Result<(), E>> + Send,
    E: fmt::Display,
    T: Send + 'static,
{
    async fn write(&mut self, batch: &mut WriteBatch<T>) -> Result<()> {
        for row in batch.rows.drain(..) {
            // The error's text is taken before anything is awaited: it need not be `Send`.
            let called = (self.call)(row).await.map_err(|error| error.to_string());
            called.map_err(|reason| Error::new(ErrorKind::User, reason))?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::probe;
    use std::sync::{Arc, Mutex};

    #[tokio::test]
    async fn is_called_in_order_until_an_error() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let rows = Arc::clone(&seen);
        let sink = for_each(move |row| {
            let rows = Arc::clone(&rows);
            async move {
                tokio::task::yield_now().await;
                rows.lock().unwrap().push(row);
                if row < 3 { Ok(()) } else { Err("three is too many") }
            }
        });
        let error = probe::write_all(sink, vec![vec![1, 2], vec![3, 4]]).await.unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::User, "three is too many"));
        assert_eq!(*seen.lock().unwrap(), [1, 2, 3]);
    }
}
