//! Compiled manifests: the resource `WEVT_TEMPLATE` that the message compiler makes of a `.man`
//! (docs/FORMATS.md says what is known of it, and how sure).
//!
//! `CRIM`, size, version, number of providers; per provider its GUID and the offset of a `WEVT`
//! block, which lists the offsets of the blocks that describe it: `CHAN`, `TTBL`, `EVNT`, … Every
//! offset counts from the start of the resource. Each block is read for itself, so that damage
//! takes away no more than what it hit.

use std::sync::Arc;

use super::message_table::Messages;
use crate::error::{Error, ErrorKind, Issue};
use crate::guid::Guid;
use crate::limits::{MAX_SCHEMA_TEXT_BYTES, MAX_TEMPLATE_FIELDS};
use crate::map::Map;
use crate::schema::event_schema::{EventSchema, Text, plain};
use crate::schema::layout::{Layout, MapId, Maps, ValueMap};
use crate::schema::properties::{self, Property};
use crate::text::{utf16le_to_string, utf16le_until_zero};

/// The number that stands for "no message".
const NO_MESSAGE: u32 = u32::MAX;

/// A provider of a compiled manifest.
#[derive(Debug, Default)]
pub(in crate::schema) struct Provider {
    pub guid: Guid,
    /// The message that names it.
    message: u32,
    /// By number.
    channels: Map<u32, String>,
    tasks: Map<u32, Named>,
    /// By task (0 for those of the whole provider) and number.
    opcodes: Map<(u16, u16), Named>,
    keywords: Vec<(u64, Named)>,
    maps: Vec<MapDefinition>,
    /// By offset.
    templates: Map<u32, Template>,
    events: Vec<EventDefinition>,
}

/// A name and the message with its localized form.
#[derive(Debug, Default)]
struct Named {
    name: String,
    message: u32,
}

#[derive(Debug)]
struct MapDefinition {
    offset: u32,
    /// Where its name stands: some compilers refer to a map by that.
    name_offset: u32,
    name: String,
    is_bitmap: bool,
    /// Value and message.
    entries: Vec<(u32, u32)>,
}

/// Items with the offset of the map they refer to, and how many stand at the top.
#[derive(Debug, Default)]
struct Template {
    items: Vec<(Property, u32)>,
    top_level: usize,
}

#[derive(Debug)]
struct EventDefinition {
    id: u16,
    version: u8,
    channel: u8,
    opcode: u8,
    task: u16,
    keywords: u64,
    message: u32,
    template: u32,
}

/// Reads the resource, which begins at `offset` of its file; what cannot be read is reported.
pub(super) fn parse(data: &[u8], offset: u64, issues: &mut Vec<Issue>) -> Vec<Provider> {
    let mut crim = Crim { data, offset, issues, text_bytes: 0 };
    crim.providers()
}

struct Crim<'a, 'i> {
    data: &'a [u8],
    /// Where `data` lies in the file.
    offset: u64,
    issues: &'i mut Vec<Issue>,
    /// Text taken so far: offsets may point to one text again and again.
    text_bytes: usize,
}

/// A block: its offset, signature and bytes from there on.
type Block<'a> = (u32, [u8; 4], &'a [u8]);

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// `count` elements of `size` bytes from `at` on, as many as there are.
fn table(bytes: &[u8], at: usize, count: u32, size: usize) -> impl Iterator<Item = &[u8]> {
    bytes.get(at..).unwrap_or_default().chunks_exact(size).take(count as usize)
}

