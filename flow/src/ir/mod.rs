//! The description of a pipeline as data.
