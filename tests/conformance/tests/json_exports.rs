//! JSON exports that other tools wrote: counts as `samples.tsv` lists them, values as a person
//! reads them in the files, and the same however the file is cut into chunks.

use std::collections::BTreeMap;

use etlens_conformance::corpus;
use etlens_parser::error::ErrorKind;
use etlens_parser::export::{Export, Format, Text};
use etlens_parser::formats::json::Reader;
use etlens_parser::formats::{TextEvent, TextSink};
use etlens_parser::query::complete;
use etlens_parser::record::Locator;
use etlens_parser::store::{Loader, Trace};
use etlens_parser::view::{Details, MessageSource};
use etlens_parser::{Issue, Result};

/// A sample of the corpus.
struct Sample {
    path: String,
    dialect: String,
    events: Option<usize>,
    bytes: Vec<u8>,
}

/// The samples of some dialects (folders); none without the corpus.
fn samples(dialects: &[&str]) -> Vec<Sample> {
    let Some(folder) = corpus() else { return Vec::new() };
    let folder = folder.join("exports");
    let table = std::fs::read_to_string(folder.join("samples.tsv")).expect("the list of samples");
    let rows = table.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    let wanted = rows.filter(|row| dialects.contains(&row[4]) && !row[0].contains(".xml"));
    wanted
        .map(|row| Sample {
            path: row[0].to_owned(),
            dialect: row[4].to_owned(),
            events: row[5].parse().ok(),
            bytes: std::fs::read(folder.join(row[0])).expect("a sample"),
        })
        .collect()
}

fn load(bytes: &[u8]) -> Result<Trace> {
    let mut loader = Loader::new("x.json", bytes.len() as u64);
    loader.push(bytes)?;
    loader.finish()
}

fn details(trace: &Trace, bytes: &[u8], event: u32) -> Details {
    trace.details(event, &bytes, "en-us").expect("details")
}

/// A property of an event, by the name the details panel gives it.
fn property(details: &Details, name: &str) -> String {
    let found = details.properties.iter().find(|property| property.name == name);
    found.unwrap_or_else(|| panic!("no {name} in {:#?}", details.properties)).text.clone()
}

/// Everything a file gives, as text.
#[derive(Default)]
struct Lines(Vec<String>);

impl TextSink for Lines {
    fn event(&mut self, event: &TextEvent<'_>, locator: Locator) {
        self.0.push(format!("{locator:?} {event:?}"));
    }

    fn issue(&mut self, issue: Issue) {
        self.0.push(format!("{issue:?}"));
    }
}

fn lines(bytes: &[u8], chunk_bytes: usize) -> Vec<String> {
    let mut lines = Lines::default();
    let mut reader = Reader::new(&bytes[..bytes.len().min(65_536)]).expect("a known dialect");
    for chunk in bytes.chunks(chunk_bytes) {
        reader.push(chunk, &mut lines);
    }
    reader.finish(&mut lines);
    lines.0
}

/// Folders whose files this reader understands, with the name of the dialect.
const READ: [(&str, &str); 13] = [
    ("powershell", "json/powershell"),
    ("evtx_dump", "json/evtx_dump"),
    ("chainsaw", "json/evtx_dump"),
    ("silketw", "json/silketw"),
    ("sealighter", "json/sealighter"),
    ("wazuh", "json/wazuh"),
    ("evtxecmd", "json/evtxecmd"),
    ("winlogbeat-ecs", "json/winlogbeat"),
    ("filebeat-etw", "json/winlogbeat"),
    ("winlogbeat6", "json/winlogbeat6"),
    ("nxlog-logstash", "json/nxlog"),
    ("otrf-export-winevents", "json/otrf"),
    ("azure-monitor", "json/azure-monitor"),
];

