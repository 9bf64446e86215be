//! What payloads mean: where schemas come from, and the one program that decodes with them.
//!
//! Sources are asked in this order: the record itself (a string, TraceLogging), the trace
//! (`TRACE_EVENT_INFO`, in-band manifests), what the user loaded, the built-in catalog, built-in
//! classic classes. Whatever carries schemas is given to [`Schemas::learn`] while the trace is
//! read, so nothing is parsed when an event is shown, and a schema may come after its events.

pub mod address;
pub mod builtin;
pub mod catalog_schema;
pub mod classic;
pub mod decode;
pub mod event_schema;
pub mod event_source;
pub mod insertions;
pub mod layout;
pub mod loaded;
pub mod manifest;
pub mod pack;
mod printf;
mod properties;
pub mod provider_names;
pub mod resources;
pub mod schema_file;
mod taught;
pub mod tmf;
pub mod trace_event_info;
pub mod tracelogging;
pub mod traits;
pub mod undecoded;

use std::borrow::Cow;
use std::hash::BuildHasher as _;
use std::sync::{Arc, OnceLock};

use rustc_hash::FxBuildHasher;

use crate::catalog;
use crate::guid::Guid;
use crate::limits::MAX_KEYS;
use crate::map::{Map, Set};
use crate::record::{HeaderKind, Record, ext_type};
use crate::schema::event_schema::{EventSchema, Text, WIN_KEYWORDS, win_channel, win_opcode};
use crate::schema::event_source::Chunks;
use crate::schema::layout::{InType, Layout, LayoutField, Maps, OutType};
use crate::schema::loaded::{Loaded, LoadedSchema};
use crate::schema::taught::{Lessons, subject};
use crate::schema::trace_event_info::Describes;
use crate::value::{Decoded, SchemaSource, Value};
use crate::value_text::{FieldsText, ValueText};
use crate::view::{Message, MessageSource};

pub use catalog_schema::is_known_catalog_provider;
pub(crate) use taught::Taught;

/// `EVENT_HEADER_FLAG_STRING_ONLY`: the payload is one string.
pub(crate) const FLAG_STRING_ONLY: u16 = 4;

/// Provider, event id, version.
type EventKey = (Guid, u16, u8);

/// All that is known about payloads, event names and messages.
#[derive(Clone, Debug, Default)]
pub struct Schemas {
    schemas: Vec<EventSchema>,
    /// Indices into `schemas`, by source.
    trace_event_infos: Map<Describes, usize>,
    event_source: Map<EventKey, usize>,
    tracelogging: Map<Box<[u8]>, usize>,
    /// The versions of an event that the trace describes.
    versions: Map<(Guid, u16), Vec<u8>>,
    /// What the user loaded.
    loaded: Arc<Loaded>,
    /// Names of providers, from traits and manifests.
    providers: Map<Guid, String>,
    aliases: Set<Guid>,
    maps: Maps,
    chunks: Chunks,
    /// Hashes of the manifests seen: every process of a provider writes the same one.
    manifests: Set<u64>,
    /// All that, as the trace says it.
    lessons: Lessons,
}

/// What an event and the parts of its header are called.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct EventNames {
    /// The provider's name, else its GUID in braces.
    pub provider: String,
    /// The event's name: symbol, task/opcode, class/type; `EventID(n)` when nothing is known.
    pub event: String,
    /// The task's name; empty when unknown.
    pub task: String,
    /// The opcode's name; empty when unknown.
    pub opcode: String,
    /// The channel's name; empty when unknown.
    pub channel: String,
    /// The names of the keywords that are set, as far as known.
    pub keywords: Vec<String>,
    /// Whether a schema of the payload exists.
    pub decodable: bool,
}

impl EventNames {
    fn take(&mut self, schema: &EventSchema, keywords: u64) {
        let set = schema.keywords.iter().filter(|(bits, _)| *bits != 0 && keywords & bits == *bits);
        *self = Self {
            provider: schema.provider.clone(),
            event: schema.event.clone(),
            task: schema.task.clone(),
            opcode: schema.opcode.clone(),
            channel: schema.channel.clone(),
            keywords: set.map(|(_, name)| name.clone()).collect(),
            decodable: true,
        };
    }
}

