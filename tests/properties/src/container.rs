//! Archives.

use etlens_parser::formats::cab::Unpacker;
use etlens_parser::formats::container::trace_member;

/// `data` is a file. A member that is found lies within it; one of a cabinet unpacks to no more
/// than it says.
pub fn container(data: &[u8]) {
    let Ok(member) = trace_member(&data) else { return };
    let end = member.offset.checked_add(member.stored_bytes).expect("an end");
    assert!(end <= data.len() as u64, "{member:?} in {} bytes", data.len());
    let Some(mut unpacker) = Unpacker::new(&member) else { return };
    let mut out = Vec::new();
    let outcome = loop {
        match unpacker.step(&data, &mut out) {
            Ok(true) => {}
            outcome => break outcome,
        }
    };
    let said = member.bytes.expect("cabinets say it");
    assert!(out.len() as u64 <= said, "{} bytes, not {said}", out.len());
    assert!(outcome.is_err() || out.len() as u64 == said, "{} bytes, not {said}", out.len());
}
