//! `sinks::console`: rows on the standard output.

use crate::connector::{Blocking, Delivery, Endpoint, Sink, SinkContext, SinkWriter, WriteBatch};
use crate::error::{Error, ErrorKind, Result};
use crate::formats::{Json, Lines, Print, Text, WriteFormat};
use async_trait::async_trait;
use serde::Serialize;
use std::fmt::{self, Display};
use std::io::{self, Write};

/// How many bytes are gathered before they are written, while rows keep coming.
const GATHERED: usize = 64 << 10;

/// Prints each row on a line of the standard output, as JSON.
///
/// # Delivery
/// At least once: a row is printed, at the latest, when no other is ready. The rows of a job that failed are printed again when it is
/// run again.
///
/// # Errors
/// When the standard output is closed, or a row refuses to be written as JSON, the job fails.
///
/// ```
/// use flow::prelude::*;
/// let pipeline = Pipeline::new("pairs");
/// pipeline.source(sources::iter(0..3)).map(|n| (n, n * n)).sink(sinks::console()); // [0,0] [1,1] [2,4], a line each
/// pipeline.run_blocking()?;
/// # Ok::<(), flow::Error>(())
/// ```
#[must_use]
pub fn console<T: Serialize + Send + 'static>() -> ConsoleSink<Lines<Json<T>>> {
    ConsoleSink::new(Lines::of(Json::new()), io::stdout())
}

/// Prints each row on the standard output, as it displays itself, and a line break behind it.
///
/// # Delivery
/// As [`console()`].
///
/// # Errors
/// When the standard output is closed, the job fails.
///
/// ```
/// use flow::prelude::*;
/// let pipeline = Pipeline::new("greetings");
/// pipeline.source(sources::iter(["north", "south"])).map(|s| format!("hello {s}")).sink(sinks::console_text());
/// pipeline.run_blocking()?;
/// # Ok::<(), flow::Error>(())
/// ```
#[must_use]
pub fn console_text<T: Display + Send + 'static>() -> ConsoleSink<Lines<Text<T>>> {
    ConsoleSink::new(Lines::of(Text::display()), io::stdout())
}

/// Made by [`console()`] and [`console_text()`].
pub struct ConsoleSink<F> {
    format: F,
    target: Option<Target>,
}

type Target = Box<dyn Write + Send>;

impl<F> ConsoleSink<F> {
    fn new(format: F, target: impl Write + Send + 'static) -> Self {
        Self { format, target: Some(Box::new(target)) }
    }
}

impl<F> fmt::Debug for ConsoleSink<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sinks::console")
    }
}

#[async_trait]
impl<F: WriteFormat> Sink for ConsoleSink<F> {
    type Item = F::Item;

    fn describe(&self) -> Endpoint {
        Endpoint::described("console").format(self.format.name())
    }

    fn delivery(&self) -> Delivery {
        Delivery::AtLeastOnce
    }

    async fn open(&mut self, cx: &SinkContext) -> Result<Box<dyn SinkWriter<F::Item>>> {
        let target = self.target.take();
        if target.is_none() {
            return Err(Error::new(ErrorKind::Definition, "the sink `console` is opened twice"));
        }
        let (name, blocking) = (self.format.name(), cx.blocking.clone());
        Ok(Box::new(Writer { name, printer: self.format.printer(), gathered: Vec::new(), target, blocking }))
    }
}

struct Writer<P> {
    name: &'static str,
    printer: P,
    gathered: Vec<u8>,
    /// Not here while a call writes to it.
    target: Option<Target>,
    blocking: Blocking,
}

impl<P> Writer<P> {
    /// Writes what was gathered.
    async fn send(&mut self) -> Result<()> {
        let lost = || Error::new(ErrorKind::Io, "an earlier write to the console was cut off");
        let mut target = self.target.take().ok_or_else(lost)?;
        let mut bytes = std::mem::take(&mut self.gathered);
        let call = move || {
            let written = target.write_all(&bytes).and_then(|()| target.flush());
            bytes.clear();
            (target, bytes, written)
        };
        let (target, bytes, written) = self.blocking.run(call).await?;
        (self.target, self.gathered) = (Some(target), bytes);
        written.map_err(|error| Error::new(ErrorKind::Io, format!("the console cannot be written to: {error}")))
    }
}

#[async_trait]
impl<P: Print> SinkWriter<P::Item> for Writer<P> {
    async fn write(&mut self, batch: &mut WriteBatch<P::Item>) -> Result<()> {
        let printed = self.printer.print(&batch.rows, &mut self.gathered);
        printed.map_err(|reason| {
            Error::new(ErrorKind::User, format!("a row cannot be written as {}: {reason}", self.name))
        })?;
        batch.rows.clear();
        if self.gathered.len() >= GATHERED { self.send().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<()> {
        if self.gathered.is_empty() { Ok(()) } else { self.send().await }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::probe;
    use std::sync::{Arc, Mutex};

    /// Every call of `write`, by its bytes.
    #[derive(Clone, Default)]
    struct Calls(Arc<Mutex<Vec<Vec<u8>>>>);

    impl Write for Calls {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().push(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn rows_are_gathered_until_a_flush() {
        let calls = Calls::default();
        let mut writer =
            probe::open_sink(ConsoleSink::new(Lines::of(Json::<(i64, &str)>::new()), calls.clone())).await.unwrap();
        for batch in [vec![(1, "a")], vec![(2, "b"), (3, "c")]] {
            writer.write(&mut probe::rows(batch)).await.unwrap();
        }
        assert!(calls.0.lock().unwrap().is_empty());
        writer.flush().await.unwrap();
        writer.flush().await.unwrap();
        assert_eq!(*calls.0.lock().unwrap(), [b"[1,\"a\"]\n[2,\"b\"]\n[3,\"c\"]\n"]);
        for _ in 0..1000 {
            writer.write(&mut probe::rows(vec![(1, "a"); 100])).await.unwrap();
        }
        let calls = calls.0.lock().unwrap();
        assert!((10..20).contains(&calls.len()), "{} calls for 800 kB", calls.len());
    }

    #[tokio::test]
    async fn text_is_displayed_and_a_closed_output_fails_the_job() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let calls = Calls::default();
        let sink = ConsoleSink::new(Lines::of(Text::display()), calls.clone());
        probe::write_all(sink, vec![vec![1.5, 2.0]]).await.unwrap();
        assert_eq!(*calls.0.lock().unwrap(), [b"1.5\n2\n"]);
        let sink = ConsoleSink::new(Lines::of(Text::display()), Closed);
        let error = probe::write_all(sink, vec![vec![1]]).await.unwrap_err();
        assert_eq!(error.to_string(), "input/output: the console cannot be written to: broken pipe");
    }
}
