//! Records as they can be kept and compared.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use etlens_parser::Issue;
use etlens_parser::formats::{TextEvent, TextSink};
use etlens_parser::record::{Locator, Record, Sink};

/// Where a record was found, and a hash of all it says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Seen {
    pub locator: Locator,
    pub offset: u64,
    pub says: u64,
}

impl Seen {
    pub fn new(record: &Record<'_>, locator: Locator) -> Self {
        Self { locator, offset: record.offset, says: hash(record, &[]) }
    }
}

fn hash(record: &Record<'_>, names: &[&str]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (record.kind, record.ticks, record.pid, record.tid, record.cpu).hash(&mut hasher);
    (record.provider, record.id, record.version, record.channel).hash(&mut hasher);
    (record.level, record.opcode, record.task, record.keywords).hash(&mut hasher);
    (record.flags, record.property, record.kernel_time, record.user_time).hash(&mut hasher);
    (record.activity, record.raw, record.payload, names).hash(&mut hasher);
    for item in record.extended {
        (item.item_type, item.data).hash(&mut hasher);
    }
    hasher.finish()
}

/// All that a reader finds.
#[derive(Debug, Default, Eq, PartialEq)]
pub struct Found {
    pub records: Vec<Seen>,
    pub issues: Vec<Issue>,
}

impl Sink for Found {
    fn record(&mut self, record: &Record<'_>, locator: Locator) {
        self.records.push(Seen::new(record, locator));
    }

    fn issue(&mut self, issue: Issue) {
        self.issues.push(issue);
    }
}

impl TextSink for Found {
    fn event(&mut self, event: &TextEvent<'_>, locator: Locator) {
        let names = [
            &*event.provider,
            &event.event,
            &event.task,
            &event.opcode,
            &event.channel,
            &event.computer,
        ];
        let record = &event.record;
        let says = hash(record, &names);
        self.records.push(Seen { locator, offset: record.offset, says });
    }

    fn issue(&mut self, issue: Issue) {
        self.issues.push(issue);
    }
}
