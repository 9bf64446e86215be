//! What a trace itself tells of the system it was recorded on: its processes, threads, images and
//! volumes, each by time, since process and thread ids are used again.
//!
//! While a trace is read, [`System::learn`] is given the records that [`System::teaches`] names, in
//! any order; [`System::settle`] brings what they said into order. Questions are asked with the id
//! and the time of an event.

mod images;
mod processes;
mod sids;
mod threads;
mod volumes;
mod writers;

use std::sync::Arc;

pub use images::Image;
pub use processes::Process;
pub use sids::account;
pub use threads::Thread;
pub use writers::Writers;

use crate::limits::MAX_SYSTEM_TEXT_BYTES;
use crate::map::Set;
use crate::record::{HeaderKind, Record};
use crate::schema::{builtin, classic};
use crate::value::{Decoded, Field, Value};
use images::Images;
use processes::Processes;
use threads::Threads;
use volumes::Volumes;

/// Types that processes, threads and images have in common.
const START: u8 = 1;
const END: u8 = 2;
const DC_START: u8 = 3;
const DC_END: u8 = 4;
const DEFUNCT: u8 = 39;
/// A thread was given a name.
const SET_NAME: u8 = 72;
/// An image was loaded.
const LOAD: u8 = 10;

/// What an observation says of a process, a thread or an image.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Sight {
    /// It began.
    Start,
    /// It is there.
    There,
    /// It ended.
    End,
}

/// The system a trace was recorded on.
#[derive(Clone, Debug, Default)]
pub struct System {
    texts: Texts,
    processes: Processes,
    threads: Threads,
    images: Images,
    volumes: Volumes,
}

impl System {
    /// Whether a record tells something of the system. Cheap.
    #[must_use]
    pub fn teaches(record: &Record<'_>) -> bool {
        match record.kind {
            HeaderKind::Event32 | HeaderKind::Event64 => {
                let [first, ..] = record.provider.0;
                match first {
                    0xd6 => record.provider == builtin::KERNEL_PROCESS && is_life(record.id),
                    0x23 | 0x1c => {
                        record.id == builtin::RUNTIME_START && builtin::is_runtime(record.provider)
                    }
                    _ => false,
                }
            }
            HeaderKind::Message | HeaderKind::Export => false,
            _ => match classic::subject(record.provider) {
                Some(Subject::Process) => {
                    matches!(record.opcode, START | END | DC_START | DC_END | DEFUNCT)
                }
                Some(Subject::Thread) => {
                    matches!(record.opcode, START | END | DC_START | DC_END | SET_NAME)
                }
                Some(Subject::Image) => matches!(record.opcode, END | DC_START | DC_END | LOAD),
                Some(Subject::ImageId) => record.opcode == 0,
                Some(Subject::SysConfigEx) => matches!(record.opcode, 33 | 35),
                None => false,
            },
        }
    }

    /// Takes what a record tells of the system. One that does not [`System::teaches`] tells
    /// nothing.
    pub fn learn(&mut self, record: &Record<'_>) {
        if !Self::teaches(record) {
            return;
        }
        let Some(decoded) = builtin::decode(record).or_else(|| classic::decode(record)) else {
            return;
        };
        let fields = Fields(&decoded);
        let ticks = record.ticks;
        if !record.kind.is_classic() {
            self.learn_event(record, &fields);
            return;
        }
        let sight = match record.opcode {
            START | LOAD => Sight::Start,
            END => Sight::End,
            _ => Sight::There,
        };
        match classic::subject(record.provider) {
            Some(Subject::Process) => self.processes.see(ticks, sight, &fields, &mut self.texts),
            Some(Subject::Thread) => self.threads.see(ticks, sight, &fields, &mut self.texts),
            Some(Subject::Image) => self.images.see(ticks, sight, &fields, &mut self.texts),
            Some(Subject::ImageId) => {
                self.images.see(ticks, Sight::There, &fields, &mut self.texts);
            }
            Some(Subject::SysConfigEx) => self.volumes.see(&fields),
            None => {}
        }
    }

    /// An event of a manifest-based provider whose events are built in.
    fn learn_event(&mut self, record: &Record<'_>, fields: &Fields<'_>) {
        let ticks = record.ticks;
        if record.provider != builtin::KERNEL_PROCESS {
            self.processes.see_runtime(ticks, record.pid, fields, &mut self.texts);
            return;
        }
        let texts = &mut self.texts;
        match record.id {
            1 => self.processes.see(ticks, Sight::Start, fields, texts),
            2 => self.processes.see(ticks, Sight::End, fields, texts),
            3 => self.threads.see(ticks, Sight::Start, fields, texts),
            4 => self.threads.see(ticks, Sight::End, fields, texts),
            5 => self.images.see(ticks, Sight::Start, fields, texts),
            6 => self.images.see(ticks, Sight::End, fields, texts),
            _ => self.processes.see(ticks, Sight::There, fields, texts),
        }
    }

