//! Kernel records of both pointer sizes and of several versions, built field by field from the
//! published MOF classes: every byte is explained, and the values are those put in.

use etlens_conformance::collect::{filtered, load};
use etlens_parser::value_text::FieldsText;
use etlens_parser::view::{LaneGroup, LaneLayout, LaneRows, LanesRequest};
use etlens_synth::bytes::Put as _;
use etlens_synth::record::{Event, System};
use etlens_synth::{LogFile, Pointer, TraceBuilder, guid};

/// Bytes of a payload: `p` a pointer, `1` to `8` so many bytes, `w` UTF-16 and `a` ANSI text, each
/// with its value; text ends with a zero.
fn payload(pointer: Pointer, parts: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for part in parts.split_whitespace() {
        let (kind, value) = part.split_once('=').expect("kind=value");
        let number = || value.parse::<u64>().expect("a number");
        match kind {
            "p" => pointer.put(&mut out, number()),
            "w" => out.put_utf16z(value),
            "a" => out.put_ansi_z(value),
            bytes => {
                let bytes: usize = bytes.parse().expect("a width");
                out.extend_from_slice(&number().to_le_bytes()[..bytes]);
            }
        }
    }
    out
}

/// Group, type, version, payload, what it says.
type Case = (u8, u8, u16, &'static str, &'static str);

