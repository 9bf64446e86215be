//! A trace session as it lies on disk: the header buffer and the per-processor buffers.

use std::io::{self, Write};

use crate::bytes::{Put, set_i64, set_u32};
use crate::record::{Record, System};
use crate::time::filetime;
use crate::xpress;

/// Size of a buffer's own header (`WMI_BUFFER_HEADER`).
pub const BUFFER_HEADER_BYTES: usize = 0x48;
/// Group of the records a session writes about itself.
const GROUP_HEADER: u8 = 0;

/// Bitness of data.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Pointer {
    /// 32-bit.
    P32,
    /// 64-bit.
    #[default]
    P64,
}

impl Pointer {
    /// The first on 32-bit, the second on 64-bit.
    #[must_use]
    pub fn pick<T>(self, on32: T, on64: T) -> T {
        match self {
            Self::P32 => on32,
            Self::P64 => on64,
        }
    }

    /// Appends a value as wide as a pointer.
    pub fn put(self, out: &mut Vec<u8>, value: u64) {
        match self {
            Self::P32 => out.put_u32(value as u32),
            Self::P64 => out.put_u64(value),
        }
    }
}

/// The clock a session stamps its records with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Clock {
    /// Performance counter: ticks per second and the counter when the session began.
    Qpc {
        /// Ticks per second.
        frequency: i64,
        /// Counter at the start.
        start: i64,
    },
    /// System time: stamps are FILETIME.
    SystemTime,
    /// CPU cycles: `cpu_mhz` million per second, and the counter when the session began.
    Cycles {
        /// Millions of ticks per second.
        cpu_mhz: u32,
        /// Counter at the start.
        start: i64,
    },
}

/// What the log header says about its session.
#[derive(Clone, Debug)]
pub struct LogFile {
    /// Bitness of the machine that recorded.
    pub pointer: Pointer,
    /// Clock.
    pub clock: Clock,
    /// Size of a buffer in bytes (uncompressed).
    pub buffer_bytes: u32,
    /// Processors of the machine.
    pub processors: u32,
    /// Operating system: major, minor, build.
    pub os: (u8, u8, u32),
    /// When the session began, FILETIME.
    pub start_time: i64,
    /// When it ended, FILETIME; 0 when it was never closed.
    pub end_time: i64,
    /// When the machine booted, FILETIME.
    pub boot_time: i64,
    /// Timer period in 100 ns.
    pub timer_resolution: u32,
    /// CPU speed, MHz.
    pub cpu_mhz: u32,
    /// Events the session lost.
    pub events_lost: u32,
    /// Buffers the session lost.
    pub buffers_lost: u32,
    /// `LogFileMode` without the compression bit.
    pub mode: u32,
    /// `MaximumFileSize`, MiB.
    pub maximum_file_mib: u32,
    /// Minutes to add to local time to get UTC.
    pub bias_minutes: i32,
    /// Name of the standard time zone.
    pub zone: String,
    /// Name of the session.
    pub logger_name: String,
    /// File it was written to.
    pub log_file_name: String,
    /// Process and thread that wrote the log header.
    pub writer: (u32, u32),
    /// XPRESS-compress every buffer but the first.
    pub compressed: bool,
    /// First sequence number of a buffer.
    pub first_sequence: i64,
    /// What `ReservedFlags` says, when it is not the number of the clock (0: legacy).
    pub reserved_flags: Option<u32>,
    /// Further records of the header buffer, after the log header: type, data.
    pub header_records: Vec<(u8, Vec<u8>)>,
    /// `SavedOffset` of the header buffer ends after the log header although more records follow
    /// up to `Offset`, as many real files have it.
    pub short_saved_offset: bool,
}