/// What decodes every record of one event key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recipe<'a> {
    /// The payload.
    pub layout: &'a Layout,
    /// Where the layout comes from.
    pub source: SchemaSource,
    /// The message before its insertions, and its locale.
    pub message: Option<(&'a str, &'a str)>,
}

/// The schema found for a record.
enum Found<'a> {
    /// A schema learned from the trace or loaded by the user.
    Learned(Known<'a>),
    /// TraceLogging metadata that nobody gave to [`Schemas::learn`].
    Unlearned(Box<EventSchema>),
    /// An event of the built-in catalog.
    Catalog(&'static catalog::CatalogEvent),
    /// A built-in classic class.
    Classic(&'static classic::ClassicType),
    /// An event of another provider that is built in.
    Builtin(&'static builtin::BuiltinEvent, &'static Layout),
    /// Only the layout is known.
    Bare(&'static Layout, SchemaSource),
}

/// A schema with the maps it refers to.
#[derive(Clone, Copy)]
struct Known<'a> {
    schema: &'a EventSchema,
    maps: &'a Maps,
    source: SchemaSource,
}

impl Known<'_> {
    fn decode(&self, record: &Record<'_>) -> Decoded {
        let pointer_bytes = pointer_bytes(record);
        decode::decode(&self.schema.layout, record.payload, pointer_bytes, self.maps, self.source)
    }
}

impl Known<'_> {
    /// What a value map calls the value of a field in a language.
    fn name_in(&self, field: usize, value: &Value, locale: &str) -> Option<String> {
        let Value::Named { value, .. } = value else { return None };
        let map = self.schema.layout.fields.get(field)?.map?;
        self.maps.get(map)?.name_in(*value, locale)
    }
}

/// Size of a pointer in a record's payload, in bytes. Of WPP messages the options tell it.
fn pointer_bytes(record: &Record<'_>) -> u8 {
    /// `TRACE_MESSAGE_POINTER32`.
    const POINTER32: u16 = 0x40;
    match record.kind {
        HeaderKind::Message if record.flags & POINTER32 != 0 => 4,
        kind => kind.pointer_bytes(),
    }
}

impl Schemas {
    /// Knows what is built in.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a record carries schemas of other events: it must be given to
    /// [`Schemas::learn`], however often its like was seen. Cheap.
    #[must_use]
    pub fn teaches(record: &Record<'_>) -> bool {
        if record.kind.is_classic() {
            record.provider == trace_event_info::CLASS
        } else {
            event_source::is_chunk(record)
        }
    }

    /// Learns from a record that [`Schemas::teaches`], or is the first of its key (provider, id,
    /// version, TraceLogging metadata): the provider's name, and the layout the record carries.
    pub fn learn(&mut self, record: &Record<'_>) {
        if let Some(item) = record.extended.find(ext_type::PROV_TRAITS)
            && let Some(traits) = traits::parse(item)
            && !traits.name.is_empty()
        {
            self.providers.entry(record.provider).or_insert(traits.name);
        }
        if let Some(blob) = record.extended.find(ext_type::EVENT_SCHEMA_TL) {
            self.learn_tracelogging(blob);
        }
        if !Self::teaches(record) {
            return;
        }
        if record.kind.is_classic() {
            match record.opcode {
                trace_event_info::EVENT_INFO => self.learn_event_info(record.payload),
                trace_event_info::MAP_INFO => self.learn_map_info(record.payload),
                _ => {}
            }
        } else if let Some(xml) = self.chunks.add(record)
            && self.manifests.add(FxBuildHasher.hash_one((record.provider, &xml)))
        {
            self.learn_manifest(&xml);
        }
    }

    /// Takes the schema files the user loaded, in place of those before. They decode what the
    /// trace does not describe itself.
    pub fn set_loaded(&mut self, loaded: Arc<Loaded>) {
        self.loaded = loaded;
    }

    /// The schema files the user loaded.
    #[must_use]
    pub fn loaded(&self) -> &Arc<Loaded> {
        &self.loaded
    }

    /// The name of the loaded file that describes a record, when one does.
    #[must_use]
    pub fn loaded_file(&self, record: &Record<'_>, decoded: &Decoded) -> Option<&str> {
        let version = decoded.version.unwrap_or(record.version);
        let schema = self.loaded_schema(record, version)?;
        Some(self.loaded.file_name(schema))
    }

