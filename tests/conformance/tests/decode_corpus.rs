//! Payloads of real traces: whether every byte is explained, and whether the values are those
//! that Windows' own decoder prints.

use std::collections::{BTreeMap, HashSet};

use etlens_conformance::{Trace, traces};
use etlens_parser::Guid;
use etlens_parser::error::Issue;
use etlens_parser::etl::Reader;
use etlens_parser::record::{Locator, Record, Sink, ext_type};
use etlens_parser::schema::{EventNames, Schemas, classic};
use etlens_parser::value::{Decoded, Field, SchemaSource, Value};
use etlens_parser::value_text::ValueText;

/// Runs over all records of a trace.
struct Each<F>(F);

impl<F: FnMut(&Record<'_>)> Sink for Each<F> {
    fn record(&mut self, record: &Record<'_>, _: Locator) {
        self.0(record);
    }

    fn issue(&mut self, issue: Issue) {
        println!("{issue:?}");
    }
}

fn each(bytes: &[u8], f: impl FnMut(&Record<'_>)) -> Reader {
    let mut reader = Reader::new(bytes.len() as u64);
    let mut sink = Each(f);
    reader.push(bytes, &mut sink);
    reader.finish(&mut sink);
    reader
}

type Key = (Guid, u16, u8, u8, Vec<u8>);

/// Learns as the store does: from records that teach, and from the first of each key.
fn learn(bytes: &[u8]) -> Schemas {
    let mut schemas = Schemas::new();
    let mut seen: HashSet<Key> = HashSet::new();
    each(bytes, |record| {
        let blob = record.extended.find(ext_type::EVENT_SCHEMA_TL).unwrap_or_default().to_vec();
        let is_new = seen.insert((record.provider, record.id, record.version, record.opcode, blob));
        if is_new || Schemas::teaches(record) {
            schemas.learn(record);
        }
    });
    schemas
}

#[test]
fn payloads_with_a_known_schema_are_explained_to_the_last_byte() {
    let mut too_few = Vec::new();
    for trace in traces() {
        let bytes = trace.read();
        let schemas = learn(&bytes);
        let (mut records, mut known, mut complete) = (0_u64, 0_u64, 0_u64);
        let mut incomplete: BTreeMap<String, u64> = BTreeMap::new();
        each(&bytes, |record| {
            records += 1;
            let decoded = schemas.decode(record);
            let is_kernel = record.kind.is_classic()
                && classic::class_name(record.provider).is_some()
                && !is_unknown_type(record);
            if decoded.source == SchemaSource::None && !is_kernel {
                return;
            }
            known += 1;
            if decoded.is_complete() {
                complete += 1;
                return;
            }
            let names = schemas.describe(record);
            let what = format!(
                "{} {} v{} {:?}: {} of {} bytes left, {:?}",
                names.provider,
                names.event,
                record.version,
                decoded.source,
                decoded.extra.len(),
                record.payload.len(),
                decoded.problem
            );
            *incomplete.entry(what).or_default() += 1;
        });
        println!("{}: {records} records, {known} with a schema, {complete} complete", trace.file);
        for (what, count) in incomplete.iter().take(20) {
            println!("    {count} x {what}");
        }
        if complete * 100 < known * 99 {
            too_few.push(trace.file);
        }
    }
    assert!(too_few.is_empty(), "below 99 %: {too_few:?}");
}

/// Types of known classes whose payload nobody has described.
fn is_unknown_type(record: &Record<'_>) -> bool {
    // SysConfigEx: 16 bytes that a merge adds.
    record.provider.to_string() == "9b79ee91-b5fd-41c0-a243-4248e266e9d0" && record.opcode == 37
}

/// One `EVENT` line of a baseline.
struct Line<'a> {
    milliseconds: String,
    name: &'a str,
    cpu: u16,
    payload_bytes: usize,
    fields: Vec<(&'a str, &'a str)>,
    text: &'a str,
}

fn parse_line(text: &str) -> Option<Line<'_>> {
    let rest = text.strip_prefix("EVENT ")?;
    let (milliseconds, rest) = rest.split_once(": ")?;
    let (name, rest) = rest.split_once(" PID=")?;
    let mut fields = Vec::new();
    let (mut cpu, mut payload_bytes) = (0, 0);
    for part in rest.split("; ").skip(1) {
        let Some((key, value)) = part.trim_end_matches(';').split_once('=') else { continue };
        match key.trim() {
            "TID" | "PName" => {}
            "ProceNum" => cpu = value.parse().ok()?,
            "DataLen" => payload_bytes = value.parse().ok()?,
            key => fields.push((key, value)),
        }
    }
    let milliseconds = milliseconds.replace(',', "");
    Some(Line { milliseconds, name, cpu, payload_bytes, fields, text })
}

impl Line<'_> {
    fn provider(&self) -> &str {
        self.name.split('/').next().unwrap_or(self.name)
    }
}

