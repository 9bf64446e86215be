//! The view as a link: `#v1?f=<filter>&r=<start>-<end>&…`.
//!
//! Everything is in the fragment, which browsers do not send anywhere. The version is the first
//! thing in it: a later one is refused with a sentence, an earlier one is upgraded in [`parse`].

use etlens_parser::view::{EventIndex, Fingerprint, LaneGroup, LaneLayout, TimeRange};

/// The version this build writes.
pub const VERSION: u32 = 1;

/// A view of a trace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Link {
    /// Filter text.
    pub filter: String,
    /// Range of the filter.
    pub range: Option<TimeRange>,
    /// Visible part of the timeline.
    pub visible: Option<TimeRange>,
    /// Selected event.
    pub event: Option<EventIndex>,
    /// What the timeline groups by.
    pub group: LaneGroup,
    /// Order of the lanes, and which are hidden.
    pub lanes: LaneLayout,
    /// The instants A and B.
    pub cursors: [Option<i64>; 2],
    /// Locale of event texts; empty when the link does not say.
    pub locale: String,
    /// Which trace it belongs to.
    pub fingerprint: Option<Fingerprint>,
    /// Name of the trace's file.
    pub name: String,
    /// Columns of the table, as `columns::print` writes them; empty when the link does not say.
    pub columns: String,
    /// What the table is sorted by, as `Sort::print` writes it; empty is the order of time.
    pub sort: String,
    /// What the table is grouped by; empty when it shows rows.
    pub grouped: String,
}

/// Why a fragment is not a link.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LinkFault {
    /// It was written by a later version.
    TooNew,
    /// It is something else.
    NotALink,
}

/// Names of the groups in links; never change one.
const GROUPS: [(LaneGroup, &str); 12] = [
    (LaneGroup::Provider, "provider"),
    (LaneGroup::Process, "process"),
    (LaneGroup::Thread, "thread"),
    (LaneGroup::Level, "level"),
    (LaneGroup::Event, "event"),
    (LaneGroup::Activity, "activity"),
    (LaneGroup::Keyword, "keyword"),
    (LaneGroup::Opcode, "opcode"),
    (LaneGroup::Task, "task"),
    (LaneGroup::Channel, "channel"),
    (LaneGroup::Cpu, "cpu"),
    (LaneGroup::Span, "span"),
];

/// Lanes of a kind that a link carries; it must stay short enough to be sent.
const MOST_LANES: usize = 16;

/// The name of a group in links, settings and menus.
#[must_use]
pub fn group_name(group: LaneGroup) -> &'static str {
    GROUPS.iter().find(|(known, _)| *known == group).map_or("provider", |(_, name)| name)
}

/// The group of a name.
#[must_use]
pub fn group_from_name(name: &str) -> Option<LaneGroup> {
    GROUPS.iter().find(|(_, known)| *known == name).map(|(group, _)| *group)
}

/// All groups, in the order of the menu.
pub fn groups() -> impl Iterator<Item = LaneGroup> {
    GROUPS.iter().map(|(group, _)| *group)
}

/// Writes a link, `#` included. Whatever has its usual value is left out.
#[must_use]
pub fn print(link: &Link) -> String {
    let mut out = String::from("#v1?");
    let mut put = |name: &str, value: &str| {
        if !value.is_empty() {
            if !out.ends_with('?') {
                out.push('&');
            }
            out.push_str(name);
            out.push('=');
            escape(&mut out, value);
        }
    };
    put("f", &link.filter);
    put("r", &link.range.map(print_range).unwrap_or_default());
    put("z", &link.visible.map(print_range).unwrap_or_default());
    put("e", &link.event.map(|event| event.to_string()).unwrap_or_default());
    if link.group != LaneGroup::default() {
        put("g", group_name(link.group));
    }
    for (name, lanes) in
        [("p", &link.lanes.pinned), ("o", &link.lanes.order), ("h", &link.lanes.hidden)]
    {
        lanes.iter().take(MOST_LANES).for_each(|lane| put(name, lane));
    }
    for (name, time) in ["a", "b"].iter().zip(link.cursors) {
        put(name, &time.map(|time| time.to_string()).unwrap_or_default());
    }
    put("l", &link.locale);
    if let Some(print) = link.fingerprint {
        put("fp", &format!("{}-{:016x}", print.len_bytes, print.hash));
    }
    put("n", &link.name);
    put("c", &link.columns);
    put("s", &link.sort);
    put("by", &link.grouped);
    out
}

