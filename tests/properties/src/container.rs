//! Archives.

use etlens_parser::formats::container::trace_member;

/// `data` is a file. A member that is found lies within it.
pub fn container(data: &[u8]) {
    let Ok(member) = trace_member(&data) else { return };
    let end = member.offset.checked_add(member.stored_bytes).expect("an end");
    assert!(end <= data.len() as u64, "{member:?} in {} bytes", data.len());
}
