//! The pool: workers that help the one that owns the trace. They read parts of the file at the same
//! time; what they find is put together in file order (`etlens_parser::store::ShardLoader`).
//!
//! A helper is the same program under another name, started by the owner for as long as there is
//! work, and knows nothing but what it is told. One that dies costs time only: its part is read by
//! the owner.

pub mod member;
pub mod messages;
pub mod team;

/// Name under which a helper is started.
pub const MEMBER_NAME: &str = "etlens-helper";

/// More helpers than this only take memory: the browser's file reading is the bottleneck.
const MOST_MEMBERS: usize = 4;

/// How many helpers a machine with so many processors gets. A single processor has no use for any.
#[must_use]
pub fn members_for(processors: usize) -> usize {
    if processors < 2 { 0 } else { processors.min(MOST_MEMBERS) }
}

/// The name of the worker that owns the trace, which tells it how many helpers to start.
#[must_use]
pub fn owner_name(members: usize) -> String {
    format!("etlens +{members}")
}

/// How many helpers a worker of this name may start.
#[must_use]
pub fn members_of(owner_name: &str) -> usize {
    let number = owner_name.rsplit_once('+').and_then(|(_, number)| number.parse().ok());
    number.unwrap_or(0).min(MOST_MEMBERS)
}
