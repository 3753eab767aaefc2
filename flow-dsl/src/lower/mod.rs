//! Phase 4: each head and stage becomes its call of the fluent API. One file per family, one function per row of the
//! catalogue; [`closure`] is where a closure becomes portable or stays opaque.

pub mod aggregate;
pub mod apply;
pub mod closure;
pub mod context;
pub mod heads;
pub mod join;
pub mod keys;
pub mod route;
pub mod stateless;
pub mod watermark;
pub mod window;

pub use context::Context;
