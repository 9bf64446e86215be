//! What damage to an .etl costs, and what is said about it, in small files made by hand.

mod etl_bytes;

use etl_bytes::*;
use etlens_parser::ErrorKind;
use etlens_parser::etl::Reader;

/// A header buffer and three buffers with an event each, 1 to 3.
fn three_buffers() -> Vec<u8> {
    let mut bytes = buffer(HEADER, &[log_header(&SESSION)]);
    for id in 1..=3 {
        let header = Buffer { sequence: i64::from(id), ..GENERAL };
        bytes.extend(buffer(header, &[event(0x13, id, T0 + i64::from(id), b"")]));
    }
    bytes
}

#[test]
fn a_damaged_size_costs_its_record_only() {
    let records: Vec<_> =
        (1..=6).map(|id| event(0x13, id, T0 + i64::from(id), b"payload")).collect();
    let good = file(&records);
    let record_bytes = 0x58;
    let third = BUFFER + 0x48 + 2 * record_bytes;
    for size in [0, 0x20, 0xffff, 3 * record_bytes + 8] {
        let mut bytes = good.clone();
        bytes[third..third + 2].copy_from_slice(&(size as u16).to_le_bytes());
        let (collected, _) = read(&bytes);
        assert_eq!(collected.ids(), [0, 1, 2, 4, 5, 6], "size {size:#x}");
        assert_eq!(collected.issues.len(), 1, "{:?}", collected.issues);
        let issue = &collected.issues[0];
        assert_eq!((issue.kind, issue.offset), (ErrorKind::BadRecord, third as u64));
        assert_eq!(issue.skipped_bytes, record_bytes as u64);
    }
}

#[test]
fn a_damaged_compressed_buffer_keeps_its_beginning_and_the_others() {
    let records: Vec<_> = (1..=20).map(|id| event(0x13, id, T0 + i64::from(id), b"text")).collect();
    let data = packed(&records);
    let compressed = xpress_literals(&data);
    let mut bytes = compressed_file(3, &compressed, data.len());
    // Flags that ask for matches, in the middle of the second buffer.
    let second = 1024 + 0x48 + compressed.len();
    let damaged = second + 0x48 + 20 * 36;
    bytes[damaged..damaged + 36].fill(0xff);
    let (collected, _) = read(&bytes);
    let of = |offset: usize| -> Vec<u16> {
        let there = |record: &&Seen| record.offset == offset as u64;
        collected.records.iter().filter(there).map(|record| record.id).collect()
    };
    let all: Vec<u16> = (1..=20).collect();
    assert_eq!(of(1024), all);
    assert_eq!(of(second + 0x48 + compressed.len()), all);
    let before_damage = 20 * 32 / records[0].len().next_multiple_of(8);
    assert_eq!(of(second)[..before_damage], all[..before_damage]);
    assert!(!collected.issues.is_empty());
}

#[test]
fn a_compressed_buffer_with_a_damaged_header_is_inflated_all_the_same() {
    let data = packed(&[event(0x13, 1, T0 + 1, b"text"), event(0x13, 2, T0 + 2, b"text")]);
    let compressed = xpress_literals(&data);
    let second = 1024 + 0x48 + compressed.len();
    let good = compressed_file(3, &compressed, data.len());
    // Its size, its flags, its type.
    for (at, value) in [(0, 0xff), (3, 0x7f), (0x34, 0x00), (0x36, 0x55), (1, 0xff)] {
        let mut bytes = good.clone();
        bytes[second + at] = value;
        let (collected, _) = read(&bytes);
        assert_eq!(collected.ids(), [0, 1, 2, 1, 2, 1, 2], "byte {at:#x}");
        assert!(!collected.issues.is_empty(), "byte {at:#x} is reported");
    }
}

#[test]
fn a_zeroed_buffer_costs_itself_only() {
    let mut bytes = three_buffers();
    bytes[2 * BUFFER..3 * BUFFER].fill(0);
    let (collected, reader) = read(&bytes);
    assert_eq!(collected.ids(), [0, 1, 3]);
    assert_eq!(collected.issues.len(), 1);
    let issue = &collected.issues[0];
    assert_eq!((issue.kind, issue.offset), (ErrorKind::BadBuffer, 2 * BUFFER as u64));
    assert_eq!(issue.skipped_bytes, BUFFER as u64);
    assert_eq!(reader.losses().sequence_gaps, 1, "number 2 is missing");
}

