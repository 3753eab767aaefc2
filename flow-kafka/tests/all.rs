//! Everything that is tested over a real broker: `cargo xtask up kafka` starts one, or `FLOW_KAFKA` names one.

mod clusters;
mod commits;
mod contract;
mod faults;
mod groups;
mod killed;
mod positions;
mod round_trip;
mod support;
mod times;
