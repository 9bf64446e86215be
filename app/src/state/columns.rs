//! The columns of the table: which, in which order, how wide; and by which it is sorted.

use super::link::{escape, unescape};

/// The columns that rows always carry, by their `data-column`, with the track of each: its least
/// width in pixels, and its share of the room that is left (in tenths; 0 stays as it is).
pub const OWN: [(&str, u32, u32); 9] = [
    ("time", 132, 0),
    ("level", 110, 0),
    ("provider", 96, 12),
    ("id", 60, 0),
    ("name", 130, 19),
    ("pid", 88, 8),
    ("tid", 64, 0),
    ("activity", 72, 0),
    ("message", 220, 30),
];

/// Further facts of the header that may be shown, by Windows' names.
pub const HEADER: [&str; 10] = [
    "Process",
    "Version",
    "Task",
    "Opcode",
    "Keywords",
    "Channel",
    "ProcessorID",
    "RelatedActivityID",
    "Computer",
    "Security",
];

/// Least and largest width of a column in pixels.
pub const WIDTHS: [u32; 2] = [32, 2_000];

/// Columns at most: each is drawn in every row.
const MOST: usize = 40;

/// A column.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Column {
    /// `data-column`: one of [`OWN`] or [`HEADER`], or `EventData.` and a path in the payload.
    pub name: String,
    /// Its width in pixels, when a person chose one.
    pub width: Option<u32>,
}

impl Column {
    /// A column of its usual width.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), width: None }
    }

    fn usual(&self) -> (u32, u32) {
        let own = OWN.iter().find(|(name, ..)| *name == self.name);
        own.map_or((110, 10), |(_, least, share)| (*least, *share))
    }

    /// Its width as a track of the grid.
    #[must_use]
    pub fn track(&self) -> String {
        match (self.width, self.usual()) {
            (Some(width), _) | (None, (width, 0)) => format!("{width}px"),
            (None, (least, share)) => format!("minmax({least}px, {share}fr)"),
        }
    }

    /// The least width it takes.
    #[must_use]
    pub fn least(&self) -> u32 {
        self.width.unwrap_or(self.usual().0)
    }

    /// Its place among the cells that rows always carry.
    #[must_use]
    pub fn own(&self) -> Option<usize> {
        OWN.iter().position(|(name, ..)| *name == self.name)
    }
}

/// The columns of a page that nobody changed.
#[must_use]
pub fn usual() -> Vec<Column> {
    OWN.iter().map(|(name, ..)| Column::new(name)).collect()
}

/// Names of the columns that rows must carry beside their own.
#[must_use]
pub fn more(columns: &[Column]) -> Vec<String> {
    columns.iter().filter(|c| c.own().is_none()).map(|c| c.name.clone()).collect()
}

/// The column that shows a property of the details; `None` when none does.
#[must_use]
pub fn of_property(name: &str) -> Option<&str> {
    let own = [
        ("TimeCreated", "time"),
        ("Level", "level"),
        ("Provider", "provider"),
        ("EventID", "id"),
        ("EventName", "name"),
        ("ProcessID", "pid"),
        ("ThreadID", "tid"),
        ("ActivityID", "activity"),
        ("Process.Name", "Process"),
    ];
    let own = own.iter().find(|(property, _)| *property == name).map(|(_, column)| *column);
    own.or_else(|| HEADER.contains(&name).then_some(name))
        .or_else(|| name.starts_with("EventData.").then_some(name))
}

/// Writes columns as `time,level:90,EventData.Uri`; the usual ones as nothing.
#[must_use]
pub fn print(columns: &[Column]) -> String {
    if columns == usual() {
        return String::new();
    }
    let mut out = String::new();
    for column in columns {
        if !out.is_empty() {
            out.push(',');
        }
        let mut name = String::new();
        escape(&mut name, &column.name);
        out.push_str(&name.replace(',', "%2C").replace(':', "%3A"));
        if let Some(width) = column.width {
            out.push(':');
            out.push_str(&width.to_string());
        }
    }
    out
}

/// Reads what [`print`] wrote; of nothing sensible, the usual columns.
#[must_use]
pub fn parse(text: &str) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (name, width) = part.split_once(':').unwrap_or((part, ""));
        let name = unescape(name);
        let width = width.parse().ok().map(|width: u32| width.clamp(WIDTHS[0], WIDTHS[1]));
        if columns.len() < MOST && !name.is_empty() && columns.iter().all(|c| c.name != name) {
            columns.push(Column { name, width });
        }
    }
    if columns.is_empty() { usual() } else { columns }
}

/// Which column the table is sorted by.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sort {
    /// Its name.
    pub column: String,
    /// Whether the greatest comes first.
    pub descending: bool,
}

impl Default for Sort {
    fn default() -> Self {
        Self { column: "time".to_owned(), descending: false }
    }
}

impl Sort {
    /// Whether rows are in time order.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    /// `-id`; nothing for the usual order.
    #[must_use]
    pub fn print(&self) -> String {
        match self.descending {
            _ if self.is_usual() => String::new(),
            true => format!("-{}", self.column),
            false => self.column.clone(),
        }
    }

    /// Reads what [`Sort::print`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let column = text.strip_prefix('-').unwrap_or(text);
        if column.is_empty() {
            return Self::default();
        }
        Self { column: column.to_owned(), descending: text.len() > column.len() }
    }

    /// What a press on a column's head makes of it: up, down, and time order again.
    #[must_use]
    pub fn pressed(&self, column: &str) -> Self {
        let column = column.to_owned();
        match (self.column == column, self.descending) {
            (true, false) => Self { column, descending: true },
            (true, true) => Self::default(),
            (false, _) => Self { column, descending: false },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_come_back_as_they_were() {
        let columns = vec![
            Column { name: "message".into(), width: Some(300) },
            Column::new("time"),
            Column { name: "EventData.a,b:c [세션].d".into(), width: None },
        ];
        assert_eq!(parse(&print(&columns)), columns);
        assert_eq!(print(&usual()), "");
        assert_eq!(parse(""), usual());
        assert_eq!(parse("id,id,,id:5x")[..], [Column::new("id")]);
        assert_eq!(parse("id:1")[0].width, Some(WIDTHS[0]));
    }

    #[test]
    fn presses_on_a_head_go_up_down_and_back() {
        let up = Sort::default().pressed("id");
        let down = up.pressed("id");
        assert_eq!((up.descending, down.descending), (false, true));
        assert_eq!(down.pressed("id"), Sort::default());
        assert_eq!(down.pressed("pid"), Sort { column: "pid".into(), descending: false });
        for sort in [Sort::default(), up, down, Sort::default().pressed("time")] {
            assert_eq!(Sort::parse(&sort.print()), sort);
        }
    }

    #[test]
    fn properties_find_their_columns() {
        assert_eq!(of_property("EventID"), Some("id"));
        assert_eq!(of_property("Opcode"), Some("Opcode"));
        assert_eq!(of_property("EventData.Uri"), Some("EventData.Uri"));
        assert_eq!(of_property("Offset"), None);
    }
}
