//! Built-in layouts of classic (MOF) classes: what the kernel and the trace tools write without
//! describing it anywhere in the file.
//!
//! Facts are those of the MOF classes of the "Windows Kernel Trace" provider, as Windows Vista and
//! Windows 11 have them, and of docs/FORMATS.md. A type that is not known for sure has a name here
//! but no fields, so its bytes are shown as they are.

mod disk;
mod hooks;
mod memory;
mod network;
mod perf_info;
mod process;
mod registry;
mod services;
mod system;
mod thread;
mod trace;

use std::sync::OnceLock;

use crate::guid::Guid;
use crate::map::Map;
use crate::record::Record;
use crate::schema::decode::decode as walk;
use crate::schema::layout::{Count, InType, Kind, Layout, LayoutField, Length, Maps, OutType};
use crate::system::Subject;
use crate::value::{Decoded, SchemaSource};

/// The name Windows lists for the provider of all kernel classes.
pub const KERNEL: &str = "Windows Kernel Trace";

/// The library that adds records about the machine, images and schemas when traces are merged.
pub const KERNEL_TRACE_CONTROL: &str = "KernelTraceControl";

/// The name of the provider that writes a class.
#[must_use]
pub fn provider_name(class: Guid) -> Option<&'static str> {
    class_name(class)?;
    let is_merged = trace::MERGED.iter().any(|(merged, _)| *merged == class);
    Some(if is_merged { KERNEL_TRACE_CONTROL } else { KERNEL })
}

/// A class: GUID, name.
type Class = (Guid, &'static str);

/// Types of one class with one layout.
struct Spec {
    class: Class,
    /// Type (opcode) and its name.
    types: &'static [(u8, &'static str)],
    /// First version with this layout.
    since: u8,
    fields: Fields,
}

enum Fields {
    /// In the notation of [`compile`].
    Are(&'static str),
    /// Not known for sure.
    Unknown,
}

use Fields::{Are, Unknown};

const fn class(d1: u32, d2: u16, d3: u16, d4: [u8; 8], name: &'static str) -> Class {
    (Guid::from_parts(d1, d2, d3, d4), name)
}

/// Classes of the `EVENT_TRACE_GROUP`s that have no layout here.
const OTHER_CLASSES: [Class; 6] = [
    class(0x3282_fc76, 0xfeed, 0x498e, [0x8a, 0xa7, 0xe7, 0x0f, 0x45, 0x9d, 0x43, 0x0e], "Job"),
    class(0x4269_5762, 0xea50, 0x497a, [0x90, 0x68, 0x5c, 0xbb, 0xb3, 0x5e, 0x0b, 0x95], "Wnf"),
    class(
        0xa915_2f00,
        0x3f58,
        0x4bee,
        [0x92, 0xa1, 0x70, 0xc7, 0xd0, 0x79, 0xd5, 0xdd],
        "ModBound",
    ),
    class(0xb2d1_4872, 0x7c5b, 0x463d, [0x84, 0x19, 0xee, 0x9b, 0xf7, 0xd2, 0x3e, 0x04], "Dpc"),
    class(
        0x7f2a_405c,
        0x69b5,
        0x4bf9,
        [0xa1, 0xf5, 0x30, 0xe8, 0xf1, 0xaf, 0xab, 0x5e],
        "Hypervisor",
    ),
    class(
        0x2ce9_a149,
        0xeffe,
        0x42f0,
        [0xa6, 0x35, 0xa1, 0xd3, 0x9e, 0x26, 0xc8, 0xf2],
        "HypervisorX",
    ),
];

fn specs() -> impl Iterator<Item = &'static Spec> {
    [
        trace::SPECS,
        process::SPECS,
        thread::SPECS,
        perf_info::SPECS,
        disk::SPECS,
        memory::SPECS,
        registry::SPECS,
        network::SPECS,
        services::SPECS,
        system::SPECS,
        hooks::SPECS,
    ]
    .into_iter()
    .flatten()
}

/// One type of a class, of one version and later.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassicType {
    /// The class, `Process`.
    pub class: &'static str,
    /// The type, `Start`.
    pub name: &'static str,
    guid: Guid,
    since: u8,
    /// `None` when the payload is not known for sure.
    layout: Option<Layout>,
}

impl ClassicType {
    /// Whether its payload can be decoded.
    #[must_use]
    pub fn is_decodable(&self) -> bool {
        self.layout.is_some()
    }

    /// The layout of all records like this one, when [`ClassicType::decode`] goes by nothing else.
    #[must_use]
    pub(crate) fn plain_layout(&self, record: &Record<'_>) -> Option<&Layout> {
        let may_differ = [process::IMAGE, trace::EVENT_TRACE, trace::WINSAT, system::SYSTEM_CONFIG]
            .iter()
            .any(|(class, _)| *class == self.guid)
            || (self.guid == thread::THREAD.0 && record.opcode == thread::BATCH);
        self.layout.as_ref().filter(|_| !may_differ)
    }

