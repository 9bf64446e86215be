//! Lines written straight from the payload: what all events of one key have in common is worked
//! out once, as text, and between its parts stand the few things in which they differ.

use super::line::{Clock, LONG_BLOCK, Line, piece};
use super::{Json, are_names};
use crate::export;
use crate::guid::Guid;
use crate::record::{HeaderKind, Record, ext_type};
use crate::schema::decode::{Integer, Stepper, integer_field};
use crate::schema::insertions::substitute;
use crate::schema::layout::{Count, InType, Kind, LayoutField, Length, OutType};
use crate::schema::{self, FLAG_STRING_ONLY};
use crate::store::{Seen, Trace};
use crate::value::{Decoded, Field, SchemaSource, Value};
use crate::view::EventIndex;

/// Stands around the number of an insertion while a message is taken apart: a character that
/// Unicode gives to nobody.
const INSERTION: char = '\u{fdd0}';

/// Constant text, in [`Recipe::text`].
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    start: usize,
    length: usize,
}

/// How a field's value gets from the payload into the line.
#[derive(Debug)]
enum How {
    /// So many bytes of a little-endian integer.
    Integer(usize, Integer),
    /// UTF-16 to its zero unit.
    Utf16,
    /// u16 number of bytes, then UTF-16.
    CountedUtf16,
    Guid,
    /// Through the interpreter.
    Decoded(Box<LayoutField>),
}

impl How {
    fn of(field: &LayoutField, pointer_bytes: u8) -> Self {
        if let Some((bytes, becomes)) = integer_field(field, pointer_bytes) {
            return Self::Integer(bytes, becomes);
        }
        let is_plain = field.count == Count::One && field.map.is_none() && field.keep.is_none();
        match (&field.kind, field.length) {
            (Kind::Scalar(InType::UnicodeString, _), Length::Implied) if is_plain => Self::Utf16,
            (Kind::Scalar(InType::CountedString, _), _) if is_plain => Self::CountedUtf16,
            (Kind::Scalar(InType::Guid, _), _) if is_plain => Self::Guid,
            (Kind::Scalar(InType::Filetime, OutType::Default), _) if is_plain => {
                Self::Integer(size_of::<u64>(), Integer::Filetime)
            }
            _ => Self::Decoded(Box::new(field.clone())),
        }
    }

    /// Whether a message shows the value as JSON does, quotation marks aside.
    fn is_text(&self) -> bool {
        !matches!(self, Self::Decoded(_))
    }
}

#[derive(Debug)]
struct FieldRecipe {
    /// What stands before the value in `EventData`, and in `_etw.fields`.
    before: Part,
    before_typed: Part,
    optional: bool,
    how: How,
}

/// A part of a message: text, then perhaps the value of a field.
#[derive(Debug)]
struct MessagePart {
    text: Part,
    field: Option<usize>,
}

/// How the lines of one event key are written.
#[derive(Debug)]
pub(super) struct Recipe {
    /// The constant text, in order, and the room behind it that [`Line::part`] asks for.
    text: Box<[u8]>,
    /// From the start of the line to the time.
    head: Part,
    /// From the processor to the fields.
    system: Part,
    fields: Box<[FieldRecipe]>,
    /// From the fields to the message, if there is one, else to `seq`.
    after_fields: Part,
    message: Box<[MessagePart]>,
    /// From the message to `seq`.
    after_message: Part,
    /// From `seq` to `raw_time`.
    kind: Part,
    /// From `property` to `offset`.
    channel: Part,
    /// From `offset` to the fields.
    file: Part,
    /// The end of `fields`.
    after_typed: Part,
    /// Slots that fields are kept in for later ones.
    slots: u16,
    /// Where the layout comes from.
    schema: SchemaSource,
}

/// What is needed while a line is written, kept so as not to be made for each.
#[derive(Debug, Default)]
pub(super) struct Desk {
    clock: Clock,
    /// Where the value of each field stands in the line.
    values: Vec<(usize, usize)>,
    /// The values that went through the interpreter, in order.
    decoded: Vec<Value>,
    spare: Vec<u8>,
}

/// Where the values of a line are noted.
struct Taken<'a> {
    values: &'a mut Vec<(usize, usize)>,
    decoded: &'a mut Vec<Value>,
    spare: &'a mut Vec<u8>,
}

/// Cuts text that grows into parts.
struct Cutter {
    from: usize,
}

impl Cutter {
    fn cut(&mut self, json: &Json<'_>) -> Part {
        let start = std::mem::replace(&mut self.from, json.out.len());
        Part { start, length: self.from - start }
    }
}

