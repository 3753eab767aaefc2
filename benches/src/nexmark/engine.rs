//! Who answers a query.

use std::error::Error;
use std::sync::PoisonError;

use crate::queries::Query;
use crate::sink::{Takes, taking};

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
    pub fn run<Q: Query, G: Takes<Q::Row>>(self, input: Vec<Q::In>) -> Result<G, Box<dyn Error + Send + Sync>> {
        match self {
            Self::Flow => flow::<Q, G>(input),
            Self::Hand => Ok(Q::hand(input)),
        }
    }
}

fn flow<Q: Query, G: Takes<Q::Row>>(input: Vec<Q::In>) -> Result<G, Box<dyn Error + Send + Sync>> {
    let runtime = match input.len() {
        1 => tokio::runtime::Builder::new_current_thread().enable_all().build()?,
        workers => tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build()?,
    };
    let (sink, taken) = taking::<Q::Row, G>();
    let pipeline = Q::flow(input, sink);
    runtime.block_on(pipeline.run())?;
    let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(std::mem::take(&mut *taken))
}
