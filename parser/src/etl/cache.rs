//! Buffers read lately, inflated, so that showing neighbouring records reads the file once.

use crate::error::Result;
use crate::limits::BUFFER_CACHE_BYTES;

/// The buffers used last, bounded in bytes.
#[derive(Debug)]
pub struct BufferCache {
    slots: Vec<Slot>,
    bytes: usize,
    max_bytes: usize,
    clock: u64,
}

#[derive(Debug)]
struct Slot {
    buffer: usize,
    /// Where it begins and ends, in the units of locators.
    first: u32,
    units: u32,
    used: u64,
    bytes: Vec<u8>,
}

/// A buffer in the cache, until another is loaded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    slot: usize,
    /// Its number.
    pub buffer: usize,
}

impl Default for BufferCache {
    fn default() -> Self {
        Self::new(BUFFER_CACHE_BYTES)
    }
}

impl BufferCache {
    /// A cache that holds at most `max_bytes`, but always the buffer used last.
    #[must_use]
    pub const fn new(max_bytes: usize) -> Self {
        Self { slots: Vec::new(), bytes: 0, max_bytes, clock: 0 }
    }

    /// Bytes held now.
    #[must_use]
    pub const fn held_bytes(&self) -> usize {
        self.bytes
    }

    /// Forgets everything; needed before using the cache with another file.
    pub fn clear(&mut self) {
        self.slots.clear();
        self.bytes = 0;
    }

    /// The buffer that holds a unit, if it is here: which it is.
    #[inline]
    pub(crate) fn holding(&self, unit: u32) -> Option<Held> {
        // What was loaded last is asked for most, and stands at the end.
        let holds = |slot: &Slot| unit.wrapping_sub(slot.first) < slot.units;
        let slot = self.slots.iter().rposition(holds)?;
        Some(Held { slot, buffer: self.slots.get(slot)?.buffer })
    }

    /// The bytes of a buffer that is here.
    #[inline]
    pub(crate) fn bytes(&mut self, held: Held) -> &[u8] {
        self.clock += 1;
        self.slots.get_mut(held.slot).map_or(&[], |slot| {
            slot.used = self.clock;
            &slot.bytes
        })
    }

    /// Loads a buffer, which begins at unit `first` and holds so many.
    pub(crate) fn load(
        &mut self,
        buffer: usize,
        first: u32,
        units: u32,
        load: impl FnOnce(&mut Vec<u8>) -> Result<()>,
    ) -> Result<Held> {
        let mut bytes = Vec::new();
        load(&mut bytes)?;
        self.make_room(bytes.len());
        self.bytes += bytes.len();
        self.slots.push(Slot { buffer, first, units, used: self.clock, bytes });
        Ok(Held { slot: self.slots.len() - 1, buffer })
    }

    fn make_room(&mut self, wanted_bytes: usize) {
        while self.bytes.saturating_add(wanted_bytes) > self.max_bytes {
            let oldest = self.slots.iter().enumerate().min_by_key(|(_, slot)| slot.used);
            let Some((index, _)) = oldest else { return };
            self.bytes -= self.slots.remove(index).bytes.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, ErrorKind};

    /// Buffers of ten units each.
    fn get(cache: &mut BufferCache, unit: u32, loads: &mut Vec<u32>) -> Vec<u8> {
        let held = cache.holding(unit).unwrap_or_else(|| {
            let buffer = unit / 10;
            let load = |out: &mut Vec<u8>| {
                loads.push(buffer);
                out.resize(if buffer == 9 { 500 } else { 40 }, buffer as u8);
                Ok(())
            };
            cache.load(buffer as usize, 10 * buffer, 10, load).expect("loaded")
        });
        assert_eq!(held.buffer, unit as usize / 10);
        cache.bytes(held).to_vec()
    }

    #[test]
    fn keeps_what_was_used_last_within_its_bound() {
        let mut cache = BufferCache::new(100);
        let mut loads = Vec::new();
        for unit in [10, 20, 19, 35, 11, 29, 90] {
            let bytes = get(&mut cache, unit, &mut loads);
            assert!(bytes.iter().all(|&byte| u32::from(byte) == unit / 10));
        }
        assert_eq!(loads, [1, 2, 3, 2, 9], "1 stayed, 2 made room for 3");
        assert_eq!(cache.held_bytes(), 500, "the one in use stays although it is too large");
        cache
            .load(4, 40, 10, |_| Err(Error::new(ErrorKind::Read, "gone")))
            .expect_err("a failed load is not kept");
        assert_eq!(cache.held_bytes(), 500);
    }
}
