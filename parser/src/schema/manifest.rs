//! Instrumentation manifests: the XML that describes a provider's events. EventSource providers
//! write one into the trace, others ship one as a `.man` file.
//!
//! The schema is that of `http://schemas.microsoft.com/win/2004/08/events` (eventman.xsd).
//! Elements and attributes are matched by local name, so any prefix will do.

mod compile;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::Arc;

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event as Xml};

use crate::error::{Error, ErrorKind, Result};
use crate::guid::Guid;
use crate::limits::{MAX_DEPTH, MAX_MANIFEST_BYTES, MAX_TEMPLATE_FIELDS};
use crate::map::Map;

/// A manifest: providers and the texts they refer to.
#[derive(Clone, Debug, Default)]
pub struct Manifest {
    /// Its providers.
    pub providers: Vec<Provider>,
}

impl Manifest {
    /// The languages it has texts in: lower-case tags, sorted.
    #[must_use]
    pub fn languages(&self) -> Vec<String> {
        let texts = self.providers.first().into_iter().flat_map(|p| p.strings.values());
        let mut tags: Vec<String> =
            texts.flat_map(|t| t.iter()).map(|(culture, _)| culture.clone()).collect();
        crate::sort::plain(&mut tags);
        tags.dedup();
        tags.retain(|tag| !tag.is_empty());
        tags
    }
}

/// One provider of a manifest.
#[derive(Clone, Debug, Default)]
pub struct Provider {
    /// Its name.
    pub name: String,
    /// Its GUID.
    pub guid: Guid,
    events: Vec<EventDefinition>,
    /// By name: value, text.
    tasks: Map<String, Named>,
    /// By (task, name); the task is empty for opcodes of the whole provider.
    opcodes: Map<(String, String), Named>,
    /// By name: mask, text.
    keywords: Map<String, Named>,
    channels: Map<String, Named>,
    maps: Vec<MapDefinition>,
    templates: Map<String, Vec<Data>>,
    strings: Arc<Strings>,
}

impl Provider {
    /// How many events (and versions of events) it describes.
    #[must_use]
    pub fn event_count(&self) -> u64 {
        self.events.len() as u64
    }
}

/// A name with its number and its text (a reference or literal).
#[derive(Clone, Debug, Default)]
struct Named {
    value: u64,
    /// What to show: the symbol or path when the name is only a reference.
    shown: String,
}

#[derive(Clone, Debug, Default)]
struct EventDefinition {
    id: u16,
    version: u8,
    symbol: String,
    task: String,
    opcode: String,
    channel: String,
    keywords: String,
    template: String,
    message: String,
}

#[derive(Clone, Debug, Default)]
struct MapDefinition {
    name: String,
    is_bitmap: bool,
    entries: Vec<(u64, String)>,
}

/// A field of a template.
#[derive(Clone, Debug, Default)]
struct Data {
    name: String,
    in_type: String,
    out_type: String,
    map: String,
    length: String,
    count: String,
    /// Members, when it is a structure.
    members: Option<Vec<Data>>,
}

/// String id → (culture, text); the culture is empty outside of localization.
type Strings = Map<String, Arc<[(String, String)]>>;

/// Reads a manifest (UTF-8; a byte order mark is skipped).
///
/// # Errors
/// `BadText` when it is not well-formed XML, `BadSchema` when it describes no provider, `Limit`
/// when it is larger than `limits::MAX_MANIFEST_BYTES`.
pub fn parse(xml: &str) -> Result<Manifest> {
    if xml.len() > MAX_MANIFEST_BYTES {
        return Err(Error::new(ErrorKind::Limit, "the manifest is too large"));
    }
    // Chunks of an EventSource end in zeros at times.
    let xml = xml.trim_start_matches('\u{feff}').trim_end_matches('\0');
    let mut reader = Reader::from_str(xml);
    let mut state = State::default();
    loop {
        let event = reader.read_event().map_err(|error| {
            Error::at(ErrorKind::BadText, reader.error_position(), format!("not XML: {error}"))
        })?;
        match event {
            Xml::Start(element) => {
                state.open(&element);
                state.path.push(element.local_name().as_ref().to_owned());
                if state.path.len() > MAX_DEPTH {
                    let at = reader.buffer_position();
                    return Err(Error::at(ErrorKind::Limit, at, "elements nest too deep"));
                }
            }
            Xml::Empty(element) => {
                let name = element.local_name().as_ref().to_owned();
                state.open(&element);
                state.close(&name);
            }
            Xml::End(element) => {
                state.path.pop();
                state.close(element.local_name().as_ref());
            }
            Xml::Eof => break,
            _ => {}
        }
    }
    let State { mut providers, strings, .. } = state;
    let strings = strings.into_iter().map(|(id, texts)| (id, texts.into()));
    let strings: Arc<Strings> = Arc::new(strings.collect());
    for provider in &mut providers {
        provider.strings = Arc::clone(&strings);
    }
    if providers.is_empty() {
        return Err(Error::new(ErrorKind::BadSchema, "the manifest describes no provider"));
    }
    Ok(Manifest { providers })
}

/// What is open while the XML is read.
#[derive(Default)]
struct State {
    path: Vec<String>,
    providers: Vec<Provider>,
    strings: Map<String, Vec<(String, String)>>,
    culture: String,
    task: String,
    map: Option<MapDefinition>,
    /// The open template and, inside it, the open structures.
    template: Option<String>,
    fields: Vec<Vec<Data>>,
    structs: Vec<Data>,
    field_count: usize,
}

/// Attributes of an element.
struct Attributes(Vec<(String, String)>);

