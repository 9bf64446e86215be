//! Loading: bytes in file order become a [`Trace`].

use std::sync::Arc;

use super::columns::Entry;
use super::directory::Directory;
use super::fingerprint::Fingerprinter;
use super::judge::related_activity;
use super::shard::Kept;
use super::trace::Trace;
use crate::error::{Error, ErrorKind, Issue, Result};
use crate::etl;
use crate::formats::detect::{Format, detect};
use crate::formats::{TextEvent, TextSink, json};
use crate::guid::Guid;
use crate::limits::{DETECT_BYTES, MAX_ISSUES, MAX_KEYS};
use crate::record::{HeaderKind, Locator, Record, Sink, ext_type};
use crate::schema::Schemas;
use crate::schema::loaded::Loaded;
use crate::system::{System, Writers};
use crate::text::utf16le_to_string;
use crate::time::Clock;
use crate::view::{Lost, TimeRange, TraceInfo};

/// `SystemConfig` class; its type 10 (CPU) names the computer.
const SYSTEM_CONFIG: Guid =
    Guid::from_parts(0x0185_3a65, 0x418f, 0x4f36, [0xae, 0xfc, 0xdc, 0x0f, 0x1d, 0x2f, 0xd2, 0x35]);
const SYSTEM_CONFIG_CPU: u8 = 10;

/// Events that are sorted at once: a few milliseconds, however large the trace.
#[cfg(not(test))]
const BATCH_EVENTS: usize = 1 << 17;
#[cfg(test)]
const BATCH_EVENTS: usize = 100;

/// See [`Intake::number_activities`].
const NUMBERED_AT_ONCE: usize = 512;

/// Bytes read between two looks at whether a batch is full.
const PIECE_BYTES: usize = 4 << 20;

/// Takes the bytes of a file in order and makes a [`Trace`] of them.
#[derive(Debug)]
pub struct Loader {
    pub(super) intake: Intake,
    pub(super) reader: Reader,
    pub(super) fingerprinter: Fingerprinter,
}

#[derive(Debug)]
pub(super) enum Reader {
    /// The head of the file, until the format is clear.
    Undecided(Vec<u8>),
    Etl(Box<etl::Reader>),
    Json(Box<json::Reader>),
}

/// The sink: what readers find goes into the trace.
#[derive(Debug)]
pub(super) struct Intake {
    pub trace: Trace,
    pub writers: Writers,
    /// Whether events were turned away because there are too many to number.
    pub full: bool,
    /// In a shard: what is to be learned when its turn comes.
    pub kept: Option<Vec<Kept>>,
    /// Activities of the rows that came last. They are numbered many at once, so that the processor
    /// waits for memory once for all of them.
    unnumbered: Vec<Guid>,
}

impl Loader {
    /// Begins a file of a name and size.
    #[must_use]
    pub fn new(file_name: &str, file_bytes: u64) -> Self {
        let info = new_info(file_name, file_bytes);
        Self {
            intake: Intake {
                trace: Trace::new(info),
                writers: Writers::default(),
                full: false,
                kept: None,
                unnumbered: Vec::new(),
            },
            reader: Reader::Undecided(Vec::new()),
            fingerprinter: Fingerprinter::default(),
        }
    }

    /// Decodes with these schema files of the user. They may come at any time.
    pub fn set_loaded(&mut self, loaded: Arc<Loaded>) {
        self.intake.trace.set_loaded(loaded);
    }

    /// Takes the next bytes of the file.
    ///
    /// # Errors
    /// Only when nothing of the file can be read: [`ErrorKind::Unsupported`] or
    /// [`ErrorKind::NotATrace`]. Damage within a trace is an issue of [`TraceInfo::lost`].
    pub fn push(&mut self, chunk: &[u8]) -> Result<()> {
        for piece in chunk.chunks(PIECE_BYTES) {
            self.fingerprinter.push(piece);
            match &mut self.reader {
                Reader::Etl(reader) => reader.push(piece, &mut self.intake),
                Reader::Json(reader) => reader.push(piece, &mut self.intake),
                Reader::Undecided(head) => {
                    head.extend_from_slice(piece);
                    let enough = head.len() >= DETECT_BYTES
                        || self.fingerprinter.len_bytes() >= self.intake.trace.info.file_bytes;
                    if enough {
                        self.decide()?;
                    }
                }
            }
            self.settle_full_batch();
        }
        Ok(())
    }

