//! Each record header, buffer kind and damage of an .etl, in small files made by hand from the
//! format description (docs/FORMATS.md). The layouts are spelled out here again on purpose: the
//! tests share nothing with the reader.

mod etl_bytes;

use etl_bytes::*;
use etlens_parser::etl::is_etl;
use etlens_parser::record::{HeaderKind, Locator, UNKNOWN_ID, ext_type};

#[test]
fn the_log_header_in_both_widths() {
    for pointer_bytes in [4, 8] {
        let session = Session { pointer_bytes, ..SESSION };
        let bytes = buffer(HEADER, &[log_header(&session)]);
        assert!(is_etl(&bytes));
        let (collected, reader) = read(&bytes);
        let header = reader.header().expect("a log header");
        assert_eq!(usize::from(header.pointer_bytes), pointer_bytes);
        assert_eq!((header.os_major, header.os_minor, header.build), (10, 0, 22_621));
        assert_eq!((header.processors, header.cpu_mhz), (4, 3_000));
        assert_eq!((header.events_lost, header.buffers_lost), (41, 2));
        assert_eq!((header.bias_minutes, header.time_zone.as_str()), (-540, "Korea"));
        assert_eq!((header.perf_freq, header.start_time), (FREQUENCY, START));
        assert_eq!((header.start_ticks, header.end_time), (T0, START + 77));
        assert_eq!(header.logger_name, "NetTcp");
        assert_eq!(header.log_file_name, "C:\\t.etl");
        assert_eq!(header.clock().to_filetime(T0 + 5), START + 5);
        let losses = reader.losses();
        assert_eq!((losses.events, losses.buffers), (41, 2));
        // It is a record like any other.
        let record = &collected.records[0];
        assert_eq!(record.provider, guid("68fdd900-4a3e-11d1-84f4-0000f80464e3"));
        assert_eq!((record.id, record.version, record.opcode), (0, 2, 0));
        assert_eq!((record.offset, record.times), (0x48, (5, 6)));
    }
    assert!(!is_etl(b"PK\x03\x04"));
    assert!(!is_etl(&[0; 512]));
}

#[test]
fn event_headers_with_extended_items() {
    let related = [7; 16];
    let extended = Bytes::default()
        .u16(24)
        .u16(ext_type::RELATED_ACTIVITYID)
        .u16(1)
        .u16(16)
        .bytes(&related)
        .u16(16)
        .u16(ext_type::SID)
        .u16(0)
        .u16(5)
        .bytes(b"owner\0\0\0")
        .0;
    for (kind, header_kind) in [(0x12, HeaderKind::Event32), (0x13, HeaderKind::Event64)] {
        let bytes = file(&[
            event_with(kind, 4_031, T0 + 9, 1, &extended, b"payload"),
            event(kind, 4_008, T0 + 10, b""),
        ]);
        let records = records(&bytes);
        let first = &records[0];
        assert_eq!(first.kind, header_kind);
        assert_eq!(first.provider, guid("c651f5f6-1c0d-492e-8ae1-b4efd7c9d503"));
        assert_eq!((first.id, first.version, first.level, first.opcode), (4_031, 1, 2, 3));
        assert_eq!((first.task, first.keywords), (2_500, 0x8000_0000_0000_0004));
        assert_eq!((first.pid, first.tid, first.cpu, first.ticks), (11, 22, 3, T0 + 9));
        assert_eq!((first.flags, first.times), (1, (7, 8)));
        assert_eq!(first.activity, guid("00000000-0000-0000-0000-00000000abcd"));
        assert_eq!(
            first.extended,
            [(ext_type::RELATED_ACTIVITYID, related.to_vec()), (ext_type::SID, b"owner".to_vec())]
        );
        assert_eq!(first.payload, b"payload");
        assert_eq!(first.offset, BUFFER as u64 + 0x48);
        assert_eq!((records[1].id, records[1].payload.len()), (4_008, 0));
        assert_eq!(records[1].offset, first.offset + 0x50 + 40 + 8, "aligned to eight bytes");
    }
}

