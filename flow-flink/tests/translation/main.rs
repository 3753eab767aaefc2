//! The translation: what is written, what is refused, and what the real Flink answers.

mod csv;
mod expressions;
mod first;
mod goldens;
mod joins;
mod json;
mod kafka;
mod kafka_options;
mod kafka_running;
mod large_files;
mod limits;
mod lists;
mod options;
mod portability;
mod shapes;
mod strings;
mod support;
mod types;
mod values;

/// The library's own generator of expressions, which speaks of these as of its own modules.
#[allow(unexpected_cfgs)]
#[path = "../../../flow/src/ir/tests/generate.rs"]
mod generate;
use flow::ir;
mod time {
    pub(crate) use flow::Timestamp;
}
