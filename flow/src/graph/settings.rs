//! What is set for a pipeline as a whole.

use crate::element::BATCH_SIZE;
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
