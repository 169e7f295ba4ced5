//! A map that forgets what was not asked for the longest.

use std::collections::BTreeMap;

/// Holds entries up to a total weight.
#[derive(Debug)]
pub(super) struct Lru<K, V> {
    /// In the order of keys, so that those that belong together are found together.
    entries: BTreeMap<K, Entry<V>>,
    /// Use number to key, the oldest use first.
    order: BTreeMap<u64, K>,
    uses: u64,
    weight: usize,
    weight_max: usize,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    weight: usize,
    used: u64,
}

impl<K: Clone + Ord, V> Lru<K, V> {
    pub(super) fn new(weight_max: usize) -> Self {
        Self { entries: BTreeMap::new(), order: BTreeMap::new(), uses: 0, weight: 0, weight_max }
    }

    /// The value, which counts as used now.
    pub(super) fn get(&mut self, key: &K) -> Option<&V> {
        let entry = self.entries.get_mut(key)?;
        self.uses += 1;
        let key = self.order.remove(&entry.used)?;
        entry.used = self.uses;
        self.order.insert(self.uses, key);
        Some(&entry.value)
    }

    /// Puts a value in, and the oldest ones out until all fits. One that is heavier than the whole is not kept.
    pub(super) fn insert(&mut self, key: K, value: V, weight: usize) {
        self.remove(&key);
        if weight > self.weight_max {
            return;
        }
        self.uses += 1;
        self.weight += weight;
        self.order.insert(self.uses, key.clone());
        self.entries.insert(key, Entry { value, weight, used: self.uses });
        while self.weight > self.weight_max {
            let Some((_, oldest)) = self.order.pop_first() else { return };
            self.weight -= self.entries.remove(&oldest).map_or(0, |entry| entry.weight);
        }
    }

    pub(super) fn remove(&mut self, key: &K) {
        if let Some(entry) = self.entries.remove(key) {
            self.order.remove(&entry.used);
            self.weight -= entry.weight;
        }
    }

    /// Removes the keys from `first` on for as long as they belong to it, and answers them.
    pub(super) fn remove_run(&mut self, first: &K, belongs: impl Fn(&K) -> bool) -> Vec<K> {
        let run: Vec<K> =
            self.entries.range(first..).map(|(key, _)| key).take_while(|key| belongs(key)).cloned().collect();
        for key in &run {
            self.remove(key);
        }
        run
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lru: &mut Lru<&'static str, u32>, present: &[&'static str]) {
        let mut keys: Vec<_> = lru.entries.keys().copied().collect();
        keys.sort_unstable();
        assert_eq!(keys, present);
        assert_eq!(lru.order.len(), present.len());
        assert_eq!(lru.weight, lru.entries.values().map(|entry| entry.weight).sum::<usize>());
    }

    #[test]
    fn forgets_what_was_not_used_the_longest() {
        let mut lru = Lru::new(3);
        for key in ["a", "b", "c"] {
            lru.insert(key, 1, 1);
        }
        assert_eq!(lru.get(&"a"), Some(&1));
        lru.insert("d", 1, 1);
        check(&mut lru, &["a", "c", "d"]);
    }

    #[test]
    fn a_heavy_entry_pushes_several_out_and_a_heavier_one_is_not_kept() {
        let mut lru = Lru::new(10);
        lru.insert("a", 1, 4);
        lru.insert("b", 1, 4);
        lru.insert("c", 1, 9);
        check(&mut lru, &["c"]);
        lru.insert("c", 2, 11);
        check(&mut lru, &[]);
        assert_eq!(lru.get(&"c"), None);
    }

    #[test]
    fn what_belongs_together_goes_together() {
        let mut lru = Lru::new(10);
        for key in ["a1", "a2", "b1", "b2", "c1"] {
            lru.insert(key, 1, 1);
        }
        assert_eq!(lru.remove_run(&"b", |key| key.starts_with('b')), ["b1", "b2"]);
        check(&mut lru, &["a1", "a2", "c1"]);
        assert!(lru.remove_run(&"b", |key| key.starts_with('b')).is_empty());
        check(&mut lru, &["a1", "a2", "c1"]);
    }

    #[test]
    fn replacing_does_not_count_twice() {
        let mut lru = Lru::new(4);
        lru.insert("a", 1, 3);
        lru.insert("a", 2, 4);
        check(&mut lru, &["a"]);
        assert_eq!(lru.get(&"a"), Some(&2));
    }
}
