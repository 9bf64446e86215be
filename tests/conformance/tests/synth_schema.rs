//! Schemas that travel in a trace: TraceLogging, in-band manifests, TRACE_EVENT_INFO, maps.

use etlens_conformance::collect::load;
use etlens_parser::store::Trace;
use etlens_parser::value::SchemaSource;
use etlens_parser::view::{Details, MessageSource};
use etlens_synth::bytes::Put;
use etlens_synth::extended::{provider_traits, schema_tl};
use etlens_synth::metadata::{EventInfo, Property, manifest_events, map_record};
use etlens_synth::record::{Event, plain_event};
use etlens_synth::tracelogging::{Blob, Count, in_type};
use etlens_synth::{TraceBuilder, guid, variants};

const PROVIDER: [u8; 16] = guid("6b1f0c7e-2d3a-4e5f-8a9b-0c1d2e3f4a5b");

fn details(trace: &Trace, file: &[u8], event: u32) -> Details {
    trace.details(event, &file.to_vec(), "en-us").expect("details")
}

/// `name=text` of the payload, in order, top level only.
fn fields(details: &Details) -> Vec<String> {
    let payload = details.properties.iter().filter(|p| p.depth == 0);
    payload
        .filter_map(|p| Some(format!("{}={}", p.name.strip_prefix("EventData.")?, p.text)))
        .collect()
}

fn value(details: &Details, name: &str) -> String {
    let name = format!("EventData.{name}");
    let found = details.properties.iter().find(|p| p.name == name);
    found.unwrap_or_else(|| panic!("no {name}")).text.clone()
}

#[test]
fn tracelogging_events_explain_themselves() {
    let file = variants::tracelogging().build();
    let trace = load("tracelogging.etl", &file);
    assert_eq!(trace.info().lost.undecoded, 0);
    let details = details(&trace, &file, 8);
    assert_eq!(details.schema, SchemaSource::TraceLogging);
    assert_eq!(details.problem, "");
    assert_eq!(details.row.provider, "Contoso.Telemetry");
    assert_eq!(details.row.name, "RequestCompleted");
    assert_eq!(value(&details, "Path"), "/orders/7");
    assert_eq!(value(&details, "Status"), "200");
    assert!(value(&details, "Result").to_lowercase().contains("80070005"));
    let timings = value(&details, "Timings");
    for timing in ["7", "8", "9"] {
        assert!(timings.contains(timing), "{timings}");
    }
    assert_eq!(value(&details, "Client.Name"), "Grüße");
    assert_eq!(value(&details, "Client.Port"), "808");
}

