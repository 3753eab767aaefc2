//! The library's tests, each file a module of one binary: what they share is compiled once. `ui.rs` stands apart, for it runs cargo.

mod commits;
mod commits_together;
mod connectors;
mod connectors_broken;
mod connectors_pipeline;
mod engine;
mod enrich;
mod explain;
mod harness;
#[cfg(feature = "from-ir")]
mod ir;
mod language;
mod language_joins;
mod language_names;
mod language_page;
mod language_records;
mod language_windows;
mod laws_engine;
mod laws_joins;
mod laws_process;
mod laws_windows;
mod map_async;
mod mistakes;

use proptest::test_runner::Config;

/// How a law is tried: with `FLOW_CASES` cases, by default 1,000.
fn cases() -> Config {
    let cases = std::env::var("FLOW_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1000);
    Config { cases, failure_persistence: None, ..Config::default() }
}
