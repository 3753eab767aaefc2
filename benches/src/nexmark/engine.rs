//! Who answers a query.

use std::error::Error;
use std::sync::PoisonError;

use super::{Name, Workload};
use crate::queries::Query;
use crate::sink::{Taken, taking};

/// An engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Engine {
    /// The pipeline.
    Flow,
    /// The loop written by hand.
    Hand,
    /// tokio, a task per operator, a record a message.
    #[cfg(feature = "peers")]
    Tokio1,
    /// tokio, a task per operator, a batch of 1,024 a message.
    #[cfg(feature = "peers")]
    Tokio1024,
    /// A chain of `futures::Stream` combinators.
    #[cfg(feature = "peers")]
    Futures,
    /// Timely dataflow.
    #[cfg(feature = "peers")]
    Timely,
}

impl Engine {
    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Flow => "flow",
            Self::Hand => "hand",
            #[cfg(feature = "peers")]
            Self::Tokio1 => "tokio1",
            #[cfg(feature = "peers")]
            Self::Tokio1024 => "tokio1024",
            #[cfg(feature = "peers")]
            Self::Futures => "futures",
            #[cfg(feature = "peers")]
            Self::Timely => "timely",
        }
    }

    /// Whether it is written for a query.
    #[must_use]
    pub fn answers(self, query: Name, workload: Workload, workers: u64) -> bool {
        let written = ["q1", "q5", "q8", "w1", "w1m"].contains(&query.as_str()) && workload == Workload::Copy;
        // Tasks and combinators would have to be written anew for more than one core.
        let shared = workers == 1 || self.as_str() == "timely";
        matches!(self, Self::Flow | Self::Hand) || (written && shared)
    }

    /// Answers a query, with a worker for each part of the input.
    ///
    /// # Errors
    /// When the pipeline fails.
    pub fn run<Q: Query>(
        self,
        input: Vec<Q::In>,
        empty: &Taken<Q::Row>,
    ) -> Result<Taken<Q::Row>, Box<dyn Error + Send + Sync>> {
        match self {
            Self::Flow => Ok(flow::<Q>(input, empty)?),
            Self::Hand => Ok(Q::hand(input, empty)),
            #[cfg(feature = "peers")]
            peer => Q::peer(peer, input, empty)
                .ok_or_else(|| format!("{} is not written for this query", peer.as_str()).into()),
        }
    }
}

fn flow<Q: Query>(input: Vec<Q::In>, empty: &Taken<Q::Row>) -> flow::Result<Taken<Q::Row>> {
    let runtime = match input.len() {
        1 => tokio::runtime::Builder::new_current_thread().enable_all().build()?,
        workers => tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build()?,
    };
    let (sink, taken) = taking(empty.like());
    let pipeline = Q::flow(input, sink);
    runtime.block_on(pipeline.run())?;
    let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(std::mem::take(&mut *taken))
}
