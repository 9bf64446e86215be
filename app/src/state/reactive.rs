//! State that views follow, and what follows it: a value beside one of Leptos' triggers.
//!
//! Leptos' own signals compile a dozen functions for each type they hold, which for the twenty
//! types of this page is a third of its download. Here only the access to the value is generic.

use std::cell::RefCell;

use leptos::prelude::{ArcTrigger, Effect, Notify as _, Track as _, untrack};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{Event, EventTarget};

struct Inner<T> {
    trigger: ArcTrigger,
    value: RefCell<T>,
}

/// A handle to a value that lives as long as the page. Copied freely.
pub struct State<T: 'static>(&'static Inner<T>);

impl<T> Clone for State<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for State<T> {}

impl<T> State<T> {
    /// New state. It is never freed, so it is made for the page, not for each thing on it.
    #[must_use]
    pub fn new(value: T) -> Self {
        let trigger = ArcTrigger::new();
        Self(Box::leak(Box::new(Inner { trigger, value: RefCell::new(value) })))
    }

    /// The value; the running view follows it from now on.
    #[must_use]
    pub fn get(&self) -> T
    where
        T: Clone,
    {
        self.track();
        self.get_untracked()
    }

    /// The value, without following it.
    #[must_use]
    pub fn get_untracked(&self) -> T
    where
        T: Clone,
    {
        self.0.value.borrow().clone()
    }

    /// Reads the value in place; the running view follows it from now on. What reads must not
    /// write the same state.
    pub fn with<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        self.track();
        self.with_untracked(read)
    }

    /// [`State::with`], without following.
    pub fn with_untracked<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        read(&self.0.value.borrow())
    }

    /// Sets the value; views that follow it run again soon.
    pub fn set(&self, value: T) {
        drop(self.0.value.replace(value));
        self.0.trigger.notify();
    }

    /// Sets the value if it is another one.
    pub fn set_if_new(&self, value: T)
    where
        T: PartialEq,
    {
        if *self.0.value.borrow() != value {
            self.set(value);
        }
    }

    /// Changes the value in place; views that follow it run again soon.
    pub fn update(&self, change: impl FnOnce(&mut T)) {
        change(&mut self.0.value.borrow_mut());
        self.0.trigger.notify();
    }

    /// Follows the value without reading it.
    pub fn track(&self) {
        self.0.trigger.track();
    }
}

/// Runs now and when what it reads changes, as long as the view that made it is there.
pub fn effect(run: impl Fn() + 'static) {
    effect_boxed(Box::new(run));
}

fn effect_boxed(run: Box<dyn Fn()>) {
    Effect::new(move |_| run());
}

/// A condition that is followed by what reads it, and changes only when its outcome does.
pub fn condition(holds: impl Fn() -> bool + 'static) -> State<bool> {
    let state = State::new(untrack(&holds));
    effect(move || state.set_if_new(holds()));
    state
}

/// Listens to an event of a target for as long as the target is there.
pub fn listen(target: &EventTarget, name: &str, act: Box<dyn FnMut(Event)>) {
    // The browser frees the closure together with the target.
    let closure = Closure::wrap(act).into_js_value();
    // Adding a listener does not fail.
    let _ = target.add_event_listener_with_callback(name, closure.unchecked_ref());
}
