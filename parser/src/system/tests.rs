//! Processes, threads, images and volumes by time, from records built by hand.

use super::*;
use crate::guid::Guid;
use crate::record::UNKNOWN_ID;

const PROCESS: Guid = class(0x3d6f_a8d0);
const THREAD: Guid = class(0x3d6f_a8d1);
const IMAGE: Guid =
    Guid::from_parts(0x2cb1_5d1d, 0x5fc1, 0x11d2, [0xab, 0xe1, 0x00, 0xa0, 0xc9, 0x11, 0xf5, 0x18]);
const SYS_CONFIG_EX: Guid =
    Guid::from_parts(0x9b79_ee91, 0xb5fd, 0x41c0, [0xa2, 0x43, 0x42, 0x48, 0xe2, 0x66, 0xe9, 0xd0]);
const PERF_INFO: Guid =
    Guid::from_parts(0xce1d_bfb4, 0x137e, 0x4da6, [0x87, 0xb0, 0x3f, 0x59, 0xaa, 0x10, 0x2c, 0xbc]);

const fn class(first: u32) -> Guid {
    Guid::from_parts(first, 0xfe05, 0x11d0, [0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c])
}

fn record(provider: Guid, opcode: u8, version: u8, ticks: i64, payload: &[u8]) -> Record<'_> {
    Record {
        ticks,
        provider,
        version,
        opcode,
        payload,
        ..Record::undecoded(HeaderKind::System64, &[], 0, 0)
    }
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

/// `Process_V2_TypeGroup1`, 64 bit.
fn process(pid: u32, parent: u32, image: &str, line: &str) -> Vec<u8> {
    let mut out = 7_u64.to_le_bytes().to_vec();
    for word in [pid, parent, 3, 0] {
        out.extend(word.to_le_bytes());
    }
    // TOKEN_USER, then S-1-5-18.
    out.extend([1; 16]);
    out.extend([1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0]);
    out.extend(image.bytes().chain([0]));
    out.extend(utf16(line));
    out
}

/// `Thread_V0`: thread, process.
fn thread(pid: u32, tid: u32) -> Vec<u8> {
    [tid, pid].iter().flat_map(|id| id.to_le_bytes()).collect()
}

/// `Image_V1`, 64 bit.
fn image(base: u64, size: u64, pid: u32, path: &str) -> Vec<u8> {
    let mut out: Vec<u8> = [base, size].iter().flat_map(|n| n.to_le_bytes()).collect();
    out.extend(pid.to_le_bytes());
    out.extend(utf16(path));
    out
}

fn name(system: &System, pid: u32, time: i64) -> Option<&str> {
    system.process(pid, time).map(|process| &*process.name)
}

const SECOND: i64 = 10_000_000;

