//! Over a real cluster: the shared one, which `cargo xtask up flink kafka` starts or `FLOW_FLINK_GATEWAY` and `FLOW_FLINK_REST` name, and clusters of a
//! test's own. What a server may answer that Flink rarely does is answered by a server of the tests' own.

mod faults;
mod jobs;
mod pipeline;
mod proxy;
mod refusals;
mod scripted;
mod submissions;
mod support;
