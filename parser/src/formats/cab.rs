//! Cabinets (MS-CAB): what `netsh trace` and other tools of Windows pack a trace and its reports
//! into. Files lie one after another in folders; a folder is a run of blocks of at most 32 KiB,
//! each compressed by itself but reaching back into those before it.

use super::container::{Member, Method};
use crate::error::{Error, ErrorKind, Result};
use crate::source::ReadAt;
use crate::text::cp1252_to_string;
use crate::xca::mszip::{BLOCK_BYTES, Mszip};

/// What a cabinet begins with.
pub(super) const SIGNATURE: &[u8; 4] = b"MSCF";

const HEADER_BYTES: usize = 36;
const FOLDER_BYTES: usize = 8;
const FILE_BYTES: usize = 16;
/// Longest name of a file, its zero included.
const MAX_NAME_BYTES: usize = 257;
/// Longest names of the cabinets before and after, and of their disks, and the reserved bytes.
const MAX_OPTIONAL_BYTES: usize = 4 + 60_000 + 4 * 256;
/// MSZIP may write a block a little longer than it is.
const MAX_STORED_BYTES: usize = BLOCK_BYTES + 6_144;
/// Read at once.
const WINDOW_BYTES: u64 = 1 << 20;

mod header_flag {
    pub const PREVIOUS: u16 = 1;
    pub const NEXT: u16 = 2;
    pub const RESERVE: u16 = 4;
}

/// `CFFILE.attribs`: the name is UTF-8.
const NAME_IS_UTF8: u16 = 0x80;
/// `CFFILE.iFolder` from here on: the file goes on in another cabinet.
const FIRST_CONTINUED: u16 = 0xfffd;

/// Where a file lies in its folder, and how that is compressed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Folder {
    /// `CFFOLDER.typeCompress`.
    compression: u16,
    /// Blocks of the folder.
    blocks: u16,
    /// Bytes between the header of a block and its data.
    reserved_bytes: u8,
    /// Bytes of the folder before the file.
    skip_bytes: u32,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|word| u16::from_le_bytes(*word))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|word| u32::from_le_bytes(*word))
}

fn cut_off(offset: u64) -> Error {
    Error::at(ErrorKind::Truncated, offset, "The cabinet ends within what it should hold")
}

/// The bytes from an offset, as many as there are up to `most_bytes`.
fn read(source: &dyn ReadAt, offset: u64, most_bytes: usize) -> Result<Vec<u8>> {
    let left = source.len_bytes().saturating_sub(offset);
    let mut bytes = vec![0; left.min(most_bytes as u64) as usize];
    source.read_exact_at(offset, &mut bytes)?;
    Ok(bytes)
}

/// The files of a cabinet.
pub(super) fn members(source: &dyn ReadAt) -> Result<Vec<Member>> {
    let most_bytes = HEADER_BYTES + MAX_OPTIONAL_BYTES + FOLDER_BYTES * usize::from(u16::MAX);
    let head = read(source, 0, most_bytes)?;
    let (folders, files) = head_of(&head).ok_or_else(|| cut_off(head.len() as u64))?;
    let most_bytes = usize::from(files.count) * (FILE_BYTES + MAX_NAME_BYTES);
    let list = read(source, files.offset.into(), most_bytes)?;
    let mut rest = list.as_slice();
    let mut members = Vec::with_capacity(files.count.into());
    for _ in 0..files.count {
        let at = u64::from(files.offset) + (list.len() - rest.len()) as u64;
        let (member, tail) = file(rest, &folders, source.len_bytes()).ok_or_else(|| cut_off(at))?;
        members.push(member);
        rest = tail;
    }
    Ok(members)
}

/// `CFFOLDER`: offset of the first block, and what all files of it share.
type FolderAt = (u32, Folder);

struct Files {
    offset: u32,
    count: u16,
}

fn head_of(head: &[u8]) -> Option<(Vec<FolderAt>, Files)> {
    let files = Files { offset: u32_at(head, 16)?, count: u16_at(head, 28)? };
    let (folder_count, flags) = (u16_at(head, 26)?, u16_at(head, 30)?);
    let mut at = HEADER_BYTES;
    let (mut folder_reserve, mut reserved_bytes) = (0, 0);
    if flags & header_flag::RESERVE != 0 {
        let header_reserve = usize::from(u16_at(head, at)?);
        folder_reserve = usize::from(*head.get(at + 2)?);
        reserved_bytes = *head.get(at + 3)?;
        at += 4 + header_reserve;
    }
    // Name and disk of the cabinets before and after.
    for flag in [header_flag::PREVIOUS, header_flag::NEXT] {
        for _ in 0..if flags & flag == 0 { 0 } else { 2 } {
            at += memchr::memchr(0, head.get(at..)?)? + 1;
        }
    }
    let mut folders = Vec::with_capacity(folder_count.into());
    for _ in 0..folder_count {
        let (blocks, compression) = (u16_at(head, at + 4)?, u16_at(head, at + 6)?);
        folders.push((
            u32_at(head, at)?,
            Folder { compression, blocks, reserved_bytes, skip_bytes: 0 },
        ));
        at += FOLDER_BYTES + folder_reserve;
    }
    Some((folders, files))
}

