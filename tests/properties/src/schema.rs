//! Where payload layouts come from, and decoding by them.

use std::sync::Arc;

use etlens_parser::Guid;
use etlens_parser::etl::class_of;
use etlens_parser::record::{Extended, HeaderKind, Record, ext_type};
use etlens_parser::schema::loaded::Loaded;
use etlens_parser::schema::schema_file::SchemaFile;
use etlens_parser::schema::{
    Schemas, event_source, manifest as manifests, trace_event_info as tei,
};

const PROVIDER: Guid = Guid::from_parts(0x3f1c_9a52, 0x6b7e, 0x4d43, [1, 2, 3, 4, 5, 6, 7, 8]);

pub(crate) fn record<'a>(kind: HeaderKind, extended: &'a [u8], payload: &'a [u8]) -> Record<'a> {
    Record {
        ticks: 1,
        pid: 4,
        tid: 8,
        provider: PROVIDER,
        channel: 11,
        level: 4,
        keywords: 1,
        extended: Extended::new(extended),
        payload,
        ..Record::undecoded(kind, payload, 72, 0)
    }
}

/// Decoding never fails; what it answers lies within the payload, the same each time.
pub(crate) fn decode(schemas: &Schemas, record: &Record<'_>) {
    let decoded = schemas.decode(record);
    let length = record.payload.len() as u32;
    for field in &decoded.fields {
        assert!(field.bytes.start <= field.bytes.end, "{field:?}");
        assert!(field.bytes.end <= length, "{field:?} of {length} bytes");
    }
    assert!(decoded.extra.start <= decoded.extra.end, "{:?}", decoded.extra);
    assert!(decoded.extra.end <= length, "{:?} of {length} bytes", decoded.extra);
    // As text, since no number that is not one equals another.
    let again = schemas.decode(record);
    assert_eq!(format!("{decoded:?}"), format!("{again:?}"), "the same again");
    let message = schemas.message(record, &decoded, "ko-kr");
    assert!(message.text.len() <= 64 << 20, "a message is bounded");
    let _ = schemas.describe(record);
}

/// A length and as many bytes, then the rest.
fn split(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = data.split_first_chunk::<2>()?;
    let length = usize::from(u16::from_le_bytes(*length));
    Some(rest.split_at(length.min(rest.len())))
}

/// `data`: two bytes of length, TraceLogging metadata, payload.
pub fn trace_logging(data: &[u8]) {
    let Some((blob, payload)) = split(data) else { return };
    let Ok(length) = u16::try_from(blob.len() + 8) else { return };
    let mut item = Vec::new();
    for word in [length, ext_type::EVENT_SCHEMA_TL, 0, blob.len() as u16] {
        item.extend_from_slice(&word.to_le_bytes());
    }
    item.extend_from_slice(blob);
    for kind in [HeaderKind::Event64, HeaderKind::Event32] {
        let record = record(kind, &item, payload);
        let mut schemas = Schemas::new();
        decode(&schemas, &record);
        schemas.learn(&record);
        decode(&schemas, &record);
    }
}

/// `data`: two bytes of length, `TRACE_EVENT_INFO`, two bytes of length, a map, payload of an
/// event that it describes.
pub fn trace_event_info(data: &[u8]) {
    let Some((info, rest)) = split(data) else { return };
    let Some((map, payload)) = split(rest) else { return };
    let mut schemas = Schemas::new();
    for (opcode, payload) in [(tei::EVENT_INFO, info), (tei::MAP_INFO, map)] {
        let described = record(HeaderKind::Full64, &[], payload);
        schemas.learn(&Record { provider: tei::CLASS, opcode, ..described });
    }
    let Some((tei::Describes::Event(..) | tei::Describes::Class(..), _)) =
        tei::parse_event(info, &mut Default::default())
    else {
        return;
    };
    let guid = |at: usize| info.get(at..).and_then(|rest| rest.first_chunk()).map(|b| Guid(*b));
    let byte = |at: usize| info.get(at).copied().unwrap_or(0);
    let id = u16::from_le_bytes([byte(32), byte(33)]);
    let (version, opcode) = (byte(34), byte(37));
    for (kind, provider) in [
        (HeaderKind::Event64, guid(0)),
        (HeaderKind::Event32, guid(0)),
        (HeaderKind::Full32, guid(16)),
    ] {
        let provider = provider.unwrap_or_default();
        let event = record(kind, &[], payload);
        decode(&schemas, &Record { provider, id, version, opcode, ..event });
    }
}

/// `data`: a manifest up to the first zero, then payloads of its events. It is read as a file and
/// as the chunks an EventSource writes.
pub fn manifest(data: &[u8]) {
    let end = data.iter().position(|&byte| byte == 0).unwrap_or(data.len());
    let (xml, payload) = data.split_at(end);
    let text = String::from_utf8_lossy(xml);
    let Ok(parsed) = manifests::parse(&text) else { return };
    let (mut loaded, mut learned) = (Schemas::new(), Schemas::new());
    if let Ok(file) = SchemaFile::read("a.man", xml) {
        let _ = file.info();
        loaded.set_loaded(Arc::new(Loaded::link(vec![Arc::new(file)])));
    }
    let half = xml.len() / 2;
    for (number, part) in [&xml[..half], &xml[half..]].into_iter().enumerate() {
        let mut chunk = vec![1, 1, 0, 0x5b, 2, 0, number as u8, 0];
        chunk.extend_from_slice(part);
        let event = record(HeaderKind::Event64, &[], &chunk);
        learned.learn(&Record { id: event_source::MANIFEST_ID, ..event });
    }
    for provider in parsed.providers.iter().take(4).map(|provider| provider.guid) {
        for id in 0..8 {
            for version in 0..2 {
                let event = record(HeaderKind::Event64, &[], payload);
                let event = Record { provider, id, version, ..event };
                decode(&loaded, &event);
                decode(&learned, &event);
            }
        }
    }
}

/// `data`: group, type, version, 0 for 32-bit data, payload of a kernel record.
pub fn classic(data: &[u8]) {
    let Some((&[group, opcode, version, is_wide], payload)) = data.split_first_chunk() else {
        return;
    };
    let kind = if is_wide & 1 == 0 { HeaderKind::System32 } else { HeaderKind::System64 };
    let provider = class_of(group, opcode);
    let event = record(kind, &[], payload);
    let event = Record { provider, opcode, version, ..event };
    let mut schemas = Schemas::new();
    schemas.learn(&event);
    decode(&schemas, &event);
}
