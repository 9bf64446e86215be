//! Builds .etl files byte by byte from the format description, and reads them in each way there
//! is.
#![allow(dead_code, reason = "each test file uses its part")]

use etlens_parser::etl::{BufferCache, Reader};
use etlens_parser::record::{HeaderKind, Locator, Record, Sink};
use etlens_parser::{Guid, Issue};

pub const BUFFER: usize = 4096;
/// A FILETIME in 2026.
pub const START: i64 = 134_118_110_450_000_000;
pub const T0: i64 = 1_000_000;
pub const FREQUENCY: i64 = 10_000_000;

/// Bytes, put together from numbers.
#[derive(Clone, Default)]
pub struct Bytes(pub Vec<u8>);

impl Bytes {
    pub fn u8(self, value: u8) -> Self {
        self.bytes(&[value])
    }
    pub fn u16(self, value: u16) -> Self {
        self.bytes(&value.to_le_bytes())
    }
    pub fn u32(self, value: u32) -> Self {
        self.bytes(&value.to_le_bytes())
    }
    pub fn u64(self, value: u64) -> Self {
        self.bytes(&value.to_le_bytes())
    }
    pub fn i64(self, value: i64) -> Self {
        self.bytes(&value.to_le_bytes())
    }
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }
    pub fn zeros(self, count: usize) -> Self {
        self.bytes(&vec![0; count])
    }
    pub fn utf16z(mut self, text: &str) -> Self {
        self.0.extend(text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
        self
    }
}

pub fn guid(text: &str) -> Guid {
    text.parse().expect("a GUID")
}

/// How a session is recorded.
#[derive(Clone, Copy)]
pub struct Session {
    pub pointer_bytes: usize,
    pub clock_type: u32,
    pub frequency: i64,
    pub t0: i64,
    pub start: i64,
    pub mode: u32,
}

pub const SESSION: Session = Session {
    pointer_bytes: 8,
    clock_type: 1,
    frequency: FREQUENCY,
    t0: T0,
    start: START,
    mode: 1,
};

/// A SYSTEM_TRACE_HEADER with a payload; `kind` 1 to 4.
pub fn system(kind: u8, group: u8, hook: u8, version: u16, ticks: i64, payload: &[u8]) -> Vec<u8> {
    let times = if kind <= 2 { 8 } else { 0 };
    let header = Bytes::default()
        .u16(version)
        .u8(kind)
        .u8(0xc0)
        .u16((24 + times + payload.len()) as u16)
        .u8(hook)
        .u8(group)
        .u32(22)
        .u32(11)
        .i64(ticks);
    let header = if kind <= 2 { header.u32(5).u32(6) } else { header };
    header.bytes(payload).0
}

/// The log header's record.
pub fn log_header(session: &Session) -> Vec<u8> {
    let head = Bytes::default()
        .u32(BUFFER as u32)
        .bytes(&[10, 0, 1, 5])
        .u32(22_621)
        .u32(4)
        .i64(START + 77)
        .u32(156_250)
        .u32(100)
        .u32(session.mode)
        .u32(3)
        .u32(1)
        .u32(session.pointer_bytes as u32)
        .u32(41)
        .u32(3_000)
        .zeros(2 * session.pointer_bytes);
    // The time zone is 172 bytes long and padded to 176.
    let zone = head.u32((-540_i32) as u32).utf16z("Korea").zeros(176 - 4 - 12);
    let payload = zone
        .i64(START - 1)
        .i64(session.frequency)
        .i64(session.start)
        .u32(session.clock_type)
        .u32(2)
        .utf16z("NetTcp")
        .utf16z("C:\\t.etl");
    system(if session.pointer_bytes == 4 { 1 } else { 2 }, 0, 0, 2, session.t0, &payload.0)
}

/// An EVENT_HEADER record; `kind` 0x12 or 0x13.
pub fn event(kind: u8, id: u16, ticks: i64, payload: &[u8]) -> Vec<u8> {
    event_with(kind, id, ticks, 0, &[], payload)
}

