//! Archives that hold a trace: `.zip`, `.gz` and `.cab`.
//!
//! This module only finds where the compressed bytes lie; inflating is left to the caller, which
//! in a browser has `DecompressionStream`, and for cabinets to [`super::cab`]. Source of the layouts: PKWARE APPNOTE 6.3.9
//! (sections 4.3 and 4.5.3 for ZIP64), RFC 1952 for gzip.

use super::cab;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{MAX_ZIP_DIRECTORY_BYTES, MAX_ZIP_MEMBERS};
use crate::source::ReadAt;

/// A kind of archive.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Container {
    /// ZIP: several files.
    Zip,
    /// gzip: one file.
    Gzip,
    /// A cabinet: several files.
    Cabinet,
}

/// Which archive begins with these bytes, if any.
#[must_use]
pub fn container(head: &[u8]) -> Option<Container> {
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        Some(Container::Zip)
    } else if head.starts_with(&[0x1f, 0x8b, 8]) {
        Some(Container::Gzip)
    } else if head.starts_with(cab::SIGNATURE) {
        Some(Container::Cabinet)
    } else {
        None
    }
}

/// How a member is stored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Method {
    /// As it is.
    Stored,
    /// Raw deflate, without a zlib or gzip wrapper.
    Deflate,
    /// The whole gzip file, its header and trailer included.
    Gzip,
    /// In the blocks of a cabinet: [`cab::Unpacker`] unpacks it.
    Cabinet(cab::Folder),
}

/// One file of an archive.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Member {
    /// Its path in the archive, as written; empty when a gzip file does not say.
    pub name: String,
    /// How it is stored.
    pub method: Method,
    /// Where its stored bytes begin in the archive.
    pub offset: u64,
    /// How many they are.
    pub stored_bytes: u64,
    /// Its size when unpacked; `None` when the archive does not say (gzip keeps only the low
    /// 32 bits of it).
    pub bytes: Option<u64>,
}

impl Member {
    /// Its name without folders.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.name.rsplit(['/', '\\']).next().unwrap_or(&self.name)
    }

    /// How well its name fits a trace: 0 best, `None` not at all.
    fn rank(&self) -> Option<u8> {
        let name = self.file_name().to_ascii_lowercase();
        let of = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
        if of(&[".etl"]) {
            Some(0)
        } else if of(&[".json", ".jsonl", ".ndjson"]) {
            Some(1)
        } else {
            None
        }
    }
}

/// The member to open: the largest `.etl`, else the largest JSON file.
///
/// # Errors
/// [`ErrorKind::NotATrace`] when the archive holds neither, saying what it does hold;
/// [`ErrorKind::Unsupported`] when the one it holds cannot be unpacked; damage of the archive.
pub fn trace_member(source: &dyn ReadAt) -> Result<Member> {
    let mut head = [0; 4];
    let len = source.len_bytes().min(4) as usize;
    let head = head.get_mut(..len).unwrap_or_default();
    source.read_exact_at(0, head)?;
    match container(head) {
        Some(Container::Gzip) => gzip_member(source),
        Some(Container::Zip) => {
            let entries = zip_entries(source)?;
            open(source, best(&entries, |entry| &entry.member)?)
        }
        Some(Container::Cabinet) => {
            let members = cab::members(source)?;
            let member = best(&members, |member| member)?;
            if let Method::Cabinet(folder) = &member.method {
                cab::check(member, folder)?;
            }
            Ok(member.clone())
        }
        None => {
            let message = "Neither a .zip nor a .gz nor a .cab file";
            Err(Error::at(ErrorKind::NotATrace, 0, message))
        }
    }
}

/// The one of the files to open.
fn best<T>(files: &[T], member: impl Fn(&T) -> &Member) -> Result<&T> {
    let ranked = files.iter().filter_map(|file| {
        Some((member(file).rank()?, std::cmp::Reverse(member(file).bytes), file))
    });
    let best = ranked.min_by_key(|(rank, size, _)| (*rank, *size));
    best.map(|(_, _, file)| file).ok_or_else(|| {
        let names: Vec<&str> =
            files.iter().take(3).map(|file| member(file).name.as_str()).collect();
        let message = format!(
            "The archive holds no .etl and no .json file: {} files, such as {}",
            files.len(),
            names.join(", ")
        );
        Error::new(ErrorKind::NotATrace, message)
    })
}