fn readable() -> Vec<(Sample, &'static str)> {
    let folders = READ.map(|(folder, _)| folder);
    samples(&folders)
        .into_iter()
        // Chainsaw's tables for the console are not JSON.
        .filter(|sample| sample.dialect != "chainsaw" || sample.path.ends_with(".json"))
        .map(|sample| {
            let format = READ.iter().find(|(folder, _)| *folder == sample.dialect).expect("listed");
            (sample, format.1)
        })
        .collect()
}

#[test]
fn every_event_of_every_sample_is_there() {
    for (sample, format) in readable() {
        let trace = load(&sample.bytes).unwrap_or_else(|e| panic!("{}: {e}", sample.path));
        assert_eq!(trace.info().format, format, "{}", sample.path);
        assert_eq!(Some(trace.len() as usize), sample.events, "{}", sample.path);
        let issues = &trace.info().lost.issues;
        let expected = match sample.path.as_str() {
            // A test snapshot: four lines of its own before the event.
            path if path.contains("/snap_") => 1,
            // Abridged by whoever published it: without its time.
            path if path.contains("evtxecmd") => 1,
            _ => 0,
        };
        assert_eq!(issues.len(), expected, "{}: {issues:?}", sample.path);
        for event in 0..trace.len() {
            let details = details(&trace, &sample.bytes, event);
            assert!(!details.json.is_empty() && details.raw_bytes > 0);
        }
    }
}

#[test]
fn chunks_of_any_size_give_the_same() {
    for (sample, _) in readable() {
        let whole = lines(&sample.bytes, sample.bytes.len());
        let sizes: &[usize] =
            if sample.bytes.len() < 10_000 { &[1, 2, 3, 5, 333] } else { &[7, 4_096, 65_537] };
        for size in sizes {
            assert_eq!(lines(&sample.bytes, *size), whole, "{} by {size}", sample.path);
        }
    }
}

#[test]
fn a_cut_file_shows_what_is_before_the_cut() {
    for (sample, _) in readable() {
        let whole = lines(&sample.bytes, sample.bytes.len());
        let Some(events) = sample.events.filter(|events| *events >= 100) else { continue };
        for part in [3, 5, 8] {
            let cut = sample.bytes.len() * part / 9;
            let found = lines(&sample.bytes[..cut], 10_000);
            let kept = found.iter().filter(|line| line.starts_with("Locator")).count();
            assert!(kept < events && found[..kept] == whole[..kept], "{}", sample.path);
            // One issue for what is cut off, unless the cut is between two events.
            assert!(found.len() <= kept + 1, "{}: {:?}", sample.path, &found[kept..]);
        }
    }
}

#[test]
fn other_json_is_named() {
    for (folder, what) in [
        ("chrome-trace-event", "Chrome trace"),
        ("speedscope", "speedscope"),
        ("firefox-profile", "Firefox"),
        ("etwanalyzer", "ETWAnalyzer"),
    ] {
        for sample in samples(&[folder]).iter().filter(|sample| sample.path.ends_with("json")) {
            let error = load(&sample.bytes).expect_err(&sample.path);
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{}", sample.path);
            assert!(error.message().contains(what), "{}: {error}", sample.path);
        }
    }
    for sample in samples(&["otlp-json"]) {
        let error = load(&sample.bytes).expect_err(&sample.path);
        assert!(matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::NotATrace));
    }
}

/// The sample of a path, loaded, with the details of one event.
fn event_of(path: &str, number: u32) -> Option<Details> {
    let folder = path.split('/').next().expect("a folder");
    let sample = samples(&[folder]).into_iter().find(|sample| sample.path == path)?;
    let trace = load(&sample.bytes).expect(path);
    Some(details(&trace, &sample.bytes, number))
}

fn assert_properties(details: &Details, expected: &[(&str, &str)]) {
    for (name, text) in expected {
        assert_eq!(property(details, name), *text, "{name}");
    }
}

