//! Inputs to begin with: valid ones, all built.

use crate::targets::DECODERS;
use etlens_synth::metadata::{EventInfo, Property};
use etlens_synth::trace::append;
use etlens_synth::tracelogging::{Blob, Count, in_type};
use etlens_synth::{Guid, Pointer, cab, contoso, damage, guid, sample, variants, xpress};

const PROVIDER: Guid = guid("3f1c9a52-6b7e-4d43-8a55-90be2c1f77d1");

/// Seeds of a fuzz target, by name; none for a name that is no target.
#[must_use]
pub fn of_target(target: &str) -> Vec<Vec<u8>> {
    let all = |properties: &[&str]| properties.iter().flat_map(|name| of(name)).collect();
    match target {
        "files" => all(&["etl", "store"]),
        "containers" => all(&["container", "xca"]),
        "decode" => (0..)
            .zip(DECODERS)
            .flat_map(|(choice, (name, _))| {
                of(name).into_iter().map(move |seed| chosen(choice, &seed))
            })
            .collect(),
        _ => of(target),
    }
}

/// An input of the target `decode`.
#[must_use]
pub fn chosen(choice: u8, input: &[u8]) -> Vec<u8> {
    [&[choice], input].concat()
}

/// Seeds of a property, by name; none for a name that is none.
#[must_use]
pub fn of(property: &str) -> Vec<Vec<u8>> {
    match property {
        "etl" => traces(),
        "store" => traces().into_iter().chain(json()).collect(),
        "xca" => compressed(),
        "round_trip" => vec![Vec::new(), vec![7; 5_000], sample::build()[..4_000].to_vec()],
        "trace_logging" => vec![trace_logging()],
        "trace_event_info" => vec![trace_event_info()],
        "manifest" => vec![MANIFEST.as_bytes().to_vec()],
        "classic" => classic(),
        "schema_files" => contoso::schema_files().into_iter().map(|(_, bytes)| bytes).collect(),
        "json" => json(),
        "filter" => FILTERS.iter().map(|text| text.as_bytes().to_vec()).collect(),
        "container" => containers(),
        _ => Vec::new(),
    }
}

/// Small traces of each kind, in small buffers so that there are several, plain and compressed.
fn traces() -> Vec<Vec<u8>> {
    let mut short = sample::trace(4).0;
    short.log.buffer_bytes = 4_096;
    let mut out = Vec::new();
    for mut trace in [
        variants::kinds(Pointer::P64),
        variants::kinds(Pointer::P32),
        variants::tracelogging(),
        variants::own_id(),
        variants::html(),
    ] {
        trace.log.buffer_bytes = 2_048;
        out.push(trace.build());
        trace.log.compressed = true;
        out.push(trace.build());
    }
    out.push(damage::cut(&short.build(), 5 * 4_096 + 777));
    let small = [variants::html(), variants::own_id()].map(|mut trace| {
        trace.log.buffer_bytes = 2_048;
        trace
    });
    out.push(append(&small));
    out
}

fn compressed() -> Vec<Vec<u8>> {
    let plain: Vec<u8> = b"abcabcabcd".iter().cycle().take(300).copied().collect();
    let with = |format: u8, stream: &[u8]| {
        let wanted = (plain.len() as u32).to_le_bytes();
        [&[format], &wanted[..3], stream].concat()
    };
    // Huffman: 512 code lengths of nine bits, all symbols alike, then codes.
    let mut huffman = vec![0x99; 256];
    huffman.extend_from_slice(&plain);
    // LZNT1: a chunk of literals, one compressed, the end.
    let mut lznt1 = vec![3, 0x30, b'a', b'b', b'c', b'd'];
    lznt1.extend_from_slice(&[5, 0xb0, 0b0000_1000, b'a', b'b', b'c', 0x03, 0x20, 0, 0]);
    vec![with(0, &xpress::compress(&plain)), with(1, &huffman), with(2, &lznt1)]
}

fn with_length(part: &[u8]) -> Vec<u8> {
    let length = u16::try_from(part.len()).expect("a short part");
    [&length.to_le_bytes()[..], part].concat()
}

fn trace_logging() -> Vec<u8> {
    let blob = Blob::new(3, "Everything")
        .field("Number", in_type::U32, 0)
        .field("Text", in_type::UTF16Z, 0)
        .array("Array", in_type::HEX32, Count::Fixed(2))
        .structure("Struct", 2, Count::Variable)
        .field("X", in_type::U32, 0)
        .field("Y", in_type::UTF16Z, 0)
        .build();
    let mut out = with_length(&blob);
    out.extend_from_slice(b"\x07\0\0\0a\0b\0\0\0\x01\0\0\0\x02\0\0\0\x01\0\x09\0\0\0c\0\0\0");
    out
}

fn trace_event_info() -> Vec<u8> {
    let property = |name: &str, in_type: u16, flags: u32, count: u16, length: u16| Property {
        name: name.to_owned(),
        in_type,
        flags,
        count,
        length,
        ..Property::default()
    };
    let info = EventInfo {
        provider: PROVIDER,
        descriptor: (7, 1, 16, 4, 0, 2, 5),
        provider_name: "Contoso".into(),
        task_name: "Serve".into(),
        message: "%1 served %2".into(),
        properties: vec![
            property("Count", 8, 0, 1, 4),
            property("Text", 1, 0, 1, 0),
            property("Items", 8, 4, 0, 4),
            property("Bytes", 14, 2, 1, 0),
        ],
        top_level: 4,
        ..EventInfo::default()
    };
    let mut out = with_length(&info.record().payload);
    let map =
        etlens_synth::metadata::map_record(&PROVIDER, "Kinds", false, &[(1, "One"), (2, "Two")]);
    out.extend_from_slice(&with_length(&map.payload));
    out.extend_from_slice(b"\x02\0\0\0t\0\0\0\x05\0\0\0\x06\0\0\0\xaa\xbb");
    out
}

