//! A table for spreadsheets (RFC 4180, UTF-8 with byte order mark, as Excel wants it).

use super::Line;
use crate::guid::Guid;
use crate::time::iso8601;
use crate::value_text::FieldsText;
use crate::view::MessageSource;

/// Byte order mark and column names, Windows' own.
pub(super) const HEADER: &[u8] = b"\xef\xbb\xbfTimeCreated,Level,ProviderName,ProviderGuid,\
EventID,Version,EventName,Task,Opcode,Keywords,ProcessID,ThreadID,ProcessorID,ActivityID,\
RelatedActivityID,Channel,Message,EventData\r\n";

/// Writes an event as one row.
pub(super) fn write(line: &Line<'_>, out: &mut Vec<u8>) {
    let (trace, seen, record) = (line.trace, line.seen, line.seen.record);
    let Some(key) = trace.key(line.event) else { return };
    let names = &key.names;
    let id = |id: Option<u32>| id.map(|id| id.to_string()).unwrap_or_default();
    let guid = |guid: Guid| if guid.is_zero() { String::new() } else { format!("{guid:#}") };
    let named = |name: &str, number: u32| match name {
        "" => number.to_string(),
        name => name.to_owned(),
    };
    let (pid, tid) = trace.thread(line.event);
    let message = trace.message(seen, line.locale);
    let text = match message.source {
        MessageSource::Fields => String::new(),
        _ => message.text,
    };
    let cells = [
        iso8601(trace.time(line.event)),
        key.event.level.to_string(),
        names.provider.clone(),
        guid(record.provider),
        key.event.id.to_string(),
        key.event.version.to_string(),
        names.event.clone(),
        named(&names.task, key.event.task.into()),
        named(&names.opcode, key.event.opcode.into()),
        format!("{:#x}", key.event.keywords),
        id(pid),
        id(tid),
        record.cpu.to_string(),
        guid(record.activity),
        seen.related_activity().map(guid).unwrap_or_default(),
        names.channel.clone(),
        text,
        FieldsText(&seen.decoded.fields).to_string(),
    ];
    for (i, text) in cells.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        cell(text, out);
    }
    out.extend_from_slice(b"\r\n");
}

/// One cell. What a spreadsheet would take for a formula gets an apostrophe: the text comes from
/// whoever wrote the trace.
fn cell(text: &str, out: &mut Vec<u8>) {
    let formula =
        text.starts_with(['=', '+', '@', '-', '\t', '\r']) && crate::decimal::parse(text).is_none();
    if !formula && !text.contains(['"', ',', '\r', '\n']) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    if formula {
        out.push(b'\'');
    }
    out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"\n", "\"say \"\"hi\"\"\n\""),
            ("-5", "-5"),
            ("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\""),
        ] {
            let mut out = Vec::new();
            cell(text, &mut out);
            assert_eq!(String::from_utf8(out).expect("UTF-8"), expected);
        }
    }
}
