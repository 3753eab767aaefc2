//! Counts which rows have arrived: one callback for all, and nothing per row but a number.

use crate::client::Voice;
use crate::failure;
use flow::Error;
use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::Message as _;
use rdkafka::producer::{DeliveryResult, ProducerContext};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;

/// What has become of the rows of all writers of a sink.
pub(crate) struct Deliveries {
    voice: Voice,
    /// By task.
    writers: Vec<Progress>,
    /// Whether somebody waits for room in the client's queue.
    full: AtomicBool,
    room: Notify,
    failed: AtomicBool,
    /// The first row that did not arrive.
    first: Mutex<Option<Error>>,
}

/// How many rows of a writer have an answer.
#[derive(Default)]
struct Progress {
    answered: AtomicU64,
    /// The number that a flush waits for.
    awaited: AtomicU64,
    reached: Notify,
}

impl Deliveries {
    pub(super) fn new(voice: Voice, writers: usize) -> Self {
        let progress = || Progress { awaited: AtomicU64::new(u64::MAX), ..Progress::default() };
        Self {
            voice,
            writers: (0..writers.max(1)).map(|_| progress()).collect(),
            full: AtomicBool::new(false),
            room: Notify::new(),
            failed: AtomicBool::new(false),
            first: Mutex::new(None),
        }
    }

    pub(super) fn voice(&self) -> &Voice {
        &self.voice
    }

    /// How many rows of a writer have an answer already.
    pub(super) fn answered(&self, writer: usize) -> u64 {
        self.writers[writer].answered.load(SeqCst)
    }

    /// The first failure.
    pub(super) fn check(&self) -> Result<(), Error> {
        if !self.failed.load(SeqCst) {
            return Ok(());
        }
        match &*self.first.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    /// Waits until so many rows of a writer have an answer, or one has failed.
    ///
    /// # Cancel safety
    /// May be dropped and called again.
    pub(super) async fn until(&self, writer: usize, rows: u64) -> Result<(), Error> {
        let progress = &self.writers[writer];
        progress.awaited.store(rows, SeqCst);
        loop {
            let reached = progress.reached.notified();
            self.check()?;
            if progress.answered.load(SeqCst) >= rows {
                progress.awaited.store(u64::MAX, SeqCst);
                return Ok(());
            }
            reached.await;
        }
    }

    /// Waits until the client's queue may have room.
    pub(super) async fn room(&self, has_room: impl FnOnce() -> bool) {
        let mut room = std::pin::pin!(self.room.notified());
        room.as_mut().enable();
        self.full.store(true, SeqCst);
        // What was answered, or failed, before that woke nobody.
        if !self.failed.load(SeqCst) && !has_room() {
            room.await;
        }
    }

    fn fail(&self, error: Error) {
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert(error);
        self.failed.store(true, SeqCst);
        drop(first);
        self.writers.iter().for_each(|writer| writer.reached.notify_one());
        self.room.notify_waiters();
    }
}

impl ProducerContext for Deliveries {
    /// The task whose row it is.
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, writer: usize) {
        if let Err((error, message)) = result {
            let place = format!("a row was not delivered to {}/{}", message.topic(), message.partition());
            let size = message.payload_len() + message.key_len();
            match error.rdkafka_error_code() {
                // The sink was closed before its rows were out: whoever closed it knows why.
                Some(Code::PurgeQueue | Code::PurgeInflight) => {}
                Some(code) => self.fail(failure::coded(&format!("{place} ({size} bytes)"), code)),
                None => self.fail(failure::of(&place, error)),
            }
        }
        let progress = &self.writers[writer];
        let answered = progress.answered.fetch_add(1, SeqCst) + 1;
        if answered >= progress.awaited.load(SeqCst) {
            progress.reached.notify_one();
        }
        if self.full.load(SeqCst) && self.full.swap(false, SeqCst) {
            self.room.notify_waiters();
        }
    }
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.voice.log(level, facility, message);
    }

    fn stats_raw(&self, statistics: &[u8]) {
        self.voice.stats_raw(statistics);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        // Only what the client cannot mend: it connects again by itself.
        if let Some(code) = error.rdkafka_error_code().filter(|code| *code == Code::Fatal || failure::is_refusal(*code))
        {
            self.fail(failure::coded(&format!("writing ({})", self.voice.hide(reason)), code));
        }
        self.voice.error(error, reason);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hidden::Hidden;
    use flow::ErrorKind;
    use std::future::Future as _;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    #[test]
    fn who_waits_for_room_hears_of_a_failure() {
        let deliveries = Deliveries::new(Voice::new(Hidden::default(), None), 1);
        let mut room = pin!(deliveries.room(|| false));
        let mut cx = Context::from_waker(Waker::noop());
        assert_eq!(room.as_mut().poll(&mut cx), Poll::Pending);
        deliveries.fail(Error::new(ErrorKind::Io, "no right to write"));
        assert_eq!(room.as_mut().poll(&mut cx), Poll::Ready(()));
        assert_eq!(pin!(deliveries.room(|| false)).poll(&mut cx), Poll::Ready(()), "and who comes later");
        assert!(deliveries.check().is_err_and(|error| error.to_string().contains("no right to write")));
    }
}
