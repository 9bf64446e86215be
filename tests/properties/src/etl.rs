//! The .etl reader.

use etlens_parser::etl::{BufferCache, Reader};

use crate::chunks;
use crate::records::{Found, Seen};

/// Records read again one by one; more would say no more.
const READ_AGAIN: usize = 200;

/// `data` is a file. The same is found whole and in chunks; every byte is accounted for; each
/// record is found again by its locator and by a scan.
pub fn etl(data: &[u8]) {
    let read = |chunks: &mut dyn Iterator<Item = &[u8]>| {
        let (mut reader, mut found) = (Reader::new(data.len() as u64), Found::default());
        for chunk in chunks {
            reader.push(chunk, &mut found);
        }
        reader.finish(&mut found);
        (reader, found)
    };
    let (reader, whole) = read(&mut std::iter::once(data));
    let (other, chunked) = read(&mut chunks(data));
    assert_eq!(whole, chunked, "whole and in chunks");
    let accounting = reader.accounting();
    assert_eq!(accounting, other.accounting(), "whole and in chunks");
    assert_eq!(reader.losses(), other.losses(), "whole and in chunks");
    assert_eq!(accounting.total_bytes(), data.len() as u64, "{accounting:?}");
    let skipped: u64 = whole.issues.iter().map(|issue| issue.skipped_bytes).sum();
    assert_eq!(skipped, accounting.skipped_bytes, "what is skipped is reported");

    let file = reader.into_file();
    let mut cache = BufferCache::default();
    let step = whole.records.len() / READ_AGAIN + 1;
    for seen in whole.records.iter().step_by(step) {
        let again = file
            .with_record(&data, &mut cache, seen.locator, |record| Seen::new(record, seen.locator));
        assert_eq!(again.ok().as_ref(), Some(seen), "by its locator");
        let extent = file.extent(seen.locator).expect("the extent of a record");
        assert!(extent.end <= data.len() as u64, "{extent:?}");
    }
    let mut scanned = Vec::new();
    let mut scan = file.scan();
    while scan
        .step(&file, &data, 50_000, |locator, record| {
            scanned.push(Seen::new(record, locator));
        })
        .expect("the file can be read")
    {}
    assert_eq!(scanned, whole.records, "by a scan");
}
