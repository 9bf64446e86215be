//! The reader of JSON exports.

use etlens_parser::formats::json::{Reader, TextCache};
use etlens_parser::limits::DETECT_BYTES;

use crate::chunks;
use crate::records::{Found, Seen};

/// `data` is a file. The same is found whole and in chunks, and each event is found again. The
/// answer is whether it is an export at all.
pub fn json(data: &[u8]) -> bool {
    let head = &data[..data.len().min(DETECT_BYTES)];
    let read = |chunks: &mut dyn Iterator<Item = &[u8]>| {
        let (mut reader, mut found) = (Reader::new(head).ok()?, Found::default());
        for chunk in chunks {
            reader.push(chunk, &mut found);
        }
        reader.finish(&mut found);
        Some((reader, found))
    };
    let Some((reader, whole)) = read(&mut std::iter::once(data)) else { return false };
    let (_, chunked) = read(&mut chunks(data)).expect("it was one before");
    assert_eq!(whole, chunked, "whole and in chunks");
    let skipped: u64 = whole.issues.iter().map(|issue| issue.skipped_bytes).sum();
    assert!(skipped <= data.len() as u64, "{skipped} of {} bytes skipped", data.len());
    let file = reader.into_file();
    let mut cache = TextCache::default();
    for seen in whole.records.iter().take(200) {
        let offset =
            file.with_event(&data, &mut cache, seen.locator, |event, _| event.record.offset);
        let Seen { locator, offset: at, .. } = *seen;
        assert_eq!(offset.ok(), Some(at), "event {locator:?} is found again");
    }
    true
}