#[test]
fn values_of_windows_powershell() {
    for path in ["powershell/ps51_utf16le_bom.derived.json", "powershell/ps51_utf8bom.derived.json"]
    {
        let Some(event) = event_of(path, 0) else { return };
        assert_eq!(event.row.id, 13);
        assert_eq!(event.row.provider, "Microsoft-Windows-Hyper-V-Netvsc");
        assert_eq!((event.row.pid, event.row.tid), (Some(3360), Some(9036)));
        // 1595374458918 ms since 1970.
        assert_eq!(event.row.time, 116_444_736_000_000_000 + 15_953_744_589_180_000);
        assert_eq!(event.message.source, MessageSource::File);
        assert_eq!(
            event.message.text,
            "Miniport NIC 'Microsoft Hyper-V Network Adapter #3' disconnected"
        );
        assert_properties(&event, &[("EventRecordID", "2555"), ("Computer", "DESKTOP-U3FCUKI")]);
        assert!(property(&event, "Keywords").contains("0x8000000000000000"));
        assert!(event.problem.contains("-Depth"), "the export lost the payload: {}", event.problem);
    }
}

#[test]
fn values_of_powershell_seven() {
    let Some(event) = event_of("powershell/ps7_single_object.json", 0) else { return };
    assert_eq!((event.row.id, event.row.level), (142, 2));
    assert_eq!(
        event.row.activity.map(|id| id.to_string()).as_deref(),
        Some("fdababc6-67cb-000a-98cc-b2fdcb67d801")
    );
    assert!(property(&event, "Keywords").contains("0x4000000000000002"));
    assert_eq!(property(&event, "Security"), "S-1-5-18");
    assert_eq!(event.message.text, "WSMan operation Enumeration failed, error code 2150858770");
    let data: Vec<&str> =
        event.properties.iter().map(|p| p.text.as_str()).filter(|t| *t == "Enumeration").collect();
    assert_eq!(data.len(), 1, "the first of the values without names");
}

#[test]
fn values_of_evtx_dump_in_each_form() {
    let mut seen = BTreeMap::new();
    for form in ["system.json.json", "system.jsonl.jsonl", "system.jsonl_sepattr.jsonl"] {
        let path = format!("evtx_dump/{form}");
        let Some(sample) = samples(&["evtx_dump"]).into_iter().find(|s| s.path == path) else {
            return;
        };
        let trace = load(&sample.bytes).expect(form);
        let first = (0..trace.len())
            .map(|event| details(&trace, &sample.bytes, event))
            .find(|event| property(event, "EventRecordID") == "3")
            .expect("record 3");
        assert_eq!((first.row.id, first.row.level), (12, 4));
        assert_eq!(first.row.provider, "Microsoft-Windows-Kernel-General");
        assert_eq!((first.row.pid, first.row.tid), (Some(4), Some(8)));
        assert_properties(&first, &[("Channel", "System")]);
        assert!(property(&first, "ProviderGuid").contains("a68ca8b7-004f-d7b6-a698-07e2de0f1f5d"));
        let texts: Vec<_> = first
            .properties
            .iter()
            .map(|p| (p.name.clone(), p.text.clone()))
            .filter(|(name, _)| name.starts_with("EventData") || name == "Keywords")
            .collect();
        seen.insert(form, texts);
    }
    let mut forms = seen.values();
    let first = forms.next().expect("a form");
    assert!(forms.all(|form| form == first), "{seen:?}");
}

