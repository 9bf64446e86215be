//! The pool: workers that help the one that owns the trace. They read stretches of the file at the
//! same time; what they find is put together in file order (`etlens_parser::store::ShardLoader`).
//! And they search what a filter must read again (`etlens_parser::store::Searcher`).
//!
//! A helper is the same program under another name, started by the owner for as long as there is
//! work, and knows nothing but what it is told. One that dies costs time only: its stretch is
//! read by the owner.

pub mod help;
pub mod member;
pub mod messages;
pub mod searcher;
pub mod stream;
pub mod team;

/// Name under which a helper is started.
pub const MEMBER_NAME: &str = "etlens-helper";

/// More helpers than this only take memory: the browser's file reading is the bottleneck.
const MOST_MEMBERS: usize = 4;

/// What events may take of the worker's memory, which ends at 4 GiB: the rest is for looking at them
/// (filters, lanes, orders).
const MOST_MEMORY_MIB: u32 = 3 << 10;

/// What the worker that owns the trace may use. The page knows, and tells it in its name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Means {
    /// Helpers to start.
    pub members: usize,
    /// Memory for events, in MiB.
    pub memory_mib: u32,
}

impl Means {
    /// Of a machine with so many processors and so much memory, as far as the browser tells. A
    /// single processor has no use for helpers.
    #[must_use]
    pub fn of_machine(processors: usize, memory_gib: Option<f64>) -> Self {
        let members = if processors < 2 { 0 } else { processors.min(MOST_MEMBERS) };
        // Half of what there is: others live there too.
        let half_mib = memory_gib.map_or(MOST_MEMORY_MIB, |gib| (gib * 512.0) as u32);
        Self { members, memory_mib: half_mib.min(MOST_MEMORY_MIB) }
    }

    /// The name of the owner.
    #[must_use]
    pub fn to_name(self) -> String {
        format!("etlens {} {}", self.members, self.memory_mib)
    }

    /// What a name says; a name that says nothing allows no helpers.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        let mut words = name.split(' ').skip(1).map(str::parse::<u32>);
        let mut number = || words.next().and_then(Result::ok);
        let members = number().unwrap_or(0) as usize;
        let memory_mib = number().unwrap_or(MOST_MEMORY_MIB);
        Self { members: members.min(MOST_MEMBERS), memory_mib: memory_mib.min(MOST_MEMORY_MIB) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_follow_the_machine_and_survive_the_name() {
        let of = |processors, memory| {
            let means = Means::of_machine(processors, memory);
            assert_eq!(Means::from_name(&means.to_name()), means);
            (means.members, means.memory_mib)
        };
        assert_eq!(of(1, Some(0.5)), (0, 256));
        assert_eq!(of(2, Some(4.0)), (2, 2048));
        assert_eq!(of(64, Some(32.0)), (4, 3072), "no more than can be used");
        assert_eq!(of(8, None), (4, 3072));
        assert_eq!(Means::from_name("etlens"), Means { members: 0, memory_mib: 3072 });
    }
}
