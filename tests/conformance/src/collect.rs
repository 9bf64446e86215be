//! Reads a whole .etl in memory and keeps its records, for tests that ask about single ones.

use etlens_parser::error::Issue;
use etlens_parser::etl::Reader;
use etlens_parser::guid::Guid;
use etlens_parser::query::Filter;
use etlens_parser::record::{HeaderKind, Locator, Record, Sink};
use etlens_parser::store::{Loader, Trace, View};

/// A record that outlives its buffer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Kept {
    /// Where it can be found again.
    pub locator: u32,
    /// Place in the file.
    pub offset: u64,
    /// Its header.
    pub kind: HeaderKind,
    /// Raw time.
    pub ticks: i64,
    /// Process and thread.
    pub writer: (u32, u32),
    /// Processor.
    pub cpu: u16,
    /// Provider or class.
    pub provider: Guid,
    /// Id, version, channel, level, opcode, task, keywords.
    pub descriptor: (u16, u8, u8, u8, u8, u16, u64),
    /// Kernel and user time.
    pub cpu_time: (u32, u32),
    /// Activity.
    pub activity: Guid,
    /// Extended items: type and data.
    pub extended: Vec<(u16, Vec<u8>)>,
    /// User data.
    pub payload: Vec<u8>,
}

impl Kept {
    /// Copies a record.
    #[must_use]
    pub fn new(record: &Record<'_>, locator: Locator) -> Self {
        let r = record;
        Self {
            locator: locator.0,
            offset: r.offset,
            kind: r.kind,
            ticks: r.ticks,
            writer: (r.pid, r.tid),
            cpu: r.cpu,
            provider: r.provider,
            descriptor: (r.id, r.version, r.channel, r.level, r.opcode, r.task, r.keywords),
            cpu_time: (r.kernel_time, r.user_time),
            activity: r.activity,
            extended: r.extended.into_iter().map(|i| (i.item_type, i.data.to_vec())).collect(),
            payload: r.payload.to_vec(),
        }
    }
}

/// What a reader gave.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Collected {
    /// Records in file order.
    pub records: Vec<Kept>,
    /// Damage in file order.
    pub issues: Vec<Issue>,
}

impl Sink for Collected {
    fn record(&mut self, record: &Record<'_>, locator: Locator) {
        self.records.push(Kept::new(record, locator));
    }

    fn issue(&mut self, issue: Issue) {
        self.issues.push(issue);
    }
}

/// Reads a file in chunks of at most `chunk_bytes`.
#[must_use]
pub fn read_in(file: &[u8], chunk_bytes: usize) -> (Collected, Reader) {
    let mut collected = Collected::default();
    let mut reader = Reader::new(file.len() as u64);
    for chunk in file.chunks(chunk_bytes) {
        reader.push(chunk, &mut collected);
    }
    reader.finish(&mut collected);
    (collected, reader)
}

/// Reads a file in one piece.
#[must_use]
pub fn read(file: &[u8]) -> (Collected, Reader) {
    read_in(file, file.len().max(1))
}

/// Loads a file as the page and the command line do.
///
/// # Panics
/// When nothing of it can be read.
#[must_use]
pub fn load(name: &str, file: &[u8]) -> Trace {
    let mut loader = Loader::new(name, file.len() as u64);
    for chunk in file.chunks(1 << 20) {
        loader.push(chunk).expect("a trace");
    }
    loader.finish().expect("a trace")
}

/// The view a filter text gives.
///
/// # Panics
/// When the filter cannot be understood.
#[must_use]
pub fn filtered(trace: &Trace, file: &[u8], filter: &str) -> View {
    let filter = Filter::parse(filter).expect("a filter");
    let mut scan = trace.scan(filter, None);
    let source = file.to_vec();
    loop {
        if let Some(view) = scan.step(trace, &source, 1 << 20).expect("a readable file") {
            return view;
        }
    }
}
