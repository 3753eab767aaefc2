//! What workers send each other.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A worker's inbox. Every worker says how far it has come; nothing older comes from it after that.
#[derive(Debug)]
pub struct Inbox<M> {
    state: Mutex<State<M>>,
    changed: Condvar,
}

#[derive(Debug)]
struct State<M> {
    messages: Vec<M>,
    /// How far each worker has come.
    upto: Vec<i64>,
}

impl<M> Inbox<M> {
    /// Messages that may wait; a sender waits when there are more.
    const MOST: usize = 256;

    /// One for each worker.
    #[must_use]
    pub fn each(workers: usize) -> Vec<Self> {
        let new = |_| Self {
            state: Mutex::new(State { messages: Vec::new(), upto: vec![i64::MIN; workers] }),
            changed: Condvar::new(),
        };
        (0..workers).map(new).collect()
    }

    /// Puts a message in, unless too many wait: then it comes back, so that the sender can look into its own inbox.
    ///
    /// # Errors
    /// With the message that does not fit.
    pub fn put(&self, from: usize, message: M, upto: i64) -> Result<(), M> {
        let mut state = self.lock();
        if state.messages.len() >= Self::MOST {
            return Err(message);
        }
        state.messages.push(message);
        state.upto[from] = upto;
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// A worker will send nothing more.
    pub fn end(&self, from: usize) {
        self.lock().upto[from] = i64::MAX;
        self.changed.notify_one();
    }

    /// What is there, and how far all workers have come.
    pub fn take(&self) -> (Vec<M>, i64) {
        taken(&mut self.lock())
    }

    /// The same, as soon as there is something new: a message, or the end of all.
    pub fn wait(&self) -> (Vec<M>, i64) {
        let waits = |state: &mut State<M>| state.messages.is_empty() && state.upto.iter().any(|upto| *upto < i64::MAX);
        taken(&mut self.changed.wait_while(self.lock(), waits).unwrap_or_else(PoisonError::into_inner))
    }

    fn lock(&self) -> MutexGuard<'_, State<M>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn taken<M>(state: &mut State<M>) -> (Vec<M>, i64) {
    (std::mem::take(&mut state.messages), state.upto.iter().copied().min().unwrap_or(i64::MAX))
}
