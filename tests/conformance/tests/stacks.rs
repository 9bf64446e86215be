//! Stacks of events, with the images their addresses lie in, and paths with drive letters.

use etlens_conformance::collect::{filtered, load};
use etlens_conformance::traces;
use etlens_parser::view::Frame;
use etlens_synth::bytes::Put as _;
use etlens_synth::extended::{stack_key32, stack_key64};
use etlens_synth::record::{Event, Full, PerfInfo, System, plain_event};
use etlens_synth::{LogFile, Pointer, TraceBuilder, guid};

const DRIVER: u64 = 0xffff_f800_0000_0000;
const LIBRARY: u64 = 0x7ff8_0000_0000;

/// `Image_V2`, 64 bit: loaded before the trace began.
fn image(base: u64, pid: u32, path: &str) -> System {
    let mut payload = Vec::new();
    payload.put_u64(base);
    payload.put_u64(0x1_0000);
    payload.put_u32(pid);
    payload.put_u32(0); // checksum
    payload.put_u32(0); // time stamp
    payload.put_u32(0);
    payload.put_u64(base);
    for _ in 0..4 {
        payload.put_u32(0);
    }
    payload.put_utf16z(path);
    System { version: 2, event_type: 3, group: 0x14, pid, tid: 1, payload, ..System::default() }
}

/// A record of StackWalk: time stamp, process, thread, then addresses or a key.
fn walk(event_type: u8, of: i64, tid: u32, words: &[u64]) -> PerfInfo {
    let mut payload = Vec::new();
    payload.put_i64(of);
    payload.put_u32(8);
    payload.put_u32(tid);
    words.iter().for_each(|word| payload.put_u64(*word));
    PerfInfo { pointer: Pointer::P64, version: 2, event_type, group: 0x18, payload }
}

/// A record of StackWalk that gives a key its addresses.
fn definition(event_type: u8, key: u64, addresses: &[u64]) -> PerfInfo {
    let mut payload = Vec::new();
    payload.put_u64(key);
    addresses.iter().for_each(|address| payload.put_u64(*address));
    PerfInfo { pointer: Pointer::P64, version: 2, event_type, group: 0x18, payload }
}

fn text(frames: &[Frame]) -> Vec<String> {
    let text = |frame: &Frame| format!("{}+{:#x}", frame.module, frame.offset);
    frames.iter().map(text).collect()
}

