//! Buffers: their headers, how far to believe them, and their contents inflated.

use serde::{Deserialize, Serialize};
use zerocopy::FromBytes as _;

use super::event::strict_frame_of;
use super::header::LogHeader;
use super::raw::{WmiBufferHeader, buffer_flag, buffer_type};
use super::walk::{HEADER_BYTES, is_chain};
use crate::limits::{MAX_BUFFER_BYTES, MIN_BUFFER_BYTES};
use crate::xca::{Outcome, lznt1, xpress, xpress_huffman};

/// What must be seen of a buffer to believe its header: the header, and the first bytes after it.
pub(crate) const PEEK_BYTES: usize = 2 * HEADER_BYTES;

/// A `WMI_BUFFER_HEADER`, as far as a reader needs it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BufferHeader {
    /// Bytes to the next buffer in the file.
    pub buffer_bytes: usize,
    /// Bytes of valid data from the start of this header, after inflation.
    pub valid_bytes: usize,
    /// Whether `SavedOffset` and `Offset` agree.
    pub offsets_agree: bool,
    pub cpu: u16,
    pub flags: u16,
    pub buffer_type: u16,
    pub state: u32,
    pub sequence: i64,
}

impl BufferHeader {
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (raw, _) = WmiBufferHeader::ref_from_prefix(bytes).ok()?;
        let flags = raw.buffer_flag.get();
        // Without the flag the field is a byte for the processor and one for an alignment.
        let mask = if flags & buffer_flag::PROC_INDEX != 0 { 0x07ff } else { 0x00ff };
        let (saved, offset) = (raw.saved_offset.get(), raw.offset.get());
        Some(Self {
            buffer_bytes: raw.buffer_size.get() as usize,
            // Header buffers hold records between SavedOffset and Offset; older ones leave
            // SavedOffset 0.
            valid_bytes: saved.max(offset) as usize,
            offsets_agree: saved == offset,
            cpu: raw.processor.get() & mask,
            flags,
            buffer_type: raw.buffer_type.get(),
            state: raw.state.get(),
            sequence: raw.sequence_number.get(),
        })
    }

    pub const fn is_compressed(&self) -> bool {
        self.flags & buffer_flag::COMPRESSED != 0
    }

    pub const fn is_header_buffer(&self) -> bool {
        self.buffer_type == buffer_type::HEADER
    }

    fn has_possible_size(&self) -> bool {
        (MIN_BUFFER_BYTES as usize..=MAX_BUFFER_BYTES as usize).contains(&self.buffer_bytes)
    }

    /// Whether each field is one a recorder could have written.
    fn is_possible(&self) -> bool {
        self.has_possible_size()
            && self.flags & !buffer_flag::KNOWN == 0
            && self.buffer_type <= buffer_type::MAX
            && self.state & 0xffff <= MAX_BUFFER_STATE
            && (HEADER_BYTES..=MAX_BUFFER_BYTES as usize).contains(&self.valid_bytes)
    }
}

/// The highest `ETW_BUFFER_STATE`.
const MAX_BUFFER_STATE: u32 = 6;

/// Whether the first bytes of a file or buffer are those of a header buffer with its log header.
pub(crate) fn begins_with_log_header(bytes: &[u8]) -> bool {
    let Some(header) = BufferHeader::parse(bytes) else { return false };
    // The marker of a SYSTEM header with group 0 type 0: `EVENT_TRACE_TYPE_INFO` of the log file.
    matches!(bytes.get(HEADER_BYTES..HEADER_BYTES + 8), Some([_, _, 1 | 2, 0xc0, _, _, 0, 0]))
        && header.flags & !buffer_flag::KNOWN == 0
        && header.buffer_type <= buffer_type::MAX
}

/// How the bytes of a buffer are stored. The numbers are Windows' `COMPRESSION_FORMAT_*`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[repr(u8)]
pub(crate) enum Format {
    #[default]
    Plain = 0,
    Lznt1 = 2,
    Xpress = 3,
    XpressHuffman = 4,
}

impl Format {
    /// Appends at most `wanted_bytes` of inflated data.
    fn inflate(self, source: &[u8], wanted_bytes: usize, out: &mut Vec<u8>) -> Outcome {
        match self {
            Self::Plain => {
                let plain = source.get(..wanted_bytes).unwrap_or(source);
                out.extend_from_slice(plain);
                Outcome { consumed_bytes: plain.len(), complete: plain.len() == wanted_bytes }
            }
            Self::Lznt1 => lznt1::decompress(source, wanted_bytes, out),
            Self::Xpress => xpress::decompress(source, wanted_bytes, out),
            Self::XpressHuffman => xpress_huffman::decompress(source, wanted_bytes, out),
        }
    }

    /// Inflates a buffer into `out`: its header as it is, then its data, `valid_bytes` together.
    pub fn inflate_buffer(self, buffer: &[u8], valid_bytes: usize, out: &mut Vec<u8>) -> Outcome {
        out.clear();
        let (header, source) = buffer.split_at_checked(HEADER_BYTES).unwrap_or((buffer, &[]));
        out.extend_from_slice(header);
        let wanted_bytes = valid_bytes.min(MAX_BUFFER_BYTES as usize).saturating_sub(HEADER_BYTES);
        self.inflate(source, wanted_bytes, out)
    }
}

