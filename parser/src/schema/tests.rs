//! What the sources give together: names, messages, precedence.

use super::*;
use crate::schema::schema_file::SchemaFile;
use crate::value::{Field, Value};

const PROVIDER: Guid = Guid([9; 16]);

fn record<'a>(provider: Guid, id: u16, payload: &'a [u8]) -> Record<'a> {
    Record {
        pid: 1,
        tid: 2,
        provider,
        id,
        level: 4,
        payload,
        ..Record::undecoded(HeaderKind::Event64, payload, 0, 0)
    }
}

/// Manifests as if the user had loaded them.
fn loaded(manifests: &[&str]) -> Arc<Loaded> {
    let read = |xml: &&str| SchemaFile::read("a.man", xml.as_bytes()).expect("a manifest");
    Arc::new(Loaded::link(manifests.iter().map(read).map(Arc::new).collect()))
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
    let xml = r#"<instrumentationManifest><provider name="Microsoft-Windows-DotNETRuntime" guid="{e13c0d23-ccbc-4e12-931b-d9cc2eee27e4}">
      <events><event value="82" template="s" /></events>
      <templates><template tid="s"><data name="ClrInstanceID" inType="win:UInt16"/><data name="Reserved1" inType="win:UInt8"/>
      <data name="Reserved2" inType="win:UInt8"/><data name="FrameCount" inType="win:UInt32"/><data name="Stack" count="2" inType="win:Pointer"/></template></templates>
      </provider></instrumentationManifest>"#;
    let mut schemas = Schemas::new();
    schemas.set_loaded(loaded(&[xml]));
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

#[test]
fn an_event_of_an_unknown_version_is_read_as_the_nearest_that_fits() {
    let xml = format!(
        r#"<instrumentationManifest><provider name="P" guid="{PROVIDER:#}"><templates>
        <template tid="a"><data name="A" inType="win:UInt8"/></template>
        <template tid="b"><data name="A" inType="win:UInt8"/><data name="B" inType="win:UInt8"/></template>
        <template tid="c"><data name="A" inType="win:UInt8"/><data name="B" inType="win:UInt8"/>
        <data name="C" inType="win:UInt64"/></template></templates>
        <tasks><task name="Work" value="3"/></tasks><events>
        <event value="7" version="1" task="Work" template="a"/>
        <event value="7" version="3" task="Work" template="b" message="of three: %2"/>
        <event value="7" version="5" task="Work" template="c"/></events></provider></instrumentationManifest>"#
    );
    let mut schemas = Schemas::new();
    schemas.set_loaded(loaded(&[&xml]));
    let mut record = record(PROVIDER, 7, b"\x01\x02\x03");
    let names = |fields: &[Field]| fields.iter().map(|f| f.name.clone()).collect::<Vec<_>>();
    // (version, the one that fits): the older of two as near, and none whose fields are not there.
    for (version, of) in [(3, None), (2, Some(1)), (4, Some(3)), (9, Some(3)), (0, Some(1))] {
        record.version = version;
        let decoded = schemas.decode(&record);
        assert_eq!((decoded.version, decoded.source), (of, SchemaSource::Loaded), "{version}");
        let fields = if of == Some(1) { vec!["A"] } else { vec!["A", "B"] };
        assert_eq!(names(&decoded.fields), fields);
        assert_eq!(decoded.extra, u32::try_from(fields.len()).expect("few")..3);
        assert_eq!(schemas.describe(&record).event, "Work");
        let text = schemas.own_message(&record, &decoded, "en-us").map(|m| m.text);
        assert_eq!(text.as_deref(), (of != Some(1)).then_some("of three: 2"));
    }
    record.payload = b"";
    let decoded = schemas.decode(&record);
    assert_eq!((decoded.source, decoded.version), (SchemaSource::None, None), "none fits");
}

#[test]
fn names_are_known_without_the_payload() {
    // The store describes a kind of event, not an event.
    let schemas = Schemas::new();
    let chunk = record(PROVIDER, event_source::MANIFEST_ID, b"");
    assert_eq!(schemas.describe(&chunk).event, "ManifestData");
    let mut lost = record(classic_process(), 0, b"");
    (lost.kind, lost.opcode, lost.version) = (HeaderKind::System64, 1, 4);
    assert!(schemas.describe(&lost).decodable);
    lost.opcode = 200;
    let names = schemas.describe(&lost);
    assert_eq!((names.event.as_str(), names.decodable), ("Process/Opcode(200)", false));
    assert_eq!(names.provider, "Windows Kernel Trace");
    lost.provider = trace_event_info::CLASS;
    assert_eq!(schemas.describe(&lost).provider, "KernelTraceControl");
}

#[test]
fn an_export_that_drops_the_task_still_has_its_message() {
    let schemas = Schemas::new();
    let mut record = record(catalog::PROVIDER, 4031, b"");
    record.kind = HeaderKind::Export;
    let field = Field {
        name: "AppDomain".into(),
        type_name: String::new(),
        value: Value::Text("a".into()),
        bytes: 0..0,
    };
    let decoded = Decoded {
        fields: vec![field],
        source: SchemaSource::Export,
        version: None,
        extra: 0..0,
        problem: None,
    };
    let message = schemas.message(&record, &decoded, "ja-jp");
    assert_eq!(message.text, "セッション ディスパッチに失敗しました。");
    assert!(schemas.is_marked(catalog::PROVIDER, 4031, 0));
}

#[test]
fn a_user_may_follow_zeros() {
    // Process/DCStart version 2 of a 32-bit trace, logged anew with a zeroed TOKEN_USER.
    let schemas = Schemas::new();
    let mut payload = vec![0; 20];
    payload[4] = 8;
    payload.extend([0; 8]);
    payload.extend([1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0]);
    payload.extend(b"Idle\0\0\0");
    let mut record = record(classic_process(), 0, &payload);
    (record.kind, record.opcode, record.version) = (HeaderKind::Full32, 3, 2);
    let decoded = schemas.decode(&record);
    assert!(decoded.is_complete(), "{decoded:?}");
    assert_eq!(decoded.fields[5].value, Value::Sid("S-1-5-18".into()));

    // And a process without a user, as the kernel writes it.
    let mut payload = vec![0; 24];
    payload.extend(b"System\0\0\0");
    record.payload = &payload;
    let decoded = schemas.decode(&record);
    assert!(decoded.is_complete(), "{decoded:?}");
    assert_eq!(decoded.fields[5].value, Value::Null);
    assert_eq!(decoded.fields[6].value, Value::Text("System".into()));
}

/// Numbers without a pattern, the same in every run.
struct Noise(u64);

impl Noise {
    fn byte(&mut self) -> u8 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 56) as u8
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.byte()).collect()
    }
}

