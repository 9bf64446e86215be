//! Schema packs: what is known of the events of a trace, as a JSON file that can be sent around
//! and loaded elsewhere (docs/json-schema.md). A pack holds layouts, maps and texts, no event.

mod read;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::{Describes, EventKey, Known, Map, Schemas};
use crate::error::{Error, ErrorKind, Result};
use crate::guid::Guid;
use crate::limits::MAX_KEYS;
use crate::schema::event_schema::{EventSchema, Text};
use crate::schema::layout::{
    Count, InType, Kind, Layout, LayoutField, Length, MapId, Maps, OutType, ValueMap,
};

/// Version of the form that is written; older ones are read as long as there are none.
const VERSION: u32 = 1;

/// A schema pack.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Pack {
    /// The version of this form.
    etlens_schema_pack: u32,
    /// The trace it was made from; empty when unknown.
    trace: String,
    /// Names of providers by GUID.
    providers: BTreeMap<String, String>,
    maps: Vec<PackMap>,
    layouts: Vec<Vec<Field>>,
    events: Vec<Event>,
    /// Classic events: `id` is their type (opcode).
    classes: Vec<Event>,
    /// WPP messages: `id` is their number, `provider` the message GUID.
    messages: Vec<Event>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct PackMap {
    provider: String,
    name: String,
    bits: bool,
    entries: Vec<(u64, String)>,
    /// The names by language.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    texts: BTreeMap<String, Vec<(u64, String)>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct Event {
    provider: String,
    id: u16,
    version: u8,
    #[serde(skip_serializing_if = "String::is_empty")]
    event: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    task: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    opcode: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    channel: String,
    /// Bits, in hexadecimal because not every reader of JSON keeps 64 of them, and name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    keywords: Vec<(String, String)>,
    /// Number in `layouts`; without one the event has no payload.
    #[serde(skip_serializing_if = "Option::is_none")]
    layout: Option<u32>,
    /// The message, when nobody says in which language it is.
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
    /// The message by language.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    texts: BTreeMap<String, String>,
}

/// A field of a layout. What is left out is the usual.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Field {
    name: String,
    #[serde(rename = "in", skip_serializing_if = "Option::is_none")]
    in_type: Option<InType>,
    #[serde(rename = "out", skip_serializing_if = "Option::is_none")]
    out_type: Option<OutType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<Count>,
    #[serde(skip_serializing_if = "Option::is_none")]
    length: Option<Length>,
    /// Number in `maps`.
    #[serde(skip_serializing_if = "Option::is_none")]
    map: Option<u32>,
    /// The slot that keeps its value, for the count or length of a later field.
    #[serde(skip_serializing_if = "Option::is_none")]
    keep: Option<u16>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    optional: bool,
    /// The members of a structure, which has no types.
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<Vec<Self>>,
}

impl Pack {
    /// Reads a pack.
    ///
    /// # Errors
    /// [`ErrorKind::BadText`] when it is not JSON of this form, [`ErrorKind::Unsupported`] when it
    /// is of a later version, [`ErrorKind::Limit`] when it describes too many events.
    pub fn parse(json: &str) -> Result<Self> {
        let text = json.trim_start_matches('\u{feff}');
        let pack = read::pack(text).map_err(|fault| {
            let at = json.len() - text.len() + fault.at;
            let message = format!("not a schema pack: {}", fault.expected);
            Error::at(ErrorKind::BadText, at as u64, message)
        })?;
        if pack.etlens_schema_pack != VERSION {
            let message = format!("a schema pack of version {}", pack.etlens_schema_pack);
            return Err(Error::at(ErrorKind::Unsupported, 0, message));
        }
        if pack.event_count() > MAX_KEYS as u64 {
            return Err(Error::new(ErrorKind::Limit, "The pack describes too many events"));
        }
        Ok(pack)
    }

