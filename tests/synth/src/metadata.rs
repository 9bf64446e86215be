//! Records that teach a reader what other records mean: EventSource manifests and the
//! `TRACE_EVENT_INFO` and map records a merge adds.

use crate::bytes::{Put, set_u32};
use crate::guid::{Guid, guid};
use crate::record::{Event, Full};
use crate::session::Pointer;

/// Class of the records that describe events and maps.
pub const EVENT_METADATA: Guid = guid("bbccf6c1-6cd1-48c4-80ff-839482e37671");

/// The events (id 0xFFFE) that carry a manifest, cut into chunks of at most `chunk_bytes`.
///
/// # Panics
/// When there are more than 65,535 chunks.
#[must_use]
pub fn manifest_events(
    provider: &Guid,
    pid: u32,
    tid: u32,
    xml: &str,
    chunk_bytes: usize,
) -> Vec<Event> {
    let chunks: Vec<&[u8]> = xml.as_bytes().chunks(chunk_bytes).collect();
    let total = u16::try_from(chunks.len()).expect("at most 65,535 chunks");
    (0..total)
        .zip(chunks)
        .map(|(number, chunk)| {
            let mut payload = Vec::with_capacity(8 + chunk.len());
            payload.put_u8(1); // format: XML
            payload.put_u8(1); // version
            payload.put_u8(0);
            payload.put_u8(0x5b); // magic
            payload.put_u16(total);
            payload.put_u16(number);
            payload.put_bytes(chunk);
            Event {
                provider: *provider,
                pid,
                tid,
                id: 0xfffe,
                opcode: 0xfe,
                task: 0xfffe,
                keywords: 0x00ff_ffff_ffff_ffff,
                payload,
                ..Event::default()
            }
        })
        .collect()
}

/// One property of a `TRACE_EVENT_INFO`.
#[derive(Clone, Debug, Default)]
pub struct Property {
    /// Name.
    pub name: String,
    /// Flags: 1 structure, 2 length from a property, 4 count from a property, 0x10 fixed length,
    /// 0x20 fixed count.
    pub flags: u32,
    /// Input type, or index of a structure's first member.
    pub in_type: u16,
    /// Output type, or number of a structure's members.
    pub out_type: u16,
    /// Name of the map that names the values.
    pub map: Option<String>,
    /// Count, or index of the property that says it.
    pub count: u16,
    /// Length, or index of the property that says it.
    pub length: u16,
}

impl Property {
    /// A single value of a type.
    #[must_use]
    pub fn new(name: &str, in_type: u16, out_type: u16) -> Self {
        Self { name: name.into(), in_type, out_type, count: 1, ..Self::default() }
    }
}

/// What TDH would say about an event.
#[derive(Clone, Debug, Default)]
pub struct EventInfo {
    /// Provider.
    pub provider: Guid,
    /// The event described: id, version, channel, level, opcode, task, keywords.
    pub descriptor: (u16, u8, u8, u8, u8, u16, u64),
    /// Name of the provider.
    pub provider_name: String,
    /// Name of the level.
    pub level_name: String,
    /// Name of the channel.
    pub channel_name: String,
    /// Names of the keywords.
    pub keywords: Vec<String>,
    /// Name of the task.
    pub task_name: String,
    /// Name of the opcode.
    pub opcode_name: String,
    /// Message with insertions (`%1`).
    pub message: String,
    /// Top-level properties first, then members of structures.
    pub properties: Vec<Property>,
    /// How many of the properties are top-level.
    pub top_level: usize,
}

impl EventInfo {
    /// The record a merge writes for it (opcode 32 of [`EVENT_METADATA`]).
    #[must_use]
    pub fn record(&self) -> Full {
        let mut out = Vec::new();
        out.put_guid(&self.provider);
        out.put_guid(&[0; 16]);
        let (id, version, channel, level, opcode, task, keywords) = self.descriptor;
        out.put_u16(id);
        out.put_u8(version);
        out.put_u8(channel);
        out.put_u8(level);
        out.put_u8(opcode);
        out.put_u16(task);
        out.put_u64(keywords);
        let numbers_at = out.len();
        out.resize(numbers_at + 16 * 4, 0);
        debug_assert_eq!(out.len(), 0x70);
        let properties_at = out.len();
        out.resize(properties_at + self.properties.len() * 24, 0);
        let string = |out: &mut Vec<u8>, text: &str| {
            if text.is_empty() {
                return 0;
            }
            let at = out.len() as u32;
            out.put_utf16z(text);
            at
        };
        let provider_name = string(&mut out, &self.provider_name);
        let level_name = string(&mut out, &self.level_name);
        let channel_name = string(&mut out, &self.channel_name);
        let mut keywords_at = 0;
        if !self.keywords.is_empty() {
            keywords_at = out.len() as u32;
            for keyword in &self.keywords {
                out.put_utf16z(keyword);
            }
            out.put_u16(0);
        }
        let task_name = string(&mut out, &self.task_name);
        let opcode_name = string(&mut out, &self.opcode_name);
        let message = string(&mut out, &self.message);
        let numbers = [
            0, // decoding source: XML
            provider_name,
            level_name,
            channel_name,
            keywords_at,
            task_name,
            opcode_name,
            message,
            0, // provider message
            0, // binary XML
            0, // its size
            0, // activity id name
            0, // related activity id name
            self.properties.len() as u32,
            self.top_level as u32,
            1, // flags
        ];
        for (i, number) in numbers.into_iter().enumerate() {
            set_u32(&mut out, numbers_at + 4 * i, number);
        }
        for (i, property) in self.properties.iter().enumerate() {
            let name = string(&mut out, &property.name);
            let map = property.map.as_ref().map_or(0, |map| string(&mut out, map));
            let mut info = Vec::with_capacity(24);
            info.put_u32(property.flags);
            info.put_u32(name);
            info.put_u16(property.in_type);
            info.put_u16(property.out_type);
            info.put_u32(map);
            info.put_u16(property.count);
            info.put_u16(property.length);
            info.put_u32(0); // tags
            let at = properties_at + 24 * i;
            out[at..at + 24].copy_from_slice(&info);
        }
        metadata_record(32, out)
    }
}

/// The record that describes a map (opcode 33): `(value, name)` pairs.
#[must_use]
pub fn map_record(provider: &Guid, name: &str, is_bitmap: bool, entries: &[(u32, &str)]) -> Full {
    let mut map = Vec::new();
    map.put_u32(0); // name offset
    map.put_u32(if is_bitmap { 2 } else { 1 });
    map.put_u32(entries.len() as u32);
    map.put_u32(0);
    let entries_at = map.len();
    map.resize(entries_at + 8 * entries.len(), 0);
    let name_at = map.len() as u32;
    set_u32(&mut map, 0, name_at);
    map.put_utf16z(name);
    for (i, (value, text)) in entries.iter().enumerate() {
        let at = map.len() as u32;
        map.put_utf16z(text);
        set_u32(&mut map, entries_at + 8 * i, at);
        set_u32(&mut map, entries_at + 8 * i + 4, *value);
    }
    let mut out = provider.to_vec();
    out.put_bytes(&map);
    metadata_record(33, out)
}

fn metadata_record(opcode: u8, payload: Vec<u8>) -> Full {
    Full {
        pointer: Pointer::P64,
        opcode,
        class: EVENT_METADATA,
        pid: 4,
        tid: 8,
        payload,
        ..Full::default()
    }
}