    /// Decodes a provider's events with the catalog, as if it were the catalog's provider.
    pub fn alias_to_catalog(&mut self, provider: Guid, on: bool) {
        if on {
            self.aliases.add(provider);
        } else {
            self.aliases.remove(&provider);
        }
    }

    /// Whether a provider's events are those of the catalog: it is known to, or is an alias.
    #[must_use]
    pub fn speaks_catalog(&self, provider: Guid) -> bool {
        is_known_catalog_provider(provider) || self.aliases.contains(&provider)
    }

    /// Decodes a record's payload. Without a schema all of it is extra data.
    #[must_use]
    pub fn decode(&self, record: &Record<'_>) -> Decoded {
        let with = |layout: &Layout, source| {
            let pointer_bytes = record.kind.pointer_bytes();
            decode::decode(layout, record.payload, pointer_bytes, &self.maps, source)
        };
        let found = self.find(record);
        let decoded = match &found {
            Some(Found::Learned(known)) => Some(known.decode(record)),
            Some(Found::Unlearned(schema)) => {
                Some(with(&schema.layout, SchemaSource::TraceLogging))
            }
            Some(Found::Catalog(event)) => {
                catalog_schema::layout(event).map(|layout| with(layout, SchemaSource::Catalog))
            }
            Some(Found::Classic(class)) => class.decode(record, with),
            Some(Found::Builtin(_, layout)) => Some(with(layout, SchemaSource::Catalog)),
            Some(Found::Bare(layout, source)) => Some(with(layout, *source)),
            None => self.decode_as_other_version(record),
        };
        decoded.unwrap_or_else(|| Decoded {
            fields: Vec::new(),
            source: SchemaSource::None,
            version: None,
            extra: 0..u32::try_from(record.payload.len()).unwrap_or(u32::MAX),
            problem: None,
        })
    }

    /// Names of a record's provider, event, task, opcode, channel and keywords.
    #[must_use]
    pub fn describe(&self, record: &Record<'_>) -> EventNames {
        let mut names = EventNames::default();
        let found = self.find(record);
        match &found {
            Some(Found::Learned(known)) => names.take(known.schema, record.keywords),
            Some(Found::Unlearned(schema)) => names.take(schema, record.keywords),
            Some(Found::Catalog(event)) => {
                names.event = event.symbol.to_owned();
                names.decodable = true;
            }
            Some(Found::Classic(class)) => {
                names.task = class.class.to_owned();
                names.opcode = class.name.to_owned();
                names.decodable = class.is_decodable();
            }
            Some(Found::Builtin(event, _)) => {
                names.event = event.name.to_owned();
                names.decodable = true;
            }
            Some(Found::Bare(..)) => names.decodable = true,
            None => {
                if let Some((_, known)) = self.other_versions(record).first() {
                    names.take(known.schema, record.keywords);
                }
            }
        }
        self.complete_names(record, &mut names);
        names
    }

    /// A record's message with its insertions, or its fields when it has none. `decoded` is
    /// what [`Schemas::decode`] gave for the record, `locale` a tag like `ko-kr`.
    #[must_use]
    pub fn message(&self, record: &Record<'_>, decoded: &Decoded, locale: &str) -> Message {
        self.own_message(record, decoded, locale).unwrap_or_else(|| Message {
            text: FieldsText(&decoded.fields).to_string(),
            source: MessageSource::Fields,
            locale: String::new(),
        })
    }

    /// A record's message with its insertions, when it has one.
    #[must_use]
    pub fn own_message(
        &self,
        record: &Record<'_>,
        decoded: &Decoded,
        locale: &str,
    ) -> Option<Message> {
        if decoded.source == SchemaSource::StringOnly {
            let text = decoded.fields.first().map(|field| ValueText(&field.value).to_string());
            return Some(Message {
                text: text.unwrap_or_default(),
                source: MessageSource::File,
                locale: String::new(),
            });
        }
        let version = decoded.version.unwrap_or(record.version);
        let (text, source, locale) = self.message_text(record, version, locale)?;
        let text = if record.kind == HeaderKind::Message {
            let component = self.provider_name(record.provider).unwrap_or_default();
            tmf::format(text, record, decoded, component)
        } else {
            let known = self.taught(record, decoded);
            insertions::substitute(text, |number| {
                let at = number.checked_sub(1)?;
                let field = decoded.fields.get(at)?;
                let name = known.and_then(|known| known.name_in(at, &field.value, locale));
                Some(name.unwrap_or_else(|| ValueText(&field.value).to_string()))
            })
        };
        Some(Message { text, source, locale: locale.to_owned() })
    }

