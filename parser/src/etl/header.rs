//! `TRACE_LOGFILE_HEADER`: what the session says of itself, in the first record of its first
//! buffer.

use serde::{Deserialize, Serialize};
use zerocopy::FromBytes as _;

use super::event::frame;
use super::raw::{SystemTraceHeader, TraceLogfileHeader, TraceLogfileTimes, log_file_mode};
use super::walk::{ALIGNMENT, HEADER_BYTES};
use crate::text::{utf16le_to_string, utf16le_until_zero};
use crate::time::Clock;

/// The decoded log header of a session. A file that was appended to has one per session.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct LogHeader {
    /// Absolute file offset of its record.
    pub offset: u64,
    /// Pointer size of the recorder in bytes.
    pub pointer_bytes: u8,
    /// Buffer size of the session in bytes (before compression).
    pub buffer_bytes: u32,
    /// Windows' major version.
    pub os_major: u8,
    /// Windows' minor version.
    pub os_minor: u8,
    /// Version of the log format: 1.4 Vista, 1.5 since Windows 7, 2.0 for compressed files, big
    /// buffers and many processors.
    pub log_version: (u8, u8),
    /// Windows' build number.
    pub build: u32,
    /// Processors of the recorder; 1 when the session did not buffer per processor.
    pub processors: u32,
    /// FILETIME at which the session ended; 0 when it was never closed.
    pub end_time: i64,
    /// Timer tick in units of 100 ns.
    pub timer_resolution: u32,
    /// Limit of the file's size, in MiB (KiB with `EVENT_TRACE_USE_KBYTES_FOR_SIZE`); 0 for none.
    pub maximum_file_size: u32,
    /// `EVENT_TRACE_*_MODE` bits.
    pub log_file_mode: u32,
    /// Buffers the recorder says it wrote. Not reliable: walk the file instead.
    pub buffers_written: u32,
    /// Events the recorder says it lost.
    pub events_lost: u32,
    /// Buffers the recorder says it lost.
    pub buffers_lost: u32,
    /// Nominal processor speed.
    pub cpu_mhz: u32,
    /// Minutes to add to the recorder's local time to get UTC (daylight saving not included).
    pub bias_minutes: i32,
    /// Name of the time zone, often a resource reference such as `@tzres.dll,-212`.
    pub time_zone: String,
    /// FILETIME of the last boot.
    pub boot_time: i64,
    /// Performance counter ticks per second.
    pub perf_freq: i64,
    /// FILETIME at which the session began.
    pub start_time: i64,
    /// 1 performance counter, 2 system time, 3 processor cycles; 0 in old files.
    pub clock_type: u8,
    /// Time stamp of the header record: the tick that means `start_time`.
    pub start_ticks: i64,
    /// Name of the session.
    pub logger_name: String,
    /// Name of the file as the recorder knew it.
    pub log_file_name: String,
    /// When events were dropped last, by record 82 of the header buffer; FILETIME or ticks, it is
    /// not known which.
    pub last_dropped: Vec<i64>,
}

/// `Header_LastDroppedTimes`.
const LAST_DROPPED_TIMES: u8 = 82;

/// Bytes of `TIME_ZONE_INFORMATION` with the padding after it.
const TIME_ZONE_BYTES: usize = 0xb0;
/// Bytes of the zone's name in it, after the bias.
const TIME_ZONE_NAME: std::ops::Range<usize> = 4..68;

