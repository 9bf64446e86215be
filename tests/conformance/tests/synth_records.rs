//! Records built by hand come back field by field.

use etlens_conformance::collect::{Kept, read};
use etlens_parser::Guid;
use etlens_parser::record::{HeaderKind, UNKNOWN_ID, ext_type};
use etlens_synth::record::{Event, Full, Instance, Message, PerfInfo, System};
use etlens_synth::{LogFile, Pointer, Record, TraceBuilder, extended, guid};

const PROVIDER: [u8; 16] = guid("11223344-5566-7788-99aa-bbccddeeff00");
const OTHER: [u8; 16] = guid("0a1b2c3d-4e5f-4a0b-8c9d-0e1f2a3b4c5d");
const PAYLOAD: [u8; 5] = [1, 2, 3, 4, 5];
const TICKS: i64 = 5_000_001_234;

/// The one record of a trace that is not the log header.
fn only(pointer: Pointer, record: &dyn Record) -> Kept {
    let mut trace = TraceBuilder::new(LogFile { pointer, ..LogFile::default() });
    trace.push(1, TICKS, record);
    let (collected, _) = read(&trace.build());
    assert_eq!(collected.issues, []);
    let [_, record] = collected.records.as_slice() else {
        panic!("two records, not {}", collected.records.len());
    };
    record.clone()
}

fn each_pointer(test: impl Fn(Pointer, bool)) {
    test(Pointer::P32, false);
    test(Pointer::P64, true);
}

#[test]
fn an_event_has_what_its_header_says() {
    each_pointer(|pointer, is64| {
        let event = Event {
            pointer,
            property: 2,
            tid: 0xfeed_0001,
            pid: 0xbeef_0002,
            provider: PROVIDER,
            id: 4031,
            version: 3,
            channel: 18,
            level: 2,
            opcode: 240,
            task: 2500,
            keywords: 0x8000_0000_0000_0800,
            kernel_time: 7,
            user_time: 8,
            activity: OTHER,
            payload: PAYLOAD.to_vec(),
            ..Event::default()
        };
        let kept = only(pointer, &event);
        assert_eq!(kept.kind, if is64 { HeaderKind::Event64 } else { HeaderKind::Event32 });
        assert_eq!(kept.ticks, TICKS);
        assert_eq!(kept.writer, (0xbeef_0002, 0xfeed_0001));
        assert_eq!(kept.cpu, 1);
        assert_eq!(kept.provider, Guid(PROVIDER));
        assert_eq!(kept.descriptor, (4031, 3, 18, 2, 240, 2500, 0x8000_0000_0000_0800));
        assert_eq!(kept.cpu_time, (7, 8));
        assert_eq!(kept.activity, Guid(OTHER));
        assert_eq!(kept.extended, []);
        assert_eq!(kept.payload, PAYLOAD);
    });
}

#[test]
fn extended_items_are_kept_in_order_and_are_not_payload() {
    let items = [
        extended::related_activity(&OTHER),
        extended::sid(5, &[21, 1, 2, 3, 1001]),
        extended::terminal_session(3),
        extended::stack64(9, &[0x7ff8_0000_1000, 0x7ff8_0000_2000]),
        extended::event_key(0x1122_3344_5566_7788),
        extended::provider_traits("Contoso-Synth", Some(&OTHER)),
        extended::process_start_key(42),
    ];
    let mut event = Event { provider: PROVIDER, payload: PAYLOAD.to_vec(), ..Event::default() };
    event.extended.extend(items.clone());
    let kept = only(Pointer::P64, &event);
    assert_eq!(kept.extended, items);
    assert_eq!(kept.payload, PAYLOAD);
    let types: Vec<u16> = kept.extended.iter().map(|(item_type, _)| *item_type).collect();
    assert_eq!(
        types,
        [
            ext_type::RELATED_ACTIVITYID,
            ext_type::SID,
            ext_type::TS_ID,
            ext_type::STACK_TRACE64,
            ext_type::EVENT_KEY,
            ext_type::PROV_TRAITS,
            ext_type::PROCESS_START_KEY,
        ]
    );
}

