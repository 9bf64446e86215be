//! Windows' structures as they lie in a file: field names are Windows', in snake case. All are
//! little-endian and may stand at any address. Sources: evntrace.h and evntcons.h of the SDK,
//! ntwmi.h as republished by phnt and Geoff Chappell; docs/FORMATS.md says how sure each is.
#![allow(missing_docs, reason = "the names are Windows' own and documented there")]

use zerocopy::little_endian::{I32, I64, U16, U32, U64};
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

/// `WMI_BUFFER_HEADER`, Windows Vista and later. In the file the sizes count this header too.
#[derive(Clone, Copy, Debug, FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct WmiBufferHeader {
    pub buffer_size: U32,
    pub saved_offset: U32,
    pub current_offset: U32,
    pub reference_count: I32,
    pub time_stamp: I64,
    pub sequence_number: I64,
    pub clock_type_and_frequency: U64,
    /// `ProcessorIndex` with [`buffer_flag::PROC_INDEX`], else `ProcessorNumber` and `Alignment`.
    pub processor: U16,
    pub logger_id: U16,
    pub state: U32,
    pub offset: U32,
    pub buffer_flag: U16,
    pub buffer_type: U16,
    pub reference_time: [u8; 16],
}

/// `ETW_BUFFER_FLAG_*`.
pub mod buffer_flag {
    pub const FLUSH_MARKER: u16 = 0x01;
    pub const EVENTS_LOST: u16 = 0x02;
    pub const BUFFER_LOST: u16 = 0x04;
    pub const RTBACKUP_CORRUPT: u16 = 0x08;
    pub const RTBACKUP: u16 = 0x10;
    pub const PROC_INDEX: u16 = 0x20;
    pub const COMPRESSED: u16 = 0x40;
    /// All that are known; other bits mean the header is not one.
    pub const KNOWN: u16 = 0x7f;
}

/// `ETW_BUFFER_TYPE_*`.
pub mod buffer_type {
    pub const HEADER: u16 = 4;
    pub const MAX: u16 = 7;
}

/// `LogFileMode` bits that change how a file is read.
pub mod log_file_mode {
    pub const PREALLOCATE: u32 = 0x20;
    pub const COMPRESSED: u32 = 0x0400_0000;
}

/// How every record begins. Its size is the first field of some kinds, and the third of others,
/// whose first is a version.
#[derive(Clone, Copy, Debug, FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct RecordHead {
    pub first: U16,
    /// Flags, and in all but messages the type of the header below them.
    pub marker: U16,
    pub third: U16,
    pub fourth: U16,
}

/// `SYSTEM_TRACE_HEADER`; the compact form ends before `kernel_time`.
#[derive(Clone, Copy, Debug, FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct CompactTraceHeader {
    pub version: U16,
    pub header_type: u8,
    pub marker_flags: u8,
    pub size: U16,
    pub hook_type: u8,
    pub hook_group: u8,
    pub thread_id: U32,
    pub process_id: U32,
    pub system_time: I64,
}

/// What `SYSTEM_TRACE_HEADER` has after the compact form.
#[derive(Clone, Copy, Debug, FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct SystemTraceHeader {
    pub compact: CompactTraceHeader,
    pub kernel_time: U32,
    pub user_time: U32,
}

/// `PERFINFO_TRACE_HEADER`. The high byte of `version` says what stands between this header and the
/// data: [`perfinfo_version`].
#[derive(Clone, Copy, Debug, FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct PerfInfoTraceHeader {
    pub version: U16,
    pub header_type: u8,
    pub marker_flags: u8,
    pub size: U16,
    pub hook_type: u8,
    pub hook_group: u8,
    pub system_time: I64,
}

/// The high byte of `PERFINFO_TRACE_HEADER.Version`.
pub mod perfinfo_version {
    /// How many 64-bit performance counters, shifted.
    pub const PMC_COUNT: u16 = 0x0700;
    pub const PMC_COUNT_SHIFT: u32 = 8;
    /// One 64-bit PEBS index.
    pub const PEBS_INDEX: u16 = 0x8000;
}

