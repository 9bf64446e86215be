//! Schemas from the user: files and folders that describe what a trace does not.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use etlens_conformance::collect::load;
use etlens_conformance::tool::{Run, etlens};
use etlens_conformance::traces;
use etlens_parser::schema::Schemas;
use etlens_parser::schema::loaded::Loaded;
use etlens_parser::schema::schema_file::SchemaFile;
use etlens_parser::value::SchemaSource;
use etlens_synth::{contoso, wpp};
use serde_json::Value;

/// A folder of this test with the trace and the files that describe it.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("schema-files").join(test);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(folder.join("schemas")).expect("a folder for the test");
    std::fs::write(folder.join("contoso.etl"), contoso::trace().build()).expect("the trace");
    for (name, bytes) in contoso::schema_files() {
        let path = folder.join("schemas").join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, bytes).expect("a schema file");
    }
    folder
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().expect("a path in UTF-8").to_owned()
}

/// The events of `dump`, but the log header's.
fn events(run: &Run) -> Vec<Value> {
    let lines = run.out.lines().map(|line| serde_json::from_str(line).expect("JSON"));
    lines.filter(|event: &Value| event["Event"]["System"]["EventID"] != 0).collect()
}

/// What every file that describes the provider must bring out in every event of it.
fn check_events(run: &Run, [of_found, of_ended]: [&str; 2]) {
    let events = events(run);
    let [found, later, ended, unknown] = events.as_slice() else { panic!("{}", run.out) };
    for event in [found, later] {
        let fields = &event["_etw"]["fields"];
        assert_eq!(fields[0][0], "Kind");
        assert_eq!(fields[0][2], 2);
        assert_eq!(fields[1][2], 0xd);
        assert_eq!(fields[3][0], "Parts");
        assert_eq!(fields[3][2].as_array().map(Vec::len), Some(2));
        assert_eq!(fields[4][2], "D:");
        let message = event["Event"]["RenderingInfo"]["Message"].as_str();
        assert!(message.is_some_and(|text| text.starts_with(of_found)), "{message:?}");
        assert_eq!(event["Event"]["System"]["Channel"], "Contoso-Disk/Operational");
        assert_eq!(event["Event"]["RenderingInfo"]["Keywords"]["Keyword"][0], "Fast");
    }
    assert_eq!(found["_etw"]["extra_data"], Value::Null);
    assert_eq!(later["_etw"]["extra_data"], "0708", "what a later version says more");
    assert_eq!(ended["Event"]["RenderingInfo"]["Message"], of_ended);
    assert_eq!(ended["Event"]["RenderingInfo"]["Task"], "Scan");
    assert_eq!(unknown["Event"]["ProcessingErrorData"]["EventPayload"], "010203");
}

const ENGLISH: [&str; 2] = ["Disk D: is tape (read only | shared | 0x8).\nStatus: ", "100% done"];

const KOREAN: [&str; 2] = ["디스크 D:: 테이프 (읽기 전용 | 공유 | 0x8)\n상태: ", "100% 완료"];

#[test]
fn nothing_is_made_up_without_a_schema() {
    let folder = folder("none");
    let run = etlens(&["dump", &path(&folder, "contoso.etl")]);
    assert_eq!(run.code, 1, "{}", run.err);
    for event in events(&run) {
        assert_eq!(event["_etw"]["fields"].as_array().map_or(0, Vec::len), 0);
    }
}

#[test]
fn a_manifest_in_utf16_decodes_the_trace() {
    let folder = folder("manifest");
    let (trace, schema) = (path(&folder, "contoso.etl"), path(&folder, "schemas/contoso.man"));
    let run = etlens(&["dump", &trace, "--schema", &schema]);
    check_events(&run, ENGLISH);
    let korean = etlens(&["dump", &trace, "--lang", "ko", "--schema", &schema]);
    check_events(&korean, KOREAN);
    // Two of the four are decoded to their last byte; the later version has two bytes more.
    let stat = etlens(&["stat", "--json", &trace, &format!("--schema={schema}")]);
    let stat: Value = serde_json::from_str(&stat.out).expect("JSON");
    let decoded: Vec<_> = stat["by_event"]
        .as_array()
        .expect("kinds")
        .iter()
        .filter(|kind| kind["provider_name"] == "Contoso-Disk")
        .map(|kind| (kind["id"].as_u64(), kind["version"].as_u64(), kind["decoded"].as_u64()))
        .collect();
    let expected = [(16, 2, 1), (16, 3, 0), (17, 0, 1), (99, 0, 0)];
    assert_eq!(decoded, expected.map(|(id, version, n)| (Some(id), Some(version), Some(n))));
    let schema = etlens(&["schema", &trace, "--schema", &schema]);
    assert!(schema.out.contains("Label UnicodeString"), "{}", schema.out);
}

