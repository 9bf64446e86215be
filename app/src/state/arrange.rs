//! How the table is arranged: its columns, its order, its groups, and the rows picked for copying.

use std::cell::Cell;
use std::sync::Arc;

use super::actions;
use super::app::{App, Work, WorkKind};
use super::columns::{self, Column, Sort};
use super::i18n::{Key, Plural, fill, t};
use super::{format, requests};
use crate::protocol::{Answer, Request};

thread_local! {
    /// Counts orders and groupings asked for, so that answers of earlier ones are told apart.
    static ASKED: Cell<u32> = const { Cell::new(0) };
}

/// Shows these columns from now on.
pub fn set_columns(app: App, columns: Vec<Column>) {
    let text = columns::print(&columns);
    app.set(|settings| settings.columns = text);
    show_columns(app, columns);
}

/// [`set_columns`] without remembering them: of a link, or while one is drawn wider.
pub fn show_columns(app: App, columns: Vec<Column>) {
    let more = columns::more(&columns);
    let other = app.columns.with_untracked(|old| columns::more(old) != more);
    app.columns.set(columns);
    if other {
        // Rows that were fetched lack a column; the rest of them is right.
        actions::refresh(app, false);
    }
}

/// Adds a column, before the message where that is the last, or takes it away.
pub fn toggle_column(app: App, name: &str) {
    let mut columns = app.columns.get_untracked();
    let before = columns.len();
    columns.retain(|column| column.name != name);
    if columns.len() == before {
        let last_is_message = columns.last().is_some_and(|last| last.name == "message");
        columns.insert(before - usize::from(last_is_message), Column::new(name));
        app.say(move || t(Key::ColumnAdded).to_owned());
    } else if columns.is_empty() {
        return;
    } else {
        app.say(move || t(Key::ColumnRemoved).to_owned());
    }
    set_columns(app, columns);
}

/// Moves a column among the others.
pub fn move_column(app: App, name: &str, forward: bool) {
    let mut columns = app.columns.get_untracked();
    let Some(at) = columns.iter().position(|column| column.name == name) else { return };
    let to = if forward { at + 1 } else { at.wrapping_sub(1) };
    if to < columns.len() {
        columns.swap(at, to);
        set_columns(app, columns);
    }
}

/// Makes a column as wide, or as it usually is.
pub fn resize_column(app: App, name: &str, width: Option<i32>, remember: bool) {
    let mut columns = app.columns.get_untracked();
    let Some(column) = columns.iter_mut().find(|column| column.name == name) else { return };
    column.width = width.map(|width| {
        u32::try_from(width).unwrap_or(0).clamp(columns::WIDTHS[0], columns::WIDTHS[1])
    });
    if remember { set_columns(app, columns) } else { show_columns(app, columns) }
}

/// Sorts by a column.
pub fn sort(app: App, sort: Sort) {
    app.sort.set(sort);
    if app.info.with_untracked(Option::is_some) {
        resort(app, move || actions::rows_changed(app));
    }
}

/// Brings the rows into the order that is chosen, then goes on.
pub fn resort(app: App, then: impl FnOnce() + 'static) {
    let Sort { column, descending } = app.sort.get_untracked();
    let request = Request::Sort { column, descending };
    let this = next();
    let number = requests::ask(request, move |answer, _| {
        if this != ASKED.get() {
            return;
        }
        app.work.update(|work| *work = work.filter(|work| work.kind != WorkKind::Sorting));
        match answer {
            Answer::Sorted { cancelled: false } => {}
            Answer::Failed(failure) => {
                app.sort.set(Sort::default());
                actions::fail(app, &failure);
            }
            // Cancelled: the rows are in time order still.
            _ => app.sort.set(Sort::default()),
        }
        then();
    });
    app.work.set(Some(Work::new(WorkKind::Sorting, number)));
}

fn next() -> u32 {
    ASKED.set(ASKED.get().wrapping_add(1));
    ASKED.get()
}

/// Groups by a column, or shows rows again.
pub fn group(app: App, column: Option<String>) {
    app.grouped.set(column);
    regroup(app);
}

/// Counts the groups anew.
pub fn regroup(app: App) {
    app.groups.set(None);
    let Some(column) = app.grouped.get_untracked() else { return };
    let wanted = column.clone();
    let number = requests::ask(Request::Group { column }, move |answer, _| {
        if app.grouped.get_untracked().as_deref() != Some(wanted.as_str()) {
            return;
        }
        app.work.update(|work| *work = work.filter(|work| work.kind != WorkKind::Grouping));
        match answer {
            Answer::Grouped(groups) => app.groups.set(Some(Arc::new(groups))),
            Answer::Failed(failure) => {
                app.grouped.set(None);
                actions::fail(app, &failure);
            }
            _ => {}
        }
    });
    app.work.set(Some(Work::new(WorkKind::Grouping, number)));
}

/// First position and number of the rows picked; `None` when there is none.
#[must_use]
pub fn picked(app: App) -> Option<(u64, u64)> {
    let (position, true) = app.position.get_untracked()? else { return None };
    let anchor = app.anchor.get_untracked().unwrap_or(position);
    let first = position.min(anchor);
    Some((first, position.max(anchor) - first + 1))
}

/// Copies the picked rows: `text`, `csv` and `markdown` as the table shows them, the formats of the
/// export as the worker writes them.
pub fn copy_rows(app: App, form: &'static str) {
    let Some((first, rows)) = picked(app) else {
        app.say(|| t(Key::NothingPicked).to_owned());
        return;
    };
    let most = u64::from(etlens_parser::limits::MAX_ROWS);
    let count = u32::try_from(rows.min(most)).unwrap_or(u32::MAX);
    let said = move || {
        let copied = format::count(Plural::RowsCopied, count.into());
        match rows > most {
            true => format!("{copied} {}", fill(Key::CopyCut, &[&format::number(rows)])),
            false => copied,
        }
    };
    if matches!(form, "jsonl" | "xml") {
        let request = Request::Copy { first, count, format: form.to_owned() };
        requests::ask(request, move |answer, _| match answer {
            Answer::Copied { text, .. } => actions::copy_saying(app, &text, said),
            Answer::Failed(failure) => actions::fail(app, &failure),
            _ => {}
        });
        return;
    }
    let columns = app.columns.get_untracked();
    let request = Request::Rows { first, count, more: columns::more(&columns) };
    requests::ask(request, move |answer, _| {
        if let Answer::Rows(rows) = answer {
            let style = app.time_style_now();
            let heads = columns.iter().map(|column| super::cells::title(&column.name)).collect();
            let cells = rows.iter().map(|row| super::cells::texts(row, &columns, &style));
            let lines: Vec<Vec<String>> = std::iter::once(heads).chain(cells).collect();
            actions::copy_saying(app, &super::cells::table(&lines, form), said);
        }
    });
}
