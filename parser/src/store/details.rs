//! Everything about one event: its properties under the names Windows gives them.

use std::fmt::Display;

use super::directory::Seen;
use super::keys::Key;
use super::rows::one_line;
use super::stacks::OwnStack;
use super::terms;
use super::trace::Trace;
use crate::catalog;
use crate::error::Result;
use crate::export;
use crate::insight::{self, Fields, LightEvent};
use crate::limits::{MAX_FIELDS, MAX_HEX_BYTES};
use crate::query;
use crate::record::{HeaderKind, UNKNOWN_ID, ext_type};
use crate::source::ReadAt;
use crate::time::iso8601;
use crate::value::{Field, SchemaSource, Value};
use crate::value_text::ValueText;
use crate::view::{Details, DispatchSession, EventIndex, Property, PropertyGroup};

/// Elements of one array shown as properties of their own; the array's text shows all.
const MAX_ELEMENTS: usize = 1_024;

impl Trace {
    /// Everything about one event.
    ///
    /// # Errors
    /// When there is no such event, or it cannot be read again.
    pub fn details(&self, event: EventIndex, source: &dyn ReadAt, locale: &str) -> Result<Details> {
        let (mut details, stack) = self.read(event, source, |seen| {
            (self.describe_event(event, seen, locale), OwnStack::of(seen))
        })?;
        details.dispatch = self.dispatch_session(event, source);
        details.stack = self.stack(event, stack, source);
        Ok(details)
    }

    fn describe_event(&self, event: EventIndex, seen: &Seen<'_>, locale: &str) -> Details {
        let message = self.message(seen, locale);
        let row = self.row(event, event.into(), locale, one_line(message.text.clone()));
        let mut list = Properties::default();
        if let Some(key) = self.key(event) {
            list.system(self, event, key, seen, locale);
        }
        list.writer(self, event);
        list.payload(self, seen);
        list.extended(seen);
        list.place(seen);
        let raw = match seen.record.kind {
            HeaderKind::Export => seen.record.raw,
            _ => seen.record.payload,
        };
        Details {
            row,
            message,
            properties: list.properties,
            raw: raw.get(..raw.len().min(MAX_HEX_BYTES)).unwrap_or_default().to_vec(),
            raw_bytes: raw.len() as u64,
            schema: seen.decoded.source,
            schema_file: self
                .schemas
                .loaded_file(seen.record, seen.decoded)
                .unwrap_or_default()
                .to_owned(),
            schema_version: seen.decoded.version,
            problem: problem(seen),
            stack: Vec::new(),
            json: export::json_line(self, event, seen, locale),
            dispatch: None,
        }
    }

    /// The dispatch session of an event of the activation service.
    fn dispatch_session(&self, event: EventIndex, source: &dyn ReadAt) -> Option<DispatchSession> {
        let activity = self.activity_id(event);
        if activity == 0 {
            return None;
        }
        let speaks = self.catalog_keys();
        let holds = |key: u32| speaks.get(key as usize) == Some(&true);
        if !holds(self.key_id(event)) {
            return None;
        }
        let of_activity = self.columns.activity.places_of(activity);
        let events = of_activity
            .into_iter()
            .filter(|&event| event < self.len() && holds(self.key_id(event)))
            .filter_map(|event| self.light(event));
        insight::session_of(event, events, &mut |event| self.fields(event, source))
    }

    /// Which keys are of providers that speak the catalog.
    pub(super) fn catalog_keys(&self) -> Vec<bool> {
        let speaks = |key: &Key| {
            key.event.id <= u32::from(u16::MAX) && self.schemas.speaks_catalog(key.event.provider)
        };
        self.keys().iter().map(speaks).collect()
    }

    pub(super) fn light(&self, event: EventIndex) -> Option<LightEvent> {
        let key = &self.key(event)?.event;
        Some(LightEvent {
            event,
            time: self.time(event),
            provider: key.provider,
            activity: self.activity(self.activity_id(event)).unwrap_or_default(),
            id: u16::try_from(key.id).ok()?,
            task: key.task,
            pid: self.thread(event).0.unwrap_or(UNKNOWN_ID),
        })
    }