    /// The schema that decoded a record, if the trace or a loaded file taught it.
    fn taught(&self, record: &Record<'_>, decoded: &Decoded) -> Option<Known<'_>> {
        match decoded.source {
            SchemaSource::TraceEventInfo | SchemaSource::EventSource | SchemaSource::Loaded => {}
            _ => return None,
        }
        if record.kind.is_classic() {
            return self.of_class((record.provider, record.opcode, record.version));
        }
        let version = decoded.version.unwrap_or(record.version);
        self.of_key((record.provider, record.id, version))
    }

    /// The text of a record's message before its insertions, as the schema of a version says it,
    /// where it comes from, and its locale.
    fn message_text<'a>(
        &'a self,
        record: &Record<'_>,
        version: u8,
        locale: &str,
    ) -> Option<(&'a str, MessageSource, &'a str)> {
        let learned = [
            (self.in_file(record, version), MessageSource::File),
            (self.loaded_schema(record, version).map(|of| &of.schema), MessageSource::Loaded),
        ];
        for (schema, source) in learned {
            if let Some((text, locale)) = schema.and_then(|schema| schema.message.pick(locale)) {
                return Some((text, source, locale));
            }
        }
        if self.speaks_catalog(record.provider)
            && catalog_schema::event(record).is_some()
            && let Some((text, exact)) = catalog::message(record.id, locale)
        {
            return Some(if exact {
                (text, MessageSource::Catalog, catalog::best_locale(locale))
            } else {
                (text, MessageSource::CatalogEnglish, "en-us")
            });
        }
        None
    }

    /// The value maps that layouts of a source refer to.
    pub(crate) fn maps(&self, source: SchemaSource) -> &Maps {
        match source {
            SchemaSource::Loaded => &self.loaded.maps,
            _ => &self.maps,
        }
    }

    /// What decodes a record and all others of its event key (provider, id, version, header,
    /// TraceLogging metadata) that are no plain string. `None` when that depends on more than the
    /// key; [`Schemas::decode`] answers then.
    #[must_use]
    pub(crate) fn recipe<'a>(&'a self, record: &Record<'_>, locale: &str) -> Option<Recipe<'a>> {
        if !record.kind.is_classic() && record.id == event_source::MANIFEST_ID {
            return None;
        }
        // Its message has formats of its own, and its options tell the size of pointers.
        if record.kind == HeaderKind::Message {
            return None;
        }
        let (layout, source) = match self.find(record)? {
            Found::Learned(known) => (&*known.schema.layout, known.source),
            Found::Catalog(event) => (catalog_schema::layout(event)?, SchemaSource::Catalog),
            Found::Classic(class) => (class.plain_layout(record)?, SchemaSource::Classic),
            Found::Builtin(_, layout) => (layout, SchemaSource::Catalog),
            Found::Unlearned(_) | Found::Bare(..) => return None,
        };
        let message = self.message_text(record, record.version, locale);
        Some(Recipe { layout, source, message: message.map(|(text, _, locale)| (text, locale)) })
    }

    /// Whether an event is `DispatchSessionFailed` (4031) of a provider that speaks the catalog.
    /// A task of 0 is one that an export left out.
    #[must_use]
    pub fn is_marked(&self, provider: Guid, id: u16, task: u16) -> bool {
        id == catalog::DISPATCH_SESSION_FAILED
            && matches!(task, 0 | catalog::TASK_ACTIVATION_DISPATCH_SESSION)
            && self.speaks_catalog(provider)
    }

    /// The name of a provider, if anything tells it.
    #[must_use]
    pub fn provider_name(&self, provider: Guid) -> Option<&str> {
        catalog_schema::provider_name(provider)
            .or_else(|| self.providers.get(&provider).map(String::as_str))
            .or_else(|| self.loaded.provider_name(provider))
            .or_else(|| provider_names::provider_name(provider))
    }

