//! Emptied columns, kept for the next batch of this thread.
//!
//! A batch of 1,024 records of 40 bytes is 40 KiB: asking the allocator for it anew each time costs more than filling it.

use std::any::{Any, TypeId};
use std::cell::RefCell;

use rustc_hash::FxHashMap;

/// Columns kept for each type, and the most bytes that a kept one may hold.
const KEPT: usize = 32;
const LARGEST: usize = 4 << 20;

thread_local! {
    static POOL: RefCell<FxHashMap<TypeId, Box<dyn Any>>> = RefCell::default();
}

/// An empty column, with room if one was given back before.
pub(super) fn take<T: 'static>() -> Vec<T> {
    with::<T, _>(Vec::pop).flatten().unwrap_or_default()
}

/// Empties the column and keeps it for the next [`take`].
pub(super) fn give<T: 'static>(mut column: Vec<T>) {
    if column.capacity() == 0 {
        return;
    }
    column.clear();
    if column.capacity().saturating_mul(size_of::<T>()) <= LARGEST {
        with::<T, _>(|kept| {
            if kept.len() < KEPT {
                kept.push(column);
            }
        });
    }
}

/// `None` while the thread ends, when there is no pool any more.
fn with<T: 'static, R>(f: impl FnOnce(&mut Vec<Vec<T>>) -> R) -> Option<R> {
    POOL.try_with(|pool| {
        let mut pool = pool.try_borrow_mut().ok()?;
        let kept = pool.entry(TypeId::of::<T>()).or_insert_with(|| Box::new(Vec::<Vec<T>>::new()));
        kept.downcast_mut().map(f)
    })
    .ok()
    .flatten()
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_emptied_column_comes_back_with_its_room() {
        let mut column = super::take::<u64>();
        column.extend(0..1000);
        let room = column.capacity();
        super::give(column);
        let again = super::take::<u64>();
        assert_eq!((again.len(), again.capacity()), (0, room));
    }
}
