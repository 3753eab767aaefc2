//! One definition, written down and run again from what was written: the document is the one that is kept, it agrees with
//! the published schema, and it gives the answer of the typed pipeline.

mod definitions;
mod endpoints;
mod meaning;
mod refusals;
mod same_answer;
mod schema;
