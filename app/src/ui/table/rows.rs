//! Drawing: a pool of row elements, moved and refilled, and the rows fetched for them.

use std::rc::Rc;

use etlens_parser::view::Row;
use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::super::{remove_attribute, set_attribute, set_style};
use super::{SPARE, Shared, Slot, choose, px};
use crate::protocol::{Answer, Request};
use crate::state::app::App;
use crate::state::columns::{self, Column};
use crate::state::format::TimeStyle;
use crate::state::frame::{self, Layer};
use crate::state::rows::BLOCK;
use crate::state::{cells, requests};

pub(super) fn paint(app: App, shared: &Shared, grid: &HtmlElement, body: &HtmlElement) {
    let style = app.time_style_now();
    let selected = app.event.get_untracked();
    let active = app.position.get_untracked().map(|(position, _)| position);
    let lang = app.locale.get_untracked();
    let anchor = app.anchor.get_untracked();
    let picked = anchor.zip(active).map(|(a, b)| a.min(b)..=a.max(b));
    ask(app, shared, true);
    let mut guard = shared.borrow_mut();
    let table = &mut *guard;
    let (first, last) = table.scroller.visible(SPARE);
    let columns = app.columns.get_untracked();
    let pool = usize::try_from(last.saturating_sub(first)).unwrap_or(0);
    while table.slots.len() < pool {
        let Some(slot) = new_slot(body, table.slots.len(), &columns) else { return };
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
        // What is drawn stays until the new rows are there: nothing flashes.
        let kept = row.is_none() && table.keep && slot.shown.is_some();
        if !kept && (stale || slot.shown != showing) {
            slot.shown = showing;
            set_attribute(&slot.element, "aria-rowindex", &(position + 2).to_string());
            fill(slot, row, &columns, &style, lang);
        }
        let is_selected = match picked.clone() {
            Some(picked) => picked.contains(&position),
            None => row.is_some_and(|row| Some(row.event) == selected),
        };
        // A click changes two rows: the browser need not look at the others.
        if !kept && slot.selected != is_selected {
            slot.selected = is_selected;
            let flag = if is_selected { "true" } else { "false" };
            set_attribute(&slot.element, "aria-selected", flag);
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
}

/// Asks for the rows that are to be seen and are not here, and for those `around`.
pub(super) fn ask(app: App, shared: &Shared, around: bool) {
    let mut table = shared.borrow_mut();
    let (first, last) = table.scroller.visible(SPARE);
    // A window more on either side is fetched, so that scrolling meets rows that are there.
    let page = if around { table.scroller.page() } else { 0 };
    let (near, far) = (first.saturating_sub(page), last.saturating_add(page));
    let far = far.min(table.scroller.rows);
    let missing = table.rows.missing(first..last, near..far);
    let generation = table.rows.generation();
    drop(table);
    for block in missing {
        fetch(app, shared, block, generation);
    }
}

fn fetch(app: App, table: &Shared, block: u64, generation: u32) {
    let more = app.columns.with_untracked(|columns| columns::more(columns));
    let request = Request::Rows { first: block * BLOCK, count: BLOCK as u32, more };
    let table = Rc::clone(table);
    requests::ask(request, move |answer, _| {
        // There is room for the next request now.
        frame::request(Layer::Table);
        let mut inner = table.borrow_mut();
        let Answer::Rows(rows) = answer else { return inner.rows.failed() };
        if !inner.rows.insert(block, generation, rows) {
            return;
        }
        inner.keep = false;
        inner.stale = true;
        let wanted = inner.wanted.filter(|position| position / BLOCK == block);
        drop(inner);
        if let Some(position) = wanted {
            choose(app, &table, position);
        }
    });
}

fn new_element(class: &str, role: &str) -> Option<HtmlElement> {
    let element = document().create_element("div").ok()?.dyn_into::<HtmlElement>().ok()?;
    element.set_class_name(class);
    set_attribute(&element, "role", role);
    Some(element)
}

fn new_slot(body: &HtmlElement, number: usize, columns: &[Column]) -> Option<Slot> {
    let element = new_element("row", "row")?;
    element.set_id(&format!("row-{number}"));
    let mut cells = Vec::with_capacity(columns.len());
    for column in columns {
        let cell = new_element(&super::header::class(&column.name), "gridcell")?;
        set_attribute(&cell, "data-column", &column.name);
        // Elements just made are appended to elements in the page.
        element.append_child(&cell).ok()?;
        cells.push(cell);
    }
    body.append_child(&element).ok()?;
    set_attribute(&element, "aria-selected", "false");
    Some(Slot { element, cells, shown: None, selected: false })
}

fn fill(slot: &Slot, row: Option<&Row>, columns: &[Column], style: &TimeStyle, lang: &str) {
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
    let texts = cells::texts(row, columns, style);
    for ((cell, text), column) in slot.cells.iter().zip(&texts).zip(columns) {
        cell.set_text_content(Some(text));
        match column.name.as_str() {
            "time" | "id" | "pid" | "tid" => {}
            "level" => cell.set_lang(lang),
            "message" => {
                cell.set_lang(lang);
                cell.set_title(text);
            }
            _ => cell.set_title(text),
        }
    }
}
