//! Extended data items of an `EVENT_HEADER`: type number and data.

use crate::bytes::Put;
use crate::guid::Guid;

/// One item: its type and its data.
pub type Item = (u16, Vec<u8>);

/// Type 1: the activity this event's activity came from.
#[must_use]
pub fn related_activity(guid: &Guid) -> Item {
    (1, guid.to_vec())
}

/// Type 2: the writer's SID, from its identifier authority and sub-authorities.
#[must_use]
pub fn sid(authority: u8, sub_authorities: &[u32]) -> Item {
    (2, sid_bytes(authority, sub_authorities))
}

/// A SID as Windows stores it: revision 1, count, big-endian authority, sub-authorities.
#[must_use]
pub fn sid_bytes(authority: u8, sub_authorities: &[u32]) -> Vec<u8> {
    let mut data = vec![1, sub_authorities.len() as u8, 0, 0, 0, 0, 0, authority];
    for &part in sub_authorities {
        data.put_u32(part);
    }
    data
}

/// Type 3: terminal session.
#[must_use]
pub fn terminal_session(id: u32) -> Item {
    let mut data = Vec::new();
    data.put_u32(id);
    (3, data)
}

/// Type 5: stack of 32-bit addresses.
#[must_use]
pub fn stack32(match_id: u64, addresses: &[u32]) -> Item {
    let mut data = Vec::new();
    data.put_u64(match_id);
    for &address in addresses {
        data.put_u32(address);
    }
    (5, data)
}

/// Type 6: stack of 64-bit addresses.
#[must_use]
pub fn stack64(match_id: u64, addresses: &[u64]) -> Item {
    let mut data = Vec::new();
    data.put_u64(match_id);
    for &address in addresses {
        data.put_u64(address);
    }
    (6, data)
}

/// Type 10: event key.
#[must_use]
pub fn event_key(key: u64) -> Item {
    let mut data = Vec::new();
    data.put_u64(key);
    (10, data)
}

/// Type 11: TraceLogging metadata of the event.
#[must_use]
pub fn schema_tl(blob: Vec<u8>) -> Item {
    (11, blob)
}

/// Type 12: provider traits: the name and, when in a group, the group's GUID.
#[must_use]
pub fn provider_traits(name: &str, group: Option<&Guid>) -> Item {
    let mut data = Vec::new();
    data.put_u16(0);
    data.put_ansi_z(name);
    if let Some(group) = group {
        data.put_u16(2 + 1 + 16);
        data.put_u8(1);
        data.put_guid(group);
    }
    let size = data.len() as u16;
    crate::bytes::set_u16(&mut data, 0, size);
    (12, data)
}

/// Type 13: process start key.
#[must_use]
pub fn process_start_key(key: u64) -> Item {
    let mut data = Vec::new();
    data.put_u64(key);
    (13, data)
}

/// Type 16: container, as Windows writes it: the GUID's text without braces.
#[must_use]
pub fn container_id(text: &str) -> Item {
    (16, text.as_bytes().to_vec())
}

/// Type 17: key of a stack of 32-bit addresses, padded as the structure is.
#[must_use]
pub fn stack_key32(match_id: u64, key: u32) -> Item {
    let mut data = Vec::new();
    data.put_u64(match_id);
    data.put_u32(key);
    data.put_u32(0);
    (17, data)
}

/// Type 18: key of a stack of 64-bit addresses.
#[must_use]
pub fn stack_key64(match_id: u64, key: u64) -> Item {
    let mut data = Vec::new();
    data.put_u64(match_id);
    data.put_u64(key);
    (18, data)
}
