//! Elements, put together on Leptos' reactive graph.
//!
//! Leptos' typed views compile each element of a page to code of its own; measured on this page
//! that is 220 KB of download (brotli), over its budget of 150. Here an element is built by calls
//! of shared functions, and only what changes is an effect. Whatever is given as text becomes a
//! text node, never markup.

use std::cell::RefCell;

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{
    Element, Event, FocusEvent, HtmlDetailsElement, HtmlElement, KeyboardEvent, Node,
    ResizeObserver,
};

use crate::state::reactive::{effect, listen};

/// An element; clones are handles of the same one.
#[derive(Clone)]
pub struct El(Element);

const SVG: &str = "http://www.w3.org/2000/svg";

/// A new element.
pub fn el(tag: &str) -> El {
    // A valid tag name does not fail; the root of the document stands in for the impossible.
    El(document().create_element(tag).unwrap_or_else(|_| root()))
}

fn root() -> Element {
    document().document_element().unwrap_or_else(|| document().unchecked_into())
}

/// A decorative picture: its box, and the paths with their classes.
pub fn picture(class: &str, view_box: &str, paths: &[(&str, &str)]) -> El {
    let new =
        |tag: &str| El(document().create_element_ns(Some(SVG), tag).unwrap_or_else(|_| root()));
    let picture =
        new("svg").attr("class", class).attr("viewBox", view_box).attr("aria-hidden", "true");
    paths.iter().fold(picture, |picture, (class, path)| {
        picture.child(new("path").attr("class", class).attr("d", path))
    })
}

/// The diamond of 4031.
pub fn diamond() -> El {
    el("i").class("diamond").attr("aria-hidden", "true")
}

/// A button.
pub fn button(text: &str, act: impl Fn() + 'static) -> El {
    el("button").text(text).on("click", move |_: &Event| act())
}

/// A button whose sign does not say what it does.
pub fn sign_button(sign: &str, label: &str, act: impl Fn() + 'static) -> El {
    button(sign, act).attr("aria-label", label).attr("title", label)
}

/// A menu: what opens it, its title, and its entries. A menu of commands closes behind each; every
/// menu does when the focus leaves it, and on Escape.
pub fn menu(text: &str, title: &str, commands: bool, entries: Vec<El>) -> El {
    let menu = el("details").class("menu");
    let node: HtmlDetailsElement = menu.cast();
    let (left, escaped, done) = (node.clone(), node.clone(), node);
    let items = el("div").class("menu-items").attr("role", "group").label(title);
    let items = items.child(el("p").text(title)).children(entries);
    menu.child(el("summary").class("button").text(text))
        .child(items)
        .on("click", move |event: &Event| {
            let target = event.target().map(JsCast::unchecked_into::<Element>);
            if commands && target.is_some_and(|target| target.tag_name() == "BUTTON") {
                done.set_open(false);
            }
        })
        .on("focusout", move |event: &FocusEvent| {
            let to = event.related_target().map(JsCast::unchecked_into::<Node>);
            if to.is_some_and(|to| !left.contains(Some(&to))) {
                left.set_open(false);
            }
        })
        .on("keydown", move |event: &KeyboardEvent| {
            if event.key() == "Escape" && escaped.open() {
                event.prevent_default();
                escaped.set_open(false);
                let summary = escaped.first_element_child();
                if let Some(summary) = summary.map(JsCast::unchecked_into::<HtmlElement>) {
                    super::drop_result(summary.focus());
                }
            }
        })
}

/// Does something when the size of an element changes, and once at first.
pub fn watch_size(element: &Element, act: impl FnMut() + 'static) {
    let act: Box<dyn FnMut()> = Box::new(act);
    let closure = Closure::wrap(act).into_js_value();
    // The browser keeps an observer as long as what it observes.
    if let Ok(observer) = ResizeObserver::new(closure.unchecked_ref()) {
        observer.observe(element);
    }
}