    fn find<'a>(&'a self, record: &Record<'_>) -> Option<Found<'a>> {
        match record.kind {
            HeaderKind::Event32 | HeaderKind::Event64 => {}
            HeaderKind::Message => {
                return self.of_message((record.provider, record.id)).map(Found::Learned);
            }
            HeaderKind::Export => return None,
            _ => return self.find_classic(record),
        }
        if record.flags & FLAG_STRING_ONLY != 0 {
            return Some(Found::Bare(string_only(), SchemaSource::StringOnly));
        }
        if let Some(blob) = record.extended.find(ext_type::EVENT_SCHEMA_TL) {
            return match self.tracelogging.get(blob) {
                Some(&at) => {
                    let known = self.known(at, SchemaSource::TraceLogging)?;
                    Some(Found::Learned(known))
                }
                None => Some(Found::Unlearned(Box::new(tracelogging_schema(blob)?))),
            };
        }
        if event_source::may_be_chunk(record) {
            let layout = event_source::chunk_layout();
            return Some(Found::Bare(layout, SchemaSource::EventSource));
        }
        if let Some(known) = self.of_key((record.provider, record.id, record.version)) {
            return Some(Found::Learned(known));
        }
        if self.speaks_catalog(record.provider) {
            return catalog_schema::event(record).map(Found::Catalog);
        }
        let builtin = builtin::find(record.provider, record.id, record.version);
        builtin.map(|(event, layout)| Found::Builtin(event, layout))
    }

    fn find_classic(&self, record: &Record<'_>) -> Option<Found<'_>> {
        let key = (record.provider, record.opcode, record.version);
        let built_in = || classic::find(key.0, key.1, key.2).map(Found::Classic);
        match self.of_class(key) {
            // The built-in classes know where writers do not keep to what they publish.
            Some(known) if known.source == SchemaSource::Loaded => {
                built_in().or(Some(Found::Learned(known)))
            }
            Some(known) => Some(Found::Learned(known)),
            None => built_in(),
        }
    }

    /// A schema that the trace taught.
    fn known(&self, at: usize, source: SchemaSource) -> Option<Known<'_>> {
        Some(Known { schema: self.schemas.get(at)?, maps: &self.maps, source })
    }

