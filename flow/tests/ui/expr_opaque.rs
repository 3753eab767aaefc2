//! `expr!` takes what is portable.

use flow::prelude::*;

fn main() {
    let pipeline = Pipeline::new("expr");
    pipeline.source(sources::iter(["a"])).filter_expr(expr!(|s| s.len() > 3)).sink(sinks::null());
}
