//! Rows of the table that have been fetched, in blocks.
//!
//! A block that belongs to an earlier state of the trace is drawn until its successor arrives,
//! unless the filter changed and it would be wrong.

use std::ops::Range;

use etlens_parser::view::Row;

/// Rows per request. A table shows some twenty, which of a rare kind lie all over the file and are
/// read one by one.
pub const BLOCK: u64 = 32;

/// Blocks asked for at a time.
const MOST_ON_THEIR_WAY: u32 = 12;

/// Blocks kept; the ones farthest from the screen go first.
const MOST_BLOCKS: usize = 96;

struct Block {
    /// Which it is.
    number: u64,
    rows: Vec<Row>,
    /// Generation that has been asked for; the rows of an earlier one are drawn until it comes.
    asked: u32,
}

/// The fetched rows.
#[derive(Default)]
pub struct Rows {
    /// At most [`MOST_BLOCKS`], in no order.
    blocks: Vec<Block>,
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
        let number = position / BLOCK;
        let block = self.blocks.iter().find(|block| block.number == number)?;
        block.rows.get((position % BLOCK) as usize)
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
            match self.blocks.iter_mut().find(|known| known.number == block) {
                Some(known) if known.asked == generation => continue,
                Some(known) => known.asked = generation,
                None => {
                    self.blocks.push(Block { number: block, rows: Vec::new(), asked: generation });
                }
            }
            self.on_their_way += 1;
            missing.push(block);
        }
        while self.blocks.len() > MOST_BLOCKS {
            let near = first / BLOCK;
            let distances = self.blocks.iter().map(|block| block.number.abs_diff(near));
            let Some((at, _)) = distances.enumerate().max_by_key(|(_, distance)| *distance) else {
                break;
            };
            self.blocks.swap_remove(at);
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
        self.blocks.retain(|known| known.number != block);
        self.blocks.push(Block { number: block, rows, asked: generation });
        true
    }
}
