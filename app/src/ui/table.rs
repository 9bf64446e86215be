//! The event table: as many rows as fit, moved and refilled while scrolling.
//!
//! The grid keeps the keyboard focus and names its active row (`aria-activedescendant`), so that
//! rows may come and go under it.

use std::cell::RefCell;
use std::rc::Rc;

use etlens_parser::view::Row;
use leptos::prelude::{document, window};
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, KeyboardEvent, MouseEvent};

use super::dom::{El, el, watch_size as observe};
use super::{focus, remove_attribute, set_attribute, set_style};
use crate::protocol::{Answer, Request};
use crate::state::app::App;
use crate::state::format::TimeStyle;
use crate::state::frame::{self, Layer};
use crate::state::i18n::{Key, t};
use crate::state::reactive::effect;
use crate::state::rows::{BLOCK, Rows};
use crate::state::scroller::Scroller;
use crate::state::{actions, requests};

/// Height of a row in CSS pixels, with a mouse and with a finger.
const ROW_PX: [f64; 2] = [24.0, 36.0];

/// Rows drawn beyond the window on either side, so that a wheel notch shows no gap.
const SPARE: u64 = 6;

/// The columns by their `data-column`, in order.
const COLUMNS: [(&str, Key); 9] = [
    ("time", Key::ColumnTime),
    ("level", Key::ColumnLevel),
    ("provider", Key::ColumnProvider),
    ("id", Key::ColumnId),
    ("name", Key::ColumnName),
    ("pid", Key::ColumnPid),
    ("tid", Key::ColumnTid),
    ("activity", Key::ColumnActivity),
    ("message", Key::ColumnMessage),
];

/// One row element of the pool.
struct Slot {
    element: HtmlElement,
    cells: Vec<HtmlElement>,
    /// Position it shows, and whether it shows a row there (not a placeholder).
    shown: Option<(u64, bool)>,
}

#[derive(Default)]
struct Table {
    scroller: Scroller,
    rows: Rows,
    slots: Vec<Slot>,
    /// A position chosen by key whose row is still on its way.
    wanted: Option<u64>,
    /// Whether all slots must be refilled.
    stale: bool,
}

type Shared = Rc<RefCell<Table>>;

/// The table.
pub fn table(app: App) -> El {
    let heads = COLUMNS.iter().fold(el("div"), |row, (name, title)| {
        let head = el("div").attr("role", "columnheader").class(&format!("cell {name}"));
        row.child(head.text(t(*title)))
    });
    let heads = heads.class("row").attr("role", "row").attr("aria-rowindex", "1");
    let body = el("div").class("grid-body").attr("role", "rowgroup");
    let grid = el("div")
        .class("grid")
        .id("event-table")
        .test("event-table")
        .attr("role", "grid")
        .attr("tabindex", "0")
        .label(t(Key::EventTable))
        .attr("aria-readonly", "true")
        .live_attr("aria-rowcount", move || Some((app.shown.get() + 1).to_string()))
        .attr("aria-colcount", &COLUMNS.len().to_string())
        .child(el("div").class("grid-head").attr("role", "rowgroup").child(heads))
        .child(body.clone());

    let table = Shared::default();
    let coarse = window().match_media("(pointer: coarse)").ok().flatten();
    let coarse = coarse.is_some_and(|query| query.matches());
    table.borrow_mut().scroller.row = ROW_PX[usize::from(coarse)];
    watch_size(&table, grid.node());
    follow(app, &table, grid.node(), body.node());

    let (scrolled, view) = (Rc::clone(&table), grid.node().clone());
    let on_scroll = move |_: &Event| {
        let bar = scrolled.borrow_mut().scroller.scrolled(f64::from(view.scroll_top()));
        if let Some(bar) = bar {
            view.set_scroll_top(bar.round() as i32);
        }
        frame::request(Layer::Table);
    };
    let (keyed, view) = (Rc::clone(&table), grid.node().clone());
    let on_key = move |event: &KeyboardEvent| {
        if key(app, &keyed, &view, event) {
            event.prevent_default();
        }
    };
    let on_click = move |event: &MouseEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let row = target.and_then(|target| target.closest("[data-index]").ok().flatten());
        let position = row.and_then(|row| row.get_attribute("data-index"));
        if let Some(position) = position.and_then(|position| position.parse().ok()) {
            choose(app, &table, position);
        }
    };
    let grid = grid.on("scroll", on_scroll).on("keydown", on_key).on("click", on_click);
    let nothing = el("p")
        .class("nothing")
        .text(t(Key::NothingShown))
        .live_bare("hidden", move || app.shown.get() != 0);
    el("div").class("table").child(grid).child(nothing)
}

