//! Trace message format files (`.tmf`): what WPP messages mean. The compiler puts these texts into
//! the .pdb; `tracepdb` takes them out, a file per message GUID.
//!
//! A line with a GUID, the component's name and `// SRC=file` begins a source file. Each message
//! is a line `#typev name number "format" // KEY=value …` and its arguments between braces, as
//! `expression, ItemType -- 10`. Numbers of arguments begin at 10; what is below is the prefix that
//! tools print before messages (component, source, thread, …).

use crate::error::{Error, ErrorKind, Issue, Result};
use crate::guid::Guid;
use crate::limits::{MAX_KEYS, MAX_TEMPLATE_FIELDS};
use crate::record::Record;
use crate::schema::event_schema::{EventSchema, Text};
use crate::schema::insertions;
use crate::schema::layout::{Count, InType, Layout, LayoutField, Length, Maps, OutType, ValueMap};
use crate::schema::printf;
use crate::value::Decoded;

/// The number of the first argument.
const FIRST_ARGUMENT: usize = 10;
/// Lines that one format may span.
const MAX_FORMAT_LINES: usize = 64;

/// A `.tmf` file, or several one after another.
#[derive(Debug, Default)]
pub struct Tmf {
    pub(super) messages: Vec<TmfMessage>,
}

/// One message.
#[derive(Debug)]
pub(super) struct TmfMessage {
    /// The message GUID, which stands in the record.
    pub guid: Guid,
    pub number: u16,
    /// Name of the component.
    pub component: String,
    /// `source_c123`: where in the program it is written.
    name: String,
    function: String,
    /// Arguments refer to fields as `%10!d!`.
    format: String,
    /// Expression and type.
    arguments: Vec<(String, String)>,
}

impl Tmf {
    /// Reads a file. What cannot be understood is reported to `issues`.
    ///
    /// # Errors
    /// [`ErrorKind::BadSchema`] when there is no message in it.
    pub fn parse(text: &str, issues: &mut Vec<Issue>) -> Result<Self> {
        let mut tmf = Self::default();
        let (mut guid, mut component) = (None, String::new());
        let mut in_arguments = false;
        let mut offset = 0_u64;
        let mut lines = text.split_inclusive('\n');
        while let Some(line) = lines.next() {
            let start = offset;
            offset += line.len() as u64;
            let mut report = |message: String| {
                let error = Error::at(ErrorKind::BadSchema, start, message);
                issues.push(Issue::from_error(&error, 0));
            };
            let line = line.trim();
            if let Some(rest) = line.strip_prefix("#typev").or_else(|| line.strip_prefix("#type "))
            {
                in_arguments = false;
                // A format may hold line ends.
                let mut whole = rest.trim().to_owned();
                let mut more = 0;
                while whole.matches('"').count() < 2 && more < MAX_FORMAT_LINES {
                    let Some(next) = lines.next() else { break };
                    offset += next.len() as u64;
                    whole.push('\n');
                    whole.push_str(next.trim_end());
                    more += 1;
                }
                match guid.and_then(|guid| TmfMessage::parse(guid, &component, &whole)) {
                    Some(message) if tmf.messages.len() < MAX_KEYS => tmf.messages.push(message),
                    _ => report(format!("a message cannot be understood: {}", cut(&whole))),
                }
            } else if line == "{" {
                in_arguments = true;
            } else if line == "}" {
                in_arguments = false;
            } else if in_arguments {
                let message = tmf.messages.last_mut();
                let argument = line.rsplit_once(" -- ").map_or(line, |(argument, _)| argument);
                let at = argument.rfind(", Item").filter(|_| message.is_some());
                match (message, at.map(|at| argument.split_at(at))) {
                    (Some(message), Some((name, item)))
                        if message.arguments.len() < MAX_TEMPLATE_FIELDS =>
                    {
                        let item = item.trim_start_matches(", ").trim();
                        message.arguments.push((name.trim().to_owned(), item.to_owned()));
                    }
                    _ => report(format!("an argument cannot be understood: {}", cut(line))),
                }
            } else if let Some((first, rest)) = line.split_once(char::is_whitespace)
                && let Ok(found) = first.parse()
            {
                guid = Some(found);
                let name = rest.split("//").next().unwrap_or_default();
                name.trim().clone_into(&mut component);
            }
        }
        if tmf.messages.is_empty() {
            return Err(Error::new(ErrorKind::BadSchema, "The file describes no message"));
        }
        for message in &tmf.messages {
            for (_, item) in &message.arguments {
                if field("", item).is_none() {
                    let what = format!(
                        "message {} of {:#} has an argument of the unknown type {}: it and what \
                         follows are shown as bytes",
                        message.number,
                        message.guid,
                        cut(item)
                    );
                    let error = Error::new(ErrorKind::BadSchema, what);
                    issues.push(Issue::from_error(&error, 0));
                }
            }
        }
        Ok(tmf)
    }

