//! A query whose events are made, so that only the work remains: what is measured.

use std::error::Error;

use super::table::{self, Visit};
use super::{Engine, Name, Workload};
use crate::events::feed::{Events, Input};
use crate::queries::Query;
use crate::sink::{Answer, Taken};

/// Hands the events, each time anew, to so many workers.
pub type Prepared = Box<dyn Fn(usize) -> Run>;

/// Lets an engine work on what was handed.
pub type Run = Box<dyn FnOnce(Engine) -> Result<Answer, Box<dyn Error + Send + Sync>>>;

struct Prepare(Events);

impl Visit for Prepare {
    type Out = Prepared;

    fn visit<Q: Query>(self) -> Prepared {
        let stored = Q::In::store(&self.0);
        Box::new(move |workers| {
            let input = Q::In::parts(&stored, workers);
            Box::new(move |engine| Ok(engine.run::<Q>(input, &Taken::default())?.answer))
        })
    }
}

/// Makes the events.
#[must_use]
pub fn prepare(query: Name, workload: Workload, events: &Events) -> Prepared {
    table::with(query, workload, Prepare(*events))
}
