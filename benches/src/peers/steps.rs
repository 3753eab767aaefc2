//! What the operators of all peers do with a record: written once, so that only what is around it differs.

use std::collections::VecDeque;
use std::marker::PhantomData;

use rustc_hash::FxHashMap;

/// An operator of one input.
pub(super) trait Step: Send + 'static {
    type In: Send + 'static;
    type Out: Send + 'static;

    /// Works on one record.
    fn one(&mut self, item: Self::In, out: &mut Vec<Self::Out>);

    /// Works on a message of many.
    fn many(&mut self, items: Vec<Self::In>) -> Vec<Self::Out> {
        let mut out = Vec::new();
        for item in items {
            self.one(item, &mut out);
        }
        out
    }

    /// Nothing follows.
    fn end(&mut self, out: &mut Vec<Self::Out>) {
        let _ = out;
    }
}

/// Keeps some records.
pub(super) struct Filter<T, F>(F, PhantomData<fn(T)>);

pub(super) fn filter<T, F: FnMut(&T) -> bool>(keeps: F) -> Filter<T, F> {
    Filter(keeps, PhantomData)
}

impl<T: Send + 'static, F: FnMut(&T) -> bool + Send + 'static> Step for Filter<T, F> {
    type In = T;
    type Out = T;

    fn one(&mut self, item: T, out: &mut Vec<T>) {
        if (self.0)(&item) {
            out.push(item);
        }
    }

    fn many(&mut self, mut items: Vec<T>) -> Vec<T> {
        items.retain(&mut self.0);
        items
    }
}

/// Makes another record of each.
pub(super) struct Map<T, F>(F, PhantomData<fn(T)>);

pub(super) fn map<T, R, F: FnMut(T) -> R>(makes: F) -> Map<T, F> {
    Map(makes, PhantomData)
}

impl<T: Send + 'static, R: Send + 'static, F: FnMut(T) -> R + Send + 'static> Step for Map<T, F> {
    type In = T;
    type Out = R;

    fn one(&mut self, item: T, out: &mut Vec<R>) {
        out.push((self.0)(item));
    }

    fn many(&mut self, items: Vec<T>) -> Vec<R> {
        // In the same memory, where the sizes allow it.
        items.into_iter().map(&mut self.0).collect()
    }
}

/// What is gathered in a window, and what comes of it.
pub(super) trait Gather: Send + 'static {
    type In: Send + 'static;
    /// What is kept for a key.
    type Kept: Default + Send + 'static;
    type Out: Send + 'static;
    /// A window, in milliseconds.
    const SIZE: i64;
    /// How far out of order records may be, in milliseconds.
    const DELAY: i64;

    fn time(item: &Self::In) -> i64;
    fn add(kept: &mut FxHashMap<i64, Self::Kept>, item: Self::In);
    fn close(start: i64, kept: FxHashMap<i64, Self::Kept>, out: &mut Vec<Self::Out>);
}

/// State that gives rows as the watermark moves on.
pub(super) trait Timed: Send + 'static {
    type In: Send + 'static;
    type Out: Send + 'static;

    /// Adds a record.
    fn add(&mut self, item: Self::In);

    /// Gives the rows of all windows that end at this watermark or before it.
    fn close(&mut self, watermark: i64, out: &mut Vec<Self::Out>);

    /// Whether some window is open.
    fn is_open(&self) -> bool;
}

/// Tumbling windows by event time.
pub(super) struct Windows<G: Gather> {
    /// The start of the first open window.
    first: i64,
    /// The open windows, without gaps.
    open: VecDeque<FxHashMap<i64, G::Kept>>,
    newest: i64,
}

impl<G: Gather> Windows<G> {
    pub(super) fn new() -> Self {
        Self { first: 0, open: VecDeque::new(), newest: i64::MIN }
    }
}

impl<G: Gather> Timed for Windows<G> {
    type In = G::In;
    type Out = G::Out;

    fn add(&mut self, item: G::In) {
        let time = G::time(&item);
        self.newest = self.newest.max(time);
        if self.open.is_empty() {
            self.first = time - time.rem_euclid(G::SIZE);
        }
        while time < self.first {
            self.first -= G::SIZE;
            self.open.push_front(FxHashMap::default());
        }
        let number = ((time - self.first) / G::SIZE) as usize;
        while self.open.len() <= number {
            self.open.push_back(FxHashMap::default());
        }
        G::add(&mut self.open[number], item);
    }

    fn close(&mut self, watermark: i64, out: &mut Vec<G::Out>) {
        while !self.open.is_empty() && self.first + G::SIZE <= watermark {
            let kept = self.open.pop_front().unwrap_or_default();
            G::close(self.first, kept, out);
            self.first += G::SIZE;
        }
    }

    fn is_open(&self) -> bool {
        !self.open.is_empty()
    }
}

impl<G: Gather> Step for Windows<G> {
    type In = G::In;
    type Out = G::Out;

    fn one(&mut self, item: G::In, out: &mut Vec<G::Out>) {
        self.add(item);
        self.close(self.newest - G::DELAY, out);
    }

    fn end(&mut self, out: &mut Vec<G::Out>) {
        self.close(i64::MAX, out);
    }
}