    /// Names of the components, sorted.
    #[must_use]
    pub fn components(&self) -> Vec<String> {
        let mut names: Vec<String> = self.messages.iter().map(|m| m.component.clone()).collect();
        crate::sort::plain(&mut names);
        names.dedup();
        names
    }
}

/// The beginning of a text, for a report.
fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}

impl TmfMessage {
    /// `name number "format" // KEY=value KEY=value`.
    fn parse(guid: Guid, component: &str, line: &str) -> Option<Self> {
        let (name, rest) = line.split_once(char::is_whitespace)?;
        let (number, rest) = rest.trim_start().split_once(char::is_whitespace)?;
        let format = rest.trim_start().strip_prefix('"')?;
        // Quotes within the format are not marked: the last one ends it, but for the comment.
        let end = format.rfind("\" //").or_else(|| format.rfind('"'))?;
        let (format, comment) = (format.get(..end)?, format.get(end + 1..).unwrap_or_default());
        let value = |key: &str| {
            let words = comment.split_whitespace();
            let values = words.filter_map(|word| word.split_once('='));
            let mut values = values.filter(|(of, _)| of.eq_ignore_ascii_case(key));
            values.next().map_or("", |(_, value)| value)
        };
        let mut format = format.strip_prefix("%0").unwrap_or(format).to_owned();
        let (source, line_number) = source_of(name);
        for (what, value) in [
            ("%!FUNC!", value("FUNC")),
            ("%!LEVEL!", value("LEVEL")),
            ("%!FLAGS!", value("FLAGS")),
            ("%!COMPNAME!", component),
            ("%!FILE!", &source),
            ("%!LINE!", line_number),
        ] {
            format = format.replace(what, &value.replace('%', "%%"));
        }
        Some(Self {
            guid,
            number: number.parse().ok()?,
            component: component.to_owned(),
            name: name.to_owned(),
            function: value("FUNC").to_owned(),
            format,
            arguments: Vec::new(),
        })
    }

    /// The schema of the message, with its lists put into `maps`.
    pub fn schema(&self, maps: &mut Maps) -> EventSchema {
        let mut fields = Vec::new();
        for (position, (name, item)) in self.arguments.iter().enumerate() {
            // Where the next argument begins is not known after one of an unknown type.
            let Some((mut field, map)) = field(name, item) else { break };
            if let Some(map) = map {
                let name = format!("{}:{position}", self.number);
                maps.set(self.guid, &name, map);
                field.map = Some(maps.id(self.guid, &name));
            }
            fields.push(field);
        }
        EventSchema {
            layout: Layout { fields, slots: 0 }.into(),
            provider: self.component.clone(),
            event: self.name.clone(),
            task: self.function.clone(),
            message: Text::Plain(self.format.clone()),
            ..EventSchema::default()
        }
    }
}

/// `tracedrv_c258` is line 258 of `tracedrv.c`.
fn source_of(name: &str) -> (String, &str) {
    let digits = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let line = name.get(digits.len()..).unwrap_or_default();
    match digits.rsplit_once('_') {
        Some((stem, ending)) => (format!("{stem}.{ending}"), line),
        None => (digits.to_owned(), line),
    }
}