impl Recipe {
    /// Works out how the events of a key are written, from the first of them; `None` when they
    /// have too little in common.
    pub fn new(line: &export::Line<'_>) -> Option<Self> {
        let (trace, record) = (line.trace, line.seen.record);
        let schema::Recipe { layout, source, message } =
            trace.schemas().recipe(record, line.locale)?;
        let key = trace.key(line.event)?;
        let named: Vec<Field> = layout.fields.iter().map(name_only).collect();
        let by_name = are_names(&named);
        // Where fields are missing, the rest may be written differently.
        let first_is_data = layout.fields.first().is_some_and(|field| field.name == "Data");
        if layout.fields.iter().any(|field| field.optional) && (!by_name || first_is_data) {
            return None;
        }
        let pointer_bytes = record.kind.pointer_bytes();
        let mut text = Vec::new();
        let mut json = Json { out: &mut text };
        let mut cutter = Cutter { from: 0 };

        json.head(line);
        let head = cutter.cut(&json);
        json.end_attributes();
        json.member_if_any("Channel", &key.names.channel);
        json.member_if_any("Computer", line.seen.computer(trace));
        json.key("Security");
        json.raw("null");
        json.close(b'}');
        json.key("EventData");
        if layout.fields.is_empty() {
            json.raw("null");
        } else if by_name {
            json.open(b'{');
        } else {
            json.raw("{\"Data\":{\"#text\":[");
        }
        let system = cutter.cut(&json);
        let mut fields = Vec::with_capacity(layout.fields.len());
        for (i, field) in layout.fields.iter().enumerate() {
            if i > 0 {
                json.raw(",");
            }
            if by_name {
                json.string(&field.name);
                json.raw(":");
            }
            fields.push(FieldRecipe {
                before: cutter.cut(&json),
                before_typed: Part::default(),
                optional: field.optional,
                how: How::of(field, pointer_bytes),
            });
        }
        if !layout.fields.is_empty() {
            json.raw(if by_name { "}" } else { "]}}" });
        }
        json.key("RenderingInfo");
        json.open(b'{');
        let culture = message.map(|(_, locale)| locale).filter(|locale| !locale.is_empty());
        json.attributes_of("Culture", culture.unwrap_or(line.locale));
        if message.is_some() {
            json.key("Message");
            json.raw("\"");
        }
        let after_fields = cutter.cut(&json);
        let mut parts = Vec::new();
        if let Some((message, _)) = message {
            if message.contains(INSERTION) {
                return None;
            }
            let marked = substitute(message, |number| {
                (1..=fields.len())
                    .contains(&number)
                    .then(|| format!("{INSERTION}{}{INSERTION}", number - 1))
            });
            // Text and numbers in turn.
            let mut pieces = marked.split(INSERTION);
            while let Some(piece) = pieces.next() {
                json.escaped(piece);
                let field: Option<usize> = pieces.next().and_then(|number| number.parse().ok());
                if field.is_some_and(|at| !fields.get(at).is_some_and(|f| f.how.is_text())) {
                    return None;
                }
                parts.push(MessagePart { text: cutter.cut(&json), field });
            }
            json.raw("\"");
        }
        json.names(line, key);
        if record.kind.is_classic() {
            json.event_guid(record.provider);
        }
        json.close(b'}');
        json.begin_etw();
        let after_message = cutter.cut(&json);
        json.member("kind", record.kind.name());
        json.key("raw_time");
        json.raw("\"");
        let kind = cutter.cut(&json);
        json.number("channel_id", record.channel);
        json.key("offset");
        let channel = cutter.cut(&json);
        json.member("src", &trace.info().file_name);
        json.key("fields");
        json.open(b'[');
        let file = cutter.cut(&json);
        for (i, (recipe, field)) in fields.iter_mut().zip(&layout.fields).enumerate() {
            json.raw(if i > 0 { "],[" } else { "[" });
            json.string(&field.name);
            json.raw(",");
            json.string(&field.type_name());
            json.raw(",");
            recipe.before_typed = cutter.cut(&json);
        }
        json.raw(if layout.fields.is_empty() { "]" } else { "]]" });
        let after_typed = cutter.cut(&json);
        text.resize(text.len() + LONG_BLOCK, 0);
        Some(Self {
            text: text.into(),
            head,
            system,
            fields: fields.into(),
            after_fields,
            message: parts.into(),
            after_message,
            kind,
            channel,
            file,
            after_typed,
            slots: layout.slots,
            schema: source,
        })
    }