#[test]
fn a_folder_gives_all_it_has_and_a_wrong_file_is_said() {
    let folder = folder("folder");
    std::fs::write(folder.join("schemas/notes.txt"), "nothing of interest").expect("a file");
    let trace = path(&folder, "contoso.etl");
    check_events(&etlens(&["dump", &trace, "--schema", &path(&folder, "schemas")]), ENGLISH);
    for wrong in ["schemas/notes.txt", "schemas/absent.man", "contoso.etl"] {
        let run = etlens(&["dump", &trace, "--schema", &path(&folder, wrong)]);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{wrong}");
        assert!(!run.err.is_empty());
    }
    assert_eq!(etlens(&["dump", &trace, "--schema"]).code, 2);
}

#[test]
fn a_library_with_its_language_files_decodes_the_trace() {
    let folder = folder("library");
    for other in ["contoso.man", "pack/contoso.json"] {
        std::fs::remove_file(folder.join("schemas").join(other)).expect("the library is left");
    }
    let (trace, schemas) = (path(&folder, "contoso.etl"), path(&folder, "schemas"));
    check_events(&etlens(&["dump", &trace, "--schema", &schemas]), ENGLISH);
    let korean = etlens(&["dump", &trace, "--lang", "ko", "--schema", &schemas]);
    check_events(&korean, KOREAN);
    // A language that no file has falls back to English.
    check_events(&etlens(&["dump", &trace, "--lang", "fr", "--schema", &schemas]), ENGLISH);

    // Without its texts the library still tells the fields.
    let alone = path(&folder, "schemas/contoso.dll");
    let run = etlens(&["dump", &trace, "--schema", &alone]);
    let found = &events(&run)[0];
    assert_eq!(found["Event"]["EventData"]["Label"], "D:");
    assert_eq!(found["Event"]["RenderingInfo"]["Message"], Value::Null);
    // And the order in which they are given does not matter.
    let texts = path(&folder, "schemas/ko-KR/contoso.dll.mui");
    let run = etlens(&["dump", &trace, "--lang", "ko", "--schema", &texts, "--schema", &alone]);
    check_events(&run, KOREAN);
}

#[test]
fn a_damaged_library_is_used_as_far_as_it_goes() {
    let folder = folder("damaged");
    let trace = path(&folder, "contoso.etl");
    let mut library = contoso::library();
    let at = library.windows(4).position(|bytes| bytes == b"MAPS").expect("the maps");
    library[at + 8] = 0xff;
    library[at + 9] = 0xff;
    std::fs::write(folder.join("schemas/contoso.dll"), &library).expect("the library");
    let run = etlens(&["dump", &trace, "--schema", &path(&folder, "schemas/contoso.dll")]);
    assert_eq!(run.code, 1);
    assert!(run.err.contains("MAPS") && run.err.contains(&format!("{at:#x}")), "{}", run.err);
    assert_eq!(events(&run)[0]["Event"]["EventData"]["Label"], "D:");
}

