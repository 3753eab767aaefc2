//! `nexmark`: the suite's queries by every engine, measured, or their events and rows written out.

pub mod engine;
pub mod measure;
pub mod memory;
pub mod options;
pub mod prepared;
pub mod table;
pub mod write;

pub use engine::Engine;
pub use options::{Options, Usage};
pub use table::{Name, Workload};

use std::error::Error;

use crate::events::feed::Events;

/// What measuring takes: one query, one workload.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Which query.
    pub query: Name,
    /// Over which events.
    pub workload: Workload,
    /// How many, and of which seed.
    pub events: Events,
    /// By which engines, in turn.
    pub engines: Vec<Engine>,
    /// By how many workers.
    pub workers: usize,
    /// How many times each.
    pub repeat: usize,
}

/// Does what the options say.
///
/// # Errors
/// [`Usage`], when they do not go together; and when engines disagree, or a file cannot be written.
pub fn run(options: &Options) -> Result<(), Box<dyn Error + Send + Sync>> {
    options.check()?;
    let writes = options.dump_events.is_some() || options.output.is_some();
    if let Some(path) = &options.dump_events {
        write::events(options, path)?;
    }
    if let Some(path) = &options.output {
        write::rows(&options.plans()[0], path)?;
    }
    if writes && options.json.is_none() {
        return Ok(());
    }
    let mut figures = Vec::new();
    for plan in options.plans() {
        figures.extend(measure::measure(&plan)?);
    }
    crate::output::show(measure::COLUMNS, &figures, options.json.as_deref())?;
    Ok(())
}
