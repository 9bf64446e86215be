//! Compiled manifests, the resource `WEVT_TEMPLATE`: written block by block as the message
//! compiler lays them out.

use crate::bytes::{Put, set_u32};
use crate::guid::Guid;

/// "No message".
pub const NO_MESSAGE: u32 = u32::MAX;

/// An item of a template, as its 20 bytes have it.
#[derive(Clone, Debug, Default)]
pub struct Item {
    /// 1 structure, 2 length of another item, 4 count of another item, 0x20 fixed count.
    pub flags: u32,
    /// Input and output type; of a structure its first member and how many it has.
    pub types: (u16, u16),
    /// Name of its map.
    pub map: Option<&'static str>,
    /// Count, or the item that says it.
    pub count: u16,
    /// Length, or the item that says it.
    pub length: u16,
    /// Name.
    pub name: &'static str,
}

/// A map: name, whether it is of bits, values with their messages.
pub type MapOf = (&'static str, bool, Vec<(u32, u32)>);

/// An event: id, version, channel, level, opcode, task, keywords, message, number of its template.
pub type EventOf = (u16, u8, u8, u8, u8, u16, u64, u32, Option<usize>);

/// One provider.
#[derive(Clone, Debug, Default)]
pub struct Provider {
    /// GUID.
    pub guid: Guid,
    /// Number and name.
    pub channels: Vec<(u32, &'static str)>,
    /// Number and name.
    pub tasks: Vec<(u32, &'static str)>,
    /// Task, number and name.
    pub opcodes: Vec<(u16, u16, &'static str)>,
    /// Mask and name.
    pub keywords: Vec<(u64, &'static str)>,
    /// Maps.
    pub maps: Vec<MapOf>,
    /// Items, and how many of them stand at the top.
    pub templates: Vec<(Vec<Item>, usize)>,
    /// Events.
    pub events: Vec<EventOf>,
}

/// Appends a counted, zero-ended string; gives its offset.
fn string(out: &mut Vec<u8>, text: &str) -> u32 {
    out.align(4);
    let at = out.len() as u32;
    out.put_u32(4 + 2 * text.encode_utf16().count() as u32 + 2);
    out.put_utf16z(text);
    out.align(8);
    at
}

/// Begins a block; its size is written by `end`.
fn begin(out: &mut Vec<u8>, signature: &[u8; 4], count: usize) -> usize {
    out.align(8);
    let at = out.len();
    out.put_bytes(signature);
    out.put_u32(0);
    out.put_u32(count as u32);
    at
}

fn end(out: &mut [u8], at: usize) -> u32 {
    let size = (out.len() - at) as u32;
    set_u32(out, at + 4, size);
    at as u32
}

impl Provider {
    /// The resource with this provider alone.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        let mut out = b"CRIM".to_vec();
        out.put_u32(0);
        out.put_u16(3);
        out.put_u16(1);
        out.put_u32(1);
        out.put_guid(&self.guid);
        out.put_u32(36);
        out.put_bytes(b"WEVT");
        out.put_u32(0);
        out.put_u32(NO_MESSAGE);
        out.put_u32(7);
        out.put_u32(0);
        let list = out.len();
        out.resize(list + 7 * 8, 0);
        let mut blocks =
            vec![self.channels(&mut out), self.tasks(&mut out), self.opcodes(&mut out)];
        blocks.push(self.keywords(&mut out));
        let (maps, places) = self.maps(&mut out);
        blocks.push(maps);
        let (templates, offsets) = self.templates(&mut out, &places);
        blocks.push(templates);
        blocks.push(self.events(&mut out, &offsets));
        for (i, block) in blocks.into_iter().enumerate() {
            set_u32(&mut out, list + 8 * i, block);
        }
        let size = out.len() as u32;
        set_u32(&mut out, 4, size);
        set_u32(&mut out, 40, size - 36);
        out
    }

    fn channels(&self, out: &mut Vec<u8>) -> u32 {
        let at = begin(out, b"CHAN", self.channels.len());
        let table = out.len();
        out.resize(table + 16 * self.channels.len(), 0);
        for (i, (number, name)) in self.channels.iter().enumerate() {
            let name = string(out, name);
            let values = [*number, name, u32::MAX, NO_MESSAGE];
            put_all(out, table + 16 * i, &values);
        }
        end(out, at)
    }

    fn tasks(&self, out: &mut Vec<u8>) -> u32 {
        let at = begin(out, b"TASK", self.tasks.len());
        let table = out.len();
        out.resize(table + 28 * self.tasks.len(), 0);
        for (i, (number, name)) in self.tasks.iter().enumerate() {
            let name = string(out, name);
            put_all(out, table + 28 * i, &[*number, NO_MESSAGE]);
            put_all(out, table + 28 * i + 24, &[name]);
        }
        end(out, at)
    }

    fn opcodes(&self, out: &mut Vec<u8>) -> u32 {
        let at = begin(out, b"OPCO", self.opcodes.len());
        let table = out.len();
        out.resize(table + 12 * self.opcodes.len(), 0);
        for (i, (task, number, name)) in self.opcodes.iter().enumerate() {
            let name = string(out, name);
            let key = u32::from(*task) | u32::from(*number) << 16;
            put_all(out, table + 12 * i, &[key, NO_MESSAGE, name]);
        }
        end(out, at)
    }

    fn keywords(&self, out: &mut Vec<u8>) -> u32 {
        let at = begin(out, b"KEYW", self.keywords.len());
        let table = out.len();
        out.resize(table + 16 * self.keywords.len(), 0);
        for (i, (mask, name)) in self.keywords.iter().enumerate() {
            let name = string(out, name);
            let mask = [*mask as u32, (*mask >> 32) as u32];
            put_all(out, table + 16 * i, &[mask[0], mask[1], NO_MESSAGE, name]);
        }
        end(out, at)
    }

    /// The block, and where each map begins.
    fn maps(&self, out: &mut Vec<u8>) -> (u32, Vec<(&'static str, u32)>) {
        let at = begin(out, b"MAPS", self.maps.len());
        let list = out.len();
        // The first map follows the list, which leaves it out.
        out.resize(list + 4 * self.maps.len().saturating_sub(1), 0);
        let mut places = Vec::new();
        for (i, (name, is_bitmap, entries)) in self.maps.iter().enumerate() {
            let map = out.len();
            out.put_bytes(if *is_bitmap { b"BMAP" } else { b"VMAP" });
            out.put_u32(16 + 8 * entries.len() as u32);
            out.put_u32(0); // name
            out.put_u32(entries.len() as u32);
            for (value, message) in entries {
                out.put_u32(*value);
                out.put_u32(*message);
            }
            if i > 0 {
                set_u32(out, list + 4 * (i - 1), map as u32);
            }
            places.push((*name, map as u32));
        }
        for (name, map) in &places {
            let at = string(out, name);
            set_u32(out, *map as usize + 8, at);
        }
        (end(out, at), places)
    }

    /// The block, and where each template begins.
    fn templates(&self, out: &mut Vec<u8>, maps: &[(&'static str, u32)]) -> (u32, Vec<u32>) {
        let at = begin(out, b"TTBL", self.templates.len());
        let mut offsets = Vec::new();
        for (items, top_level) in &self.templates {
            let start = out.len();
            offsets.push(start as u32);
            out.put_bytes(b"TEMP");
            out.put_u32(0);
            out.put_u32(items.len() as u32);
            out.put_u32(*top_level as u32);
            out.put_u32(0); // items
            out.put_u32(1);
            out.put_bytes(&[0x5a; 16]);
            // A fragment of binary XML: header, then the end of the stream.
            out.put_bytes(&[0x0f, 1, 1, 0, 0]);
            out.align(4);
            let table = out.len();
            set_u32(out, start + 16, table as u32);
            out.resize(table + 20 * items.len(), 0);
            for (i, item) in items.iter().enumerate() {
                let name = string(out, item.name);
                let map = item.map.and_then(|of| maps.iter().find(|(name, _)| *name == of));
                let (a, b) = item.types;
                let types = if item.flags & 1 != 0 {
                    u32::from(a) | u32::from(b) << 16
                } else {
                    u32::from(a) | u32::from(b) << 8
                };
                let map = map.map_or(0, |(_, at)| *at);
                let numbers = u32::from(item.count) | u32::from(item.length) << 16;
                put_all(out, table + 20 * i, &[item.flags, types, map, numbers, name]);
            }
            out.align(4);
            end(out, start);
        }
        (end(out, at), offsets)
    }

    fn events(&self, out: &mut Vec<u8>, templates: &[u32]) -> u32 {
        let at = begin(out, b"EVNT", self.events.len());
        out.put_u32(0);
        for (id, version, channel, level, opcode, task, keywords, message, template) in &self.events
        {
            out.put_u16(*id);
            out.put_bytes(&[*version, *channel, *level, *opcode]);
            out.put_u16(*task);
            out.put_u64(*keywords);
            out.put_u32(*message);
            out.put_u32(template.map_or(0, |number| templates[number]));
            out.resize(out.len() + 24, 0);
        }
        end(out, at)
    }
}

fn put_all(out: &mut [u8], at: usize, values: &[u32]) {
    for (i, value) in values.iter().enumerate() {
        set_u32(out, at + 4 * i, *value);
    }
}