impl<'a> Crim<'a, '_> {
    fn report(&mut self, at: u32, message: String) {
        let place = self.offset.saturating_add(u64::from(at));
        self.issues.push(Issue::from_error(&Error::at(ErrorKind::BadSchema, place, message), 0));
    }

    fn block(&self, offset: u32) -> Option<Block<'a>> {
        let bytes = self.data.get(offset as usize..)?;
        Some((offset, *bytes.first_chunk()?, bytes))
    }

    /// The string at an offset: its size with that of the size, UTF-16, a zero.
    fn text(&mut self, offset: u32) -> String {
        let size = u32_at(self.data, offset as usize).unwrap_or_default() as usize;
        let start = (offset as usize).saturating_add(4);
        let end = (offset as usize).saturating_add(size);
        let bytes = self.data.get(start..end).unwrap_or_default();
        self.text_bytes = self.text_bytes.saturating_add(bytes.len());
        if offset == 0 || self.text_bytes > MAX_SCHEMA_TEXT_BYTES {
            return String::new();
        }
        utf16le_to_string(utf16le_until_zero(bytes).0).trim().to_owned()
    }

    fn providers(&mut self) -> Vec<Provider> {
        let mut providers = Vec::new();
        let count = match self.block(0) {
            Some((_, sign, bytes)) if sign == *b"CRIM" => u32_at(bytes, 12),
            _ => None,
        };
        let Some(count) = count else {
            self.report(0, "This is no compiled manifest".to_owned());
            return providers;
        };
        for (number, entry) in (0_u32..).zip(table(self.data, 16, count, 20)) {
            let guid = entry.first_chunk().map(|bytes| Guid(*bytes)).unwrap_or_default();
            match u32_at(entry, 16).and_then(|at| self.block(at)) {
                Some((at, sign, bytes)) if sign == *b"WEVT" => {
                    providers.push(self.provider(guid, at, bytes));
                }
                _ => self.report(
                    number.saturating_mul(20).saturating_add(16),
                    format!("The description of provider {guid:#} is missing"),
                ),
            }
        }
        if (providers.len() as u64) < u64::from(count) && self.issues.is_empty() {
            self.report(16, "The list of providers is cut".to_owned());
        }
        providers
    }

    fn provider(&mut self, guid: Guid, at: u32, bytes: &'a [u8]) -> Provider {
        let message = u32_at(bytes, 8).unwrap_or(NO_MESSAGE);
        let mut provider = Provider { guid, message, ..Provider::default() };
        let count = u32_at(bytes, 12).unwrap_or_default();
        let mut seen = 0;
        for entry in table(bytes, 20, count, 8) {
            seen += 1;
            let target = u32_at(entry, 0).unwrap_or_default();
            let Some(block) = self.block(target) else {
                self.report(target, format!("A part of provider {guid:#} is missing"));
                continue;
            };
            let whole = match &block.1 {
                b"CHAN" => self.channels(block, &mut provider),
                b"TASK" => self.tasks(block, &mut provider),
                b"OPCO" => self.opcodes(block, &mut provider),
                b"KEYW" => self.keywords(block, &mut provider),
                b"MAPS" => self.maps(block, &mut provider),
                b"TTBL" => self.templates(block, &mut provider),
                b"EVNT" => Self::events(block, &mut provider),
                // Levels are named by their number everywhere; what else there is says nothing
                // about events.
                _ => true,
            };
            if !whole {
                let sign = String::from_utf8_lossy(&block.1).into_owned();
                self.report(target, format!("{sign} of provider {guid:#} is damaged"));
            }
        }
        if seen < count {
            self.report(at, format!("The parts of provider {guid:#} are cut"));
        }
        provider
    }

    /// Number, name, a value, message.
    fn channels(&mut self, (_, _, bytes): Block<'a>, provider: &mut Provider) -> bool {
        let count = u32_at(bytes, 8).unwrap_or_default();
        let mut whole = 0;
        for entry in table(bytes, 12, count, 16) {
            if let Some((number, name)) = u32_at(entry, 0).zip(u32_at(entry, 4)) {
                let name = self.text(name);
                provider.channels.insert(number, name);
                whole += 1;
            }
        }
        whole == count
    }

    /// Number, message, a GUID, name.
    fn tasks(&mut self, (_, _, bytes): Block<'a>, provider: &mut Provider) -> bool {
        let count = u32_at(bytes, 8).unwrap_or_default();
        let mut whole = 0;
        for entry in table(bytes, 12, count, 28) {
            if let Some((number, named)) = u32_at(entry, 0).zip(self.named(entry, 4, 24)) {
                provider.tasks.insert(number, named);
                whole += 1;
            }
        }
        whole == count
    }

    /// Task, number, message, name.
    fn opcodes(&mut self, (_, _, bytes): Block<'a>, provider: &mut Provider) -> bool {
        let count = u32_at(bytes, 8).unwrap_or_default();
        let mut whole = 0;
        for entry in table(bytes, 12, count, 12) {
            let key = u16_at(entry, 0).zip(u16_at(entry, 2));
            if let Some((key, named)) = key.zip(self.named(entry, 4, 8)) {
                provider.opcodes.insert(key, named);
                whole += 1;
            }
        }
        whole == count
    }

    /// Mask, message, name.
    fn keywords(&mut self, (_, _, bytes): Block<'a>, provider: &mut Provider) -> bool {
        let count = u32_at(bytes, 8).unwrap_or_default();
        let mut whole = 0;
        for entry in table(bytes, 12, count, 16) {
            if let Some((mask, named)) = u64_at(entry, 0).zip(self.named(entry, 8, 12)) {
                provider.keywords.push((mask, named));
                whole += 1;
            }
        }
        whole == count
    }

    fn named(&mut self, entry: &[u8], message: usize, name: usize) -> Option<Named> {
        let message = u32_at(entry, message)?;
        let name = u32_at(entry, name)?;
        Some(Named { name: self.text(name), message })
    }

    /// After the count stand offsets of the maps, of all or of all but the first: maps are told
    /// by their signature, and follow each other.
    fn maps(&mut self, (at, _, bytes): Block<'a>, provider: &mut Provider) -> bool {
        let count = u32_at(bytes, 8).unwrap_or_default();
        let is_map = |offset: u32| {
            let block = self.block(offset);
            block.is_some_and(|(_, sign, _)| matches!(&sign, b"VMAP" | b"BMAP"))
        };
        let listed = table(bytes, 12, count, 4).filter_map(|entry| u32_at(entry, 0));
        let mut offsets: Vec<u32> = listed.filter(|&offset| is_map(offset)).collect();
        let list_end =
            |entries: u32| at.saturating_add(entries.saturating_mul(4).saturating_add(12));
        let first = [count.saturating_sub(1), count].map(list_end);
        offsets.extend(first.into_iter().find(|&offset| is_map(offset)));
        crate::sort::plain(&mut offsets);
        offsets.dedup();
        offsets.truncate(count as usize);
        let whole = offsets.len() == count as usize;
        let mut read = 0;
        for offset in &offsets {
            read += usize::from(self.map(*offset, provider).is_some());
        }
        whole && read == offsets.len()
    }

    /// Signature, size, name, number of entries; per entry value and message.
    fn map(&mut self, offset: u32, provider: &mut Provider) -> Option<()> {
        let (_, sign, bytes) = self.block(offset)?;
        let (name_offset, count) = (u32_at(bytes, 8)?, u32_at(bytes, 12)?);
        let entries = table(bytes, 16, count, 8);
        let entries: Vec<(u32, u32)> =
            entries.filter_map(|entry| u32_at(entry, 0).zip(u32_at(entry, 4))).collect();
        self.text_bytes = self.text_bytes.saturating_add(8 * entries.len());
        let whole = entries.len() == count as usize && self.text_bytes <= MAX_SCHEMA_TEXT_BYTES;
        let name = self.text(name_offset);
        let is_bitmap = sign == *b"BMAP";
        provider.maps.push(MapDefinition { offset, name_offset, name, is_bitmap, entries });
        whole.then_some(())
    }

    /// Templates follow each other: signature, size, number of items, number of items at the top,
    /// offset of the items, a number, a GUID, the event as binary XML.
    fn templates(&mut self, (at, _, bytes): Block<'a>, provider: &mut Provider) -> bool {
        let count = u32_at(bytes, 8).unwrap_or_default();
        let mut offset = at.saturating_add(12);
        for _ in 0..count {
            let Some((_, sign, bytes)) = self.block(offset) else { return false };
            let Some(size) = u32_at(bytes, 4).filter(|&size| sign == *b"TEMP" && size >= 40) else {
                return false;
            };
            match self.template(bytes) {
                Some(template) => drop(provider.templates.insert(offset, template)),
                None => self.report(offset, "A template is damaged".to_owned()),
            }
            offset = offset.saturating_add(size);
        }
        true
    }

    /// An item is 20 bytes: flags, types, map, count, length, name; as `EVENT_PROPERTY_INFO`.
    fn template(&mut self, bytes: &[u8]) -> Option<Template> {
        // Which of the two counts is that of the items at the top, sources do not say; where
        // they differ there are structures, and the members of these are the more.
        let (items, others) = (u32_at(bytes, 8)?, u32_at(bytes, 12)?);
        let (all, top_level) = (items.max(others), items.min(others));
        if all as usize > MAX_TEMPLATE_FIELDS {
            return None;
        }
        let start = u32_at(bytes, 16)?;
        let of_items = self.data.get(start as usize..)?;
        let mut items = Vec::new();
        for item in table(of_items, 0, all, 20) {
            let flags = u32_at(item, 0)?;
            let types = if flags & properties::IS_STRUCT != 0 {
                (u16_at(item, 4)?, u16_at(item, 6)?)
            } else {
                (u16::from(*item.get(4)?), u16::from(*item.get(5)?))
            };
            let name = self.text(u32_at(item, 16)?);
            let (count, length) = (u16_at(item, 12)?, u16_at(item, 14)?);
            // A single value is 0 or 1 of it.
            let count = if count == 0 && flags & properties::COUNT_FLAGS == 0 { 1 } else { count };
            items.push((
                Property { flags, name, types, map: None, count, length },
                u32_at(item, 8)?,
            ));
        }
        (items.len() == all as usize).then_some(Template { items, top_level: top_level as usize })
    }

    /// `EVENT_DESCRIPTOR`, message, template, opcode, level, task, and what says nothing more.
    fn events((_, _, bytes): Block<'a>, provider: &mut Provider) -> bool {
        let count = u32_at(bytes, 8).unwrap_or_default();
        let event = |entry: &[u8]| {
            Some(EventDefinition {
                id: u16_at(entry, 0)?,
                version: *entry.get(2)?,
                channel: *entry.get(3)?,
                opcode: *entry.get(5)?,
                task: u16_at(entry, 6)?,
                keywords: u64_at(entry, 8)?,
                message: u32_at(entry, 16)?,
                template: u32_at(entry, 20)?,
            })
        };
        provider.events.extend(table(bytes, 16, count, 48).filter_map(event));
        provider.events.len() == count as usize
    }
}

