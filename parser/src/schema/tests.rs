//! What the sources give together: names, messages, precedence.

use super::*;
use crate::record::Extended;
use crate::value::Value;

const PROVIDER: Guid = Guid([9; 16]);

fn record<'a>(provider: Guid, id: u16, payload: &'a [u8]) -> Record<'a> {
    Record {
        offset: 0,
        kind: HeaderKind::Event64,
        ticks: 0,
        pid: 1,
        tid: 2,
        cpu: 0,
        provider,
        id,
        version: 0,
        channel: 0,
        level: 4,
        opcode: 0,
        task: 0,
        keywords: 0,
        flags: 0,
        property: 0,
        kernel_time: 0,
        user_time: 0,
        activity: Guid::ZERO,
        extended: Extended::default(),
        raw: payload,
        payload,
    }
}

fn utf16z(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

#[test]
fn an_unknown_event_is_named_by_number_and_shown_as_bytes() {
    let schemas = Schemas::new();
    let record = record(PROVIDER, 7, b"abc");
    let decoded = schemas.decode(&record);
    assert_eq!((decoded.source, decoded.extra.clone()), (SchemaSource::None, 0..3));
    let names = schemas.describe(&record);
    assert_eq!(names.event, "EventID(7)");
    assert_eq!(names.provider, format!("{PROVIDER:#}"));
    assert!(!names.decodable);
    let message = schemas.message(&record, &decoded, "en-us");
    assert_eq!((message.text.as_str(), message.source), ("", MessageSource::Fields));
}

#[test]
fn dispatch_session_failed_under_all_its_providers() {
    let payload = utf16z("/LM/W3SVC/2/ROOT");
    let mut schemas = Schemas::new();
    for provider in [catalog::PROVIDER, catalog::SMSVCHOST, PROVIDER] {
        let mut record = record(provider, 4031, &payload);
        (record.task, record.level, record.channel) = (2500, 2, 18);
        let is_alias = provider == PROVIDER;
        assert_eq!(schemas.is_marked(provider, 4031, 2500), !is_alias);
        schemas.alias_to_catalog(PROVIDER, true);
        assert!(schemas.is_marked(provider, 4031, 2500));
        assert!(!schemas.is_marked(provider, 4031, 1), "another task is another event");

        let decoded = schemas.decode(&record);
        assert!(decoded.is_complete());
        assert_eq!(decoded.source, SchemaSource::Catalog);
        assert_eq!(decoded.fields[0].name, "AppDomain");
        assert_eq!(decoded.fields[0].value, Value::Text("/LM/W3SVC/2/ROOT".into()));
        assert_eq!(schemas.describe(&record).event, "DispatchSessionFailed");
        let message = schemas.message(&record, &decoded, "ko-kr");
        assert_eq!(message.text, "세션을 디스패치하지 못했습니다.");
        assert_eq!((message.source, message.locale.as_str()), (MessageSource::Catalog, "ko-kr"));
        schemas.alias_to_catalog(PROVIDER, false);
    }
}

#[test]
fn ids_that_collide_in_the_catalog_need_their_task() {
    let schemas = Schemas::new();
    let mut record = record(catalog::PROVIDER, 4801, b"\0\0");
    record.task = 2555;
    assert_eq!(schemas.decode(&record).source, SchemaSource::None);
}

#[test]
fn a_manifest_in_chunks_decodes_events_before_and_after_it() {
    let xml = r#"<instrumentationManifest xmlns="http://schemas.microsoft.com/win/2004/08/events">
      <instrumentation><events><provider name="My-Source" guid="{09090909-0909-0909-0909-090909090909}">
      <tasks><task name="Work" value="9" /></tasks>
      <keywords><keyword name="Io" mask="0x2" /></keywords>
      <events><event value="7" version="0" level="win:Informational" symbol="Worked" task="Work" keywords="Io" template="t" message="$(string.m)" /></events>
      <templates><template tid="t"><data name="What" inType="win:UnicodeString" /><data name="Count" inType="win:Int32" /></template></templates>
      </provider></events></instrumentation>
      <localization><resources culture="en-US"><stringTable><string id="m" value="%2 times %1" /></stringTable></resources></localization>
      </instrumentationManifest>"#;
    let (first, second) = xml.as_bytes().split_at(300);
    let chunk = |number: u8, text: &[u8]| {
        let mut payload = vec![1, 1, 0, 0x5b, 2, 0, number, 0];
        payload.extend(text);
        payload
    };
    let mut payload = utf16z("tea");
    payload.extend(3_i32.to_le_bytes());
    let mut event = record(PROVIDER, 7, &payload);
    event.keywords = 2;

    let mut schemas = Schemas::new();
    assert!(!Schemas::teaches(&event));
    // The second chunk comes first, and another process writes the same ones in between.
    for (pid, number, text) in [(1, 1, second), (8, 0, first), (1, 0, first)] {
        let payload = chunk(number, text);
        let mut part = record(PROVIDER, event_source::MANIFEST_ID, &payload);
        part.pid = pid;
        assert!(Schemas::teaches(&part));
        assert_eq!(schemas.decode(&event).source, SchemaSource::None);
        schemas.learn(&part);
        assert!(schemas.decode(&part).is_complete(), "a chunk is shown as what it is");
        assert_eq!(schemas.describe(&part).event, "ManifestData");
    }
    let decoded = schemas.decode(&event);
    assert_eq!(decoded.source, SchemaSource::EventSource);
    assert!(decoded.is_complete());
    let names = schemas.describe(&event);
    assert_eq!((names.provider.as_str(), names.event.as_str()), ("My-Source", "Worked"));
    assert_eq!((names.task.as_str(), names.keywords.as_slice()), ("Work", &["Io".to_owned()][..]));
    let message = schemas.message(&event, &decoded, "en-us");
    assert_eq!((message.text.as_str(), message.source), ("3 times tea", MessageSource::File));
}

#[test]
fn fields_stand_in_for_a_missing_message() {
    let schemas = Schemas::new();
    let payload = utf16z("only a string");
    let mut record = record(PROVIDER, 0, &payload);
    record.flags = FLAG_STRING_ONLY;
    let decoded = schemas.decode(&record);
    assert_eq!(decoded.source, SchemaSource::StringOnly);
    assert_eq!(schemas.message(&record, &decoded, "en-us").text, "only a string");

    let mut process = self::record(classic_process(), 0, b"\x07\0\0\0");
    (process.kind, process.opcode, process.version) = (HeaderKind::System64, 11, 2);
    let decoded = schemas.decode(&process);
    let message = schemas.message(&process, &decoded, "ko-kr");
    assert_eq!((message.text.as_str(), message.source), ("ProcessId=7", MessageSource::Fields));
    assert_eq!(schemas.describe(&process).event, "Process/Terminate");
}

fn classic_process() -> Guid {
    "3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c".parse().expect("a GUID")
}

#[test]
fn stacks_of_the_clr_hold_as_many_frames_as_they_say() {
    let xml = r#"<m><provider name="Microsoft-Windows-DotNETRuntime" guid="{e13c0d23-ccbc-4e12-931b-d9cc2eee27e4}">
      <events><event value="82" template="s" /></events>
      <templates><template tid="s"><data name="ClrInstanceID" inType="win:UInt16"/><data name="Reserved1" inType="win:UInt8"/>
      <data name="Reserved2" inType="win:UInt8"/><data name="FrameCount" inType="win:UInt32"/><data name="Stack" count="2" inType="win:Pointer"/></template></templates>
      </provider></m>"#;
    let mut schemas = Schemas::new();
    assert_eq!(
        schemas.load_manifest(xml).expect("a manifest"),
        ["Microsoft-Windows-DotNETRuntime"]
    );
    let clr = "e13c0d23-ccbc-4e12-931b-d9cc2eee27e4".parse().expect("a GUID");
    let payload = b"\x01\0\0\0\x03\0\0\0\x01\0\0\0\x02\0\0\0\x03\0\0\0";
    let mut record = record(clr, 82, payload);
    record.kind = HeaderKind::Event32;
    let decoded = schemas.decode(&record);
    assert!(decoded.is_complete(), "{decoded:?}");
    assert_eq!(decoded.source, SchemaSource::Loaded);
    let frames = decoded.fields.last().map(|f| ValueText(&f.value).to_string());
    assert_eq!(frames.as_deref(), Some("[0x1, 0x2, 0x3]"));
}