/// What the central directory says of a file.
struct Entry {
    member: Member,
    method: u16,
    flags: u16,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|word| u16::from_le_bytes(*word))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|word| u32::from_le_bytes(*word))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|word| u64::from_le_bytes(*word))
}

fn damaged(offset: u64, what: &str) -> Error {
    Error::at(ErrorKind::Truncated, offset, what)
}

/// Finds the local header of an entry and checks that it can be unpacked.
fn open(source: &dyn ReadAt, entry: &Entry) -> Result<Member> {
    let mut member = entry.member.clone();
    let offset = member.offset;
    let unsupported = |what: String| Err(Error::at(ErrorKind::Unsupported, offset, what));
    if entry.flags & 1 != 0 {
        return unsupported(format!("{} is encrypted in the archive", member.name));
    }
    member.method = match entry.method {
        0 => Method::Stored,
        8 => Method::Deflate,
        other => {
            let name = &member.name;
            return unsupported(format!("{name} is packed with method {other}; deflate is read"));
        }
    };
    let mut local = [0; 30];
    source.read_exact_at(offset, &mut local)?;
    let lengths = (u16_at(&local, 26), u16_at(&local, 28));
    let (true, (Some(name), Some(extra))) = (local.starts_with(b"PK\x03\x04"), lengths) else {
        return Err(damaged(offset, "No file header of the archive where its directory says"));
    };
    member.offset = offset + 30 + u64::from(name) + u64::from(extra);
    if member.offset.checked_add(member.stored_bytes).is_none_or(|end| end > source.len_bytes()) {
        return Err(damaged(offset, "The archive ends within the file it should hold"));
    }
    Ok(member)
}

/// Reads the central directory.
fn zip_entries(source: &dyn ReadAt) -> Result<Vec<Entry>> {
    let len = source.len_bytes();
    // The end record: 22 bytes and a comment of at most 65,535.
    let tail_bytes = len.min(22 + 65_535);
    let tail_offset = len - tail_bytes;
    let mut tail = vec![0; tail_bytes as usize];
    source.read_exact_at(tail_offset, &mut tail)?;
    let end = tail
        .windows(4)
        .rposition(|window| window == b"PK\x05\x06")
        .ok_or_else(|| damaged(len, "The archive ends before its directory"))?;
    let end_record = tail.get(end..).unwrap_or_default();
    let read = || {
        let count = u64::from(u16_at(end_record, 10)?);
        Some((count, u64::from(u32_at(end_record, 12)?), u64::from(u32_at(end_record, 16)?)))
    };
    let end_offset = tail_offset + end as u64;
    let (mut count, mut size, mut offset) =
        read().ok_or_else(|| damaged(end_offset, "The archive's end record is cut off"))?;
    if count == 0xffff || size == 0xffff_ffff || offset == 0xffff_ffff {
        // ZIP64: a locator of 20 bytes precedes the end record.
        if let Some(locator) = end.checked_sub(20).and_then(|at| tail.get(at..end))
            && locator.starts_with(b"PK\x06\x07")
            && let Some(record_offset) = u64_at(locator, 8)
        {
            let mut record = [0; 56];
            source.read_exact_at(record_offset, &mut record)?;
            let read = || Some((u64_at(&record, 32)?, u64_at(&record, 40)?, u64_at(&record, 48)?));
            if record.starts_with(b"PK\x06\x06")
                && let Some(wide) = read()
            {
                (count, size, offset) = wide;
            }
        }
    }
    if count > MAX_ZIP_MEMBERS || size > MAX_ZIP_DIRECTORY_BYTES {
        let message = format!("The archive claims {count} files in a directory of {size} bytes");
        return Err(Error::at(ErrorKind::Limit, end_offset, message));
    }
    if offset.checked_add(size).is_none_or(|end| end > len) {
        return Err(damaged(end_offset, "The archive's directory lies outside of it"));
    }
    let mut directory = vec![0; size as usize];
    source.read_exact_at(offset, &mut directory)?;
    let mut entries = Vec::new();
    let mut rest = directory.as_slice();
    for _ in 0..count {
        let Some((entry, next)) = zip_entry(rest) else {
            let at = offset + (directory.len() - rest.len()) as u64;
            return Err(damaged(at, "An entry of the archive's directory is damaged"));
        };
        rest = next;
        if !entry.member.name.ends_with('/') {
            entries.push(entry);
        }
    }
    Ok(entries)
}