fn check(decoded: &Decoded, payload: &[u8]) {
    let end = u32::try_from(payload.len()).expect("short");
    assert_eq!(decoded.extra.end, end, "what is left reaches to the end");
    let mut at = 0;
    for field in &decoded.fields {
        assert_eq!(field.bytes.start, at, "no byte is skipped");
        at = field.bytes.end;
    }
    assert_eq!(decoded.extra.start, at, "every byte is a field's or left");
}

#[test]
fn noise_is_decoded_as_far_as_it_goes() {
    let mut noise = Noise(7);
    let schemas = Schemas::new();
    let classes = classic::all_types();
    assert!(classes.len() > 100);
    for (class, opcode, version) in classes {
        for round in 0..40_usize {
            let mut payload = noise.bytes(round * 7 % 300);
            if round % 2 == 0 {
                payload.iter_mut().for_each(|byte| *byte &= 0x11);
            }
            let mut record = record(class, 0, &payload);
            (record.opcode, record.version) = (opcode, version);
            record.kind = if round % 3 == 0 { HeaderKind::Full32 } else { HeaderKind::System64 };
            check(&schemas.decode(&record), &payload);
        }
    }
    for event in catalog::EVENTS {
        let payload_bytes = usize::from(noise.byte());
        let payload = noise.bytes(payload_bytes);
        let mut record = record(catalog::PROVIDER, event.id, &payload);
        record.task = event.task;
        let decoded = schemas.decode(&record);
        check(&decoded, &payload);
        let _ = schemas.message(&record, &decoded, "ko-kr");
    }
    // TraceLogging metadata of noise that keeps to its types.
    for round in 0..2_000_usize {
        let mut blob = vec![0, 0, 0, b'E', 0];
        for _ in 0..round % 9 {
            blob.extend([b'f', 0, noise.byte()]);
            blob.extend(noise.bytes(round % 4));
        }
        blob[0] = u8::try_from(blob.len()).expect("short");
        let payload = noise.bytes(round % 64);
        if let Some(event) = tracelogging::parse(&blob) {
            let maps = Maps::default();
            let source = SchemaSource::TraceLogging;
            check(&decode::decode(&event.layout, &payload, 8, &maps, source), &payload);
        }
    }
}
