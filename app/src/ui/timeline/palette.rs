//! The colours of the canvas, from the style sheet.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::{document, window};
use wasm_bindgen::JsCast as _;
use web_sys::{CssStyleDeclaration, HtmlElement};

use crate::ui::set_style;

/// The colours in force.
pub struct Palette {
    /// Ground of the canvas.
    pub surface: String,
    /// Ground of the overview and of every other lane.
    pub lane: String,
    /// Lines between things.
    pub line: String,
    /// Text.
    pub text: String,
    /// Text that stands back.
    pub faint: String,
    /// Bars of ordinary events.
    pub rest: String,
    /// Bars and dots of warnings.
    pub warning: String,
    /// Bars and triangles of errors.
    pub error: String,
    /// Diamonds of 4031.
    pub marked: String,
    /// The selection.
    pub accent: String,
    /// What lies over the part that is not looked at.
    pub veil: String,
}

thread_local! {
    static PALETTE: RefCell<Option<Rc<Palette>>> = const { RefCell::new(None) };
}

/// The colours must be read again: the theme changed.
pub fn forget() {
    PALETTE.set(None);
}

/// The colours in force, read from the style sheet once per theme.
pub fn get() -> Rc<Palette> {
    PALETTE.with_borrow_mut(|palette| Rc::clone(palette.get_or_insert_with(|| Rc::new(read()))))
}

/// A property as it stands in the style sheet may be `light-dark(…)`, which only a colour of an
/// element resolves: one is made for that, and taken away again.
fn read() -> Palette {
    let probe: Option<HtmlElement> =
        document().create_element("i").ok().map(|probe| probe.unchecked_into());
    let body = document().body();
    if let (Some(probe), Some(body)) = (&probe, &body) {
        // A new element has no parent to refuse it.
        let _ = body.append_child(probe);
    }
    let style: Option<CssStyleDeclaration> =
        probe.as_ref().and_then(|probe| window().get_computed_style(probe).ok().flatten());
    let color = |name: &str| {
        if let Some(probe) = &probe {
            set_style(probe, "color", &format!("var({name})"));
        }
        let value = style.as_ref().and_then(|style| style.get_property_value("color").ok());
        value.unwrap_or_default()
    };
    let palette = Palette {
        surface: color("--surface"),
        lane: color("--lane"),
        line: color("--line"),
        text: color("--text"),
        faint: color("--text-faint"),
        rest: color("--bar"),
        warning: color("--warning"),
        error: color("--error"),
        marked: color("--marked"),
        accent: color("--accent"),
        veil: color("--veil"),
    };
    if let Some(probe) = probe {
        probe.remove();
    }
    palette
}