    /// The schema of an event by its key, from the first source that has one.
    fn of_key(&self, key: EventKey) -> Option<Known<'_>> {
        let (provider, id, version) = key;
        if let Some(&at) = self.trace_event_infos.get(&Describes::Event(provider, id, version)) {
            return self.known(at, SchemaSource::TraceEventInfo);
        }
        if let Some(&at) = self.event_source.get(&key) {
            return self.known(at, SchemaSource::EventSource);
        }
        Some(self.of_loaded(self.loaded.event(key)?))
    }

    /// The schema of a classic event by class, type and version.
    fn of_class(&self, key: (Guid, u8, u8)) -> Option<Known<'_>> {
        match self.trace_event_infos.get(&Describes::Class(key.0, key.1, key.2)) {
            Some(&at) => self.known(at, SchemaSource::TraceEventInfo),
            None => Some(self.of_loaded(self.loaded.class(key)?)),
        }
    }

    /// The schema of a WPP message by message GUID and number.
    fn of_message(&self, key: (Guid, u16)) -> Option<Known<'_>> {
        Some(self.of_loaded(self.loaded.message(key)?))
    }

    fn of_loaded<'a>(&'a self, loaded: &'a LoadedSchema) -> Known<'a> {
        let maps = &self.loaded.maps;
        Known { schema: &loaded.schema, maps, source: SchemaSource::Loaded }
    }

    /// Schemas of other versions of an event whose own is not described, the nearest first, of
    /// two as near the older: writers append fields.
    fn other_versions(&self, record: &Record<'_>) -> Vec<(u8, Known<'_>)> {
        if !matches!(record.kind, HeaderKind::Event32 | HeaderKind::Event64) {
            return Vec::new();
        }
        let (provider, id) = (record.provider, record.id);
        let in_file = self.versions.get(&(provider, id)).into_iter().flatten();
        let mut versions: Vec<u8> =
            in_file.chain(self.loaded.versions(provider, id)).copied().collect();
        crate::sort::by_key(&mut versions, |version| (version.abs_diff(record.version), *version));
        versions.dedup();
        let known = |version| Some((version, self.of_key((provider, id, version))?));
        versions.into_iter().filter_map(known).collect()
    }

    /// Decodes with the nearest version into which the payload fits. What it has beyond is extra
    /// data.
    fn decode_as_other_version(&self, record: &Record<'_>) -> Option<Decoded> {
        self.other_versions(record).into_iter().find_map(|(version, known)| {
            let decoded = known.decode(record);
            let fits = decoded.problem.is_none();
            fits.then_some(Decoded { version: Some(version), ..decoded })
        })
    }

    /// What the trace itself says of a record.
    fn in_file(&self, record: &Record<'_>, version: u8) -> Option<&EventSchema> {
        let (provider, id) = (record.provider, record.id);
        let describes = if record.kind.is_classic() {
            Describes::Class(provider, record.opcode, version)
        } else {
            Describes::Event(provider, id, version)
        };
        let info = self.trace_event_infos.get(&describes);
        let info = info.and_then(|&at| self.schemas.get(at));
        info.filter(|schema| schema.message != Text::None).or_else(|| {
            let at = self.event_source.get(&(provider, id, version));
            at.and_then(|&at| self.schemas.get(at))
        })
    }

    /// What the loaded files say of a record.
    fn loaded_schema(&self, record: &Record<'_>, version: u8) -> Option<&LoadedSchema> {
        match record.kind {
            HeaderKind::Event32 | HeaderKind::Event64 | HeaderKind::Export => {
                self.loaded.event((record.provider, record.id, version))
            }
            HeaderKind::Message => self.loaded.message((record.provider, record.id)),
            _ => self.loaded.class((record.provider, record.opcode, record.version)),
        }
    }

    /// Fills in what the schema did not say.
    fn complete_names(&self, record: &Record<'_>, names: &mut EventNames) {
        let is_event = !record.kind.is_classic();
        if let Some(name) = self.provider_name(record.provider) {
            name.clone_into(&mut names.provider);
        }
        if names.provider.is_empty() {
            let of_class = classic::provider_name(record.provider).filter(|_| !is_event);
            names.provider =
                of_class.map_or_else(|| format!("{:#}", record.provider), str::to_owned);
        }
        if self.speaks_catalog(record.provider) {
            let fill = |to: &mut String, name: Option<&str>| {
                if to.is_empty() {
                    name.unwrap_or_default().clone_into(to);
                }
            };
            fill(&mut names.task, catalog::task_name(record.task));
            fill(&mut names.opcode, catalog::opcode_name(record.task, record.opcode));
            fill(&mut names.channel, catalog::channel_name(record.channel));
            if names.keywords.is_empty() {
                names.keywords =
                    catalog::keyword_names(record.keywords).map(str::to_owned).collect();
            }
        }
        if is_event {
            if names.opcode.is_empty() {
                win_opcode(record.opcode).unwrap_or_default().clone_into(&mut names.opcode);
            }
            if names.channel.is_empty() {
                win_channel(record.channel).unwrap_or_default().clone_into(&mut names.channel);
            }
            for (bit, name) in WIN_KEYWORDS {
                if record.keywords & bit != 0 && !names.keywords.iter().any(|k| k == name) {
                    names.keywords.push(name.to_owned());
                }
            }
        } else if names.task.is_empty()
            && let Some(class) = classic::class_name(record.provider)
        {
            class.clone_into(&mut names.task);
        }
        if names.event.is_empty() {
            names.event = self.event_name(record, names);
        }
    }

    fn event_name(&self, record: &Record<'_>, names: &EventNames) -> String {
        let is_classic = record.kind.is_classic();
        match (names.task.as_str(), names.opcode.as_str()) {
            _ if record.kind == HeaderKind::Message => format!("Message({})", record.id),
            ("", _) if is_classic => format!("Opcode({})", record.opcode),
            (task, "") if is_classic => format!("{task}/Opcode({})", record.opcode),
            ("", _) => match record.id {
                _ if event_source::may_be_chunk(record) => "ManifestData".to_owned(),
                id => format!("EventID({id})"),
            },
            (task, "" | "Info") => task.to_owned(),
            (task, opcode) => format!("{task}/{opcode}"),
        }
    }

    /// Adds a schema; 0 to [`MAX_KEYS`] of them fit.
    fn add(&mut self, schema: EventSchema) -> Option<usize> {
        (self.schemas.len() < MAX_KEYS).then(|| {
            self.schemas.push(schema);
            self.schemas.len() - 1
        })
    }

    fn learn_tracelogging(&mut self, blob: &[u8]) {
        if self.tracelogging.contains_key(blob) {
            return;
        }
        if let Some(at) = tracelogging_schema(blob).and_then(|schema| self.add(schema)) {
            self.tracelogging.insert(blob.into(), at);
        }
    }

    /// Learns a `TRACE_EVENT_INFO`, as merges embed it and Windows gives it.
    pub(crate) fn learn_event_info(&mut self, payload: &[u8]) {
        let Some((describes, mut schema)) = trace_event_info::parse_event(payload, &mut self.maps)
        else {
            return;
        };
        if self.trace_event_infos.contains_key(&describes) {
            return;
        }
        if let Describes::Event(provider, id, _) = describes {
            mend_clr_stack(provider, id, &mut schema.layout);
            if !schema.provider.is_empty() {
                self.providers.entry(provider).or_insert_with(|| schema.provider.clone());
            }
        }
        if let Some(at) = self.add(schema) {
            self.lessons.keep(subject::EVENT_INFO, payload);
            self.trace_event_infos.insert(describes, at);
            if let Describes::Event(provider, id, version) = describes {
                self.versions.entry((provider, id)).or_default().push(version);
            }
        }
    }

    /// Learns a provider GUID and an `EVENT_MAP_INFO`. What is not well formed teaches nothing.
    pub(crate) fn learn_map_info(&mut self, payload: &[u8]) {
        if trace_event_info::parse_map(payload, &mut self.maps).is_some() {
            self.lessons.keep(subject::MAP_INFO, payload);
        }
    }

    fn learn_manifest(&mut self, xml: &[u8]) {
        // A manifest that cannot be read leaves its events undecoded, which is shown.
        let Ok(manifest) = manifest::parse(&String::from_utf8_lossy(xml)) else { return };
        self.lessons.keep(subject::MANIFEST, xml);
        for provider in &manifest.providers {
            self.providers.entry(provider.guid).or_insert_with(|| provider.name.clone());
            let guid = provider.guid;
            for (id, version, mut schema) in provider.schemas(&mut self.maps) {
                mend_clr_stack(guid, id, &mut schema.layout);
                let key = (guid, id, version);
                let known = self.event_source.get(&key);
                // The manifest that comes last describes the event.
                if let Some(known) = known.and_then(|&at| self.schemas.get_mut(at)) {
                    *known = schema;
                    continue;
                }
                let Some(at) = self.add(schema) else { return };
                self.event_source.insert(key, at);
                self.versions.entry((guid, id)).or_default().push(version);
            }
        }
    }
}

