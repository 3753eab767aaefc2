//! Looks customers up in Redis: each order finds its customer's tier, many keys with one question, and a cache for those that come again.
//!
//! `cargo run --release --example redis_lookup -- --redis redis://localhost:6379`

mod redis_server;

use std::time::Duration;

use clap::Parser;
use flow::prelude::*;
use flow_redis::{Otherwise, RedisStages};
use redis_server::Server;

/// Looks up the tier of each order's customer in Redis.
#[derive(Debug, Parser)]
#[command(name = "redis_lookup")]
struct Options {
    #[command(flatten)]
    server: Server,

    /// What stands before every key.
    #[arg(long, value_name = "TEXT", default_value = "tier")]
    prefix: String,

    /// How many orders there are.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    orders: u64,

    /// Leave orders out whose customer has no tier.
    #[arg(long)]
    skip_unknown: bool,
}

/// An order.
#[derive(serde::Serialize)]
struct Order {
    id: u64,
    customer: u64,
}

/// The customers who have a tier; there are 20 more who have none.
const KNOWN: u64 = 80;

#[tokio::main]
async fn main() -> flow::Result<()> {
    let Options { server, prefix, orders, skip_unknown } = Options::parse();
    let redis = server.redis();

    // What is looked up has to be there first.
    let tiers = redis.set({
        let prefix = prefix.clone();
        move |customer: u64| (format!("{prefix}:{customer}"), ["bronze", "silver", "gold"][customer as usize % 3])
    });
    pipeline! {
        name = "tiers";
        source(sources::iter(0..KNOWN)) -> sink(tiers.ttl(Duration::from_secs(3600)));
    }
    .run()
    .await?;

    let unknown = if skip_unknown { Otherwise::Skip } else { Otherwise::Pass };
    let lookup = redis.get().cache(1_000, Duration::from_secs(60)).on_miss(unknown).timeout(Duration::from_secs(5));
    let (rows, out) = sinks::collect();
    let pipeline = pipeline! {
        name = "redis-lookup";
        source(sources::iter((0..orders).map(|id| Order { id, customer: id * 7 % 100 })))
            -> apply(|orders| orders.lookup(
                lookup,
                move |order| format!("{prefix}:{}", order.customer),
                |order, tier: Option<String>| (order.id, order.customer, tier)))
            -> sink(out);
    };
    let report = pipeline.run().await?;

    let rows = rows.take();
    for (id, customer, tier) in rows.iter().take(4) {
        println!("order {id} of customer {customer}: {}", tier.as_deref().unwrap_or("no tier"));
    }
    println!("{} rows, {} of them without a tier", rows.len(), rows.iter().filter(|row| row.2.is_none()).count());
    println!("\n{report}");
    Ok(())
}