/// The field of an argument, and the names of its values where its type lists them.
fn field(name: &str, item: &str) -> Option<(LayoutField, Option<ValueMap>)> {
    let (item, list) = match item.split_once('(') {
        Some((item, list)) => (item, list.strip_suffix(')').unwrap_or(list)),
        None => (item, ""),
    };
    let mut out = OutType::Default;
    let mut length = Length::Implied;
    let in_type = match item {
        "ItemChar" | "ItemUChar" | "ItemListByte" | "ItemSetByte" => InType::UInt8,
        "ItemCharShort" | "ItemCharSign" => InType::Int8,
        "ItemWChar" => InType::UnicodeChar,
        "ItemShort" => InType::Int16,
        "ItemUShort" | "ItemListShort" | "ItemSetShort" => InType::UInt16,
        "ItemLong" | "ItemEnum" => InType::Int32,
        "ItemULong" | "ItemListLong" | "ItemSetLong" | "ItemFlagsEnum" => InType::UInt32,
        "ItemULongX" | "ItemLongX" => InType::HexInt32,
        "ItemLongLong" | "ItemQuad" | "ItemTimeDelta" | "ItemWaitTime" | "ItemDueTime" => {
            InType::Int64
        }
        "ItemULongLong" | "ItemUQuad" | "ItemLongLongO" | "ItemULongLongO" => InType::UInt64,
        "ItemLongLongX" | "ItemLongLongXX" | "ItemULongLongX" => InType::HexInt64,
        "ItemPtr" => InType::Pointer,
        "ItemFloat" => InType::Float,
        "ItemDouble" => InType::Double,
        "ItemBool" => InType::Boolean,
        "ItemString" | "ItemRString" | "ItemMLString" => InType::AnsiString,
        "ItemWString" | "ItemRWString" => InType::UnicodeString,
        "ItemPString" => InType::CountedAnsiString,
        "ItemPWString" => InType::CountedString,
        "ItemDSString" => InType::ReversedCountedAnsiString,
        "ItemDSWString" => InType::ReversedCountedString,
        "ItemHEXDump" => InType::CountedBinary,
        "ItemGuid" | "ItemCLSID" | "ItemIID" | "ItemLIBID" => InType::Guid,
        "ItemSid" => InType::Sid,
        "ItemTimestamp" => InType::Filetime,
        "ItemNTSTATUS" | "ItemNTerror" => {
            out = OutType::NtStatus;
            InType::UInt32
        }
        "ItemHRESULT" => {
            out = OutType::HResult;
            InType::UInt32
        }
        "ItemWINERROR" => {
            out = OutType::Win32Error;
            InType::UInt32
        }
        "ItemIPAddr" => {
            out = OutType::IpV4;
            InType::UInt32
        }
        "ItemIPV6Addr" => {
            out = OutType::IpV6;
            InType::Binary
        }
        "ItemPort" => {
            out = OutType::Port;
            InType::UInt16
        }
        "ItemMACAddr" => {
            length = Length::Fixed(6);
            InType::Binary
        }
        "ItemChar4" => {
            length = Length::Fixed(4);
            InType::AnsiString
        }
        _ => return None,
    };
    let map = match item {
        _ if list.is_empty() => None,
        "ItemListByte" | "ItemListShort" | "ItemListLong" => {
            Some(ValueMap::new(false, listed(list)))
        }
        "ItemSetByte" | "ItemSetShort" | "ItemSetLong" => {
            // The names are those of the bits from the lowest on.
            let bits = list.split(',').take(32).zip(0_u32..);
            let bits = bits.map(|(name, bit)| (1_u64 << bit, name.trim().to_owned()));
            Some(ValueMap::new(true, bits.collect()))
        }
        _ => None,
    };
    let field = LayoutField {
        count: Count::One,
        length,
        ..LayoutField::scalar(name.to_owned().into(), in_type, out)
    };
    Some((field, map))
}

/// `a,b=0x5,c`: names numbered from 0, or from what one of them says.
fn listed(list: &str) -> Vec<(u64, String)> {
    let mut next = 0_u64;
    let entry = |entry: &str| {
        let (name, value) = entry.split_once('=').unwrap_or((entry, ""));
        let value = value.trim();
        let value = match value.strip_prefix("0x") {
            Some(hex) => u64::from_str_radix(hex, 16).ok(),
            None => value.parse().ok(),
        };
        let number = value.unwrap_or(next);
        next = number.wrapping_add(1);
        (number, name.trim().to_owned())
    };
    list.split(',').map(entry).collect()
}