#[test]
fn values_of_other_tools() {
    let Some(event) = event_of("silketw/README_sample.json", 0) else { return };
    assert_eq!(event.row.provider, "Microsoft-Windows-Kernel-Process");
    assert_eq!(event.row.name, "ThreadStop/Stop");
    assert_properties(&event, &[("EventData.StartAddr", "0x7fffe299a110")]);
    assert_eq!(event.message.text, "Thread 11,996 (in Process 8,416) stopped. ");

    let event = event_of("sealighter/SCENARIOS_0.json", 1).expect("a sample");
    assert_eq!((event.row.id, event.row.pid), (1, Some(15_724)));
    assert_properties(&event, &[("EventData.ProcessID", "16144"), ("EventData.SessionID", "1")]);

    let event = event_of("wazuh/abridged_4624.json", 0).expect("a sample");
    assert_eq!((event.row.id, event.row.tid), (4624, Some(5296)));
    assert_properties(&event, &[("EventData.targetUserName", "Bluecheap")]);

    let event = event_of("evtxecmd/sysmon22_abridged.json", 0).expect("a sample");
    assert_properties(&event, &[("EventData.ProcessId", "4292"), ("EventData.RuleName", "-")]);

    let event = event_of("winlogbeat-ecs/dnsserver_audit_1of3.json", 0).expect("a sample");
    assert_eq!((event.row.id, event.row.pid, event.row.level), (577, Some(852), 4));
    assert_properties(&event, &[("EventData.Policy", "BlackholePolicy")]);

    let event = event_of("filebeat-etw/dnsserver_analytical_3of4.json", 0).expect("a sample");
    assert!(property(&event, "Keywords").contains("0x8000000000000002"), "not rounded");
    assert_properties(&event, &[("EventData.QNAME", "google.es.")]);

    let nxlog =
        "nxlog-logstash/covenant_sharpsc_query_dcerpc_smb_svcctl_2020-08-06012009.first300.json";
    let event = event_of(nxlog, 0).expect("a sample");
    assert_eq!(event.row.pid, Some(4), "of the header, not of the payload");
    assert_properties(&event, &[("EventData.ProcessId", "3472"), ("EventData.DestPort", "80")]);

    let azure = "azure-monitor/sysmon_log4shell_cve2021_44228_java_serialized_object_2022-05-13045800.first300.json";
    let event = event_of(azure, 0).expect("a sample");
    assert_eq!((event.row.id, event.row.level), (3, 4));
    assert_properties(&event, &[("EventData.SourceIp", "192.168.3.5")]);
}

/// An .etl written as canonical JSON lines and read back says the same.
#[test]
fn our_own_export_reads_back() {
    let file = etlens_synth::sample::build();
    let trace = etlens_conformance::collect::load("sample.etl", &file);
    let export = |trace: &Trace, file: &Vec<u8>| {
        let mut text = Text::default();
        let mut export = Export::new(trace.all(), Format::Jsonl, "ko-kr", None);
        while !export.step(trace, file, 1 << 20, &mut text).expect("it can be written") {}
        text.as_bytes().to_vec()
    };
    let first = export(&trace, &file);
    let again = load(&first).expect("our own export");
    assert_eq!(again.info().format, "json/etlens");
    assert_eq!((again.len(), again.info().marked), (trace.len(), trace.info().marked));
    assert_eq!(again.info().lost.issues, []);
    let second = export(&again, &first);
    let lines = |text: &[u8]| -> Vec<serde_json::Value> {
        let text = std::str::from_utf8(text).expect("UTF-8");
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    let mut compared = 0;
    for (one, two) in lines(&first).iter().zip(lines(&second)) {
        for part in ["System", "EventData", "RenderingInfo"] {
            assert_eq!(one["Event"][part], two["Event"][part], "{part} of {one}");
        }
        assert_eq!(one["_etw"]["fields"], two["_etw"]["fields"]);
        compared += 1;
    }
    assert_eq!(compared, trace.len());
    // Filters over the payload find the same events in both.
    for filter in ["id:4031", "level<=error", "AppDomain:root and id:4031", "dispatch*fail"] {
        let count = |trace: &Trace, file: &Vec<u8>| {
            etlens_conformance::collect::filtered(trace, file, filter).shown()
        };
        assert_eq!(count(&trace, &file), count(&again, &first), "{filter}");
    }
    let offered = complete("id:4031 name:Dispatch", 21, &again).candidates;
    assert!(offered.contains(&"DispatchSessionFailed".to_owned()), "{offered:?}");
}
