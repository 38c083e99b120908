//! A bounded map that forgets what was not used for long.
//!
//! Two halves: what is used moves to the young one; when that is full it becomes the old one, and
//! the old one goes. So at most `2 × half` values are held, each use is one or two look-ups, and
//! there is no list to keep in order. Keys are ids, which the server gives: nobody can choose them to collide, so a
//! fast hash will do.

use std::collections::HashMap;
use std::hash::Hash;

use foldhash::fast::RandomState;

pub(super) struct Generations<K, V> {
    young: HashMap<K, V, RandomState>,
    old: HashMap<K, V, RandomState>,
    half: usize,
}

impl<K: Hash + Eq + Copy, V> Generations<K, V> {
    pub(super) fn new(half: usize) -> Self {
        Self {
            young: HashMap::default(),
            old: HashMap::default(),
            half,
        }
    }

    /// The value, which counts as a use of it.
    pub(super) fn get_mut(&mut self, key: K) -> Option<&mut V> {
        if let Some(value) = self.old.remove(&key) {
            self.young.insert(key, value);
        }
        self.young.get_mut(&key)
    }

    pub(super) fn insert(&mut self, key: K, value: V) {
        self.old.remove(&key);
        self.young.insert(key, value);
    }

    /// Forgets one.
    pub(super) fn remove(&mut self, key: K) {
        self.old.remove(&key);
        self.young.remove(&key);
    }

    /// Whether the young half is full.
    pub(super) fn is_overgrown(&self) -> bool {
        self.young.len() >= self.half
    }

    /// Forgets the old half, once the young one is full. Only here do values go, so between two
    /// calls whoever put one in finds it again.
    pub(super) fn age(&mut self) {
        if self.is_overgrown() {
            self.old = std::mem::take(&mut self.young);
        }
    }

    pub(super) fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_stays_and_what_is_not_goes() {
        let mut map = Generations::new(10);
        map.insert(0, "used");
        for key in 1..1000 {
            map.insert(key, "once");
            assert!(map.get_mut(0).is_some(), "lost after {key} others");
            map.age();
            assert!(map.young.len() + map.old.len() <= 20);
        }
        assert!(map.get_mut(1).is_none());
        assert_eq!(map.get_mut(999), Some(&mut "once"));
    }

    #[test]
    fn between_two_agings_nothing_goes() {
        let mut map = Generations::new(2);
        for key in 0..100 {
            map.insert(key, key);
        }
        for key in 0..100 {
            assert_eq!(map.get_mut(key), Some(&mut { key }));
        }
    }
}
