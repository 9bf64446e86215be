//! The timeline: lanes of counts, an overview above them, and all the ways to move in time.

mod axis;
mod bars;
mod cursors;
mod fetch;
mod goto;
mod keys;
mod lanes;
mod menu;
mod paint;
pub mod palette;
mod pointer;
mod spans;
mod tip;
mod tools;

use std::cell::RefCell;
use std::rc::Rc;

use etlens_parser::view::{Lane, TimeRange};
use leptos::prelude::{untrack, window};
use web_sys::{Event, HtmlCanvasElement, HtmlElement, KeyboardEvent, PointerEvent, WheelEvent};

use self::fetch::Store;
use self::menu::Menu;
use self::paint::{HEAD_PX, OVERVIEW_PX, Scene};
use self::pointer::Drag;
use super::dom::{El, el, watch_size as observe};
use crate::state::actions;
use crate::state::app::App;
use crate::state::clock::duration;
use crate::state::format::count;
use crate::state::frame::{self, Layer};
use crate::state::i18n::{Key, Plural, fill, t};
use crate::state::lanes::{Place, places};
use crate::state::reactive::{State, effect};
use crate::state::viewport;

type Shared = Rc<RefCell<Timeline>>;
type Labels = State<Rc<Vec<Lane>>>;

/// What the timeline keeps between frames.
struct Timeline {
    width: f64,
    height: f64,
    store: Store,
    /// The lanes as the worker arranged them.
    labels: Labels,
    /// How far the lanes that are not pinned are scrolled, in pixels.
    scroll: f64,
    drag: Option<Drag>,
    /// Pressed touches: pointer and place.
    touches: Vec<(i32, f64)>,
    /// Where the mouse is.
    hover: Option<(f64, f64)>,
}

impl Timeline {
    fn lanes_height(&self) -> f64 {
        (self.height - HEAD_PX).max(0.0)
    }

    /// Where the lanes lie.
    fn places(&self, app: App) -> Vec<Place> {
        let height = self.lanes_height();
        let group = app.settings.with_untracked(|settings| settings.group);
        app.arrangements.with_untracked(|all| {
            if all.merged {
                return places(std::iter::once((false, false)), 0.0, height);
            }
            let thin = all.of(group).thin;
            let lanes = self.labels.get_untracked();
            let shown = lanes.iter().filter(|lane| !lane.hidden);
            let lanes = shown.map(|lane| (lane.pinned, thin.contains(&lane.key)));
            places(lanes, self.scroll, height)
        })
    }
}

/// The timeline.
pub fn timeline(app: App) -> El {
    let labels: Labels = State::new(Rc::default());
    let spoken = State::new(String::new());
    let shared = Rc::new(RefCell::new(Timeline {
        width: 0.0,
        height: 0.0,
        store: Store::default(),
        labels,
        scroll: 0.0,
        drag: None,
        touches: Vec::new(),
        hover: None,
    }));
    let canvas = el("canvas");
    let tip = el("div").class("tip").attr("aria-hidden", "true").attr("hidden", "");
    watch_size(&shared, canvas.cast());
    let (painted, ground, hint) = (Rc::clone(&shared), canvas.cast(), tip.node().clone());
    frame::paint_with(Layer::Timeline, move || draw(app, &painted, &ground, &hint));
    effect(move || {
        app.lanes.track();
        app.visible.track();
        app.selection.track();
        app.range.track();
        app.details.track();
        app.settings.track();
        app.arrangements.track();
        labels.track();
        frame::request(Layer::Timeline);
    });
    // What was filtered is asked for at once: a frame later the worker could have answered.
    let asking = Rc::clone(&shared);
    effect(move || {
        app.lanes.track();
        untrack(|| ask(app, &asking));
    });
    cursors::follow(app);
    let stage = el("div")
        .class("stage")
        .child(handled(app, &shared, canvas))
        .child(tip)
        .live(move || tools::selection(app))
        .live(move || cursors::view(app))
        .live(move || goto::view(app))
        .child(tools::zoom(app));
    let edge =
        move |pick: fn(TimeRange) -> i64| app.visible.get().map(|range| pick(range).to_string());
    let on = Rc::clone(&shared);
    let on_key = move |event: &KeyboardEvent| {
        if keys::key(app, &on, event) {
            event.prevent_default();
            // The key is the timeline's: what it means elsewhere on the page does not happen.
            event.stop_propagation();
            speak(app, spoken);
        }
    };
    let menu = Menu::new();
    el("div")
        .class("timeline")
        .id("timeline")
        .test("timeline")
        .attr("role", "application")
        .attr("tabindex", "0")
        .attr("aria-roledescription", t(Key::Timeline))
        .live_attr("aria-label", move || Some(summary(app)))
        .live_attr("data-start", move || edge(|range| range.start))
        .live_attr("data-end", move || edge(|range| range.end))
        .live_attr("data-marked", move || Some(app.marked.get().to_string()))
        .on("keydown", on_key)
        .child(lanes::gutter(app, &shared, labels, menu))
        .child(stage)
        .child(menu.view())
        .child(el("p").class("unseen").attr("aria-live", "polite").live_text(move || spoken.get()))
}

