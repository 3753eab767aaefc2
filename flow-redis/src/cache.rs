//! Answers that are kept for a while.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Keeps a bounded number of answers, each for the same time from when it was learnt; so the oldest is the first to expire.
pub(crate) struct Cache<K, V> {
    ttl: Duration,
    most: usize,
    known: HashMap<Arc<K>, V>,
    /// In the order in which they were learnt.
    learnt: VecDeque<(Instant, Arc<K>)>,
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    pub(crate) fn new(ttl: Duration, most: usize) -> Self {
        Self { ttl, most, known: HashMap::new(), learnt: VecDeque::new() }
    }

    /// What is known of a key.
    pub(crate) fn get(&mut self, key: &K) -> Option<V> {
        self.forget();
        self.known.get(key).cloned()
    }

    /// Learns an answer; what is known already stays as it is, until it expires.
    pub(crate) fn put(&mut self, key: K, value: V) {
        if self.most == 0 || self.known.contains_key(&key) {
            return;
        }
        if self.known.len() >= self.most
            && let Some((_, oldest)) = self.learnt.pop_front()
        {
            self.known.remove(&oldest);
        }
        let key = Arc::new(key);
        self.known.insert(Arc::clone(&key), value);
        self.learnt.push_back((Instant::now(), key));
    }

    fn forget(&mut self) {
        while let Some((at, _)) = self.learnt.front()
            && at.elapsed() >= self.ttl
            && let Some((_, key)) = self.learnt.pop_front()
        {
            self.known.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn answers_expire_and_the_oldest_makes_room() {
        let mut cache = Cache::new(Duration::from_secs(10), 2);
        cache.put("a", 1);
        tokio::time::advance(Duration::from_secs(6)).await;
        cache.put("b", 2);
        cache.put("a", 9);
        assert_eq!((cache.get(&"a"), cache.get(&"b"), cache.get(&"c")), (Some(1), Some(2), None));
        tokio::time::advance(Duration::from_secs(4)).await;
        assert_eq!((cache.get(&"a"), cache.get(&"b")), (None, Some(2)));
        cache.put("a", 3);
        cache.put("c", 4);
        assert_eq!((cache.get(&"a"), cache.get(&"b"), cache.get(&"c")), (Some(3), None, Some(4)));
        assert_eq!((cache.known.len(), cache.learnt.len()), (2, 2));
        let mut none = Cache::new(Duration::from_secs(10), 0);
        none.put("a", 1);
        assert_eq!(none.get(&"a"), None);
    }
}