    /// Writes an event as a line, without the line end; the answer is the end of the text. `None`
    /// when it is not like most of its key.
    pub fn write(
        &self,
        trace: &Trace,
        event: EventIndex,
        record: &Record<'_>,
        mut line: Line<'_>,
        desk: &mut Desk,
    ) -> Option<usize> {
        if record.kind == HeaderKind::Event32 || record.kind == HeaderKind::Event64 {
            let is_text = record.flags & FLAG_STRING_ONLY != 0;
            if is_text {
                return None;
            }
        }
        let (mut related, mut has_stack) = (None, false);
        if !record.extended.is_empty() {
            for item in record.extended {
                match item.item_type {
                    ext_type::SID => return None,
                    ext_type::STACK_TRACE32 | ext_type::STACK_TRACE64 => has_stack = true,
                    ext_type::RELATED_ACTIVITYID => {
                        related = related.or(item.data.first_chunk().map(|id| Guid(*id)));
                    }
                    _ => {}
                }
            }
        }
        let Desk { clock, values, decoded, spare } = desk;
        let line = &mut line;
        self.part(self.head, line);
        line.time(trace.time(event), clock);
        line.piece(&const { piece("}},\"EventRecordID\":") });
        let id = line.end();
        line.decimal(u64::from(event) + 1);
        let id = (id, line.end());
        let end = system(line.lend(), trace, event, record, related);
        line.go_on(end);
        self.part(self.system, line);
        let taken = Taken { values, decoded, spare };
        let (payload_end, count, end) = self.data(line.lend(), trace, record, taken, clock)?;
        line.go_on(end);
        self.part(self.after_fields, line);
        if !self.message.is_empty() {
            let end = self.write_message(line.lend(), values)?;
            line.go_on(end);
        }
        self.part(self.after_message, line);
        line.again(id.0, id.1);
        self.part(self.kind, line);
        line.integer(record.ticks);
        if record.flags == 0 && record.property == 0 {
            line.piece(&const { piece("\",\"flags\":0,\"property\":0") });
        } else {
            line.piece(&const { piece("\",\"flags\":") });
            line.decimal(record.flags.into());
            line.piece(&const { piece(",\"property\":") });
            line.decimal(record.property.into());
        }
        self.part(self.channel, line);
        line.decimal(record.offset);
        self.part(self.file, line);
        let mut decoded = decoded.iter();
        for (field, &(from, to)) in self.fields.iter().take(count).zip(values.iter()) {
            self.part(field.before_typed, line);
            match field.how {
                How::Decoded(_) => {
                    spare.clear();
                    Json { out: spare }.typed_field(decoded.next()?);
                    line.slice(spare);
                }
                _ => line.again(from, to),
            }
        }
        self.part(self.after_typed, line);
        let extra = record.payload.get(payload_end..).unwrap_or_default();
        if !extra.is_empty() {
            line.piece(&const { piece(",\"extra_data\":") });
            line.upper_hexadecimal(extra);
        }
        if has_stack {
            let end = stack(line.lend(), record);
            line.go_on(end);
        }
        line.piece(&const { piece("}}") });
        Some(line.end())
    }

    #[inline(always)]
    fn part(&self, part: Part, line: &mut Line<'_>) {
        line.part(&self.text, part.start, part.length);
    }

    /// The fields of `EventData`: where in the payload they end, how many there are, and the end of
    /// the line.
    #[inline(always)]
    fn data(
        &self,
        mut line: Line<'_>,
        trace: &Trace,
        record: &Record<'_>,
        taken: Taken<'_>,
        clock: &mut Clock,
    ) -> Option<(usize, usize, usize)> {
        let Taken { values, decoded, spare } = taken;
        let line = &mut line;
        let payload = record.payload;
        let mut stepper = None;
        let (mut at, mut count) = (0, 0);
        values.clear();
        decoded.clear();
        for field in &self.fields {
            if at >= payload.len() {
                // What is left out before the first field leaves no object.
                return (field.optional && count > 0).then_some((at, count, line.end()));
            }
            self.part(field.before, line);
            let from = line.end();
            match &field.how {
                How::Integer(bytes, becomes) => {
                    let number = little_endian(payload, at, *bytes)?;
                    at += bytes;
                    match becomes {
                        Integer::UInt => line.unsigned(number),
                        Integer::Int => {
                            // Moves the sign bit to the top and back, which copies it.
                            let shift = 64 - 8 * *bytes as u32;
                            line.signed((number << shift).cast_signed() >> shift);
                        }
                        Integer::Hex => line.hexadecimal(number),
                        Integer::Bool => line.piece(match number {
                            0 => &const { piece("false") },
                            _ => &const { piece("true") },
                        }),
                        Integer::Filetime => line.time(number.cast_signed(), clock),
                    }
                }
                How::Utf16 => at += line.utf16(payload.get(at..)?, true)?,
                How::CountedUtf16 => {
                    let bytes = little_endian(payload, at, 2)? as usize;
                    at += 2;
                    line.utf16(payload.get(at..at + bytes)?, false);
                    at += bytes;
                }
                How::Guid => {
                    line.guid(Guid(*payload.get(at..)?.first_chunk()?));
                    at += size_of::<Guid>();
                }
                How::Decoded(field) => {
                    let pointer_bytes = record.kind.pointer_bytes();
                    let stepper = stepper.get_or_insert_with(|| {
                        Stepper::new(
                            self.slots,
                            payload,
                            pointer_bytes,
                            trace.schemas().maps(self.schema),
                        )
                    });
                    let (value, next) = stepper.field(field, at)?;
                    spare.clear();
                    Json { out: spare }.value(&value);
                    line.slice(spare);
                    decoded.push(value);
                    at = next;
                }
            }
            values.push((from, line.end()));
            count += 1;
        }
        Some((at, count, line.end()))
    }