/// The canvas with all that a pointer can do on it.
fn handled(app: App, shared: &Shared, canvas: El) -> El {
    let (wheeled, pressed, moved) = (Rc::clone(shared), Rc::clone(shared), Rc::clone(shared));
    let (released, cancelled, left) = (Rc::clone(shared), Rc::clone(shared), Rc::clone(shared));
    canvas
        .on("wheel", move |event: &WheelEvent| pointer::wheel(app, &wheeled, event))
        .on("pointerdown", move |event: &PointerEvent| pointer::press(app, &pressed, event))
        .on("pointermove", move |event: &PointerEvent| pointer::drag(app, &moved, event))
        .on("pointerup", move |event: &PointerEvent| pointer::release(app, &released, event, true))
        .on("pointercancel", move |event: &PointerEvent| {
            pointer::release(app, &cancelled, event, false);
        })
        .on("pointerleave", move |_: &Event| {
            left.borrow_mut().hover = None;
            frame::request(Layer::Timeline);
        })
        .on("dblclick", move |_: &Event| {
            if let Some(bounds) = app.bounds() {
                actions::see(app, bounds);
            }
        })
}

/// What the timeline shows, in a sentence.
fn summary(app: App) -> String {
    let Some(visible) = app.visible.get() else { return t(Key::Timeline).to_owned() };
    let start = app.time_style().label(visible.start, 3);
    let events = count(Plural::Events, app.shown.get());
    let marked = count(Plural::Marked, app.marked.get());
    fill(Key::TimelineSummary, &[&start, &duration(visible.duration()), &events, &marked])
}

/// What a screen reader hears after a key: the part now visible.
fn speak(app: App, spoken: State<String>) {
    let Some(visible) = app.visible.get_untracked() else { return };
    let style = app.time_style_now();
    spoken.set(fill(
        Key::VisibleIs,
        &[&style.label(visible.start, 3), &duration(visible.duration())],
    ));
}

fn zoom_by(app: App, fraction: f64, factor: f64) {
    if let (Some(visible), Some(bounds)) = (app.visible.get_untracked(), app.bounds()) {
        actions::see(app, viewport::zoom(visible, fraction, factor.min(1e12), bounds));
    }
}

fn pan_by(app: App, fraction: f64) {
    if let (Some(visible), Some(bounds)) = (app.visible.get_untracked(), app.bounds()) {
        actions::see(app, viewport::pan(visible, fraction, bounds));
    }
}

/// Keeps the size of the canvas that of its place on the page.
fn watch_size(shared: &Shared, canvas: HtmlCanvasElement) {
    let (shared, observed) = (Rc::clone(shared), canvas.clone());
    observe(&canvas, move || {
        let mut timeline = shared.borrow_mut();
        timeline.width = f64::from(observed.client_width());
        timeline.height = f64::from(observed.client_height());
        drop(timeline);
        frame::request(Layer::Timeline);
    });
}

/// Asks for what is missing to draw what is visible; gives that, and where the lanes lie.
fn ask(app: App, shared: &Shared) -> Option<(TimeRange, TimeRange, Vec<Place>)> {
    let (visible, bounds) = app.visible.get_untracked().zip(app.bounds())?;
    let places = shared.borrow().places(app);
    fetch::fetch(app, shared, visible, bounds, &places);
    Some((visible, bounds, places))
}

fn draw(app: App, shared: &Shared, canvas: &HtmlCanvasElement, tip: &HtmlElement) {
    let Some((visible, bounds, places)) = ask(app, shared) else { return };
    let timeline = shared.borrow();
    let (width, height) = (timeline.width, timeline.height);
    if width < 1.0 || height < 1.0 {
        return;
    }
    let scale = window().device_pixel_ratio().max(1.0);
    let (pixels_x, pixels_y) = ((width * scale).round() as u32, (height * scale).round() as u32);
    if canvas.width() != pixels_x || canvas.height() != pixels_y {
        canvas.set_width(pixels_x);
        canvas.set_height(pixels_y);
    }
    let Some(context) = paint::context(canvas) else { return };
    let ticks = axis::labels(app, visible, width);
    let store = &timeline.store;
    // A loss of which nothing more is known is no place.
    let losses: Vec<TimeRange> = app.info.with_untracked(|info| {
        let losses = info.iter().flat_map(|info| info.losses.iter().map(|loss| loss.range));
        losses.filter(|range| range.duration() < bounds.duration() - 1).collect()
    });
    let span_rows = spans::rows(&timeline, &places);
    let scene = Scene {
        spans: &span_rows,
        losses: &losses,
        width,
        height,
        scale,
        visible,
        bounds,
        lanes: store.lanes.as_ref().map(|fetched| &fetched.columns),
        places: &places,
        overview: store.overview.as_ref().map(|fetched| &fetched.columns),
        selection: app.selection.get_untracked(),
        filtered: app.range.get_untracked(),
        event: app.details.with_untracked(|details| details.as_ref().map(|d| d.row.time)),
        cursors: app.cursors.get_untracked(),
        hover: timeline.hover.filter(|(_, y)| *y > OVERVIEW_PX).map(|(x, _)| x),
        ticks: &ticks,
    };
    paint::paint(&context, &scene);
    tip::show(app, &timeline, &places, visible, tip);
}
