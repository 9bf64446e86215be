//! Programs (Portable Executable) with resources and nothing else.

use crate::bytes::{Put, set_u32};

/// What a resource is called at the first level of the directory.
#[derive(Clone, Copy, Debug)]
pub enum ResourceType {
    /// A number, `RT_…`.
    Number(u32),
    /// A name.
    Name(&'static str),
}

/// The type of message tables.
pub const MESSAGE_TABLE: ResourceType = ResourceType::Number(11);
/// The type of compiled manifests.
pub const WEVT_TEMPLATE: ResourceType = ResourceType::Name("WEVT_TEMPLATE");

/// A resource.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its type.
    pub of: ResourceType,
    /// Its language, a LANGID.
    pub language: u16,
    /// What it holds.
    pub data: Vec<u8>,
}

/// Where the section of the resources is mapped, and where it lies in the file.
const SECTION_ADDRESS: u32 = 0x1000;
const SECTION_PLACE: usize = 0x200;

/// A program of 64 (or 32) bit with these resources.
#[must_use]
pub fn program(is_64_bit: bool, resources: &[Resource]) -> Vec<u8> {
    let section = section(resources);
    let mut file = b"MZ".to_vec();
    file.resize(0x3c, 0);
    file.put_u32(0x80);
    file.resize(0x80, 0);
    file.put_bytes(b"PE\0\0");
    file.put_u16(if is_64_bit { 0x8664 } else { 0x14c });
    file.put_u16(1); // sections
    file.resize(file.len() + 12, 0); // time stamp, symbols
    let (magic, optional_bytes, directories) =
        if is_64_bit { (0x20b, 0xf0, 112) } else { (0x10b, 0xe0, 96) };
    file.put_u16(optional_bytes);
    file.put_u16(0x2022); // a library
    let optional = file.len();
    file.put_u16(magic);
    file.resize(optional + directories - 4, 0);
    file.put_u32(16); // directories
    file.resize(optional + usize::from(optional_bytes), 0);
    set_u32(&mut file, optional + directories + 16, SECTION_ADDRESS);
    set_u32(&mut file, optional + directories + 20, section.len() as u32);
    file.put_bytes(b".rsrc\0\0\0");
    file.put_u32(section.len() as u32);
    file.put_u32(SECTION_ADDRESS);
    file.put_u32(section.len() as u32);
    file.put_u32(SECTION_PLACE as u32);
    file.resize(SECTION_PLACE, 0);
    file.put_bytes(&section);
    file
}

/// The section: directories of types, names and languages, one below the other; then names, data
/// entries, data. Each resource gets a branch of its own.
fn section(resources: &[Resource]) -> Vec<u8> {
    let is_named = |r: &&Resource| matches!(r.of, ResourceType::Name(_));
    let named = resources.iter().filter(is_named).count();
    // Named entries come first.
    let mut sorted: Vec<&Resource> = resources.iter().collect();
    sorted.sort_by_key(|resource| !is_named(resource));
    let mut out = Vec::new();
    directory(&mut out, named, sorted.len() - named);
    let types_at = out.len();
    out.resize(types_at + 8 * sorted.len(), 0);
    for (i, resource) in sorted.iter().enumerate() {
        let entry = types_at + 8 * i;
        let of = match resource.of {
            ResourceType::Number(number) => number,
            ResourceType::Name(name) => {
                let at = out.len() as u32;
                out.put_u16(name.encode_utf16().count() as u16);
                out.put_utf16(name);
                out.align(4);
                at | 0x8000_0000
            }
        };
        set_u32(&mut out, entry, of);
        let names = out.len() as u32;
        set_u32(&mut out, entry + 4, names | 0x8000_0000);
        directory(&mut out, 0, 1);
        out.put_u32(1); // name
        out.put_u32((names + 24) | 0x8000_0000);
        directory(&mut out, 0, 1);
        out.put_u32(resource.language.into());
        out.put_u32(names + 48);
        out.put_u32(SECTION_ADDRESS + names + 64); // where the data is mapped
        out.put_u32(resource.data.len() as u32);
        out.put_u32(0); // code page
        out.put_u32(0);
        out.put_bytes(&resource.data);
        out.align(8);
    }
    out
}

/// `IMAGE_RESOURCE_DIRECTORY`: 12 bytes that nobody asks for, the number of entries with a name
/// and of those with a number.
fn directory(out: &mut Vec<u8>, named: usize, numbered: usize) {
    out.resize(out.len() + 12, 0);
    out.put_u16(named as u16);
    out.put_u16(numbered as u16);
}

/// A message table of these texts, in UTF-16 (or bytes), one block per text.
#[must_use]
pub fn message_table(messages: &[(u32, &str)], is_utf16: bool) -> Vec<u8> {
    let mut out = Vec::new();
    out.put_u32(messages.len() as u32);
    let blocks = out.len();
    out.resize(blocks + 12 * messages.len(), 0);
    for (i, (number, text)) in messages.iter().enumerate() {
        let at = out.len();
        set_u32(&mut out, blocks + 12 * i, *number);
        set_u32(&mut out, blocks + 12 * i + 4, *number);
        set_u32(&mut out, blocks + 12 * i + 8, at as u32);
        let mut entry = Vec::new();
        if is_utf16 {
            entry.put_utf16z(&format!("{text}\r\n"));
        } else {
            entry.put_ansi_z(&format!("{text}\r\n"));
        }
        entry.align(4);
        out.put_u16(entry.len() as u16 + 4);
        out.put_u16(u16::from(is_utf16));
        out.put_bytes(&entry);
    }
    out
}
