//! `inspect`: looks at each record and hands it on.

use crate::element::Batch;
use crate::error::{Origin, Result};
use crate::graph::Description;
use crate::operator::{Nothing, Operator, Outputs, StageContext};
use crate::state::Key;
use crate::stream::{KeyedStream, NewStage, Stream};
use std::marker::PhantomData;
use std::sync::Arc;

/// Shows each record to a closure.
pub(crate) struct Inspect<T, F> {
    look: Arc<F>,
    records: PhantomData<fn(T)>,
}

impl<T, F> Inspect<T, F> {
    pub(crate) fn new(look: Arc<F>) -> Self {
        Self { look, records: PhantomData }
    }
}

impl<T: Send + 'static, F: Fn(&T) + Send + Sync + 'static> Operator for Inspect<T, F> {
    type In = T;
    type Out = T;
    type Side = Nothing;

    fn on_batch(&mut self, batch: Batch<T>, out: &mut Outputs<T, Nothing>, cx: &mut StageContext<'_>) -> Result<()> {
        batch.items().iter().for_each(&*self.look);
        cx.passed(batch.len());
        out.main.batch(batch);
        Ok(())
    }
}

impl<T: Send + 'static> Stream<T> {
    /// Shows each record to a closure and hands it on.
    ///
    /// ```
    /// use flow::prelude::*;
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("seen");
    /// pipeline.source(sources::iter(0..3)).inspect(|n| println!("{n}")).sink(sink);
    /// pipeline.run_blocking()?;
    /// assert_eq!(rows.take(), [0, 1, 2]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn inspect(self, look: impl Fn(&T) + Send + Sync + 'static) -> Self {
        let stage = NewStage::new("inspect", Origin::here(), Description::opaque("it only looks at records"));
        let look = Arc::new(look);
        self.attach(stage, move |_| Inspect::new(Arc::clone(&look)))
    }
}

impl<K: Key, T: Send + 'static> KeyedStream<K, T> {
    /// [`Stream::inspect`], keeping the key.
    ///
    /// ```
    /// use flow::prelude::*;
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("largest");
    /// pipeline.source(sources::iter(0..3)).key_all().inspect(|n| println!("{n}")).reduce(i32::max).sink(sink);
    /// pipeline.run_blocking()?;
    /// assert_eq!(rows.take().last(), Some(&Upsert::Put { key: (), value: 2 }));
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn inspect(self, look: impl Fn(&T) + Send + Sync + 'static) -> Self {
        Self { stream: self.stream.inspect(look), ..self }
    }
}
