//! Containers, encodings, damage and dialects, after what the tools that write them document.

use super::*;
use crate::catalog;
use crate::time::iso8601;
use crate::value::Value;
use crate::value_text::ValueText;

/// What a file gave: each event as one line of text, and the issues.
#[derive(Debug, Default, PartialEq)]
struct Found {
    events: Vec<String>,
    issues: Vec<(ErrorKind, u64, u64)>,
}

impl TextSink for Found {
    fn event(&mut self, event: &TextEvent<'_>, locator: Locator) {
        let record = &event.record;
        self.events.push(format!(
            "{} @{} {} {} {} {} v{} l{}",
            locator.0,
            record.offset,
            iso8601(record.ticks),
            event.provider,
            event.id,
            event.event,
            record.version,
            record.level
        ));
    }

    fn issue(&mut self, issue: Issue) {
        self.issues.push((issue.kind, issue.offset, issue.skipped_bytes));
    }
}

fn read(bytes: &[u8], chunk_bytes: usize) -> (Found, File) {
    let mut reader = Reader::new(&bytes[..bytes.len().min(DETECT_BYTES)]).expect("events");
    let mut found = Found::default();
    for chunk in bytes.chunks(chunk_bytes.max(1)) {
        reader.push(chunk, &mut found);
    }
    reader.finish(&mut found);
    (found, reader.into_file())
}

/// Reads a file whole, and again in chunks of many sizes, which must give the same.
fn read_all_ways(bytes: &[u8]) -> (Found, File) {
    let whole = read(bytes, bytes.len());
    for size in [1, 2, 3, 7, 64, 1000] {
        assert_eq!(read(bytes, size).0, whole.0, "in chunks of {size}");
    }
    whole
}

/// An event as `Get-WinEvent | ConvertTo-Json -Compress` of PowerShell 7 writes it.
fn event(id: u32) -> String {
    format!(
        "{{\"Id\":{id},\"ProviderName\":\"P\",\"TimeCreated\":\"2026-01-02T03:04:05.1234567Z\",\
         \"Level\":2,\"Properties\":[{{\"Value\":\"}}{{[\\\"\\\\\"}}]}}"
    )
}

fn ids(found: &Found) -> Vec<String> {
    found.events.iter().map(|line| line.split(' ').nth(4).unwrap_or("").to_owned()).collect()
}

#[test]
fn every_container_gives_the_same_events() {
    let (a, b, c) = (event(1), event(2), event(3));
    let pretty = |text: &str| text.replace(',', ",\r\n      ").replace('{', "{\r\n      ");
    for text in [
        format!("[{a},{b},{c}]"),
        format!("[\n  {a},\n  {b},\n  {c}\n]\n"),
        format!("[ {a}, {b}, {c}, ]"),
        format!("{a}\n{b}\r\n{c}"),
        format!("{a}{b}{c}"),
        format!("\u{feff}{a}\n\n\n{b}\n\u{feff}{c}\n"),
        format!("Record 1\n{a}\nRecord 2\n{b}\nRecord 300\n{c}\n"),
        format!("{{\"Events\":[{a},{b},{c}]}}"),
        format!("{{ \"next\": \"[{{\\\"\", \"events\" : [\n{a}\n,\n{b},{c} ] , \"n\":{{}} }}"),
        format!("{}\n{}\n{}\n", pretty(&a), pretty(&b), pretty(&c)),
        format!("[{},\r\n{},\r\n{}]", pretty(&a), pretty(&b), pretty(&c)),
    ] {
        assert!(is_json(text.as_bytes()), "{text}");
        let (found, _) = read_all_ways(text.as_bytes());
        assert_eq!(ids(&found), ["1", "2", "3"], "{text}");
        assert_eq!(found.issues, [], "{text}");
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let (wide, _) = read_all_ways(&utf16);
        assert_eq!(ids(&wide), ["1", "2", "3"], "UTF-16: {text}");
        assert_eq!(wide.issues, [], "UTF-16: {text}");
        let big: Vec<u8> =
            format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(ids(&read_all_ways(&big).0), ["1", "2", "3"], "big-endian: {text}");
    }
    let (found, _) = read_all_ways(a.as_bytes());
    assert_eq!(ids(&found), ["1"], "a single object");
}