#[test]
fn tracelogging_of_every_type() {
    use in_type::*;
    let blob = Blob::new(0x0abc_def1, "Everything")
        .field("i8", I8, 0)
        .field("u8", U8, 0)
        .field("i16", I16, 0)
        .field("u16", U16, 0)
        .field("i32", I32, 0)
        .field("u32", U32, 0)
        .field("i64", I64, 0)
        .field("u64", U64, 0)
        .field("f32", F32, 0)
        .field("f64", F64, 0)
        .field("flag", BOOL32, 0)
        .field("bytes", BINARY, 0)
        .field("guid", GUID, 0)
        .field("time", FILETIME, 0)
        .field("sid", SID, 0)
        .field("counted", COUNTED_UTF16, 0)
        .array("fixed", U8, Count::Fixed(3))
        .full("tagged", U32, 0, 0x0800_0000, Count::One)
        .field("last", UTF16Z, 0)
        .build();
    let mut payload = Vec::new();
    payload.put_u8(-5_i8 as u8);
    payload.put_u8(250);
    payload.put_u16(-1_234_i16 as u16);
    payload.put_u16(54_321);
    payload.put_u32(-7_654_321_i32 as u32);
    payload.put_u32(4_000_000_000);
    payload.put_i64(-9_007_199_254_740_993);
    payload.put_u64(18_446_744_073_709_551_615);
    payload.put_u32(1.5_f32.to_bits());
    payload.put_u64((-0.25_f64).to_bits());
    payload.put_u32(1);
    payload.put_u16(3);
    payload.put_bytes(&[0xca, 0xfe, 0x00]);
    payload.put_guid(&PROVIDER);
    payload.put_i64(etlens_synth::time::filetime((2026, 3, 17), (0, 14, 5), 1_234_567));
    payload.put_bytes(&etlens_synth::extended::sid_bytes(5, &[32, 544]));
    payload.put_u16(4);
    payload.put_utf16("세션");
    payload.put_bytes(&[1, 2, 3]);
    payload.put_u32(77);
    payload.put_utf16z("끝");
    let event = Event { payload, ..plain_event(PROVIDER, 0, Vec::new()) }
        .with(provider_traits("Synth", None))
        .with(schema_tl(blob));
    let mut trace = TraceBuilder::default();
    trace.push_at(0, trace.log.start_time + 1, &event);
    let file = trace.build();
    let found = details(&load("all.etl", &file), &file, 1);
    assert_eq!(found.problem, "");
    for (name, expected) in [
        ("i8", "-5"),
        ("u8", "250"),
        ("i16", "-1234"),
        ("u16", "54321"),
        ("i32", "-7654321"),
        ("u32", "4000000000"),
        ("i64", "-9007199254740993"),
        ("u64", "18446744073709551615"),
        ("f32", "1.5"),
        ("f64", "-0.25"),
        ("flag", "true"),
        ("time", "2026-03-17T00:14:05.1234567Z"),
        ("sid", "S-1-5-32-544"),
        ("counted", "세션"),
        ("tagged", "77"),
        ("last", "끝"),
    ] {
        assert_eq!(value(&found, name), expected, "{name}");
    }
    assert!(value(&found, "guid").to_lowercase().contains("6b1f0c7e-2d3a-4e5f-8a9b-0c1d2e3f4a5b"));
    assert!(value(&found, "bytes").to_lowercase().replace(' ', "").contains("cafe00"));
}

const MANIFEST: &str = r#"<instrumentationManifest xmlns="http://schemas.microsoft.com/win/2004/08/events">
 <instrumentation xmlns:win="http://manifests.microsoft.com/win/2004/08/windows/events">
  <events>
   <provider name="Synth-Orders" guid="{6b1f0c7e-2d3a-4e5f-8a9b-0c1d2e3f4a5b}" symbol="SynthOrders">
    <tasks><task name="Order" value="7"/></tasks>
    <maps><valueMap name="Color">
      <map value="0" message="$(string.red)"/><map value="1" message="$(string.green)"/>
    </valueMap></maps>
    <events><event value="5" version="1" level="win:Warning" task="Order" opcode="win:Start"
       symbol="OrderPlaced" template="T" message="$(string.placed)"/></events>
    <templates><template tid="T">
      <data name="Id" inType="win:UInt32"/>
      <data name="Color" inType="win:UInt32" map="Color"/>
      <data name="Note" inType="win:UnicodeString"/>
    </template></templates>
   </provider>
  </events>
 </instrumentation>
 <localization><resources culture="en-US"><stringTable>
  <string id="placed" value="Order %1 is %2: %3"/>
  <string id="red" value="red"/><string id="green" value="green"/>
 </stringTable></resources></localization>
</instrumentationManifest>"#;

fn order(id: u32, color: u32, note: &str) -> Event {
    let mut payload = Vec::new();
    payload.put_u32(id);
    payload.put_u32(color);
    payload.put_utf16z(note);
    let event = plain_event(PROVIDER, 5, payload);
    Event { version: 1, level: 3, opcode: 1, task: 7, ..event }
}

#[test]
fn a_manifest_in_pieces_decodes_also_what_came_before_it() {
    let mut trace = TraceBuilder::default();
    let start = trace.log.start_time;
    trace.push_at(0, start + 10, &order(1, 1, "before"));
    for (i, chunk) in manifest_events(&PROVIDER, 900, 901, MANIFEST, 300).iter().enumerate() {
        trace.push_at(1, start + 20 + i as i64, chunk);
    }
    trace.push_at(0, start + 1_000, &order(2, 0, "after & <b>"));
    let file = trace.build();
    let loaded = load("manifest.etl", &file);
    let last = loaded.len() - 1;
    for (event, id, color, note) in [(1, "1", "green", "before"), (last, "2", "red", "after & <b>")]
    {
        let found = details(&loaded, &file, event);
        assert_eq!(found.schema, SchemaSource::EventSource);
        assert_eq!(found.row.provider, "Synth-Orders");
        assert_eq!(value(&found, "Id"), id);
        assert!(value(&found, "Color").contains(color));
        assert_eq!(value(&found, "Note"), note);
        assert_eq!(found.message.source, MessageSource::File);
        assert_eq!(found.message.text, format!("Order {id} is {color}: {note}"));
    }
}

