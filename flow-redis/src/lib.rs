//! Redis in [`flow`] pipelines: sinks, lookups, numbers, and Streams as a source.
//!
//! Everything begins with a [`Redis`], which says where the server is:
//!
//! | what | how |
//! |---|---|
//! | sinks, one command a row | [`incr`](Redis::incr) [`incr_by`](Redis::incr_by) [`set`](Redis::set) [`hset`](Redis::hset) [`sadd`](Redis::sadd) [`zadd`](Redis::zadd) [`lpush`](Redis::lpush) [`xadd`](Redis::xadd) [`publish`](Redis::publish) [`script`](Redis::script) |
//! | what Redis has for a record | [`RedisStages::lookup`] with [`get`](Redis::get) [`hget`](Redis::hget) [`mget`](Redis::mget) |
//! | a number for each record | [`RedisStages::number`] with [`sequence`](Redis::sequence) |
//! | a source | [`stream`](Redis::stream), as a member of a consumer group |
//!
//! ```no_run
//! use flow::prelude::*;
//! use flow_redis::{Redis, RedisStages};
//!
//! #[derive(Clone, serde::Serialize, serde::Deserialize)]
//! struct Order { id: u64, customer: String, amount: i64 }
//!
//! # #[tokio::main] async fn main() -> flow::Result<()> {
//! let redis = Redis::url("redis://localhost:6379").password(flow::Secret::env("ORDERS_REDIS_PASSWORD"));
//! let gold = pipeline! {
//!     /// What customers with a gold card have spent.
//!     name = "gold";
//!     source::<Order>(redis.stream("orders").group("gold").json())
//!         -> apply(|orders| orders.lookup(
//!                redis.get().cache(10_000, std::time::Duration::from_secs(60)),
//!                |order| format!("card:{}", order.customer),
//!                |order, card: Option<String>| (order, card)))
//!         -> filter(|o| o.1.as_deref() == Some("gold"))
//!         -> sink(redis.incr_by(|(order, _): (Order, _)| (format!("spent:{}", order.customer), order.amount)));
//! };
//! gold.run().await?;
//! # Ok(()) }
//! ```
//!
//! Connections are made again when they are lost, and what was not answered is sent again, as far as a sink's delivery allows:
//! nothing is lost, and what may come twice is said at each sink under `# Delivery`. A server that is away is waited for:
//! [`Redis::patience`]. No password is ever shown.

mod arg;
mod ask;
mod asking;
mod cache;
mod commands;
mod entry;
mod fault;
mod flight;
mod kinds;
mod link;
mod lookup;
mod options;
mod passing;
mod questions;
mod reader;
mod sequence;
mod sink;
mod source;
mod stages;

pub use arg::{Arg, Command, FromReply};
pub use entry::{Entries, Entry, Field, ReadEntry};
pub use kinds::{HSet, Incr, LPush, Publish, SAdd, Script, Set, XAdd, ZAdd};
pub use lookup::{Lookup, Otherwise};
pub use options::Redis;
pub use questions::{Asks, Findings, Get, HGet, MGet, Places};
pub use sequence::Sequence;
pub use sink::{Does, RedisSink};
pub use source::StreamSource;
pub use stages::RedisStages;
