//! The heads of the lanes: names and counts, and what can be done with a lane.

use std::cell::RefCell;
use std::rc::Rc;

use etlens_parser::query::Choice;
use etlens_parser::view::{Lane, LaneGroup};
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlElement, KeyboardEvent, PointerEvent};

use super::menu::{self, Item, Menu};
use super::{Labels, Shared};
use crate::state::actions;
use crate::state::app::App;
use crate::state::format::{count, number};
use crate::state::frame::{self, Layer};
use crate::state::i18n::{Key, Plural, fill, t};
use crate::state::lanes::Arrangement;
use crate::state::link::{group_from_name, group_name, groups};
use crate::ui::dom::{El, button, diamond, el, px, sign_button};
use crate::ui::shell::choice;
use crate::ui::{keep_focus, set_style};

/// A pointer that moved less than this has not dragged.
const DRAG_PX: f64 = 4.0;

/// What the heads need.
#[derive(Clone)]
pub struct Heads {
    /// The state.
    pub app: App,
    /// The lanes.
    pub labels: Labels,
    /// The menu.
    pub menu: Menu,
}

/// The heads of the lanes, with the choice of what a lane is.
pub fn gutter(app: App, shared: &Shared, labels: Labels, menu: Menu) -> El {
    let heads = Heads { app, labels, menu };
    let options: Vec<_> = groups().map(|group| (group_name(group), group_text(group))).collect();
    let group = choice(
        t(Key::LanesBy),
        "group",
        &options,
        false,
        move || app.settings.with(|settings| group_name(settings.group)),
        move |name| app.set(|s| s.group = group_from_name(name).unwrap_or_default()),
    );
    let merge = button("", move || {
        app.arrangements.update(|all| all.merged = !all.merged);
        frame::request(Layer::Timeline);
    });
    let merge = merge
        .class("plain")
        .test("lanes-merge")
        .attr("title", t(Key::MergeLanes))
        .label(t(Key::MergeLanes))
        .live_flag("aria-expanded", move || !app.arrangements.with(|all| all.merged))
        .live_text(move || if app.arrangements.with(|a| a.merged) { "▸" } else { "▾" }.to_owned());
    let (pins, rest, hidden) = (heads.clone(), heads.clone(), heads);
    let pinned = el("ul").class("lane-heads pinned").live(move || pins.list(true));
    let list = el("ul").class("lane-heads").label(t(Key::LanesBy));
    let list = list.live(move || rest.list(false));
    let (node, shared) = (list.node().clone(), Rc::clone(shared));
    let list = list.on("scroll", move |_: &Event| {
        shared.borrow_mut().scroll = f64::from(node.scroll_top());
        frame::request(Layer::Timeline);
    });
    el("div")
        .class("gutter")
        .child(el("div").class("gutter-head").child(merge).child(group))
        .child(pinned)
        .child(list)
        .live(move || hidden.hidden())
}

/// What to call a lane.
pub fn label(lane: &Lane) -> String {
    match (lane.others, lane.label.as_str()) {
        (0, "dispatch-sessions") => t(Key::Sessions).to_owned(),
        (0, "") => t(Key::NoValue).to_owned(),
        (0, label) => label.to_owned(),
        (others, _) => count(Plural::OtherLanes, others.into()),
    }
}

fn group_text(group: LaneGroup) -> &'static str {
    match group {
        LaneGroup::Provider => t(Key::ByProvider),
        LaneGroup::Process => t(Key::ByProcess),
        LaneGroup::Thread => t(Key::ByThread),
        LaneGroup::Level => t(Key::ByLevel),
        LaneGroup::Event => t(Key::ByEvent),
        LaneGroup::Activity => t(Key::ByActivity),
        LaneGroup::Cpu => t(Key::ByCpu),
        LaneGroup::Keyword => t(Key::ByKeyword),
        LaneGroup::Opcode => t(Key::ByOpcode),
        LaneGroup::Task => t(Key::ByTask),
        LaneGroup::Channel => t(Key::ByChannel),
        LaneGroup::Span => t(Key::BySpan),
    }
}

/// Changes the arrangement in force.
fn arrange(app: App, change: impl FnOnce(&mut Arrangement)) {
    let group = app.settings.with_untracked(|settings| settings.group);
    app.arrangements.update(|all| all.change(group, change));
    frame::request(Layer::Timeline);
}

fn arrangement(app: App) -> Arrangement {
    let group = app.settings.with(|settings| settings.group);
    app.arrangements.with(|all| all.of(group))
}

