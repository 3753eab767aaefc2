//! The translation: what is written, what is refused, and what the real Flink answers.

mod first;
mod support;