const CASES: &[Case] = &[
    (5, 36, 1, "4=7 4=8 1=9 1=10 1=11 1=12 1=13 1=0 1=5 1=3", "NewThreadId=7, OldThreadId=8"),
    (
        5,
        36,
        2,
        "4=7 4=8 1=9 1=10 1=1 1=0 1=13 1=1 1=5 1=3 4=44 4=0",
        "OldThreadWaitReason=13, OldThreadWaitMode=1, OldThreadState=5",
    ),
    (5, 36, 4, "4=7 4=8 1=9 1=10 1=1 1=0 1=13 1=1 1=5 1=3 4=44 4=0", "ThreadFlags=1"),
    (5, 2, 1, "4=11 4=12", "ProcessId=11, TThreadId=12"),
    (5, 61, 2, "4=12 2=1 2=2 1=8 1=1 2=3", "SourceProcessorIndex=1, TargetProcessorIndex=2"),
    (5, 63, 2, "4=12 4=2 p=256 p=512", "Entries=[0x100, 0x200]"),
    (0xf, 67, 2, "8=99 p=4096 1=1 2=177 1=0", "Routine=0x1000, ReturnValue=1, Vector=177"),
    (0xf, 50, 2, "8=99 p=4096 1=1 2=177 1=0 4=6", "Vector=177, Reserved=0, MessageNumber=6"),
    (0xf, 68, 2, "8=99 p=4096", "InitialTime=99, Routine=0x1000"),
    (0xf, 46, 2, "p=4096 4=12 2=1 2=0", "InstructionPointer=0x1000, ThreadId=12, Count=1"),
    (0xf, 48, 2, "4=2 w=Cycles w=Misses", "CounterName=[Cycles, Misses]"),
    (
        0xf,
        73,
        3,
        "4=0 4=10000 4=10000 w=Timer",
        "NewInterval=10000, OldInterval=10000, SourceName=Timer",
    ),
    (1, 10, 0, "4=1 4=2 4=512 4=0 8=4096 p=7", "TransferSize=512"),
    (1, 11, 1, "4=1 4=2 4=512 4=9 8=4096 p=7 8=55", "ResponseTime=9"),
    (
        1,
        10,
        3,
        "4=1 4=2 4=512 4=0 8=4096 p=7 p=8 8=55 4=12",
        "HighResResponseTime=55, IssuingThreadId=12",
    ),
    (1, 34, 2, "4=3 4=0 p=1 p=2 p=3 4=4", "MajorFunction=3, MinorFunction=0, RoutineAddr=0x1"),
    (2, 98, 2, "p=65536 p=4096 4=12 4=4096", "BaseAddress=0x10000, RegionSize=4096, ProcessId=12"),
    (3, 1, 1, "p=1 4=11 4=4 4=0 4=0 4=0 a=old.exe", "ProcessId=11, ParentId=4"),
    (4, 80, 3, "p=1 p=2 p=3 p=0 4=12 4=10 w=\\Device\\x", "InfoClass=10, FileName=\\Device\\x"),
    (4, 37, 2, "p=1 p=2 8=3 p=4096 4=12", "ViewSize=4096, ProcessId=12"),
    (6, 17, 2, "2=6 2=3", "Proto=6, FailureCode=3"),
    (
        6,
        11,
        1,
        "4=11 4=99 4=16777343 4=16777343 2=36895 2=20480 p=5 4=6",
        "sport=80, connid=0x5, seqnum=6",
    ),
    (
        8,
        10,
        1,
        "4=11 4=99 4=16777343 4=16777343 2=36895 2=20480",
        "daddr=127.0.0.1, saddr=127.0.0.1",
    ),
    (9, 11, 1, "p=0 p=5 8=77 4=0 w=\\REGISTRY", "ElapsedTime=77, Index=0, KeyName=\\REGISTRY"),
    (
        9,
        36,
        2,
        "p=5 4=1 4=2 4=3 w=SAM",
        "Hive=0x5, OperationType=1, PoolTag=0x2, Size=3, FileName=SAM",
    ),
    (0xb, 24, 2, "4=1 8=15", "NodeCount=1, NodeMap=[0xf]"),
    (0xb, 37, 2, "8=1 4=2 1=1 1=1 1=0 1=0", "FirmwareType=2, SecureBootEnabled=1"),
    (0xe, 33, 2, "4=1 4=2 p=64 p=7 4=1", "NumberOfBytes=64, Entry=0x7, SessionId=1"),
    (0x11, 32, 2, "p=7 4=8 2=9 w=Event", "Object=0x7, Handle=0x8, ObjectType=9, ObjectName=Event"),
    (0x18, 34, 2, "p=1 p=256 p=512", "StackKey=0x1, Stack=[0x100, 0x200]"),
    (0x1a, 36, 2, "4=1 a=port", "IsServerPort=1, PortName=port"),
    (0x1b, 32, 2, "p=1 p=2", "ParentIrp=0x1, ChildIrp=0x2"),
    // Of structures whose classes are not published.
    (
        2,
        112,
        2,
        "p=1 p=2 p=3 p=4 p=5 p=1 p=2 p=3 p=4 p=5 p=6 p=7 p=8 p=8 p=7 p=6 p=5 p=4 p=3 p=2 p=1 p=99",
        "PageCountByPriority=[1, 2, 3, 4, 5, 6, 7, 8], \
         RepurposedPagesByPriority=[8, 7, 6, 5, 4, 3, 2, 1], ModifiedPageCountPageFile=99",
    ),
    (2, 118, 2, "8=19 p=65536 p=3", "Description=0x13, VirtualAddress=0x10000, PageCount=3"),
    (0xe, 40, 2, "4=1 4=1953459809 p=4096 p=7", "NumberOfBytes=4096, Entry=0x7"),
    (0xf, 79, 2, "8=77 2=1", "InterruptTime=77, Flags=0x1"),
    (0xf, 83, 2, "8=77 p=16 2=0 1=3 1=2", "TargetProcessorIndex=3, Flags=0x2"),
    (0xf, 82, 2, "8=77 p=16 2=0 1=3 1=2 4=15", "Flags=0x2, Period=15"),
    (0xf, 100, 2, "p=1 4=2 4=3 4=4 1=1", "DpcCount=3, TargetProcessorIndex=4, Importance=1"),
    (0x10, 51, 2, "p=1 p=2 p=4096 4=9", "Block=0x2, Size=4096, Caller=9"),
    (
        0x12,
        38,
        2,
        "p=1 p=2 1=1 1=22 1=2 1=0 4=1 4=4 4=3 w=usb",
        "State=4, DeviceNameLength=3, DeviceName=usb",
    ),
    (0x12, 51, 2, "4=1 4=2 4=3 4=0 8=5", "NewState=2, OldState=3"),
    (0x12, 61, 2, "4=1 4=2 4=5 4=6", "VetoedStates=2, VetoReason=[0x5, 0x6]"),
    (
        0x16,
        5,
        2,
        "p=1 4=4 4=2 p=1 p=2 p=3 p=4 p=5 p=6 p=7 p=8 p=9",
        "ReasonForFlush=0x4, PagesToWrite=2",
    ),
    (0x16, 9, 2, "p=1 p=2 8=4096 4=512 4=0 4=1 4=0", "Offset=4096, Length=512"),
];