    /// Decodes a record of this type; `with` runs the interpreter.
    pub fn decode(
        &self,
        record: &Record<'_>,
        with: impl Fn(&Layout, SchemaSource) -> Decoded,
    ) -> Option<Decoded> {
        let empty = Layout::default();
        let layout = match &self.layout {
            Some(layout) => layout,
            None if record.payload.is_empty() => &empty,
            None => return None,
        };
        let other = process::widened_image(self.guid, self.since, record)
            .or_else(|| trace::named_partition(record))
            .or_else(|| system::aligned_masks(record));
        let mut decoded = with(other.unwrap_or(layout), SchemaSource::Classic);
        thread::unpack_switches(self.guid, record.opcode, &mut decoded);
        if self.guid == trace::WINSAT.0 {
            trace::inflate_winsat(&mut decoded);
        }
        Some(decoded)
    }
}

struct Table {
    types: Map<(Guid, u8), Vec<ClassicType>>,
    names: Map<Guid, &'static str>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = Table { types: Map::default(), names: Map::default() };
        for spec in specs() {
            let (guid, class) = spec.class;
            table.names.insert(guid, class);
            for &(opcode, name) in spec.types {
                let layout = match spec.fields {
                    Are(fields) => Some(compile(fields)),
                    Unknown => None,
                };
                let versions = table.types.entry((guid, opcode)).or_default();
                versions.push(ClassicType { class, name, guid, since: spec.since, layout });
                crate::sort::by_key(versions, |t| t.since);
            }
        }
        table.names.extend(OTHER_CLASSES);
        table
    })
}

/// The type of a class's record: the newest layout that is not newer than the record.
#[must_use]
pub fn find(class: Guid, opcode: u8, version: u8) -> Option<&'static ClassicType> {
    let versions = table().types.get(&(class, opcode))?;
    versions.iter().rev().find(|t| t.since <= version)
}

/// Whether some version of a class's type is described.
#[must_use]
pub fn is_known_type(class: Guid, opcode: u8) -> bool {
    let versions = table().types.get(&(class, opcode));
    versions.is_some_and(|versions| versions.iter().any(ClassicType::is_decodable))
}

/// What a class tells of the system. Cheap: it looks at four bytes of most GUIDs.
#[inline]
pub(crate) fn subject(class: Guid) -> Option<Subject> {
    let [a, b, c, d, ..] = class.0;
    let (known, subject) = match u32::from_le_bytes([a, b, c, d]) {
        0x3d6f_a8d0 => (process::PROCESS.0, Subject::Process),
        0x3d6f_a8d1 => (thread::THREAD.0, Subject::Thread),
        0x2cb1_5d1d => (process::IMAGE.0, Subject::Image),
        0xb3e6_75d7 => (trace::IMAGE_ID.0, Subject::ImageId),
        0x9b79_ee91 => (trace::SYS_CONFIG_EX.0, Subject::SysConfigEx),
        _ => return None,
    };
    (class == known).then_some(subject)
}

/// Decodes a record of a class with its built-in layout, whatever else describes it.
#[must_use]
pub fn decode(record: &Record<'_>) -> Option<Decoded> {
    let class = find(record.provider, record.opcode, record.version)?;
    let pointer_bytes = record.kind.pointer_bytes();
    class.decode(record, |layout, source| {
        walk(layout, record.payload, pointer_bytes, &Maps::default(), source)
    })
}

/// Every type with the first version of each of its layouts.
#[cfg(test)]
pub(crate) fn all_types() -> Vec<(Guid, u8, u8)> {
    let types = specs()
        .flat_map(|spec| spec.types.iter().map(|(opcode, _)| (spec.class.0, *opcode, spec.since)));
    types.collect()
}

/// The name of a class.
#[must_use]
pub fn class_name(class: Guid) -> Option<&'static str> {
    table().names.get(&class).copied()
}

/// Compiles the notation of this folder's tables: `Name:Type`, separated by blanks.
///
/// A type may be followed by a length `(32)`, then a count: `[4]` so many, `[@Name]` as an
/// earlier field says, `[]` to the end; then `?` when the payload may end before the field.
/// `Name:{ … }` is a structure. What the notation does not know becomes a field without bytes;
/// a test makes sure the tables have none.
#[must_use]
pub fn compile(notation: &'static str) -> Layout {
    let mut slots = 0;
    let mut tokens = notation.split_ascii_whitespace();
    let fields = compile_fields(&mut tokens, &mut slots);
    Layout { fields, slots }
}

