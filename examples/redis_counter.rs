//! Counts in Redis: page views, each with a number of its own from a sequence, counted up by page and kept as the last one of its page.
//!
//! `cargo run --release --example redis_counter -- --redis redis://localhost:6379`

mod redis_server;

use clap::Parser;
use flow::prelude::*;
use flow_redis::RedisStages;
use redis_server::Server;

/// Counts page views in Redis.
#[derive(Debug, Parser)]
#[command(name = "redis_counter")]
struct Options {
    #[command(flatten)]
    server: Server,

    /// What stands before every key.
    #[arg(long, value_name = "TEXT", default_value = "views")]
    prefix: String,

    /// How many views there are.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    views: u64,

    /// How many tasks share the work, each with a connection of its own.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    parallelism: u16,
}

/// Somebody has looked at a page.
#[derive(Clone, serde::Serialize)]
struct View {
    page: &'static str,
    number: u64,
}

/// The pages, the first of them the most popular.
const PAGES: [&str; 4] = ["home", "search", "cart", "help"];

#[tokio::main]
async fn main() -> flow::Result<()> {
    let Options { server, prefix, views, parallelism } = Options::parse();
    let redis = server.redis();
    let sequence = redis.sequence(format!("{prefix}:sequence"));
    let count = redis.incr({
        let prefix = prefix.clone();
        move |view: View| format!("{prefix}:{}", view.page)
    });
    let last = redis.hset({
        let key = format!("{prefix}:last");
        move |view: View| (key.clone(), view.page, view.number)
    });

    let pipeline = pipeline! {
        name = "redis-counter";
        parallelism = usize::from(parallelism);

        numbered = source(sources::generator(1_000_000, |n| PAGES[(n % 10 / 3) as usize]).limit(views))
            -> apply(|pages| pages.number(sequence, |page, number| View { page, number }));

        numbered -> sink(count, name = "count");
        numbered -> sink(last, name = "last");
    };
    let report = pipeline.run().await?;
    println!("{views} views are counted under {prefix}:*");
    println!("\n{report}");
    Ok(())
}
