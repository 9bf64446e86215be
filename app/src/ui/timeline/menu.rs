//! A menu that opens beside what it belongs to.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::request_animation_frame;
use wasm_bindgen::JsCast;
use web_sys::{Event, FocusEvent, HtmlElement, KeyboardEvent, Node};

use crate::state::reactive::State;
use crate::ui::dom::{El, el, px};
use crate::ui::set_style;

/// One thing to do.
#[derive(Clone)]
pub struct Item {
    text: String,
    act: Rc<dyn Fn()>,
}

/// One thing to do.
pub fn item(text: &str, act: impl Fn() + 'static) -> Item {
    Item { text: text.to_owned(), act: Rc::new(act) }
}

/// The menu of a part of the page: one, with changing items.
#[derive(Clone, Copy)]
pub struct Menu {
    items: State<Vec<Item>>,
    opener: State<Option<HtmlElement>>,
}

impl Menu {
    /// A closed menu.
    pub fn new() -> Self {
        Self { items: State::new(Vec::new()), opener: State::new(None) }
    }

    /// Opens the menu at a button; a second time closes it.
    pub fn open(self, opener: &HtmlElement, items: Vec<Item>) {
        let again = self.opener.with_untracked(|old| old.as_ref() == Some(opener));
        if again {
            return self.close(true);
        }
        self.opener.set(Some(opener.clone()));
        self.items.set(items);
    }

    fn close(self, back: bool) {
        let opener = self.opener.get_untracked();
        if opener.is_none() {
            return;
        }
        self.opener.set(None);
        self.items.set(Vec::new());
        if let Some(opener) = opener.filter(|_| back) {
            // A button can have the focus.
            let _ = opener.focus();
        }
    }

    /// The element; it lies in an element that its place is measured from.
    pub fn view(self) -> El {
        let list = el("div").class("pop-menu").attr("role", "menu").attr("tabindex", "-1");
        let node = list.node().clone();
        let shown = Rc::new(RefCell::new(node.clone()));
        let build = move || {
            let items = self.items.get();
            let node = shown.borrow().clone();
            if !items.is_empty() {
                request_animation_frame(move || self.place(&node));
            }
            let button = |item: Item| {
                el("button").attr("role", "menuitem").attr("tabindex", "-1").text(&item.text).on(
                    "click",
                    move |_: &Event| {
                        self.close(true);
                        (item.act)();
                    },
                )
            };
            items.into_iter().map(button).collect()
        };
        let inside = node.clone();
        list.live_bare("hidden", move || self.items.with(Vec::is_empty))
            .on("keydown", move |event: &KeyboardEvent| self.on_key(&node, event))
            .on("focusout", move |event: &FocusEvent| {
                let to = event.related_target().and_then(|to| to.dyn_into::<Node>().ok());
                if !to.is_some_and(|to| inside.contains(Some(&to))) {
                    self.close(false);
                }
            })
            .live(build)
    }

    /// Puts the menu below its button, or above where there is no room, and the focus in it.
    fn place(self, node: &HtmlElement) {
        let Some(opener) = self.opener.get_untracked() else { return };
        let Some(ground) = node.offset_parent() else { return };
        let (at, ground) = (opener.get_bounding_client_rect(), ground.get_bounding_client_rect());
        let page_px = leptos::prelude::window().inner_height().ok().and_then(|h| h.as_f64());
        let (wide, tall) = (f64::from(node.offset_width()), f64::from(node.offset_height()));
        let below = at.bottom() + tall <= page_px.unwrap_or(f64::INFINITY);
        let top = if below { at.bottom() } else { (at.top() - tall).max(0.0) };
        let left = (at.right() - wide).max(at.left().min(0.0)).max(4.0);
        set_style(node, "left", &px(left - ground.left()));
        set_style(node, "top", &px(top - ground.top()));
        focus_item(node, 0);
    }

    fn on_key(self, node: &HtmlElement, event: &KeyboardEvent) {
        let buttons = i64::from(node.child_element_count());
        let now = leptos::prelude::document().active_element();
        let at = (0..buttons).find(|&i| child(node, i).map(JsCast::unchecked_into) == now);
        let to = match event.key().as_str() {
            "ArrowDown" => at.map_or(0, |at| (at + 1) % buttons),
            "ArrowUp" => at.map_or(buttons - 1, |at| (at + buttons - 1) % buttons),
            "Home" => 0,
            "End" => buttons - 1,
            "Escape" | "Tab" => {
                self.close(true);
                event.prevent_default();
                event.stop_propagation();
                return;
            }
            _ => return,
        };
        focus_item(node, to);
        event.prevent_default();
        event.stop_propagation();
    }
}

fn child(node: &HtmlElement, index: i64) -> Option<HtmlElement> {
    node.children().item(u32::try_from(index).ok()?)?.dyn_into().ok()
}

fn focus_item(node: &HtmlElement, index: i64) {
    if let Some(item) = child(node, index) {
        // A button can have the focus.
        let _ = item.focus();
    }
}
