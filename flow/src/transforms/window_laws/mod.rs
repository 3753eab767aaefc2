//! Laws of windows: every kind with everything that can be gathered gives what a naive model gives, however its input is cut
//! into batches, and however often it is written to a snapshot and rebuilt in another number of tasks.

mod gathers;
mod harness;
mod input;
mod model;