    /// The fields of an event as text; none when it cannot be read.
    pub(super) fn fields(&self, event: EventIndex, source: &dyn ReadAt) -> Fields {
        let fields = |seen: &Seen<'_>| {
            let fields = seen.decoded.fields.iter();
            fields.map(|field| (field.name.clone(), ValueText(&field.value).to_string())).collect()
        };
        self.read(event, source, fields).unwrap_or_default()
    }
}

/// A GUID of an extended item: its bytes, or, as containers are given, its text.
fn guid(data: &[u8]) -> Option<crate::Guid> {
    let text = std::str::from_utf8(data).ok();
    let told = text.and_then(|text| text.trim_end_matches('\0').parse().ok());
    told.or_else(|| Some(crate::Guid(*data.first_chunk()?)))
}

/// Why a payload is not wholly explained; empty when it is.
fn problem(seen: &Seen<'_>) -> String {
    if let Some(problem) = &seen.decoded.problem {
        return problem.clone();
    }
    let extra = &seen.decoded.extra;
    if seen.decoded.source == SchemaSource::None || extra.is_empty() {
        return String::new();
    }
    format!("{} bytes at {} are not explained by the schema", extra.len(), extra.start)
}

impl Seen<'_> {
    /// Stack addresses, innermost first.
    #[must_use]
    pub fn stack(&self) -> Vec<u64> {
        if let Some(body) = self.body {
            return body.stack.clone();
        }
        // Both items begin with a 64-bit match id.
        let extended = self.record.extended;
        if let Some(data) = extended.find(ext_type::STACK_TRACE64) {
            let (words, _) = data.get(8..).unwrap_or_default().as_chunks();
            return words.iter().map(|word| u64::from_le_bytes(*word)).collect();
        }
        let data = extended.find(ext_type::STACK_TRACE32).unwrap_or_default();
        let (words, _) = data.get(8..).unwrap_or_default().as_chunks();
        words.iter().map(|word| u32::from_le_bytes(*word).into()).collect()
    }
}

/// A list of properties in the making.
#[derive(Default)]
pub(super) struct Properties {
    properties: Vec<Property>,
}

impl Properties {
    pub(super) fn add(
        &mut self,
        group: PropertyGroup,
        name: &str,
        type_name: &str,
        text: String,
        hex: String,
        filter: String,
    ) {
        let (name, type_name) = (name.to_owned(), type_name.to_owned());
        self.properties.push(Property { name, group, type_name, text, hex, filter, depth: 0 });
    }

    fn header(&mut self, name: &str, type_name: &str, text: String, filter: String) {
        self.add(PropertyGroup::System, name, type_name, text, String::new(), filter);
    }

    /// A number with the name it has, if any.
    fn named(&mut self, name: &str, type_name: &str, number: u32, known: &str, filter: String) {
        let text = match known {
            "" => number.to_string(),
            known => format!("{known} ({number})"),
        };
        self.add(PropertyGroup::System, name, type_name, text, format!("{number:#x}"), filter);
    }

    fn number(&mut self, name: &str, number: u32, filter: String) {
        self.named(name, "UInt32", number, "", filter);
    }

