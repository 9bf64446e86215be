use super::*;
use crate::schema::decode::decode;
use crate::schema::event_schema::EventSchema;
use crate::schema::layout::Maps;
use crate::value::{SchemaSource, Value};

const MAN: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<!-- as ecmangen writes it -->
<instrumentationManifest xmlns="http://schemas.microsoft.com/win/2004/08/events"
    xmlns:win="http://manifests.microsoft.com/win/2004/08/windows/events">
 <e:instrumentation xmlns:e="http://schemas.microsoft.com/win/2004/08/events">
  <events>
   <provider name="Contoso-Disk" guid="{11111111-2222-3333-4444-555555555555}" symbol="P"
      resourceFileName="c.dll" messageFileName="c.dll" message="$(string.P)">
    <channels><channel chid="Op" name="Contoso-Disk/Operational" type="Operational" value="16"/>
      <importChannel chid="Sys" name="System"/></channels>
    <tasks><task name="Scan" value="3" message="$(string.T)">
      <opcodes><opcode name="Found" value="20" /></opcodes></task></tasks>
    <opcodes><opcode name="Wide" value="30"/></opcodes>
    <keywords><keyword name="Fast" mask="0x10"/></keywords>
    <maps>
      <valueMap name="Kinds"><map value="0x1" message="$(string.K1)"/><map value="2" message="Plain"/></valueMap>
      <bitMap name="Bits"><map value="0x1" message="A"/><map value="0x4" message="C"/></bitMap>
    </maps>
    <templates>
     <template tid="T1">
      <data name="Kind" inType="win:UInt32" map="Kinds"/>
      <data name="Bits" inType="win:UInt8" map="Bits"/>
      <data name="Count" inType="win:UInt16"/>
      <struct name="Parts" count="Count">
        <data name="Length" inType="win:UInt8"/>
        <data name="Bytes" inType="win:Binary" length="Length"/>
      </struct>
      <data name="Name" inType="win:UnicodeString" length="4"/>
      <data name="Status" inType="win:HexInt32" outType="win:NTSTATUS"/>
      <UserData><x xmlns="u"><Kind>%1</Kind></x></UserData>
     </template>
    </templates>
    <events>
     <event value="0x10" version="2" symbol="FoundIt" task="Scan" opcode="Found" channel="Op"
       keywords="Fast win:ResponseTime" template="T1" message="$(string.E16)"/>
     <event value="17" task="Scan" opcode="win:Start" message="literal &lt;%%&gt;"/>
    </events>
   </provider>
  </events>
 </e:instrumentation>
 <localization>
  <resources culture="en-US"><stringTable>
   <string id="K1" value="One"/><string id="E16" value="Found %1%nwith %5"/></stringTable></resources>
  <resources culture="de-DE"><stringTable>
   <string id="K1" value="Eins"/><string id="E16" value="%1 gefunden"/></stringTable></resources>
 </localization>
</instrumentationManifest>"#;

fn schemas(xml: &str) -> (Vec<(u16, u8, EventSchema)>, Maps) {
    let mut maps = Maps::default();
    let mut manifest = parse(xml).expect("a manifest");
    let provider = manifest.providers.remove(0);
    assert_eq!(provider.guid.to_string(), "11111111-2222-3333-4444-555555555555");
    (provider.schemas(&mut maps), maps)
}

#[test]
fn a_manifest_file_describes_names_layouts_maps_and_texts() {
    let (events, maps) = schemas(MAN);
    let [(16, 2, found), (17, 0, started)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((found.event.as_str(), found.task.as_str()), ("FoundIt", "Scan"));
    assert_eq!(
        (found.opcode.as_str(), found.channel.as_str()),
        ("Found", "Contoso-Disk/Operational")
    );
    assert_eq!(found.keywords, [(0x10, "Fast".into()), (0, "ResponseTime".into())]);
    assert_eq!(found.message.pick("de-de"), Some(("%1 gefunden", "de-de")));
    assert_eq!(found.message.pick("ko-kr"), Some(("Found %1%nwith %5", "en-us")));
    assert_eq!((started.opcode.as_str(), started.event.as_str()), ("Start", ""));
    assert_eq!(started.message.pick("").map(|m| m.0), Some("literal <%%>"));

    let payload = b"\x01\0\0\0\x05\x02\0\x01\xaa\x02\xbb\xccH\0i\0\0\0\0\0\x22\0\0\xc0";
    let decoded = decode(&found.layout, payload, 8, &maps, SchemaSource::Loaded);
    assert!(decoded.is_complete(), "{decoded:?}");
    let values: Vec<&Value> = decoded.fields.iter().map(|f| &f.value).collect();
    assert_eq!(values[0], &Value::Named { value: 1, name: "One".into() });
    assert_eq!(values[1], &Value::Named { value: 5, name: "A | C".into() });
    let Value::Array(parts) = values[3] else { panic!("{decoded:?}") };
    let Value::Struct(second) = &parts[1] else { panic!("{parts:?}") };
    assert_eq!(second[1].value, Value::Binary(vec![0xbb, 0xcc]));
    assert_eq!(values[4], &Value::Text("Hi".into()));
    let status = crate::value_text::ValueText(values[5]).to_string();
    assert_eq!(status, "0xc0000022 STATUS_ACCESS_DENIED");
    assert_eq!(decoded.fields[3].type_name, "Struct[]");
}

#[test]
fn what_is_not_a_manifest_is_said() {
    assert_eq!(parse("").expect_err("empty").kind(), ErrorKind::BadSchema);
    assert_eq!(parse("<a/>").expect_err("other XML").kind(), ErrorKind::BadSchema);
    let broken = parse("<a><b></a>").expect_err("not well formed");
    assert_eq!(broken.kind(), ErrorKind::BadText);
    assert!(broken.offset().is_some());
    let deep = "<a>".repeat(100);
    assert_eq!(parse(&deep).expect_err("deep").kind(), ErrorKind::Limit);
    for cut in 0..MAN.len() {
        // Never a panic, whatever is missing.
        let _ = MAN.get(..cut).map(parse);
    }
}

#[test]
fn a_small_manifest_cannot_say_large_things_often() {
    let long = "x".repeat(1 << 20);
    let mut xml = format!(
        r#"<m><provider name="{long}" guid="{{11111111-2222-3333-4444-555555555555}}">
        <templates><template tid="t"><data name="{long}" inType="win:UInt8"/></template></templates><events>"#
    );
    for id in 0..200 {
        xml += &format!(r#"<event value="{id}" template="t"/>"#);
    }
    xml += "</events></provider></m>";
    let (events, _) = schemas(&xml);
    // 64 MiB of texts at 1 MiB each, and a little for everything else.
    assert_eq!(events.len(), 63);
    let layouts: Vec<_> = events.iter().map(|(.., schema)| &schema.layout).collect();
    assert!(layouts.windows(2).all(|pair| Arc::ptr_eq(pair[0], pair[1])), "one layout for all");
}
