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
    used: u64,
    bytes: Vec<u8>,
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

    /// The bytes of a buffer, loaded if need be.
    pub(crate) fn get(
        &mut self,
        buffer: usize,
        load: impl FnOnce(&mut Vec<u8>) -> Result<()>,
    ) -> Result<&[u8]> {
        self.clock += 1;
        let clock = self.clock;
        // What was loaded last is asked for most, and stands at the end.
        let index = match self.slots.iter().rposition(|slot| slot.buffer == buffer) {
            Some(index) => index,
            None => {
                let mut bytes = Vec::new();
                load(&mut bytes)?;
                self.make_room(bytes.len());
                self.bytes += bytes.len();
                self.slots.push(Slot { buffer, used: clock, bytes });
                self.slots.len() - 1
            }
        };
        Ok(self.slots.get_mut(index).map_or(&[], |slot| {
            slot.used = clock;
            &slot.bytes
        }))
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

    #[test]
    fn keeps_what_was_used_last_within_its_bound() {
        let mut cache = BufferCache::new(100);
        let mut loads = Vec::new();
        for buffer in [1, 2, 1, 3, 1, 2, 9] {
            let bytes = cache
                .get(buffer, |out| {
                    loads.push(buffer);
                    out.resize(if buffer == 9 { 500 } else { 40 }, buffer as u8);
                    Ok(())
                })
                .expect("loaded");
            assert!(bytes.iter().all(|&byte| usize::from(byte) == buffer));
        }
        assert_eq!(loads, [1, 2, 3, 2, 9], "1 stayed, 2 made room for 3");
        assert_eq!(cache.held_bytes(), 500, "the one in use stays although it is too large");
        cache
            .get(4, |_| Err(Error::new(ErrorKind::Read, "gone")))
            .expect_err("a failed load is not kept");
        assert_eq!(cache.held_bytes(), 500);
    }
}
