//! The operator of every stage that keeps something for each key, and corrects it with every record.

use crate::element::{Batch, Upsert};
use crate::error::Result;
use crate::operator::{Nothing, Operator, Outputs, StageContext};
use crate::state::{Data, Key, KeyFn, StateReader, StateWriter};
use crate::time;
use crate::windows::{Table, hash_of};

/// What is kept for each key.
const TOTALS: &str = "totals";

/// How the records of a key are gathered, and what they have come to until now.
pub(crate) trait Running<K, T>: Send + 'static {
    /// What is kept between records.
    type State: Data;
    /// The row of a key.
    type Value: Send + 'static;

    /// Adds a record; nothing is kept before the first. Something is kept afterwards.
    fn add(&self, state: &mut Option<Self::State>, record: T, time: i64);

    /// The row of a key.
    fn value(&self, key: &K, state: &Self::State) -> Self::Value;
}

/// Running results of records `T` by key `K`.
pub(crate) struct RunningOperator<K, T, R: Running<K, T>> {
    key: KeyFn<K, T>,
    running: R,
    keys: Vec<K>,
    times: Vec<i64>,
    totals: Table<K, Option<R::State>>,
}

impl<K: Key, T: 'static, R: Running<K, T>> RunningOperator<K, T, R> {
    pub(crate) fn new(key: KeyFn<K, T>, running: R) -> Self {
        Self { key, running, keys: Vec::new(), times: Vec::new(), totals: Table::default() }
    }
}

impl<K: Key, T: Send + 'static, R: Running<K, T>> Operator for RunningOperator<K, T, R> {
    type In = T;
    type Out = Upsert<K, R::Value>;
    type Side = Nothing;

    fn on_batch(
        &mut self,
        batch: Batch<T>,
        out: &mut Outputs<Self::Out, Nothing>,
        cx: &mut StageContext<'_>,
    ) -> Result<()> {
        let Self { key, running, keys, times, totals } = self;
        keys.clear();
        key.keys(batch.items(), keys);
        times.clear();
        times.extend_from_slice(batch.times());
        times.resize(batch.len(), time::MIN);
        cx.absorbed(batch.len());
        let mut beside = keys.drain(..).zip(times.iter());
        let upserts = batch.map(|record| {
            // There are as many keys and times as records.
            let (key, &time) = beside.next().expect("every record has a key");
            let state = totals.get_or_insert(hash_of(&key), &key, || None);
            running.add(state, record, time);
            let value = running.value(&key, state.as_ref().expect("`add` keeps something"));
            Upsert::Put { key, value }
        });
        out.main.batch(upserts);
        Ok(())
    }

    fn snapshot(&self, state: &mut StateWriter) -> Result<()> {
        state.keyed(TOTALS, self.totals.iter())
    }

    fn restore(&mut self, state: &StateReader<'_>) -> Result<()> {
        for (key, total) in state.keyed::<K, Option<R::State>>(TOTALS)? {
            self.totals.insert(hash_of(&key), key, total);
        }
        Ok(())
    }
}
