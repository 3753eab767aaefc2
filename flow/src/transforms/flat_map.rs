//! `flat_map`: makes each record into any number of others.

use crate::element::{BATCH_SIZE, Batch, Item};
use crate::error::{Origin, Result};
use crate::expr::Portable;
use crate::graph::Description;
use crate::operator::{Nothing, Operator, Outputs, StageContext};
use crate::stream::{NewStage, Stream};
use std::marker::PhantomData;
use std::sync::Arc;

/// Makes records out of each record; all of them keep its time, watermark and place in the source.
pub(crate) struct FlatMap<T, I, F> {
    make: Arc<F>,
    records: PhantomData<fn(T) -> I>,
}

impl<T, I, F> FlatMap<T, I, F> {
    pub(crate) fn new(make: Arc<F>) -> Self {
        Self { make, records: PhantomData }
    }
}

impl<T, I, F> Operator for FlatMap<T, I, F>
where
    T: Send + 'static,
    I: IntoIterator<Item: Send + 'static> + 'static,
    F: Fn(T) -> I + Send + Sync + 'static,
{
    type In = T;
    type Out = I::Item;
    type Side = Nothing;

    fn on_batch(
        &mut self,
        mut batch: Batch<T>,
        out: &mut Outputs<I::Item, Nothing>,
        cx: &mut StageContext<'_>,
    ) -> Result<()> {
        let timed = batch.is_timed();
        let mut made: Batch<I::Item> = batch.empty_like();
        let (entered, mut passed) = (batch.len(), 0);
        for Item { value, time, mark, offset } in batch.drain() {
            let mut any = false;
            for value in (self.make)(value) {
                if made.len() >= BATCH_SIZE {
                    // The watermark before the record that is being worked on stands after those that came out before it.
                    let next = made.empty_like();
                    made.set_after(mark);
                    out.main.batch(std::mem::replace(&mut made, next));
                }
                made.push_item(Item { value, time, mark, offset }, timed);
                any = true;
            }
            passed += usize::from(any);
        }
        cx.passed(passed);
        cx.filtered(entered - passed);
        out.main.batch(made);
        Ok(())
    }
}

impl<T: Send + 'static> Stream<T> {
    /// Makes each record into any number of others, which have its event time.
    ///
    /// ```
    /// use flow::prelude::*;
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("countdown");
    /// pipeline.source(sources::iter([3, 0, 2])).flat_map(|n| (1..=n).rev()).sink(sink);
    /// pipeline.run_blocking()?;
    /// assert_eq!(rows.take(), [3, 2, 1, 2, 1]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn flat_map<I>(self, make: impl Fn(T) -> I + Send + Sync + 'static) -> Stream<I::Item>
    where
        I: IntoIterator<Item: Send + 'static> + 'static,
    {
        self.flat_mapped(Origin::here(), Description::closure(), make)
    }

    /// [`flat_map`](Self::flat_map) with a closure that carries its expression, so that the pipeline can be exported: it gives a
    /// `Vec` of records that its own record holds.
    ///
    /// ```
    /// use flow::{expr, prelude::*};
    ///
    /// #[derive(Clone, Debug, PartialEq, Record)]
    /// struct Item { article: i64 }
    ///
    /// #[derive(Record)]
    /// struct Order { items: Vec<Item>, placed_at: Timestamp }
    ///
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("items");
    /// let orders = [vec![7, 8], vec![], vec![9]].map(|articles| Order {
    ///     items: articles.into_iter().map(|article| Item { article }).collect(),
    ///     placed_at: Timestamp::from_millis(0),
    /// });
    /// pipeline.source(sources::iter(orders)).flat_map_expr(expr!(|o| o.items)).sink(sink);
    /// pipeline.run_blocking()?;
    /// assert_eq!(rows.take(), [7, 8, 9].map(|article| Item { article }));
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn flat_map_expr<I, F>(self, (make, expr): Portable<F>) -> Stream<I::Item>
    where
        I: IntoIterator<Item: Send + 'static> + 'static,
        F: Fn(T) -> I + Send + Sync + 'static,
    {
        self.flat_mapped(Origin::here(), Description::FlatMap(expr), make)
    }

    fn flat_mapped<I>(
        self,
        origin: Origin,
        description: Description,
        make: impl Fn(T) -> I + Send + Sync + 'static,
    ) -> Stream<I::Item>
    where
        I: IntoIterator<Item: Send + 'static> + 'static,
    {
        let make = Arc::new(make);
        self.attach(NewStage::new("flat_map", origin, description), move |_| FlatMap::new(Arc::clone(&make)))
    }
}