    /// The event header, in the order of Windows' event schema.
    fn system(
        &mut self,
        trace: &Trace,
        event: EventIndex,
        key: &Key,
        seen: &Seen<'_>,
        locale: &str,
    ) {
        let (numbers, names, record) = (&key.event, &key.names, seen.record);
        self.header("Provider", "UnicodeString", names.provider.clone(), terms::provider(key));
        if !numbers.provider.is_zero() {
            let guid = numbers.provider;
            let filter = terms::guid("provider", guid);
            self.header("ProviderGuid", "GUID", format!("{guid:#}"), filter);
        }
        self.named("EventID", "UInt16", numbers.id, "", terms::term("id", numbers.id));
        if !names.event.is_empty() {
            let filter = query::term("name", &names.event);
            self.header("EventName", "UnicodeString", names.event.clone(), filter);
        }
        let version = numbers.version.into();
        self.named("Version", "UInt8", version, "", terms::term("version", version));
        let level_name = catalog::level_name(numbers.level, locale);
        self.named("Level", "UInt8", numbers.level.into(), level_name, terms::level(numbers.level));
        let task = numbers.task.into();
        self.named("Task", "UInt16", task, &names.task, terms::term("task", task));
        let opcode = numbers.opcode.into();
        self.named("Opcode", "UInt8", opcode, &names.opcode, terms::term("opcode", opcode));
        let mask = format!("{:#x}", numbers.keywords);
        let filter = match numbers.keywords {
            0 => String::new(),
            _ => terms::term("keyword", &mask),
        };
        let known = match seen.body {
            Some(body) if !body.keywords.is_empty() => &body.keywords,
            _ => &names.keywords,
        };
        let text = match known.is_empty() {
            true => mask.clone(),
            false => format!("{} ({mask})", known.join(" | ")),
        };
        self.add(PropertyGroup::System, "Keywords", "HexInt64", text, mask, filter);
        self.header("TimeCreated", "FILETIME", iso8601(trace.time(event)), String::new());
        let id = seen.body.and_then(|body| body.record_id).unwrap_or(u64::from(event) + 1);
        self.header("EventRecordID", "UInt64", id.to_string(), String::new());
        if let Some(activity) = trace.activity(trace.activity_id(event)) {
            let filter = terms::guid("activity", activity);
            self.header("ActivityID", "GUID", format!("{activity:#}"), filter);
        }
        if let Some(related) = seen.related_activity() {
            let filter = terms::guid("related", related);
            self.header("RelatedActivityID", "GUID", format!("{related:#}"), filter);
        }
        let (pid, tid) = trace.thread(event);
        if let Some(pid) = pid {
            self.number("ProcessID", pid, terms::term("pid", pid));
        }
        if let Some(tid) = tid {
            self.number("ThreadID", tid, terms::term("tid", tid));
        }
        let cpu = trace.cpu(event).into();
        self.number("ProcessorID", cpu, terms::term("cpu", cpu));
        if record.kernel_time != 0 || record.user_time != 0 {
            self.number("KernelTime", record.kernel_time, String::new());
            self.number("UserTime", record.user_time, String::new());
        }
        let channel = numbers.channel.into();
        if channel != 0 || !names.channel.is_empty() {
            let filter = match names.channel.as_str() {
                "" => terms::term("channel", channel),
                name => query::term("channel", name),
            };
            match channel {
                // Exports name the channel without its number.
                0 => self.header("Channel", "UnicodeString", names.channel.clone(), filter),
                _ => self.named("Channel", "UInt8", channel, &names.channel, filter),
            }
        }
        let computer = seen.computer(trace);
        if !computer.is_empty() {
            let filter = query::term("computer", computer);
            self.header("Computer", "UnicodeString", computer.to_owned(), filter);
        }
        let sid = seen.sid();
        if !sid.is_empty() {
            let filter = query::term("user", &sid);
            self.header("Security", "SID", sid, filter);
        }
    }

    /// The fields of the payload, nested ones after their parent.
    fn payload(&mut self, trace: &Trace, seen: &Seen<'_>) {
        for (i, field) in seen.decoded.fields.iter().enumerate() {
            let path = match field.name.as_str() {
                "" => format!("EventData[{i}]"),
                name => format!("EventData.{name}"),
            };
            let dos = match &field.value {
                Value::Text(text) => trace.system().dos_path(text),
                _ => None,
            };
            let dos = dos.map(|dos| (format!("{path}.DosPath"), dos));
            self.field(path, field, seen.record.payload, 0);
            if let Some((name, dos)) = dos {
                let (group, type_name) = (PropertyGroup::EventData, "UnicodeString");
                self.add(group, &name, type_name, dos, String::new(), String::new());
            }
        }
    }

