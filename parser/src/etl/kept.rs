//! A record with its bytes: one that must be looked at again where its buffer is not at hand.

use serde::{Deserialize, Serialize};

use super::event::decode;
use crate::record::{HeaderKind, Record};

/// A record that was kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KeptRecord {
    kind: HeaderKind,
    offset: u64,
    /// Ticks as the walk gave them: of the first session's clock, and never missing.
    ticks: i64,
    cpu: u16,
    raw: Vec<u8>,
}

impl KeptRecord {
    pub fn new(record: &Record<'_>) -> Self {
        Self {
            kind: record.kind,
            offset: record.offset,
            ticks: record.ticks,
            cpu: record.cpu,
            raw: record.raw.to_vec(),
        }
    }

    /// The record as it was.
    pub fn record(&self) -> Record<'_> {
        let mut record = Record::undecoded(self.kind, &self.raw, self.offset, self.cpu);
        decode(&mut record);
        record.ticks = self.ticks;
        record
    }
}