    /// Sorts what has come when it is enough.
    pub(super) fn settle_full_batch(&mut self) {
        if self.intake.trace.columns.unsettled() >= BATCH_EVENTS && self.knows_time() {
            self.settle_batch();
        }
    }

    /// Sorts what has come.
    pub(super) fn settle_batch(&mut self) {
        let to_filetime = self.to_filetime();
        self.intake.number_activities();
        self.intake.trace.columns.settle(to_filetime);
    }

    /// Chooses the reader and gives it what has come so far.
    fn decide(&mut self) -> Result<()> {
        let Reader::Undecided(head) = &mut self.reader else { return Ok(()) };
        let head = std::mem::take(head);
        let info = &mut self.intake.trace.info;
        match detect(&head)? {
            Format::Etl => {
                "etl".clone_into(&mut info.format);
                let mut reader = etl::Reader::new(info.file_bytes);
                reader.push(&head, &mut self.intake);
                self.reader = Reader::Etl(Box::new(reader));
            }
            Format::Json => {
                let mut reader = json::Reader::new(&head)?;
                reader.format().clone_into(&mut info.format);
                reader.push(&head, &mut self.intake);
                self.reader = Reader::Json(Box::new(reader));
            }
        }
        Ok(())
    }

    /// Takes note of something that keeps a part of the file from being read.
    pub fn report(&mut self, issue: Issue) {
        self.intake.report(issue);
    }

    /// What is known of the trace so far.
    #[must_use]
    pub fn info(&self) -> TraceInfo {
        let mut info = self.intake.trace.info.clone();
        info.events = self.intake.trace.columns.len() as u64;
        info
    }

    /// The trace as of the last [`Loader::update`], in order.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.intake.trace
    }

    /// Brings [`Loader::trace`] up to date, if more has come and its time can be told; says whether
    /// it was. What was worked out from the trace before is forgotten.
    pub fn update(&mut self) -> bool {
        if self.intake.trace.columns.len() == self.intake.trace.columns.sorted()
            || !self.knows_time()
        {
            return false;
        }
        let directory = match &self.reader {
            Reader::Undecided(_) => Directory::Empty,
            Reader::Etl(reader) => Directory::Etl(reader.file().clone()),
            Reader::Json(reader) => Directory::Json(reader.file().clone()),
        };
        self.intake.trace.directory = directory;
        self.settle(true);
        true
    }

    /// The trace, complete, or as far as it was read.
    ///
    /// # Errors
    /// As [`Loader::push`], and [`ErrorKind::Empty`] when there were no bytes at all.
    pub fn finish(mut self) -> Result<Trace> {
        if matches!(self.reader, Reader::Undecided(_)) {
            self.decide()?;
        }
        let complete = self.fingerprinter.len_bytes() >= self.intake.trace.info.file_bytes;
        if complete {
            // Of a file not read to its end, the end is not missing.
            match &mut self.reader {
                Reader::Undecided(_) => {}
                Reader::Etl(reader) => reader.finish(&mut self.intake),
                Reader::Json(reader) => reader.finish(&mut self.intake),
            }
            self.intake.trace.info.fingerprint = Some(self.fingerprinter.fingerprint());
        }
        self.settle(false);
        let mut trace = self.intake.trace;
        trace.find_processes();
        trace.directory = match self.reader {
            Reader::Undecided(_) => Directory::Empty,
            Reader::Etl(reader) => Directory::Etl(reader.into_file()),
            Reader::Json(reader) => Directory::Json(reader.into_file()),
        };
        trace.find_losses();
        Ok(trace)
    }

    /// Takes a record as if a reader had found it.
    #[cfg(test)]
    pub(super) fn record(&mut self, record: &Record<'_>, locator: Locator) {
        self.intake.record(record, locator);
    }

    /// The trace of the records so far, without a file behind it.
    #[cfg(test)]
    pub(super) fn settled(&mut self) -> &mut Trace {
        self.settle(false);
        &mut self.intake.trace
    }

    /// Whether times can be told: an .etl says how in its first record.
    fn knows_time(&self) -> bool {
        match &self.reader {
            Reader::Undecided(_) => false,
            Reader::Etl(reader) => reader.header().is_some(),
            Reader::Json(_) => true,
        }
    }

    /// What makes times of ticks. The reader has brought the ticks of all sessions of the file to
    /// the first one's clock.
    pub(super) fn to_filetime(&self) -> impl Fn(i64) -> i64 + use<> {
        let clock = match &self.reader {
            Reader::Etl(reader) => reader.header().map(etl::LogHeader::clock),
            Reader::Undecided(_) | Reader::Json(_) => None,
        };
        move |ticks| clock.map_or(ticks, |clock| clock.to_filetime(ticks))
    }

    /// Brings rows into order, perhaps without the last while `more` come, and works out what
    /// follows from them.
    fn settle(&mut self, more: bool) {
        let to_filetime = self.to_filetime();
        self.intake.number_activities();
        let trace = &mut self.intake.trace;
        if let Reader::Etl(reader) = &self.reader {
            describe_header(&mut trace.info, reader);
        }
        trace.columns.show(more, &to_filetime);
        trace.system.settle(&to_filetime);
        trace.forget();
        let events = trace.len();
        trace.info.events = u64::from(events);
        trace.info.range = events.checked_sub(1).map(|last| TimeRange {
            start: trace.time(0),
            end: trace.time(last).saturating_add(1),
        });
        trace.describe();
    }
}