#[test]
fn a_broken_chain_of_extended_items_costs_only_its_payload() {
    let broken = Bytes::default().u16(0).u16(1).u16(1).u16(16).zeros(16).0;
    let bytes = file(&[
        event_with(0x13, 1, T0 + 1, 1, &broken, b"payload"),
        event_with(0x13, 2, T0 + 2, 1, b"abc", b""),
        event(0x13, 3, T0 + 3, b"whole"),
    ]);
    let records = records(&bytes);
    assert_eq!(records.iter().map(|record| record.id).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(records[0].payload, b"");
    assert_eq!(records[2].payload, b"whole");
}

#[test]
fn kernel_records() {
    let process = guid("3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c");
    let perfinfo = |kind: u8, version: u16, payload: &[u8]| {
        Bytes::default()
            .u16(version)
            .u8(kind)
            .u8(0xc0)
            .u16((16 + payload.len()) as u16)
            .u8(46)
            .u8(15)
            .i64(T0 + 4)
            .bytes(payload)
            .0
    };
    let counters = Bytes::default().u64(1).u64(2).u64(3).bytes(b"sample").0;
    let bytes = file(&[
        system(1, 3, 1, 4, T0 + 1, b"start"),
        system(2, 3, 2, 4, T0 + 2, b"end"),
        system(3, 3, 3, 4, T0 + 3, b"compact"),
        system(4, 3, 10, 2, T0 + 3, b"image"),
        perfinfo(0x10, 2, b"data"),
        // Two counters and an index before the data.
        perfinfo(0x11, 0x8202, &counters),
        // More of them announced than there are.
        perfinfo(0x11, 0x0702, b"short"),
        system(2, 0x77, 1, 1, T0 + 5, b""),
    ]);
    let records = records(&bytes);
    let kinds: Vec<_> = records.iter().map(|record| record.kind.name()).collect();
    let system_kinds = ["SYSTEM32", "SYSTEM64", "COMPACT32", "COMPACT64"];
    let perfinfo_kinds = ["PERFINFO32", "PERFINFO64", "PERFINFO64"];
    assert_eq!(kinds, [&system_kinds[..], &perfinfo_kinds, &["SYSTEM64"]].concat());
    assert_eq!((records[0].provider, records[0].id, records[0].opcode), (process, 0, 1));
    assert_eq!((records[0].version, records[0].pid, records[0].tid), (4, 11, 22));
    assert_eq!((records[0].payload.as_slice(), records[0].times), (&b"start"[..], (5, 6)));
    assert_eq!((records[2].payload.as_slice(), records[2].times), (&b"compact"[..], (0, 0)));
    assert_eq!(records[3].provider, guid("2cb15d1d-5fc1-11d2-abe1-00a0c911f518"), "image load");
    let sample = guid("ce1dbfb4-137e-4da6-87b0-3f59aa102cbc");
    for (record, payload) in records[4..7].iter().zip([&b"data"[..], b"sample", b""]) {
        assert_eq!((record.provider, record.opcode, record.version), (sample, 46, 2));
        assert_eq!((record.pid, record.tid, record.ticks), (UNKNOWN_ID, UNKNOWN_ID, T0 + 4));
        assert_eq!(record.payload, payload);
    }
    assert_eq!(records[7].provider, guid("00000077-0000-0000-0000-000000000000"), "unknown group");
}

#[test]
fn classic_records() {
    let class = "bbccf6c1-6cd1-48c4-80ff-839482e37671";
    let full = |kind: u8, extra: &[u8]| {
        Bytes::default()
            .u16((0x30 + extra.len() + 4) as u16)
            .u8(kind)
            .u8(0xc0)
            .u8(32)
            .u8(4)
            .u16(0x0103)
            .u32(22)
            .u32(11)
            .i64(T0 + 1)
            .bytes(&guid(class).0)
            .u32(5)
            .u32(6)
            .bytes(extra)
            .bytes(b"data")
            .0
    };
    let instance = Bytes::default().u32(1).u32(2).bytes(&[9; 16]).0;
    let bytes =
        file(&[full(0x0a, b""), full(0x14, b""), full(0x0b, &instance), full(0x15, &instance)]);
    let records = records(&bytes);
    let kinds: Vec<_> = records.iter().map(|record| record.kind.name()).collect();
    assert_eq!(kinds, ["FULL32", "FULL64", "INSTANCE32", "INSTANCE64"]);
    for record in &records {
        assert_eq!((record.provider, record.id, record.opcode), (guid(class), 0, 32));
        assert_eq!((record.level, record.version), (4, 3));
        assert_eq!((record.pid, record.tid, record.ticks), (11, 22, T0 + 1));
        assert_eq!((record.payload.as_slice(), record.times), (&b"data"[..], (5, 6)));
    }
}

#[test]
fn messages_with_each_option() {
    let message_guid = guid("d2c12fae-2b0b-4f3d-b3fb-e05d1dd1d4a5");
    let message = |options: u16, body: Bytes| {
        Bytes::default()
            .u16((8 + body.0.len()) as u16)
            .u8(0)
            .u8(0x90)
            .u16(17)
            .u16(options)
            .bytes(&body.0)
            .0
    };
    let all =
        Bytes::default().u32(99).bytes(&message_guid.0).i64(T0 + 3).u32(22).u32(11).bytes(b"args");
    let component = Bytes::default().u32(0x1234).i64(T0 + 4).bytes(b"args");
    let bytes = file(&[
        event(0x13, 1, T0 + 2, b""),
        // Without a time: that of the record before it.
        message(0x02, Bytes::default().bytes(&message_guid.0).bytes(b"args")),
        message(0xab, all),
        message(0x4c, component),
        message(0x00, Bytes::default()),
        // Announces a GUID it has no room for.
        message(0x0a, Bytes::default().u32(1)),
    ]);
    let records = records(&bytes);
    assert!(records[1..].iter().all(|record| record.kind == HeaderKind::Message));
    assert!(records[1..].iter().all(|record| record.id == 17));
    let ticks: Vec<_> = records[1..].iter().map(|record| record.ticks - T0).collect();
    assert_eq!(ticks, [2, 3, 4, 4, 4]);
    assert_eq!((records[1].provider, records[1].pid), (message_guid, UNKNOWN_ID));
    assert_eq!((records[2].provider, records[2].pid, records[2].tid), (message_guid, 11, 22));
    assert_eq!(records[2].flags, 0xab);
    assert_eq!(records[3].provider, guid("00001234-0000-0000-0000-000000000000"));
    assert!(records[1..4].iter().all(|record| record.payload == b"args"));
    assert!(records[4..].iter().all(|record| record.payload.is_empty()));
}

#[test]
fn the_processor_of_old_and_new_buffers() {
    let old = Buffer { flags: 0, processor: 8 << 8 | 5, ..GENERAL };
    let new = Buffer { flags: 0x20, processor: 300, sequence: 2, ..GENERAL };
    let bytes = [
        buffer(HEADER, &[log_header(&SESSION)]),
        buffer(old, &[event(0x13, 1, T0, b"")]),
        buffer(new, &[event(0x13, 2, T0, b"")]),
    ]
    .concat();
    let cpus: Vec<_> = records(&bytes).iter().map(|record| record.cpu).collect();
    assert_eq!(cpus, [5, 300]);
}

#[test]
fn clocks_of_each_type() {
    let clock = |clock_type, frequency| {
        let session = Session { clock_type, frequency, ..SESSION };
        let (_, reader) = read(&buffer(HEADER, &[log_header(&session)]));
        reader.header().expect("a header").clock()
    };
    // One second after T0 in each clock, except the system clock, whose ticks are the time.
    for (clock_type, frequency, ticks_per_second) in [
        (1, 2_630_627, 2_630_627),
        (0, 1_818_300, 1_818_300), // old files do not say
        (3, FREQUENCY, 3_000_000_000),
    ] {
        let clock = clock(clock_type, frequency);
        assert_eq!(clock.to_filetime(T0 + ticks_per_second), START + 10_000_000);
        assert_eq!(clock.to_ticks(START + 10_000_000), T0 + ticks_per_second);
    }
    assert_eq!(clock(2, FREQUENCY).to_filetime(START + 1), START + 1);
    assert_eq!(clock(0, 0).to_filetime(START + 1), START + 1, "no frequency");
}

#[test]
fn a_file_appended_to_has_one_time_line() {
    // The second session began 10 s later by the wall clock, after a boot: its counter is lower,
    // and runs at another frequency.
    let later = Session { frequency: 2_000_000, t0: 50, start: START + 100_000_000, ..SESSION };
    let bytes = [
        buffer(HEADER, &[log_header(&SESSION)]),
        buffer(GENERAL, &[event(0x13, 1, T0 + 5, b"")]),
        buffer(HEADER, &[log_header(&later)]),
        buffer(GENERAL, &[event(0x13, 2, 50 + 2_000_000, b"")]),
    ]
    .concat();
    let (collected, reader) = read(&bytes);
    assert_eq!(collected.issues, []);
    assert_eq!(reader.headers().len(), 2);
    assert_eq!(reader.headers()[1].offset, 2 * BUFFER as u64 + 0x48);
    let clock = reader.header().expect("a header").clock();
    let times: Vec<_> =
        collected.records.iter().map(|record| clock.to_filetime(record.ticks) - START).collect();
    assert_eq!(times, [0, 5, 100_000_000, 110_000_000]);
}

#[test]
fn compressed_buffers_of_each_format() {
    let records = [event(0x13, 1, T0 + 1, b"first"), event(0x13, 2, T0 + 2, &[0xab; 200])];
    let data = packed(&records);
    type Compress = fn(&[u8]) -> Vec<u8>;
    let formats: [(u32, Compress); 4] = [
        (3, xpress_literals),
        (2, lznt1_stored),
        (4, huffman_literals),
        // The header names another format than the buffers have.
        (3, lznt1_stored),
    ];
    for (state, compress) in formats {
        let compressed = compress(&data);
        let bytes = compressed_file(state, &compressed, data.len());
        let (collected, _) = read(&bytes);
        assert_eq!(collected.issues, [], "format {state}");
        let ids: Vec<_> = collected.records.iter().map(|record| record.id).collect();
        assert_eq!(ids, [0, 1, 2, 1, 2, 1, 2]);
        assert_eq!(collected.records[4].payload, [0xab; 200]);
        assert_eq!(collected.records[1].offset, 1024, "the buffer's, it has none of its own");
    }
}

#[test]
fn a_locator_of_another_file_is_refused() {
    use etlens_parser::ErrorKind;
    use etlens_parser::etl::BufferCache;

    let bytes = file(&[event(0x13, 1, T0, b"")]);
    let (_, reader) = read(&bytes);
    let file = reader.into_file();
    let mut cache = BufferCache::default();
    for locator in [Locator(0), Locator(10), Locator(u32::MAX)] {
        let error =
            file.with_record(&bytes, &mut cache, locator, |_| ()).expect_err("no record is there");
        assert_eq!(error.kind(), ErrorKind::OutOfRange);
    }
    assert_eq!(file.extent(Locator(u32::MAX)), None);
}
