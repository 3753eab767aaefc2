//! What the hand-written loops have in common: threads, rows, panes of time. Everything is known to the compiler.

pub mod inbox;
pub mod maps;
pub mod panes;

use crate::events::feed::{BATCH, Batches};
use crate::sink::Takes;

/// Runs the workers: one on this thread, several on threads of their own.
pub fn side_by_side<P: Send, R: Send, G: Takes<R>>(parts: Vec<P>, work: impl Fn(usize, P) -> G + Sync) -> G {
    let (work, mut all) = (&work, G::default());
    if parts.len() == 1 {
        parts.into_iter().for_each(|part| all.join(work(0, part)));
        return all;
    }
    std::thread::scope(|threads| {
        let start = |(worker, part)| threads.spawn(move || work(worker, part));
        let running: Vec<_> = parts.into_iter().enumerate().map(start).collect();
        for thread in running {
            all.join(thread.join().expect("a worker ends well"));
        }
    });
    all
}

/// A loop that looks at one batch at a time: what it leaves in the vector goes to the sink.
pub fn stateless<T: 'static, R: Send, G: Takes<R>>(
    input: Vec<Batches<T>>,
    work: impl Fn(Vec<T>, &mut Vec<R>) + Sync,
) -> G {
    side_by_side(input, |_, batches| {
        let (mut taken, mut rows) = (G::default(), Vec::new());
        for batch in batches {
            work(batch, &mut rows);
            taken.take(&mut rows);
        }
        taken
    })
}

/// Rows on their way to the sink, a batch at a time.
#[derive(Debug)]
pub struct Rows<R, G> {
    rows: Vec<R>,
    taken: G,
}

impl<R, G: Takes<R>> Default for Rows<R, G> {
    fn default() -> Self {
        Self { rows: Vec::with_capacity(BATCH), taken: G::default() }
    }
}

impl<R, G: Takes<R>> Rows<R, G> {
    /// One more.
    #[inline]
    pub fn push(&mut self, row: R) {
        self.rows.push(row);
        if self.rows.len() >= BATCH {
            self.taken.take(&mut self.rows);
        }
    }

    /// There are no more.
    #[must_use]
    pub fn end(mut self) -> G {
        self.taken.take(&mut self.rows);
        self.taken
    }
}
