//! `RT_MESSAGETABLE`: texts by number (winnt.h, `MESSAGE_RESOURCE_DATA`). A u32 says how many
//! blocks there are; each is a u32 first and last number and a u32 offset to its entries; each
//! entry is a u16 length of the whole, u16 flags (1: UTF-16, 2: UTF-8) and the text.

use crate::error::{Error, ErrorKind, Issue};
use crate::limits::MAX_SCHEMA_TEXT_BYTES;
use crate::map::Map;
use crate::text::{cp1252_to_string, utf16le_to_string};

/// Texts by message number.
pub(in crate::schema) type Messages = Map<u32, String>;

const UTF16: u16 = 1;
const ENTRY_BYTES: usize = 4;

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Reads a table that begins at `offset` of its file; what cannot be read is reported.
pub(super) fn parse(data: &[u8], offset: u64, issues: &mut Vec<Issue>) -> Messages {
    let mut messages = Messages::default();
    let mut report = |at: usize, kind: ErrorKind, message: &str| {
        let error = Error::at(kind, offset.saturating_add(at as u64), message);
        issues.push(Issue::from_error(&error, 0));
    };
    let blocks = u32_at(data, 0).unwrap_or(0);
    // Blocks may overlap: no more entries are read than fit into the table once.
    let mut entries_left = data.len() / ENTRY_BYTES;
    let mut text_bytes = 0_usize;
    for block in 0..blocks as usize {
        let at = block.saturating_mul(12).saturating_add(4);
        let numbers = data.get(at..).and_then(|block| block.first_chunk::<12>());
        let Some(numbers) = numbers else {
            report(at, ErrorKind::Truncated, "A message table is cut");
            break;
        };
        let [first, last, entries] =
            [0, 4, 8].map(|part| u32_at(numbers, part).unwrap_or_default());
        let mut at = entries as usize;
        for number in first..=last {
            let head = u16_at(data, at).zip(u16_at(data, at.saturating_add(2)));
            let entry = head.and_then(|(bytes, flags)| {
                let text = data.get(at + ENTRY_BYTES..at + usize::from(bytes))?;
                Some((usize::from(bytes), flags, text))
            });
            let Some((bytes, flags, text)) = entry.filter(|_| entries_left > 0) else {
                report(at, ErrorKind::BadSchema, "The messages of a block cannot be read");
                break;
            };
            entries_left -= 1;
            text_bytes = text_bytes.saturating_add(bytes);
            if text_bytes > MAX_SCHEMA_TEXT_BYTES {
                report(at, ErrorKind::Limit, "The messages are too long");
                return messages;
            }
            messages.insert(number, text_of(text, flags));
            at += bytes;
        }
    }
    messages
}

/// The text of an entry, without the line end and the zeros that pad it.
fn text_of(bytes: &[u8], flags: u16) -> String {
    let text = match std::str::from_utf8(bytes) {
        _ if flags & UTF16 != 0 => utf16le_to_string(bytes),
        Ok(text) => text.to_owned(),
        Err(_) => cp1252_to_string(bytes),
    };
    text.trim_end_matches(['\0', '\r', '\n', ' ']).to_owned()
}