impl El {
    /// The element itself.
    pub fn node(&self) -> &HtmlElement {
        self.0.unchecked_ref()
    }

    /// The element as what its tag makes it.
    pub fn cast<T: JsCast>(&self) -> T {
        self.0.clone().unchecked_into()
    }

    /// Sets an attribute.
    pub fn attr(self, name: &str, value: &str) -> Self {
        super::set_attribute(&self.0, name, value);
        self
    }

    /// Sets the class.
    pub fn class(self, names: &str) -> Self {
        self.attr("class", names)
    }

    /// Sets the id.
    pub fn id(self, id: &str) -> Self {
        self.attr("id", id)
    }

    /// Sets the id that tests know it by.
    pub fn test(self, id: &str) -> Self {
        self.attr("data-testid", id)
    }

    /// Names it for those who do not see it.
    pub fn label(self, text: &str) -> Self {
        self.attr("aria-label", text)
    }

    /// Appends text.
    pub fn text(self, text: &str) -> Self {
        // Appending to an element does not fail.
        let _ = self.0.append_child(&document().create_text_node(text));
        self
    }

    /// Appends an element.
    pub fn child(self, child: El) -> Self {
        let _ = self.0.append_child(&child.0);
        self
    }

    /// Appends an element, if there is one.
    pub fn maybe(self, child: Option<El>) -> Self {
        match child {
            Some(child) => self.child(child),
            None => self,
        }
    }

    /// Appends elements.
    pub fn children(self, children: Vec<El>) -> Self {
        children.into_iter().fold(self, Self::child)
    }

    /// Does something on an event.
    pub fn on<E: JsCast>(self, name: &str, act: impl Fn(&E) + 'static) -> Self {
        listen(&self.0, name, Box::new(move |event| act(event.unchecked_ref())));
        self
    }

    /// Appends text that changes.
    pub fn live_text(self, text: impl Fn() -> String + 'static) -> Self {
        let node = document().create_text_node("");
        let _ = self.0.append_child(&node);
        effect(move || node.set_data(&text()));
        self
    }

    /// An attribute that changes; without a value it is not there.
    pub fn live_attr(
        self,
        name: &'static str,
        value: impl Fn() -> Option<String> + 'static,
    ) -> Self {
        let element = self.0.clone();
        effect(move || match value() {
            Some(value) => super::set_attribute(&element, name, &value),
            None => super::remove_attribute(&element, name),
        });
        self
    }

    /// An attribute that says `true` or `false`.
    pub fn live_flag(self, name: &'static str, holds: impl Fn() -> bool + 'static) -> Self {
        self.live_attr(name, move || Some(holds().to_string()))
    }

    /// A class that comes and goes.
    pub fn live_class(self, name: &'static str, holds: impl Fn() -> bool + 'static) -> Self {
        let element = self.0.clone();
        effect(move || super::toggle_class(&element, name, holds()));
        self
    }

    /// An attribute that is there or not (`hidden`, `disabled`).
    pub fn live_bare(self, name: &'static str, holds: impl Fn() -> bool + 'static) -> Self {
        self.live_attr(name, move || holds().then(String::new))
    }

    /// Appends elements that are replaced when what they are made of changes.
    pub fn live(self, view: impl Fn() -> Vec<El> + 'static) -> Self {
        let end: Node = document().create_comment("").into();
        let _ = self.0.append_child(&end);
        let shown = RefCell::new(Vec::<El>::new());
        effect(move || {
            let new = view();
            for old in shown.replace(new.clone()) {
                old.0.remove();
            }
            let Some(parent) = end.parent_node() else { return };
            for element in new {
                // The end is a child of its parent, so this does not fail.
                let _ = parent.insert_before(&element.0, Some(&end));
            }
        });
        self
    }
}

/// A length in whole pixels: rows are drawn on them, and printing fractions takes more code than
/// the table.
#[must_use]
pub fn px(length: f64) -> String {
    format!("{}px", length.round() as i64)
}
