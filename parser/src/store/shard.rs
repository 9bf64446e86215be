//! Loading in shards: parts of a file are read apart from each other, perhaps at the same time,
//! and put together in file order. The outcome is what reading the whole in order gives, to the
//! bit: numbers are given by first sight, shard after shard; what teaches about other events is
//! kept and learned again in its turn; and a shard that does not fit is left out, so that its bytes
//! are read in order instead.
//!
//! The one that reads the beginning asks [`Loader::fork`]; a [`ShardLoader`] reads a part of the
//! rest; [`Loader::accept`] takes what it found.

use serde::{Deserialize, Serialize};

use super::columns::Rows;
use super::keys::KeysPart;
use super::loader::{Intake, Loader, Reader, teaches};
use super::trace::Trace;
use crate::error::Issue;
use crate::etl::{self, KeptRecord, Known, Part};
use crate::guid::Guid;
use crate::limits::MAX_ISSUES;
use crate::record::Record;

/// Reads one shard.
#[derive(Debug)]
pub struct ShardLoader {
    known: Known,
    reader: etl::Reader,
    intake: Intake,
}

/// What was found in a shard, but for its rows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Shard {
    part: Part,
    keys: KeysPart,
    threads: Vec<(u32, u32)>,
    /// The thread each processor ran last.
    running: Vec<Option<u32>>,
    /// Without the zero GUID, which has number 0 everywhere.
    #[serde(with = "guids")]
    activities: Vec<Guid>,
    transfers: Vec<(Guid, Guid)>,
    kept: Vec<Kept>,
    issues: Vec<Issue>,
    issue_count: u64,
    skipped_bytes: u64,
    events: u64,
    /// Whether something was left out for which there was no room.
    full: bool,
}

/// A record that says something about others.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    record: KeptRecord,
    /// The key whose first it is in the shard.
    first_of: Option<u32>,
}

/// Many GUIDs as bytes: one by one they would take longer than what they are for.
mod guids {
    use serde::{Deserialize as _, Deserializer, Serializer};
    use zerocopy::IntoBytes as _;

    use crate::guid::Guid;

    pub fn serialize<S: Serializer>(guids: &[Guid], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(guids.as_bytes())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Guid>, D::Error> {
        let bytes = <&[u8]>::deserialize(deserializer)?;
        Ok(bytes.as_chunks().0.iter().map(|guid| Guid(*guid)).collect())
    }
}

impl Kept {
    pub fn new(record: &Record<'_>, first_of: Option<u32>) -> Self {
        Self { record: KeptRecord::new(record), first_of }
    }
}

impl ShardLoader {
    /// Begins the shard of the buffers that begin at or after `from` and before `until`. `known` is
    /// what [`Loader::fork`] gave. The bytes from `from` on are to be pushed, until
    /// [`ShardLoader::is_done`] or [`Known::reach_bytes`] after `until`.
    #[must_use]
    pub fn new(known: Known, from: u64, until: u64) -> Self {
        let reader = etl::Reader::of_part(&known, from, until);
        Self { known, reader, intake: Intake::of_shard() }
    }

    /// Uses memory that [`ShardLoader::finish`] left in the rows of another shard.
    pub fn reuse(&mut self, rows: &mut Rows) {
        let Trace { columns, activities, .. } = &mut self.intake.trace;
        columns.reuse(rows);
        std::mem::swap(activities, &mut rows.activities);
        activities.clear();
        activities.intern(Guid::ZERO);
    }

    /// Takes the next bytes.
    pub fn push(&mut self, chunk: &[u8]) {
        self.reader.push(chunk, &mut self.intake);
    }

    /// Whether no more bytes are needed.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.reader.is_part_done()
    }

    /// Offset of the first byte that belongs to what comes after; once the shard
    /// [is done](ShardLoader::is_done), where the next one is best begun.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.reader.position()
    }

    /// What was found; its rows replace those in `rows`. `None` when no buffer was found.
    #[must_use]
    pub fn finish(self, rows: &mut Rows) -> Option<Shard> {
        let Self { known, reader, mut intake } = self;
        intake.number_activities();
        let clock = known.headers().first().map(etl::LogHeader::clock);
        let Intake { mut trace, writers, full, kept, .. } = intake;
        let events = trace.columns.len();
        let to_filetime = |ticks| clock.map_or(ticks, |clock| clock.to_filetime(ticks));
        trace.columns.take_sorted(to_filetime, rows);
        let full = full || trace.keys.overflowed();
        let activities = trace.activities.values().get(1..).unwrap_or_default().to_vec();
        rows.activities = trace.activities;
        Some(Shard {
            part: reader.into_part(known)?,
            keys: trace.keys.part(),
            threads: trace.threads.values().to_vec(),
            running: writers.running().to_vec(),
            activities,
            transfers: trace.transfers.pairs().to_vec(),
            kept: kept.unwrap_or_default(),
            issue_count: trace.info.lost.issue_count,
            skipped_bytes: trace.info.lost.skipped_bytes,
            issues: trace.info.lost.issues,
            events: events as u64,
            full,
        })
    }
}