/// The text of a message with its arguments, as printf formats them.
pub(super) fn format(
    text: &str,
    record: &Record<'_>,
    decoded: &Decoded,
    component: &str,
) -> String {
    let pointer_bytes = super::pointer_bytes(record);
    insertions::substitute_with(text, |number, spec| {
        if let Some(position) = number.checked_sub(FIRST_ARGUMENT) {
            let field = decoded.fields.get(position)?;
            return Some(printf::format(spec, field, pointer_bytes));
        }
        Some(match number {
            1 => component.to_owned(),
            3 => format!("{:04X}", record.tid),
            8 => format!("{:04X}", record.pid),
            9 => record.cpu.to_string(),
            _ => return None,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TMF: &str = "// PDB:  c:\\\\x\\\\contoso.pdb\r\n// PDB:  Last Updated :2024-1-1\r\n\
        d58c126f-b309-11d1-969e-0000f875a5bc contoso // SRC=disk.c MJ= MN=\r\n\
        #typev disk_c258 10 \"%0[%!FUNC!] \"quoted\" %10!s! at 100%% of %11!08x!\" //   LEVEL=TRACE_LEVEL_ERROR FLAGS=Io FUNC=DiskRead\r\n\
        {\r\nName ? Name : \"none, at all\", ItemPWString -- 10\r\nLength, ItemLong -- 11\r\n}\r\n\
        #typev disk_c300 11 \"%0two\nlines\" //   LEVEL=1\r\n\
        #typev disk_c301 12 \"%0%10!s!\"\r\n{\r\nstate, ItemListLong(Idle,Busy=0x10,Gone) -- 10\r\nx, ItemFuture -- 11\r\n}\r\n";

    #[test]
    fn messages_arguments_and_attributes_are_understood() {
        let mut issues = Vec::new();
        let tmf = Tmf::parse(TMF, &mut issues).expect("messages");
        let [first, second, third] = tmf.messages.as_slice() else { panic!("{tmf:?}") };
        assert_eq!((first.number, first.component.as_str()), (10, "contoso"));
        assert_eq!((first.name.as_str(), first.function.as_str()), ("disk_c258", "DiskRead"));
        assert_eq!(first.format, "[DiskRead] \"quoted\" %10!s! at 100%% of %11!08x!");
        assert_eq!(first.arguments[0].0, "Name ? Name : \"none, at all\"");
        assert_eq!(second.format, "two\nlines");
        let mut maps = Maps::default();
        let schema = third.schema(&mut maps);
        assert_eq!(schema.layout.fields.len(), 1, "an unknown type ends what can be read");
        let map = schema.layout.fields[0].map.and_then(|id| maps.get(id)).expect("a map");
        assert_eq!(map.name(0x11).as_deref(), Some("Gone"));
        assert_eq!(map.name(0).as_deref(), Some("Idle"));
        assert_eq!(map.name(1), None);
        assert_eq!(issues.len(), 1);
        assert!(issues[0].message.contains("ItemFuture"));
    }

    #[test]
    fn what_is_no_tmf_is_said() {
        for text in ["", "// PDB: x", "#typev a 1 \"x\"", "{\n}\n"] {
            let error = Tmf::parse(text, &mut Vec::new()).expect_err("no message");
            assert_eq!(error.kind(), ErrorKind::BadSchema);
        }
        for cut in 0..TMF.len() {
            // Never a panic, whatever is missing.
            let _ = TMF.get(..cut).map(|text| Tmf::parse(text, &mut Vec::new()));
        }
    }

    #[test]
    fn places_in_the_source_are_told_by_name() {
        assert_eq!(source_of("tracedrv_c258"), ("tracedrv.c".to_owned(), "258"));
        assert_eq!(source_of("Protocol_cpp76"), ("Protocol.cpp".to_owned(), "76"));
        assert_eq!(source_of("odd"), ("odd".to_owned(), ""));
    }
}
