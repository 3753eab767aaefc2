//! How values become records.

use super::topics::KafkaSource;
use crate::raw::Raw;
use bytes::Bytes;
use flow::formats::{Decode, Json, Text};
use serde::de::DeserializeOwned;
use std::fmt::{self, Display};
use std::sync::Arc;

/// A source of which is not said yet how its values are read.
#[derive(Clone, Copy, Debug)]
pub struct Unread;

/// A source whose values are read as records of this type.
pub struct Reads<T> {
    /// The format's name in the IR; none, if it is the program's own.
    pub(super) name: Option<&'static str>,
    pub(super) decode: Decoder<T>,
}

/// Makes a record of a message, or says why it cannot.
pub(super) type Decoder<T> = Arc<dyn Fn(&Raw<'_>) -> Result<T, String> + Send + Sync>;

impl<T> Clone for Reads<T> {
    fn clone(&self) -> Self {
        Self { name: self.name, decode: Arc::clone(&self.decode) }
    }
}

impl<T> fmt::Debug for Reads<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reads").field("name", &self.name).finish_non_exhaustive()
    }
}

const NO_VALUE: &str = "there is no value (a tombstone)";

fn value<'a>(raw: &Raw<'a>) -> Result<&'a [u8], String> {
    raw.value().ok_or_else(|| NO_VALUE.to_owned())
}

/// The methods for numbers, as Kafka's own serialisers write them.
macro_rules! numbers {
    ($($name:ident: $type:ty, $doc:literal;)+) => {$(
        #[doc = $doc]
        pub fn $name(self) -> KafkaSource<Reads<$type>> {
            self.reads(Some(stringify!($name)), |raw| {
                let value = value(raw)?;
                let bytes = value.try_into().map_err(|_| {
                    format!("{} bytes, where {} were expected", value.len(), size_of::<$type>())
                })?;
                Ok(<$type>::from_be_bytes(bytes))
            })
        }
    )+};
}

impl KafkaSource {
    /// Reads values as JSON. One that is missing, or is no such JSON, goes by the pipeline's error policy.
    pub fn json<T: DeserializeOwned + Send + 'static>(self) -> KafkaSource<Reads<T>> {
        self.format(Json::new())
    }

    /// Reads values as text in UTF-8.
    pub fn string(self) -> KafkaSource<Reads<String>> {
        let text = Text::new();
        self.reads(Some("string"), move |raw| Ok(text.decode(value(raw)?)?.unwrap_or_default()))
    }

    /// Reads values as they are. A missing one is malformed; see [`decode`](Self::decode).
    pub fn bytes(self) -> KafkaSource<Reads<Bytes>> {
        self.reads(Some("bytes"), |raw| value(raw).map(Bytes::copy_from_slice))
    }

    numbers! {
        int16: i16, "Reads values as whole numbers of 2 bytes, the highest first.";
        int32: i32, "Reads values as whole numbers of 4 bytes, the highest first.";
        int64: i64, "Reads values as whole numbers of 8 bytes, the highest first.";
        float32: f32, "Reads values as floating-point numbers of 4 bytes, the highest first.";
        float64: f64, "Reads values as floating-point numbers of 8 bytes, the highest first.";
    }

    /// Reads values in a format, as [`flow::formats::Json`].
    pub fn format<D: Decode>(self, format: D) -> KafkaSource<Reads<D::Item>> {
        let name = format.name();
        self.reads(Some(name), move |raw| {
            format.decode(value(raw)?)?.ok_or_else(|| "there is nothing in the value".to_owned())
        })
    }

    /// Makes records by a function of the program's own, of the whole message: its value, which may be missing, key, headers, place and time.
    /// What it refuses goes by the pipeline's error policy, with the reason.
    ///
    /// ```no_run
    /// use flow_kafka::{Kafka, Raw};
    /// let keys = Kafka::topic("orders").decode(|raw: &Raw<'_>| {
    ///     let key = raw.key().ok_or("an order without a key")?;
    ///     Ok::<_, &str>((key.to_vec(), raw.value().is_some(), raw.offset()))
    /// });
    /// # let _ = keys;
    /// ```
    pub fn decode<T, E>(
        self,
        decode: impl Fn(&Raw<'_>) -> Result<T, E> + Send + Sync + 'static,
    ) -> KafkaSource<Reads<T>>
    where
        T: Send + 'static,
        E: Display,
    {
        self.reads(None, move |raw| decode(raw).map_err(|error| error.to_string()))
    }

    fn reads<T>(
        self,
        name: Option<&'static str>,
        decode: impl Fn(&Raw<'_>) -> Result<T, String> + Send + Sync + 'static,
    ) -> KafkaSource<Reads<T>> {
        self.with(Reads { name, decode: Arc::new(decode) })
    }
}