/// `EVENT_TRACE_HEADER` (classic providers).
#[derive(Clone, Copy, Debug, FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct EventTraceHeader {
    pub size: U16,
    pub header_type: u8,
    pub marker_flags: u8,
    pub class_type: u8,
    pub class_level: u8,
    pub class_version: U16,
    pub thread_id: U32,
    pub process_id: U32,
    pub time_stamp: I64,
    pub guid: [u8; 16],
    pub kernel_time: U32,
    pub user_time: U32,
}

/// `EVENT_INSTANCE_GUID_HEADER`.
#[derive(Clone, Copy, Debug, FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct EventInstanceGuidHeader {
    pub event: EventTraceHeader,
    pub instance_id: U32,
    pub parent_instance_id: U32,
    pub parent_guid: [u8; 16],
}

/// `EVENT_HEADER` as on disk, where the header type stands in place of `HeaderType`.
#[derive(Clone, Copy, Debug, FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct EventHeader {
    pub size: U16,
    pub header_type: u8,
    pub marker_flags: u8,
    pub flags: U16,
    pub event_property: U16,
    pub thread_id: U32,
    pub process_id: U32,
    pub time_stamp: I64,
    pub provider_id: [u8; 16],
    pub descriptor: EventDescriptor,
    pub kernel_time: U32,
    pub user_time: U32,
    pub activity_id: [u8; 16],
}

/// `EVENT_HEADER_FLAG_EXTENDED_INFO`: extended items follow the header.
pub const EVENT_HEADER_FLAG_EXTENDED_INFO: u16 = 1;

/// `EVENT_DESCRIPTOR`.
#[derive(Clone, Copy, Debug, FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct EventDescriptor {
    pub id: U16,
    pub version: u8,
    pub channel: u8,
    pub level: u8,
    pub opcode: u8,
    pub task: U16,
    pub keyword: U64,
}

/// `EVENT_HEADER_EXTENDED_DATA_ITEM` as on disk: `total_size` counts this header and the padding.
#[derive(Clone, Copy, Debug, FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct ExtendedItemHeader {
    pub total_size: U16,
    pub ext_type: U16,
    /// Bit 0: another item follows.
    pub linkage: U16,
    pub data_size: U16,
}

/// `MESSAGE_TRACE_HEADER` (WPP); what `option_flags` announces follows unaligned.
#[derive(Clone, Copy, Debug, FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct MessageTraceHeader {
    pub size: U16,
    pub reserved: u8,
    pub version: u8,
    pub message_number: U16,
    pub option_flags: U16,
}

/// `TRACE_MESSAGE_*`: what follows a [`MessageTraceHeader`], in this order.
pub mod message_flag {
    pub const SEQUENCE: u16 = 0x01;
    pub const GUID: u16 = 0x02;
    pub const COMPONENT_ID: u16 = 0x04;
    pub const TIMESTAMP: u16 = 0x08;
    /// Means the same as [`TIMESTAMP`] since Windows Server 2003.
    pub const PERFORMANCE_TIMESTAMP: u16 = 0x10;
    pub const SYSTEMINFO: u16 = 0x20;
}

/// `TRACE_LOGFILE_HEADER` up to its two pointers.
#[derive(Clone, Copy, Debug, FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct TraceLogfileHeader {
    pub buffer_size: U32,
    pub major_version: u8,
    pub minor_version: u8,
    pub sub_version: u8,
    pub sub_minor_version: u8,
    pub provider_version: U32,
    pub number_of_processors: U32,
    pub end_time: I64,
    pub timer_resolution: U32,
    pub maximum_file_size: U32,
    pub log_file_mode: U32,
    pub buffers_written: U32,
    pub start_buffers: U32,
    pub pointer_size: U32,
    pub events_lost: U32,
    pub cpu_speed_in_mhz: U32,
}

/// What follows the pointers and the 176 bytes of the time zone.
#[derive(Clone, Copy, Debug, FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct TraceLogfileTimes {
    pub boot_time: I64,
    pub perf_freq: I64,
    pub start_time: I64,
    pub reserved_flags: U32,
    pub buffers_lost: U32,
}