#[test]
fn offsets_are_those_of_the_file() {
    let text = format!("\u{feff}[{},\n {}]", event(1).replace("\"P\"", "\"한국 😀\""), event(2));
    let at = |needle: &str| text.find(needle).expect("there");
    let (found, _) = read_all_ways(text.as_bytes());
    assert!(found.events[0].starts_with(&format!("0 @{} ", at("{\"Id\":1"))), "{found:?}");
    assert!(found.events[1].starts_with(&format!("1 @{} ", at("{\"Id\":2"))), "{found:?}");
    let units = text[..at("{\"Id\":2")].encode_utf16().count();
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (found, file) = read_all_ways(&utf16);
    assert!(found.events[1].starts_with(&format!("1 @{} ", 2 * units)), "{found:?}");
    let mut cache = TextCache::default();
    for (number, provider) in [(1, "P"), (0, "한국 😀"), (1, "P")] {
        let read = file.with_event(&utf16, &mut cache, Locator(number), |event, body| {
            (event.provider.to_string(), body.decoded.fields.len())
        });
        assert_eq!(read.expect("an event"), (provider.to_owned(), 1));
    }
    let beyond = file.with_event(&utf16, &mut cache, Locator(2), |_, _| ());
    assert_eq!(beyond.expect_err("no such event").kind(), ErrorKind::OutOfRange);
}

#[test]
fn a_cut_file_shows_all_before_the_cut_and_one_issue() {
    for (text, separator) in [
        (format!("[{},\n{},\n{}]", event(1), event(2), event(3)), 1),
        (format!("{}\n{}\n{}\n", event(1), event(2), event(3)), 0),
        (format!("{{\"Events\":[{},{},{}]}}", event(1), event(2), event(3)), 1),
    ] {
        let third = text.find("{\"Id\":3").expect("there");
        let end = third + event(3).len();
        for cut in third + 1..end {
            let (found, _) = read(&text.as_bytes()[..cut], 100);
            assert_eq!(ids(&found), ["1", "2"]);
            let skipped = (cut - third) as u64;
            assert_eq!(found.issues, [(ErrorKind::Truncated, third as u64, skipped)], "{cut}");
        }
        // Cut between events: all are there, and an open list is said.
        let (found, _) = read(&text.as_bytes()[..end], 100);
        assert_eq!(ids(&found), ["1", "2", "3"]);
        let open = [(ErrorKind::Truncated, end as u64, 0)];
        assert_eq!(found.issues, &open[..separator]);
    }
}

#[test]
fn damage_in_the_middle_costs_only_what_it_hits() {
    // A line cut by a killed writer, in the middle of a string.
    let cut = &event(2)[..60];
    let text = format!("{}\n{cut}\n{}\n{}\n", event(1), event(3), event(4));
    let start = text.find("{\"Id\":2").expect("there") as u64;
    let (found, _) = read_all_ways(text.as_bytes());
    assert_eq!(ids(&found), ["1", "3", "4"]);
    assert_eq!(found.issues, [(ErrorKind::BadText, start, cut.len() as u64 + 1)]);
    // The same in an array on one line: the next event is known by how events begin.
    let text = format!("[{},{cut},{},{}]", event(1), event(3), event(4));
    let (found, _) = read_all_ways(text.as_bytes());
    assert_eq!(ids(&found), ["1", "3", "4"]);
    assert_eq!(found.issues.len(), 1);
    assert_eq!(found.issues[0].1, 1 + event(1).len() as u64 + 1);
    // A quotation mark overwritten, and a bracket.
    for damage in [("\"ProviderName\"", "#ProviderName\""), ("}]}", "})}")] {
        let bad = event(2).replacen(damage.0, damage.1, 1);
        for separator in ["\n", ","] {
            let text = format!("[{}{separator}{bad}{separator}{}]", event(1), event(3));
            let (found, _) = read_all_ways(text.as_bytes());
            assert_eq!(ids(&found), ["1", "3"], "{damage:?} {separator:?}");
            assert_eq!(found.issues[0].1, text.find("{\"Id\":2").expect("there") as u64);
        }
    }
}

