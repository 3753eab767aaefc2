//! `sinks::table`: the latest row of each key, in memory.

use crate::connector::{Delivery, Endpoint, Sink, SinkContext, SinkWriter, WriteBatch};
use crate::element::Upsert;
use crate::error::Result;
use async_trait::async_trait;
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Keeps the latest row of each key of an upsert stream. The handle reads the table while the pipeline runs, and afterwards.
///
/// # Delivery
/// Idempotent by key: a correction that comes twice changes nothing, and each key has its last row.
///
/// # Errors
/// None.
///
/// ```
/// use flow::prelude::*;
/// let (totals, sink) = sinks::table();
/// let pipeline = Pipeline::new("totals");
/// let sales = pipeline.source(sources::iter([("north", 2), ("south", 5), ("north", 3)]));
/// sales.map(|(region, amount)| (region.to_owned(), amount)).key_by(|s| s.0.clone()).fold(0, |sum, s| sum + s.1).sink(sink);
/// pipeline.run_blocking()?;
/// assert_eq!((totals.get("north"), totals.get("west")), (Some(5), None));
/// # Ok::<(), flow::Error>(())
/// ```
#[must_use]
pub fn table<K, V>() -> (Table<K, V>, TableSink<K, V>)
where
    K: Eq + Hash + Send + 'static,
    V: Send + 'static,
{
    let rows = Arc::new(Mutex::new(HashMap::new()));
    (Table { rows: Arc::clone(&rows) }, TableSink { rows })
}

/// What a [`table()`] sink holds. Clones see the same table.
pub struct Table<K, V> {
    rows: Arc<Mutex<HashMap<K, V>>>,
}

impl<K: Eq + Hash, V> Table<K, V> {
    /// A copy of the key's row.
    #[must_use]
    pub fn get<Q>(&self, key: &Q) -> Option<V>
    where
        K: std::borrow::Borrow<Q>,
        Q: Eq + Hash + ?Sized,
        V: Clone,
    {
        locked(&self.rows).get(key).cloned()
    }

    /// A copy of the whole, as it is at one moment.
    #[must_use]
    pub fn rows(&self) -> HashMap<K, V>
    where
        K: Clone,
        V: Clone,
    {
        locked(&self.rows).clone()
    }

    /// How many keys have a row.
    #[must_use]
    pub fn len(&self) -> usize {
        locked(&self.rows).len()
    }

    /// Whether none has.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A panic elsewhere leaves a whole table behind: each correction is one insertion or removal.
fn locked<K, V>(rows: &Mutex<HashMap<K, V>>) -> MutexGuard<'_, HashMap<K, V>> {
    rows.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K, V> Clone for Table<K, V> {
    fn clone(&self) -> Self {
        Self { rows: Arc::clone(&self.rows) }
    }
}

impl<K, V> fmt::Debug for Table<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("len", &locked(&self.rows).len()).finish_non_exhaustive()
    }
}

/// Made by [`table()`].
pub struct TableSink<K, V> {
    rows: Arc<Mutex<HashMap<K, V>>>,
}

impl<K, V> fmt::Debug for TableSink<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sinks::table")
    }
}

#[async_trait]
impl<K, V> Sink for TableSink<K, V>
where
    K: Eq + Hash + Send + 'static,
    V: Send + 'static,
{
    type Item = Upsert<K, V>;

    fn describe(&self) -> Endpoint {
        Endpoint::opaque("table", "write to a topic or a database table, which other engines can write too")
    }

    fn delivery(&self) -> Delivery {
        Delivery::IdempotentByKey
    }

    async fn open(&mut self, _: &SinkContext) -> Result<Box<dyn SinkWriter<Upsert<K, V>>>> {
        Ok(Box::new(Writer { rows: Arc::clone(&self.rows) }))
    }
}

struct Writer<K, V> {
    rows: Arc<Mutex<HashMap<K, V>>>,
}

#[async_trait]
impl<K, V> SinkWriter<Upsert<K, V>> for Writer<K, V>
where
    K: Eq + Hash + Send + 'static,
    V: Send + 'static,
{
    async fn write(&mut self, batch: &mut WriteBatch<Upsert<K, V>>) -> Result<()> {
        let mut rows = locked(&self.rows);
        for correction in batch.rows.drain(..) {
            match correction {
                Upsert::Put { key, value } => rows.insert(key, value),
                Upsert::Delete { key } => rows.remove(&key),
            };
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::probe;

    #[tokio::test]
    async fn the_last_correction_of_a_key_holds() {
        let put = |key, value| Upsert::Put { key, value };
        let (table, sink) = table();
        let mut writer = probe::open_sink(sink).await.unwrap();
        writer.write(&mut probe::rows(vec![put("a", 1), put("b", 2), put("a", 3)])).await.unwrap();
        assert_eq!((table.get("a"), table.len()), (Some(3), 2));
        writer.write(&mut probe::rows(vec![Upsert::Delete { key: "a" }, Upsert::Delete { key: "c" }])).await.unwrap();
        assert_eq!(table.clone().rows(), HashMap::from([("b", 2)]));
        assert!(!table.is_empty());
    }
}