#[test]
fn a_zeroed_part_of_a_buffer_is_reported_with_its_place() {
    let records: Vec<_> = (1..=6).map(|id| event(0x13, id, T0 + i64::from(id), b"")).collect();
    let mut bytes = file(&records);
    let third = BUFFER + 0x48 + 2 * 0x50;
    bytes[third..third + 2 * 0x50].fill(0);
    let (collected, _) = read(&bytes);
    assert_eq!(collected.ids(), [0, 1, 2, 5, 6]);
    assert_eq!(collected.issues.len(), 1);
    let issue = &collected.issues[0];
    assert_eq!((issue.offset, issue.skipped_bytes), (third as u64, 2 * 0x50));
}

#[test]
fn a_buffer_with_a_damaged_header_keeps_its_records() {
    let mut bytes = three_buffers();
    bytes[2 * BUFFER..2 * BUFFER + 0x48].fill(0x5a);
    let (collected, _) = read(&bytes);
    assert_eq!(collected.ids(), [0, 1, 2, 3]);
    assert_eq!(collected.issues.len(), 1);
    assert_eq!(collected.issues[0].kind, ErrorKind::BadBuffer);
    assert_eq!(collected.issues[0].offset, 2 * BUFFER as u64);
}

#[test]
fn a_damaged_first_buffer_leaves_the_others() {
    // Its size; all of its header; all of it.
    for damage in [0..4, 0..0x48, 0..BUFFER] {
        let mut bytes = three_buffers();
        bytes[damage.clone()].fill(0);
        let (collected, _) = read(&bytes);
        let ids = collected.ids();
        assert_eq!(ids[ids.len() - 3..], [1, 2, 3], "{damage:?}");
        assert!(!collected.issues.is_empty(), "{damage:?}");
    }
}

#[test]
fn sizes_no_buffer_has_are_not_believed() {
    // The size of the first buffer, and its repetition in the log header.
    let mut bytes = three_buffers();
    bytes[0..4].copy_from_slice(&0xb700_0000_u32.to_le_bytes());
    bytes[0x68..0x6c].copy_from_slice(&0xb700_0000_u32.to_le_bytes());
    let (collected, _) = read(&bytes);
    assert_eq!(collected.ids()[collected.ids().len() - 3..], [1, 2, 3]);
}

#[test]
fn missing_bytes_cost_only_their_buffer() {
    let mut bytes = three_buffers();
    bytes.drain(BUFFER + 2_001..BUFFER + 2_334);
    let (collected, _) = read(&bytes);
    assert_eq!(collected.ids(), [0, 1, 2, 3], "only fill is missing");
    assert_eq!(collected.issues.len(), 1);
    assert_eq!(collected.issues[0].offset, (2 * BUFFER - 333) as u64);
}

#[test]
fn records_past_the_end_that_a_damaged_header_names_are_not_lost_silently() {
    let records: Vec<_> = (1..=6).map(|id| event(0x13, id, T0 + i64::from(id), b"")).collect();
    let mut bytes = file(&records);
    let end = (0x48 + 2 * 0x50_u32).to_le_bytes();
    bytes[BUFFER + 4..BUFFER + 8].copy_from_slice(&end);
    bytes[BUFFER + 0x30..BUFFER + 0x34].copy_from_slice(&end);
    let (collected, _) = read(&bytes);
    assert_eq!(collected.issues.len(), 1);
    assert_eq!(collected.issues[0].offset, (BUFFER + 0x48 + 2 * 0x50) as u64);
    assert_eq!(collected.issues[0].kind, ErrorKind::BadBuffer);
}

