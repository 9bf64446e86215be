//! The one owner of `requestAnimationFrame`: what must be drawn asks here, and is drawn once per
//! frame however often it asked.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

/// What can be drawn, in drawing order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Layer {
    /// The event table.
    Table,
    /// The timeline.
    Timeline,
}

const LAYERS: usize = 2;

type Painter = Rc<dyn Fn()>;

thread_local! {
    static PAINTERS: RefCell<[Option<Painter>; LAYERS]> = const { RefCell::new([None, None]) };
    static WANTED: Cell<[bool; LAYERS]> = const { Cell::new([false; LAYERS]) };
    static PENDING: Cell<bool> = const { Cell::new(false) };
    static CALLBACK: OnceCell<Closure<dyn FnMut()>> = const { OnceCell::new() };
}

/// Sets who paints a layer, replacing the painter of an earlier page.
pub fn paint_with(layer: Layer, painter: impl Fn() + 'static) {
    PAINTERS.with_borrow_mut(|painters| painters[layer as usize] = Some(Rc::new(painter)));
    request(layer);
}

/// Asks for a layer to be painted in the next frame.
pub fn request(layer: Layer) {
    let mut wanted = WANTED.get();
    wanted[layer as usize] = true;
    WANTED.set(wanted);
    if PENDING.replace(true) {
        return;
    }
    CALLBACK.with(|callback| {
        let callback = callback.get_or_init(|| Closure::new(run));
        let asked = web_sys::window()
            .and_then(|w| w.request_animation_frame(callback.as_ref().unchecked_ref()).ok());
        if asked.is_none() {
            PENDING.set(false);
        }
    });
}

fn run() {
    PENDING.set(false);
    let wanted = WANTED.replace([false; LAYERS]);
    for (layer, wanted) in wanted.into_iter().enumerate() {
        if wanted {
            let painter = PAINTERS.with_borrow(|painters| painters[layer].clone());
            if let Some(paint) = painter {
                paint();
            }
        }
    }
}
