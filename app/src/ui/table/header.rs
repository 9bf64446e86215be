//! The heads of the columns: sort, widen, move, take away, by pointer and by keys.

use std::cell::Cell;
use std::rc::Rc;

use leptos::prelude::{document, request_animation_frame};
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, KeyboardEvent, MouseEvent, PointerEvent};

use super::super::dom::{El, el};
use super::super::{drop_result, focus};
use crate::state::app::App;
use crate::state::columns::{Column, OWN, Sort};
use crate::state::i18n::{Key, fill};
use crate::state::reactive::State;
use crate::state::{arrange, cells};

/// Pixels by which a key makes a column wider or narrower.
const STEP_PX: i32 = 16;
/// A press that moves no farther is a click.
const CLICK_PX: i32 = 8;

/// The name of a column.
pub fn name(column: &Column) -> String {
    column.name.clone()
}

/// The class of a column's cells.
pub fn class(name: &str) -> String {
    let own = OWN.iter().any(|(own, ..)| *own == name);
    if own { format!("cell {name}") } else { "cell".to_owned() }
}

/// The row of heads.
pub fn header(app: App, names: State<Vec<String>>) -> El {
    let heads = el("div").class("row").attr("role", "row").attr("aria-rowindex", "1");
    let heads = heads.live(move || {
        let names = names.get();
        names.iter().enumerate().map(|(index, name)| head(app, index, name)).collect()
    });
    el("div").class("grid-head").attr("role", "rowgroup").child(heads)
}

fn head(app: App, index: usize, name: &str) -> El {
    let title = cells::title(name);
    let own: Rc<str> = name.into();
    let sorted = Rc::clone(&own);
    // Where a drag began; whether the click that ends it is none.
    let grip = Rc::new(Cell::new(None::<i32>));
    let dragged = Rc::new(Cell::new(false));
    let (down, up, begun, clicked) =
        (Rc::clone(&grip), Rc::clone(&dragged), Rc::clone(&dragged), dragged);
    let (by_key, by_click, moved) = (Rc::clone(&own), Rc::clone(&own), Rc::clone(&own));
    el("div")
        .class(&class(name))
        .id(&format!("head-{index}"))
        .attr("role", "columnheader")
        .attr("tabindex", if index == 0 { "0" } else { "-1" })
        .attr("data-head", name)
        .attr("title", &fill(Key::SortBy, &[&title]))
        .live_attr("aria-sort", move || {
            let of = |sort: &Sort| (*sort.column == *sorted).then_some(sort.descending);
            let text = match app.sort.with(of) {
                Some(true) => "descending",
                Some(false) => "ascending",
                None => "none",
            };
            Some(text.to_owned())
        })
        .child(el("span").text(&title))
        .child(edge(app, own))
        .on("keydown", move |event: &KeyboardEvent| {
            if key(app, &by_key, index, event) {
                event.prevent_default();
                event.stop_propagation();
            }
        })
        .on("click", move |_: &MouseEvent| {
            if !clicked.take() {
                let sort = app.sort.with_untracked(|sort| sort.pressed(&by_click));
                arrange::sort(app, sort);
            }
        })
        .on("pointerdown", move |event: &PointerEvent| {
            hold(event);
            begun.set(false);
            down.set(Some(event.client_x()));
        })
        .on("pointerup", move |event: &PointerEvent| {
            let Some(from) = grip.take() else { return };
            if (event.client_x() - from).abs() > CLICK_PX {
                up.set(true);
                drop_on(app, &moved, event);
            }
        })
}

/// A head was dragged: its column goes where the pointer is.
fn drop_on(app: App, name: &str, event: &PointerEvent) {
    let (x, y) = (event.client_x() as f32, event.client_y() as f32);
    let target = document().element_from_point(x, y);
    let target = target.and_then(|element| element.closest("[data-head]").ok().flatten());
    let Some(to) = target.and_then(|head| head.get_attribute("data-head")) else { return };
    let mut columns = app.columns.get_untracked();
    let place = |of: &str| columns.iter().position(|column| column.name == of);
    if let (Some(from), Some(to)) = (place(name), place(&to)) {
        let column = columns.remove(from);
        columns.insert(to, column);
        arrange::set_columns(app, columns);
    }
}

fn key(app: App, name: &str, index: usize, event: &KeyboardEvent) -> bool {
    let forward = event.key() == "ArrowRight";
    let to = if forward { index + 1 } else { index.saturating_sub(1) };
    match event.key().as_str() {
        "Enter" | " " => {
            let sort = app.sort.with_untracked(|sort| sort.pressed(name));
            arrange::sort(app, sort);
        }
        "ArrowLeft" | "ArrowRight" if event.shift_key() => {
            let by = if forward { STEP_PX } else { -STEP_PX };
            arrange::resize_column(app, name, Some(width(index) + by), true);
        }
        "ArrowLeft" | "ArrowRight" => {
            if event.ctrl_key() || event.meta_key() {
                arrange::move_column(app, name, forward);
            }
            let last = app.columns.with_untracked(Vec::len).saturating_sub(1);
            // The heads may be made anew first.
            request_animation_frame(move || focus(&format!("head-{}", to.min(last))));
        }
        "ArrowDown" => focus("event-table"),
        "Delete" => {
            arrange::toggle_column(app, name);
            request_animation_frame(move || focus(&format!("head-{}", index.saturating_sub(1))));
        }
        _ => return false,
    }
    true
}

/// Width of a head as it is now.
fn width(index: usize) -> i32 {
    let head = document().get_element_by_id(&format!("head-{index}"));
    head.map_or(0, |head| head.unchecked_into::<HtmlElement>().offset_width())
}

/// What a pointer was pressed on hears of it until it is released.
fn hold(event: &PointerEvent) -> Option<Element> {
    let element: Element = event.current_target()?.unchecked_into();
    // Fails only for a pointer that is gone already.
    drop_result(element.set_pointer_capture(event.pointer_id()));
    Some(element)
}

/// The edge by which a pointer makes a column wider.
fn edge(app: App, name: Rc<str>) -> El {
    // Where the drag began, and the width then.
    let grip = Rc::new(Cell::new(None::<(i32, i32)>));
    let (held, moved) = (Rc::clone(&grip), Rc::clone(&grip));
    let (drawn, left, usual) = (Rc::clone(&name), Rc::clone(&name), name);
    let wide = |event: &PointerEvent, (from, width): (i32, i32)| width + event.client_x() - from;
    el("span")
        .class("edge")
        .attr("aria-hidden", "true")
        .on("pointerdown", move |event: &PointerEvent| {
            event.stop_propagation();
            event.prevent_default();
            let head = hold(event).and_then(|edge| edge.parent_element());
            let head = head.map(JsCast::unchecked_into::<HtmlElement>);
            held.set(head.map(|head| (event.client_x(), head.offset_width())));
        })
        .on("pointermove", move |event: &PointerEvent| {
            if let Some(grip) = moved.get() {
                arrange::resize_column(app, &drawn, Some(wide(event, grip)), false);
            }
        })
        .on("pointerup", move |event: &PointerEvent| {
            if let Some(from) = grip.take().filter(|(from, _)| *from != event.client_x()) {
                arrange::resize_column(app, &left, Some(wide(event, from)), true);
            }
        })
        .on("click", |event: &Event| event.stop_propagation())
        .on("dblclick", move |_: &Event| arrange::resize_column(app, &usual, None, true))
}