/// A message table with its language.
pub(in crate::schema) type TableOf<'a> = (&'a str, &'a Messages);
type Tables<'a> = [TableOf<'a>];

/// A message in all languages that have it.
fn message(number: u32, tables: &Tables<'_>) -> Text {
    if number == NO_MESSAGE {
        return Text::None;
    }
    let mut texts: Vec<(String, String)> = Vec::new();
    for (language, messages) in tables {
        if let Some(text) = messages.get(&number)
            && !texts.iter().any(|(known, _)| known == language)
        {
            texts.push(((*language).to_owned(), text.clone()));
        }
    }
    if texts.is_empty() { Text::None } else { Text::Localized(texts.into()) }
}

/// A message where only one language has a place.
fn english(number: u32, tables: &Tables<'_>) -> String {
    message(number, tables)
        .pick("en-us")
        .map(|(text, _)| text.trim().to_owned())
        .unwrap_or_default()
}

impl Named {
    fn shown(&self, tables: &Tables<'_>) -> String {
        match plain(&self.name) {
            name if name.is_empty() => english(self.message, tables),
            name => name.into_owned(),
        }
    }
}

impl Provider {
    /// How many events it describes.
    pub fn event_count(&self) -> u64 {
        self.events.len() as u64
    }

    /// Its name, which is not in the resource itself: channels are named after their provider, and
    /// most providers have a message.
    pub fn name(&self, tables: &Tables<'_>) -> String {
        let mut channels: Vec<&String> = self.channels.values().collect();
        crate::sort::plain(&mut channels);
        let of_channel = channels.into_iter().find_map(|channel| channel.split_once('/'));
        of_channel.map_or_else(|| english(self.message, tables), |(name, _)| name.to_owned())
    }