#[test]
fn a_process_id_means_the_process_that_had_it_at_the_time() {
    let mut system = System::default();
    let (first, second) = (process(8, 4, "first.exe", "first -a"), process(8, 6, "second.exe", ""));
    let there = process(9, 4, "there.exe", r#""C:\there.exe" -x"#);
    // In file order, which is not time order.
    system.learn(&record(PROCESS, START, 2, 50 * SECOND, &second));
    system.learn(&record(PROCESS, DC_START, 2, SECOND, &there));
    system.learn(&record(PROCESS, START, 2, 10 * SECOND, &first));
    system.learn(&record(PROCESS, END, 2, 20 * SECOND, &first));
    system.learn(&record(PROCESS, DC_END, 2, 90 * SECOND, &second));
    system.settle(|ticks| ticks);
    assert_eq!(name(&system, 8, 9 * SECOND), None);
    assert_eq!(name(&system, 8, 10 * SECOND), Some("first.exe"));
    assert_eq!(name(&system, 8, 21 * SECOND), Some("first.exe"), "its last events");
    assert_eq!(name(&system, 8, 40 * SECOND), None);
    assert_eq!(name(&system, 8, 60 * SECOND), Some("second.exe"));
    assert_eq!(name(&system, 9, 0), Some("there.exe"), "it ran before the trace began");
    assert_eq!(name(&system, 4, 0), Some("System"));
    let first = system.process(8, 15 * SECOND).expect("first");
    assert_eq!((first.parent, first.session), (Some(4), Some(3)));
    assert_eq!((&*first.command_line, &*first.user), ("first -a", "S-1-5-18"));
    assert_eq!(account(&first.user), Some("SYSTEM"));
    assert_eq!((first.start, first.end), (10 * SECOND, 20 * SECOND));
    // Settling again, with more, changes what must change only.
    system.learn(&record(PROCESS, END, 2, 80 * SECOND, &there));
    system.settle(|ticks| ticks);
    assert_eq!(system.process(9, 0).map(|process| process.end), Some(80 * SECOND));
    assert_eq!(name(&system, 8, 60 * SECOND), Some("second.exe"));
}

#[test]
fn a_thread_tells_its_process_and_a_processor_its_thread() {
    let mut system = System::default();
    system.learn(&record(THREAD, START, 0, 10 * SECOND, &thread(8, 80)));
    system.learn(&record(THREAD, END, 0, 20 * SECOND, &thread(8, 80)));
    system.learn(&record(THREAD, START, 0, 50 * SECOND, &thread(9, 80)));
    system.learn(&record(THREAD, DC_END, 0, 90 * SECOND, &thread(9, 81)));
    let mut named: Vec<u8> = [9_u32, 81].iter().flat_map(|id| id.to_le_bytes()).collect();
    named.extend(utf16("worker"));
    system.learn(&record(THREAD, SET_NAME, 2, 95 * SECOND, &named));
    system.settle(|ticks| ticks);
    let pid = |tid, time| system.thread(tid, time).map(|thread| thread.pid);
    assert_eq!(pid(80, 15 * SECOND), Some(8));
    assert_eq!(pid(80, 60 * SECOND), Some(9));
    assert_eq!(pid(80, 30 * SECOND), None);
    assert_eq!(system.thread(81, 0).map(|thread| &*thread.name), Some("worker"));
    assert_eq!((system.only_process_of(80), system.only_process_of(81)), (None, Some(9)));

    let mut writers = Writers::default();
    let switch: Vec<u8> = [80_u32, 0].iter().flat_map(|id| id.to_le_bytes()).collect();
    let mut switch = record(THREAD, 36, 2, 0, &switch);
    let mut call = record(PERF_INFO, 51, 2, 0, &[]);
    (switch.kind, call.kind) = (HeaderKind::PerfInfo64, HeaderKind::PerfInfo64);
    assert_eq!(writers.of(&call), (UNKNOWN_ID, UNKNOWN_ID));
    assert_eq!(writers.of(&switch), (UNKNOWN_ID, 80));
    assert_eq!(writers.of(&call), (UNKNOWN_ID, 80));
    call.cpu = 1;
    assert_eq!(writers.of(&call), (UNKNOWN_ID, UNKNOWN_ID), "another processor");
    // A part of the file that begins here is told later what ran before it.
    let mut part = Writers::of_part();
    call.cpu = 0;
    let (open, open_elsewhere) = (part.of(&call), {
        call.cpu = 1;
        part.of(&call)
    });
    assert_eq!(writers.close(open), (UNKNOWN_ID, 80));
    assert_eq!(writers.close(open_elsewhere), (UNKNOWN_ID, UNKNOWN_ID));
    let to_idle = [0_u8; 8];
    let mut to_idle = record(THREAD, 36, 2, 0, &to_idle);
    to_idle.kind = HeaderKind::PerfInfo64;
    assert_eq!(part.of(&to_idle), (0, 0));
    writers.join(part.running());
    call.cpu = 0;
    assert_eq!(writers.of(&call), (0, 0), "the idle process");
    // A sample names its thread: address, thread.
    let sample = [&[0; 8], &81_u32.to_le_bytes()[..], &[1, 0, 0, 0]].concat();
    let mut sample = record(PERF_INFO, 46, 2, 0, &sample);
    sample.kind = HeaderKind::PerfInfo64;
    assert_eq!(writers.of(&sample), (UNKNOWN_ID, 81));
}

#[test]
fn an_address_is_in_the_image_that_lay_there_at_the_time() {
    let mut system = System::default();
    let (a, b) = (
        image(0x1000, 0x1000, 8, r"\Device\HarddiskVolume2\a.dll"),
        image(0x1000, 0x800, 8, r"\b.dll"),
    );
    let kernel = image(0xffff_f800_0000_0000, 0x1000, 0, r"\SystemRoot\system32\ntoskrnl.exe");
    let program = image(0x40_0000, 0x1000, 12, r"\Device\HarddiskVolume2\dir\tool.exe");
    system.learn(&record(IMAGE, LOAD, 1, 10 * SECOND, &a));
    system.learn(&record(IMAGE, END, 1, 20 * SECOND, &a));
    system.learn(&record(IMAGE, LOAD, 1, 30 * SECOND, &b));
    system.learn(&record(IMAGE, DC_START, 1, 0, &kernel));
    system.learn(&record(IMAGE, DC_END, 1, 90 * SECOND, &program));
    system.settle(|ticks| ticks);
    let at = |pid, address, time| system.image(Some(pid), address, time).map(Image::name);
    assert_eq!(at(8, 0x1fff, 15 * SECOND), Some("a.dll"));
    assert_eq!(at(8, 0x2000, 15 * SECOND), None, "one past its end");
    assert_eq!(at(8, 0x1000, 25 * SECOND), None);
    assert_eq!(at(8, 0x1000, 35 * SECOND), Some("b.dll"));
    assert_eq!(at(9, 0x1000, 35 * SECOND), None, "another process");
    assert_eq!(at(8, 0xffff_f800_0000_0123, 0), Some("ntoskrnl.exe"), "the kernel is in each");
    assert_eq!(name(&system, 12, 0), Some("tool.exe"), "the program names its process");
}

#[test]
fn paths_get_the_drive_letters_the_trace_maps() {
    let mut system = System::default();
    for (nt, dos) in
        [(r"\Device\HarddiskVolume2\", r"C:\"), (r"\Device\HarddiskVolume1\", ""), (r"\??\", "")]
    {
        let payload = [utf16(nt), utf16(dos)].concat();
        system.learn(&record(SYS_CONFIG_EX, 35, 0, 0, &payload));
    }
    let paths = [utf16(r"C:\Windows\system32"), utf16(r"C:\Windows")].concat();
    system.learn(&record(SYS_CONFIG_EX, 33, 0, 0, &paths));
    let dos = |path| system.dos_path(path);
    assert_eq!(dos(r"\Device\HarddiskVolume2\a\b.exe").as_deref(), Some(r"C:\a\b.exe"));
    assert_eq!(dos(r"\device\harddiskvolume2\x").as_deref(), Some(r"C:\x"));
    assert_eq!(dos(r"\SystemRoot\x.sys").as_deref(), Some(r"C:\Windows\x.sys"));
    assert_eq!(dos(r"\??\D:\x").as_deref(), Some(r"D:\x"));
    assert_eq!(dos(r"\Device\HarddiskVolume1\x"), None, "no letter is known");
    assert_eq!(dos(r"\Device\HarddiskVolume22\x"), None, "another volume");
    assert_eq!(dos(r"C:\x"), None);
}
