//! A hash map in little code, in the order of insertion.
//!
//! The usual hash maps are compiled anew for each type of key and value; their growing alone was
//! 60 KB of the worker. Here entries lie in a list, and one table of their places serves all types.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher as _};

use hashbrown::HashTable;
use rustc_hash::FxHasher;

/// Values by key. Entries come in the order in which they were inserted, until one is removed:
/// the last then takes its place.
#[derive(Clone, Debug)]
pub(crate) struct Map<K, V> {
    entries: Vec<(K, V)>,
    places: Places,
}

/// Distinct values.
pub(crate) type Set<K> = Map<K, ()>;

/// Where the entries lie, by hash.
#[derive(Clone, Debug, Default)]
struct Places {
    table: HashTable<u32>,
    /// Of each entry, so that growing need not know what keys are.
    hashes: Vec<u32>,
}

/// The table wants 64 bits, and looks at the highest and the lowest.
fn wide(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}

fn hash_of<Q: Hash + ?Sized>(key: &Q) -> u32 {
    let mut hasher = FxHasher::default();
    key.hash(&mut hasher);
    let hash = hasher.finish();
    (hash ^ hash >> 32) as u32
}

impl Places {
    #[inline(never)]
    fn push(&mut self, hash: u32) {
        // There are fewer entries than 2^32: each takes more than a byte of memory.
        let place = self.hashes.len() as u32;
        self.hashes.push(hash);
        let hashes = &self.hashes;
        self.table.insert_unique(wide(hash), place, |place| {
            wide(hashes.get(*place as usize).copied().unwrap_or_default())
        });
    }

    /// Takes out a place; the last takes it over.
    #[inline(never)]
    fn swap_remove(&mut self, place: u32) {
        let last = self.hashes.len().saturating_sub(1) as u32;
        let hash = |place: u32| wide(self.hashes.get(place as usize).copied().unwrap_or_default());
        if let Ok(entry) = self.table.find_entry(hash(place), |known| *known == place) {
            entry.remove();
        }
        if let Some(known) = self.table.find_mut(hash(last), |known| *known == last) {
            *known = place;
        }
        self.hashes.swap_remove(place as usize);
    }
}

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self { entries: Vec::new(), places: Places::default() }
    }
}

impl<K, V> Map<K, V> {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn into_values(self) -> impl ExactSizeIterator<Item = V> {
        self.entries.into_iter().map(|(_, value)| value)
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (&K, &V)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    pub(crate) fn keys(&self) -> impl ExactSizeIterator<Item = &K> {
        self.entries.iter().map(|(key, _)| key)
    }

    pub(crate) fn values(&self) -> impl ExactSizeIterator<Item = &V> {
        self.entries.iter().map(|(_, value)| value)
    }
}

impl<K: Eq + Hash, V> Map<K, V> {
    fn place<Q: Eq + Hash + ?Sized>(&self, hash: u32, key: &Q) -> Option<usize>
    where
        K: Borrow<Q>,
    {
        let same = |place: &u32| {
            self.entries.get(*place as usize).is_some_and(|(known, _)| known.borrow() == key)
        };
        self.places.table.find(wide(hash), same).map(|place| *place as usize)
    }

    pub(crate) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.entries.get(self.place(hash_of(key), key)?).map(|(_, value)| value)
    }

    pub(crate) fn get_mut<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let place = self.place(hash_of(key), key)?;
        self.entries.get_mut(place).map(|(_, value)| value)
    }

    pub(crate) fn contains_key<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.place(hash_of(key), key).is_some()
    }

    /// Sets the value of a key; the one before.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        let hash = hash_of(&key);
        let known = self.place(hash, &key).and_then(|place| self.entries.get_mut(place));
        if let Some((_, known)) = known {
            return Some(std::mem::replace(known, value));
        }
        self.places.push(hash);
        self.entries.push((key, value));
        None
    }

    /// The place of a key, to put a value there unless there is one.
    pub(crate) fn entry(&mut self, key: K) -> Entry<'_, K, V> {
        Entry { map: self, key }
    }

    pub(crate) fn remove<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let place = self.place(hash_of(key), key)?;
        self.places.swap_remove(place as u32);
        Some(self.entries.swap_remove(place).1)
    }
}