/// An EVENT_HEADER record with flags and the bytes of extended items.
pub fn event_with(
    kind: u8,
    id: u16,
    ticks: i64,
    flags: u16,
    extended: &[u8],
    payload: &[u8],
) -> Vec<u8> {
    Bytes::default()
        .u16((0x50 + extended.len() + payload.len()) as u16)
        .u8(kind)
        .u8(0xc0)
        .u16(flags)
        .u16(1)
        .u32(22)
        .u32(11)
        .i64(ticks)
        .bytes(&guid("c651f5f6-1c0d-492e-8ae1-b4efd7c9d503").0)
        .u16(id)
        .bytes(&[1, 16, 2, 3])
        .u16(2_500)
        .u64(0x8000_0000_0000_0004)
        .u32(7)
        .u32(8)
        .bytes(&guid("00000000-0000-0000-0000-00000000abcd").0)
        .bytes(extended)
        .bytes(payload)
        .0
}

/// What a buffer's header says.
#[derive(Clone, Copy)]
pub struct Buffer {
    pub kind: u16,
    pub flags: u16,
    pub processor: u16,
    pub sequence: i64,
    pub state: u32,
}

pub const GENERAL: Buffer = Buffer { kind: 0, flags: 0x20, processor: 3, sequence: 1, state: 3 };
pub const HEADER: Buffer = Buffer { kind: 4, flags: 0x21, processor: 0, sequence: 0, state: 3 };

/// The header of a buffer that takes `disk_bytes` in the file and has `valid_bytes` inflated.
pub fn buffer_header(buffer: Buffer, disk_bytes: usize, valid_bytes: usize) -> Bytes {
    Bytes::default()
        .u32(disk_bytes as u32)
        .u32(valid_bytes as u32)
        .u32(valid_bytes as u32)
        .u32(0)
        .i64(0)
        .i64(buffer.sequence)
        .u64(0)
        .u16(buffer.processor)
        .u16(9)
        .u32(buffer.state)
        .u32(valid_bytes as u32)
        .u16(buffer.flags)
        .u16(buffer.kind)
        .zeros(16)
}

/// Records one after another, each at a multiple of eight.
pub fn packed(records: &[Vec<u8>]) -> Vec<u8> {
    let mut data = Vec::new();
    for record in records {
        data.extend(record);
        data.resize(data.len().next_multiple_of(8), 0);
    }
    data
}

/// A whole buffer.
pub fn buffer(buffer: Buffer, records: &[Vec<u8>]) -> Vec<u8> {
    let data = packed(records);
    let mut bytes = buffer_header(buffer, BUFFER, 0x48 + data.len()).bytes(&data).0;
    assert!(bytes.len() <= BUFFER, "the records fit");
    bytes.resize(BUFFER, 0xff);
    bytes
}

/// A file of one header buffer and one buffer with these records.
pub fn file(records: &[Vec<u8>]) -> Vec<u8> {
    [buffer(HEADER, &[log_header(&SESSION)]), buffer(GENERAL, records)].concat()
}

/// A file of a header buffer of 1024 bytes and three times the same compressed buffer.
pub fn compressed_file(state: u32, compressed: &[u8], inflated_bytes: usize) -> Vec<u8> {
    let log = packed(&[log_header(&Session { mode: 0x0400_0001, ..SESSION })]);
    let header = Buffer { state, ..HEADER };
    let mut bytes = buffer_header(header, 1024, 0x48 + log.len()).bytes(&log).0;
    bytes.resize(1024, 0xff);
    for sequence in 1..4 {
        let header = Buffer { flags: 0x60, sequence, ..GENERAL };
        let header = buffer_header(header, 0x48 + compressed.len(), 0x48 + inflated_bytes);
        bytes.extend(header.bytes(compressed).0);
    }
    bytes
}

/// XPRESS that uses no matches: a word of flags before each 32 bytes.
pub fn xpress_literals(data: &[u8]) -> Vec<u8> {
    data.chunks(32).flat_map(|chunk| [&[0; 4], chunk].concat()).collect()
}

/// LZNT1 that stores.
pub fn lznt1_stored(data: &[u8]) -> Vec<u8> {
    data.chunks(4096)
        .flat_map(|chunk| [&(0x3000 | (chunk.len() as u16 - 1)).to_le_bytes(), chunk].concat())
        .collect()
}

