//! Panes that are maps by a number.

use rustc_hash::FxHashMap;

/// What is kept for each key.
pub type Map<V> = FxHashMap<i64, V>;

/// A pane's entries on their way to another worker.
pub type Entries<V> = Vec<(i64, V)>;

/// The worker that has a key.
#[inline]
#[must_use]
pub fn owner(key: i64, workers: usize) -> usize {
    // The high half of a product, as spread as the keys are not.
    let spread = (key as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((u128::from(spread) * workers as u128) >> 64) as usize
}

/// An empty map with room for as many entries.
#[must_use]
pub fn like<V>(newest: &Map<V>) -> Map<V> {
    Map::with_capacity_and_hasher(newest.len(), rustc_hash::FxBuildHasher)
}

/// Empties a map into the pieces of the keys' owners.
pub fn split<V>(pane: &mut Map<V>, pieces: &mut [Entries<V>]) {
    let workers = pieces.len();
    pieces.iter_mut().for_each(|piece| piece.reserve(pane.len() / workers));
    for (key, value) in pane.drain() {
        pieces[owner(key, workers)].push((key, value));
    }
}

/// Empties a map into the first worker's piece.
pub fn to_first<V>(pane: &mut Map<V>, pieces: &mut [Entries<V>]) {
    pieces[0].extend(pane.drain());
}

/// Adds entries to a map.
pub fn merge<V: Default>(pane: &mut Map<V>, piece: Entries<V>, add: impl Fn(&mut V, V)) {
    pane.reserve(piece.len().saturating_sub(pane.len()));
    for (key, value) in piece {
        add(pane.entry(key).or_default(), value);
    }
}