/// Reads a fragment, with or without its `#`. Parameters it does not know are left alone, values
/// it cannot read are treated as absent: a damaged link still opens as much as it says.
pub fn parse(fragment: &str) -> Result<Link, LinkFault> {
    let text = fragment.strip_prefix('#').unwrap_or(fragment);
    let (version, parameters) = text.split_once('?').ok_or(LinkFault::NotALink)?;
    let version: u32 =
        version.strip_prefix('v').and_then(|v| v.parse().ok()).ok_or(LinkFault::NotALink)?;
    match version {
        0 => return Err(LinkFault::NotALink),
        VERSION => {}
        _ => return Err(LinkFault::TooNew),
    }
    let mut link = Link::default();
    for parameter in parameters.split('&') {
        let Some((name, value)) = parameter.split_once('=') else { continue };
        let value = unescape(value);
        match name {
            "f" => link.filter = value,
            "r" => link.range = parse_range(&value),
            "z" => link.visible = parse_range(&value),
            "e" => link.event = value.parse().ok(),
            "g" => link.group = group_from_name(&value).unwrap_or_default(),
            "p" => push(&mut link.lanes.pinned, value),
            "o" => push(&mut link.lanes.order, value),
            "h" => push(&mut link.lanes.hidden, value),
            "a" => link.cursors[0] = value.parse().ok(),
            "b" => link.cursors[1] = value.parse().ok(),
            "l" => link.locale = value,
            "fp" => link.fingerprint = parse_fingerprint(&value),
            "n" => link.name = value,
            "c" => link.columns = value,
            "s" => link.sort = value,
            "by" => link.grouped = value,
            _ => {}
        }
    }
    Ok(link)
}

/// Adds a lane, as many as a link may carry.
fn push(lanes: &mut Vec<String>, lane: String) {
    if lanes.len() < MOST_LANES {
        lanes.push(lane);
    }
}

fn print_range(range: TimeRange) -> String {
    format!("{}-{}", range.start, range.end)
}

fn parse_range(text: &str) -> Option<TimeRange> {
    // A time before 1601 begins with a dash of its own.
    let dash = text.get(1..)?.find('-')? + 1;
    let range =
        TimeRange { start: text[..dash].parse().ok()?, end: text[dash + 1..].parse().ok()? };
    (range.start < range.end).then_some(range)
}

fn parse_fingerprint(text: &str) -> Option<Fingerprint> {
    let (length, hash) = text.split_once('-')?;
    let hash = u64::from_str_radix(hash, 16).ok()?;
    Some(Fingerprint { len_bytes: length.parse().ok()?, hash })
}

