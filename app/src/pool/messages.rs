//! What the owner of the trace and its helpers say to each other. Travels as `wire` packs it.

use etlens_parser::etl::Known;
use etlens_parser::store::Shard;
use serde::{Deserialize, Serialize};

/// From the owner to a helper.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ToMember {
    /// What is to be known to read parts of the attached file. Comes before all else.
    Begin {
        /// That.
        known: Known,
    },
    /// Read a part; the answer is [`ToOwner::Found`] or [`ToOwner::Failed`].
    Read {
        /// Number of the part.
        shard: u32,
        /// Its buffers begin here or later,
        from: u64,
        /// and before this.
        until: u64,
    },
}

/// From a helper to the owner.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ToOwner {
    /// The helper is up; what is said before is lost.
    Ready,
    /// A part was read.
    Found {
        /// Its number.
        shard: u32,
        /// What it holds, its rows attached as a `Uint8Array`; `None` when no buffer begins in it.
        found: Option<Box<Shard>>,
    },
    /// A part could not be read.
    Failed {
        /// Its number.
        shard: u32,
    },
    /// The helper panicked and is gone.
    Panicked {
        /// What it said.
        message: String,
    },
}