    fn field(&mut self, path: String, field: &Field, payload: &[u8], depth: u8) {
        let bytes = field.bytes.start as usize..field.bytes.end as usize;
        let bytes = payload.get(bytes).unwrap_or_default();
        self.value(path, &field.type_name, &field.value, bytes, payload, depth);
    }

    fn value(
        &mut self,
        name: String,
        type_name: &str,
        value: &Value,
        bytes: &[u8],
        payload: &[u8],
        depth: u8,
    ) {
        if self.properties.len() >= MAX_FIELDS {
            return;
        }
        let hex = match value {
            Value::Bool(_) => String::new(),
            Value::Int(n) => format!("{n:#x}"),
            Value::UInt(n) | Value::Hex(n) | Value::Named { value: n, .. } => format!("{n:#x}"),
            Value::Status(status) => format!("{:#x}", status.value),
            Value::Struct(_) => String::new(),
            _ => upper_hex(bytes.get(..bytes.len().min(MAX_HEX_BYTES)).unwrap_or_default()),
        };
        let text = match value {
            Value::Null => String::new(),
            Value::Named { value, name } => format!("{name} ({value})"),
            value => ValueText(value).to_string(),
        };
        let filter = match value {
            Value::Null | Value::Struct(_) | Value::Array(_) | Value::Binary(_) => String::new(),
            Value::Named { value, .. } => query::term(&name, &value.to_string()),
            Value::Status(status) => query::term(&name, &format!("{:#x}", status.value)),
            _ if text.len() > 512 => String::new(),
            _ => query::term(&name, &text),
        };
        let (group, type_name) = (PropertyGroup::EventData, type_name.to_owned());
        let child_type = type_name.strip_suffix("[]").unwrap_or(&type_name).to_owned();
        self.properties.push(Property {
            name: name.clone(),
            group,
            type_name,
            text,
            hex,
            filter,
            depth,
        });
        let deeper = depth.saturating_add(1);
        match value {
            Value::Struct(fields) => {
                for (i, field) in fields.iter().enumerate() {
                    let path = match field.name.as_str() {
                        "" => format!("{name}[{i}]"),
                        member => format!("{name}.{member}"),
                    };
                    self.field(path, field, payload, deeper);
                }
            }
            Value::Array(values) => {
                for (i, value) in values.iter().enumerate().take(MAX_ELEMENTS) {
                    self.value(format!("{name}[{i}]"), &child_type, value, &[], payload, deeper);
                }
            }
            _ => {}
        }
    }

    /// Extended items that are not part of Windows' `System` element.
    fn extended(&mut self, seen: &Seen<'_>) {
        for item in seen.record.extended {
            let (name, type_name) = match item.item_type {
                ext_type::RELATED_ACTIVITYID | ext_type::SID => continue,
                ext_type::TS_ID => ("TerminalSessionID", "UInt32"),
                ext_type::INSTANCE_INFO => ("InstanceInfo", "Binary"),
                ext_type::STACK_TRACE32 => ("StackTrace32", "Pointer[]"),
                ext_type::STACK_TRACE64 => ("StackTrace64", "Pointer[]"),
                ext_type::PEBS_INDEX => ("PebsIndex", "UInt64"),
                ext_type::PMC_COUNTERS => ("PmcCounters", "UInt64[]"),
                ext_type::PSM_KEY => ("PsmKey", "Binary"),
                ext_type::EVENT_KEY => ("EventKey", "HexInt64"),
                ext_type::EVENT_SCHEMA_TL => ("EventSchemaTL", "Binary"),
                ext_type::PROV_TRAITS => ("ProviderTraits", "Binary"),
                ext_type::PROCESS_START_KEY => ("ProcessStartKey", "HexInt64"),
                ext_type::CONTROL_GUID => ("ControlGuid", "GUID"),
                ext_type::QPC_DELTA => ("QpcDelta", "Int64"),
                ext_type::CONTAINER_ID => ("ContainerID", "GUID"),
                ext_type::STACK_KEY32 => ("StackKey32", "Binary"),
                ext_type::STACK_KEY64 => ("StackKey64", "Binary"),
                _ => ("ExtendedItem", "Binary"),
            };
            let word = || item.data.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
            let text = match type_name {
                "UInt32" => item.data.first_chunk().map(|b| u32::from_le_bytes(*b).to_string()),
                "UInt64" => word().map(|word| word.to_string()),
                "Int64" => word().map(|word| word.cast_signed().to_string()),
                "HexInt64" => word().map(|word| format!("{word:#x}")),
                "GUID" => guid(item.data).map(|guid| format!("{guid:#}")),
                "Pointer[]" => {
                    let stack = seen.stack();
                    Some(stack.iter().map(|a| format!("{a:#x}")).collect::<Vec<_>>().join(" "))
                }
                "UInt64[]" => {
                    let (words, _) = item.data.as_chunks();
                    let words = words.iter().map(|word| u64::from_le_bytes(*word).to_string());
                    Some(words.collect::<Vec<_>>().join(" "))
                }
                _ => None,
            };
            let hex = upper_hex(item.data);
            let text = text.unwrap_or_else(|| hex.clone());
            self.add(PropertyGroup::Extended, name, type_name, text, hex, String::new());
        }
        for (name, text) in seen.body.iter().flat_map(|body| &body.extra) {
            let text = text.clone();
            self.add(PropertyGroup::Extended, name, "", text, String::new(), String::new());
        }
    }