/// What is known of a trace before anything was read.
pub(super) fn new_info(file_name: &str, file_bytes: u64) -> TraceInfo {
    TraceInfo {
        file_name: file_name.to_owned(),
        file_bytes,
        format: String::new(),
        fingerprint: None,
        events: 0,
        range: None,
        marked: 0,
        os: String::new(),
        computer: String::new(),
        session: String::new(),
        clock: String::new(),
        bias_minutes: None,
        pointer_bytes: None,
        processors: None,
        lost: Lost::default(),
        losses: Vec::new(),
        catalog_candidates: Vec::new(),
    }
}

/// What the log headers say of the trace. Several headers are of one machine: the first speaks,
/// losses add up.
fn describe_header(info: &mut TraceInfo, reader: &etl::Reader) {
    let losses = reader.losses();
    info.lost.events = losses.events;
    info.lost.buffers = losses.buffers;
    let Some(header) = reader.header() else { return };
    info.os = format!("{}.{}.{}", header.os_major, header.os_minor, header.build);
    info.session.clone_from(&header.logger_name);
    info.clock = match header.clock() {
        Clock::Qpc { frequency, .. } => format!("QPC {frequency} Hz"),
        Clock::Cycles { frequency, .. } => format!("CPU cycles {frequency} Hz"),
        Clock::SystemTime => "system time".to_owned(),
    };
    info.bias_minutes = Some(header.bias_minutes);
    info.pointer_bytes = Some(header.pointer_bytes);
    info.processors = Some(header.processors);
}

impl Intake {
    /// One that keeps what is to be learned.
    pub fn of_shard() -> Self {
        let trace = Trace::new(new_info("", 0));
        Self {
            trace,
            writers: Writers::of_part(),
            full: false,
            kept: Some(Vec::new()),
            unnumbered: Vec::new(),
        }
    }

    /// Adds the row of an event of a key.
    fn add(&mut self, record: &Record<'_>, key: u32, locator: Locator) {
        let trace = &mut self.trace;
        let (thread, _) = trace.threads.intern(self.writers.of(record));
        let (time, cpu) = (record.ticks, record.cpu);
        trace.columns.push(&Entry { time, key, cpu, thread, activity: 0, locator });
        self.unnumbered.push(record.activity);
        if self.unnumbered.len() >= NUMBERED_AT_ONCE {
            self.number_activities();
        }
    }

    /// Numbers the activities of rows that have none yet. To be done before rows are settled.
    pub fn number_activities(&mut self) {
        let trace = &mut self.trace;
        let rows = trace.columns.last_pushed(self.unnumbered.len());
        for (row, activity) in rows.iter_mut().zip(self.unnumbered.drain(..)) {
            if !activity.is_zero() {
                row.activity = trace.activities.intern(activity).0;
            }
        }
    }