/// What earlier buffers taught about the later ones of the same session.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Session {
    /// Size of each buffer before compression; 0 while no log header was seen.
    pub buffer_bytes: usize,
    /// Size of the header buffer, another size to accept.
    pub header_buffer_bytes: usize,
    /// Whether the file was compressed when it was relogged.
    pub compressed: bool,
    /// Whether the file was made at its full size beforehand.
    pub preallocated: bool,
    /// The compression to try first.
    pub format: Format,
}

impl Session {
    pub fn new(header: &LogHeader, buffer: &BufferHeader) -> Self {
        let possible = MIN_BUFFER_BYTES..=MAX_BUFFER_BYTES;
        Self {
            buffer_bytes: if possible.contains(&header.buffer_bytes) {
                header.buffer_bytes as usize
            } else if buffer.has_possible_size() {
                buffer.buffer_bytes
            } else {
                0
            },
            header_buffer_bytes: buffer.buffer_bytes,
            compressed: header.is_compressed(),
            preallocated: header.is_preallocated(),
            // The low half of State in the header buffer names the format in relogged files; it
            // is 3 in all traces known, which is both XPRESS and the state "flush".
            format: match buffer.state & 0xffff {
                2 => Format::Lznt1,
                4 => Format::XpressHuffman,
                _ => Format::Xpress,
            },
        }
    }

    /// Whether a header stands where one is due.
    pub fn trusts(&self, header: &BufferHeader, window: &[u8]) -> bool {
        let expected = !self.compressed
            && header.has_possible_size()
            && header.buffer_bytes == self.buffer_bytes
            && header.buffer_type <= buffer_type::MAX;
        expected || self.recognises(window)
    }

    /// Whether a buffer begins here, judged by its header and first bytes alone.
    pub fn recognises(&self, window: &[u8]) -> bool {
        let Some(header) = BufferHeader::parse(window) else { return false };
        if !header.is_possible() {
            return false;
        }
        if header.is_header_buffer() && begins_with_log_header(window) {
            return true;
        }
        if !header.offsets_agree {
            return false;
        }
        if header.is_compressed() {
            let allowed = self.buffer_bytes == 0
                || self.compressed && header.valid_bytes <= self.buffer_bytes;
            return allowed && self.begins_with_compressed_record(&header, window);
        }
        let first = window.get(HEADER_BYTES..).and_then(|rest| rest.first_chunk::<8>());
        let begins_with_record = first.is_some_and(|head| {
            strict_frame_of(*head, header.valid_bytes - HEADER_BYTES).is_some()
        });
        let of_known_size = header.buffer_bytes == self.buffer_bytes
            || header.buffer_bytes == self.header_buffer_bytes;
        let empty = header.valid_bytes == HEADER_BYTES && of_known_size;
        (self.compressed || of_known_size || self.buffer_bytes == 0)
            && header.valid_bytes <= header.buffer_bytes
            && (begins_with_record || empty)
    }

    /// Whether the first inflated bytes are those of a record.
    fn begins_with_compressed_record(&self, header: &BufferHeader, window: &[u8]) -> bool {
        let room_bytes = header.valid_bytes - HEADER_BYTES;
        if room_bytes == 0 || self.format == Format::XpressHuffman {
            // Nothing to see, or hidden behind a table of codes.
            return true;
        }
        let source = window.get(HEADER_BYTES..PEEK_BYTES.min(window.len())).unwrap_or_default();
        [Format::Xpress, Format::Lznt1].into_iter().any(|format| {
            let mut head = Vec::with_capacity(8);
            format.inflate(source, 8, &mut head);
            head.first_chunk::<8>().is_some_and(|head| strict_frame_of(*head, room_bytes).is_some())
        })
    }

    /// The first place from `from` on where a buffer begins and `PEEK_BYTES` of it are there (at
    /// the end of the file: as many as there are).
    pub fn find(&self, window: &[u8], from: usize, at_end: bool) -> Option<usize> {
        let last = window.len().saturating_sub(if at_end { HEADER_BYTES } else { PEEK_BYTES });
        (from..=last).find(|&at| {
            window.get(at..(at + PEEK_BYTES).min(window.len())).is_some_and(|w| self.recognises(w))
        })
    }

    /// The most bytes a buffer of this session can take in the file. Compression that fails makes
    /// data longer by at most a flag bit per byte.
    pub fn max_disk_bytes(&self) -> usize {
        let plain =
            if self.buffer_bytes == 0 { MAX_BUFFER_BYTES as usize } else { self.buffer_bytes };
        (plain + plain / 8 + PEEK_BYTES).min(MAX_BUFFER_BYTES as usize)
    }

    /// Inflates a buffer with the session's format or, if that fails, with the one that gets
    /// farthest.
    pub fn inflate(
        &self,
        buffer: &[u8],
        valid_bytes: usize,
        out: &mut Vec<u8>,
    ) -> (Format, Outcome) {
        let outcome = self.format.inflate_buffer(buffer, valid_bytes, out);
        if outcome.complete && is_chain(out, HEADER_BYTES) {
            return (self.format, outcome);
        }
        let mut best = (self.format, outcome, is_chain(out, HEADER_BYTES), out.len());
        for format in [Format::Xpress, Format::XpressHuffman, Format::Lznt1] {
            if format == self.format {
                continue;
            }
            let outcome = format.inflate_buffer(buffer, valid_bytes, out);
            let chain = is_chain(out, HEADER_BYTES);
            if chain && (!best.2 || out.len() > best.3) {
                best = (format, outcome, chain, out.len());
            }
        }
        let (format, outcome, ..) = best;
        format.inflate_buffer(buffer, valid_bytes, out);
        (format, outcome)
    }
}