const MANIFEST: &str = r##"<instrumentationManifest xmlns="http://schemas.microsoft.com/win/2004/08/events"><instrumentation><events><provider name="Contoso" guid="{3f1c9a52-6b7e-4d43-8a55-90be2c1f77d1}" symbol="C" resourceFileName="C" messageFileName="C"><keywords><keyword name="K" mask="0x1"/></keywords><tasks><task name="Serve" value="2"/></tasks><maps><valueMap name="Kinds"><map value="1" message="$(string.one)"/></valueMap></maps><events><event value="1" version="0" level="win:Informational" task="Serve" keywords="K" template="T" message="$(string.m)"/></events><templates><template tid="T"><data name="Count" inType="win:UInt16"/><data name="Text" inType="win:UnicodeString"/><data name="Kind" inType="win:UInt32" map="Kinds"/><struct name="S" count="Count"><data name="A" inType="win:UInt32"/><data name="B" inType="win:Binary" length="A"/></struct></template></templates></provider></events></instrumentation><localization><resources culture="en-US"><stringTable><string id="one" value="One"/><string id="m" value="%1 of %2 %n"/></stringTable></resources></localization></instrumentationManifest>"##;

const FILTERS: [&str; 11] = [
    "id:4031 and level<=error",
    "not (provider:Microsoft-* or id:4001..4010) \"net.tcp\"",
    "time>=2026-01-02T03:04:05.1234567Z time<2026-01-03",
    "Via:*orders* message:/time.?out/i",
    "activity:{00000000-0000-0000-0000-000000000001}",
    "pid:4,8,0x10 -cpu:3 keyword:0x8000000000000000",
    "has:Uri or Size>=10 or \"a\\\"b\\\\c\"",
    "name~^(Dis|Via).*ed$ or ~\\d+[)(]x or a!~\"b c\"",
    "time:+1.5s..-2m30s time>=-10ms",
    "*[System[TimeCreated[timediff(@SystemTime) <= 3600000]]]",
    "*",
];

/// A record of each group, of the first types, with bytes that are text, numbers and counts.
fn classic() -> Vec<Vec<u8>> {
    let payload: Vec<u8> =
        b"\x02\0\0\0\x01\0\0\0a\0b\0\0\0".iter().cycle().take(120).copied().collect();
    let seed = |group: u8| [&[group, 10, 2, 1][..], &payload].concat();
    (0..31).map(seed).collect()
}

/// Lines of the canonical export, an array of events, and another encoding.
fn json() -> Vec<Vec<u8>> {
    let trace = {
        let bytes = sample::build();
        let mut loader = etlens_parser::store::Loader::new("sample.etl", bytes.len() as u64);
        loader.push(&bytes).expect("the sample is a trace");
        (loader.finish().expect("the sample is a trace"), bytes)
    };
    let export = |format, count| {
        let (trace, bytes) = &trace;
        let mut export =
            etlens_parser::export::Export::new(trace.all(), format, "en-us", Some(count));
        let mut out = Text::default();
        while !export.step(trace, bytes, 10, &mut out).expect("the sample can be read") {}
        out.as_bytes().to_vec()
    };
    use etlens_parser::export::{Format, Text};
    let lines = export(Format::Jsonl, 3);
    let wide = String::from_utf8_lossy(&export(Format::Json, 1))
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect::<Vec<u8>>();
    vec![lines, export(Format::Json, 2), [&[0xff, 0xfe][..], &wide].concat()]
}

/// A .zip with one stored file, laid out by hand, and the head of a gzip file.
fn containers() -> Vec<Vec<u8>> {
    let (name, body) = (b"logs/a.etl", b"not much of a trace");
    let common = |out: &mut Vec<u8>| {
        out.extend_from_slice(&[20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]);
        out.extend_from_slice(&(body.len() as u32).to_le_bytes());
        out.extend_from_slice(&(body.len() as u32).to_le_bytes());
        out.extend_from_slice(&(name.len() as u16).to_le_bytes());
        out.extend_from_slice(&[0, 0]);
    };
    let mut zip = b"PK\x03\x04".to_vec();
    common(&mut zip);
    zip.extend_from_slice(name);
    zip.extend_from_slice(body);
    let directory = zip.len() as u32;
    zip.extend_from_slice(b"PK\x01\x02\x14\0");
    common(&mut zip);
    zip.extend_from_slice(&[0; 14]);
    zip.extend_from_slice(name);
    let length = zip.len() as u32 - directory;
    zip.extend_from_slice(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    zip.extend_from_slice(&length.to_le_bytes());
    zip.extend_from_slice(&directory.to_le_bytes());
    zip.extend_from_slice(&[0, 0]);
    let gzip = b"\x1f\x8b\x08\x08\0\0\0\0\0\x03a.etl\0\x03\0\0\0\0\0\0\0\0\0".to_vec();
    let mut all = vec![zip, gzip];
    let files: &[(&str, &[u8])] = &[("report.html", b"as it is"), ("a.etl", &[b'a'; 300])];
    for reserved in [false, true] {
        all.push(cab::build(files, &cab::STORED, reserved));
        all.push(cab::build(files, &cab::MSZIP, reserved));
    }
    all
}
