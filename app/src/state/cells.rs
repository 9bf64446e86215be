//! Texts of the table's cells, and tables of them for the clipboard.

use etlens_parser::view::Row;

use super::columns::{Column, more};
use super::format::TimeStyle;
use super::i18n::{Key, look_up, t};

/// The title of a column.
#[must_use]
pub fn title(name: &str) -> String {
    let key = match name {
        "time" => Key::ColumnTime,
        "level" => Key::ColumnLevel,
        "provider" => Key::ColumnProvider,
        "id" => Key::ColumnId,
        "name" => Key::ColumnName,
        "pid" => Key::ColumnPid,
        "tid" => Key::ColumnTid,
        "activity" => Key::ColumnActivity,
        "message" => Key::ColumnMessage,
        _ => {
            let short = name.strip_prefix("EventData.").unwrap_or(name);
            return look_up("field", name).unwrap_or(short).to_owned();
        }
    };
    t(key).to_owned()
}

/// The cells of a row, by column.
#[must_use]
pub fn texts(row: &Row, columns: &[Column], style: &TimeStyle) -> Vec<String> {
    let number = |n: Option<u32>| n.map(|n| n.to_string()).unwrap_or_default();
    let mut further = row.more.iter();
    // A row fetched before its columns were changed lacks those that came.
    let complete = row.more.len() == more(columns).len();
    let text = |column: &Column| match column.name.as_str() {
        "time" => style.cell(row.time),
        "level" => row.level_name.clone(),
        "provider" => row.provider.clone(),
        "id" => row.id.to_string(),
        "name" => row.name.clone(),
        "pid" => match row.process.as_str() {
            "" => number(row.pid),
            process => format!("{process} ({})", number(row.pid)),
        },
        "tid" => number(row.tid),
        "activity" => row.activity.map(|guid| guid.to_string()).unwrap_or_default(),
        "message" => row.message.clone(),
        _ if complete => further.next().cloned().unwrap_or_default(),
        _ => String::new(),
    };
    columns.iter().map(text).collect()
}

/// Lines of cells, the first of them the heads, as `text` (tabs), `csv` or `markdown`.
#[must_use]
pub fn table(lines: &[Vec<String>], form: &str) -> String {
    let mut out = String::new();
    for (number, cells) in lines.iter().enumerate() {
        let cells = cells.iter().map(|cell| match form {
            "csv" if cell.contains(['"', ',', '\n', '\r']) => {
                format!("\"{}\"", cell.replace('"', "\"\""))
            }
            "csv" => cell.clone(),
            "markdown" => cell.replace('\\', "\\\\").replace('|', "\\|").replace('\n', " "),
            _ => cell.replace(['\t', '\n'], " "),
        });
        let cells: Vec<String> = cells.collect();
        match form {
            "markdown" => {
                out.push_str(&format!("| {} |\n", cells.join(" | ")));
                if number == 0 {
                    out.push_str(&format!("|{}\n", " --- |".repeat(cells.len())));
                }
            }
            "csv" => out.push_str(&(cells.join(",") + "\r\n")),
            _ => out.push_str(&(cells.join("\t") + "\n")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_keep_what_would_end_a_cell() {
        let line = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect();
        let lines: Vec<Vec<String>> = vec![line(&["A", "B"]), line(&["x, \"y\"", "1|2\t3"])];
        assert_eq!(table(&lines, "text"), "A\tB\nx, \"y\"\t1|2 3\n");
        assert_eq!(table(&lines, "csv"), "A,B\r\n\"x, \"\"y\"\"\",1|2\t3\r\n");
        assert_eq!(
            table(&lines, "markdown"),
            "| A | B |\n| --- | --- |\n| x, \"y\" | 1\\|2\t3 |\n"
        );
    }
}
