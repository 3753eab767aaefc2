//! Aggregates: what the records of a window, or of a key, come to. One file each.
//!
//! A stage is handed the typed proxy [`Of`] and gives back one aggregate or a tuple of them, which is an [`AggregateSpec`]:
//!
//! ```
//! use flow::Timestamp;
//! use flow::aggregates::{AggregateSpec, Of};
//! struct Order { amount: i64, paid: bool }
//! let spec = |of: Of<Order>| (of.sum(|o| o.amount), of.count().filter(|o| o.paid));
//! let (sum, paid) = spec(Of::new()).of_all(&[
//!     (Order { amount: 5, paid: false }, Timestamp::from_millis(0)),
//!     (Order { amount: 7, paid: true }, Timestamp::from_millis(1)),
//! ]).unwrap();
//! assert_eq!((sum, paid), (12, 1));
//! ```
//!
//! **`Option`** stands for what may be absent: `None` is skipped, and an aggregate over nothing but `None` is `None`. Counts
//! are never absent.

mod aggregation;
mod avg;
mod count;
mod count_distinct;
mod custom;
mod describe;
mod extremes;
mod number;
mod of;
mod operand;
mod order;
mod position;
mod scalar;
mod spec;
mod sum;
#[cfg(test)]
mod tests;
mod tuples;

pub use aggregation::{Aggregation, Aggregator};
pub use avg::{Avg, Mean};
pub use count::Count;
pub use count_distinct::{CountDistinct, Distinct};
pub use custom::{Aggregate, Computed, Custom, FilteredCustom, Taken, Whole};
pub use describe::Described;
pub use extremes::{Max, Min};
pub use number::Number;
pub use of::Of;
pub use operand::Operand;
pub use order::Orderable;
pub use position::{First, Last};
pub use scalar::{Scalar, Stored};
pub use spec::AggregateSpec;
pub use sum::Sum;
