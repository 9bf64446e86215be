//! Traces in cabinets, as `netsh trace` leaves them.

use std::io::Write as _;

use etlens_parser::formats::cab::Unpacker;
use etlens_parser::formats::container::{Container, container, trace_member};
use etlens_parser::source::ReadAt;
use etlens_parser::{ErrorKind, Result};
use etlens_synth::cab::{MSZIP, Packing, STORED, build};
use etlens_synth::sample;

/// Names the trace, unpacks it.
fn unpacked(cabinet: &impl ReadAt) -> Result<(String, Vec<u8>)> {
    let member = trace_member(cabinet)?;
    let mut unpacker = Unpacker::new(&member).expect("it is in a cabinet");
    let mut out = Vec::new();
    while unpacker.step(cabinet, &mut out)? {}
    Ok((member.name, out))
}

/// Deflate with codes of its own for each block, from another writer.
fn deflate(folder: &[u8], from: usize) -> Vec<u8> {
    let mut out = b"CK".to_vec();
    let mut writer = flate2::write::DeflateEncoder::new(&mut out, flate2::Compression::best());
    writer.write_all(&folder[from..]).expect("memory");
    writer.finish().expect("memory");
    out
}

#[test]
fn the_trace_comes_out_as_it_went_in() {
    let trace = sample::build();
    let files: &[(&str, &[u8])] =
        &[("report.html", &[b'x'; 70_001]), ("report.etl", &trace), ("세션.etl", b"short")];
    let other = Packing { number: 1, pack: &deflate };
    for (name, packing) in [("stored", &STORED), ("mszip", &MSZIP), ("deflate", &other)] {
        for reserved in [false, true] {
            let cabinet = build(files, packing, reserved);
            assert_eq!(container(&cabinet), Some(Container::Cabinet));
            let (found, bytes) = unpacked(&cabinet).expect("a trace");
            assert_eq!(found, "report.etl");
            assert!(bytes == trace, "{name}, reserved: {reserved}");
        }
    }
    assert!(build(files, &MSZIP, false).len() < trace.len() / 2, "it is packed at all");
}

#[test]
fn what_cannot_be_unpacked_is_said() {
    let files: &[(&str, &[u8])] = &[("report.etl", b"0123456789")];
    for (number, what) in [(0x1203, "LZX"), (0x1472, "Quantum")] {
        let packing = Packing { number, pack: STORED.pack };
        let error = unpacked(&build(files, &packing, false)).expect_err("not read");
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains(what), "{error}");
    }
    let error = unpacked(&build(&[("readme.txt", b"x")], &STORED, false)).expect_err("no trace");
    assert_eq!(error.kind(), ErrorKind::NotATrace);
    let cabinet = build(files, &MSZIP, true);
    for end in 4..cabinet.len() {
        let error = unpacked(&cabinet[..end].to_vec()).expect_err("cut off");
        assert!(error.offset().is_some(), "{error} at {end}");
    }
}