    /// Brings what was learned into order. `to_filetime` makes times of the clock's ticks.
    pub fn settle(&mut self, to_filetime: impl Fn(i64) -> i64) {
        self.images.settle(&to_filetime);
        self.threads.settle(&to_filetime);
        self.processes.settle(&to_filetime, &self.images);
    }

    /// The process that had an id at a time (FILETIME).
    #[must_use]
    pub fn process(&self, pid: u32, time: i64) -> Option<&Process> {
        self.processes.at(pid, time)
    }

    /// All processes, by id and then by time.
    #[must_use]
    pub fn processes(&self) -> &[Process] {
        self.processes.all()
    }

    /// Ids of the processes whose names fit, with the first and last time they mean them.
    #[must_use]
    pub fn spans(&self, fits: &dyn Fn(&str) -> bool) -> Vec<(u32, i64, i64)> {
        self.processes.spans(fits)
    }

    /// The thread that had an id at a time (FILETIME).
    #[must_use]
    pub fn thread(&self, tid: u32, time: i64) -> Option<&Thread> {
        self.threads.at(tid, time)
    }

    /// The one process whose threads had an id, whenever; `None` when there were several or none.
    #[must_use]
    pub fn only_process_of(&self, tid: u32) -> Option<u32> {
        self.threads.only_process_of(tid)
    }

    /// The image that held an address of a process at a time (FILETIME): one of its own, else one
    /// of the kernel.
    #[must_use]
    pub fn image(&self, pid: Option<u32>, address: u64, time: i64) -> Option<&Image> {
        self.images.at(pid, address, time)
    }

    /// A path of the object manager as a path with a drive letter, where the trace tells which;
    /// `None` where it does not.
    #[must_use]
    pub fn dos_path(&self, path: &str) -> Option<String> {
        self.volumes.dos_path(path)
    }
}

/// Whether an id of Microsoft-Windows-Kernel-Process is of a process, thread or image that comes
/// or goes.
const fn is_life(id: u16) -> bool {
    matches!(id, 1..=6 | 15)
}

/// What records of a classic class tell of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Subject {
    Process,
    Thread,
    Image,
    ImageId,
    SysConfigEx,
}

/// The fields of a payload, by name.
struct Fields<'a>(&'a Decoded);

impl Fields<'_> {
    fn value(&self, name: &str) -> Option<&Value> {
        let of_name = |field: &&Field| field.name == name;
        self.0.fields.iter().find(of_name).map(|field| &field.value)
    }

    fn number(&self, name: &str) -> Option<u64> {
        match self.value(name)? {
            Value::UInt(n) | Value::Hex(n) => Some(*n),
            Value::Int(n) => Some(n.cast_unsigned()),
            Value::Status(status) => Some(status.value.into()),
            _ => None,
        }
    }

    fn id(&self, names: &[&str]) -> Option<u32> {
        names.iter().find_map(|name| u32::try_from(self.number(name)?).ok())
    }

    /// A text that is not empty.
    fn text(&self, name: &str) -> Option<&str> {
        match self.value(name)? {
            Value::Text(text) | Value::Sid(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    fn filetime(&self, name: &str) -> Option<i64> {
        match self.value(name)? {
            Value::Filetime(time) if *time > 0 => Some(*time),
            _ => None,
        }
    }
}

/// Texts that many records repeat, each kept once.
#[derive(Clone, Debug, Default)]
struct Texts {
    known: Set<Arc<str>>,
    bytes: usize,
}

impl Texts {
    /// The kept text; `None` when there is no more room for it.
    fn keep(&mut self, text: &str) -> Option<Arc<str>> {
        if let Some(known) = self.known.kept(text) {
            return Some(known.clone());
        }
        let bytes = self.bytes + text.len() + size_of::<Arc<str>>();
        if bytes > MAX_SYSTEM_TEXT_BYTES {
            return None;
        }
        self.bytes = bytes;
        let kept: Arc<str> = text.into();
        self.known.add(kept.clone());
        Some(kept)
    }
}

/// The part of a path after the last separator.
fn file_name(path: &str) -> &str {
    path.rsplit(['\\', '/']).next().unwrap_or(path)
}

/// How long after its end an id still means a process or thread: 5 s.
const AFTERLIFE: i64 = 50_000_000;

/// Of things with one id, sorted by their beginning, the one that has it at a time. One that
/// ended is still meant by what is logged shortly after.
fn at_time<T>(list: &[T], time: i64, life: impl Fn(&T) -> (i64, i64)) -> Option<&T> {
    let after = list.partition_point(|one| life(one).0 <= time);
    let one = list.get(after.checked_sub(1)?)?;
    (time <= life(one).1.saturating_add(AFTERLIFE)).then_some(one)
}

/// The part of a list sorted by id that has an id.
fn of_id<T>(list: &[T], id: u32, id_of: impl Fn(&T) -> u32) -> &[T] {
    let first = list.partition_point(|one| id_of(one) < id);
    let end = list.partition_point(|one| id_of(one) <= id);
    list.get(first..end).unwrap_or_default()
}

#[cfg(test)]
mod tests;
