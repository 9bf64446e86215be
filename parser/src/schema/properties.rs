//! `EVENT_PROPERTY_INFO` (tdh.h), the form in which Windows itself keeps the fields of an event:
//! in `TRACE_EVENT_INFO` and, a little shorter, in the compiled manifests of programs.

use crate::limits::{MAX_DEPTH, MAX_FIELDS};
use crate::map::Set;
use crate::schema::layout::{Count, InType, Kind, Layout, LayoutField, Length, MapId, OutType};

/// How often each property may be used on average; TDH uses each once.
const SHARING: usize = 8;

// Flags.
/// The property is a structure.
pub(super) const IS_STRUCT: u32 = 1;
/// Another property says how long it is.
pub(super) const PARAM_LENGTH: u32 = 2;
/// Another property says how many there are.
pub(super) const PARAM_COUNT: u32 = 4;
const PARAM_FIXED_COUNT: u32 = 0x20;
/// The count is one of an array.
pub(super) const COUNT_FLAGS: u32 = PARAM_COUNT | PARAM_FIXED_COUNT;

/// One property: a field, or a member of a structure.
#[derive(Clone, Debug)]
pub(super) struct Property {
    pub flags: u32,
    pub name: String,
    /// Input and output type; of a structure the number of its first member and how many it has.
    pub types: (u16, u16),
    pub map: Option<MapId>,
    /// How many, or the number of the property that says it.
    pub count: u16,
    /// How long, or the number of the property that says it.
    pub length: u16,
}

/// The layout of the first so many properties; the others are members of structures. `None` when
/// they refer to each other as no writer would make them.
pub(super) fn layout(properties: &[Property], top_level: usize) -> Option<Layout> {
    let mut build = Build { properties, made: 0 };
    let fields = build.fields(0, top_level, 0)?;
    let mut layout = Layout { fields, slots: u16::try_from(properties.len()).ok()? };
    keep_only_referenced(&mut layout);
    Some(layout)
}

struct Build<'a> {
    properties: &'a [Property],
    /// Fields made so far. Structures may share members, so this can exceed their number.
    made: usize,
}

impl Build<'_> {
    fn fields(&mut self, first: usize, count: usize, depth: usize) -> Option<Vec<LayoutField>> {
        let end = first.checked_add(count).filter(|&end| end <= self.properties.len())?;
        if depth > MAX_DEPTH {
            return None;
        }
        (first..end).map(|index| self.field(index, depth)).collect()
    }

    fn field(&mut self, index: usize, depth: usize) -> Option<LayoutField> {
        self.made += 1;
        if self.made > (SHARING * self.properties.len()).min(MAX_FIELDS) {
            return None;
        }
        let property = self.properties.get(index)?;
        let (a, b) = property.types;
        let kind = if property.flags & IS_STRUCT != 0 {
            Kind::Struct(self.fields(usize::from(a), usize::from(b), depth + 1)?)
        } else {
            Kind::Scalar(InType::from_tdh(a)?, OutType::from_tdh(b))
        };
        // A length in bytes stands at every type; it says something for these only.
        let has_length = matches!(
            kind,
            Kind::Scalar(InType::UnicodeString | InType::AnsiString | InType::Binary, _)
        );
        let count = match property.count {
            index if property.flags & PARAM_COUNT != 0 => Count::Slot(index),
            1 if property.flags & PARAM_FIXED_COUNT == 0 => Count::One,
            n => Count::Fixed(n),
        };
        let length = match property.length {
            index if property.flags & PARAM_LENGTH != 0 => Length::Slot(index),
            0 => Length::Implied,
            n if has_length => Length::Fixed(n),
            _ => Length::Implied,
        };
        Some(LayoutField {
            name: property.name.clone().into(),
            kind,
            count,
            length,
            map: property.map,
            keep: u16::try_from(index).ok(),
            optional: false,
        })
    }
}

/// Every property was given a slot; drops those nobody asks for.
fn keep_only_referenced(layout: &mut Layout) {
    fn collect(fields: &[LayoutField], used: &mut Set<u16>) {
        for field in fields {
            if let Count::Slot(slot) = field.count {
                used.add(slot);
            }
            if let Length::Slot(slot) = field.length {
                used.add(slot);
            }
            if let Kind::Struct(members) = &field.kind {
                collect(members, used);
            }
        }
    }
    fn drop_unused(fields: &mut [LayoutField], used: &Set<u16>) {
        for field in fields {
            field.keep = field.keep.filter(|slot| used.contains(slot));
            if let Kind::Struct(members) = &mut field.kind {
                drop_unused(members, used);
            }
        }
    }
    let mut used = Set::default();
    collect(&layout.fields, &mut used);
    drop_unused(&mut layout.fields, &used);
    layout.slots = used.keys().max().map_or(0, |slot| slot.saturating_add(1));
}
