//! The event table: as many rows as fit, moved and refilled while scrolling.
//!
//! The grid keeps the keyboard focus and names its active row (`aria-activedescendant`), so that
//! rows may come and go under it.

mod groups;
mod header;
mod rows;
mod tools;

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::window;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, KeyboardEvent, MouseEvent};

use super::dom::{El, el, px, watch_size as observe};
use super::{focus, set_style};
use crate::state::app::App;
use crate::state::frame::{self, Layer};
use crate::state::i18n::{Key, t};
use crate::state::reactive::{State, condition, effect};
use crate::state::rows::Rows;
use crate::state::scroller::Scroller;
use crate::state::{actions, arrange};

/// Height of a row in CSS pixels, with a mouse and with a finger.
const ROW_PX: [f64; 2] = [24.0, 36.0];

/// Rows drawn beyond the window on either side, so that a wheel notch shows no gap.
const SPARE: u64 = 6;

/// One row element of the pool.
struct Slot {
    element: HtmlElement,
    cells: Vec<HtmlElement>,
    /// Position it shows, and whether it shows a row there (not a placeholder).
    shown: Option<(u64, bool)>,
    /// Whether it is marked as selected.
    selected: bool,
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
    /// Whether what is drawn, though of the past, stays until rows arrive.
    keep: bool,
}

type Shared = Rc<RefCell<Table>>;

/// The table.
pub fn table(app: App) -> El {
    // Drawing a column wider does not make it another one.
    let names = State::new(Vec::new());
    effect(move || {
        let of = |columns: &Vec<_>| columns.iter().map(header::name).collect::<Vec<String>>();
        names.set_if_new(app.columns.with(of));
    });
    let body = el("div").class("grid-body").attr("role", "rowgroup");
    let grid = el("div")
        .class("grid")
        .id("event-table")
        .test("event-table")
        .attr("role", "grid")
        .attr("tabindex", "0")
        .label(t(Key::EventTable))
        .attr("aria-readonly", "true")
        .attr("aria-multiselectable", "true")
        .live_attr("aria-rowcount", move || Some((app.shown.get() + 1).to_string()))
        .live_attr("aria-colcount", move || Some(names.with(Vec::len).to_string()))
        .child(header::header(app, names))
        .child(body.clone());

    let table = Shared::default();
    let coarse = window().match_media("(pointer: coarse)").ok().flatten();
    let coarse = coarse.is_some_and(|query| query.matches());
    table.borrow_mut().scroller.row = ROW_PX[usize::from(coarse)];
    watch_size(&table, grid.node());
    follow(app, &table, grid.node(), body.node(), names);

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
            pick(app, event.shift_key());
            choose(app, &table, position);
        }
    };
    let view = grid.node().clone();
    let on_press = move |event: &MouseEvent| {
        if event.shift_key() {
            // Rows are picked, not their text.
            event.prevent_default();
            super::drop_result(view.focus());
        }
    };
    let grid = grid.on("mousedown", on_press);
    let grid = grid.on("scroll", on_scroll).on("keydown", on_key).on("click", on_click);
    let nothing = el("p")
        .class("nothing")
        .text(t(Key::NothingShown))
        .live_bare("hidden", move || app.shown.get() != 0);
    let grouped = condition(move || app.grouped.with(Option::is_some));
    let grid = grid.live_bare("hidden", move || grouped.get());
    el("div")
        .class("table")
        .child(tools::tools(app))
        .child(grid)
        .child(nothing)
        .live(move || if grouped.get() { vec![groups::groups(app)] } else { Vec::new() })
}

/// Keeps the table in step with the state.
fn follow(
    app: App,
    table: &Shared,
    grid: &HtmlElement,
    body: &HtmlElement,
    names: State<Vec<String>>,
) {
    let (painted, view, rows) = (Rc::clone(table), grid.clone(), body.clone());
    frame::paint_with(Layer::Table, move || rows::paint(app, &painted, &view, &rows));

    // The rows changed.
    let (changed, spacer) = (Rc::clone(table), body.clone());
    effect(move || {
        let (_, wrong) = app.rows.get();
        let mut table = changed.borrow_mut();
        table.rows.expire(wrong);
        table.keep |= wrong;
        table.stale = true;
        table.scroller.rows = app.shown.get();
        set_style(&spacer, "height", &px(table.scroller.spacer()));
        drop(table);
        // Not only in the next frame: by then they may be here, and after them the lanes.
        rows::ask(app, &changed, false);
        frame::request(Layer::Table);
    });

    // Other columns: the row elements are made anew.
    let renamed = Rc::clone(table);
    effect(move || {
        names.track();
        for slot in renamed.borrow_mut().slots.drain(..) {
            slot.element.remove();
        }
        frame::request(Layer::Table);
    });
    let sized = grid.clone();
    effect(move || {
        let (tracks, least) = app.columns.with(|columns| {
            let tracks: Vec<String> = columns.iter().map(|column| column.track()).collect();
            (tracks.join(" "), columns.iter().map(|column| column.least()).sum::<u32>())
        });
        set_style(&sized, "--columns", &tracks);
        set_style(&sized, "--columns-width", &format!("{least}px"));
    });

    // How times are written changed.
    let restyled = Rc::clone(table);
    effect(move || {
        app.settings.track();
        restyled.borrow_mut().stale = true;
        frame::request(Layer::Table);
    });

    // The selection changed.
    let (selected, view) = (Rc::clone(table), grid.clone());
    effect(move || {
        app.event.track();
        app.anchor.track();
        let position = app.position.get();
        let mut table = selected.borrow_mut();
        let bar = position.and_then(|(position, _)| table.scroller.reveal(position));
        drop(table);
        if let Some(bar) = bar {
            view.set_scroll_top(bar.round() as i32);
        }
        frame::request(Layer::Table);
    });
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
    if (event.ctrl_key() || event.meta_key()) && event.key() == "c" {
        // What is marked as text is the browser's to copy.
        let marked = window().get_selection().ok().flatten();
        let free = marked.is_none_or(|marked| marked.is_collapsed());
        if free {
            arrange::copy_rows(app, "text");
        }
        return free;
    }
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
    pick(app, event.shift_key());
    choose(app, table, to.min(last));
    true
}

/// Begins, goes on with or ends picking rows, before another one is selected.
fn pick(app: App, more: bool) {
    let here = app.position.get_untracked().map(|(position, _)| position);
    let anchor = app.anchor.get_untracked().or(here).filter(|_| more);
    app.anchor.set_if_new(anchor);
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
