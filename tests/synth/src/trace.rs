//! Collects records and builds a whole file in memory.

use crate::record::Record;
use crate::session::{LogFile, SessionWriter, Written};

/// A trace in the making.
#[derive(Clone, Debug, Default)]
pub struct TraceBuilder {
    /// What the log header will say.
    pub log: LogFile,
    records: Vec<(i64, u16, Vec<u8>)>,
    keep_order: bool,
}

impl TraceBuilder {
    /// A trace of the given session.
    #[must_use]
    pub fn new(log: LogFile) -> Self {
        Self { log, records: Vec::new(), keep_order: false }
    }

    /// Write records in the order they are pushed in, even where time steps back.
    #[must_use]
    pub fn in_given_order(mut self) -> Self {
        self.keep_order = true;
        self
    }

    /// Adds a record stamped with raw clock ticks to the buffers of a processor.
    pub fn push(&mut self, cpu: u16, ticks: i64, record: &dyn Record) -> &mut Self {
        self.records.push((ticks, cpu, record.to_bytes(ticks)));
        self
    }

    /// Adds a record at a FILETIME (rounded down to the clock's resolution).
    pub fn push_at(&mut self, cpu: u16, time: i64, record: &dyn Record) -> &mut Self {
        self.push(cpu, self.log.ticks_at(time), record)
    }

    /// Records so far, those of the header buffer included: what a reader must count.
    #[must_use]
    pub fn record_count(&self) -> u64 {
        self.records.len() as u64 + 1 + self.log.header_records.len() as u64
    }

    /// The file.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        self.build_counted().0
    }

    /// The file, and what was written.
    ///
    /// # Panics
    /// When a record is larger than a buffer.
    #[must_use]
    pub fn build_counted(&self) -> (Vec<u8>, Written) {
        let mut order: Vec<_> = self.records.iter().collect();
        if !self.keep_order {
            order.sort_by_key(|(ticks, ..)| *ticks);
        }
        let write = || {
            let mut session = SessionWriter::new(Vec::new(), self.log.clone())?;
            for (ticks, cpu, bytes) in order {
                session.push(*cpu, *ticks, bytes)?;
            }
            session.finish()
        };
        let (mut file, header, written) = write().expect("writing to memory does not fail");
        file[..header.len()].copy_from_slice(&header);
        (file, written)
    }
}

/// Several sessions in one file, as `EVENT_TRACE_FILE_MODE_APPEND` leaves them.
#[must_use]
pub fn append(sessions: &[TraceBuilder]) -> Vec<u8> {
    const APPEND: u32 = 4;
    sessions
        .iter()
        .flat_map(|session| {
            let mut session = session.clone();
            session.log.mode |= APPEND;
            session.build()
        })
        .collect()
}