/// Reads one entry of the central directory.
fn zip_entry(bytes: &[u8]) -> Option<(Entry, &[u8])> {
    if !bytes.starts_with(b"PK\x01\x02") {
        return None;
    }
    let lengths = [28, 30, 32].map(|at| u16_at(bytes, at).map(usize::from));
    let [Some(name_bytes), Some(extra_bytes), Some(comment_bytes)] = lengths else { return None };
    let name = bytes.get(46..46 + name_bytes)?;
    let mut extra = bytes.get(46 + name_bytes..46 + name_bytes + extra_bytes)?;
    let mut size = u64::from(u32_at(bytes, 24)?);
    let mut stored_bytes = u64::from(u32_at(bytes, 20)?);
    let mut offset = u64::from(u32_at(bytes, 42)?);
    while let (Some(tag), Some(len)) = (u16_at(extra, 0), u16_at(extra, 2)) {
        let data = extra.get(4..4 + usize::from(len))?;
        if tag == 1 {
            // Only the fields that did not fit are there, in this order.
            let mut at = 0;
            for field in [&mut size, &mut stored_bytes, &mut offset] {
                if *field == 0xffff_ffff {
                    *field = u64_at(data, at)?;
                    at += 8;
                }
            }
        }
        extra = extra.get(4 + usize::from(len)..)?;
    }
    let member = Member {
        name: String::from_utf8_lossy(name).into_owned(),
        method: Method::Stored,
        offset,
        stored_bytes,
        bytes: Some(size),
    };
    let entry = Entry { member, method: u16_at(bytes, 10)?, flags: u16_at(bytes, 8)? };
    Some((entry, bytes.get(46 + name_bytes + extra_bytes + comment_bytes..)?))
}

