//! An edge between two tasks: a queue that is bounded in records, with one sender and one receiver.
//!
//! A full queue makes its sender wait: that is the backpressure. The queue is our own, for a task sends and receives by
//! polling many edges at once, counts records and not messages, and shows its depth and the time that its sender was blocked.

use crate::element::Element;
use crate::error::{Error, ErrorKind};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::time::Instant;

/// What an edge shows of itself.
#[derive(Debug)]
pub(crate) struct EdgeStats {
    /// Records in the queue.
    pub(crate) depth: AtomicUsize,
    /// The most that there ever were.
    pub(crate) deepest: AtomicUsize,
    /// How many records it takes before its sender waits.
    pub(crate) capacity: usize,
    blocked_nanos: AtomicU64,
    blocked: AtomicBool,
}

impl EdgeStats {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            depth: AtomicUsize::new(0),
            deepest: AtomicUsize::new(0),
            capacity,
            blocked_nanos: AtomicU64::new(0),
            blocked: AtomicBool::new(false),
        }
    }

    /// How long its sender has waited for room.
    pub(crate) fn blocked(&self) -> Duration {
        Duration::from_nanos(self.blocked_nanos.load(Relaxed))
    }

    /// Whether its sender waits for room now.
    pub(crate) fn is_blocked(&self) -> bool {
        self.blocked.load(Relaxed)
    }
}

struct Queue<T: 'static> {
    elements: VecDeque<Element<T>>,
    records: usize,
    /// Who waits: the receiver for elements, the sender for room.
    receiver: Option<Waker>,
    sender: Option<Waker>,
    receiver_gone: bool,
    sender_gone: bool,
}

struct Shared<T: 'static> {
    queue: Mutex<Queue<T>>,
    stats: Arc<EdgeStats>,
}

impl<T: 'static> Shared<T> {
    fn queue(&self) -> MutexGuard<'_, Queue<T>> {
        // Nothing panics while the lock is held.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end that puts elements on the edge.
pub(crate) struct Sender<T: 'static> {
    shared: Arc<Shared<T>>,
    blocked_since: Option<Instant>,
}

/// The end that takes elements off the edge.
pub(crate) struct Receiver<T: 'static>(Arc<Shared<T>>);

/// An edge that holds up to `stats.capacity` records (one batch, if that is larger).
pub(crate) fn edge<T: Send + 'static>(stats: Arc<EdgeStats>) -> (Sender<T>, Receiver<T>) {
    let queue = Queue {
        elements: VecDeque::new(),
        records: 0,
        receiver: None,
        sender: None,
        receiver_gone: false,
        sender_gone: false,
    };
    let shared = Arc::new(Shared { queue: Mutex::new(queue), stats });
    (Sender { shared: Arc::clone(&shared), blocked_since: None }, Receiver(shared))
}

/// What an element counts as: control takes little room, but not none, so that it too is bounded.
fn weight<T>(element: &Element<T>) -> usize {
    match element {
        Element::Batch(batch) => batch.weight(),
        _ => 1,
    }
}

impl<T: Send + 'static> Sender<T> {
    /// Puts the element on the edge as soon as there is room. It stays with the caller while there is none.
    ///
    /// Ready with an error when the receiver is gone.
    pub(crate) fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        element: &mut VecDeque<Element<T>>,
    ) -> Poll<Result<(), Error>> {
        let Some(weight) = element.front().map(weight) else { return Poll::Ready(Ok(())) };
        let mut queue = self.shared.queue();
        if queue.receiver_gone {
            return Poll::Ready(Err(Error::new(ErrorKind::Cancelled, "the stage behind this one has ended")));
        }
        if queue.records > 0 && queue.records + weight > self.shared.stats.capacity {
            queue.sender = Some(cx.waker().clone());
            drop(queue);
            self.blocked_since.get_or_insert_with(Instant::now);
            self.shared.stats.blocked.store(true, Relaxed);
            return Poll::Pending;
        }
        queue.elements.extend(element.pop_front());
        queue.records += weight;
        let (records, waker) = (queue.records, queue.receiver.take());
        drop(queue);
        let stats = &self.shared.stats;
        stats.depth.store(records, Relaxed);
        stats.deepest.fetch_max(records, Relaxed);
        if let Some(since) = self.blocked_since.take() {
            stats.blocked_nanos.fetch_add(since.elapsed().as_nanos() as u64, Relaxed);
            stats.blocked.store(false, Relaxed);
        }
        if let Some(waker) = waker {
            waker.wake();
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: Send + 'static> Receiver<T> {
    /// Ready when there is something to take, or the sender is gone.
    pub(crate) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut queue = self.0.queue();
        if !queue.elements.is_empty() || queue.sender_gone {
            return Poll::Ready(());
        }
        queue.receiver = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Takes the next element. `None` when the sender is gone without having sent the end: it has failed.
    pub(crate) fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Option<Element<T>>> {
        let mut queue = self.0.queue();
        let Some(element) = queue.elements.pop_front() else {
            if queue.sender_gone {
                return Poll::Ready(None);
            }
            queue.receiver = Some(cx.waker().clone());
            return Poll::Pending;
        };
        queue.records -= weight(&element);
        let (records, waker) = (queue.records, queue.sender.take());
        drop(queue);
        self.0.stats.depth.store(records, Relaxed);
        if let Some(waker) = waker {
            waker.wake();
        }
        Poll::Ready(Some(element))
    }
}

impl<T: 'static> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut queue = self.shared.queue();
        queue.sender_gone = true;
        let waker = queue.receiver.take();
        drop(queue);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T: 'static> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut queue = self.0.queue();
        queue.receiver_gone = true;
        let (waker, elements) = (queue.sender.take(), std::mem::take(&mut queue.elements));
        drop(queue);
        drop(elements);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
