//! The decompressors.

use etlens_parser::xca::{Outcome, lznt1, xpress, xpress_huffman};

/// More than a buffer of an .etl inflates to in these tests.
const MOST_BYTES: usize = 1 << 17;

/// The first byte chooses the format, the next three how much is wanted; the rest is compressed
/// data. What comes out is bounded, and what was there before is left alone.
pub fn xca(data: &[u8]) {
    let Some((&[format, a, b, c], source)) = data.split_first_chunk() else { return };
    let decode: fn(&[u8], usize, &mut Vec<u8>) -> Outcome = match format % 3 {
        0 => xpress::decompress,
        1 => xpress_huffman::decompress,
        _ => lznt1::decompress,
    };
    let wanted = u32::from_le_bytes([a, b, c, 0]) as usize % MOST_BYTES;
    let before = [0xa5; 5];
    let mut out = before.to_vec();
    let outcome = decode(source, wanted, &mut out);
    assert!(out.starts_with(&before), "what was there is left alone");
    let made = out.len() - before.len();
    assert!(made <= wanted, "{made} of {wanted}");
    assert_eq!(outcome.complete, made == wanted);
    assert!(outcome.consumed_bytes <= source.len(), "{outcome:?} of {}", source.len());
    // A reader asks again for less: it gets the same beginning.
    let mut less = Vec::new();
    decode(source, made / 2, &mut less);
    assert_eq!(less, out[before.len()..][..made / 2], "a part is the beginning of the whole");
}

/// `data` is what was compressed: it comes back.
pub fn round_trip(data: &[u8]) {
    let data = &data[..data.len().min(MOST_BYTES)];
    let stream = etlens_synth::xpress::compress(data);
    let mut out = Vec::new();
    let outcome = xpress::decompress(&stream, data.len(), &mut out);
    assert!(outcome.complete, "{outcome:?}");
    assert_eq!(out, data);
}
