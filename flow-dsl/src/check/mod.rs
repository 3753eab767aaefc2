//! Phase 3: what the words mean together.
//!
//! * [`streams`]: names are defined once, used, and not made of themselves; gives the order of the chains.
//! * [`shapes`]: each stage stands where it may: after a key, a window, event times; each chain ends.
//!
//! A chain that has a mistake is not followed further, so that a mistake has no echo.

pub mod shapes;
pub mod streams;
