//! Reads what stands in a topic, line by line as kcat prints it, and says what of it is not as the scheme has it.

mod line;
mod tally;
#[cfg(test)]
mod tests;

pub(crate) use line::FORMAT;
pub(crate) use tally::{Side, Tally};