/// Whether an event can be of the provider that PerfView names; without a schema in the trace
/// some providers have no name.
fn is_of(candidate: &Candidate, provider: &str) -> bool {
    match provider {
        "Windows Kernel" | "KernelTraceControl" | "MSNT_SystemTrace" => {
            [classic::KERNEL, classic::KERNEL_TRACE_CONTROL]
                .contains(&candidate.names.provider.as_str())
        }
        _ => candidate.names.provider == provider || candidate.names.provider.starts_with('{'),
    }
}

struct Candidate {
    decoded: Decoded,
    names: EventNames,
}

#[test]
fn values_are_those_that_windows_prints() {
    let (mut compared, mut wrong) = (0, 0);
    let mut traces = traces();
    traces.retain(|trace| trace.baseline().is_some());
    for trace in &traces {
        let (of_trace, differ) = check_values(trace, &trace.baseline().unwrap_or_default());
        compared += of_trace;
        wrong += differ;
    }
    assert_eq!(wrong, 0, "the events listed above differ");
    // The rest of the 561 events has no schema in its trace (CLR, mostly).
    assert!(traces.is_empty() || compared >= 450, "only {compared} events compared");
}

/// How many events of a trace were compared, and how many differ from what Windows prints.
fn check_values(trace: &Trace, baseline: &str) -> (usize, usize) {
    let lines: Vec<Line<'_>> = baseline.lines().filter_map(parse_line).collect();
    let wanted: HashSet<(String, u16, usize)> =
        lines.iter().map(|l| (l.milliseconds.clone(), l.cpu, l.payload_bytes)).collect();
    let bytes = trace.read();
    let schemas = learn(&bytes);
    let mut found: BTreeMap<(String, u16, usize), Vec<Candidate>> = BTreeMap::new();
    let reader = each(&bytes, |_| {});
    let log = reader.header().expect("a log header");
    let (t0, frequency) = (i128::from(log.start_ticks), i128::from(log.perf_freq));
    each(&bytes, |record| {
        let thousandths = |rounded: i128| format!("{}.{:03}", rounded / 1000, rounded % 1000);
        let scaled = (i128::from(record.ticks) - t0).max(0) * 1_000_000 * 10 / frequency;
        let key = (thousandths((scaled + 5) / 10), record.cpu, record.payload.len());
        if wanted.contains(&key) {
            let candidate =
                Candidate { decoded: schemas.decode(record), names: schemas.describe(record) };
            found.entry(key).or_default().push(candidate);
        }
    });
    let (mut compared, mut fields, mut without) = (0, 0, 0);
    let mut wrong = Vec::new();
    for line in &lines {
        let key = (line.milliseconds.clone(), line.cpu, line.payload_bytes);
        let at_that_time = found.get(&key).map(Vec::as_slice).unwrap_or_default();
        let of_it = |candidate: &&Candidate| is_of(candidate, line.provider());
        let candidates: Vec<&Candidate> = at_that_time.iter().filter(of_it).collect();
        if candidates.is_empty() {
            wrong.push(format!("not found: {}", line.text));
            continue;
        }
        if candidates.iter().all(|c| c.decoded.source == SchemaSource::None) {
            without += 1;
            continue;
        }
        let faults: Vec<Vec<String>> =
            candidates.iter().map(|candidate| faults(line, candidate)).collect();
        let best = faults.iter().min_by_key(|faults| faults.len()).expect("a candidate");
        compared += 1;
        fields += line.fields.len();
        if !best.is_empty() {
            wrong.push(format!("{} {}: {}", line.milliseconds, line.name, best.join(" | ")));
        }
    }
    println!(
        "{}: {} events, {compared} compared with {fields} fields, {without} without schema",
        trace.file,
        lines.len()
    );
    for fault in &wrong {
        println!("    {fault}");
    }
    (compared, wrong.len())
}

/// Fields PerfView computes, or shows for newer versions of an event than the one in the trace.
const NOT_IN_THE_PAYLOAD: &[&str] = &[
    "AssociatedObjectID",
    "BuildTime",
    "ClientSequenceNumber",
    "CreateDisposition",
    "Depth",
    "DiskServiceTimeMSec",
    "DurationNs",
    "ElapsedTimeMSec",
    "ExecutingDPC",
    "ExecutingISR",
    "GenerationSize4",
    "LockID",
    "LockOwnerThreadID",
    "ModuleILFileName",
    "ObjectSize",
    "OptimizationTier",
    "ParentProcessID",
    "ParentThreadID",
    "PayloadLength",
    "Priority",
    "ProcessorNumber",
    "Rank",
    "ReJITID",
    "ThreadName",
    "TotalHeapSize",
    "TotalPromoted",
    "TotalPromotedSize4",
    "UtcOffsetMinutes",
];

/// Names PerfView gives to fields that Windows calls otherwise.
const RENAMED: &[(&str, &str)] = &[
    ("FileAttributes", "CreateAttributes"),
    ("FileKey", "FileObject"),
    ("IrpPtr", "Irp"),
    ("MemoryCount", "PageFaultCount"),
    ("PageDirectoryBase", "DirectoryTableBase"),
    ("SampleSource", "Source"),
    ("StartAddr", "Affinity"),
    ("TypeName", "Name"),
    ("Value", "NtPath"),
];

