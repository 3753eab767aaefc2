//! What the hand-written loops have in common: threads, rows, panes of time. Everything is known to the compiler.

pub mod inbox;
pub mod maps;
pub mod panes;

use crate::events::feed::{BATCH, Batches};
use crate::sink::{Checked, Taken};

/// Runs the workers: one on this thread, several on threads of their own.
pub fn side_by_side<P: Send, R: Checked>(parts: Vec<P>, work: impl Fn(usize, P) -> Taken<R> + Sync) -> Taken<R> {
    let work = &work;
    let mut parts = parts.into_iter().enumerate();
    if parts.len() == 1 {
        return parts.next().map(|(worker, part)| work(worker, part)).unwrap_or_default();
    }
    std::thread::scope(|threads| {
        let running: Vec<_> = parts.map(|(worker, part)| threads.spawn(move || work(worker, part))).collect();
        let mut all = Taken::default();
        for thread in running {
            all.join(thread.join().expect("a worker ends well"));
        }
        all
    })
}

/// A loop that looks at one batch at a time: what it leaves in the vector goes to the sink.
pub fn stateless<T: 'static, R: Checked>(
    input: Vec<Batches<T>>,
    empty: &Taken<R>,
    work: impl Fn(Vec<T>, &mut Vec<R>) + Sync,
) -> Taken<R> {
    side_by_side(input, |_, batches| {
        let (mut taken, mut rows) = (empty.like(), Vec::new());
        for batch in batches {
            work(batch, &mut rows);
            taken.take(&mut rows);
        }
        taken
    })
}

/// Rows on their way to the sink, a batch at a time.
#[derive(Debug)]
pub struct Rows<R> {
    rows: Vec<R>,
    taken: Taken<R>,
}

impl<R: Checked> Rows<R> {
    /// None yet.
    #[must_use]
    pub fn new(empty: &Taken<R>) -> Self {
        Self { rows: Vec::with_capacity(BATCH), taken: empty.like() }
    }

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
    pub fn end(mut self) -> Taken<R> {
        self.taken.take(&mut self.rows);
        self.taken
    }
}
