//! Manifests that EventSource providers write into the trace, in chunks.
//!
//! Each chunk is an event with id 0xFFFE: u8 format (1: XML), u8 major and minor version, u8
//! 0x5B, u16 number of chunks, u16 number of this one, then UTF-8 text. Several processes may
//! write the same manifest, interleaved, so chunks are collected per writer.

use std::sync::OnceLock;

use crate::guid::Guid;
use crate::limits::MAX_MANIFEST_BYTES;
use crate::map::Map;
use crate::record::Record;
use crate::schema::classic;
use crate::schema::layout::Layout;

/// Event id of a chunk.
pub const MANIFEST_ID: u16 = 0xfffe;

const HEADER_BYTES: usize = 8;

/// Whether the record is a chunk of a manifest.
#[must_use]
pub fn is_chunk(record: &Record<'_>) -> bool {
    record.id == MANIFEST_ID
        && record.payload.len() >= HEADER_BYTES
        && matches!(record.payload, [1, _, _, 0x5b, ..])
}

/// Whether the record is a chunk of a manifest, or one whose payload is not at hand.
#[must_use]
pub fn may_be_chunk(record: &Record<'_>) -> bool {
    is_chunk(record) || record.id == MANIFEST_ID && record.payload.is_empty()
}

/// The payload of a chunk, for showing it.
#[must_use]
pub fn chunk_layout() -> &'static Layout {
    static LAYOUT: OnceLock<Layout> = OnceLock::new();
    LAYOUT.get_or_init(|| {
        classic::compile(
            "Format:UInt8 MajorVersion:UInt8 MinorVersion:UInt8 Magic:HexInt8 TotalChunks:UInt16 \
             ChunkNumber:UInt16 Manifest:RestUtf8",
        )
    })
}

/// Provider, process, thread, version (major, minor), number of chunks.
type Writer = (Guid, u32, u32, u8, u8, u16);

/// Chunks of manifests not yet complete.
#[derive(Clone, Debug, Default)]
pub struct Chunks {
    open: Map<Writer, Partial>,
    /// Bytes kept in `open`.
    bytes: usize,
}

#[derive(Clone, Debug, Default)]
struct Partial {
    parts: Map<u16, Box<[u8]>>,
}

impl Chunks {
    /// Takes a chunk; returns the manifest it completes.
    pub fn add(&mut self, record: &Record<'_>) -> Option<Vec<u8>> {
        let (header, text) = record.payload.split_first_chunk::<HEADER_BYTES>()?;
        let [_, major, minor, _, total_low, total_high, number_low, number_high] = *header;
        let total = u16::from_le_bytes([total_low, total_high]);
        let number = u16::from_le_bytes([number_low, number_high]);
        if number >= total {
            return None;
        }
        if total == 1 {
            return Some(text.to_vec());
        }
        let writer = (record.provider, record.pid, record.tid, major, minor, total);
        if self.bytes.saturating_add(text.len()) > MAX_MANIFEST_BYTES {
            // Only damage or malice leaves so much incomplete.
            self.open.clear();
            self.bytes = 0;
        }
        let partial = self.open.entry(writer).or_default();
        let old = partial.parts.insert(number, text.into());
        self.bytes = self.bytes.saturating_add(text.len());
        self.bytes = self.bytes.saturating_sub(old.map_or(0, |part| part.len()));
        if partial.parts.len() < usize::from(total) {
            return None;
        }
        let parts = self.open.remove(&writer)?.parts;
        let xml: Vec<u8> = (0..total)
            .filter_map(|n| parts.get(&n))
            .flat_map(|part| part.iter().copied())
            .collect();
        self.bytes = self.bytes.saturating_sub(xml.len());
        Some(xml)
    }
}
