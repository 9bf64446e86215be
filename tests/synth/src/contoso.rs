//! A made-up provider whose events nothing in a trace explains, and the files that do.

use crate::bytes::Put;
use crate::compiled_manifest::{Item, Provider};
use crate::guid::{Guid, guid};
use crate::program::{MESSAGE_TABLE, Resource, WEVT_TEMPLATE, message_table, program};
use crate::record::Event;
use crate::session::LogFile;
use crate::time::SECOND;
use crate::trace::TraceBuilder;
use crate::wpp;

/// The provider, `Contoso-Disk`.
pub const PROVIDER: Guid = guid("7c3f1d52-94b0-4b7e-a3c6-5d1e0f9a8b21");

/// The manifest, as its developer writes it.
const MANIFEST: &str = r#"<?xml version="1.0" encoding="utf-16"?>
<instrumentationManifest xmlns="http://schemas.microsoft.com/win/2004/08/events">
 <instrumentation xmlns:win="http://manifests.microsoft.com/win/2004/08/windows/events"><events>
  <provider name="Contoso-Disk" guid="{7c3f1d52-94b0-4b7e-a3c6-5d1e0f9a8b21}" symbol="CONTOSO"
    resourceFileName="contoso.dll" messageFileName="contoso.dll">
   <channels><channel chid="Op" name="Contoso-Disk/Operational" type="Operational" value="16"/></channels>
   <tasks><task name="Scan" value="3"><opcodes><opcode name="Found" value="20"/></opcodes></task></tasks>
   <keywords><keyword name="Fast" mask="0x10"/><keyword name="Deep" mask="0x20"/></keywords>
   <maps>
    <valueMap name="Kinds"><map value="1" message="$(string.Ssd)"/><map value="2" message="$(string.Tape)"/></valueMap>
    <bitMap name="Flags"><map value="0x1" message="$(string.ReadOnly)"/><map value="0x4" message="$(string.Shared)"/></bitMap>
   </maps>
   <templates>
    <template tid="Found">
     <data name="Kind" inType="win:UInt32" map="Kinds"/>
     <data name="Flags" inType="win:UInt8" map="Flags"/>
     <data name="Count" inType="win:UInt16"/>
     <struct name="Parts" count="Count">
      <data name="Size" inType="win:UInt8"/>
      <data name="Bytes" inType="win:Binary" length="Size"/>
     </struct>
     <data name="Label" inType="win:UnicodeString"/>
     <data name="Status" inType="win:HexInt32" outType="win:NTSTATUS"/>
    </template>
   </templates>
   <events>
    <event value="16" version="2" symbol="DiskFound" task="Scan" opcode="Found" channel="Op" level="win:Informational"
      keywords="Fast" template="Found" message="$(string.E16)"/>
    <event value="17" symbol="ScanEnded" task="Scan" channel="Op" level="win:Informational" message="$(string.E17)"/>
   </events>
  </provider>
 </events></instrumentation>
 <localization>
  <resources culture="en-US"><stringTable>
   <string id="Ssd" value="solid state"/><string id="Tape" value="tape"/>
   <string id="ReadOnly" value="read only"/><string id="Shared" value="shared"/>
   <string id="E16" value="Disk %5 is %1 (%2).%nStatus: %6"/><string id="E17" value="100%% done"/>
  </stringTable></resources>
  <resources culture="ko-KR"><stringTable>
   <string id="Ssd" value="SSD"/><string id="Tape" value="테이프"/>
   <string id="ReadOnly" value="읽기 전용"/><string id="Shared" value="공유"/>
   <string id="E16" value="디스크 %5: %1 (%2)%n상태: %6"/><string id="E17" value="100%% 완료"/>
  </stringTable></resources>
 </localization>
</instrumentationManifest>
"#;

/// `contoso.man` in UTF-16 with a byte order mark, as Windows' tools save it.
#[must_use]
pub fn manifest() -> Vec<u8> {
    let mut file = vec![0xff, 0xfe];
    file.put_utf16(MANIFEST);
    file
}

// Numbers of the messages, as the message compiler gives them.
const SSD: u32 = 0xf000_0001;
const TAPE: u32 = 0xf000_0002;
const READ_ONLY: u32 = 0xf000_0003;
const SHARED: u32 = 0xf000_0004;
const E16: u32 = 0xb002_0010;
const E17: u32 = 0xb000_0011;

/// The manifest as the message compiler puts it into `contoso.dll`.
#[must_use]
pub fn compiled() -> Vec<u8> {
    let item =
        |name, in_type, map| Item { name, types: (in_type, 0), map, count: 1, ..Item::default() };
    Provider {
        guid: PROVIDER,
        channels: vec![(16, "Contoso-Disk/Operational")],
        tasks: vec![(3, "Scan")],
        opcodes: vec![(3, 20, "Found"), (0, 0, "win:Info")],
        keywords: vec![(0x10, "Fast"), (0x20, "Deep")],
        maps: vec![
            ("Kinds", false, vec![(1, SSD), (2, TAPE)]),
            ("Flags", true, vec![(1, READ_ONLY), (4, SHARED)]),
        ],
        templates: vec![(
            vec![
                item("Kind", 8, Some("Kinds")),
                item("Flags", 4, Some("Flags")),
                item("Count", 6, None),
                // Members 6 and 7, as many times as item 2 says.
                Item { name: "Parts", flags: 1 | 4, types: (6, 2), count: 2, ..Item::default() },
                item("Label", 1, None),
                Item { name: "Status", types: (20, 31), count: 1, length: 4, ..Item::default() },
                item("Size", 4, None),
                Item {
                    name: "Bytes",
                    flags: 2,
                    types: (14, 0),
                    count: 1,
                    length: 6,
                    ..Item::default()
                },
            ],
            6,
        )],
        events: vec![(16, 2, 16, 4, 20, 3, 0x10, E16, Some(0)), (17, 0, 16, 4, 0, 3, 0, E17, None)],
    }
    .build()
}

