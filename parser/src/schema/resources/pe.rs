//! The resources of a program (Portable Executable, `.exe`, `.dll`, `.mui`): the winnt.h structs
//! `IMAGE_DOS_HEADER` to `IMAGE_RESOURCE_DATA_ENTRY`, as far as they lead to the two types that
//! describe events.

use crate::error::{Error, ErrorKind, Issue, Result};
use crate::limits::{MAX_RESOURCE_ENTRIES, MAX_SECTIONS};
use crate::text::utf16le_to_string;

/// Data directory of the resources.
const RESOURCES: usize = 2;
/// `RT_MESSAGETABLE`.
const RT_MESSAGETABLE: u32 = 11;
/// In an entry: its name is text, or it leads to another directory.
const HIGH_BIT: u32 = 0x8000_0000;

/// What a resource holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// A compiled manifest.
    WevtTemplate,
    /// Texts by number.
    MessageTable,
}

/// One resource.
#[derive(Debug)]
pub(super) struct Resource<'a> {
    pub kind: Kind,
    /// `LANGID`.
    pub language: u16,
    pub data: &'a [u8],
    /// Where the data begins in the file.
    pub offset: u64,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// The resources of a program that describe events. Damage in their directory is reported; the
/// rest is given.
///
/// # Errors
/// [`ErrorKind::BadSchema`] when this is no program, or one without resources.
pub(super) fn resources<'a>(file: &'a [u8], issues: &mut Vec<Issue>) -> Result<Vec<Resource<'a>>> {
    let image = Image::read(file)
        .ok_or_else(|| Error::at(ErrorKind::BadSchema, 0, "This is not a whole program"))?;
    let mut walk = Walk { image, found: Vec::new(), entries_left: MAX_RESOURCE_ENTRIES, issues };
    walk.types();
    Ok(walk.found)
}

/// Headers of a program.
struct Image<'a> {
    file: &'a [u8],
    /// Virtual address, size in the file, place in the file.
    sections: Vec<(u32, u32, u32)>,
    /// Place of the resource directory in the file.
    resources: usize,
}

impl<'a> Image<'a> {
    fn read(file: &'a [u8]) -> Option<Self> {
        let pe = usize::try_from(u32_at(file, 0x3c)?).ok()?;
        if file.get(..2)? != b"MZ" || file.get(pe..)?.get(..4)? != b"PE\0\0" {
            return None;
        }
        let section_count = usize::from(u16_at(file, pe + 6)?).min(MAX_SECTIONS);
        let optional = pe + 24;
        let optional_bytes = usize::from(u16_at(file, pe + 20)?);
        // PE32+ has wider addresses before its directories.
        let directories = match u16_at(file, optional)? {
            0x10b => optional + 96,
            0x20b => optional + 112,
            _ => return None,
        };
        let address = u32_at(file, directories + 8 * RESOURCES)?;
        let mut sections = Vec::with_capacity(section_count);
        for number in 0..section_count {
            let header = file.get(optional + optional_bytes + 40 * number..)?.get(..40)?;
            sections.push((u32_at(header, 12)?, u32_at(header, 16)?, u32_at(header, 20)?));
        }
        let mut image = Self { file, sections, resources: 0 };
        image.resources = image.place(address).filter(|_| address != 0)?;
        Some(image)
    }

    /// Where a virtual address lies in the file.
    fn place(&self, address: u32) -> Option<usize> {
        self.sections.iter().find_map(|&(start, bytes, place)| {
            let into = address.checked_sub(start).filter(|&into| into < bytes)?;
            usize::try_from(u64::from(place) + u64::from(into)).ok()
        })
    }
}

struct Walk<'a, 'i> {
    image: Image<'a>,
    found: Vec<Resource<'a>>,
    entries_left: usize,
    issues: &'i mut Vec<Issue>,
}

impl<'a> Walk<'a, '_> {
    fn types(&mut self) {
        for (name, target) in self.directory(0) {
            let kind = match name {
                Name::Id(RT_MESSAGETABLE) => Kind::MessageTable,
                Name::Text(text) if text.eq_ignore_ascii_case("WEVT_TEMPLATE") => {
                    Kind::WevtTemplate
                }
                _ => continue,
            };
            for (_, target) in self.below(target) {
                for (language, target) in self.below(target) {
                    let Name::Id(language) = language else { continue };
                    self.data(kind, language as u16, target);
                }
            }
        }
    }

    /// The entries of the directory that an entry leads to.
    fn below(&mut self, target: u32) -> Vec<(Name, u32)> {
        if target & HIGH_BIT == 0 {
            self.report(target, "A directory of resources is missing");
            return Vec::new();
        }
        self.directory(target & !HIGH_BIT)
    }

    /// The entries of a directory: 16 bytes with the numbers of named and numbered entries in the
    /// last two words, then 8 bytes each.
    fn directory(&mut self, offset: u32) -> Vec<(Name, u32)> {
        let base = self.image.file.get(self.image.resources..).unwrap_or_default();
        let table = base.get(offset as usize..).unwrap_or_default();
        let counts = u16_at(table, 12).zip(u16_at(table, 14));
        let Some((named, numbered)) = counts else {
            self.report(offset, "A directory of resources is cut");
            return Vec::new();
        };
        let mut entries = Vec::new();
        for number in 0..usize::from(named) + usize::from(numbered) {
            let at = 16 + 8 * number;
            let Some((name, target)) = u32_at(table, at).zip(u32_at(table, at + 4)) else {
                self.report(offset, "A directory of resources is cut");
                break;
            };
            if self.entries_left == 0 {
                self.report(offset, "There are too many resources");
                break;
            }
            self.entries_left -= 1;
            let name = match name & HIGH_BIT {
                0 => Name::Id(name),
                _ => Name::Text(text_at(base, (name & !HIGH_BIT) as usize)),
            };
            entries.push((name, target));
        }
        entries
    }

    /// The data an entry leads to: address, size, code page.
    fn data(&mut self, kind: Kind, language: u16, target: u32) {
        let file = self.image.file;
        let at = self.image.resources.saturating_add(target as usize);
        let entry = u32_at(file, at).zip(u32_at(file, at + 4)).filter(|_| target & HIGH_BIT == 0);
        let place = entry.and_then(|(address, bytes)| Some((self.image.place(address)?, bytes)));
        let Some((place, bytes)) = place else {
            self.report(target, "The data of a resource is missing");
            return;
        };
        let rest = file.get(place..).unwrap_or_default();
        let data = rest.get(..bytes as usize).unwrap_or(rest);
        let offset = place as u64;
        if data.len() < bytes as usize {
            self.issues.push(Issue {
                kind: ErrorKind::Truncated,
                offset,
                skipped_bytes: 0,
                message: "The data of a resource is cut".to_owned(),
            });
        }
        self.found.push(Resource { kind, language, data, offset });
    }

    fn report(&mut self, offset: u32, message: &str) {
        let place = (self.image.resources as u64).saturating_add(u64::from(offset & !HIGH_BIT));
        let issue = Error::at(ErrorKind::BadSchema, place, message);
        self.issues.push(Issue::from_error(&issue, 0));
    }
}

/// What a directory entry is called.
enum Name {
    Id(u32),
    Text(String),
}

/// A counted string of the directory.
fn text_at(base: &[u8], at: usize) -> String {
    let units = u16_at(base, at).map_or(0, usize::from);
    let text = base.get(at.saturating_add(2)..).unwrap_or_default();
    utf16le_to_string(text.get(..2 * units).unwrap_or_default())
}