/// A gzip file as its only member. Its name is in the header, where the writer put it.
fn gzip_member(source: &dyn ReadAt) -> Result<Member> {
    let len = source.len_bytes();
    let mut head = vec![0; len.min(4096) as usize];
    source.read_exact_at(0, &mut head)?;
    let flags = head.get(3).copied().unwrap_or(0);
    let mut at = 10;
    if flags & 4 != 0 {
        at += 2 + usize::from(u16_at(&head, at).unwrap_or(0));
    }
    let name = match flags & 8 {
        0 => Vec::new(),
        _ => head.iter().skip(at).copied().take_while(|&byte| byte != 0).collect(),
    };
    // RFC 1952 names are Latin-1: each byte is its character.
    let name = name.into_iter().map(char::from).collect();
    Ok(Member { name, method: Method::Gzip, offset: 0, stored_bytes: len, bytes: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ZIP of stored files, written from APPNOTE's tables.
    fn zip(files: &[(&str, &[u8])], zip64: bool) -> Vec<u8> {
        let (mut body, mut directory) = (Vec::new(), Vec::new());
        let push = |to: &mut Vec<u8>, words: &[(u64, usize)]| {
            for &(value, width) in words {
                to.extend_from_slice(&value.to_le_bytes()[..width]);
            }
        };
        for (name, data) in files {
            let (offset, len) = (body.len() as u64, data.len() as u64);
            let names = name.len() as u64;
            body.extend_from_slice(b"PK\x03\x04");
            push(&mut body, &[(20, 2), (0, 2), (0, 2), (0, 4), (0, 4), (len, 4), (len, 4)]);
            push(&mut body, &[(names, 2), (4, 2)]);
            body.extend_from_slice(name.as_bytes());
            // An extra field that only the local header has.
            body.extend_from_slice(&[0x99, 0x99, 0, 0]);
            body.extend_from_slice(data);
            directory.extend_from_slice(b"PK\x01\x02");
            push(&mut directory, &[(20, 2), (20, 2), (0, 2), (0, 2), (0, 4), (0, 4)]);
            let narrow = |value| if zip64 { 0xffff_ffff } else { value };
            push(&mut directory, &[(narrow(len), 4), (narrow(len), 4), (names, 2)]);
            push(
                &mut directory,
                &[(if zip64 { 28 } else { 0 }, 2), (0, 2), (0, 2), (0, 2), (0, 4)],
            );
            push(&mut directory, &[(narrow(offset), 4)]);
            directory.extend_from_slice(name.as_bytes());
            if zip64 {
                push(&mut directory, &[(1, 2), (24, 2), (len, 8), (len, 8), (offset, 8)]);
            }
        }
        let (start, size, count) = (body.len() as u64, directory.len() as u64, files.len() as u64);
        body.extend_from_slice(&directory);
        if zip64 {
            let record = body.len() as u64;
            body.extend_from_slice(b"PK\x06\x06");
            push(&mut body, &[(44, 8), (45, 2), (45, 2), (0, 4), (0, 4), (count, 8), (count, 8)]);
            push(&mut body, &[(size, 8), (start, 8)]);
            body.extend_from_slice(b"PK\x06\x07");
            push(&mut body, &[(0, 4), (record, 8), (1, 4)]);
        }
        let narrow = |value, most| if zip64 { most } else { value };
        body.extend_from_slice(b"PK\x05\x06");
        push(&mut body, &[(0, 2), (0, 2), (narrow(count, 0xffff), 2), (narrow(count, 0xffff), 2)]);
        push(&mut body, &[(narrow(size, 0xffff_ffff), 4), (narrow(start, 0xffff_ffff), 4)]);
        push(&mut body, &[(7, 2)]);
        body.extend_from_slice(b"comment");
        body
    }

    #[test]
    fn finds_the_largest_trace() {
        let files: &[(&str, &[u8])] = &[
            ("readme.txt", b"a long text that is no trace at all"),
            ("logs/small.etl", b"12"),
            ("logs/large.ETL", b"0123456789"),
            ("events.json", b"[{},{},{},{},{},{},{},{}]"),
        ];
        for zip64 in [false, true] {
            let archive = zip(files, zip64);
            let member = trace_member(&archive).expect("a trace");
            assert_eq!((member.name.as_str(), member.method), ("logs/large.ETL", Method::Stored));
            assert_eq!((member.file_name(), member.bytes), ("large.ETL", Some(10)));
            let mut data = [0; 10];
            archive.read_exact_at(member.offset, &mut data).expect("inside");
            assert_eq!(&data, b"0123456789");
        }
    }

    #[test]
    fn says_what_an_archive_without_a_trace_holds() {
        let error = trace_member(&zip(&[("a.png", b"x")], false)).expect_err("no trace");
        assert_eq!(error.kind(), ErrorKind::NotATrace);
        assert!(error.to_string().contains("a.png"), "{error}");
    }

    #[test]
    fn any_cut_is_an_error_with_a_place() {
        let archive = zip(&[("a.etl", b"0123456789")], false);
        // The comment and its length tell nothing.
        for len in 0..archive.len() - 9 {
            let error = trace_member(&archive[..len].to_vec()).expect_err("cut");
            assert!(error.offset().is_some(), "{error} at {len}");
        }
    }

    #[test]
    fn gzip_tells_its_name() {
        let mut bytes = vec![0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 0];
        bytes.extend_from_slice(b"trace.etl\0rest");
        let member = trace_member(&bytes).expect("gzip");
        assert_eq!((member.name.as_str(), member.method), ("trace.etl", Method::Gzip));
        assert_eq!(member.stored_bytes, bytes.len() as u64);
    }
}