#[test]
fn classic_events_and_instances() {
    each_pointer(|pointer, is64| {
        let full = Full {
            pointer,
            opcode: 33,
            level: 4,
            version: 2,
            tid: 21,
            pid: 22,
            class: PROVIDER,
            kernel_time: 23,
            user_time: 24,
            payload: PAYLOAD.to_vec(),
        };
        let check = |kept: &Kept, kind| {
            assert_eq!(kept.kind, kind);
            assert_eq!(kept.ticks, TICKS);
            assert_eq!(kept.writer, (22, 21));
            assert_eq!(kept.provider, Guid(PROVIDER));
            assert_eq!(kept.descriptor, (0, 2, 0, 4, 33, 0, 0));
            assert_eq!(kept.cpu_time, (23, 24));
            assert_eq!(kept.payload, PAYLOAD);
        };
        check(&only(pointer, &full), if is64 { HeaderKind::Full64 } else { HeaderKind::Full32 });
        let instance = Instance { full, instance: 1, parent_instance: 2, parent_class: OTHER };
        let kind = if is64 { HeaderKind::Instance64 } else { HeaderKind::Instance32 };
        check(&only(pointer, &instance), kind);
    });
}

#[test]
fn kernel_records_have_the_class_of_their_group() {
    // Process, the group whose class is documented everywhere.
    let process = Guid(guid("3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c"));
    each_pointer(|pointer, is64| {
        let system = System {
            pointer,
            compact: false,
            version: 4,
            event_type: 3,
            group: 3,
            tid: 31,
            pid: 32,
            kernel_time: 33,
            user_time: 34,
            payload: PAYLOAD.to_vec(),
        };
        let kept = only(pointer, &system);
        assert_eq!(kept.kind, if is64 { HeaderKind::System64 } else { HeaderKind::System32 });
        assert_eq!((kept.provider, kept.ticks, kept.writer), (process, TICKS, (32, 31)));
        assert_eq!((kept.descriptor.1, kept.descriptor.4), (4, 3));
        assert_eq!(kept.cpu_time, (33, 34));
        assert_eq!(kept.payload, PAYLOAD);

        let kept = only(pointer, &System { compact: true, ..system });
        assert_eq!(kept.kind, if is64 { HeaderKind::Compact64 } else { HeaderKind::Compact32 });
        assert_eq!((kept.provider, kept.ticks, kept.writer), (process, TICKS, (32, 31)));
        assert_eq!(kept.cpu_time, (0, 0));
        assert_eq!(kept.payload, PAYLOAD);
    });
}

#[test]
fn a_performance_record_knows_no_thread() {
    each_pointer(|pointer, is64| {
        let payload = PAYLOAD.to_vec();
        let record = PerfInfo { pointer, version: 2, event_type: 46, group: 0x0f, payload };
        let kept = only(pointer, &record);
        assert_eq!(kept.kind, if is64 { HeaderKind::PerfInfo64 } else { HeaderKind::PerfInfo32 });
        assert_eq!((kept.ticks, kept.writer), (TICKS, (UNKNOWN_ID, UNKNOWN_ID)));
        assert_eq!((kept.descriptor.1, kept.descriptor.4), (2, 46));
        assert_eq!(kept.payload, PAYLOAD);
    });
}

#[test]
fn a_message_has_what_its_options_name() {
    let message = Message {
        number: 12,
        sequence: Some(99),
        guid: Some(PROVIDER),
        component: None,
        stamped: true,
        thread: Some((41, 42)),
        pointer: Pointer::P64,
        payload: PAYLOAD.to_vec(),
    };
    let kept = only(Pointer::P64, &message);
    assert_eq!(kept.kind, HeaderKind::Message);
    assert_eq!((kept.ticks, kept.writer), (TICKS, (42, 41)));
    assert_eq!((kept.provider, kept.descriptor.0), (Guid(PROVIDER), 12));
    assert_eq!(kept.payload, PAYLOAD);

    let bare = Message { number: 13, component: Some(5), payload: PAYLOAD.to_vec(), ..message };
    let bare = Message { sequence: None, thread: None, ..bare };
    let kept = only(Pointer::P64, &bare);
    assert_eq!((kept.descriptor.0, kept.ticks), (13, TICKS));
    assert_eq!(kept.writer, (UNKNOWN_ID, UNKNOWN_ID));
    assert_eq!(kept.payload, PAYLOAD);
}

#[test]
fn the_longest_record_there_can_be() {
    let payload = vec![0x5a; 0xffff - 0x50];
    let mut trace = TraceBuilder::new(LogFile { buffer_bytes: 128 << 10, ..LogFile::default() });
    trace.push(0, TICKS, &Event { provider: PROVIDER, payload, ..Event::default() });
    trace.push(0, TICKS + 1, &Event { provider: PROVIDER, id: 2, ..Event::default() });
    let (collected, _) = read(&trace.build());
    assert_eq!(collected.issues, []);
    let lengths: Vec<usize> = collected.records[1..].iter().map(|r| r.payload.len()).collect();
    assert_eq!(lengths, [0xffff - 0x50, 0]);
}
