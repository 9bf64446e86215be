//! Interning: equal values get one small number, which is what the columns hold.

use std::hash::{BuildHasher, Hash};

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

/// Numbers distinct values of `T` from 0, in order of first sight.
#[derive(Clone, Debug)]
pub(super) struct Interner<T> {
    values: Vec<T>,
    table: HashTable<u32>,
    /// Numbers given lately, by [`place_of`]: traces repeat themselves.
    lately: [u32; PLACES],
}

/// Number of places for values seen lately.
const PLACES: usize = 256;

/// Where a value of a hash is kept that was seen lately.
#[inline]
fn place_of(hash: u64) -> usize {
    // The hasher counts in machine words; its upper bits are the best.
    hash as usize >> (usize::BITS - PLACES.ilog2())
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self { values: Vec::new(), table: HashTable::new(), lately: [u32::MAX; PLACES] }
    }
}

impl<T: Hash + Eq> Interner<T> {
    /// The number of a value, and whether it is new.
    pub fn intern(&mut self, value: T) -> (u32, bool) {
        let hash = FxBuildHasher.hash_one(&value);
        let place = place_of(hash);
        let lately = self.lately.get(place).copied().unwrap_or(u32::MAX);
        if self.values.get(lately as usize) == Some(&value) {
            return (lately, false);
        }
        let (number, new) = self.intern_hashed(value, hash);
        if let Some(lately) = self.lately.get_mut(place) {
            *lately = number;
        }
        (number, new)
    }

    fn intern_hashed(&mut self, value: T, hash: u64) -> (u32, bool) {
        let values = &self.values;
        let same = |&number: &u32| values.get(number as usize) == Some(&value);
        if let Some(&number) = self.table.find(hash, same) {
            return (number, false);
        }
        // Events are numbered with 32 bits, and each brings one new value at most.
        let number = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.values.push(value);
        let values = &self.values;
        self.table.insert_unique(hash, number, |&number| {
            values.get(number as usize).map_or(0, |value| FxBuildHasher.hash_one(value))
        });
        (number, true)
    }

    /// The number of a value that was seen.
    pub fn find(&self, value: &T) -> Option<u32> {
        let hash = FxBuildHasher.hash_one(value);
        self.table.find(hash, |&number| self.values.get(number as usize) == Some(value)).copied()
    }

    /// The value of a number.
    pub fn get(&self, number: u32) -> Option<&T> {
        self.values.get(number as usize)
    }

    /// Puts another value at a number; [`Interner::find`] keeps to the value interned.
    pub fn replace(&mut self, number: u32, value: T) {
        if let Some(old) = self.values.get_mut(number as usize) {
            *old = value;
        }
    }

    /// Forgets all values, but keeps their memory.
    pub fn clear(&mut self) {
        self.values.clear();
        self.table.clear();
        self.lately = [u32::MAX; PLACES];
    }

    /// All values, by number.
    pub fn values(&self) -> &[T] {
        &self.values
    }
}

/// [`Interner`] of byte strings, in one allocation. Number 0 is the empty string.
#[derive(Clone, Debug)]
pub(super) struct Strings {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    table: HashTable<u32>,
}

impl Default for Strings {
    fn default() -> Self {
        Self { bytes: Vec::new(), ends: vec![0], table: HashTable::new() }
    }
}

impl Strings {
    /// The number of a byte string.
    pub fn intern(&mut self, value: &[u8]) -> u32 {
        if value.is_empty() {
            return 0;
        }
        let hash = FxBuildHasher.hash_one(value);
        if let Some(&number) = self.table.find(hash, |&number| self.get(number) == value) {
            return number;
        }
        let number = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(value);
        self.ends.push(self.bytes.len());
        let (bytes, ends) = (&self.bytes, &self.ends);
        self.table.insert_unique(hash, number, |&number| {
            FxBuildHasher.hash_one(slice(bytes, ends, number))
        });
        number
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// All byte strings but the empty one, by number.
    pub fn values(&self) -> impl Iterator<Item = &[u8]> {
        self.ends.windows(2).map(|ends| {
            let [start, end] = [ends.first(), ends.last()].map(|end| end.copied().unwrap_or(0));
            self.bytes.get(start..end).unwrap_or_default()
        })
    }

    /// The byte string of a number; empty for a number never given.
    pub fn get(&self, number: u32) -> &[u8] {
        slice(&self.bytes, &self.ends, number)
    }
}

fn slice<'a>(bytes: &'a [u8], ends: &[usize], number: u32) -> &'a [u8] {
    let number = number as usize;
    let (Some(before), Some(&end)) = (number.checked_sub(1), ends.get(number)) else {
        return &[];
    };
    ends.get(before).and_then(|&start| bytes.get(start..end)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_a_number() {
        let mut numbers = Interner::default();
        let seen: Vec<_> = [7_u64, 9, 7, 7, 8, 9].map(|v| numbers.intern(v)).to_vec();
        assert_eq!(
            seen,
            [(0, true), (1, true), (0, false), (0, false), (2, true), (1, false)],
            "numbers go by first sight"
        );
        assert_eq!(numbers.find(&8), Some(2));
        assert_eq!(numbers.find(&10), None);
        assert_eq!(numbers.get(1), Some(&9));
        numbers.clear();
        assert_eq!(numbers.find(&9), None);
        assert_eq!([9, 7, 9].map(|v| numbers.intern(v)), [(0, true), (1, true), (0, false)]);
    }

    #[test]
    fn strings_survive_growth() {
        let mut strings = Strings::default();
        let all: Vec<String> = (0..5000).map(|i| format!("name {i}")).collect();
        let numbers: Vec<u32> = all.iter().map(|s| strings.intern(s.as_bytes())).collect();
        for (text, number) in all.iter().zip(numbers) {
            assert_eq!(strings.get(number), text.as_bytes());
            assert_eq!(strings.intern(text.as_bytes()), number);
        }
        assert_eq!(strings.intern(b""), 0);
        assert_eq!(strings.get(0), b"");
        assert_eq!(strings.get(u32::MAX), b"");
    }
}