/// `CFFILE`, and what follows it. A file that goes on in another cabinet has no folder here.
fn file<'a>(bytes: &'a [u8], folders: &[FolderAt], len: u64) -> Option<(Member, &'a [u8])> {
    let (size, skip_bytes) = (u32_at(bytes, 0)?, u32_at(bytes, 4)?);
    let (folder, attributes) = (u16_at(bytes, 8)?, u16_at(bytes, 14)?);
    let rest = bytes.get(FILE_BYTES..)?;
    let (name, after) = rest.split_at_checked(memchr::memchr(0, rest)?)?;
    let name = match attributes & NAME_IS_UTF8 {
        0 => cp1252_to_string(name),
        _ => String::from_utf8_lossy(name).into_owned(),
    };
    let none = Folder { compression: 0, blocks: 0, reserved_bytes: 0, skip_bytes };
    let (offset, folder) = match folder {
        FIRST_CONTINUED.. => (0, none),
        folder => *folders.get(usize::from(folder))?,
    };
    if u64::from(offset) > len {
        return None;
    }
    let member = Member {
        name,
        method: Method::Cabinet(Folder { skip_bytes, ..folder }),
        offset: offset.into(),
        stored_bytes: len.saturating_sub(offset.into()),
        bytes: Some(size.into()),
    };
    Some((member, after.get(1..)?))
}

/// Says why a file cannot be unpacked, if it cannot.
pub(super) fn check(member: &Member, folder: &Folder) -> Result<()> {
    let name = &member.name;
    let problem = match folder.compression & 0xf {
        _ if folder.blocks == 0 => format!("{name} goes on in another cabinet"),
        0 | 1 => return Ok(()),
        2 => format!("{name} is packed with Quantum, which is not read; MSZIP is"),
        3 => format!("{name} is packed with LZX, which is not read; MSZIP is"),
        other => format!("{name} is packed with method {other}, which no cabinet has"),
    };
    Err(Error::at(ErrorKind::Unsupported, member.offset, problem))
}

/// Unpacks one file of a cabinet, piece by piece.
#[derive(Debug)]
pub struct Unpacker {
    folder: Folder,
    /// Where the next block begins.
    at: u64,
    blocks_left: u16,
    skip_bytes: u64,
    left_bytes: u64,
    mszip: Mszip,
    /// Offset of the first byte held, and the bytes.
    window: (u64, Vec<u8>),
}

impl Unpacker {
    /// Begins with a member; `None` of one that is in no cabinet.
    #[must_use]
    pub fn new(member: &Member) -> Option<Self> {
        let Method::Cabinet(folder) = member.method else { return None };
        Some(Self {
            folder,
            at: member.offset,
            blocks_left: folder.blocks,
            skip_bytes: folder.skip_bytes.into(),
            left_bytes: member.bytes.unwrap_or(0),
            mszip: Mszip::default(),
            window: (0, Vec::new()),
        })
    }

    /// Appends the next piece of the file to `out`, at most a block. Whether there is more.
    ///
    /// # Errors
    /// What the source says, or that a block is cut off or damaged: then there is no more.
    pub fn step(&mut self, source: &dyn ReadAt, out: &mut Vec<u8>) -> Result<bool> {
        if self.left_bytes == 0 {
            return Ok(false);
        }
        let Some(blocks_left) = self.blocks_left.checked_sub(1) else {
            return Err(cut_off(self.at));
        };
        self.blocks_left = blocks_left;
        let header_bytes = 8 + usize::from(self.folder.reserved_bytes);
        self.hold(source, header_bytes + MAX_STORED_BYTES)?;
        let held = usize::try_from(self.at - self.window.0).ok();
        let bytes = held.and_then(|held| self.window.1.get(held..)).unwrap_or_default();
        let (Some(stored), Some(plain)) = (u16_at(bytes, 4), u16_at(bytes, 6)) else {
            return Err(cut_off(self.at));
        };
        let (stored, plain) = (usize::from(stored), usize::from(plain));
        let data = bytes.get(header_bytes..header_bytes + stored);
        let data = data.ok_or_else(|| cut_off(self.at))?;
        let unpacked = match self.folder.compression & 0xf {
            0 => Some(data).filter(|data| data.len() == plain),
            _ => self.mszip.block(data, plain).filter(|_| plain <= BLOCK_BYTES),
        };
        let unpacked = unpacked.ok_or_else(|| {
            Error::at(ErrorKind::BadCompression, self.at, "A block of the cabinet is damaged")
        })?;
        self.at += (header_bytes + stored) as u64;
        let skipped = (unpacked.len() as u64).min(self.skip_bytes);
        self.skip_bytes -= skipped;
        let rest = unpacked.get(skipped as usize..).unwrap_or_default();
        let taken = (rest.len() as u64).min(self.left_bytes);
        self.left_bytes -= taken;
        out.extend_from_slice(rest.get(..taken as usize).unwrap_or_default());
        Ok(self.left_bytes > 0)
    }

    /// Holds the next bytes, as many of `wanted` as there are.
    fn hold(&mut self, source: &dyn ReadAt, wanted: usize) -> Result<()> {
        let end = self.at.saturating_add(wanted as u64).min(source.len_bytes());
        let (first, held) = &mut self.window;
        if self.at >= *first && end <= *first + held.len() as u64 {
            return Ok(());
        }
        let left = source.len_bytes().saturating_sub(self.at);
        held.resize(left.min(WINDOW_BYTES) as usize, 0);
        *first = self.at;
        source.read_exact_at(self.at, held)
    }
}
