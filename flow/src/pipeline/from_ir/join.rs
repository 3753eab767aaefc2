//! Joins of rows: a pair is a row of two, `f0` and `f1`.

use super::build::{all, millis, window_of};
use crate::ir::typed::Typed;
use crate::ir::value::Value;
use crate::ir::window::{JoinBounds, JoinKind};
use crate::record::Row;
use crate::stream::{KeyedStream, Stream};
use crate::windows::{Bound, after, before};

/// Pairs two streams by their keys.
pub(super) fn join(
    left: (Stream<Row>, Vec<Typed>),
    right: (Stream<Row>, Vec<Typed>),
    kind: JoinKind,
    bounds: JoinBounds,
) -> Stream<Row> {
    let join = keyed(left).join(keyed(right));
    let bounded = match bounds {
        JoinBounds::Window(spec) => join.window(window_of(spec)),
        JoinBounds::Between { lower, upper } => join.between(bound(lower), bound(upper)),
    };
    match kind {
        JoinKind::Inner => bounded.inner().map(|(left, right)| pair(Some(left), Some(right))),
        JoinKind::Left => bounded.left().map(|(left, right)| pair(Some(left), right)),
        JoinKind::Right => bounded.right().map(|(left, right)| pair(left, Some(right))),
        JoinKind::Full => bounded.full().map(|(left, right)| pair(left, right)),
    }
}

fn keyed((stream, keys): (Stream<Row>, Vec<Typed>)) -> KeyedStream<Row, Row> {
    stream.key_by(move |Row(row)| Row(all(&keys, row)))
}

fn bound(of: i64) -> Bound {
    if of < 0 { before(millis(of)) } else { after(millis(of)) }
}

fn pair(left: Option<Row>, right: Option<Row>) -> Row {
    let side = |side: Option<Row>| side.map_or(Value::Null, |Row(values)| Value::Row(values));
    Row(vec![side(left), side(right)])
}