    /// Learns what a record says about others. It is given all records that are the first of their
    /// key, or that [`teaches`] names, in file order, and no others.
    pub fn learn(&mut self, record: &Record<'_>, first_of_key: bool) {
        self.trace.schemas.learn(record);
        self.trace.system.learn(record);
        let names_computer = record.provider == SYSTEM_CONFIG && record.opcode == SYSTEM_CONFIG_CPU;
        if first_of_key && names_computer {
            self.trace.info.computer = computer_name(record.payload);
        }
    }

    /// Whether one more event can be numbered; says so once when not.
    #[inline]
    fn has_room(&mut self, offset: u64) -> bool {
        self.trace.columns.len() < u32::MAX as usize || self.turn_away(offset)
    }

    /// Says that no more events can be numbered; there is no room.
    #[cold]
    fn turn_away(&mut self, offset: u64) -> bool {
        if !std::mem::replace(&mut self.full, true) {
            let message = "More than 4,294,967,295 events: the rest is not shown".to_owned();
            self.report(Issue { kind: ErrorKind::Limit, offset, skipped_bytes: 0, message });
        }
        false
    }

    fn too_many_keys(&mut self, offset: u64) {
        let message = format!(
            "More than {MAX_KEYS} kinds of events: the names of the rest are not told apart"
        );
        self.report(Issue { kind: ErrorKind::Limit, offset, skipped_bytes: 0, message });
    }

    fn report(&mut self, issue: Issue) {
        let lost = &mut self.trace.info.lost;
        lost.issue_count += 1;
        lost.skipped_bytes = lost.skipped_bytes.saturating_add(issue.skipped_bytes);
        if lost.issues.len() < MAX_ISSUES {
            lost.issues.push(issue);
        }
    }
}

/// Whether a record says something about others, however often its like was seen: then
/// [`Intake::learn`] must see it. Cheap.
pub(super) fn teaches(record: &Record<'_>) -> bool {
    Schemas::teaches(record) || System::teaches(record)
}

impl Sink for Intake {
    fn record(&mut self, record: &Record<'_>, locator: Locator) {
        if !self.has_room(record.offset) {
            return;
        }
        let overflowed = self.trace.keys.overflowed();
        let (key, new) = self.trace.keys.of_record(record);
        if new || teaches(record) {
            match &mut self.kept {
                None => self.learn(record, new),
                Some(kept) => kept.push(Kept::new(record, new.then_some(key))),
            }
        }
        if let Some(related) = related_activity(record.extended.find(ext_type::RELATED_ACTIVITYID))
        {
            self.trace.transfers.add(record.activity, related);
        }
        self.add(record, key, locator);
        if overflowed != self.trace.keys.overflowed() {
            self.too_many_keys(record.offset);
        }
    }

    fn issue(&mut self, issue: Issue) {
        self.report(issue);
    }
}

impl TextSink for Intake {
    fn event(&mut self, event: &TextEvent<'_>, locator: Locator) {
        let record = &event.record;
        if !self.has_room(record.offset) {
            return;
        }
        debug_assert_eq!(record.kind, HeaderKind::Export, "text exports say so");
        let overflowed = self.trace.keys.overflowed();
        let (key, _) = self.trace.keys.of_text(event);
        let computer = &mut self.trace.info.computer;
        if computer.is_empty() {
            computer.push_str(&event.computer);
        }
        self.trace.transfers.add(record.activity, event.related);
        self.add(record, key, locator);
        if overflowed != self.trace.keys.overflowed() {
            self.too_many_keys(record.offset);
        }
    }

    fn issue(&mut self, issue: Issue) {
        self.report(issue);
    }
}

/// `ComputerName` of `SystemConfig_CPU`: after five 32-bit numbers, 256 UTF-16 units
/// (docs/FORMATS.md; the same in all versions).
fn computer_name(payload: &[u8]) -> String {
    let name = payload.get(20..payload.len().min(20 + 512)).unwrap_or_default();
    let end = name.chunks_exact(2).position(|unit| unit == [0, 0]);
    utf16le_to_string(name.get(..end.map_or(name.len(), |units| 2 * units)).unwrap_or_default())
}

/// An error for a folder where a file was expected.
#[must_use]
pub fn folder_error() -> Error {
    Error::new(ErrorKind::Folder, "This is a folder: choose the trace file in it")
}