impl Heads {
    /// The heads of pinned lanes, or of the others.
    fn list(&self, pinned: bool) -> Vec<El> {
        let lanes = self.labels.get();
        if self.app.arrangements.with(|all| all.merged) {
            let sum: u64 = lanes.iter().filter(|lane| !lane.hidden).map(|lane| lane.events).sum();
            let name = el("span").class("lane-name").text(t(Key::AllLanes));
            let events = el("span").class("lane-count").text(&number(sum));
            let head = el("span").class("lane-head").child(name).child(events);
            return if pinned { Vec::new() } else { vec![el("li").child(head)] };
        }
        let arrangement = arrangement(self.app);
        let shown = lanes.iter().filter(|lane| !lane.hidden && lane.pinned == pinned);
        let heads = shown.map(|lane| self.head(lane, arrangement.thin.contains(&lane.key)));
        let heads = heads.collect();
        // The heads are made anew: one that has the focus keeps it, wherever its lane goes.
        keep_focus("data-lane");
        heads
    }

    fn head(&self, lane: &Lane, thin: bool) -> El {
        let app = self.app;
        let label = label(lane);
        let head = if lane.filter.is_empty() {
            el("span").attr("title", &label)
        } else {
            let filter = lane.filter.clone();
            let title = fill(Key::FilterToLane, &[&label]);
            button("", move || actions::choose(app, &filter, Choice::Only)).attr("title", &title)
        };
        let marked = (lane.marked > 0)
            .then(|| el("span").class("lane-marked").child(diamond()).text(&number(lane.marked)));
        let pin = lane.pinned.then(|| {
            el("span")
                .class("lane-pin")
                .attr("title", t(Key::Pinned))
                .label(t(Key::Pinned))
                .attr("role", "img")
                .text("▲")
        });
        let head = head
            .class("lane-head")
            .maybe(pin)
            .child(el("span").class("lane-name").text(&label))
            .maybe(marked)
            .child(el("span").class("lane-count").text(&number(lane.events)));
        let item = el("li").class(if thin { "thin" } else { "" });
        if lane.others > 0 {
            return item.child(head);
        }
        let (this, own) = (self.clone(), lane.clone());
        let more = sign_button("⋮", &fill(Key::LaneMenu, &[&label]), || {});
        let opener = more.node().clone();
        let more = more
            .class("plain lane-more")
            .attr("aria-haspopup", "menu")
            .on("click", move |_: &Event| this.menu.open(&opener, this.items(&own)));
        let (this, key) = (self.clone(), lane.key.clone());
        item.attr("data-lane", &lane.key)
            .on("keydown", move |event: &KeyboardEvent| this.on_key(&key, event))
            .child(self.grip(lane))
            .child(head)
            .child(more)
    }

    fn on_key(&self, key: &str, event: &KeyboardEvent) {
        let by = match event.key().as_str() {
            "ArrowUp" if event.alt_key() => -1,
            "ArrowDown" if event.alt_key() => 1,
            _ => return,
        };
        event.prevent_default();
        self.shift(key, by);
    }

    /// The lanes shown, by key, the merged rest not among them.
    fn shown(&self) -> Vec<String> {
        let lanes = self.labels.get_untracked();
        let shown = lanes.iter().filter(|lane| !lane.hidden && lane.others == 0);
        shown.map(|lane| lane.key.clone()).collect()
    }

    /// Moves a lane up or down.
    fn shift(&self, key: &str, by: isize) {
        let shown = self.shown();
        if let Some(at) = shown.iter().position(|lane| lane == key) {
            self.place(key, at.saturating_add_signed(by));
        }
    }

    fn place(&self, key: &str, to: usize) {
        let shown = self.shown();
        let mut at = to;
        arrange(self.app, |lanes| at = lanes.place(&shown, key, to));
        let name = self.name(key);
        let place = (at + 1).to_string();
        let of = shown.len().to_string();
        self.app.say(move || fill(Key::LaneMoved, &[&name, &place, &of]));
    }

    /// What a lane is called, by its key.
    fn name(&self, key: &str) -> String {
        let lanes = self.labels.get_untracked();
        lanes.iter().find(|lane| lane.key == key).map(label).unwrap_or_default()
    }

    fn items(&self, lane: &Lane) -> Vec<Item> {
        let app = self.app;
        let mut items = Vec::new();
        if !lane.filter.is_empty() {
            for (text, choice) in [(Key::LaneOnly, Choice::Only), (Key::LaneNot, Choice::Not)] {
                let filter = lane.filter.clone();
                items.push(menu::item(t(text), move || actions::choose(app, &filter, choice)));
            }
        }
        let pin = if lane.pinned { Key::Unpin } else { Key::Pin };
        let thin = arrangement(app).thin.contains(&lane.key);
        let thin = if thin { Key::LaneThick } else { Key::LaneThin };
        let act = |text: Key, change: fn(&mut Arrangement, &str)| {
            let key = lane.key.clone();
            menu::item(t(text), move || {
                arrange(app, |lanes| change(lanes, &key));
            })
        };
        items.push(act(pin, Arrangement::toggle_pin));
        items.push(act(thin, Arrangement::toggle_thin));
        items.push(act(Key::LaneHide, Arrangement::hide));
        for (text, by) in [(Key::LaneUp, -1), (Key::LaneDown, 1)] {
            let (this, key) = (self.clone(), lane.key.clone());
            items.push(menu::item(t(text), move || this.shift(&key, by)));
        }
        items
    }