impl Shard {
    /// Offset of its first buffer.
    #[must_use]
    pub const fn start(&self) -> u64 {
        self.part.start()
    }

    /// Where it ends.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.part.end()
    }

    /// How many events it has.
    #[must_use]
    pub const fn events(&self) -> u64 {
        self.events
    }
}

impl Loader {
    /// Offset of the byte that the next [`Loader::push`] must begin with. It may lie before the end
    /// of what was pushed after [`Loader::push_until`] and [`Loader::accept`].
    #[must_use]
    pub const fn next_byte(&self) -> u64 {
        self.fingerprinter.len_bytes()
    }

    /// Offset up to which all is decided.
    #[must_use]
    pub fn decided_bytes(&self) -> u64 {
        match &self.reader {
            Reader::Etl(reader) => reader.position(),
            Reader::Undecided(_) | Reader::Json(_) => self.next_byte(),
        }
    }

    /// What must be known to read shards of the rest of the file; `None` when it cannot be read in
    /// shards, or too little was pushed yet to tell.
    #[must_use]
    pub fn fork(&self) -> Option<Known> {
        match &self.reader {
            Reader::Etl(reader) if self.fingerprinter.has_head() => reader.known(),
            Reader::Undecided(_) | Reader::Etl(_) | Reader::Json(_) => None,
        }
    }

    /// The last bytes of the file ([`FINGERPRINT_BYTES`](super::FINGERPRINT_BYTES) or all): when a
    /// file is read in shards not all bytes come by here, but its fingerprint needs these. To be
    /// said before the first [`Loader::accept`].
    pub fn set_tail(&mut self, tail: &[u8]) {
        self.fingerprinter.set_tail(tail);
    }

    /// Takes the next bytes up to the first buffer that begins at or after `limit`.
    ///
    /// # Errors
    /// As [`Loader::push`].
    pub fn push_until(&mut self, chunk: &[u8], limit: u64) -> crate::Result<()> {
        let Reader::Etl(reader) = &mut self.reader else { return self.push(chunk) };
        self.fingerprinter.push(chunk);
        reader.push_until(chunk, limit, &mut self.intake);
        if reader.position() >= limit {
            self.fingerprinter.go_to(reader.position());
        }
        self.settle_full_batch();
        Ok(())
    }

    /// Takes what was found in a shard, with its rows, if that is what reading on in order would
    /// have found. If not, nothing has changed.
    pub fn accept(&mut self, shard: &Shard, rows: &mut Rows) -> bool {
        let Self { intake, reader: Reader::Etl(reader), .. } = self else { return false };
        let columns = &mut intake.trace.columns;
        let room = (u32::MAX as usize).saturating_sub(columns.len()) as u64;
        if shard.full
            || intake.full
            || shard.events > room
            || rows.all().len() as u64 != shard.events
            || !intake.trace.keys.has_room_for(&shard.keys)
        {
            return false;
        }
        let Some(base) = reader.accept(&shard.part) else { return false };
        self.fingerprinter.go_to(shard.part.end());
        if self.intake.trace.columns.unsettled() > 0 {
            self.settle_batch();
        }
        let intake = &mut self.intake;
        let keys = intake.trace.keys.add_part(&shard.keys);
        for kept in &shard.kept {
            let record = kept.record.record();
            let first = kept.first_of.and_then(|key| keys.get(key as usize));
            let new = first.is_some_and(|&(_, new)| new);
            if new || teaches(&record) {
                intake.learn(&record, new);
            }
        }
        let trace = &mut intake.trace;
        let writers = &mut intake.writers;
        let pairs = shard.threads.iter().map(|&pair| writers.close(pair));
        let threads: Vec<u32> = pairs.map(|pair| trace.threads.intern(pair).0).collect();
        writers.join(&shard.running);
        let activities: Vec<u32> = std::iter::once(0)
            .chain(shard.activities.iter().map(|&activity| trace.activities.intern(activity).0))
            .collect();
        for &(activity, related) in &shard.transfers {
            trace.transfers.add(activity, related);
        }
        let lost = &mut trace.info.lost;
        lost.issue_count += shard.issue_count;
        lost.skipped_bytes = lost.skipped_bytes.saturating_add(shard.skipped_bytes);
        let room = MAX_ISSUES.saturating_sub(lost.issues.len());
        lost.issues.extend(shard.issues.iter().take(room).cloned());
        let of = |numbers: &[u32], number: u32| numbers.get(number as usize).copied().unwrap_or(0);
        for row in rows.all_mut().iter_mut() {
            let key = keys.get(row.key() as usize).map_or(0, |&(key, _)| key);
            row.thread = of(&threads, row.thread);
            row.activity = of(&activities, row.activity);
            // Within the part's units, which have room after `base`.
            row.locator = base.wrapping_add(row.locator);
            row.set_key(key);
        }
        trace.columns.settle_sorted(rows.all_mut());
        true
    }
}
