//! Laws over random expressions and documents.

mod documents;
mod expressions;
pub(crate) mod generate;
#[cfg(feature = "from-ir")]
mod random;

/// How many cases a property is tried with.
fn cases() -> u32 {
    std::env::var("FLOW_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(1000)
}