    /// The pack as JSON, one event to a line.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string(self).unwrap_or_default();
        for (from, to) in
            [("},{\"provider\"", "},\n{\"provider\""), ("],[{\"name\"", "],\n[{\"name\"")]
        {
            json = json.replace(from, to);
        }
        json.push('\n');
        json
    }

    /// How many events it describes.
    #[must_use]
    pub fn event_count(&self) -> u64 {
        (self.events.len() + self.classes.len() + self.messages.len()) as u64
    }

    /// Names, else GUIDs, of the providers it describes.
    #[must_use]
    pub fn provider_names(&self) -> Vec<String> {
        let all = [&self.events, &self.classes, &self.messages];
        let mut guids: Vec<&String> = all.into_iter().flatten().map(|e| &e.provider).collect();
        crate::sort::plain(&mut guids);
        guids.dedup();
        let name = |guid: &String| self.providers.get(guid).unwrap_or(guid).clone();
        guids.into_iter().map(name).collect()
    }

    /// The languages of its texts, sorted.
    #[must_use]
    pub fn languages(&self) -> Vec<String> {
        let all = [&self.events, &self.classes, &self.messages];
        let mut tags: Vec<&String> =
            all.into_iter().flatten().flat_map(|e| e.texts.keys()).collect();
        crate::sort::plain(&mut tags);
        tags.dedup();
        tags.into_iter().filter(|tag| !tag.is_empty()).cloned().collect()
    }

    /// Names of providers.
    pub(super) fn names(&self) -> impl Iterator<Item = (Guid, &str)> {
        self.providers.iter().filter_map(|(guid, name)| Some((guid.parse().ok()?, name.as_str())))
    }

    /// Its schemas, with its maps put into `maps`: what each describes, and the schema.
    pub(super) fn schemas(&self, maps: &mut Maps) -> Vec<(Described, EventSchema)> {
        let ids: Vec<MapId> = self.maps.iter().map(|map| map.add_to(maps)).collect();
        let layouts = self.layouts.iter().map(|fields| Arc::new(layout_of(fields, &ids)));
        let layouts: Vec<Arc<Layout>> = layouts.collect();
        let mut schemas = Vec::new();
        let mut add = |events: &[Event], describes: &dyn Fn(Guid, &Event) -> Described| {
            for event in events {
                let Ok(guid) = event.provider.parse() else { continue };
                let name = self.providers.get(&event.provider).cloned().unwrap_or_default();
                schemas.push((describes(guid, event), event.schema(name, &layouts)));
            }
        };
        add(&self.events, &|guid, e| Described::Event((guid, e.id, e.version)));
        add(&self.classes, &|guid, e| {
            let opcode = u8::try_from(e.id).unwrap_or(u8::MAX);
            Described::Class((guid, opcode, e.version))
        });
        add(&self.messages, &|guid, e| Described::Message((guid, e.id)));
        schemas
    }
}

/// What a schema is of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Described {
    Event(EventKey),
    /// Class, type, version.
    Class((Guid, u8, u8)),
    /// Message GUID and number.
    Message((Guid, u16)),
}

impl PackMap {
    fn add_to(&self, maps: &mut Maps) -> MapId {
        let provider = self.provider.parse().unwrap_or_default();
        let texts = self.texts.iter().map(|(tag, entries)| (tag.clone(), entries.clone()));
        let map = ValueMap::new(self.bits, self.entries.clone()).with_texts(texts.collect());
        maps.set(provider, &self.name, map);
        maps.id(provider, &self.name)
    }
}

impl Event {
    fn schema(&self, provider: String, layouts: &[Arc<Layout>]) -> EventSchema {
        let layout = self.layout.and_then(|at| layouts.get(at as usize));
        let keywords = self.keywords.iter().map(|(bits, name)| {
            let digits = bits.strip_prefix("0x").unwrap_or(bits);
            (u64::from_str_radix(digits, 16).unwrap_or_default(), name.clone())
        });
        let texts = self.texts.iter().map(|(tag, text)| (tag.clone(), text.clone()));
        EventSchema {
            layout: layout.cloned().unwrap_or_default(),
            provider,
            event: self.event.clone(),
            task: self.task.clone(),
            opcode: self.opcode.clone(),
            channel: self.channel.clone(),
            keywords: keywords.collect(),
            message: match (self.texts.is_empty(), self.message.is_empty()) {
                (false, _) => Text::Localized(texts.collect()),
                (_, false) => Text::Plain(self.message.clone()),
                _ => Text::None,
            },
        }
    }
}