impl Default for LogFile {
    fn default() -> Self {
        let start_time = filetime((2026, 1, 2), (3, 4, 5), 1_234_567);
        Self {
            pointer: Pointer::P64,
            clock: Clock::Qpc { frequency: 10_000_000, start: 5_000_000_000 },
            buffer_bytes: 65_536,
            processors: 2,
            os: (10, 0, 22_621),
            start_time,
            end_time: start_time + 600_000_000,
            boot_time: start_time - 864_000_000_000,
            timer_resolution: 156_250,
            cpu_mhz: 2_995,
            events_lost: 0,
            buffers_lost: 0,
            mode: 1,
            maximum_file_mib: 0,
            bias_minutes: -540,
            zone: "@tzres.dll,-622".into(),
            logger_name: "Synth".into(),
            log_file_name: r"C:\traces\synth.etl".into(),
            writer: (4, 88),
            compressed: false,
            first_sequence: 1,
            reserved_flags: None,
            header_records: Vec::new(),
            short_saved_offset: false,
        }
    }
}

impl LogFile {
    /// Ticks per second of the clock.
    #[must_use]
    pub fn frequency(&self) -> i64 {
        match self.clock {
            Clock::Qpc { frequency, .. } => frequency,
            Clock::SystemTime => 10_000_000,
            Clock::Cycles { cpu_mhz, .. } => i64::from(cpu_mhz) * 1_000_000,
        }
    }

    /// The clock when the session began: the stamp of the log header record.
    #[must_use]
    pub fn start_ticks(&self) -> i64 {
        match self.clock {
            Clock::Qpc { start, .. } | Clock::Cycles { start, .. } => start,
            Clock::SystemTime => self.start_time,
        }
    }

    /// The clock at a FILETIME, rounded down.
    #[must_use]
    pub fn ticks_at(&self, time: i64) -> i64 {
        let since = i128::from(time - self.start_time);
        let ticks = since * i128::from(self.frequency()) / 10_000_000;
        self.start_ticks() + ticks as i64
    }

    /// Payload of the log header record: `TRACE_LOGFILE_HEADER` and the two names.
    fn log_header(&self, buffers_written: u32) -> Vec<u8> {
        let mut out = Vec::with_capacity(0x118 + 128);
        out.put_u32(self.buffer_bytes);
        out.put_u8(self.os.0);
        out.put_u8(self.os.1);
        // Log version 2.0 goes with compression and with buffers above 1 MiB; 1.5 is usual.
        let modern = self.compressed || self.buffer_bytes > 1 << 20;
        out.put_u8(if modern { 2 } else { 1 });
        out.put_u8(if modern { 0 } else { 5 });
        out.put_u32(self.os.2);
        out.put_u32(self.processors);
        out.put_i64(self.end_time);
        out.put_u32(self.timer_resolution);
        out.put_u32(self.maximum_file_mib);
        out.put_u32(self.mode | if self.compressed { 0x0400_0000 } else { 0 });
        out.put_u32(buffers_written);
        out.put_u32(1); // StartBuffers
        out.put_u32(self.pointer.pick(4, 8));
        out.put_u32(self.events_lost);
        out.put_u32(match self.clock {
            Clock::Cycles { cpu_mhz, .. } => cpu_mhz,
            _ => self.cpu_mhz,
        });
        // Where pointers to the names once were, Windows 7 and later keep timer sources.
        self.pointer.put(&mut out, 5);
        self.pointer.put(&mut out, 6);
        // TIME_ZONE_INFORMATION: bias, standard name, date and bias, daylight name, date and bias.
        out.put_u32(self.bias_minutes as u32);
        put_zone_name(&mut out, &self.zone);
        out.put_bytes(&[0; 16]);
        out.put_u32(0);
        put_zone_name(&mut out, &self.zone);
        out.put_bytes(&[0; 16]);
        out.put_u32((-60_i32) as u32);
        out.put_u32(0); // padding
        debug_assert_eq!(out.len(), self.pointer.pick(0xf0, 0xf8));
        out.put_i64(self.boot_time);
        out.put_i64(match self.clock {
            Clock::Qpc { frequency, .. } => frequency,
            _ => 10_000_000,
        });
        out.put_i64(self.start_time);
        out.put_u32(self.reserved_flags.unwrap_or(match self.clock {
            Clock::Qpc { .. } => 1,
            Clock::SystemTime => 2,
            Clock::Cycles { .. } => 3,
        }));
        out.put_u32(self.buffers_lost);
        debug_assert_eq!(out.len(), self.pointer.pick(0x110, 0x118));
        out.put_utf16z(&self.logger_name);
        out.put_utf16z(&self.log_file_name);
        out
    }

