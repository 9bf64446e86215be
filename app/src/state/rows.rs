//! Rows of the table that have been fetched, in blocks.
//!
//! A block that belongs to an earlier state of the trace is drawn until its successor arrives,
//! unless the filter changed and it would be wrong.

use std::collections::BTreeMap;

use etlens_parser::view::Row;

/// Rows per request. A screen is some fifty rows, so two blocks usually suffice.
pub const BLOCK: u64 = 64;

/// Blocks kept; the ones farthest from the screen go first.
const MOST_BLOCKS: usize = 48;

struct Block {
    rows: Vec<Row>,
    /// Generation it was fetched for; an earlier one is drawn but asked for again.
    generation: u32,
    /// Generation that has been asked for.
    asked: u32,
}

/// The fetched rows.
#[derive(Default)]
pub struct Rows {
    blocks: BTreeMap<u64, Block>,
    generation: u32,
}

impl Rows {
    /// All blocks are of the past; `wrong` ones may not even be drawn.
    pub fn expire(&mut self, wrong: bool) {
        self.generation = self.generation.wrapping_add(1);
        if wrong {
            self.blocks.clear();
        }
    }

    /// The generation to fetch for.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// The row at a position, if it is here.
    #[must_use]
    pub fn get(&self, position: u64) -> Option<&Row> {
        self.blocks.get(&(position / BLOCK))?.rows.get((position % BLOCK) as usize)
    }

    /// Which blocks of `first..last` must be asked for; they count as asked from here on.
    pub fn missing(&mut self, first: u64, last: u64) -> Vec<u64> {
        let generation = self.generation;
        let mut missing = Vec::new();
        for block in first / BLOCK..last.div_ceil(BLOCK) {
            let entry = self.blocks.entry(block).or_insert(Block {
                rows: Vec::new(),
                generation: generation.wrapping_sub(1),
                asked: generation.wrapping_sub(1),
            });
            if entry.asked != generation {
                entry.asked = generation;
                missing.push(block);
            }
        }
        while self.blocks.len() > MOST_BLOCKS {
            let near = first / BLOCK;
            let (Some(low), Some(high)) =
                (self.blocks.keys().next().copied(), self.blocks.keys().next_back().copied())
            else {
                break;
            };
            let farthest =
                if near.saturating_sub(low) > high.saturating_sub(near) { low } else { high };
            self.blocks.remove(&farthest);
        }
        missing
    }

    /// A block arrived. Returns whether it is of use.
    pub fn insert(&mut self, block: u64, generation: u32, rows: Vec<Row>) -> bool {
        if generation != self.generation {
            return false;
        }
        self.blocks.insert(block, Block { rows, generation, asked: generation });
        true
    }

    /// A block could not be had; it may be asked for again with the next change.
    #[must_use]
    pub fn is_current(&self, position: u64) -> bool {
        self.blocks.get(&(position / BLOCK)).is_some_and(|b| b.generation == self.generation)
    }
}
