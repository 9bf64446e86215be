//! What the owner of the trace and its helpers say to each other. Travels as `wire` packs it.

use etlens_parser::etl::Known;
use etlens_parser::store::{Briefing, Finds, Shard};
use serde::{Deserialize, Serialize};

/// From the owner to a helper.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ToMember {
    /// What is to be known to read parts of the attached file. Comes before all else.
    Begin {
        /// That.
        known: Known,
    },
    /// Read a stretch of the file; the answers are [`ToOwner::Found`], in file order, and in the
    /// end [`ToOwner::Over`].
    Read {
        /// Number of the stretch.
        stretch: u32,
        /// Its buffers begin here or later,
        from: u64,
        /// and before this.
        until: u64,
    },
    /// What is to be known to search a file. Attached is an array of that file and of the schema
    /// files of the user. Comes before all shares.
    Search {
        /// That.
        briefing: Box<Briefing>,
        /// The names of the schema files.
        schemas: Vec<String>,
    },
    /// Search a share, whose events are attached as a `Uint8Array`; the answer is
    /// [`ToOwner::Searched`], or [`ToOwner::Over`] with its number when that cannot be done.
    Share {
        /// Its number.
        number: u32,
    },
    /// The attached rows were taken: their memory can be used again.
    Spare,
}

/// From a helper to the owner.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ToOwner {
    /// The helper is up; what is said before is lost.
    Ready,
    /// A part of a stretch was read.
    Found {
        /// Number of the stretch.
        stretch: u32,
        /// What the part holds; its rows are attached as a `Uint8Array`.
        found: Box<Shard>,
    },
    /// A share was searched.
    Searched(Finds),
    /// Nothing more comes of a stretch, all of it read or not; or nothing of a share.
    Over {
        /// Its number.
        stretch: u32,
    },
    /// The helper panicked and is gone.
    Panicked {
        /// What it said.
        message: String,
    },
}