#[test]
fn what_is_no_event_is_said_and_accounted_for() {
    let text = format!(
        "listening on pipe\n{}\n{{\"index\":{{}}}}\n{}\nstopped: 2 events",
        event(1),
        event(2)
    );
    let (found, _) = read_all_ways(text.as_bytes());
    assert_eq!(ids(&found), ["1", "2"]);
    let at = |needle: &str| text.find(needle).expect("there") as u64;
    assert_eq!(
        found.issues,
        [
            (ErrorKind::BadText, 0, 17),
            (ErrorKind::BadRecord, at("{\"index\""), 12),
            (ErrorKind::BadText, at("stopped"), 17),
        ]
    );
    assert!(is_json(text.as_bytes()), "lines before the first event");
    let deep = format!("{}{}", "{\"a\":".repeat(70), "}".repeat(70));
    let (found, _) = read_all_ways(format!("{}\n{deep}\n{}", event(1), event(2)).as_bytes());
    assert_eq!(ids(&found), ["1", "2"]);
    assert_eq!(found.issues.len(), 1);
    assert_eq!((found.issues[0].0, found.issues[0].2), (ErrorKind::Limit, deep.len() as u64));
}

#[test]
fn an_event_beyond_the_limit_is_passed_over() {
    let large = event(2).replace("\"P\"", &format!("\"{}\"", "x".repeat(MAX_JSON_EVENT_BYTES)));
    let text = format!("[{},{large},{}]", event(1), event(3));
    for size in [text.len(), 1 << 20] {
        let (found, _) = read(text.as_bytes(), size);
        assert_eq!(ids(&found), ["1", "3"]);
        let start = 1 + event(1).len() as u64 + 1;
        assert_eq!(found.issues, [(ErrorKind::Limit, start, large.len() as u64)]);
    }
}

#[test]
fn damage_of_any_kind_reads_the_same_in_any_chunks() {
    // A small linear congruential generator: the same damage in every run.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let pretty = |text: &str| text.replace(',', ",\r\n      ").replace('{', "{\r\n      ");
    let files = [
        format!("{}\n{}\n{}\n{}\n", event(1), event(2), event(3), event(4)),
        format!("[{},{},{},{}]", event(1), event(2), event(3), event(4)),
        format!("[\n{},\n{},\n{}\n]", pretty(&event(1)), pretty(&event(2)), pretty(&event(3))),
        format!("{{\"Events\":[{},{},{}]}}", event(1), event(2), event(3)),
    ];
    for round in 0..2_000 {
        let text = &files[round % files.len()];
        let mut bytes = text.clone().into_bytes();
        // The first event stays whole: without it the file is not recognised.
        let first = text.find("\"Id\":2").expect("there") - 10;
        for _ in 0..=random(3) {
            let at = first + random(bytes.len().saturating_sub(first).max(1));
            match random(4) {
                0 if at < bytes.len() => bytes[at] = b"\"\\{}[],:\n\0x\xff"[random(12)],
                1 => bytes.truncate(at + 1),
                2 => drop(bytes.drain(at.min(bytes.len())..(at + random(60)).min(bytes.len()))),
                _ => {
                    let part = bytes[first.min(bytes.len())..at.min(bytes.len())].to_vec();
                    bytes.extend(part);
                }
            }
        }
        let whole = read(&bytes, bytes.len()).0;
        for size in [1, 5, 97] {
            assert_eq!(read(&bytes, size).0, whole, "{size}: {}", String::from_utf8_lossy(&bytes));
        }
        let lost: u64 = whole.issues.iter().map(|issue| issue.2).sum();
        assert!(lost <= bytes.len() as u64, "{whole:?}");
        assert!(!whole.events.is_empty() || !whole.issues.is_empty(), "nothing is lost silently");
    }
}