    /// The schemas of its events: id, version, schema. Its maps go into `maps`.
    pub fn schemas(&self, tables: &Tables<'_>, maps: &mut Maps) -> Vec<(u16, u8, EventSchema)> {
        let mut map_ids: Map<u32, MapId> = Map::default();
        for map in &self.maps {
            let entries = map.entries.iter();
            let entries: Vec<(u64, Text)> =
                entries.map(|(value, text)| (u64::from(*value), message(*text, tables))).collect();
            let id = maps.id(self.guid, &map.name);
            maps.set(self.guid, &map.name, ValueMap::localized(map.is_bitmap, &entries));
            map_ids.insert(map.offset, id);
            map_ids.insert(map.name_offset, id);
        }
        let name = self.name(tables);
        let mut layouts: Map<u32, Arc<Layout>> = Map::default();
        let mut text_bytes = 0_usize;
        let mut schemas = Vec::new();
        for event in &self.events {
            let layout = layouts.entry(event.template).or_insert_with(|| {
                let template = self.templates.get(&event.template);
                Arc::new(template.and_then(|t| t.layout(&map_ids)).unwrap_or_default())
            });
            let layout = Arc::clone(layout);
            // An event whose template could not be read is not described.
            if event.template != 0 && layout.fields.is_empty() {
                continue;
            }
            let schema = self.schema(event, layout, &name, tables);
            text_bytes = text_bytes.saturating_add(schema.text_bytes());
            if text_bytes > MAX_SCHEMA_TEXT_BYTES {
                break;
            }
            schemas.push((event.id, event.version, schema));
        }
        schemas
    }

