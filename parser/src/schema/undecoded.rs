//! Why a payload was not decoded to its last byte.

use super::{Describes, Schemas, classic};
use crate::record::{HeaderKind, Record};
use crate::value::{Decoded, SchemaSource};

/// Why a payload was not fully decoded.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Undecoded {
    /// Nothing describes the provider's event: not the trace, not what was loaded or is built in.
    NoSchema,
    /// The class is a known one of the kernel or the trace tools, but not this type of it.
    UnknownType,
    /// Only other versions of the event are described.
    UnknownVersion,
    /// The schema explains less bytes than there are.
    LeftOver,
    /// The payload ends before the schema does.
    Truncated,
}

impl Undecoded {
    /// A stable name for JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoSchema => "no-schema",
            Self::UnknownType => "unknown-type",
            Self::UnknownVersion => "unknown-version",
            Self::LeftOver => "left-over",
            Self::Truncated => "truncated",
        }
    }

    /// The reason in words.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NoSchema => "no schema",
            Self::UnknownType => "unknown type of a known class",
            Self::UnknownVersion => "unknown version",
            Self::LeftOver => "bytes left over",
            Self::Truncated => "truncated",
        }
    }
}

impl Schemas {
    /// Why a record is not fully decoded; `None` when it is. `decoded` is what
    /// [`Schemas::decode`] gave for it.
    #[must_use]
    pub fn why_undecoded(&self, record: &Record<'_>, decoded: &Decoded) -> Option<Undecoded> {
        if decoded.is_complete() {
            return None;
        }
        if decoded.source != SchemaSource::None {
            let is_short = decoded.problem.is_some();
            return Some(if is_short { Undecoded::Truncated } else { Undecoded::LeftOver });
        }
        let (provider, id, opcode) = (record.provider, record.id, record.opcode);
        let is_described = if record.kind.is_classic() {
            let same = |d: &Describes| matches!(d, Describes::Class(p, o, _) if (*p, *o) == (provider, opcode));
            self.trace_event_infos.keys().any(same) || classic::is_known_type(provider, opcode)
        } else if record.kind == HeaderKind::Message {
            false
        } else {
            self.versions.contains_key(&(provider, id))
                || !self.loaded.versions(provider, id).is_empty()
        };
        let is_class = record.kind.is_classic() && classic::class_name(provider).is_some();
        Some(match (is_described, is_class) {
            (true, _) => Undecoded::UnknownVersion,
            (false, true) => Undecoded::UnknownType,
            (false, false) => Undecoded::NoSchema,
        })
    }
}