#[test]
fn every_version_of_a_kernel_class_is_explained_in_both_widths() {
    for pointer in [Pointer::P32, Pointer::P64] {
        let mut builder = TraceBuilder::new(LogFile { pointer, ..LogFile::default() });
        for (i, &(group, event_type, version, parts, _)) in (0..).zip(CASES) {
            let payload = payload(pointer, parts);
            let (pid, tid) = (11, 12);
            let record = System {
                pointer,
                version,
                event_type,
                group,
                pid,
                tid,
                payload,
                ..System::default()
            };
            let start = builder.log.start_ticks();
            builder.push(0, start + 1_000 + i, &record);
        }
        let file = builder.build();
        let trace = load("kernel.etl", &file);
        assert_eq!(trace.info().lost.undecoded, 0, "{pointer:?}");
        for (event, case) in (1..).zip(CASES) {
            let (text, complete) = trace
                .read(event, &file, |seen| {
                    let text = FieldsText(&seen.decoded.fields).to_string();
                    (text, seen.decoded.is_complete())
                })
                .expect("the event");
            assert!(complete, "{pointer:?} {case:?}: {text}");
            assert!(text.contains(case.4), "{pointer:?} {case:?}: {text}");
        }
    }
}

#[test]
fn an_event_of_one_string_is_not_counted_as_undecoded() {
    let mut builder = TraceBuilder::new(LogFile::default());
    let provider = guid("11223344-5566-7788-99aa-bbccddeeff00");
    let mut payload = Vec::new();
    payload.put_utf16z("EventWriteString says so");
    let start = builder.log.start_ticks();
    let string = Event { flags: 4, provider, payload: payload.clone(), ..Event::default() };
    // The same event without the flag has no schema.
    let plain = Event { provider, payload, ..Event::default() };
    builder.push(0, start + 1, &string);
    builder.push(0, start + 2, &plain);
    let file = builder.build();
    let trace = load("string.etl", &file);
    assert_eq!(trace.info().lost.undecoded, 1);
    let details = trace.details(1, &file, "en-us").expect("the event");
    assert_eq!(details.message.text, "EventWriteString says so");
    assert_eq!(details.problem, "");
}

#[test]
fn each_kernel_class_has_a_lane_and_a_term_of_its_own() {
    let mut builder = TraceBuilder::new(LogFile::default());
    let start = builder.log.start_ticks();
    // Two of DiskIo, one of TcpIp, one of a known provider that the trace does not name.
    for (ticks, group, event_type) in [(1, 1, 12), (2, 1, 13), (3, 6, 10)] {
        let record = System { version: 2, event_type, group, ..System::default() };
        builder.push(0, start + ticks, &record);
    }
    let http = guid("dd5ef90a-6398-47a4-ad34-4dcecdef795f");
    builder.push(0, start + 4, &Event { provider: http, id: 1, ..Event::default() });
    let file = builder.build();
    let trace = load("classes.etl", &file);
    let range = trace.info().range.expect("events");
    let (layout, rows) = (LaneLayout::default(), LaneRows::Some { first: 0, count: 10 });
    let request = LanesRequest { range, pixels: 10, group: LaneGroup::Provider, layout, rows };
    let lanes = trace.lanes(&trace.all(), &request).lanes;
    for (label, events) in [
        ("Kernel/EventTrace", 1),
        ("Kernel/DiskIo", 2),
        ("Kernel/TcpIp", 1),
        ("Microsoft-Windows-HttpService", 1),
    ] {
        let lane = lanes.iter().find(|lane| lane.label == label).expect(label);
        assert_eq!(lane.events, events, "{label}");
        assert_eq!(filtered(&trace, &file, &lane.filter).shown(), events, "{}", lane.filter);
    }
}