/// Fields whose numbers PerfView names by enumerations of its own, which are not in the trace.
const ITS_ENUMERATIONS: &[&str] = &[
    "AssemblyFlags",
    "CreateOptions",
    "Flags",
    "IrpFlags",
    "ShareAccess",
    "Sku",
    "StartupMode",
    "keywords",
    "stacks",
];

fn faults(line: &Line<'_>, candidate: &Candidate) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, shown) in &line.fields {
        if is_perfviews_own(line.name, name) {
            continue;
        }
        match find(&candidate.decoded.fields, name) {
            Some(field) if agrees(field, shown) => {}
            Some(field) => {
                faults.push(format!("{name}={shown} but {}", ValueText(&field.value)));
            }
            None => faults.push(format!("no {name}={shown}")),
        }
    }
    faults
}

fn is_perfviews_own(event: &str, field: &str) -> bool {
    NOT_IN_THE_PAYLOAD.contains(&field)
        || matches!(
            (event, field),
            // Two bytes of four, as one number.
            ("Windows Kernel/EventTrace", "Version")
            // Looked up by the key.
            | ("Windows Kernel/DiskIO/Read" | "Windows Kernel/DiskIO/Write", "FileName")
            | ("Windows Kernel/Memory/HardFault", "FileName")
            | ("Microsoft-Windows-DotNETRuntime/GC/FinalizeObject", "TypeName")
            // PerfView takes half of the size for it.
            | ("KernelTraceControl/ImageID", "ProcessID")
            // PerfView reads the UDP payload as an older version's.
            | ("Windows Kernel/UdpIp/Send" | "Windows Kernel/UdpIp/Recv", "context" | "dsize")
        )
}

/// The field of a name; `TypeID_0` is that of the first structure of an array.
fn find<'a>(fields: &'a [Field], name: &str) -> Option<&'a Field> {
    let by_name = |name: &str| fields.iter().find(|f| f.name.eq_ignore_ascii_case(name));
    by_name(name)
        .or_else(|| by_name(RENAMED.iter().find(|(perfview, _)| *perfview == name)?.1))
        .or_else(|| {
            let member = name.strip_suffix("_0")?;
            fields.iter().find_map(|field| match &field.value {
                Value::Array(items) => match items.first()? {
                    Value::Struct(members) => find(members, member),
                    _ => None,
                },
                _ => None,
            })
        })
}

fn agrees(field: &Field, shown: &str) -> bool {
    let text = ValueText(&field.value).to_string();
    let (start, is_cut) = shown.strip_suffix("...").map_or((shown, false), |start| (start, true));
    let same = |text: &str| if is_cut { text.starts_with(start) } else { text == start };
    if same(&text) {
        return true;
    }
    let digits = start.replace(',', "");
    let same_number = |n: i128| match digits.strip_prefix("0x") {
        Some(hex) => i128::from_str_radix(hex, 16) == Ok(n),
        None if is_cut => n.to_string().starts_with(&digits),
        None => digits.parse() == Ok(n),
    };
    let is_name = !start.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    match &field.value {
        Value::UInt(_) | Value::Hex(_) | Value::Named { .. }
            if is_name && ITS_ENUMERATIONS.contains(&field.name.as_str()) =>
        {
            true
        }
        // PerfView takes the high bits for something else.
        Value::Hex(n) | Value::UInt(n) if field.name == "CreateOptions" => {
            same_number(i128::from(n & 0xff_ffff)) || same_number(i128::from(*n))
        }
        Value::Int(n) => same_number(i128::from(*n)),
        Value::UInt(n) | Value::Hex(n) => {
            same_number(i128::from(*n))
                || same_number(i128::from(*n as u32 as i32))
                || same_number(i128::from(*n as i64))
        }
        Value::Status(status) => same_number(i128::from(status.value)),
        Value::Bool(b) => start.eq_ignore_ascii_case(&b.to_string()),
        Value::Guid(guid) => same(&guid.to_string()),
        Value::Named { value, name } => {
            same(&name.replace(" | ", ", ")) || same_number(i128::from(*value))
        }
        // yy/MM/dd HH:mm:ss.ff against yyyy-MM-ddTHH:mm:ss.fffffff.
        Value::Filetime(_) => same(&text[2..].replace('-', "/").replace('T', " ")),
        // PerfView loses the milliseconds.
        Value::SystemTime(_) => start.starts_with(&text[2..19].replace('-', "/").replace('T', " ")),
        Value::Text(text) => is_same_text(&field.name, text, start),
        _ => false,
    }
}

fn is_same_text(name: &str, text: &str, start: &str) -> bool {
    match name {
        // PerfView shows a character as its number.
        "char_type" => {
            text.encode_utf16().next().map(|unit| unit.to_string()).as_deref() == Some(start)
        }
        // It puts drive letters for devices.
        "FileName" => {
            let path = text.replacen(r"\SystemRoot", r"\Windows", 1);
            path.to_lowercase().contains(&start.trim_start_matches(r"\")[2..].to_lowercase())
        }
        // It takes the name from the process.
        "ProcessName" => text.is_empty() || text.starts_with(start),
        _ => false,
    }
}