    /// The header buffer.
    fn header_buffer(&self, buffers_written: u32) -> Vec<u8> {
        let own = |event_type, payload| System {
            pointer: self.pointer,
            version: 2,
            event_type,
            group: GROUP_HEADER,
            tid: self.writer.1,
            pid: self.writer.0,
            payload,
            ..System::default()
        };
        let mut used = vec![0; BUFFER_HEADER_BYTES];
        used.put_bytes(&own(0, self.log_header(buffers_written)).to_bytes(self.start_ticks()));
        used.align(8);
        let after_log_header = used.len();
        for (event_type, payload) in &self.header_records {
            used.put_bytes(&own(*event_type, payload.clone()).to_bytes(self.start_ticks()));
            used.align(8);
        }
        let offset = used.len();
        // In compressed files the header buffer is not, and is as small as it can be.
        let stride =
            if self.compressed { offset.next_multiple_of(512) } else { self.buffer_bytes as usize };
        assert!(offset <= stride, "the header records do not fit into a buffer");
        used.resize(stride, 0xff);
        let saved = if self.short_saved_offset { after_log_header } else { offset };
        BufferHeader { stride, saved, offset, stamp: 0, sequence: 0, cpu: 0, flag: 0x20, kind: 4 }
            .write(&mut used);
        used
    }
}

fn put_zone_name(out: &mut Vec<u8>, name: &str) {
    let start = out.len();
    for unit in name.encode_utf16().take(31) {
        out.put_u16(unit);
    }
    out.resize(start + 64, 0);
}

/// The fields of `WMI_BUFFER_HEADER` that matter in a file.
struct BufferHeader {
    stride: usize,
    saved: usize,
    offset: usize,
    stamp: i64,
    sequence: i64,
    cpu: u16,
    flag: u16,
    kind: u16,
}

impl BufferHeader {
    fn write(&self, buffer: &mut [u8]) {
        let mut out = Vec::with_capacity(BUFFER_HEADER_BYTES);
        out.put_u32(self.stride as u32); // 00 BufferSize
        out.put_u32(self.saved as u32); // 04 SavedOffset
        out.put_u32(self.offset as u32); // 08 CurrentOffset
        out.put_u32(0); // 0c ReferenceCount
        out.put_i64(self.stamp); // 10 TimeStamp
        out.put_i64(self.sequence); // 18 SequenceNumber
        out.put_u64(0); // 20 ClockType and Frequency, stale in files
        out.put_u16(self.cpu); // 28 ProcessorIndex (flag 0x20)
        out.put_u16(21); // 2a LoggerId
        out.put_u32(3); // 2c State: flush
        out.put_u32(self.offset as u32); // 30 Offset
        out.put_u16(self.flag); // 34 BufferFlag
        out.put_u16(self.kind); // 36 BufferType
        out.put_bytes(&[0; 16]); // 38
        buffer[..BUFFER_HEADER_BYTES].copy_from_slice(&out);
    }
}

/// What a finished session wrote.
#[derive(Clone, Copy, Debug)]
pub struct Written {
    /// Buffers, the header buffer included.
    pub buffers: u32,
    /// Records, those of the header buffer included.
    pub records: u64,
    /// Bytes.
    pub bytes: u64,
}

/// Writes a session to any output, one buffer of memory per processor.
pub struct SessionWriter<W: Write> {
    out: W,
    log: LogFile,
    /// Buffer in progress of each processor, room for the header included; empty when untouched.
    open: Vec<Vec<u8>>,
    sequence: i64,
    last_ticks: i64,
    written: Written,
}