    fn schema(
        &self,
        event: &EventDefinition,
        layout: Arc<Layout>,
        name: &str,
        tables: &Tables<'_>,
    ) -> EventSchema {
        let opcode = u16::from(event.opcode);
        let opcode =
            self.opcodes.get(&(event.task, opcode)).or_else(|| self.opcodes.get(&(0, opcode)));
        let shown = |named: Option<&Named>| named.map(|n| n.shown(tables)).unwrap_or_default();
        let set = self.keywords.iter().filter(|(bits, _)| event.keywords & bits != 0);
        EventSchema {
            layout,
            provider: name.to_owned(),
            event: String::new(),
            task: shown(self.tasks.get(&u32::from(event.task))),
            opcode: shown(opcode),
            channel: self.channels.get(&u32::from(event.channel)).cloned().unwrap_or_default(),
            keywords: set.map(|(bits, named)| (*bits, named.shown(tables))).collect(),
            message: message(event.message, tables),
        }
    }
}

impl Template {
    fn layout(&self, maps: &Map<u32, MapId>) -> Option<Layout> {
        let items = self.items.iter();
        let properties = items.map(|(property, map)| {
            let map = maps.get(map).copied().filter(|_| *map != 0);
            Property { map, ..property.clone() }
        });
        properties::layout(&properties.collect::<Vec<_>>(), self.top_level)
    }
}
