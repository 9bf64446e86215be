//! Columns of a trace: what is kept of each event once its bytes are forgotten, and the answers
//! computed from them.
//!
//! One event has a time, key, processor, thread, activity and locator: 24 bytes at most, and
//! half of that mostly (`column`). All that repeats is interned: an *event key* is what provider,
//! id, version and the like have in common, so names, levels and filters are worked out per key, not
//! per event.

mod activities;
mod cells;
mod column;
mod columns;
mod completions;
mod counted;
mod details;
mod directory;
mod fingerprint;
mod group;
mod insight_scan;
mod intern;
mod judge;
mod keys;
mod labels;
mod lane_groups;
mod lanes;
mod loader;
mod losses;
mod order;
mod passes;
mod range;
mod rows;
mod samples;
mod scan;
mod search;
mod selection;
mod shard;
mod sieve;
mod spans;
mod stacks;
mod terms;
#[cfg(test)]
mod tests;
mod trace;
mod transfers;
mod windows;
mod writer;

pub use columns::Rows;
pub(crate) use details::upper_hex;
pub use directory::Seen;
pub use fingerprint::FINGERPRINT_BYTES;
pub use group::Grouping;
pub use insight_scan::InsightScan;
pub use keys::{EventKey, Key, KeyId};
pub use loader::{Loader, folder_error};
pub use order::{Order, Sorting};
pub use range::RangeScan;
pub use scan::Scan;
pub use search::{Briefing, Finds, Searcher, Share};
pub use selection::View;
pub use shard::{Shard, ShardLoader};
pub use trace::{Step, Trace};