/// Percent-encodes what would end a value, break a link pasted into a sentence, or not survive.
pub(super) fn escape(out: &mut String, text: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z'
            | b'A'..=b'Z'
            | b'0'..=b'9'
            | b'-'
            | b'.'
            | b'_'
            | b'~'
            | b':'
            | b'/'
            | b'*'
            | b'!'
            | b','
            | b';'
            | b'@'
            | b'$'
            | b'('
            | b')' => out.push(char::from(byte)),
            _ => {
                out.push('%');
                out.push(char::from(HEX[usize::from(byte >> 4)]));
                out.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
}

/// Undoes [`escape`]; a `%` that is not followed by two digits stays.
pub(super) fn unescape(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let escaped = (byte == b'%')
            .then(|| tail.get(..2))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match escaped {
            Some(decoded) => {
                out.push(decoded);
                rest = &tail[2..];
            }
            None => {
                out.push(byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Link {
        Link {
            filter: "id:4031 and (provider:\"a & b\" or message~100%)#세션".into(),
            range: Some(TimeRange { start: 133_537_247_991_234_567, end: 133_537_247_991_234_568 }),
            visible: Some(TimeRange { start: -5, end: 7 }),
            event: Some(0),
            group: LaneGroup::Activity,
            lanes: LaneLayout {
                pinned: vec!["provider:\"a & b\"".into(), "none".into()],
                order: vec!["pid:4 and tid:8".into()],
                hidden: vec!["cpu:1".into(), "level:error".into()],
            },
            cursors: [Some(133_537_247_991_234_567), Some(-3)],
            locale: "ko-kr".into(),
            fingerprint: Some(Fingerprint { len_bytes: 1 << 40, hash: 0x00ab_cdef }),
            name: "host 1 (copy).etl".into(),
            columns: "time,EventData.a%2Cb:90".into(),
            sort: "-EventData.x y".into(),
            grouped: "provider".into(),
        }
    }

    #[test]
    fn a_link_brings_back_the_view_it_was_made_of() {
        assert_eq!(parse(&print(&full())), Ok(full()));
        assert_eq!(parse(&print(&Link::default())), Ok(Link::default()));
    }

    #[test]
    fn a_link_survives_being_pasted_into_a_sentence() {
        let text = print(&full());
        assert!(
            text.bytes().all(|b| b.is_ascii_graphic() && !b"<>\"'`\\^{|}".contains(&b)),
            "{text}"
        );
    }

    #[test]
    fn links_of_a_known_form_open_forever() {
        let link = parse(
            "#v1?f=id:4031&r=133537247991234567-133537248000000000&z=0-9&e=12&g=cpu&l=ko-kr&fp=1048576-0123456789abcdef&n=a.etl",
        );
        let expected = Link {
            filter: "id:4031".into(),
            range: Some(TimeRange { start: 133_537_247_991_234_567, end: 133_537_248_000_000_000 }),
            visible: Some(TimeRange { start: 0, end: 9 }),
            event: Some(12),
            group: LaneGroup::Cpu,
            lanes: LaneLayout::default(),
            cursors: [None; 2],
            locale: "ko-kr".into(),
            fingerprint: Some(Fingerprint { len_bytes: 1_048_576, hash: 0x0123_4567_89ab_cdef }),
            name: "a.etl".into(),
            ..Link::default()
        };
        assert_eq!(link, Ok(expected));
    }

    #[test]
    fn links_with_lanes_and_cursors_open_forever() {
        let link = parse("#v1?g=level&p=level:error&p=level:info&o=level:4&h=none&a=5&b=-7");
        let link = link.expect("a link");
        assert_eq!(link.lanes.pinned, ["level:error", "level:info"]);
        assert_eq!(
            (link.lanes.order, link.lanes.hidden),
            (vec!["level:4".into()], vec!["none".into()])
        );
        assert_eq!((link.group, link.cursors), (LaneGroup::Level, [Some(5), Some(-7)]));
    }

    #[test]
    fn damage_costs_only_the_damaged_part() {
        let link = parse("v1?f=a%2&r=9-3&z=x&e=-1&g=none&fp=zz&later=1&n=%ZZ").expect("a link");
        assert_eq!(link.filter, "a%2");
        assert_eq!(link.name, "%ZZ");
        assert_eq!((link.range, link.visible, link.event), (None, None, None));
    }

    #[test]
    fn other_fragments_are_told_apart() {
        assert_eq!(parse("#v2?f=x"), Err(LinkFault::TooNew));
        for other in ["", "#", "#top", "#v?f=x", "#v0?", "#vx?f=1"] {
            assert_eq!(parse(other), Err(LinkFault::NotALink), "{other}");
        }
    }
}
