//! Records with each of the headers ETW writes to files, down to their last byte.
//!
//! A record is written with its own size and is *not* padded; the buffer pads to 8 bytes.

use crate::bytes::{Put, set_u16};
use crate::guid::{Guid, ZERO};
use crate::session::Pointer;

/// Anything that can be put into a buffer.
pub trait Record {
    /// The record's bytes, stamped with raw clock ticks.
    fn to_bytes(&self, ticks: i64) -> Vec<u8>;
}

/// A manifest-based, EventSource or TraceLogging event: `EVENT_HEADER`, 0x50 bytes, extended
/// items, payload.
#[derive(Clone, Debug, Default)]
pub struct Event {
    /// Bitness of the data.
    pub pointer: Pointer,
    /// `EVENT_HEADER.Flags` besides bit 0, which is set when there are extended items.
    pub flags: u16,
    /// `EVENT_HEADER.EventProperty`.
    pub property: u16,
    /// Thread.
    pub tid: u32,
    /// Process.
    pub pid: u32,
    /// Provider.
    pub provider: Guid,
    /// `EVENT_DESCRIPTOR.Id`.
    pub id: u16,
    /// `EVENT_DESCRIPTOR.Version`.
    pub version: u8,
    /// `EVENT_DESCRIPTOR.Channel`.
    pub channel: u8,
    /// `EVENT_DESCRIPTOR.Level`.
    pub level: u8,
    /// `EVENT_DESCRIPTOR.Opcode`.
    pub opcode: u8,
    /// `EVENT_DESCRIPTOR.Task`.
    pub task: u16,
    /// `EVENT_DESCRIPTOR.Keyword`.
    pub keywords: u64,
    /// Ticks in the kernel.
    pub kernel_time: u32,
    /// Ticks in user mode.
    pub user_time: u32,
    /// Activity.
    pub activity: Guid,
    /// Extended items in order: type and data.
    pub extended: Vec<(u16, Vec<u8>)>,
    /// User data.
    pub payload: Vec<u8>,
}

impl Event {
    /// Adds an extended item.
    #[must_use]
    pub fn with(mut self, item: (u16, Vec<u8>)) -> Self {
        self.extended.push(item);
        self
    }
}

impl Record for Event {
    fn to_bytes(&self, ticks: i64) -> Vec<u8> {
        let mut out = Vec::with_capacity(0x50 + self.payload.len());
        out.put_u16(0); // size, set at the end
        out.put_u16(self.pointer.pick(0xc012, 0xc013));
        out.put_u16(self.flags | u16::from(!self.extended.is_empty()));
        out.put_u16(self.property);
        out.put_u32(self.tid);
        out.put_u32(self.pid);
        out.put_i64(ticks);
        out.put_guid(&self.provider);
        out.put_u16(self.id);
        out.put_u8(self.version);
        out.put_u8(self.channel);
        out.put_u8(self.level);
        out.put_u8(self.opcode);
        out.put_u16(self.task);
        out.put_u64(self.keywords);
        out.put_u32(self.kernel_time);
        out.put_u32(self.user_time);
        out.put_guid(&self.activity);
        for (i, (item_type, data)) in self.extended.iter().enumerate() {
            let total = (8 + data.len()).next_multiple_of(8);
            out.put_u16(total as u16);
            out.put_u16(*item_type);
            out.put_u16(u16::from(i + 1 < self.extended.len())); // linkage: another follows
            out.put_u16(data.len() as u16);
            out.put_bytes(data);
            out.align(8);
        }
        out.put_bytes(&self.payload);
        sized(out, 0)
    }
}

/// A classic event: `EVENT_TRACE_HEADER`, 0x30 bytes.
#[derive(Clone, Debug, Default)]
pub struct Full {
    /// Bitness of the data.
    pub pointer: Pointer,
    /// Class.Type: what Windows shows as the opcode.
    pub opcode: u8,
    /// Class.Level.
    pub level: u8,
    /// Class.Version.
    pub version: u16,
    /// Thread.
    pub tid: u32,
    /// Process.
    pub pid: u32,
    /// Class (event) GUID.
    pub class: Guid,
    /// Ticks in the kernel.
    pub kernel_time: u32,
    /// Ticks in user mode.
    pub user_time: u32,
    /// MOF data.
    pub payload: Vec<u8>,
}

impl Full {
    fn header(&self, header_type: u8, ticks: i64) -> Vec<u8> {
        let mut out = Vec::with_capacity(0x48 + self.payload.len());
        out.put_u16(0);
        out.put_u8(header_type);
        out.put_u8(0xc0);
        out.put_u8(self.opcode);
        out.put_u8(self.level);
        out.put_u16(self.version);
        out.put_u32(self.tid);
        out.put_u32(self.pid);
        out.put_i64(ticks);
        out.put_guid(&self.class);
        out.put_u32(self.kernel_time);
        out.put_u32(self.user_time);
        out
    }
}

impl Record for Full {
    fn to_bytes(&self, ticks: i64) -> Vec<u8> {
        let mut out = self.header(self.pointer.pick(0x0a, 0x14), ticks);
        out.put_bytes(&self.payload);
        sized(out, 0)
    }
}

/// A classic event of an instance: `EVENT_INSTANCE_GUID_HEADER`, 0x48 bytes.
#[derive(Clone, Debug, Default)]
pub struct Instance {
    /// The part it shares with [`Full`].
    pub full: Full,
    /// Instance id.
    pub instance: u32,
    /// Parent's instance id.
    pub parent_instance: u32,
    /// Parent's class.
    pub parent_class: Guid,
}