#[test]
fn tails() {
    let whole = file(&[event(0x13, 1, T0 + 1, b"payload"), event(0x13, 2, T0 + 2, b"payload")]);

    // Cut inside the second record of the last buffer.
    let (collected, _) = read(&whole[..BUFFER + 0x48 + 0x58 + 20]);
    assert_eq!(collected.ids(), [0, 1]);
    assert!(collected.issues.iter().any(|issue| issue.kind == ErrorKind::Truncated));
    assert!(collected.issues.iter().any(|issue| issue.skipped_bytes == 20));

    // Cut inside the header of the last buffer.
    let (collected, _) = read(&whole[..BUFFER + 20]);
    assert_eq!(collected.ids(), [0]);
    assert_eq!(collected.issues.len(), 1);
    let issue = &collected.issues[0];
    assert_eq!((issue.kind, issue.offset), (ErrorKind::Truncated, BUFFER as u64));
    assert_eq!(issue.skipped_bytes, 20);

    // Zeros at the end: damage, unless the file was made at its full size beforehand.
    let padded = [whole.clone(), vec![0; 3 * BUFFER]].concat();
    let (collected, _) = read(&padded);
    assert_eq!(collected.ids(), [0, 1, 2]);
    assert_eq!(collected.issues.len(), 1);
    assert_eq!(collected.issues[0].kind, ErrorKind::Truncated);
    let preallocated = Session { mode: 0x22, ..SESSION };
    let padded = [
        buffer(HEADER, &[log_header(&preallocated)]),
        buffer(GENERAL, &[event(0x13, 1, T0, b"")]),
        vec![0; 3 * BUFFER],
    ]
    .concat();
    let (collected, _) = read(&padded);
    assert_eq!((collected.ids(), collected.issues), (vec![0, 1], vec![]));

    // Reading that stops early is no damage.
    let mut reader = Reader::new(whole.len() as u64);
    let mut collected = Collected::default();
    reader.push(&whole[..BUFFER + 500], &mut collected);
    reader.finish(&mut collected);
    assert_eq!((collected.ids(), collected.issues), (vec![0], vec![]));
}

#[test]
fn nonsense_is_reported_as_such() {
    for bytes in [vec![], vec![0; 10], vec![0x41; 300_000], b"PK\x03\x04 and so on".to_vec()] {
        let (collected, reader) = read(&bytes);
        assert_eq!(collected.records, []);
        assert_eq!(reader.accounting().skipped_bytes, bytes.len() as u64);
        assert!(reader.header().is_none());
    }
}

#[test]
fn a_file_made_to_grow_without_bound_is_stopped() {
    // A record of 64 KiB, then one match of 16 MiB: 100 bytes that inflate to the largest buffer.
    let record = event(0x13, 1, T0 + 1, &[7; 32]);
    let mut compressed = vec![0; 4];
    for chunk in record.chunks(32) {
        if compressed.len() > 4 {
            compressed.extend([0; 4]);
        }
        compressed.extend(chunk);
    }
    // The last word of flags has 16 literals used; all that follow are matches.
    let last_flags = compressed.len() - 16 - 4;
    compressed[last_flags..last_flags + 4].copy_from_slice(&0xffff_u32.to_le_bytes());
    compressed.extend([0x07, 0x00, 0x0f, 0xff, 0x00, 0x00]);
    compressed.extend(((16 << 20) - 0x48 - record.len() as u32 - 3).to_le_bytes());
    let log = packed(&[log_header(&Session { mode: 0x0400_0001, ..SESSION })]);
    let mut bytes = buffer_header(HEADER, 1024, 0x48 + log.len()).bytes(&log).0;
    bytes[0x48 + 0x20..0x48 + 0x24].copy_from_slice(&(16_u32 << 20).to_le_bytes());
    bytes.resize(1024, 0xff);
    for sequence in 1..200 {
        let header = Buffer { flags: 0x60, sequence, ..GENERAL };
        let header = buffer_header(header, 0x48 + compressed.len(), 16 << 20);
        bytes.extend(header.bytes(&compressed).0);
    }
    let mut reader = Reader::new(bytes.len() as u64);
    let mut collected = Collected::default();
    reader.push(&bytes, &mut collected);
    reader.finish(&mut collected);
    assert!(collected.issues.iter().any(|issue| issue.kind == ErrorKind::Limit));
    let read = collected.ids().iter().filter(|&&id| id == 1).count();
    assert!((4..20).contains(&read), "{read} buffers were inflated");
    assert_eq!(reader.accounting().total_bytes(), bytes.len() as u64);
}
