//! What the bytes of a file are, and what its recorder lost.

use serde::{Deserialize, Serialize};

/// The bytes of the file by what they are: together they are all bytes read. Compressed buffers
/// count as they lie in the file.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Accounting {
    /// Bytes of records.
    pub records_bytes: u64,
    /// Bytes of buffer headers.
    pub headers_bytes: u64,
    /// Alignment, and what follows the last record of a buffer.
    pub fill_bytes: u64,
    /// Bytes that could not be read; each is part of an issue.
    pub skipped_bytes: u64,
}

impl Accounting {
    /// All bytes accounted for.
    #[must_use]
    pub const fn total_bytes(&self) -> u64 {
        self.records_bytes + self.headers_bytes + self.fill_bytes + self.skipped_bytes
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.records_bytes += other.records_bytes;
        self.headers_bytes += other.headers_bytes;
        self.fill_bytes += other.fill_bytes;
        self.skipped_bytes += other.skipped_bytes;
    }
}

/// What the recorder lost, by its own account.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Losses {
    /// `EventsLost` of all log headers.
    pub events: u64,
    /// `BuffersLost` of all log headers.
    pub buffers: u64,
    /// Buffers flagged as following lost events.
    pub flagged_events: u64,
    /// Buffers flagged as following lost buffers.
    pub flagged_buffers: u64,
    /// Sequence numbers of buffers missing between the lowest and the highest of each session.
    /// Some are missing in traces that lost nothing.
    pub sequence_gaps: u64,
}

/// Sequence numbers of the buffers of one session.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Sequence {
    count: u64,
    lowest: i64,
    highest: i64,
}

impl Sequence {
    pub fn add(&mut self, number: i64) {
        if self.count == 0 {
            (self.lowest, self.highest) = (number, number);
        }
        self.count += 1;
        self.lowest = self.lowest.min(number);
        self.highest = self.highest.max(number);
    }

    /// Adds the buffers of a later part.
    pub fn join(&mut self, later: &Self) {
        if self.count == 0 || later.count == 0 {
            *self = if self.count == 0 { *later } else { *self };
            return;
        }
        self.count += later.count;
        self.lowest = self.lowest.min(later.lowest);
        self.highest = self.highest.max(later.highest);
    }

    /// Numbers missing between the lowest and the highest.
    pub fn gaps(&self) -> u64 {
        let span = i128::from(self.highest) - i128::from(self.lowest) + 1;
        if self.count == 0 {
            0
        } else {
            u64::try_from(span).unwrap_or(0).saturating_sub(self.count)
        }
    }
}
