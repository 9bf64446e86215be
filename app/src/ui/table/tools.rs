//! What can be done with the table as a whole: facets, columns, groups, copies.

use etlens_parser::view::FacetValue;
use web_sys::{Event, HtmlInputElement, HtmlSelectElement, KeyboardEvent};

use super::super::dom::{El, button, el, menu, sign_button};
use crate::protocol::{Answer, Request};
use crate::state::app::App;
use crate::state::columns::{self, Column, HEADER, OWN};
use crate::state::i18n::{Key, fill, t};
use crate::state::reactive::{State, effect};
use crate::state::{arrange, cells, requests};

/// Forms rows are copied in: names and the texts of the menu.
const COPIES: [(&str, Key); 5] = [
    ("text", Key::CopyText),
    ("csv", Key::CopyCsv),
    ("markdown", Key::CopyMarkdown),
    ("jsonl", Key::CopyJsonl),
    ("xml", Key::CopyXml),
];

/// The facet whose values are the fields of payloads, and the most that are offered.
const PAYLOAD: &str = "EventData";
const MOST_FIELDS: u32 = 1_000;

/// What the table can be grouped by beside the columns it has.
const GROUPS: [&str; 8] =
    ["provider", "event", "level", "Process", "pid", "tid", "activity", "Keywords"];

/// The line above the table.
pub fn tools(app: App) -> El {
    let facets = button(t(Key::Facets), move || app.set(|s| s.facets = !s.facets))
        .test("facets-toggle")
        .live_flag("aria-pressed", move || app.settings.with(|settings| settings.facets));
    let copies = COPIES.into_iter().map(|(form, text)| {
        let act = move || arrange::copy_rows(app, form);
        button(t(text), act).attr("data-copy", form)
    });
    el("div")
        .class("table-tools")
        .child(facets)
        .child(columns_menu(app))
        .child(group_choice(app))
        .child(
            menu(t(Key::CopyRows), t(Key::CopyRowsTitle), true, copies.collect()).test("copy-menu"),
        )
}

fn columns_menu(app: App) -> El {
    let names = OWN.iter().map(|(name, ..)| *name).chain(HEADER);
    let mut items: Vec<El> = names.map(|name| column_choice(app, name)).collect();
    let further = el("div").class("further").live(move || {
        let payload = |column: &&Column| column.own().is_none() && !HEADER.contains(&&*column.name);
        app.columns.with(|columns| {
            columns.iter().filter(payload).map(|column| column_choice(app, &column.name)).collect()
        })
    });
    items.push(further);
    items.push(field_input(app));
    items.push(button(t(Key::ColumnsReset), move || arrange::set_columns(app, columns::usual())));
    menu(t(Key::Columns), t(Key::ColumnsTitle), false, items).test("columns-menu")
}

fn column_choice(app: App, name: &str) -> El {
    let (shown, toggled) = (name.to_owned(), name.to_owned());
    let check = el("input").attr("type", "checkbox").attr("data-choice", name);
    let node: HtmlInputElement = check.cast();
    let check = check.on("change", move |_: &Event| arrange::toggle_column(app, &toggled));
    effect(move || node.set_checked(app.columns.with(|all| all.iter().any(|c| c.name == shown))));
    el("label").class("check").child(check).text(&cells::title(name))
}

/// A field of the payload by name, with those of the trace to choose from.
fn field_input(app: App) -> El {
    let input =
        el("input").attr("type", "text").attr("list", "payload-fields").test("column-field");
    let node: HtmlInputElement = input.cast();
    let known = State::new(Vec::<FacetValue>::new());
    let keyed = node.clone();
    let input = input
        .label(t(Key::ColumnField))
        .attr("placeholder", t(Key::ColumnField))
        .attr("autocomplete", "off")
        .on("focus", move |_: &Event| offer(known))
        .on("keydown", move |event: &KeyboardEvent| {
            if event.key() == "Enter" {
                event.prevent_default();
                add_field(app, &keyed);
            }
        });
    let list = el("datalist").id("payload-fields").live(move || {
        let option = |name: &FacetValue| el("option").attr("value", &name.label);
        known.with(|names| names.iter().map(option).collect())
    });
    let add = button(t(Key::ColumnAdd), move || add_field(app, &node));
    el("div").class("field").child(input).child(list).child(add)
}

/// Offers the payload fields of the trace; the browser narrows them down.
fn offer(known: State<Vec<FacetValue>>) {
    let request = Request::Facet { field: PAYLOAD.to_owned(), limit: MOST_FIELDS };
    requests::ask(request, move |answer, _| {
        if let Answer::Facet(names) = answer {
            known.set_if_new(names);
        }
    });
}

fn add_field(app: App, input: &HtmlInputElement) {
    let text = input.value();
    let text = text.trim();
    if text.is_empty() {
        return;
    }
    let name = match columns::of_property(text) {
        Some(name) => name.to_owned(),
        None => format!("{PAYLOAD}.{text}"),
    };
    if !app.columns.with_untracked(|all| all.iter().any(|column| column.name == name)) {
        arrange::toggle_column(app, &name);
    }
    input.set_value("");
}

fn group_choice(app: App) -> El {
    let select = el("select").id("group-by").test("group-by").attr("title", t(Key::GroupBy));
    let node: HtmlSelectElement = select.cast();
    let chosen = node.clone();
    let select = select.live(move || {
        let mut names: Vec<String> = GROUPS.iter().map(|name| (*name).to_owned()).collect();
        let shown = app.columns.with(|columns| columns.iter().map(super::header::name).collect());
        for name in [shown, app.grouped.get().into_iter().collect::<Vec<_>>()].concat() {
            if name != "time" && !names.contains(&name) {
                names.push(name);
            }
        }
        let none = el("option").attr("value", "").text(t(Key::GroupNone));
        let by = names.iter().map(|name| {
            let title = match name.as_str() {
                "event" => t(Key::ColumnName).to_owned(),
                "name" => t(Key::ColumnEventName).to_owned(),
                name => cells::title(name),
            };
            el("option").attr("value", name).text(&fill(Key::GroupedBy, &[&title]))
        });
        std::iter::once(none).chain(by).collect()
    });
    // After the options, which it chooses among.
    effect(move || {
        app.columns.track();
        chosen.set_value(&app.grouped.get().unwrap_or_default());
    });
    let select = select.on("change", move |_: &Event| {
        let value = node.value();
        arrange::group(app, (!value.is_empty()).then_some(value));
    });
    let label = el("span").class("unseen").text(t(Key::GroupBy));
    let back = sign_button("✕", t(Key::GroupsClose), move || arrange::group(app, None))
        .class("plain")
        .live_bare("hidden", move || app.grouped.with(Option::is_none));
    el("div").class("choice").child(el("label").child(label).child(select)).child(back)
}