/// Keeps the table in step with the state.
fn follow(app: App, table: &Shared, grid: &HtmlElement, body: &HtmlElement) {
    let (painted, view, rows) = (Rc::clone(table), grid.clone(), body.clone());
    frame::paint_with(Layer::Table, move || paint(app, &painted, &view, &rows));

    // The rows changed.
    let (changed, rows) = (Rc::clone(table), body.clone());
    effect(move || {
        let (_, wrong) = app.rows.get();
        let mut table = changed.borrow_mut();
        table.rows.expire(wrong);
        table.stale = true;
        table.scroller.rows = app.shown.get();
        set_style(&rows, "height", &px(table.scroller.spacer()));
        drop(table);
        frame::request(Layer::Table);
    });

    // The selection, or how times are written, changed.
    let (selected, view) = (Rc::clone(table), grid.clone());
    effect(move || {
        app.event.track();
        app.settings.track();
        let position = app.position.get();
        let mut table = selected.borrow_mut();
        table.stale = true;
        let bar = position.and_then(|(position, _)| table.scroller.reveal(position));
        drop(table);
        if let Some(bar) = bar {
            view.set_scroll_top(bar.round() as i32);
        }
        frame::request(Layer::Table);
    });
}

/// A length in whole pixels: rows are drawn on them, and printing fractions takes more code than
/// the table.
fn px(length: f64) -> String {
    format!("{}px", length.round() as i64)
}

/// Keeps the scroller's window as tall as the grid's inside.
fn watch_size(table: &Shared, grid: &HtmlElement) {
    let (table, observed) = (Rc::clone(table), grid.clone());
    observe(grid, move || {
        let head = observed.first_element_child().map_or(0, |head| head.client_height());
        table.borrow_mut().scroller.window = f64::from(observed.client_height() - head);
        frame::request(Layer::Table);
    });
}

fn key(app: App, table: &Shared, grid: &HtmlElement, event: &KeyboardEvent) -> bool {
    if event.ctrl_key() || event.alt_key() || event.meta_key() {
        return false;
    }
    let (rows, page, first) = {
        let table = table.borrow();
        (table.scroller.rows, table.scroller.page(), table.scroller.visible(0).0)
    };
    let Some(last) = rows.checked_sub(1) else { return false };
    let here = table.borrow().wanted.or_else(|| app.position.get_untracked().map(|(p, _)| p));
    let to = match event.key().as_str() {
        "ArrowDown" => here.map_or(first, |p| p + 1),
        "ArrowUp" => here.map_or(first, |p| p.saturating_sub(1)),
        "PageDown" => here.map_or(first, |p| p + page),
        "PageUp" => here.map_or(first, |p| p.saturating_sub(page)),
        "Home" => 0,
        "End" => last,
        "Enter" => {
            focus("details-title");
            return true;
        }
        _ => return false,
    };
    // A page moves the window too, so that the row stays at its place on the screen.
    let pages = match event.key().as_str() {
        "PageDown" => 1.0,
        "PageUp" => -1.0,
        _ => 0.0,
    };
    if pages != 0.0 {
        let mut table = table.borrow_mut();
        let by = pages * page as f64 * table.scroller.row;
        let top = table.scroller.top + by;
        let bar = table.scroller.move_to(top);
        drop(table);
        grid.set_scroll_top(bar.round() as i32);
    }
    choose(app, table, to.min(last));
    true
}

/// Selects the event at a position, now or when its row has arrived.
fn choose(app: App, table: &Shared, position: u64) {
    let event = {
        let mut table = table.borrow_mut();
        let event = table.rows.get(position).map(|row| row.event);
        table.wanted = event.is_none().then_some(position);
        event
    };
    match event {
        Some(event) => actions::select(app, event, Some(position), true),
        None => app.position.set(Some((position, true))),
    }
}

