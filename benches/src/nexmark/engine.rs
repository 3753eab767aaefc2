//! Who answers a query.

use std::error::Error;
use std::sync::PoisonError;

use crate::queries::Query;
use crate::sink::{Taken, taking};

/// An engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Engine {
    /// The pipeline.
    Flow,
    /// The loop written by hand.
    Hand,
}

impl Engine {
    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Flow => "flow",
            Self::Hand => "hand",
        }
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
