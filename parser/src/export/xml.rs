//! Windows' event XML, as `tracerpt` and Event Viewer write it.

use std::fmt::Write as _;

use super::{Line, is_undecoded};
use crate::catalog;
use crate::store::upper_hex;
use crate::time::iso8601;
use crate::value::{Field, Value};
use crate::value_text::ValueText;
use crate::view::MessageSource;

/// What stands before the first event.
pub(super) const HEADER: &[u8] = b"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<Events>\n";

/// What stands after the last.
pub(super) const FOOTER: &[u8] = b"</Events>\n";

/// Writes an event as one line. Writing to a `String` cannot fail, so results are dropped.
pub(super) fn write(line: &Line<'_>, out: &mut Vec<u8>) {
    let (trace, seen, record) = (line.trace, line.seen, line.seen.record);
    let Some(key) = trace.key(line.event) else { return };
    let names = &key.names;
    let mut xml = String::from(
        "<Event xmlns=\"http://schemas.microsoft.com/win/2004/08/events/event\"><System><Provider",
    );
    let guid = format!("{:#}", record.provider);
    if !names.provider.is_empty() && names.provider != guid {
        attribute(&mut xml, "Name", &names.provider);
    }
    if !record.provider.is_zero() {
        attribute(&mut xml, "Guid", &guid);
    }
    let _ = write!(
        xml,
        "/><EventID>{}</EventID><Version>{}</Version><Level>{}</Level><Task>{}</Task>\
         <Opcode>{}</Opcode><Keywords>{:#x}</Keywords><TimeCreated SystemTime=\"{}\"/>\
         <EventRecordID>{}</EventRecordID><Correlation",
        key.event.id,
        record.version,
        record.level,
        record.task,
        record.opcode,
        record.keywords,
        iso8601(trace.time(line.event)),
        line.record_id(),
    );
    if !record.activity.is_zero() {
        attribute(&mut xml, "ActivityID", &format!("{:#}", record.activity));
    }
    if let Some(related) = seen.related_activity() {
        attribute(&mut xml, "RelatedActivityID", &format!("{related:#}"));
    }
    xml.push_str("/><Execution");
    let (pid, tid) = trace.thread(line.event);
    // Windows writes −1 as an unsigned number.
    attribute(&mut xml, "ProcessID", &pid.unwrap_or(u32::MAX).to_string());
    attribute(&mut xml, "ThreadID", &tid.unwrap_or(u32::MAX).to_string());
    attribute(&mut xml, "ProcessorID", &record.cpu.to_string());
    if record.kernel_time != 0 || record.user_time != 0 {
        attribute(&mut xml, "KernelTime", &record.kernel_time.to_string());
        attribute(&mut xml, "UserTime", &record.user_time.to_string());
    }
    xml.push_str("/>");
    element(&mut xml, "Channel", &names.channel);
    element(&mut xml, "Computer", seen.computer(trace));
    let sid = seen.sid();
    xml.push_str("<Security");
    if !sid.is_empty() {
        attribute(&mut xml, "UserID", &sid);
    }
    xml.push_str("/></System>");
    let undecoded = is_undecoded(seen);
    if !undecoded || !seen.decoded.fields.is_empty() {
        xml.push_str("<EventData>");
        seen.decoded.fields.iter().for_each(|field| data(&mut xml, field));
        xml.push_str("</EventData>");
    }
    if undecoded {
        xml.push_str("<ProcessingErrorData><ErrorCode>15005</ErrorCode>");
        element(&mut xml, "EventPayload", &upper_hex(record.payload));
        xml.push_str("</ProcessingErrorData>");
    }
    let message = trace.message(seen, line.locale);
    xml.push_str("<RenderingInfo");
    attribute(&mut xml, "Culture", line.locale);
    xml.push('>');
    if message.source != MessageSource::Fields {
        element(&mut xml, "Message", &message.text);
    }
    element(&mut xml, "Level", catalog::level_name(record.level, line.locale));
    element(&mut xml, "Task", &names.task);
    element(&mut xml, "Opcode", &names.opcode);
    xml.push_str("<Keywords>");
    line.keywords().iter().for_each(|keyword| element(&mut xml, "Keyword", keyword));
    xml.push_str("</Keywords></RenderingInfo>");
    if record.kind.is_classic() {
        xml.push_str(
            "<ExtendedTracingInfo \
             xmlns=\"http://schemas.microsoft.com/win/2004/08/events/trace\">",
        );
        element(&mut xml, "EventGuid", &guid);
        xml.push_str("</ExtendedTracingInfo>");
    }
    xml.push_str("</Event>\n");
    out.extend_from_slice(xml.as_bytes());
}

/// One field: `Data`, or `ComplexData` for a structure, as Windows' schema has it; an array
/// repeats the element.
fn data(xml: &mut String, field: &Field) {
    match &field.value {
        Value::Array(values) => values.iter().for_each(|value| datum(xml, &field.name, value)),
        value => datum(xml, &field.name, value),
    }
}

fn datum(xml: &mut String, name: &str, value: &Value) {
    let tag = if matches!(value, Value::Struct(_)) { "ComplexData" } else { "Data" };
    let _ = write!(xml, "<{tag}");
    if !name.is_empty() {
        attribute(xml, "Name", name);
    }
    xml.push('>');
    match value {
        Value::Struct(fields) => fields.iter().for_each(|field| data(xml, field)),
        Value::Null => {}
        Value::Named { value, .. } => escape(xml, &value.to_string()),
        value => escape(xml, &ValueText(value).to_string()),
    }
    let _ = write!(xml, "</{tag}>");
}

fn element(xml: &mut String, name: &str, text: &str) {
    let _ = write!(xml, "<{name}>");
    escape(xml, text);
    let _ = write!(xml, "</{name}>");
}

fn attribute(xml: &mut String, name: &str, value: &str) {
    let _ = write!(xml, " {name}=\"");
    escape(xml, value);
    xml.push('"');
}

/// Escapes text; characters XML 1.0 has no way to write become the replacement character.
fn escape(xml: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\r' => xml.push_str("&#13;"),
            '\n' => xml.push_str("&#10;"),
            '\t' => xml.push_str("&#9;"),
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => xml.push('\u{fffd}'),
            c => xml.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structures_and_arrays_take_windows_shape() {
        let field = |name: &str, value| Field {
            name: name.to_owned(),
            type_name: String::new(),
            value,
            bytes: 0..0,
        };
        let item = |n| Value::Struct(vec![field("n", Value::UInt(n))]);
        let mut xml = String::new();
        data(&mut xml, &field("items", Value::Array(vec![item(1), item(2)])));
        data(&mut xml, &field("", Value::Text("<a> & \u{0}\"b\"\r\n".to_owned())));
        assert_eq!(
            xml,
            "<ComplexData Name=\"items\"><Data Name=\"n\">1</Data></ComplexData>\
             <ComplexData Name=\"items\"><Data Name=\"n\">2</Data></ComplexData>\
             <Data>&lt;a&gt; &amp; \u{fffd}&quot;b&quot;&#13;&#10;</Data>"
        );
    }
}
