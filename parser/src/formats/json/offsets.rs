//! Where events begin in the file, at four bytes each.

/// Rising file offsets by number of the event.
#[derive(Clone, Debug, Default)]
pub(super) struct Offsets {
    /// Offsets relative to the base of their block.
    relative: Vec<u32>,
    /// Number of the first event of a block and the offset it counts from; a new block begins
    /// where 32 bits no longer reach.
    blocks: Vec<(u32, u64)>,
}

impl Offsets {
    /// Adds an event; its number, unless there are more than 32 bits can number.
    pub(super) fn push(&mut self, offset: u64) -> Option<u32> {
        let number = u32::try_from(self.relative.len()).ok()?;
        let base = self.blocks.last().map(|(_, base)| *base);
        let relative = base.and_then(|base| u32::try_from(offset.checked_sub(base)?).ok());
        if relative.is_none() {
            self.blocks.push((number, offset));
        }
        self.relative.push(relative.unwrap_or(0));
        Some(number)
    }

    /// The offset of an event.
    pub(super) fn get(&self, number: u32) -> Option<u64> {
        let relative = *self.relative.get(number as usize)?;
        let block = self.blocks.partition_point(|(first, _)| *first <= number).checked_sub(1)?;
        let (_, base) = self.blocks.get(block)?;
        Some(base + u64::from(relative))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_beyond_four_gigabytes_come_back() {
        let wanted = [3, 700, 5_000_000_000, 5_000_000_001, 20_000_000_000_000];
        let mut offsets = Offsets::default();
        for (number, offset) in wanted.iter().enumerate() {
            assert_eq!(offsets.push(*offset), u32::try_from(number).ok());
        }
        for (number, offset) in (0..).zip(wanted) {
            assert_eq!(offsets.get(number), Some(offset));
        }
        assert_eq!(offsets.get(5), None);
    }
}