#[test]
fn a_schema_pack_of_one_trace_decodes_it_elsewhere() {
    let folder = folder("pack");
    let (trace, pack) = (path(&folder, "contoso.etl"), path(&folder, "pack.json"));
    let run = etlens(&["schema", &trace, "--schema", &path(&folder, "schemas"), "-o", &pack]);
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
    check_events(&etlens(&["dump", &trace, "--schema", &pack]), ENGLISH);
    let korean = etlens(&["dump", &trace, "--lang", "ko", "--schema", &pack]);
    check_events(&korean, KOREAN);
    // A pack of what a pack taught is the same pack.
    let again = path(&folder, "again.json");
    etlens(&["schema", &trace, "--schema", &pack, "-o", &again]);
    let read = |path: &str| std::fs::read_to_string(path).expect("a pack");
    assert_eq!(read(&pack), read(&again));

    std::fs::write(&again, r#"{"etlens_schema_pack":2}"#).expect("a file");
    let later = etlens(&["dump", &trace, "--schema", &again]);
    assert_eq!(later.code, 2);
    assert!(later.err.contains("version 2"), "{}", later.err);
}

#[test]
fn a_pack_of_a_real_trace_decodes_all_that_the_trace_taught() {
    let mut compared = 0_u64;
    for file in traces() {
        let bytes = file.read();
        let trace = load(&file.file, &bytes);
        let providers: HashSet<_> = trace.keys().iter().map(|key| key.event.provider).collect();
        let pack = trace.schemas().pack(&file.file, &|guid| providers.contains(&guid));
        let pack = SchemaFile::read("pack.json", pack.to_json().as_bytes()).expect("a pack");
        let mut elsewhere = Schemas::new();
        elsewhere.set_loaded(Arc::new(Loaded::link(vec![Arc::new(pack)])));
        let mut seen_of_key = vec![0_u32; trace.keys().len()];
        trace
            .read_all(&bytes, |event, seen| {
                let taught = matches!(
                    seen.decoded.source,
                    SchemaSource::TraceEventInfo | SchemaSource::EventSource
                );
                let count = &mut seen_of_key[trace.key_id(event) as usize];
                *count += 1;
                // Chunks of manifests are decoded without one.
                if !taught || *count > 50 || seen.record.id == 0xfffe {
                    return true;
                }
                let decoded = elsewhere.decode(seen.record);
                assert_eq!(decoded.source, SchemaSource::Loaded, "{}: {event}", file.file);
                assert_eq!(decoded.fields, seen.decoded.fields, "{}: {event}", file.file);
                assert_eq!(decoded.extra, seen.decoded.extra, "{}: {event}", file.file);
                let text = |schemas: &Schemas| {
                    schemas.own_message(seen.record, seen.decoded, "en-us").map(|m| m.text)
                };
                if seen.decoded.version.is_none() {
                    assert_eq!(text(&elsewhere), text(trace.schemas()), "{}: {event}", file.file);
                }
                compared += 1;
                true
            })
            .expect("the trace is read");
    }
    assert!(compared > 1_000 || traces().is_empty(), "{compared} events");
}

#[test]
fn wpp_messages_are_worded_with_their_format_file_and_raw_without() {
    let folder = folder("wpp");
    std::fs::write(folder.join("wpp.etl"), wpp::trace().build()).expect("the trace");
    let (trace, tmf) = (path(&folder, "wpp.etl"), path(&folder, "schemas/tmf"));
    let messages = |run: &Run| {
        let text = |event: &Value| {
            let text = event["Event"]["RenderingInfo"]["Message"].as_str();
            (event["Event"]["RenderingInfo"]["EventName"].clone(), text.map(str::to_owned))
        };
        events(run).iter().map(text).collect::<Vec<_>>()
    };
    let run = etlens(&["dump", &trace, "--schema", &tmf]);
    let expected = [
        ("disk_c258", Some("[DiskRead] disk is at FFFF800000001230, 0x00000200 bytes, -5% (Busy)")),
        ("disk_c258", Some("[DiskRead] disk is at 8A4B1230, 0x00000200 bytes, -5% (Busy)")),
        ("disk_c300", Some("name disk, path C:\\disk, flags Read | Write")),
        ("Message(99)", None),
    ];
    let expected = expected.map(|(name, text)| (Value::from(name), text.map(str::to_owned)));
    assert_eq!(messages(&run), expected);
    let first = &events(&run)[0];
    assert_eq!(first["Event"]["System"]["Provider"]["#attributes"]["Name"], "contoso");
    assert_eq!(first["Event"]["EventData"]["Share * 100"], -5);
    assert_eq!(first["Event"]["System"]["Execution"]["#attributes"]["ThreadID"], 0x1001);

    let raw = etlens(&["dump", &trace]);
    assert_eq!(messages(&raw)[0], (Value::from("Message(10)"), None));
    let payload = &events(&raw)[3]["Event"]["ProcessingErrorData"]["EventPayload"];
    assert_eq!(*payload, Value::from("010203"));

    // A schema pack carries the formats along.
    let pack = path(&folder, "wpp.json");
    assert_eq!(etlens(&["schema", &trace, "--schema", &tmf, "-o", &pack]).code, 0);
    assert_eq!(messages(&etlens(&["dump", &trace, "--schema", &pack])), expected);
}

#[cfg(not(windows))]
#[test]
fn windows_can_be_asked_on_windows_only() {
    let folder = folder("tdh");
    let run = etlens(&["dump", "--tdh", &path(&folder, "contoso.etl")]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains("Windows only"), "{}", run.err);
    assert_eq!(etlens(&["dump", "--pack", "p.json", &path(&folder, "contoso.etl")]).code, 2);
}