    fn write_message(&self, mut line: Line<'_>, values: &[(usize, usize)]) -> Option<usize> {
        let line = &mut line;
        for part in &self.message {
            self.part(part.text, line);
            let Some(field) = part.field else { continue };
            let &(from, to) = values.get(field)?;
            let is_quoted = line.is_quoted(from);
            match self.fields.get(field)?.how {
                // Too large for a number in JSON: a message shows it as one.
                How::Integer(_, Integer::Int | Integer::UInt) if is_quoted => return None,
                _ if is_quoted => line.again(from + 1, to - 1),
                _ => line.again(from, to),
            }
        }
        Some(line.end())
    }
}

/// From the record's id to the processor; the answer is the end of the line.
fn system(
    mut line: Line<'_>,
    trace: &Trace,
    event: EventIndex,
    record: &Record<'_>,
    related: Option<Guid>,
) -> usize {
    let related = related.filter(|related| !related.is_zero());
    if related.is_some() || !record.activity.is_zero() {
        line.piece(&const { piece(",\"Correlation\":{") });
        line.piece(&const { piece("\"#attributes\":{") });
        if !record.activity.is_zero() {
            line.piece(&const { piece("\"ActivityID\":") });
            line.guid(record.activity);
        }
        if let Some(related) = related {
            if !record.activity.is_zero() {
                line.byte(b',');
            }
            line.piece(&const { piece("\"RelatedActivityID\":") });
            line.guid(related);
        }
        line.piece(&const { piece("}}") });
    }
    line.piece(&const { piece(",\"Execution\":{\"#attributes\":{") });
    let (pid, tid) = trace.thread(event);
    if let Some(pid) = pid {
        line.piece(&const { piece("\"ProcessID\":") });
        line.decimal(pid.into());
        line.byte(b',');
    }
    if let Some(tid) = tid {
        line.piece(&const { piece("\"ThreadID\":") });
        line.decimal(tid.into());
        line.byte(b',');
    }
    line.piece(&const { piece("\"ProcessorID\":") });
    line.decimal(record.cpu.into());
    if record.kernel_time != 0 || record.user_time != 0 {
        line.piece(&const { piece(",\"KernelTime\":") });
        line.decimal(record.kernel_time.into());
        line.piece(&const { piece(",\"UserTime\":") });
        line.decimal(record.user_time.into());
    }
    line.end()
}

/// The stack, if there is an address in it; the answer is the end of the line.
fn stack(mut line: Line<'_>, record: &Record<'_>) -> usize {
    let nothing = Decoded {
        fields: Vec::new(),
        source: SchemaSource::None,
        version: None,
        extra: 0..0,
        problem: None,
    };
    let stack = Seen { record, decoded: &nothing, body: None }.stack();
    for (i, address) in stack.iter().enumerate() {
        match i {
            0 => line.piece(&const { piece(",\"stack\":[") }),
            _ => line.byte(b','),
        }
        line.hexadecimal(*address);
    }
    if !stack.is_empty() {
        line.byte(b']');
    }
    line.end()
}

/// Up to eight bytes at a place as a little-endian number.
#[inline]
fn little_endian(payload: &[u8], at: usize, bytes: usize) -> Option<u64> {
    let rest = payload.get(at..)?;
    if let Some(eight) = rest.first_chunk::<8>() {
        // Of the one to eight bytes the highest is moved to the top and back.
        let shift = 64 - 8 * bytes as u32;
        return Some(u64::from_le_bytes(*eight) << shift >> shift);
    }
    Some(match (bytes, rest) {
        (1, [byte, ..]) => u64::from(*byte),
        (2, _) => u64::from(u16::from_le_bytes(*rest.first_chunk()?)),
        (4, _) => u64::from(u32::from_le_bytes(*rest.first_chunk()?)),
        _ => return None,
    })
}

/// A field that has a name and nothing else.
fn name_only(field: &LayoutField) -> Field {
    let name = field.name.clone().into_owned();
    Field { name, type_name: String::new(), value: Value::Null, bytes: 0..0 }
}