#[test]
fn a_hostile_file_ends() {
    // Each of a million objects begins before the last is finished.
    let text = format!("{}\n{}", event(1), "{\"Id\":[\n".repeat(1 << 20));
    let (found, _) = read(text.as_bytes(), 1 << 16);
    assert_eq!(ids(&found), ["1"]);
    assert!(!found.issues.is_empty());
}

#[test]
fn json_that_holds_no_events_is_named() {
    for (text, kind, what) in [
        (r#"[{"name":"a","ph":"X","ts":1}]"#, ErrorKind::Unsupported, "Chrome"),
        (r#"{"traceEvents":[]}"#, ErrorKind::Unsupported, "Chrome"),
        (
            r#"{"$schema":"https://www.speedscope.app/x","profiles":[]}"#,
            ErrorKind::Unsupported,
            "speedscope",
        ),
        (r#"{"meta":{"interval":1},"threads":[]}"#, ErrorKind::Unsupported, "Firefox"),
        (r#"{"resourceLogs":[]}"#, ErrorKind::Unsupported, "OpenTelemetry"),
        (r#"{"a":1}"#, ErrorKind::NotATrace, "not an export"),
        ("[1,2,3]", ErrorKind::NotATrace, "not an export"),
        ("[]", ErrorKind::NotATrace, "not an export"),
        ("{", ErrorKind::NotATrace, "not an export"),
    ] {
        let error = Reader::new(text.as_bytes()).expect_err(text);
        assert_eq!(error.kind(), kind, "{text}");
        assert!(error.message().contains(what), "{text}: {error}");
    }
}

/// 4031 in every dialect that can tell it: the header, the payload and the message must come out
/// as the same facts, whoever wrote the file.
#[test]
fn a_failed_dispatch_is_the_same_in_every_dialect() {
    let schema = |attributes: fn(&str, &str) -> String, id: &str| {
        format!(
            "{{\"Event\":{{\"System\":{{{provider},{id},\"Version\":0,\"Level\":2,\"Task\":2500,\
             \"Opcode\":0,\"Keywords\":\"0x2000000000000800\",{time},\"EventRecordID\":17,\
             {correlation},{execution},\"Channel\":\"Microsoft-Windows-Application Server-\
             Applications/Analytic\",\"Computer\":\"SRV1\",\"Security\":null}},\
             \"EventData\":{{\"AppDomain\":\"/LM/W3SVC/1/ROOT-1-132\"}}}}}}",
            provider = attributes(
                "Provider",
                "\"Name\":\"Microsoft-Windows-Application Server-Applications\",\
                 \"Guid\":\"{c651f5f6-1c0d-492e-8ae1-b4efd7c9d503}\""
            ),
            time = attributes("TimeCreated", "\"SystemTime\":\"2026-01-02T03:04:05.1234567Z\""),
            correlation = attributes(
                "Correlation",
                "\"ActivityID\":\"{00000000-0000-0000-0000-00000000000A}\""
            ),
            execution = attributes("Execution", "\"ProcessID\":4321,\"ThreadID\":\"8765\""),
        )
    };
    let nested = schema(|n, a| format!("\"{n}\":{{\"#attributes\":{{{a}}}}}"), "\"EventID\":4031");
    let qualified = schema(
        |n, a| format!("\"{n}\":{{\"#attributes\":{{{a}}}}}"),
        "\"EventID\":{\"#attributes\":{\"Qualifiers\":0},\"#text\":\"4031\"}",
    );
    let beside = schema(|n, a| format!("\"{n}_attributes\":{{{a}}}"), "\"EventID\":4031");
    let at = schema(
        |n, a| {
            format!(
                "\"{n}\":{{{}}}",
                a.replace("\"Name", "\"@Name")
                    .replace("\"Guid", "\"@Guid")
                    .replace("\"System", "\"@System")
                    .replace("\"Activity", "\"@Activity")
                    .replace("\"Process", "\"@Process")
                    .replace("\"Thread", "\"@Thread")
            )
        },
        "\"EventID\":\"4031\"",
    );
    let go = schema(|n, a| format!("\"{n}\":{{{a}}}"), "\"EventID\":4031")
        .replace("\"Level\":2", "\"Level\":{\"Value\":2,\"Name\":\"Error\"}")
        .replace(
            "\"Keywords\":\"0x2000000000000800\"",
            "\"Keywords\":{\"Value\":2305843009213696000,\"Name\":\"\"}",
        );
    let own = nested.replace(
        "}}}",
        "}},\"_etw\":{\"v\":1,\"seq\":17,\"fields\":[[\"AppDomain\",\"UnicodeString\",\
         \"/LM/W3SVC/1/ROOT-1-132\"]]}}",
    );
    let powershell = |time: &str, payload: &str| {
        format!(
            "{{\"Id\":4031,\"Version\":0,\"Qualifiers\":null,\"Level\":2,\"Task\":2500,\
             \"Opcode\":0,\"Keywords\":2305843009213696000,\"RecordId\":17,\"ProviderName\":\
             \"Microsoft-Windows-Application Server-Applications\",\"ProviderId\":\
             \"c651f5f6-1c0d-492e-8ae1-b4efd7c9d503\",\"LogName\":\"x.etl\",\"ProcessId\":4321,\
             \"ThreadId\":8765,\"MachineName\":\"SRV1\",\"UserId\":null,\"TimeCreated\":{time},\
             \"ActivityId\":\"00000000-0000-0000-0000-00000000000a\",\"Properties\":{payload},\
             \"Message\":\"Session dispatch failed.\"}}"
        )
    };
    let seven = powershell(
        "\"2026-01-02T12:04:05.1234567+09:00\"",
        "[{\"Value\":\"/LM/W3SVC/1/ROOT-1-132\"}]",
    );
    // Milliseconds are all that Windows PowerShell 5.1 keeps.
    let five =
        powershell("\"\\/Date(1767323045123)\\/\"", "[{\"Value\":\"/LM/W3SVC/1/ROOT-1-132\"}]");
    let kql = "[{\"Provider\":\"Microsoft-Windows-Application Server-Applications\",\
        \"Level\":\"Error\",\"Task\":\"ActivationDispatchSession\",\"Opcode\":\"Info\",\
        \"Channel\":\"\",\"EventId\":4031,\"Version\":0,\"TimeCreated\":\
        \"2026-01-02T03:04:05.1234567Z\",\"ProcessId\":4321,\"ThreadId\":8765,\"ActivityId\":\
        \"00000000-0000-0000-0000-00000000000a\",\"EventData\":{\"AppDomain\":\
        \"/LM/W3SVC/1/ROOT-1-132\"},\"Message\":\"x\"}";
    let projected = "{\"TimeCreated\":\"2026-01-02T03:04:05.1234567Z\",\"ProviderName\":\
        \"Microsoft-Windows-Application Server-Applications\",\"Id\":4031,\"ProcessId\":4321,\
        \"ThreadId\":8765,\"ActivityId\":\"{0000000000000000000000000000000a}\",\
        \"AppDomain\":\"/LM/W3SVC/1/ROOT-1-132\"}";
    for (format, text, time) in [
        ("json/evtx_dump", nested.as_str(), "2026-01-02T03:04:05.1234567Z"),
        ("json/evtx_dump", &qualified, "2026-01-02T03:04:05.1234567Z"),
        ("json/evtx_dump", &beside, "2026-01-02T03:04:05.1234567Z"),
        ("json/event-xml", &at, "2026-01-02T03:04:05.1234567Z"),
        ("json/golang-etw", &go, "2026-01-02T03:04:05.1234567Z"),
        ("json/etlens", &own, "2026-01-02T03:04:05.1234567Z"),
        ("json/powershell", &seven, "2026-01-02T03:04:05.1234567Z"),
        ("json/powershell", &five, "2026-01-02T03:04:05.1230000Z"),
        ("json/powershell", projected, "2026-01-02T03:04:05.1234567Z"),
        ("json/realtimekql", kql, "2026-01-02T03:04:05.1234567Z"),
    ] {
        let bytes = text.as_bytes();
        assert_eq!(Reader::new(bytes).expect(text).format(), format, "{text}");
        let (found, file) = read_all_ways(bytes);
        assert_eq!(found.events.len(), 1, "{text}");
        let seen =
            file.with_event(&bytes.to_vec(), &mut TextCache::default(), Locator(0), |e, b| {
                let record = &e.record;
                assert_eq!(iso8601(record.ticks), time, "{format}");
                assert_eq!(record.provider, catalog::PROVIDER, "{format}");
                assert_eq!((e.id, record.id, record.version, record.level), (4031, 4031, 0, 2));
                assert_eq!((record.task, record.opcode, record.channel), (2500, 0, 18), "{format}");
                assert_eq!(record.keywords, 0x2000_0000_0000_0800, "{format}");
                assert_eq!((record.pid, record.tid), (4321, 8765), "{format}");
                assert_eq!(record.activity.to_string(), "00000000-0000-0000-0000-00000000000a");
                assert_eq!(e.provider, catalog::PROVIDER_NAME);
                assert_eq!(e.event, "DispatchSessionFailed", "{format}");
                assert_eq!(e.task, "ActivationDispatchSession", "{format}");
                let fields: Vec<_> = b
                    .decoded
                    .fields
                    .iter()
                    .map(|field| {
                        (
                            field.name.as_str(),
                            field.type_name.as_str(),
                            ValueText(&field.value).to_string(),
                        )
                    })
                    .collect();
                let wanted = ("AppDomain", "UnicodeString", "/LM/W3SVC/1/ROOT-1-132".to_owned());
                assert_eq!(fields, [wanted], "{format}");
                assert_eq!(b.decoded.problem, None, "{format}");
            });
        seen.expect(text);
    }
}

fn body(text: &str) -> TextBody {
    let (_, file) = read_all_ways(text.as_bytes());
    let bytes = text.as_bytes().to_vec();
    let mut cache = TextCache::default();
    file.with_event(&bytes, &mut cache, Locator(0), |_, body| body.clone()).expect(text)
}

fn fields(body: &TextBody) -> Vec<(String, String, String)> {
    let show = |f: &crate::value::Field| {
        (f.name.clone(), f.type_name.clone(), ValueText(&f.value).to_string())
    };
    body.decoded.fields.iter().map(show).collect()
}

fn triple(name: &str, type_name: &str, value: &str) -> (String, String, String) {
    (name.to_owned(), type_name.to_owned(), value.to_owned())
}

#[test]
fn powershell_says_when_it_lost_the_payload() {
    let lost = event(1).replace(
        "[{\"Value\":\"}{[\\\"\\\\\"}]",
        "[\"System.Diagnostics.Eventing.Reader.EventProperty\"]",
    );
    let body = body(&lost);
    assert_eq!(body.decoded.fields, []);
    assert!(body.decoded.problem.is_some_and(|problem| problem.contains("-Depth")));
}

#[test]
fn the_rest_of_a_powershell_event_is_kept() {
    let text = "{\"Id\":142,\"ProviderName\":\"Microsoft-Windows-WinRM\",\"Qualifiers\":null,\
        \"UserId\":{\"BinaryLength\":12,\"AccountDomainSid\":null,\"Value\":\"S-1-5-18\"},\
        \"RecordId\":1814,\"TimeCreated\":\"2022-05-20T03:01:30.2834368-04:00\",\
        \"ContainerLog\":\"x\",\"MatchedQueryIds\":[],\"Bookmark\":{},\"KeywordsDisplayNames\":\
        [\"Client\"],\"RelatedActivityId\":\"fdababc6-67cb-000a-98cc-b2fdcb67d801\",\
        \"Properties\":[{\"Value\":\"Enumeration\"},{\"Value\":2150858770},{\"Value\":null},\
        {\"Value\":[1,2]}],\"Message\":\"It failed.\\r\\nTwice.\"}";
    let body = body(text);
    assert_eq!(
        fields(&body),
        [
            triple("", "UnicodeString", "Enumeration"),
            triple("", "Int64", "2150858770"),
            triple("", "Null", "null"),
            triple("", "Array", "[1, 2]"),
        ]
    );
    assert_eq!(body.sid, "S-1-5-18");
    assert_eq!(body.record_id, Some(1814));
    assert_eq!(body.keywords, ["Client"]);
    assert_eq!(body.message.map(|message| message.text).as_deref(), Some("It failed.\r\nTwice."));
    assert_eq!(body.related_activity.to_string(), "fdababc6-67cb-000a-98cc-b2fdcb67d801");
    let extra = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    assert_eq!(body.extra, [extra("MatchedQueryIds", "[]"), extra("Bookmark", "{}")]);
}

#[test]
fn our_own_fields_come_back_in_their_types() {
    let text = "{\"Event\":{\"System\":{\"Provider\":{\"#attributes\":{\"Name\":\"P\"}},\
        \"EventID\":1,\"TimeCreated\":{\"#attributes\":{\"SystemTime\":\
        \"2026-01-02T03:04:05.1234567Z\"}}},\"EventData\":{},\"RenderingInfo\":{\"#attributes\":\
        {\"Culture\":\"ko-KR\"},\"Message\":\"못했습니다\",\"Keywords\":{\"Keyword\":[\"A\",\"B\"]}}},\
        \"_etw\":{\"v\":1,\"seq\":1,\"kind\":\"EVENT64\",\"channel_id\":18,\"stack\":[\"0x7ff8\"],\
        \"extra\":{\"Bookmark\":\"{}\"},\"fields\":[[\"u\",\"UInt64\",\"0xffffffffffffffff\"],\
        [\"i\",\"Int64\",\"0x8000000000000000\"],[\"n\",\"Int32\",-5],[\"h\",\"HexInt32\",\"0x10\"],\
        [\"g\",\"GUID\",\"{c651f5f6-1c0d-492e-8ae1-b4efd7c9d503}\"],[\"b\",\"Binary\",\"AB01\"],\
        [\"t\",\"FILETIME\",\"2026-01-02T03:04:05.0000001Z\"],[\"f\",\"Float\",0.1],\
        [\"inf\",\"Double\",\"-INF\"],[\"s\",\"SYSTEMTIME\",\"2026-01-02T03:04:05.0060000Z\"],\
        [\"e\",\"UInt32\",2,\"Stop\"],[\"\",\"UnicodeString\",\"\"],[\"z\",\"UnicodeString\",null],\
        [\"l\",\"UInt16[]\",[1,2]],[\"st\",\"Struct\",[[\"x\",\"UInt8\",1],[\"x\",\"UInt8\",2]]],\
        [\"sid\",\"SID\",\"S-1-5-18\"],[\"bo\",\"Boolean\",true]]}}";
    let body = body(text);
    let value = |name: &str| {
        body.decoded.fields.iter().find(|f| f.name == name).map(|f| f.value.clone()).expect(name)
    };
    assert_eq!(value("u"), Value::UInt(u64::MAX));
    assert_eq!(value("i"), Value::Int(i64::MIN));
    assert_eq!(value("n"), Value::Int(-5));
    assert_eq!(value("h"), Value::Hex(16));
    assert_eq!(value("g"), Value::Guid(catalog::PROVIDER));
    assert_eq!(value("b"), Value::Binary(vec![0xab, 1]));
    assert_eq!(ValueText(&value("t")).to_string(), "2026-01-02T03:04:05.0000001Z");
    assert_eq!(value("f"), Value::Float(0.1));
    assert_eq!(value("inf"), Value::Double(f64::NEG_INFINITY));
    // 2026-01-02 is a Friday.
    assert_eq!(value("s"), Value::SystemTime([2026, 1, 5, 2, 3, 4, 5, 6]));
    assert_eq!(value("e"), Value::Named { value: 2, name: "Stop".to_owned() });
    assert_eq!(value(""), Value::Text(String::new()));
    assert_eq!(value("z"), Value::Null);
    assert_eq!(value("l"), Value::Array(vec![Value::UInt(1), Value::UInt(2)]));
    let Value::Struct(inner) = value("st") else { panic!("a structure") };
    assert_eq!(inner.len(), 2, "repeated names stay");
    assert_eq!(value("sid"), Value::Sid("S-1-5-18".to_owned()));
    assert_eq!(value("bo"), Value::Bool(true));
    assert_eq!(body.stack, [0x7ff8]);
    assert_eq!(body.keywords, ["A", "B"]);
    assert_eq!(body.message.map(|m| m.locale).as_deref(), Some("ko-kr"));
    let extra = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    assert_eq!(body.extra, [extra("_etw/kind", "EVENT64"), extra("Bookmark", "{}")]);
}

#[test]
fn a_payload_that_was_not_decoded_keeps_its_bytes() {
    let text = "{\"Event\":{\"System\":{\"EventID\":1,\"TimeCreated\":{\"#attributes\":\
        {\"SystemTime\":\"2026-01-02T03:04:05Z\"}}},\"ProcessingErrorData\":{\"ErrorCode\":15005,\
        \"EventPayload\":\"500E0000\"}},\"_etw\":{\"v\":1,\"fields\":[]}}";
    let body = body(text);
    let wanted =
        [triple("ErrorCode", "UInt32", "15005"), triple("EventPayload", "Binary", "500E0000")];
    assert_eq!(fields(&body), wanted);
    assert!(body.decoded.problem.is_some());
}

#[test]
fn unnamed_data_and_user_data() {
    let with = |data: &str| {
        body(&format!(
            "{{\"Event\":{{\"System\":{{\"EventID\":6009,\"TimeCreated\":{{\"#attributes\":\
             {{\"SystemTime\":\"2017-07-12T17:16:28Z\"}}}}}},{data}}}}}"
        ))
    };
    let unnamed = with("\"EventData\":{\"Data\":{\"#text\":[\"10.00.\",\"\"]},\"Binary\":\"E1\"}");
    assert_eq!(
        fields(&unnamed),
        [
            triple("", "UnicodeString", "10.00."),
            triple("", "UnicodeString", ""),
            triple("Binary", "UnicodeString", "E1"),
        ]
    );
    let user = with(
        "\"UserData\":{\"CertGet\":{\"#attributes\":{\"xmlns\":\"x\"},\"Name_1\":\"a\",\
         \"Name_2\":\"b\",\"Empty\":null}}",
    );
    assert_eq!(
        fields(&user),
        [
            triple("Name_1", "UnicodeString", "a"),
            triple("Name_2", "UnicodeString", "b"),
            triple("Empty", "Null", "null"),
        ]
    );
    let numbers = with("\"EventData\":{\"id\":18446744073709551615,\"n\":NaN,\"o\":{\"p\":true}}");
    assert_eq!(
        fields(&numbers),
        [
            triple("id", "UInt64", "18446744073709551615"),
            triple("n", "Double", "NaN"),
            triple("o", "Struct", "{p=true}"),
        ]
    );
}

#[test]
fn older_windows_writes_its_own_code_page() {
    let text = event(1).replace("\"P\"", "\"For\u{ea}t\"");
    let ansi: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin")).collect();
    let (found, file) = read_all_ways(&ansi);
    assert!(found.events[0].contains("Forêt"), "{found:?}");
    let mut cache = TextCache::default();
    let name = file.with_event(&ansi, &mut cache, Locator(0), |e, _| e.provider.to_string());
    assert_eq!(name.expect("an event"), "Forêt");
}

#[test]
fn an_event_without_a_time_stands_beside_the_one_before() {
    let text = format!(
        "{}\n{{\"Id\":2,\"ProviderName\":\"P\"}}\n{{\"Id\":3,\"LogName\":\"L\"}}",
        event(1)
    );
    let (found, _) = read_all_ways(text.as_bytes());
    assert_eq!(ids(&found), ["1", "2", "3"]);
    assert!(found.events.iter().all(|line| line.contains("2026-01-02T03:04:05.1234567Z")));
    let second = text.find("{\"Id\":2").expect("there") as u64;
    assert_eq!(found.issues, [(ErrorKind::BadRecord, second, 0)], "said once, nothing skipped");
}