impl Record for Instance {
    fn to_bytes(&self, ticks: i64) -> Vec<u8> {
        let mut out = self.full.header(self.full.pointer.pick(0x0b, 0x15), ticks);
        out.put_u32(self.instance);
        out.put_u32(self.parent_instance);
        out.put_guid(&self.parent_class);
        out.put_bytes(&self.full.payload);
        sized(out, 0)
    }
}

/// A kernel event: `SYSTEM_TRACE_HEADER`, 0x20 bytes; compact without the last 8.
#[derive(Clone, Debug, Default)]
pub struct System {
    /// Bitness of the data.
    pub pointer: Pointer,
    /// Leave out the CPU times.
    pub compact: bool,
    /// Version.
    pub version: u16,
    /// Type within the group: the opcode.
    pub event_type: u8,
    /// Group.
    pub group: u8,
    /// Thread.
    pub tid: u32,
    /// Process.
    pub pid: u32,
    /// Ticks in the kernel.
    pub kernel_time: u32,
    /// Ticks in user mode.
    pub user_time: u32,
    /// Data.
    pub payload: Vec<u8>,
}

impl Record for System {
    fn to_bytes(&self, ticks: i64) -> Vec<u8> {
        let header_type = if self.compact {
            self.pointer.pick(0x03, 0x04)
        } else {
            self.pointer.pick(0x01, 0x02)
        };
        let mut out = Vec::with_capacity(0x20 + self.payload.len());
        out.put_u16(self.version);
        out.put_u8(header_type);
        out.put_u8(0xc0);
        out.put_u16(0); // size
        out.put_u8(self.event_type);
        out.put_u8(self.group);
        out.put_u32(self.tid);
        out.put_u32(self.pid);
        out.put_i64(ticks);
        if !self.compact {
            out.put_u32(self.kernel_time);
            out.put_u32(self.user_time);
        }
        out.put_bytes(&self.payload);
        sized(out, 4)
    }
}

/// A kernel event without process and thread: `PERFINFO_TRACE_HEADER`, 0x10 bytes.
#[derive(Clone, Debug, Default)]
pub struct PerfInfo {
    /// Bitness of the data.
    pub pointer: Pointer,
    /// Low byte: version of the event. Bits 0x0700: number of counters before the data.
    pub version: u16,
    /// Type within the group: the opcode.
    pub event_type: u8,
    /// Group.
    pub group: u8,
    /// Data.
    pub payload: Vec<u8>,
}

impl Record for PerfInfo {
    fn to_bytes(&self, ticks: i64) -> Vec<u8> {
        let mut out = Vec::with_capacity(0x10 + self.payload.len());
        out.put_u16(self.version);
        out.put_u8(self.pointer.pick(0x10, 0x11));
        out.put_u8(0xc0);
        out.put_u16(0); // size
        out.put_u8(self.event_type);
        out.put_u8(self.group);
        out.put_i64(ticks);
        out.put_bytes(&self.payload);
        sized(out, 4)
    }
}

/// A WPP event: `MESSAGE_TRACE_HEADER`, 8 bytes, then what its options name.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// Number of the message in its TMF.
    pub number: u16,
    /// Sequence number (option 0x01).
    pub sequence: Option<u32>,
    /// Message GUID (option 0x02).
    pub guid: Option<Guid>,
    /// Component id (option 0x04), instead of the GUID.
    pub component: Option<u32>,
    /// Whether a time stamp is written (option 0x08).
    pub stamped: bool,
    /// Thread and process (option 0x20).
    pub thread: Option<(u32, u32)>,
    /// Bitness of the writer (option 0x40 or 0x80).
    pub pointer: Pointer,
    /// Arguments.
    pub payload: Vec<u8>,
}

impl Record for Message {
    fn to_bytes(&self, ticks: i64) -> Vec<u8> {
        let mut options: u16 = self.pointer.pick(0x40, 0x80);
        let mut out = Vec::with_capacity(0x30 + self.payload.len());
        out.put_u16(0);
        out.put_u8(0);
        out.put_u8(0x90);
        out.put_u16(self.number);
        out.put_u16(0); // options, set below
        if let Some(sequence) = self.sequence {
            options |= 0x01;
            out.put_u32(sequence);
        }
        if let Some(component) = self.component {
            options |= 0x04;
            out.put_u32(component);
        } else if let Some(guid) = &self.guid {
            options |= 0x02;
            out.put_guid(guid);
        }
        if self.stamped {
            options |= 0x08;
            out.put_i64(ticks);
        }
        if let Some((tid, pid)) = self.thread {
            options |= 0x20;
            out.put_u32(tid);
            out.put_u32(pid);
        }
        set_u16(&mut out, 6, options);
        out.put_bytes(&self.payload);
        sized(out, 0)
    }
}

/// Bytes that are taken as they are, for records no writer would make.
#[derive(Clone, Debug, Default)]
pub struct Raw(pub Vec<u8>);

impl Record for Raw {
    fn to_bytes(&self, _ticks: i64) -> Vec<u8> {
        self.0.clone()
    }
}

/// Writes the record's own length into its size field.
fn sized(mut out: Vec<u8>, at: usize) -> Vec<u8> {
    let size = u16::try_from(out.len()).expect("a record is at most 65,535 bytes");
    set_u16(&mut out, at, size);
    out
}

/// An event of a provider with nothing but its id, for tests that only count.
#[must_use]
pub fn plain_event(provider: Guid, id: u16, payload: Vec<u8>) -> Event {
    Event {
        provider,
        id,
        level: 4,
        pid: 1000,
        tid: 1001,
        activity: ZERO,
        payload,
        ..Event::default()
    }
}
