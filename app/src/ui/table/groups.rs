//! The groups: the values of a column in place of rows, each with what is in it.

use etlens_parser::query::Choice;
use etlens_parser::view::{Group, Groups};

use super::super::dom::{El, button, el};
use crate::state::app::App;
use crate::state::format::number;
use crate::state::i18n::{Key, fill, t};
use crate::state::{actions, arrange, cells};

/// The groups of the column chosen.
pub fn groups(app: App) -> El {
    el("div").class("groups").test("groups").attr("tabindex", "0").live(move || {
        match app.groups.get() {
            Some(groups) => table(app, &groups),
            None => vec![el("p").class("source").text(t(Key::WorkGrouping))],
        }
    })
}

fn table(app: App, groups: &Groups) -> Vec<El> {
    let column = app.grouped.get_untracked().unwrap_or_default();
    let of = if column == "event" { t(Key::ColumnName).to_owned() } else { cells::title(&column) };
    let keys =
        [Key::GroupEvents, Key::GroupErrors, Key::GroupMarked, Key::GroupFirst, Key::GroupLast];
    let heads = keys
        .into_iter()
        .fold(el("tr").child(el("th").attr("scope", "col").text(&of)), |heads, key| {
            heads.child(el("th").attr("scope", "col").text(t(key)))
        });
    let rows = groups.groups.iter().map(|group| row(app, group)).collect();
    let table = el("table")
        .label(&fill(Key::GroupedBy, &[&of]))
        .child(el("thead").child(heads))
        .child(el("tbody").children(rows));
    let shown = groups.groups.len() as u64;
    let cut = (shown < groups.total).then(|| {
        let text = fill(Key::GroupsCut, &[&number(shown), &number(groups.total)]);
        el("p").class("source").text(&text)
    });
    std::iter::once(table).chain(cut).collect()
}

fn row(app: App, group: &Group) -> El {
    let Group { label, filter, events, errors, marked, first, last } = group;
    let text = if label.is_empty() { t(Key::GroupEmpty) } else { label };
    let name = if filter.is_empty() {
        el("span").text(text)
    } else {
        let term = filter.clone();
        let open = move || {
            arrange::group(app, None);
            actions::choose(app, &term, Choice::Only);
        };
        button(text, open).class("link").attr("title", filter)
    };
    let class = match (*marked, *errors) {
        (1.., _) => "is-marked",
        (_, 1..) => "is-error",
        _ => "",
    };
    let style = app.time_style_now();
    let cells =
        [number(*events), number(*errors), number(*marked), style.cell(*first), style.cell(*last)];
    cells.iter().fold(
        el("tr").class(class).child(el("th").attr("scope", "row").child(name)),
        |row, cell| row.child(el("td").text(cell)),
    )
}
