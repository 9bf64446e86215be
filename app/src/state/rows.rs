//! Rows of the table that have been fetched, in blocks.
//!
//! A block that belongs to an earlier state of the trace is drawn until its successor arrives,
//! unless the filter changed and it would be wrong.

use std::collections::BTreeMap;
use std::ops::Range;

use etlens_parser::view::Row;

/// Rows per request. A screen is some fifty rows, so two blocks usually suffice.
pub const BLOCK: u64 = 64;

/// Blocks asked for at a time.
const MOST_ON_THEIR_WAY: u32 = 6;

/// Blocks kept; the ones farthest from the screen go first.
const MOST_BLOCKS: usize = 48;

struct Block {
    rows: Vec<Row>,
    /// Generation that has been asked for; the rows of an earlier one are drawn until it comes.
    asked: u32,
}

/// The fetched rows.
#[derive(Default)]
pub struct Rows {
    blocks: BTreeMap<u64, Block>,
    generation: u32,
    /// Requests without an answer.
    on_their_way: u32,
}

impl Rows {
    /// All blocks are of the past; `wrong` ones may not even be drawn.
    pub fn expire(&mut self, wrong: bool) {
        self.generation = self.generation.wrapping_add(1);
        self.on_their_way = 0;
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

    /// Which blocks must be asked for, those `seen` before those `near`; they count as asked from
    /// here on. While many are on their way there are none: whoever scrolls fast passes most of
    /// what was seen, and asks again when one of them arrives.
    pub fn missing(&mut self, seen: Range<u64>, near: Range<u64>) -> Vec<u64> {
        let generation = self.generation;
        let mut missing = Vec::new();
        let blocks = |rows: &Range<u64>| rows.start / BLOCK..rows.end.div_ceil(BLOCK);
        let first = seen.start;
        for block in blocks(&seen).chain(blocks(&near)) {
            if self.on_their_way >= MOST_ON_THEIR_WAY {
                break;
            }
            let entry = self
                .blocks
                .entry(block)
                .or_insert(Block { rows: Vec::new(), asked: generation.wrapping_sub(1) });
            if entry.asked != generation {
                entry.asked = generation;
                self.on_their_way += 1;
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

    /// A block could not be had.
    pub fn failed(&mut self) {
        self.on_their_way = self.on_their_way.saturating_sub(1);
    }

    /// A block arrived. Returns whether it is of use.
    pub fn insert(&mut self, block: u64, generation: u32, rows: Vec<Row>) -> bool {
        self.on_their_way = self.on_their_way.saturating_sub(1);
        if generation != self.generation {
            return false;
        }
        self.blocks.insert(block, Block { rows, asked: generation });
        true
    }
}