fn tracelogging_schema(blob: &[u8]) -> Option<EventSchema> {
    let event = tracelogging::parse(blob)?;
    Some(EventSchema {
        layout: Arc::new(event.layout),
        event: event.name,
        ..EventSchema::default()
    })
}

fn string_only() -> &'static Layout {
    static LAYOUT: OnceLock<Layout> = OnceLock::new();
    LAYOUT.get_or_init(|| Layout {
        fields: vec![LayoutField::scalar(
            Cow::Borrowed("String"),
            InType::UnicodeString,
            OutType::Default,
        )],
        slots: 0,
    })
}

/// CLR's manifest says that `ClrStackWalk` (id 82) holds two addresses; it holds as many as
/// `FrameCount` says.
fn mend_clr_stack(provider: Guid, id: u16, layout: &mut Arc<Layout>) {
    const CLR: Guid = Guid::from_parts(
        0xe13c_0d23,
        0xccbc,
        0x4e12,
        [0x93, 0x1b, 0xd9, 0xcc, 0x2e, 0xee, 0x27, 0xe4],
    );
    if provider != CLR || id != 82 {
        return;
    }
    let layout = Arc::make_mut(layout);
    let slot = layout.slots;
    if let [.., count, stack] = layout.fields.as_mut_slice()
        && count.name == "FrameCount"
        && stack.name == "Stack"
    {
        count.keep = Some(slot);
        stack.count = layout::Count::Slot(slot);
        layout.slots = slot.saturating_add(1);
    }
}

#[cfg(test)]
mod tests;