    /// Where and how the record lies in the file.
    fn place(&mut self, seen: &Seen<'_>) {
        let record = seen.record;
        let mut add = |name: &str, type_name: &str, text: String, filter: String| {
            self.add(PropertyGroup::Record, name, type_name, text, String::new(), filter);
        };
        add("Offset", "HexInt64", format!("{:#x}", record.offset), String::new());
        let kind = record.kind.name();
        add("Header", "UnicodeString", kind.to_owned(), query::term("kind", kind));
        add("RecordBytes", "UInt32", record.raw.len().to_string(), String::new());
        add("Schema", "UnicodeString", format!("{:?}", seen.decoded.source), String::new());
        if record.kind == HeaderKind::Export {
            return;
        }
        let show = |number: &dyn Display| number.to_string();
        add("PayloadBytes", "UInt32", show(&record.payload.len()), String::new());
        add("RawTime", "Int64", show(&record.ticks), String::new());
        add("Flags", "HexInt16", format!("{:#x}", record.flags), String::new());
        // EVENT_INSTANCE_GUID_HEADER: after 0x30 bytes of header the instance, its parent's, and
        // the parent's class.
        if matches!(record.kind, HeaderKind::Instance32 | HeaderKind::Instance64)
            && let Some([instance, parent, class @ ..]) =
                record.raw.get(0x30..0x48).map(|own| own.as_chunks::<4>().0)
        {
            let guid = class.as_flattened().first_chunk().map(|bytes| crate::Guid(*bytes));
            add("InstanceId", "UInt32", show(&u32::from_le_bytes(*instance)), String::new());
            add("ParentInstanceId", "UInt32", show(&u32::from_le_bytes(*parent)), String::new());
            let guid = guid.map(|guid| format!("{guid:#}")).unwrap_or_default();
            add("ParentGuid", "GUID", guid, String::new());
        }
        // MESSAGE_TRACE_HEADER: size, type, number and options, then the sequence number if any.
        if record.kind == HeaderKind::Message
            && record.flags & 1 != 0
            && let Some(sequence) = record.raw.get(8..).and_then(|rest| rest.first_chunk())
        {
            let sequence = u32::from_le_bytes(*sequence);
            add("MessageSequence", "UInt32", sequence.to_string(), String::new());
        }
        add("EventProperty", "HexInt16", format!("{:#x}", record.property), String::new());
    }
}

/// Bytes as upper-case hexadecimal digits.
pub(crate) fn upper_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
    bytes.iter().flat_map(|&byte| [digit(byte >> 4), digit(byte)]).collect()
}