impl LogHeader {
    /// Decodes the log header from the bytes of its record, which lies at `offset` of the file.
    /// `None` when the record is something else or too short.
    #[must_use]
    pub fn parse(record: &[u8], offset: u64) -> Option<Self> {
        let (header, _) = SystemTraceHeader::ref_from_prefix(record).ok()?;
        let compact = &header.compact;
        // The type of the header tells the layout: a 32-bit process may write a 64-bit one.
        let pointer_bytes = match (compact.header_type, compact.marker_flags) {
            (1, 0xc0) => 4,
            (2, 0xc0) => 8,
            _ => return None,
        };
        if (compact.hook_group, compact.hook_type) != (0, 0) {
            return None;
        }
        let size = usize::from(compact.size.get());
        let payload = record.get(size_of::<SystemTraceHeader>()..size)?;
        let (head, rest) = TraceLogfileHeader::ref_from_prefix(payload).ok()?;
        let zone = rest.get(2 * usize::from(pointer_bytes)..)?;
        let bias = i32::from_le_bytes(*zone.first_chunk()?);
        let (name, _) = utf16le_until_zero(zone.get(TIME_ZONE_NAME)?);
        let (times, names) =
            TraceLogfileTimes::ref_from_prefix(zone.get(TIME_ZONE_BYTES..)?).ok()?;
        let (logger, logger_bytes) = utf16le_until_zero(names);
        let (file, _) = utf16le_until_zero(names.get(logger_bytes..)?);
        Some(Self {
            offset,
            pointer_bytes,
            buffer_bytes: head.buffer_size.get(),
            os_major: head.major_version,
            os_minor: head.minor_version,
            log_version: (head.sub_version, head.sub_minor_version),
            build: head.provider_version.get(),
            processors: head.number_of_processors.get(),
            end_time: head.end_time.get(),
            timer_resolution: head.timer_resolution.get(),
            maximum_file_size: head.maximum_file_size.get(),
            log_file_mode: head.log_file_mode.get(),
            buffers_written: head.buffers_written.get(),
            events_lost: head.events_lost.get(),
            buffers_lost: times.buffers_lost.get(),
            cpu_mhz: head.cpu_speed_in_mhz.get(),
            bias_minutes: bias,
            time_zone: utf16le_to_string(name),
            boot_time: times.boot_time.get(),
            perf_freq: times.perf_freq.get(),
            start_time: times.start_time.get(),
            clock_type: (times.reserved_flags.get() & 7) as u8,
            start_ticks: compact.system_time.get(),
            logger_name: utf16le_to_string(logger),
            log_file_name: utf16le_to_string(file),
            last_dropped: Vec::new(),
        })
    }

    /// Decodes the log header of a header buffer that begins at `offset` of the file, and what
    /// other records of that buffer add.
    #[must_use]
    pub fn of_buffer(buffer: &[u8], offset: u64) -> Option<Self> {
        let mut header = Self::parse(buffer.get(HEADER_BYTES..)?, offset + HEADER_BYTES as u64)?;
        let mut at = HEADER_BYTES;
        while let Some((_, raw)) = frame(buffer, at) {
            at += raw.len().next_multiple_of(ALIGNMENT);
            let Ok((own, payload)) = SystemTraceHeader::ref_from_prefix(raw) else { continue };
            let types = (own.compact.header_type, own.compact.hook_group, own.compact.hook_type);
            if matches!(types, (1 | 2, 0, LAST_DROPPED_TIMES)) {
                // u32 count, u32 padding, the times.
                let times = payload.get(8..).unwrap_or_default().as_chunks::<8>().0;
                header.last_dropped.extend(times.iter().map(|time| i64::from_le_bytes(*time)));
            }
        }
        Some(header)
    }

    /// What the ticks of this session mean. Files that do not say (clock type 0) counted with the
    /// performance counter if they give its frequency.
    #[must_use]
    pub fn clock(&self) -> Clock {
        let (t0, start_time) = (self.start_ticks, self.start_time);
        match self.clock_type {
            3 if self.cpu_mhz > 0 => {
                Clock::Cycles { t0, frequency: i64::from(self.cpu_mhz) * 1_000_000, start_time }
            }
            0 | 1 | 3 if self.perf_freq > 0 => {
                Clock::Qpc { t0, frequency: self.perf_freq, start_time }
            }
            _ => Clock::SystemTime,
        }
    }

    /// Whether the file's buffers are compressed (all but the first).
    #[must_use]
    pub const fn is_compressed(&self) -> bool {
        self.log_file_mode & log_file_mode::COMPRESSED != 0
    }

    /// Whether the file was made at its full size before the recording, so that zeros at its end
    /// are no damage.
    #[must_use]
    pub const fn is_preallocated(&self) -> bool {
        self.log_file_mode & log_file_mode::PREALLOCATE != 0
    }
}