impl<W: Write> SessionWriter<W> {
    /// Begins with the header buffer.
    ///
    /// # Errors
    /// When the output fails.
    pub fn new(mut out: W, log: LogFile) -> io::Result<Self> {
        let header = log.header_buffer(0);
        out.write_all(&header)?;
        let written = Written {
            buffers: 1,
            records: 1 + log.header_records.len() as u64,
            bytes: header.len() as u64,
        };
        let (sequence, last_ticks) = (log.first_sequence, log.start_ticks());
        Ok(Self { out, log, open: Vec::new(), sequence, last_ticks, written })
    }

    /// Adds a record to the buffer of a processor.
    ///
    /// # Errors
    /// When the output fails.
    ///
    /// # Panics
    /// When the record is larger than a buffer.
    pub fn push(&mut self, cpu: u16, ticks: i64, record: &[u8]) -> io::Result<()> {
        let cpu_index = usize::from(cpu);
        if self.open.len() <= cpu_index {
            self.open.resize(cpu_index + 1, Vec::new());
        }
        let room = self.log.buffer_bytes as usize;
        assert!(BUFFER_HEADER_BYTES + record.len() <= room, "a record is larger than a buffer");
        if self.open[cpu_index].len() + record.len() > room {
            self.flush(cpu)?;
        }
        self.last_ticks = ticks;
        let buffer = &mut self.open[cpu_index];
        if buffer.is_empty() {
            buffer.resize(BUFFER_HEADER_BYTES, 0);
        }
        buffer.put_bytes(record);
        buffer.align(8);
        self.written.records += 1;
        Ok(())
    }

    /// Writes out the buffer of a processor, as its filling up or the flush timer does.
    ///
    /// # Errors
    /// When the output fails.
    pub fn flush(&mut self, cpu: u16) -> io::Result<()> {
        let Some(used) = self.open.get_mut(usize::from(cpu)) else { return Ok(()) };
        if used.is_empty() {
            return Ok(());
        }
        let mut buffer = std::mem::take(used);
        let offset = buffer.len();
        if self.log.compressed {
            let packed = xpress::compress(&buffer[BUFFER_HEADER_BYTES..]);
            buffer.truncate(BUFFER_HEADER_BYTES);
            buffer.put_bytes(&packed);
        } else {
            buffer.resize(self.log.buffer_bytes as usize, 0xff);
        }
        BufferHeader {
            stride: buffer.len(),
            saved: offset,
            offset,
            stamp: self.last_ticks,
            sequence: self.sequence,
            cpu,
            flag: 0x20 | if self.log.compressed { 0x40 } else { 0 },
            kind: 0,
        }
        .write(&mut buffer);
        self.sequence += 1;
        self.written.buffers += 1;
        self.written.bytes += buffer.len() as u64;
        self.out.write_all(&buffer)
    }

    /// Flushes everything and gives the output back, with the header buffer that now belongs at
    /// its beginning (it counts the buffers).
    ///
    /// # Errors
    /// When the output fails.
    pub fn finish(mut self) -> io::Result<(W, Vec<u8>, Written)> {
        for cpu in 0..self.open.len() {
            self.flush(cpu as u16)?;
        }
        self.out.flush()?;
        Ok((self.out, self.log.header_buffer(self.written.buffers), self.written))
    }
}

/// Sets `EndTime` of a finished file to 0, as a session leaves it that was never closed.
pub fn forget_end_time(file: &mut [u8]) {
    set_i64(file, BUFFER_HEADER_BYTES + 0x20 + 0x10, 0);
}

/// Sets `BuffersWritten` of a finished file to 0.
pub fn forget_buffers_written(file: &mut [u8]) {
    set_u32(file, BUFFER_HEADER_BYTES + 0x20 + 0x24, 0);
}
