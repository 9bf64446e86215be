//! Event keys: what the events of one kind have in common, worked out once per kind.

use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};
use zerocopy::{Immutable, IntoBytes};

use super::intern::{Interner, Strings};
use crate::formats::TextEvent;
use crate::guid::Guid;
use crate::limits::MAX_KEYS;
use crate::record::{Extended, HeaderKind, Record, ext_type};
use crate::schema::{EventNames, FLAG_STRING_ONLY, Schemas};

/// Number of an [`EventKey`] in its trace, from 0 in order of first sight.
pub type KeyId = u32;

/// What identifies a kind of event. Two events of one key differ in time, place, processor,
/// thread, activity and payload only.
#[derive(Clone, Copy, Debug, Eq, Immutable, IntoBytes, Serialize, Deserialize)]
#[repr(C)]
pub struct EventKey {
    /// Provider, or MOF class of a classic record.
    pub provider: Guid,
    /// Keyword mask.
    pub keywords: u64,
    /// Event id; 0 for classic records.
    pub id: u32,
    /// What tells events apart that share all these numbers: the TraceLogging metadata of an
    /// .etl record, the names of an exported one. 0 is none.
    schema: u32,
    /// Task number.
    pub task: u16,
    /// Version.
    pub version: u8,
    /// Channel number.
    pub channel: u8,
    /// Level number.
    pub level: u8,
    /// Opcode, or type of a classic record.
    pub opcode: u8,
    /// The header it was written with.
    pub kind: HeaderKind,
    /// Whether the payload is one string, whatever the event's schema says
    /// (`EVENT_HEADER_FLAG_STRING_ONLY`).
    pub string_only: bool,
}

impl EventKey {
    /// All of it in a few numbers, which are compared and hashed faster than field by field.
    #[inline]
    fn words(&self) -> [u64; 5] {
        let mut words = [0; 5];
        for (word, bytes) in words.iter_mut().zip(self.as_bytes().as_chunks().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        words
    }
}

impl PartialEq for EventKey {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        let both = self.words().into_iter().zip(other.words());
        both.fold(0, |differs, (mine, its)| differs | mine ^ its) == 0
    }
}

impl Hash for EventKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [low, high, keywords, id, numbers] = self.words();
        // A hasher takes one word after the other; these products do not wait for each other.
        let mixed = low.wrapping_mul(0x9e37_79b9_7f4a_7c15)
            ^ high.wrapping_mul(0xbf58_476d_1ce4_e5b9).rotate_left(13)
            ^ keywords.wrapping_mul(0x94d0_49bb_1331_11eb).rotate_left(29)
            ^ id.wrapping_mul(0xd6e8_feb8_6659_fd93).rotate_left(41)
            ^ numbers.wrapping_mul(0xa076_1d64_78bd_642f).rotate_left(53);
        state.write_u64(mixed);
    }
}

/// A key with all that follows from it.
#[derive(Clone, Debug)]
pub struct Key {
    /// The numbers.
    pub event: EventKey,
    /// The names.
    pub names: EventNames,
    /// Whether this is 4031 `DispatchSessionFailed`.
    pub marked: bool,
    /// How many events have it.
    pub events: u64,
}

impl Key {
    /// The class the timeline counts it in: 0 marked, 1 error and critical, 2 warning, 3 the rest.
    #[must_use]
    pub fn class(&self) -> u8 {
        match (self.marked, self.event.level) {
            (true, _) => 0,
            (_, 1 | 2) => 1,
            (_, 3) => 2,
            _ => 3,
        }
    }
}

/// The keys of a shard, by first sight.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct KeysPart {
    /// TraceLogging metadata, numbered from 1.
    schemas: Vec<Vec<u8>>,
    /// With the number of their events.
    keys: Vec<(EventKey, u64)>,
}

/// All keys of a trace.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    ids: Interner<EventKey>,
    known: Vec<Key>,
    /// How many events each has: counted apart, where many find room in the processor's cache.
    events: Vec<u64>,
    /// Keys seen lately, by [`place_of`]: a trace has few kinds of events, and each comes often.
    lately: Vec<KeyId>,
    schemas: Strings,
    /// Packed TraceLogging item of the record at hand.
    packed: Vec<u8>,
    /// Whether there were more keys than [`MAX_KEYS`].
    overflowed: bool,
}

impl Keys {
    /// The key of a record, and whether it is new: then it has no names yet.
    pub fn of_record(&mut self, record: &Record<'_>) -> (KeyId, bool) {
        let schema = match record.extended.is_empty() {
            true => None,
            false => record.extended.find(ext_type::EVENT_SCHEMA_TL),
        };
        let schema = schema.map_or(0, |blob| self.schemas.intern(blob));
        self.intern(key_of(record, u32::from(record.id), schema))
    }

    /// The key of an exported event, which brings its names along.
    pub fn of_text(&mut self, event: &TextEvent<'_>) -> (KeyId, bool) {
        let names = [&event.provider, &event.event, &event.task, &event.opcode, &event.channel];
        self.packed.clear();
        for name in names {
            self.packed.extend_from_slice(name.as_bytes());
            self.packed.push(0);
        }
        let schema = self.schemas.intern(&self.packed);
        let (id, new) = self.intern(key_of(&event.record, event.id, schema));
        if new && let Some(key) = self.known.get_mut(id as usize) {
            let [provider, event, task, opcode, channel] = names.map(|name| name.to_string());
            let keywords = Vec::new();
            key.names =
                EventNames { provider, event, task, opcode, channel, keywords, decodable: true };
        }
        (id, new)
    }