fn paint(app: App, shared: &Shared, grid: &HtmlElement, body: &HtmlElement) {
    let style = app.time_style_now();
    let selected = app.event.get_untracked();
    let active = app.position.get_untracked().map(|(position, _)| position);
    let lang = app.locale.get_untracked();
    let mut guard = shared.borrow_mut();
    let table = &mut *guard;
    let (first, last) = table.scroller.visible(SPARE);
    let missing = table.rows.missing(first, last);
    let pool = usize::try_from(last.saturating_sub(first)).unwrap_or(0);
    while table.slots.len() < pool {
        let Some(slot) = new_slot(body, table.slots.len()) else { return };
        table.slots.push(slot);
        // A position maps to another slot now.
        table.stale = true;
    }
    let stale = std::mem::take(&mut table.stale);
    let size = table.slots.len().max(1) as u64;
    let mut active_id = None;
    let mut used = vec![false; table.slots.len()];
    for position in first..last {
        let index = (position % size) as usize;
        let Some(slot) = table.slots.get_mut(index) else { continue };
        used[index] = true;
        let row = table.rows.get(position);
        let showing = Some((position, row.is_some()));
        if stale || slot.shown != showing {
            slot.shown = showing;
            set_attribute(&slot.element, "aria-rowindex", &(position + 2).to_string());
            fill(slot, row, &style, lang);
            let is_selected = row.is_some_and(|row| Some(row.event) == selected);
            set_attribute(
                &slot.element,
                "aria-selected",
                if is_selected { "true" } else { "false" },
            );
        }
        let y = px(table.scroller.y_of(position));
        set_style(&slot.element, "transform", &format!("translateY({y})"));
        if Some(position) == active {
            active_id = Some(slot.element.id());
        }
    }
    for (slot, used) in table.slots.iter_mut().zip(used) {
        slot.element.set_hidden(!used);
        if !used {
            slot.shown = None;
        }
    }
    match active_id {
        Some(id) => set_attribute(grid, "aria-activedescendant", &id),
        None => remove_attribute(grid, "aria-activedescendant"),
    }
    let generation = table.rows.generation();
    drop(guard);
    for block in missing {
        fetch(app, shared, block, generation);
    }
}

fn fetch(app: App, table: &Shared, block: u64, generation: u32) {
    let request = Request::Rows { first: block * BLOCK, count: BLOCK as u32 };
    let table = Rc::clone(table);
    requests::ask(request, move |answer, _| {
        let Answer::Rows(rows) = answer else { return };
        let mut inner = table.borrow_mut();
        if !inner.rows.insert(block, generation, rows) {
            return;
        }
        inner.stale = true;
        let wanted = inner.wanted.filter(|position| position / BLOCK == block);
        drop(inner);
        if let Some(position) = wanted {
            choose(app, &table, position);
        }
        frame::request(Layer::Table);
    });
}

fn new_element(class: &str, role: &str) -> Option<HtmlElement> {
    let element = document().create_element("div").ok()?.dyn_into::<HtmlElement>().ok()?;
    element.set_class_name(class);
    set_attribute(&element, "role", role);
    Some(element)
}

fn new_slot(body: &HtmlElement, number: usize) -> Option<Slot> {
    let element = new_element("row", "row")?;
    element.set_id(&format!("row-{number}"));
    let mut cells = Vec::with_capacity(COLUMNS.len());
    for (name, _) in COLUMNS {
        let cell = new_element(&format!("cell {name}"), "gridcell")?;
        set_attribute(&cell, "data-column", name);
        // Elements just made are appended to elements in the page.
        element.append_child(&cell).ok()?;
        cells.push(cell);
    }
    body.append_child(&element).ok()?;
    Some(Slot { element, cells, shown: None })
}

fn fill(slot: &Slot, row: Option<&Row>, style: &TimeStyle, lang: &str) {
    let Some(row) = row else {
        slot.element.set_class_name("row pending");
        remove_attribute(&slot.element, "data-index");
        for cell in &slot.cells {
            cell.set_text_content(None);
        }
        return;
    };
    let class = match (row.marked, row.level) {
        (true, _) => "row is-marked",
        (false, 1 | 2) => "row is-error",
        (false, 3) => "row is-warning",
        _ => "row",
    };
    slot.element.set_class_name(class);
    set_attribute(&slot.element, "data-index", &row.position.to_string());
    let number = |n: Option<u32>| n.map(|n| n.to_string()).unwrap_or_default();
    let texts = [
        style.cell(row.time),
        row.level_name.clone(),
        row.provider.clone(),
        row.id.to_string(),
        row.name.clone(),
        match row.process.as_str() {
            "" => number(row.pid),
            process => format!("{process} ({})", number(row.pid)),
        },
        number(row.tid),
        row.activity.map(|guid| guid.to_string()).unwrap_or_default(),
        row.message.clone(),
    ];
    for (cell, text) in slot.cells.iter().zip(&texts) {
        cell.set_text_content(Some(text));
    }
    for (index, text) in [(2, &texts[2]), (4, &texts[4]), (7, &texts[7]), (8, &texts[8])] {
        if let Some(cell) = slot.cells.get(index) {
            cell.set_title(text);
        }
    }
    for index in [1, 8] {
        if let Some(cell) = slot.cells.get(index) {
            cell.set_lang(lang);
        }
    }
}
