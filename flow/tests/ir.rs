//! One definition, written down and run again from what was written: the document is the one that is kept, it agrees with
//! the published schema, and it gives the answer of the typed pipeline.
#![cfg(feature = "from-ir")]

#[path = "ir/definitions.rs"]
mod definitions;
#[path = "ir/endpoints.rs"]
mod endpoints;
#[path = "ir/meaning.rs"]
mod meaning;
#[path = "ir/refusals.rs"]
mod refusals;
#[path = "ir/same_answer.rs"]
mod same_answer;
#[path = "ir/schema.rs"]
mod schema;
