//! What a trace taught of its events, kept as it said it: so that others can be taught the same
//! without reading the trace.

use std::sync::Arc;

use super::Schemas;
use super::loaded::Loaded;
use crate::guid::Guid;
use crate::limits::MAX_TAUGHT_BYTES;

/// What a lesson is: its last byte.
pub(super) mod subject {
    /// `TRACE_EVENT_INFO`.
    pub const EVENT_INFO: u8 = 0;
    /// `EVENT_MAP_INFO` after its provider.
    pub const MAP_INFO: u8 = 1;
    /// An EventSource manifest.
    pub const MANIFEST: u8 = 2;
    /// TraceLogging metadata.
    pub const TRACELOGGING: u8 = 3;
    /// A provider and its name.
    pub const PROVIDER: u8 = 4;
    /// A provider that is decoded with the catalog.
    pub const ALIAS: u8 = 5;
}

/// What the trace taught so far, but for what is easily told from what came of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Lessons {
    all: Taught,
    bytes: usize,
}

/// All that [`Schemas`] know but for what is built in and what the user loaded.
pub(crate) type Taught = Vec<Vec<u8>>;

impl Lessons {
    /// Keeps a lesson. All are forgotten where they are too many.
    pub fn keep(&mut self, subject: u8, bytes: &[u8]) {
        self.bytes = self.bytes.saturating_add(bytes.len());
        if self.bytes > MAX_TAUGHT_BYTES {
            self.all = Vec::new();
            return;
        }
        self.all.push([bytes, &[subject]].concat());
    }
}

impl Schemas {
    /// What was learned; `None` when that was too much to keep.
    #[cold]
    pub(crate) fn to_teach(&self) -> Option<Taught> {
        let mut lessons = Lessons::default();
        // Of names told twice the first counts.
        for (guid, name) in self.providers.iter() {
            lessons.keep(subject::PROVIDER, &[&guid.0, name.as_bytes()].concat());
        }
        lessons.all.extend_from_slice(&self.lessons.all);
        lessons.bytes = lessons.bytes.saturating_add(self.lessons.bytes);
        self.tracelogging.keys().for_each(|blob| lessons.keep(subject::TRACELOGGING, blob));
        self.aliases.keys().for_each(|guid| lessons.keep(subject::ALIAS, &guid.0));
        (lessons.bytes <= MAX_TAUGHT_BYTES).then_some(lessons.all)
    }

    /// Knows what was taught to others, and what the user loaded.
    #[cold]
    pub(crate) fn of(taught: &Taught, loaded: Arc<Loaded>) -> Self {
        let mut schemas = Self { loaded, ..Self::new() };
        for lesson in taught {
            let Some((subject, bytes)) = lesson.split_last() else { continue };
            let told = bytes.split_first_chunk().map(|(guid, name)| (Guid(*guid), name));
            match (*subject, told) {
                (subject::EVENT_INFO, _) => schemas.learn_event_info(bytes),
                (subject::MAP_INFO, _) => schemas.learn_map_info(bytes),
                (subject::MANIFEST, _) => schemas.learn_manifest(bytes),
                (subject::TRACELOGGING, _) => schemas.learn_tracelogging(bytes),
                (subject::ALIAS, Some((guid, _))) => schemas.alias_to_catalog(guid, true),
                (_, Some((guid, name))) => {
                    schemas.providers.insert(guid, String::from_utf8_lossy(name).into_owned());
                }
                (_, None) => {}
            }
        }
        schemas
    }
}