#[test]
fn merge_metadata_decodes_and_names_values() {
    let descriptor = (5, 1, 16, 3, 1, 7, 0x8000_0000_0000_0001);
    let info = EventInfo {
        provider: PROVIDER,
        descriptor,
        provider_name: "Synth-Orders".into(),
        level_name: "Warning ".into(),
        channel_name: "Synth-Orders/Admin".into(),
        keywords: vec!["Sales".into()],
        task_name: "Order".into(),
        opcode_name: "Start".into(),
        message: "Order %1 is %2: %3".into(),
        properties: vec![
            Property::new("Id", 8, 0),
            Property { map: Some("Color".into()), ..Property::new("Color", 8, 0) },
            Property::new("Note", 1, 0),
            Property::new("Count", 6, 0),
            Property { flags: 4, count: 3, ..Property::new("Parts", 8, 0) },
            Property::new("Length", 6, 0),
            Property { flags: 2, length: 5, ..Property::new("Blob", 14, 0) },
        ],
        top_level: 7,
    };
    let mut event = order(9, 1, "merged");
    event.payload.put_u16(2);
    event.payload.put_u32(100);
    event.payload.put_u32(200);
    event.payload.put_u16(3);
    event.payload.put_bytes(&[0xab, 0xcd, 0xef]);
    let event = Event { channel: 16, keywords: 0x8000_0000_0000_0001, ..event };
    let mut trace = TraceBuilder::default();
    let start = trace.log.start_time;
    trace.push_at(0, start + 1, &event);
    trace.push_at(0, start + 2, &info.record());
    trace.push_at(
        0,
        start + 3,
        &map_record(&PROVIDER, "Color", false, &[(0, "red"), (1, "green")]),
    );
    let file = trace.build();
    let loaded = load("merged.etl", &file);
    let found = details(&loaded, &file, 1);
    assert_eq!(found.schema, SchemaSource::TraceEventInfo);
    assert_eq!(found.problem, "");
    assert_eq!(found.row.provider, "Synth-Orders");
    assert_eq!(fields(&found)[0], "Id=9");
    assert!(value(&found, "Color").contains("green"));
    let parts = value(&found, "Parts");
    assert!(parts.contains("100") && parts.contains("200"), "{parts}");
    assert!(value(&found, "Blob").to_lowercase().replace(' ', "").contains("abcdef"));
    assert_eq!(found.message.text, "Order 9 is green: merged");
    assert_eq!(found.message.source, MessageSource::File);
}

#[test]
fn a_payload_shorter_than_its_schema_says_so_and_shows_what_there_is() {
    let mut trace = TraceBuilder::default();
    let start = trace.log.start_time;
    for chunk in manifest_events(&PROVIDER, 900, 901, MANIFEST, 0xff00) {
        trace.push_at(0, start + 1, &chunk);
    }
    let mut event = order(3, 1, "");
    event.payload.truncate(6);
    trace.push_at(0, start + 2, &event);
    // And one that is longer.
    let mut event = order(4, 1, "long");
    event.payload.put_bytes(&[9, 9, 9]);
    trace.push_at(0, start + 3, &event);
    let file = trace.build();
    let loaded = load("short.etl", &file);
    let short = details(&loaded, &file, 2);
    assert_eq!(value(&short, "Id"), "3");
    assert_ne!(short.problem, "");
    let long = details(&loaded, &file, 3);
    assert_eq!(value(&long, "Note"), "long");
    assert_ne!(long.problem, "", "three bytes are not explained");
    assert_eq!(long.raw.len(), 4 + 4 + 10 + 3);
}