/// A place that may have a value.
#[derive(Debug)]
pub(crate) struct Entry<'a, K, V> {
    map: &'a mut Map<K, V>,
    key: K,
}

impl<'a, K: Eq + Hash, V> Entry<'a, K, V> {
    pub(crate) fn or_insert_with(self, value: impl FnOnce() -> V) -> &'a mut V {
        let Self { map, key } = self;
        let hash = hash_of(&key);
        let place = map.place(hash, &key).unwrap_or(map.entries.len());
        if place == map.entries.len() {
            map.places.push(hash);
            map.entries.push((key, value()));
        }
        &mut map.entries[place].1
    }

    pub(crate) fn or_insert(self, value: V) -> &'a mut V {
        self.or_insert_with(|| value)
    }

    pub(crate) fn or_default(self) -> &'a mut V
    where
        V: Default,
    {
        self.or_insert_with(V::default)
    }
}

impl<K: Eq + Hash> Set<K> {
    /// Adds a value; whether it is new.
    pub(crate) fn add(&mut self, key: K) -> bool {
        self.insert(key, ()).is_none()
    }

    /// The value that is equal, as it was added.
    pub(crate) fn kept<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&K>
    where
        K: Borrow<Q>,
    {
        self.entries.get(self.place(hash_of(key), key)?).map(|(known, ())| known)
    }

    pub(crate) fn contains<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.contains_key(key)
    }
}

impl<K: Eq + Hash, V> Extend<(K, V)> for Map<K, V> {
    fn extend<T: IntoIterator<Item = (K, V)>>(&mut self, items: T) {
        for (key, value) in items {
            self.insert(key, value);
        }
    }
}

impl<K: Eq + Hash, V> FromIterator<(K, V)> for Map<K, V> {
    fn from_iter<T: IntoIterator<Item = (K, V)>>(items: T) -> Self {
        let mut map = Self::default();
        map.extend(items);
        map
    }
}

impl<K, V> IntoIterator for Map<K, V> {
    type Item = (K, V);
    type IntoIter = std::vec::IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_as_the_map_of_the_standard_library() {
        let (mut ours, mut theirs) = (Map::default(), std::collections::HashMap::new());
        let mut state = 1_u32;
        for step in 0..20_000_u32 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let key = (state >> 16) % 700;
            match state >> 30 {
                0 => assert_eq!(ours.remove(&key), theirs.remove(&key)),
                1 => assert_eq!(ours.insert(key, step), theirs.insert(key, step)),
                2 => {
                    let own = *ours.entry(key).or_insert(step);
                    assert_eq!(own, *theirs.entry(key).or_insert(step));
                }
                _ => {
                    assert_eq!(ours.get(&key), theirs.get(&key));
                    assert_eq!(ours.contains_key(&key), theirs.contains_key(&key));
                    if let Some(value) = ours.get_mut(&key) {
                        *value += 1;
                        *theirs.get_mut(&key).expect("there") += 1;
                    }
                }
            }
            assert_eq!(ours.len(), theirs.len());
        }
        let mut left: Vec<(u32, u32)> = ours.iter().map(|(key, value)| (*key, *value)).collect();
        left.sort_unstable();
        let mut expected: Vec<(u32, u32)> = theirs.into_iter().collect();
        expected.sort_unstable();
        assert_eq!(left, expected);
    }

    #[test]
    fn entries_come_in_the_order_of_insertion() {
        let map: Map<&str, u8> = [("c", 1), ("a", 2), ("b", 3), ("a", 4)].into_iter().collect();
        assert!(map.keys().eq(&["c", "a", "b"]));
        assert!(map.into_iter().eq([("c", 1), ("a", 4), ("b", 3)]));
        let mut set = Set::default();
        assert!(set.add(7) && !set.add(7));
    }
}
