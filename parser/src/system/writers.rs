//! Who wrote a record whose header does not say: the thread its payload names, else the one its
//! processor ran.

use super::Subject;
use crate::record::{HeaderKind, Record, UNKNOWN_ID};
use crate::schema::classic;

/// The process of a pair that stands for "the thread that ran on this processor before the part
/// of the file began"; the processor stands in place of the thread. Ids are multiples of four.
const BEFORE: u32 = UNKNOWN_ID - 1;

/// Follows the context switches of each processor.
#[derive(Clone, Debug, Default)]
pub struct Writers {
    /// The thread each processor runs, once it has switched.
    running: Vec<Option<u32>>,
    /// Whether this reads a part of a file, before which processors may have switched.
    is_part: bool,
}

/// The thread was switched to.
const CSWITCH: u8 = 36;

impl Writers {
    /// For a part of a file: what ran before is left open for [`Writers::join`].
    #[must_use]
    pub fn of_part() -> Self {
        Self { is_part: true, ..Self::default() }
    }

    /// The thread each processor ran last.
    #[must_use]
    pub fn running(&self) -> &[Option<u32>] {
        &self.running
    }

    /// Decides what a part of the file that comes next left open.
    #[must_use]
    pub fn close(&self, (pid, tid): (u32, u32)) -> (u32, u32) {
        if pid != BEFORE {
            return (pid, tid);
        }
        let tid = usize::try_from(tid).ok().and_then(|cpu| self.running.get(cpu).copied()?);
        let tid = tid.unwrap_or(UNKNOWN_ID);
        (process_of(tid), tid)
    }

    /// Goes on after a part of the file.
    pub fn join(&mut self, running: &[Option<u32>]) {
        if self.running.len() < running.len() {
            self.running.resize(running.len(), None);
        }
        for (mine, its) in self.running.iter_mut().zip(running) {
            *mine = its.or(*mine);
        }
    }

    /// Process and thread of a record, [`UNKNOWN_ID`] where nothing tells. Records of one processor
    /// come in their order.
    #[inline]
    pub fn of(&mut self, record: &Record<'_>) -> (u32, u32) {
        if record.tid != UNKNOWN_ID {
            return (record.pid, record.tid);
        }
        match record.kind {
            HeaderKind::PerfInfo32 | HeaderKind::PerfInfo64 => self.find(record),
            _ if record.pid == UNKNOWN_ID && record.kind.is_classic() => {
                (process_in(record).unwrap_or(UNKNOWN_ID), UNKNOWN_ID)
            }
            _ => (record.pid, record.tid),
        }
    }

    fn find(&mut self, record: &Record<'_>) -> (u32, u32) {
        let cpu = usize::from(record.cpu);
        if classic::subject(record.provider) == Some(Subject::Thread) && record.opcode == CSWITCH {
            let new = number(record.payload, 0).unwrap_or(UNKNOWN_ID);
            if self.running.len() <= cpu {
                self.running.resize(cpu + 1, None);
            }
            if let Some(running) = self.running.get_mut(cpu) {
                *running = Some(new);
            }
            return (process_of(new), new);
        }
        if let Some((pid, tid)) = named(record) {
            return (pid, tid);
        }
        match self.running.get(cpu).copied().flatten() {
            None if self.is_part => (BEFORE, record.cpu.into()),
            tid => {
                let tid = tid.unwrap_or(UNKNOWN_ID);
                (process_of(tid), tid)
            }
        }
    }
}

/// The idle threads, one of each processor, have the id of their process.
const fn process_of(tid: u32) -> u32 {
    if tid == 0 { 0 } else { UNKNOWN_ID }
}

/// The process a payload speaks of, where nobody is known to have written the record: rundowns,
/// and what the network does for a process.
fn process_in(record: &Record<'_>) -> Option<u32> {
    let pointer = usize::from(record.kind.pointer_bytes());
    let at = match (classic::class_name(record.provider)?, record.opcode) {
        _ if record.version == 0 => return None,
        ("TcpIp" | "UdpIp", 10..=16 | 18 | 26..=32 | 34) => 0,
        ("Process", 1..=4 | 39) => pointer,
        ("Image", 2..=4 | 10) => 2 * pointer,
        _ => return None,
    };
    number(record.payload, at)
}

/// The process and thread a payload names, in the layouts of the kernel's classes.
fn named(record: &Record<'_>) -> Option<(u32, u32)> {
    let pointer = usize::from(record.kind.pointer_bytes());
    let thread_at = |at| {
        let tid = number(record.payload, at)?;
        Some((process_of(tid), tid))
    };
    match (classic::class_name(record.provider)?, record.opcode) {
        // Sampled profile, counter profile.
        ("PerfInfo", 46 | 47) => thread_at(pointer),
        ("StackWalk", 32 | 37 | 38) => {
            Some((number(record.payload, 8)?, number(record.payload, 12)?))
        }
        ("DiskIo", 10 | 11) if record.version >= 3 => thread_at(24 + 2 * pointer + 8),
        ("DiskIo", 12 | 13 | 15) if record.version >= 3 => thread_at(pointer),
        ("DiskIo", 14) if record.version >= 3 => thread_at(16 + pointer),
        ("PageFault", 32) => thread_at(16 + 2 * pointer),
        _ => None,
    }
}

fn number(payload: &[u8], at: usize) -> Option<u32> {
    payload.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}