impl Attributes {
    fn of(element: &BytesStart<'_>) -> Self {
        let mut attributes = element.attributes();
        attributes.with_checks(false);
        let attributes = attributes.flatten().map(|attribute| {
            let key = attribute.key.local_name().as_ref().to_owned();
            let value = unescape(&attribute.value)
                .map_or_else(|_| attribute.value.clone().into_owned(), Cow::into_owned);
            (key, value)
        });
        Self(attributes.collect())
    }

    fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    fn text(&self, name: &str) -> String {
        self.get(name).trim().to_owned()
    }

    fn number(&self, name: &str) -> Option<u64> {
        number(self.get(name))
    }
}

/// A decimal or `0x` number.
fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text
            .parse()
            .ok()
            .or_else(|| text.parse::<i64>().ok().map(|n| n.cast_unsigned() & 0xffff_ffff)),
    }
}

impl State {
    fn parent(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    fn open(&mut self, element: &BytesStart<'_>) {
        let name = element.local_name();
        let attributes = Attributes::of(element);
        match name.as_ref() {
            "provider" => {
                if let Ok(guid) = attributes.get("guid").parse() {
                    let name = attributes.text("name");
                    self.providers.push(Provider { name, guid, ..Provider::default() });
                }
            }
            "resources" => self.culture = attributes.text("culture").to_ascii_lowercase(),
            "string" => self.string(&attributes),
            "struct" => {
                self.field_count += 1;
                self.structs.push(data(&attributes));
                self.fields.push(Vec::new());
            }
            "template" => {
                self.template = Some(attributes.text("tid"));
                self.fields = vec![Vec::new()];
                self.field_count = 0;
            }
            "data" if self.template.is_some() => {
                self.field_count += 1;
                if self.field_count <= MAX_TEMPLATE_FIELDS
                    && let Some(fields) = self.fields.last_mut()
                {
                    fields.push(data(&attributes));
                }
            }
            "valueMap" | "bitMap" => {
                self.map = Some(MapDefinition {
                    name: attributes.text("name"),
                    is_bitmap: name.as_ref() == "bitMap",
                    entries: Vec::new(),
                });
            }
            "map" => {
                if let (Some(map), Some(value)) = (&mut self.map, attributes.number("value")) {
                    map.entries.push((value, attributes.text("message")));
                }
            }
            other => self.of_provider(other, &attributes),
        }
    }

    fn string(&mut self, attributes: &Attributes) {
        let id = attributes.text("id");
        let text = attributes.get("value").to_owned();
        self.strings.entry(id).or_default().push((self.culture.clone(), text));
    }

    fn of_provider(&mut self, element: &str, attributes: &Attributes) {
        // Opcodes stand below a task or below the provider.
        let in_task = self.path.iter().any(|name| name == "task");
        let parent = self.parent().to_owned();
        let Some(provider) = self.providers.last_mut() else { return };
        let named = || Named {
            value: attributes.number("value").unwrap_or_default(),
            shown: attributes.text("name"),
        };
        match element {
            "task" => {
                self.task = attributes.text("name");
                provider.tasks.insert(self.task.clone(), named());
            }
            "opcode" => {
                let task = if in_task { self.task.clone() } else { String::new() };
                provider.opcodes.insert((task, attributes.text("name")), named());
            }
            "keyword" => {
                let mask = attributes.number("mask").unwrap_or_default();
                let named = Named { value: mask, shown: attributes.text("name") };
                provider.keywords.insert(attributes.text("name"), named);
            }
            "channel" | "importChannel" => {
                let id = attributes.text("chid");
                let id = if id.is_empty() { attributes.text("name") } else { id };
                provider.channels.insert(id, named());
            }
            "event" if parent == "events" => {
                let id = attributes.number("value").and_then(|id| u16::try_from(id).ok());
                let version = attributes.number("version").unwrap_or_default();
                if let (Some(id), Ok(version)) = (id, u8::try_from(version)) {
                    provider.events.push(EventDefinition {
                        id,
                        version,
                        symbol: attributes.text("symbol"),
                        task: attributes.text("task"),
                        opcode: attributes.text("opcode"),
                        channel: attributes.text("channel"),
                        keywords: attributes.text("keywords"),
                        template: attributes.text("template"),
                        message: attributes.get("message").to_owned(),
                    });
                }
            }
            _ => {}
        }
    }

    fn close(&mut self, element: &str) {
        match element {
            "resources" => self.culture.clear(),
            "task" => self.task.clear(),
            "struct" => {
                if let Some(mut data) = self.structs.pop() {
                    data.members = self.fields.pop();
                    if self.field_count <= MAX_TEMPLATE_FIELDS
                        && let Some(fields) = self.fields.last_mut()
                    {
                        fields.push(data);
                    }
                }
            }
            "template" => {
                if let (Some(id), Some(fields)) = (self.template.take(), self.fields.pop())
                    && let Some(provider) = self.providers.last_mut()
                {
                    provider.templates.insert(id, fields);
                }
                self.fields.clear();
                self.structs.clear();
            }
            "valueMap" | "bitMap" => {
                if let (Some(map), Some(provider)) = (self.map.take(), self.providers.last_mut()) {
                    provider.maps.push(map);
                }
            }
            _ => {}
        }
    }
}

fn data(attributes: &Attributes) -> Data {
    Data {
        name: attributes.text("name"),
        in_type: attributes.text("inType"),
        out_type: attributes.text("outType"),
        map: attributes.text("map"),
        length: attributes.text("length"),
        count: attributes.text("count"),
        members: None,
    }
}