fn layout_of(fields: &[Field], maps: &[MapId]) -> Layout {
    fn all(fields: &[Field], maps: &[MapId], slots: &mut u16) -> Vec<LayoutField> {
        let field = |field: &Field| {
            *slots = (*slots).max(field.keep.map_or(0, |slot| slot.saturating_add(1)));
            let (in_type, out_type) = (field.in_type, field.out_type.unwrap_or_default());
            LayoutField {
                name: field.name.clone().into(),
                kind: match &field.members {
                    Some(members) => Kind::Struct(all(members, maps, slots)),
                    None => Kind::Scalar(in_type.unwrap_or(InType::Null), out_type),
                },
                count: field.count.unwrap_or(Count::One),
                length: field.length.unwrap_or(Length::Implied),
                map: field.map.and_then(|at| maps.get(at as usize).copied()),
                keep: field.keep,
                optional: field.optional,
            }
        };
        fields.iter().map(field).collect()
    }
    let mut slots = 0;
    let fields = all(fields, maps, &mut slots);
    Layout { fields, slots }
}

/// Puts schemas into a pack.
struct Packer {
    pack: Pack,
    /// Numbers of the layouts by their address: events of one template share it.
    layouts: Map<*const Layout, u32>,
    maps: Map<(bool, MapId), u32>,
}

impl Schemas {
    /// What is known of the events of some providers (and classes, and WPP message GUIDs), but for
    /// what is built in or travels in each event. `trace` is the name of the file.
    #[must_use]
    pub fn pack(&self, trace: &str, wanted: &dyn Fn(Guid) -> bool) -> Pack {
        let pack = Pack { etlens_schema_pack: VERSION, trace: trace.to_owned(), ..Pack::default() };
        let mut packer = Packer { pack, layouts: Map::default(), maps: Map::default() };
        let mut events: Vec<EventKey> = self.event_source.keys().copied().collect();
        let mut classes: Vec<(Guid, u8, u8)> = self.loaded.class_keys().collect();
        for describes in self.trace_event_infos.keys() {
            match *describes {
                Describes::Event(provider, id, version) => events.push((provider, id, version)),
                Describes::Class(class, opcode, version) => classes.push((class, opcode, version)),
            }
        }
        events.extend(self.loaded.event_keys());
        crate::sort::plain(&mut events);
        events.dedup();
        for key in events.into_iter().filter(|key| wanted(key.0)) {
            let Some(known) = self.of_key(key) else { continue };
            let text = self.texts_of(key);
            let event = packer.event(self, (key.0, key.1, key.2), &known, text);
            packer.pack.events.push(event);
        }
        crate::sort::plain(&mut classes);
        classes.dedup();
        for key in classes.into_iter().filter(|key| wanted(key.0)) {
            let Some(known) = self.of_class(key) else { continue };
            let numbers = (key.0, u16::from(key.1), key.2);
            let event = packer.event(self, numbers, &known, &known.schema.message);
            packer.pack.classes.push(event);
        }
        let mut messages: Vec<(Guid, u16)> = self.loaded.message_keys().collect();
        crate::sort::plain(&mut messages);
        for key in messages.into_iter().filter(|key| wanted(key.0)) {
            let Some(known) = self.of_message(key) else { continue };
            let event = packer.event(self, (key.0, key.1, 0), &known, &known.schema.message);
            packer.pack.messages.push(event);
        }
        packer.pack
    }

