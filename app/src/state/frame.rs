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

/// Measures kept by the browser before they are cleared: half a minute of frames.
const MOST_MEASURES: u32 = 2_000;

type Painter = Rc<dyn Fn()>;

thread_local! {
    static PAINTERS: RefCell<[Option<Painter>; LAYERS]> = const { RefCell::new([None, None]) };
    static WANTED: Cell<[bool; LAYERS]> = const { Cell::new([false; LAYERS]) };
    static PENDING: Cell<bool> = const { Cell::new(false) };
    /// Measures taken since they were last cleared.
    static MEASURED: Cell<u32> = const { Cell::new(0) };
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

/// Milliseconds since the page began.
#[must_use]
pub fn now() -> f64 {
    clock().map_or(0.0, |clock| clock.now())
}

fn clock() -> Option<web_sys::Performance> {
    web_sys::window()?.performance()
}

/// Notes how long the work of a frame took, for the browser's profiler and for measurements:
/// `performance` has entries of this name.
fn measure(began: f64) {
    const NAME: &str = "etlens-frame";
    let Some(clock) = clock() else { return };
    let span = js_sys::Object::new();
    for (name, value) in [("start", began), ("end", clock.now())] {
        // Setting a property of a fresh object does not fail.
        let _ = js_sys::Reflect::set(&span, &name.into(), &value.into());
    }
    let measure = js_sys::Reflect::get(&clock, &"measure".into());
    if let Some(measure) = measure.ok().as_ref().and_then(|f| f.dyn_ref::<js_sys::Function>()) {
        // An old browser without options takes no measures.
        let _ = measure.call2(&clock, &NAME.into(), &span);
    }
    // The browser keeps all entries until they are cleared.
    let taken = MEASURED.get() + 1;
    MEASURED.set(taken % MOST_MEASURES);
    if taken == MOST_MEASURES {
        clock.clear_measures_with_measure_name(NAME);
    }
}

fn run() {
    PENDING.set(false);
    let began = now();
    let wanted = WANTED.replace([false; LAYERS]);
    for (layer, wanted) in wanted.into_iter().enumerate() {
        if wanted {
            let painter = PAINTERS.with_borrow(|painters| painters[layer].clone());
            if let Some(paint) = painter {
                paint();
            }
        }
    }
    measure(began);
}
