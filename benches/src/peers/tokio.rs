//! A task per operator, with bounded channels between them.

use std::future::Future;

use tokio::runtime::Builder;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::steps::Step;
use crate::events::feed::Batches;
use crate::sink::{Checked, Taken};

/// Records that a channel holds: as many as the queues of flow.
const CAPACITY: usize = 8 * 1024;

/// What is sent from task to task.
pub(super) trait Message: 'static {
    /// A message of such records.
    type Of<T: Send + 'static>: Send + 'static;
    /// How many messages a channel holds.
    const CAPACITY: usize;

    /// Sends all of these, and leaves an empty vector. False if nobody receives any more.
    fn send<T: Send + 'static>(from: &mut Vec<T>, to: &Sender<Self::Of<T>>) -> impl Future<Output = bool> + Send;

    /// Lets an operator work on a message; `out` is empty.
    fn work<S: Step>(step: &mut S, message: Self::Of<S::In>, out: &mut Vec<S::Out>);

    /// Appends the records of a message.
    fn take<T: Send + 'static>(message: Self::Of<T>, to: &mut Vec<T>);
}

/// One record a message.
pub(super) struct One;

impl Message for One {
    type Of<T: Send + 'static> = T;
    const CAPACITY: usize = CAPACITY;

    async fn send<T: Send + 'static>(from: &mut Vec<T>, to: &Sender<T>) -> bool {
        for record in from.drain(..) {
            if to.send(record).await.is_err() {
                return false;
            }
        }
        true
    }

    fn work<S: Step>(step: &mut S, message: S::In, out: &mut Vec<S::Out>) {
        step.one(message, out);
    }

    fn take<T: Send + 'static>(message: T, to: &mut Vec<T>) {
        to.push(message);
    }
}

/// As many as a batch of input holds.
pub(super) struct Many;

impl Message for Many {
    type Of<T: Send + 'static> = Vec<T>;
    const CAPACITY: usize = CAPACITY / 1024;

    async fn send<T: Send + 'static>(from: &mut Vec<T>, to: &Sender<Vec<T>>) -> bool {
        from.is_empty() || to.send(std::mem::take(from)).await.is_ok()
    }

    fn work<S: Step>(step: &mut S, message: Vec<S::In>, out: &mut Vec<S::Out>) {
        *out = step.many(message);
    }

    fn take<T: Send + 'static>(mut message: Vec<T>, to: &mut Vec<T>) {
        to.append(&mut message);
    }
}

/// Runs tasks on one core.
pub(super) fn run<G>(tasks: impl Future<Output = G>) -> G {
    Builder::new_current_thread().build().expect("a runtime").block_on(tasks)
}

/// The task that sends the input.
pub(super) fn source<M: Message, T: Send + 'static>(batches: Batches<T>) -> Receiver<M::Of<T>> {
    let (send, receive) = channel(M::CAPACITY);
    tokio::spawn(async move {
        for mut batch in batches {
            if !M::send(&mut batch, &send).await {
                return;
            }
        }
    });
    receive
}

/// The task of an operator.
pub(super) fn stage<M: Message, S: Step>(mut input: Receiver<M::Of<S::In>>, mut step: S) -> Receiver<M::Of<S::Out>> {
    let (send, receive) = channel(M::CAPACITY);
    tokio::spawn(async move {
        let mut out = Vec::new();
        while let Some(message) = input.recv().await {
            M::work(&mut step, message, &mut out);
            if !M::send(&mut out, &send).await {
                return;
            }
        }
        step.end(&mut out);
        M::send(&mut out, &send).await;
    });
    receive
}

/// Two inputs as one, in the order in which they come.
pub(super) fn merge<M, A, B, T>(
    mut a: Receiver<M::Of<A>>,
    mut b: Receiver<M::Of<B>>,
    of_a: fn(A) -> T,
    of_b: fn(B) -> T,
) -> Receiver<M::Of<T>>
where
    M: Message,
    A: Send + 'static,
    B: Send + 'static,
    T: Send + 'static,
{
    let (send, receive) = channel(M::CAPACITY);
    tokio::spawn(async move {
        let (mut some_a, mut some_b, mut out) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            tokio::select! {
                Some(message) = a.recv() => M::take::<A>(message, &mut some_a),
                Some(message) = b.recv() => M::take::<B>(message, &mut some_b),
                else => return,
            }
            out.extend(some_a.drain(..).map(of_a));
            out.extend(some_b.drain(..).map(of_b));
            if !M::send(&mut out, &send).await {
                return;
            }
        }
    });
    receive
}

/// The sink, which the caller waits for.
pub(super) async fn sink<M: Message, R: Checked>(mut input: Receiver<M::Of<R>>, empty: &Taken<R>) -> Taken<R> {
    let (mut taken, mut rows) = (empty.like(), Vec::new());
    while let Some(message) = input.recv().await {
        M::take::<R>(message, &mut rows);
        taken.take(&mut rows);
    }
    taken
}