    /// The message of an event from the first source that has one.
    fn texts_of(&self, key: EventKey) -> &Text {
        let (provider, id, version) = key;
        let learned = [
            self.trace_event_infos.get(&Describes::Event(provider, id, version)),
            self.event_source.get(&key),
        ];
        let learned = learned.into_iter().flatten().filter_map(|&at| self.schemas.get(at));
        let loaded = self.loaded.event(key).map(|loaded| &loaded.schema);
        let mut texts = learned.chain(loaded).map(|schema| &schema.message);
        texts.find(|text| **text != Text::None).unwrap_or(&Text::None)
    }
}

impl Packer {
    fn event(
        &mut self,
        schemas: &Schemas,
        (provider, id, version): (Guid, u16, u8),
        known: &Known<'_>,
        text: &Text,
    ) -> Event {
        let schema = known.schema;
        let guid = provider.to_string();
        let name = schemas.provider_name(provider).unwrap_or(&schema.provider);
        if !name.is_empty() {
            self.pack.providers.entry(guid.clone()).or_insert_with(|| name.to_owned());
        }
        let (mut message, mut texts) = (String::new(), BTreeMap::new());
        match text {
            Text::None => {}
            Text::Plain(text) => message.clone_from(text),
            Text::Localized(all) => texts.extend(all.iter().cloned()),
        }
        let keywords = schema.keywords.iter();
        Event {
            provider: guid,
            id,
            version,
            event: schema.event.clone(),
            task: schema.task.clone(),
            opcode: schema.opcode.clone(),
            channel: schema.channel.clone(),
            keywords: keywords.map(|(bits, name)| (format!("{bits:#x}"), name.clone())).collect(),
            layout: (!schema.layout.fields.is_empty())
                .then(|| self.layout(provider, known, schemas)),
            message,
            texts,
        }
    }

    fn layout(&mut self, provider: Guid, known: &Known<'_>, schemas: &Schemas) -> u32 {
        let address = Arc::as_ptr(&known.schema.layout);
        if let Some(&at) = self.layouts.get(&address) {
            return at;
        }
        let of_file = std::ptr::eq(known.maps, &schemas.maps);
        let fields = self.fields(provider, &known.schema.layout.fields, known.maps, of_file);
        let at = u32::try_from(self.pack.layouts.len()).unwrap_or(u32::MAX);
        self.pack.layouts.push(fields);
        self.layouts.insert(address, at);
        at
    }

    fn fields(
        &mut self,
        provider: Guid,
        fields: &[LayoutField],
        maps: &Maps,
        of_file: bool,
    ) -> Vec<Field> {
        let field = |field: &LayoutField| {
            let (in_type, out_type, members) = match &field.kind {
                Kind::Scalar(in_type, out_type) => (Some(*in_type), Some(*out_type), None),
                Kind::Struct(of) => (None, None, Some(self.fields(provider, of, maps, of_file))),
            };
            Field {
                name: field.name.clone().into_owned(),
                in_type,
                out_type: out_type.filter(|out| *out != OutType::Default),
                count: Some(field.count).filter(|count| *count != Count::One),
                length: Some(field.length).filter(|length| *length != Length::Implied),
                map: field.map.and_then(|id| self.map(provider, id, maps, of_file)),
                keep: field.keep,
                optional: field.optional,
                members,
            }
        };
        fields.iter().map(field).collect()
    }

    fn map(&mut self, provider: Guid, id: MapId, maps: &Maps, of_file: bool) -> Option<u32> {
        if let Some(&at) = self.maps.get(&(of_file, id)) {
            return Some(at);
        }
        let map = maps.get(id)?;
        let at = u32::try_from(self.pack.maps.len()).ok()?;
        self.pack.maps.push(PackMap {
            provider: provider.to_string(),
            // Names need only differ.
            name: format!("{at}"),
            bits: map.is_bitmap(),
            entries: map.entries().to_vec(),
            texts: map.texts().iter().cloned().collect(),
        });
        self.maps.insert((of_file, id), at);
        Some(at)
    }
}
