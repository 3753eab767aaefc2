//! What comes out of the stages under test.

use crate::connector::{Delivery, Endpoint, Sink, SinkContext, SinkWriter, WriteBatch};
use crate::element::Upsert;
use crate::error::Result;
use crate::stream::{Stream, UpsertStream};
use crate::time::Timestamp;
use async_trait::async_trait;
use std::sync::{Arc, Mutex, PoisonError};

/// A row with its event time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timed<T> {
    /// The row.
    pub row: T,
    /// Its event time; `None` on a stream without.
    pub time: Option<Timestamp>,
}

type Rows<T> = Arc<Mutex<Vec<Timed<T>>>>;

/// What the stages under test end in: a stream, or a tuple of up to four, whose rows are read side by side.
pub trait HarnessOutputs {
    /// The rows that came out: a vector a stream.
    type Rows;
    #[doc(hidden)]
    type Handles: Default + Clone + Send + 'static;
    #[doc(hidden)]
    fn end(self, handles: &Self::Handles);
    #[doc(hidden)]
    fn take(handles: &Self::Handles) -> Self::Rows;
}

/// The rows of one stream, shared by the sinks of a harness that is rebuilt.
#[derive(Debug)]
pub struct Handle<T>(Rows<T>);

impl<T> Default for Handle<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Clone for Handle<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Send + 'static> HarnessOutputs for Stream<T> {
    type Rows = Vec<Timed<T>>;
    type Handles = Handle<T>;

    fn end(self, handles: &Self::Handles) {
        self.sink(TimedSink(Arc::clone(&handles.0)));
    }

    fn take(handles: &Self::Handles) -> Self::Rows {
        std::mem::take(&mut *handles.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<K: Send + 'static, V: Send + 'static> HarnessOutputs for UpsertStream<K, V> {
    type Rows = Vec<Timed<Upsert<K, V>>>;
    type Handles = Handle<Upsert<K, V>>;

    fn end(self, handles: &Self::Handles) {
        self.changes().end(handles);
    }

    fn take(handles: &Self::Handles) -> Self::Rows {
        Stream::<Upsert<K, V>>::take(handles)
    }
}

macro_rules! tuples {
    ($(($($name:ident $at:tt),+))+) => {
        $(impl<$($name: HarnessOutputs),+> HarnessOutputs for ($($name,)+) {
            type Rows = ($($name::Rows,)+);
            type Handles = ($($name::Handles,)+);

            fn end(self, handles: &Self::Handles) {
                $(self.$at.end(&handles.$at);)+
            }

            fn take(handles: &Self::Handles) -> Self::Rows {
                ($($name::take(&handles.$at),)+)
            }
        })+
    };
}

tuples! {
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
}

/// Keeps rows with their event times.
struct TimedSink<T>(Rows<T>);

#[async_trait]
impl<T: Send + 'static> Sink for TimedSink<T> {
    type Item = T;

    fn describe(&self) -> Endpoint {
        Endpoint::opaque("test", "a sink that other engines can write")
    }

    fn delivery(&self) -> Delivery {
        Delivery::AtLeastOnce
    }

    async fn open(&mut self, _: &SinkContext) -> Result<Box<dyn SinkWriter<T>>> {
        Ok(Box::new(TimedSink(Arc::clone(&self.0))))
    }
}

#[async_trait]
impl<T: Send + 'static> SinkWriter<T> for TimedSink<T> {
    async fn write(&mut self, batch: &mut WriteBatch<T>) -> Result<()> {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (at, row) in batch.rows.drain(..).enumerate() {
            rows.push(Timed { row, time: batch.times.get(at).copied().map(Timestamp::from_millis) });
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}
