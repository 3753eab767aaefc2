//! What a connector shows of itself, beside what the engine counts.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

/// The gauges of a stage: a number each, by a name and by what it is of, as the `lag` of `orders/3`. All tasks of the stage share them.
///
/// [`StageMetrics::gauges`](crate::StageMetrics::gauges) shows them.
///
/// ```
/// use flow::connector::Gauges;
/// let gauges = Gauges::default();
/// gauges.gauge("lag", "orders/3").set(17);
/// gauges.gauge("errors", "").add(1);
/// let shown: Vec<_> = gauges.read().iter().map(|reading| reading.to_string()).collect();
/// assert_eq!(shown, ["errors = 1", "lag of orders/3 = 17"]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Gauges(Arc<Mutex<Named>>);

/// By name and subject.
type Named = BTreeMap<(&'static str, Arc<str>), Gauge>;

impl Gauges {
    /// The gauge of this name and subject; 0 until it is set. A stage as a whole is the subject `""`. Whoever sets it often keeps it.
    #[must_use]
    pub fn gauge(&self, name: &'static str, of: &str) -> Gauge {
        let mut gauges = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        gauges.entry((name, of.into())).or_default().clone()
    }

    /// Shows a gauge no more: a partition is read elsewhere now.
    pub fn remove(&self, name: &'static str, of: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&(name, of.into()));
    }

    /// What they show now, by name and subject.
    #[must_use]
    pub fn read(&self) -> Vec<Reading> {
        let gauges = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        gauges.iter().map(|((name, of), gauge)| Reading { name, of: Arc::clone(of), value: gauge.get() }).collect()
    }
}

/// A number that goes up and down. Its clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct Gauge(Arc<AtomicI64>);

impl Gauge {
    /// Shows this from now on.
    pub fn set(&self, value: i64) {
        self.0.store(value, Relaxed);
    }

    /// Shows so much more, or less.
    pub fn add(&self, more: i64) {
        self.0.fetch_add(more, Relaxed);
    }

    /// What it shows.
    #[must_use]
    pub fn get(&self) -> i64 {
        self.0.load(Relaxed)
    }
}

/// What a gauge showed at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The gauge's name, as `lag`.
    pub name: &'static str,
    /// What it is of, as a partition's name; empty for the stage as a whole.
    pub of: Arc<str>,
    /// The number.
    pub value: i64,
}

impl std::fmt::Display for Reading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &*self.of {
            "" => write!(f, "{} = {}", self.name, self.value),
            of => write!(f, "{} of {of} = {}", self.name, self.value),
        }
    }
}
