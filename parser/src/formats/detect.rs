//! Which format a file is, from its first bytes. Names and endings are not asked: they lie.

use crate::error::{Error, ErrorKind, Result};
use crate::etl;
use crate::formats::json;

/// A format that is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// An event trace log.
    Etl,
    /// Events as JSON text, in one of several dialects.
    Json,
}

/// What is known by its first bytes but not read, with what to say of it.
const KNOWN: &[(&[u8], &str)] = &[
    (b"ElfFile\0", "This is an event log (.evtx): export it as JSON first"),
    (b"PK\x03\x04", "This is a .zip archive: unpack it first"),
    (b"\x1f\x8b", "This is a .gz file: unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "This is a .7z archive: unpack it first"),
    (b"MSCF", "This is a .cab archive: unpack it first"),
    (b"Nettrace", "This is a .nettrace file of EventPipe, not an .etl"),
    (b"\x14\0\0\0!Microsoft.DotNet", "This is a .nettrace file of EventPipe, not an .etl"),
    (b"\x0a\x0d\x0d\x0a", "This is a network capture (.pcapng), not an event trace"),
    (b"MDMP", "This is a memory dump, not an event trace"),
    (b"PAGEDU", "This is a memory dump, not an event trace"),
    (b"PAR1", "This is a Parquet file, not an event trace"),
    (b"MZ", "This is a program or library, not an event trace"),
    (b"%PDF", "This is a PDF document, not an event trace"),
    (b"SQLite format 3\0", "This is a database, not an event trace"),
];

/// Recognises a file by its first bytes; `limits::DETECT_BYTES` of them, or all, are best.
///
/// # Errors
/// [`ErrorKind::Empty`] without bytes, [`ErrorKind::Unsupported`] for a format that is known but
/// not read, [`ErrorKind::NotATrace`] for anything else.
pub fn detect(head: &[u8]) -> Result<Format> {
    if head.is_empty() {
        return Err(Error::at(ErrorKind::Empty, 0, "The file is empty"));
    }
    if let Some((_, what)) = KNOWN.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Err(Error::at(ErrorKind::Unsupported, 0, *what));
    }
    if etl::is_etl(head) {
        return Ok(Format::Etl);
    }
    if json::is_json(head) {
        return Ok(Format::Json);
    }
    match first_character(head) {
        Some('<') => {
            let what = "This is XML: the viewer reads .etl and JSON exports";
            Err(Error::at(ErrorKind::Unsupported, 0, what))
        }
        _ if head.iter().all(|&byte| byte == 0) => {
            let what = "The file begins with zeros only: it was never written, or not finished";
            Err(Error::at(ErrorKind::NotATrace, 0, what))
        }
        Some(_) => {
            let what = "This is text, but not an export of events as JSON";
            Err(Error::at(ErrorKind::NotATrace, 0, what))
        }
        None => {
            let what = "The file begins neither like an .etl trace nor like a JSON export";
            Err(Error::at(ErrorKind::NotATrace, 0, what))
        }
    }
}

/// The first character that is not white space, if the bytes are text: UTF-8 or UTF-16, with or
/// without a byte order mark.
fn first_character(head: &[u8]) -> Option<char> {
    let (text, stride, skip) = match head {
        [0xef, 0xbb, 0xbf, text @ ..] => (text, 1, 0),
        [0xff, 0xfe, text @ ..] => (text, 2, 0),
        [0xfe, 0xff, text @ ..] => (text, 2, 1),
        [a, 0, b, 0, ..] if *a != 0 && *b != 0 => (head, 2, 0),
        text => (text, 1, 0),
    };
    let characters = text.iter().skip(skip).step_by(stride).take(4096).copied();
    let control = |byte: u8| byte < 0x20 && !byte.is_ascii_whitespace();
    if stride == 1 && characters.clone().any(control) {
        return None;
    }
    characters.map(char::from).find(|c| !c.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(head: &[u8]) -> ErrorKind {
        detect(head).expect_err("not a trace").kind()
    }

    #[test]
    fn text_is_told_from_json_in_any_encoding() {
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        assert_eq!(detect(b"\n [ {").ok(), Some(Format::Json));
        assert_eq!(detect(b"\xef\xbb\xbf{\"a\":1}").ok(), Some(Format::Json));
        assert_eq!(detect(&utf16("\u{feff}[{}]")).ok(), Some(Format::Json));
        assert_eq!(detect(&utf16("[{}]")).ok(), Some(Format::Json));
        let big: Vec<u8> = "\u{feff}{}".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(detect(&big).ok(), Some(Format::Json));
        assert_eq!(kind(b"notes of a meeting"), ErrorKind::NotATrace);
        assert_eq!(kind(&utf16("notes")), ErrorKind::NotATrace);
    }

    #[test]
    fn says_what_it_does_not_read() {
        assert_eq!(kind(b""), ErrorKind::Empty);
        assert_eq!(kind(b"ElfFile\0\0\0"), ErrorKind::Unsupported);
        assert_eq!(kind(b"<?xml version=\"1.0\"?>"), ErrorKind::Unsupported);
        assert_eq!(kind(&[0; 64]), ErrorKind::NotATrace);
        assert_eq!(kind(&[1, 2, 3, 250, 251]), ErrorKind::NotATrace);
    }
}
