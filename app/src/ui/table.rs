//! The event table: as many rows as fit, moved and refilled while scrolling.
//!
//! The grid keeps the keyboard focus and names its active row (`aria-activedescendant`), so that
//! rows may come and go under it.

use std::cell::RefCell;
use std::rc::Rc;

use etlens_parser::view::Row;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, HtmlElement, KeyboardEvent, MouseEvent, ResizeObserver};

use super::{focus, set_attribute, set_style};
use crate::protocol::{Answer, Request};
use crate::state::app::App;
use crate::state::format::TimeStyle;
use crate::state::frame::{self, Layer};
use crate::state::i18n::{Key, t};
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
pub fn table(app: App) -> AnyView {
    let grid = NodeRef::<html::Div>::new();
    let body = NodeRef::<html::Div>::new();
    let table = Shared::default();
    let coarse = window().match_media("(pointer: coarse)").ok().flatten();
    table.borrow_mut().scroller.row =
        ROW_PX[usize::from(coarse.is_some_and(|query| query.matches()))];

    let painted = Rc::clone(&table);
    Effect::new(move |_| {
        let (Some(grid), Some(body)) = (grid.get(), body.get()) else { return };
        watch_size(&painted, &grid);
        let table = Rc::clone(&painted);
        frame::paint_with(Layer::Table, move || paint(app, &table, &grid, &body));
    });

    // The rows changed.
    let changed = Rc::clone(&table);
    Effect::new(move |_| {
        let (_, wrong) = app.rows.get();
        let shown = app.shown.get();
        let mut table = changed.borrow_mut();
        table.rows.expire(wrong);
        table.stale = true;
        table.scroller.rows = shown;
        if let Some(body) = body.get() {
            set_style(&body, "height", &format!("{}px", table.scroller.spacer()));
        }
        drop(table);
        frame::request(Layer::Table);
    });

    // The selection, or how times are written, changed.
    let selected = Rc::clone(&table);
    Effect::new(move |_| {
        app.event.track();
        app.settings.track();
        let position = app.position.get();
        let mut table = selected.borrow_mut();
        table.stale = true;
        if let (Some((position, _)), Some(grid)) = (position, grid.get_untracked())
            && let Some(bar) = table.scroller.reveal(position)
        {
            drop(table);
            grid.set_scroll_top(bar.round() as i32);
        }
        frame::request(Layer::Table);
    });

    let scrolled = Rc::clone(&table);
    let on_scroll = move |_| {
        let Some(grid) = grid.get_untracked() else { return };
        let bar = scrolled.borrow_mut().scroller.scrolled(f64::from(grid.scroll_top()));
        if let Some(bar) = bar {
            grid.set_scroll_top(bar.round() as i32);
        }
        frame::request(Layer::Table);
    };

    let keyed = Rc::clone(&table);
    let on_key = move |event: KeyboardEvent| {
        let Some(grid) = grid.get_untracked() else { return };
        if key(app, &keyed, &grid, &event) {
            event.prevent_default();
        }
    };

    let clicked = Rc::clone(&table);
    let on_click = move |event: MouseEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let row = target.and_then(|target| target.closest("[data-index]").ok().flatten());
        let position = row.and_then(|row| row.get_attribute("data-index"));
        if let Some(position) = position.and_then(|position| position.parse().ok()) {
            choose(app, &clicked, position);
        }
    };

    let heads: Vec<_> = COLUMNS
        .iter()
        .map(|(name, title)| {
            view! { <div role="columnheader" class=format!("cell {name}")>{t(*title)}</div> }
        })
        .collect();
    view! {
        <div class="table">
        <div class="grid" id="event-table" data-testid="event-table" role="grid" tabindex="0"
            aria-label=t(Key::EventTable) aria-readonly="true"
            aria-rowcount=move || (app.shown.get() + 1).to_string()
            aria-colcount=COLUMNS.len().to_string()
            node_ref=grid on:scroll=on_scroll on:keydown=on_key on:click=on_click>
            <div class="grid-head" role="rowgroup">
                <div class="row" role="row" aria-rowindex="1">{heads}</div>
            </div>
            <div class="grid-body" role="rowgroup" node_ref=body></div>
        </div>
        <p class="nothing" hidden=move || app.shown.get() != 0>{t(Key::NothingShown)}</p>
        </div>
    }
    .into_any()
}

/// Keeps the scroller's window as tall as the grid's inside.
fn watch_size(table: &Shared, grid: &HtmlElement) {
    let (table, observed) = (Rc::clone(table), grid.clone());
    let resized = Closure::<dyn FnMut()>::new(move || {
        let head = observed.first_element_child().map_or(0, |head| head.client_height());
        let mut table = table.borrow_mut();
        table.scroller.window = f64::from(observed.client_height() - head);
        drop(table);
        frame::request(Layer::Table);
    });
    if let Ok(observer) = ResizeObserver::new(resized.as_ref().unchecked_ref()) {
        observer.observe(grid);
        // Both live as long as the grid is observed.
        let kept = StoredValue::new_local((observer, resized));
        on_cleanup(move || kept.with_value(|(observer, _)| observer.disconnect()));
    }
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
    let style = untrack(|| app.time_style());
    let selected = app.event.get_untracked();
    let active = app.position.get_untracked().map(|(position, _)| position);
    let lang = app.locale.get_untracked();
    let mut guard = shared.borrow_mut();
    let table = &mut *guard;
    let (first, last) = table.scroller.visible(SPARE);
    let missing = table.rows.missing(first, last);
    let pool = usize::try_from(last - first).unwrap_or(0);
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
        set_style(
            &slot.element,
            "transform",
            &format!("translateY({}px)", table.scroller.y_of(position)),
        );
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
        // Removing an attribute does not fail.
        None => drop(grid.remove_attribute("aria-activedescendant")),
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
        drop(slot.element.remove_attribute("data-index"));
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
        number(row.pid),
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