fn compile_fields(
    tokens: &mut std::str::SplitAsciiWhitespace<'static>,
    slots: &mut u16,
) -> Vec<LayoutField> {
    let mut fields: Vec<LayoutField> = Vec::new();
    while let Some(token) = tokens.next() {
        // The end of a structure; its suffix belongs to the structure.
        if token.starts_with('}') {
            let mut end = LayoutField::scalar(token.into(), InType::Null, OutType::Default);
            end.name = token.trim_start_matches('}').into();
            fields.push(end);
            return fields;
        }
        let (name, rest) = token.split_once(':').unwrap_or((token, ""));
        let (rest, optional) = rest.strip_suffix('?').map_or((rest, false), |rest| (rest, true));
        let mut field;
        let suffix;
        if rest == "{" {
            let mut members = compile_fields(tokens, slots);
            let end = members.pop().map_or_else(Default::default, |end| end.name);
            field = LayoutField::scalar(name.into(), InType::Null, OutType::Default);
            field.kind = Kind::Struct(members);
            suffix = match end {
                std::borrow::Cow::Borrowed(text) => text,
                std::borrow::Cow::Owned(_) => "",
            };
        } else {
            let end = rest.find(['(', '[']).unwrap_or(rest.len());
            let (type_name, tail) = rest.split_at(end);
            let (in_type, out_type, length) = compile_type(type_name);
            field = LayoutField::scalar(name.into(), in_type, out_type);
            field.length = length;
            suffix = tail;
        }
        let (length, count) = suffix.split_at(suffix.find('[').unwrap_or(suffix.len()));
        if let Some(n) = length.trim_matches(['(', ')']).parse().ok().filter(|_| !length.is_empty())
        {
            field.length = Length::Fixed(n);
        }
        field.count = match count.trim_matches(['[', ']']) {
            "" if count.is_empty() => Count::One,
            "" => Count::Rest,
            n => match n.strip_prefix('@') {
                Some(earlier) => fields
                    .iter_mut()
                    .find(|f| f.name == earlier)
                    .map_or(Count::Fixed(0), |f| Count::Slot(keep(f, slots))),
                None => Count::Fixed(n.parse().unwrap_or_default()),
            },
        };
        field.optional = optional;
        fields.push(field);
    }
    fields
}

fn keep(field: &mut LayoutField, slots: &mut u16) -> u16 {
    *field.keep.get_or_insert_with(|| {
        *slots += 1;
        *slots - 1
    })
}

fn compile_type(name: &str) -> (InType, OutType, Length) {
    let implied = |in_type, out_type| (in_type, out_type, Length::Implied);
    match name {
        "HexInt8" => implied(InType::UInt8, OutType::Hex),
        "HexInt16" => implied(InType::UInt16, OutType::Hex),
        "Port" => implied(InType::UInt16, OutType::Port),
        "IPv4" => implied(InType::UInt32, OutType::IpV4),
        "IPv6" => implied(InType::Binary, OutType::IpV6),
        "NTStatus" => implied(InType::UInt32, OutType::NtStatus),
        "RestUtf8" => (InType::AnsiString, OutType::Utf8, Length::Rest),
        "RestBinary" => (InType::Binary, OutType::Default, Length::Rest),
        _ => implied(InType::from_name(name).unwrap_or(InType::Null), OutType::Default),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    #[test]
    fn every_table_compiles_without_an_unknown_type() {
        fn check(fields: &[LayoutField], of: &str) {
            for field in fields {
                match &field.kind {
                    Kind::Struct(members) => check(members, of),
                    Kind::Scalar(InType::Null, _) => panic!("{of}: {}", field.name),
                    Kind::Scalar(..) => {}
                }
                assert_ne!(field.count, Count::Fixed(0), "{of}: {}", field.name);
                assert!(!field.name.is_empty(), "{of}");
            }
        }
        for spec in specs() {
            if let Are(fields) = spec.fields {
                check(&compile(fields).fields, &format!("{} {:?}", spec.class.1, spec.types));
            }
        }
    }

    #[test]
    fn the_newest_layout_not_newer_than_the_record_is_taken() {
        let process = process::PROCESS.0;
        let names = |version| {
            let layout = find(process, 1, version).and_then(|t| t.layout.as_ref());
            layout.map(|l| l.fields.iter().map(|f| f.name.clone()).collect::<Vec<_>>())
        };
        assert!(!names(2).expect("known").contains(&"Flags".into()));
        assert!(names(4).expect("known").contains(&"Flags".into()));
        assert_eq!(names(4), names(9), "a newer version is tried with the newest layout");
        assert_eq!(class_name(process), Some("Process"));
    }

    #[test]
    fn structures_counts_and_optional_fields() {
        let layout =
            compile("N:UInt8 S:{ A:UInt8 B:UnicodeString(2) }[@N] P:Port Q:UInt8? R:UInt8?");
        let payload = b"\x02\x01H\0i\0\x02\0\0\0\0\x00\x50\x07";
        let decoded = walk(&layout, payload, 8, &Maps::default(), SchemaSource::Classic);
        assert!(decoded.is_complete(), "{decoded:?}");
        assert_eq!(decoded.fields.len(), 4, "the last field is absent");
        assert_eq!(decoded.fields[2].value, Value::UInt(80));
        let Value::Array(pairs) = &decoded.fields[1].value else { panic!("{decoded:?}") };
        let Value::Struct(first) = &pairs[0] else { panic!("{pairs:?}") };
        assert_eq!(first[1].value, Value::Text("Hi".into()));
    }
}
