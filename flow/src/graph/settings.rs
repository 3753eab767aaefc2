//! What is set for a pipeline as a whole.

use crate::element::BATCH_SIZE;
use crate::error::{Error, ErrorKind};
use crate::ir::document::MAX_TASKS;
use crate::operator::ErrorPolicy;
use std::collections::BTreeMap;
use std::time::Duration;

/// What is set for a pipeline as a whole.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) version: Option<String>,
    pub(crate) parallelism: usize,
    pub(crate) policy: ErrorPolicy,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) properties: BTreeMap<String, String>,
    pub(crate) portable: bool,
    pub(crate) batch_size: usize,
    /// Records that an edge between two tasks holds.
    pub(crate) capacity: usize,
}

/// A number of tasks, if a stage can have as many.
///
/// # Errors
/// When it is 0, or above what an IR document can hold.
pub(crate) fn check_tasks(tasks: usize) -> Result<usize, Error> {
    let help = match tasks {
        0 => "use 1 or more".to_owned(),
        1..=MAX_TASKS => return Ok(tasks),
        _ => format!("use {MAX_TASKS} or less"),
    };
    Err(Error::new(ErrorKind::Definition, format!("a parallelism of {tasks}")).help(help))
}

impl Settings {
    pub(crate) fn new(name: String) -> Self {
        Self {
            name,
            doc: String::new(),
            version: None,
            parallelism: 1,
            policy: ErrorPolicy::Fail,
            idle_timeout: None,
            properties: BTreeMap::new(),
            portable: false,
            batch_size: BATCH_SIZE,
            capacity: 8 * BATCH_SIZE,
        }
    }
}