    /// What says that lanes are hidden, and brings them back.
    fn hidden(&self) -> Vec<El> {
        let app = self.app;
        let lanes = self.labels.get();
        let hidden: Vec<&Lane> = lanes.iter().filter(|lane| lane.hidden).collect();
        if hidden.is_empty() {
            return Vec::new();
        }
        let marked: u64 = hidden.iter().map(|lane| lane.marked).sum();
        let text = count(Plural::LanesHidden, hidden.len() as u64);
        let marked = (marked > 0).then(|| {
            el("span").class("lane-marked").child(diamond()).text(&count(Plural::Marked, marked))
        });
        let show = |text: String, key: Option<String>| {
            menu::item(&text, move || arrange(app, |lanes| lanes.show(key.as_deref())))
        };
        let mut items = vec![show(t(Key::ShowAllLanes).to_owned(), None)];
        items.extend(hidden.iter().map(|lane| show(label(lane), Some(lane.key.clone()))));
        let this = self.clone();
        let open = button("", || {})
            .class("lanes-hidden")
            .test("lanes-hidden")
            .attr("aria-haspopup", "menu");
        let opener = open.node().clone();
        let act = move |_: &Event| this.menu.open(&opener, items.clone());
        let open = open.maybe(marked).text(&text).on("click", act);
        vec![open]
    }

    /// What a lane is dragged by.
    fn grip(&self, lane: &Lane) -> El {
        let (this, key) = (self.clone(), lane.key.clone());
        let from = Rc::new(RefCell::new(None::<f64>));
        let (began, moved) = (Rc::clone(&from), Rc::clone(&from));
        let target = |event: &PointerEvent| -> HtmlElement {
            event.current_target().map_or_else(|| el("i").node().clone(), JsCast::unchecked_into)
        };
        el("span")
            .class("grip")
            .attr("aria-hidden", "true")
            .attr("title", t(Key::LaneDrag))
            .text("⠿")
            .on("pointerdown", move |event: &PointerEvent| {
                // Fails only for a pointer that is gone already.
                let _ = target(event).set_pointer_capture(event.pointer_id());
                began.replace(Some(f64::from(event.client_y())));
                event.prevent_default();
            })
            .on("pointermove", move |event: &PointerEvent| {
                let Some(from) = *moved.borrow() else { return };
                let by = f64::from(event.client_y()) - from;
                if let Some(item) = target(event).parent_element() {
                    let item: HtmlElement = item.unchecked_into();
                    set_style(&item, "transform", &format!("translateY({})", px(by)));
                }
            })
            .on("pointercancel", move |event: &PointerEvent| reset(&target(event)))
            .on("pointerup", move |event: &PointerEvent| {
                let Some(from) = from.take() else { return };
                let grip = target(event);
                reset(&grip);
                let by = f64::from(event.client_y()) - from;
                if by.abs() >= DRAG_PX {
                    this.drop(&key, &grip, f64::from(event.client_y()));
                }
            })
    }

    /// Puts a dragged lane before the first whose middle is below the pointer.
    fn drop(&self, key: &str, grip: &HtmlElement, y: f64) {
        let Some(list) = grip.closest(".lane-heads").ok().flatten() else { return };
        let shown = self.shown();
        let mut to = shown.len().saturating_sub(1);
        let children = list.children();
        for item in (0..children.length()).filter_map(|i| children.item(i)) {
            let Some(lane) = item.get_attribute("data-lane").filter(|lane| lane != key) else {
                continue;
            };
            let place = item.get_bounding_client_rect();
            if y < place.top() + place.height() / 2.0 {
                let at = |key: &str| shown.iter().position(|lane| lane == key);
                // Taking the lane out moves what is behind it up by one.
                let moves_down = at(key).zip(at(&lane)).is_some_and(|(from, to)| from < to);
                to = at(&lane).map_or(to, |at| at.saturating_sub(usize::from(moves_down)));
                break;
            }
        }
        self.place(key, to);
    }
}

/// Puts a lane back where it was.
fn reset(grip: &HtmlElement) {
    if let Some(item) = grip.parent_element() {
        set_style(&item.unchecked_into(), "transform", "");
    }
}