#[test]
fn a_stack_belongs_to_the_event_of_its_time_and_thread() {
    let mut builder = TraceBuilder::new(LogFile::default());
    let t = builder.log.start_ticks() + 1_000;
    builder.push(0, t - 20, &image(DRIVER, 0, r"\SystemRoot\system32\drivers\tcpip.sys"));
    builder.push(0, t - 10, &image(LIBRARY, 8, r"\Device\HarddiskVolume3\dir\user.dll"));
    // Two events of one time, of two threads; their stacks come later and interleaved.
    let event =
        |tid| System { version: 2, event_type: 12, group: 1, pid: 8, tid, ..System::default() };
    builder.push(0, t, &event(80));
    builder.push(0, t, &event(81));
    builder.push(0, t + 1, &walk(32, t, 81, &[DRIVER + 0x99]));
    builder.push(0, t + 2, &walk(32, t, 80, &[DRIVER + 0x10, DRIVER + 0x20]));
    builder.push(0, t + 3, &walk(32, t + 5, 80, &[1]));
    builder.push(0, t + 9, &walk(38, t, 80, &[0xabc]));
    // The key is told at the end: key, addresses.
    builder.push(0, t + 50, &definition(36, 0xdef, &[5]));
    builder.push(0, t + 51, &definition(36, 0xabc, &[LIBRARY + 0x1234, 0x10]));
    let mut mapping = Vec::new();
    mapping.put_utf16z(r"\Device\HarddiskVolume3\");
    mapping.put_utf16z(r"C:\");
    let class = guid("9b79ee91-b5fd-41c0-a243-4248e266e9d0");
    builder.push(0, t + 60, &Full { opcode: 35, class, payload: mapping, ..Full::default() });
    let file = builder.build();
    let trace = load("stacks.etl", &file);
    let details = |event| trace.details(event, &file, "en-us").expect("the event");
    assert_eq!(
        text(&details(3).stack),
        ["tcpip.sys+0x10", "tcpip.sys+0x20", "user.dll+0x1234", "+0x0"]
    );
    assert_eq!(details(3).stack[3].address, 0x10, "in no image");
    assert_eq!(text(&details(4).stack), ["tcpip.sys+0x99"]);
    assert_eq!(text(&details(5).stack), ["tcpip.sys+0x99"], "the record of a stack shows it");
    let image = details(2);
    let dos = image.properties.iter().find(|p| p.name == "EventData.FileName.DosPath");
    assert_eq!(dos.map(|dos| dos.text.as_str()), Some(r"C:\dir\user.dll"));
}

#[test]
fn an_event_may_say_the_keys_of_its_stack() {
    const PROVIDER: [u8; 16] = guid("5d1d9a0e-7c0b-4a52-9a37-2f8ad6f0b6c4");
    let mut builder = TraceBuilder::new(LogFile::default());
    let t = builder.log.start_ticks() + 1_000;
    let event = |items: Vec<_>| Event {
        pid: 8,
        extended: items,
        ..plain_event(PROVIDER, 1, vec![1, 2, 3, 4])
    };
    builder.push(0, t - 10, &image(LIBRARY, 8, r"\Device\HarddiskVolume3\dir\user.dll"));
    // The halves of one stack; the first key is given addresses at once, the second at the end.
    builder.push(0, t, &event(vec![stack_key64(7, 0xaaa), stack_key64(7, 0xbbb)]));
    builder.push(0, t + 1, &definition(34, 0xaaa, &[DRIVER + 0x10]));
    builder.push(0, t + 2, &event(vec![stack_key32(0, 0xccc)]));
    builder.push(0, t + 3, &event(vec![stack_key64(0, 0x404)]));
    builder.push(0, t + 50, &definition(36, 0xccc, &[LIBRARY + 0x30]));
    builder.push(0, t + 51, &definition(36, 0xbbb, &[LIBRARY + 0x20, LIBRARY + 0x21]));
    let file = builder.build();
    let trace = load("keys.etl", &file);
    let stack = |event| text(&trace.details(event, &file, "en-us").expect("the event").stack);
    assert_eq!(stack(2), ["+0x0", "user.dll+0x20", "user.dll+0x21"], "in no image first");
    assert_eq!(stack(4), ["user.dll+0x30"]);
    assert_eq!(stack(5), [""; 0], "nothing says what the key stands for");
}

#[test]
fn samples_of_a_real_trace_have_stacks_in_known_images() {
    let Some(corpus) = traces().into_iter().find(|t| t.file.starts_with("net.4.5.2")) else {
        return;
    };
    let file = corpus.read();
    let trace = load(&corpus.file, &file);
    let samples = filtered(&trace, &file, "name:SampleProf not pid:0");
    let (mut with_stack, mut frames, mut known) = (0, 0, 0);
    let mut asked = 0;
    for event in samples.events_from(0).step_by(97).take(200) {
        let details = trace.details(event, &file, "en-us").expect("the event");
        asked += 1;
        with_stack += usize::from(!details.stack.is_empty());
        // What a just-in-time compiler makes lies in no image; the kernel does not do that.
        let kernel = details.stack.iter().filter(|frame| frame.address >> 63 == 1);
        frames += kernel.clone().count();
        known += kernel.filter(|frame| !frame.module.is_empty()).count();
    }
    println!(
        "{asked} samples, {with_stack} with a stack, {known} of {frames} kernel frames in an image"
    );
    assert!(with_stack * 10 >= asked * 9, "{with_stack} of {asked}");
    assert!(frames > 20 && known * 100 >= frames * 98, "{known} of {frames}");
}