/// `contoso.dll`: the compiled manifest; its texts are in `.mui` files.
#[must_use]
pub fn library() -> Vec<u8> {
    program(true, &[Resource { of: WEVT_TEMPLATE, language: 0x409, data: compiled() }])
}

/// `contoso.dll.mui` of a language.
#[must_use]
pub fn texts(korean: bool) -> Vec<u8> {
    let (language, texts) = if korean {
        let texts =
            ["SSD", "테이프", "읽기 전용", "공유", "디스크 %5: %1 (%2)%n상태: %6", "100%% 완료"];
        (0x412, texts)
    } else {
        let disk = "Disk %5 is %1 (%2).%nStatus: %6!s!";
        (0x409, ["solid state", "tape", "read only", "shared", disk, "100%% done"])
    };
    let numbers = [SSD, TAPE, READ_ONLY, SHARED, E16, E17];
    let messages: Vec<(u32, &str)> = numbers.into_iter().zip(texts).collect();
    let data = message_table(&messages, true);
    program(korean, &[Resource { of: MESSAGE_TABLE, language, data }])
}

/// A schema pack with the event 16, as docs/json-schema.md describes one.
const PACK: &str = r#"{"etlens_schema_pack":1,
"providers":{"7c3f1d52-94b0-4b7e-a3c6-5d1e0f9a8b21":"Contoso-Disk"},
"maps":[{"provider":"7c3f1d52-94b0-4b7e-a3c6-5d1e0f9a8b21","name":"Kinds","entries":[[1,"solid state"],[2,"tape"]],
"texts":{"ko-kr":[[1,"SSD"],[2,"테이프"]]}},
{"provider":"7c3f1d52-94b0-4b7e-a3c6-5d1e0f9a8b21","name":"Flags","bits":true,"entries":[[1,"read only"],[4,"shared"]],
"texts":{"ko-kr":[[1,"읽기 전용"],[4,"공유"]]}}],
"layouts":[[{"name":"Kind","in":"UInt32","map":0},{"name":"Flags","in":"UInt8","map":1},
{"name":"Count","in":"UInt16","keep":0},
{"name":"Parts","count":{"Slot":0},"members":[{"name":"Size","in":"UInt8","keep":1},{"name":"Bytes","in":"Binary","length":{"Slot":1}}]},
{"name":"Label","in":"UnicodeString"},{"name":"Status","in":"HexInt32","out":"NtStatus"}]],
"events":[{"provider":"7c3f1d52-94b0-4b7e-a3c6-5d1e0f9a8b21","id":16,"version":2,"task":"Scan","opcode":"Found",
"channel":"Contoso-Disk/Operational","keywords":[["0x10","Fast"]],"layout":0,
"texts":{"en-us":"Disk %5 is %1 (%2).%nStatus: %6","ko-kr":"디스크 %5: %1 (%2)%n상태: %6"}}]}
"#;

/// An event 16 of a version, with bytes after what version 2 has.
#[must_use]
pub fn found(version: u8, more: &[u8]) -> Event {
    let mut payload = Vec::new();
    payload.put_u32(2); // Kind: tape
    payload.put_u8(0x0d); // Flags: read only, shared, and one nobody named
    payload.put_u16(2);
    payload.put_u8(1);
    payload.put_bytes(&[0xaa]);
    payload.put_u8(2);
    payload.put_bytes(&[0xbb, 0xcc]);
    payload.put_utf16z("D:");
    payload.put_u32(0xc000_0022);
    payload.put_bytes(more);
    event(16, version, payload)
}

fn event(id: u16, version: u8, payload: Vec<u8>) -> Event {
    Event {
        provider: PROVIDER,
        id,
        version,
        channel: 16,
        level: 4,
        opcode: if id == 16 { 20 } else { 0 },
        task: 3,
        keywords: 0x10,
        pid: 1000,
        tid: 1001,
        payload,
        ..Event::default()
    }
}

/// Found; found by a later version that says more; ended; one that no file describes.
#[must_use]
pub fn trace() -> TraceBuilder {
    let log = LogFile::default();
    let start = log.start_time;
    let mut trace = TraceBuilder::new(log);
    trace.push_at(0, start + SECOND, &found(2, &[]));
    trace.push_at(0, start + 2 * SECOND, &found(3, &[7, 8]));
    trace.push_at(0, start + 3 * SECOND, &event(17, 0, Vec::new()));
    trace.push_at(0, start + 4 * SECOND, &event(99, 0, vec![1, 2, 3]));
    trace
}

/// Files that describe the provider, by name.
#[must_use]
pub fn schema_files() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("contoso.man", manifest()),
        ("contoso.dll", library()),
        ("en-US/contoso.dll.mui", texts(false)),
        ("ko-KR/contoso.dll.mui", texts(true)),
        ("pack/contoso.json", PACK.as_bytes().to_vec()),
        ("tmf/contoso.tmf", wpp::TMF.as_bytes().to_vec()),
    ]
}