/// XPRESS Huffman in which each byte is its own code of eight bits.
pub fn huffman_literals(data: &[u8]) -> Vec<u8> {
    let mut bytes = [vec![0x88; 128], vec![0; 128]].concat();
    for pair in data.chunks(2) {
        bytes.extend([pair.get(1).copied().unwrap_or(0), pair[0]]);
    }
    bytes.extend([0, 0]);
    bytes
}

/// A record that owns what tests look at.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    pub locator: Locator,
    pub offset: u64,
    pub kind: HeaderKind,
    pub ticks: i64,
    pub pid: u32,
    pub tid: u32,
    pub cpu: u16,
    pub provider: Guid,
    pub id: u16,
    pub version: u8,
    pub level: u8,
    pub opcode: u8,
    pub task: u16,
    pub keywords: u64,
    pub flags: u16,
    pub times: (u32, u32),
    pub activity: Guid,
    pub extended: Vec<(u16, Vec<u8>)>,
    pub payload: Vec<u8>,
}

impl Seen {
    pub fn new(record: &Record<'_>, locator: Locator) -> Self {
        Self {
            locator,
            offset: record.offset,
            kind: record.kind,
            ticks: record.ticks,
            pid: record.pid,
            tid: record.tid,
            cpu: record.cpu,
            provider: record.provider,
            id: record.id,
            version: record.version,
            level: record.level,
            opcode: record.opcode,
            task: record.task,
            keywords: record.keywords,
            flags: record.flags,
            times: (record.kernel_time, record.user_time),
            activity: record.activity,
            extended: record
                .extended
                .into_iter()
                .map(|item| (item.item_type, item.data.to_vec()))
                .collect(),
            payload: record.payload.to_vec(),
        }
    }
}

/// What a reader gave.
#[derive(Debug, Default, PartialEq)]
pub struct Collected {
    pub records: Vec<Seen>,
    pub issues: Vec<Issue>,
}

impl Collected {
    /// The event ids, in file order.
    pub fn ids(&self) -> Vec<u16> {
        self.records.iter().map(|record| record.id).collect()
    }
}

impl Sink for Collected {
    fn record(&mut self, record: &Record<'_>, locator: Locator) {
        self.records.push(Seen::new(record, locator));
    }
    fn issue(&mut self, issue: Issue) {
        self.issues.push(issue);
    }
}

/// Reads a file whole, and checks what must hold for each: every byte is accounted for, every
/// skipped byte is reported, bytes fed one by one give the same, and so does each way to re-read.
pub fn read(bytes: &[u8]) -> (Collected, Reader) {
    let pass = |chunk_bytes: usize| {
        let mut reader = Reader::new(bytes.len() as u64);
        let mut collected = Collected::default();
        for chunk in bytes.chunks(chunk_bytes) {
            reader.push(chunk, &mut collected);
        }
        reader.finish(&mut collected);
        (collected, reader)
    };
    let (collected, reader) = pass(bytes.len().max(1));
    for chunk_bytes in [1, 7, 4_097] {
        assert_eq!(pass(chunk_bytes).0, collected, "in chunks of {chunk_bytes}");
    }
    let accounting = reader.accounting();
    assert_eq!(accounting.total_bytes(), bytes.len() as u64, "{accounting:?}");
    let reported: u64 = collected.issues.iter().map(|issue| issue.skipped_bytes).sum();
    assert_eq!(reported, accounting.skipped_bytes);

    let source = bytes.to_vec();
    let mut cache = BufferCache::default();
    for seen in &collected.records {
        let again = reader
            .file()
            .with_record(&source, &mut cache, seen.locator, |record| {
                Seen::new(record, seen.locator)
            })
            .expect("the record");
        assert_eq!(again, *seen);
    }
    let mut scanned = Vec::new();
    let mut scan = reader.file().scan();
    while scan
        .step(reader.file(), &source, 1, |locator, record| scanned.push(Seen::new(record, locator)))
        .expect("a step")
    {}
    assert_eq!(scanned, collected.records);
    (collected, reader)
}

/// The records after the log header, of a file without damage.
pub fn records(bytes: &[u8]) -> Vec<Seen> {
    let (collected, _) = read(bytes);
    assert_eq!(collected.issues, []);
    collected.records[1..].to_vec()
}