    /// The keys, without what follows from them.
    pub fn part(&self) -> KeysPart {
        KeysPart {
            schemas: self.schemas.values().map(<[u8]>::to_vec).collect(),
            keys: self.known.iter().map(|key| key.event).zip(self.events.iter().copied()).collect(),
        }
    }

    /// Whether the keys of a shard can be added without any being left out.
    pub fn has_room_for(&self, part: &KeysPart) -> bool {
        self.known.len() + part.keys.len() < MAX_KEYS
    }

    /// Adds the keys of a shard; gives for each its number here, and whether it is new.
    pub fn add_part(&mut self, part: &KeysPart) -> Vec<(KeyId, bool)> {
        let schemas: Vec<u32> =
            std::iter::once(0).chain(part.schemas.iter().map(|s| self.schemas.intern(s))).collect();
        let add = |&(key, events): &(EventKey, u64)| {
            let schema = schemas.get(key.schema as usize).copied().unwrap_or(0);
            self.intern_many(EventKey { schema, ..key }, events)
        };
        part.keys.iter().map(add).collect()
    }

    fn intern(&mut self, event: EventKey) -> (KeyId, bool) {
        let place = place_of(&event);
        let lately = self.lately.get(place).copied().unwrap_or(KeyId::MAX);
        if self.ids.get(lately) == Some(&event)
            && let Some(sum) = self.events.get_mut(lately as usize)
        {
            *sum += 1;
            return (lately, false);
        }
        let (id, new) = self.intern_many(event, 1);
        self.lately.resize(PLACES, KeyId::MAX);
        if let Some(lately) = self.lately.get_mut(place) {
            *lately = id;
        }
        (id, new)
    }

    fn intern_many(&mut self, event: EventKey, events: u64) -> (KeyId, bool) {
        let (id, new) = if self.known.len() < MAX_KEYS - 1 {
            self.ids.intern(event)
        } else {
            // The last key stands for all that came too late.
            let known = self.ids.find(&event);
            let last = (MAX_KEYS - 1) as KeyId;
            (
                known.unwrap_or(last),
                known.is_none() && !std::mem::replace(&mut self.overflowed, true),
            )
        };
        if new {
            let names = EventNames::default();
            self.known.push(Key { event, names, marked: false, events: 0 });
            self.events.push(0);
        }
        if let Some(sum) = self.events.get_mut(id as usize) {
            *sum += events;
        }
        (id, new)
    }

    /// Whether some events share the last key because there were too many kinds.
    pub fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// Works out names, marks and counts anew, from what is known by now.
    pub fn describe(&mut self, schemas: &Schemas) {
        let mut packed = Vec::new();
        for (key, &events) in self.known.iter_mut().zip(&self.events) {
            key.events = events;
            let event = &key.event;
            let id = u16::try_from(event.id).unwrap_or(u16::MAX);
            if event.kind == HeaderKind::Export {
                let provider = event.provider;
                key.marked =
                    u32::from(id) == event.id && schemas.is_marked(provider, id, event.task);
                continue;
            }
            key.names = schemas.describe(&record_of(event, &self.schemas, &mut packed));
            key.marked = schemas.is_marked(event.provider, id, event.task);
        }
    }

    pub fn all(&self) -> &[Key] {
        &self.known
    }

    /// Asks something of a record that is nothing but its key.
    pub fn ask<R>(&self, key: KeyId, f: impl FnOnce(&Record<'_>) -> R) -> Option<R> {
        let event = &self.known.get(key as usize)?.event;
        Some(f(&record_of(event, &self.schemas, &mut Vec::new())))
    }
}

/// A record that is nothing but its key; its extended item is put into `packed`.
fn record_of<'a>(event: &EventKey, schemas: &Strings, packed: &'a mut Vec<u8>) -> Record<'a> {
    packed.clear();
    let blob = schemas.get(event.schema);
    if let Ok(data_bytes) = u16::try_from(blob.len())
        && !blob.is_empty()
    {
        let total_bytes = data_bytes.saturating_add(8);
        for word in [total_bytes, ext_type::EVENT_SCHEMA_TL, 0, data_bytes] {
            packed.extend_from_slice(&word.to_le_bytes());
        }
        packed.extend_from_slice(blob);
    }
    Record {
        provider: event.provider,
        id: u16::try_from(event.id).unwrap_or(u16::MAX),
        version: event.version,
        channel: event.channel,
        level: event.level,
        opcode: event.opcode,
        task: event.task,
        keywords: event.keywords,
        flags: if event.string_only { FLAG_STRING_ONLY } else { 0 },
        extended: Extended::new(packed),
        ..Record::undecoded(event.kind, &[], 0, 0)
    }
}

/// Number of places for keys seen lately.
const PLACES: usize = 256;

/// Where a key is kept that was seen lately.
#[inline]
fn place_of(event: &EventKey) -> usize {
    let [first, second, ..] = event.provider.0;
    let mixed = event.id
        ^ event.schema.wrapping_mul(29)
        ^ u32::from(event.opcode).wrapping_mul(37)
        ^ u32::from(u16::from_le_bytes([first, second])).wrapping_mul(0x9e5);
    mixed as usize % PLACES
}

fn key_of(record: &Record<'_>, id: u32, schema: u32) -> EventKey {
    EventKey {
        provider: record.provider,
        keywords: record.keywords,
        id,
        task: record.task,
        version: record.version,
        channel: record.channel,
        level: record.level,
        opcode: record.opcode,
        kind: record.kind,
        string_only: record.flags & FLAG_STRING_ONLY != 0,
        schema,
    }
}
