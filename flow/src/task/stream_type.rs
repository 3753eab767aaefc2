//! What can be done with a stream without knowing the type of its records.

use super::chain::Chain;
use super::control::{SplitNames, Task};
use super::edge::{EdgeStats, Receiver, Sender, edge};
use super::input::InputTask;
use super::merge::Merger;
use super::tail::{Exchange, GroupsOf, Tail};
use crate::connector::DeadLetter;
use crate::element::Combiner;
use crate::error::StageRef;
use crate::operator::erased::Erased;
use crate::operator::{Push, TaskContext, Tee};
use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

/// How records find their task, with the type of the records forgotten.
#[derive(Clone)]
pub(crate) enum Route {
    Forward,
    Rebalance,
    /// A [`HashRoute<T>`].
    Hash(Arc<dyn Any + Send + Sync>),
}

impl Route {
    pub(crate) fn hash<T: Send + 'static>(groups: GroupsOf<T>) -> Self {
        Self::hash_of(groups, None)
    }

    /// By the key groups of records, which are gathered before, where that is possible.
    pub(crate) fn hash_of<T: Send + 'static>(groups: GroupsOf<T>, combiner: Option<Combiner<T>>) -> Self {
        Self::Hash(Arc::new(HashRoute { groups, combiner }))
    }
}

struct HashRoute<T: 'static> {
    groups: GroupsOf<T>,
    combiner: Option<Combiner<T>>,
}

/// Makes the parts of a job that carry records of one type.
pub(crate) trait StreamType: Send + Sync {
    /// A `Sender<T>` and a `Receiver<T>`.
    fn edge(&self, stats: Arc<EdgeStats>) -> (Erased, Erased);
    /// A `Box<dyn Push<T>>` that puts on the edges to a stage, which may begin with this watermark.
    fn tail(&self, senders: Vec<Erased>, route: &Route, batch_size: usize, to: (&StageRef, i64)) -> Erased;
    /// A `Box<dyn Push<T>>` that pushes to several.
    fn tee(&self, pushes: Vec<Erased>) -> Erased;
    /// A `Merger<T>`.
    fn merger(&self, receivers: Vec<Erased>) -> Erased;
    /// A task that reads edges.
    fn input_task(&self, name: String, merger: Erased, push: Erased, chain: ChainParts) -> Box<dyn Task>;
}

/// What a chain needs beside its operators.
pub(crate) struct ChainParts {
    pub(crate) dead: Option<Box<dyn Push<DeadLetter>>>,
    pub(crate) cx: TaskContext,
    pub(crate) splits: SplitNames,
}

impl ChainParts {
    pub(crate) fn chain<T: Send + 'static>(self, push: Box<dyn Push<T>>) -> Chain<T> {
        Chain::new(push, self.dead, self.cx, self.splits)
    }
}

/// The type of a stream that is taken once.
pub(crate) struct TypeOf<T>(PhantomData<fn() -> T>);

/// The type of a stream whose records can be copied.
pub(crate) struct CloneOf<T>(PhantomData<fn() -> T>);

impl<T: Send + 'static> TypeOf<T> {
    pub(crate) fn erased() -> Arc<dyn StreamType> {
        Arc::new(Self(PhantomData))
    }
}

impl<T: Clone + Send + 'static> CloneOf<T> {
    pub(crate) fn erased() -> Arc<dyn StreamType> {
        Arc::new(Self(PhantomData))
    }
}

fn pushes<T: 'static>(erased: Vec<Erased>) -> Vec<Box<dyn Push<T>>> {
    erased.into_iter().map(Erased::take).collect()
}

fn tail<T: Send + 'static>(senders: Vec<Erased>, route: &Route, batch_size: usize, to: (&StageRef, i64)) -> Erased {
    let senders: Vec<Sender<T>> = senders.into_iter().map(Erased::take).collect();
    let (exchange, combine) = match route {
        Route::Forward => (Exchange::Forward, None),
        Route::Rebalance => (Exchange::Rebalance, None),
        Route::Hash(route) => match route.downcast_ref::<HashRoute<T>>() {
            Some(route) => (Exchange::Hash(Arc::clone(&route.groups)), route.combiner.as_ref().map(|make| make(to.1))),
            None => unreachable!("an exchange was joined to a stream of another type"),
        },
    };
    Erased::new::<Box<dyn Push<T>>>(Box::new(Tail::new(senders, (exchange, combine), batch_size, to.0.clone())))
}

fn merger<T: Send + 'static>(receivers: Vec<Erased>) -> Erased {
    Erased::new(Merger::new(receivers.into_iter().map(Erased::take::<Receiver<T>>).collect()))
}

macro_rules! stream_type {
    ($name:ident, $tee:expr, $($bound:tt)*) => {
        impl<T: $($bound)*> StreamType for $name<T> {
            fn edge(&self, stats: Arc<EdgeStats>) -> (Erased, Erased) {
                let (sender, receiver) = edge::<T>(stats);
                (Erased::new(sender), Erased::new(receiver))
            }
            fn tail(&self, senders: Vec<Erased>, route: &Route, batch_size: usize, to: (&StageRef, i64)) -> Erased {
                tail::<T>(senders, route, batch_size, to)
            }
            fn tee(&self, pushes: Vec<Erased>) -> Erased {
                $tee(pushes)
            }
            fn merger(&self, receivers: Vec<Erased>) -> Erased {
                merger::<T>(receivers)
            }
            fn input_task(&self, name: String, merger: Erased, push: Erased, chain: ChainParts) -> Box<dyn Task> {
                let push: Box<dyn Push<T>> = push.take();
                Box::new(InputTask::<T>::new(name, merger.take(), chain.chain(push)))
            }
        }
    };
}

stream_type!(
    TypeOf,
    |mut pushes: Vec<Erased>| match (pushes.pop(), pushes.len()) {
        (Some(push), 0) => push,
        _ => unreachable!("a stream that cannot be copied is taken once: `tee` asks for `Clone`"),
    },
    Send + 'static
);
stream_type!(
    CloneOf,
    |erased| Erased::new::<Box<dyn Push<T>>>(Box::new(Tee(pushes::<T>(erased)))),
    Clone + Send + 'static
);
