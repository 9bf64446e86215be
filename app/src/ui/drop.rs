//! Files given to the page: dropped anywhere on it, or pasted.

use leptos::prelude::{document, window};
use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, DataTransfer, DragEvent, Event, File, FileList, HtmlInputElement};

use crate::state::actions;
use crate::state::app::App;
use crate::state::reactive;

/// Listens on the whole window.
pub fn listen(app: App) {
    let over = |event: Event| {
        event.prevent_default();
        veil(true);
    };
    let left = |event: Event| {
        // Only leaving the window has no element it goes to.
        if event.unchecked_into::<DragEvent>().related_target().is_none() {
            veil(false);
        }
    };
    let dropped = move |event: Event| {
        event.prevent_default();
        veil(false);
        if let Some(transfer) = event.unchecked_into::<DragEvent>().data_transfer() {
            take(app, &transfer);
        }
    };
    let pasted = move |event: Event| {
        let transfer = event.unchecked_ref::<ClipboardEvent>().clipboard_data();
        let files = transfer.as_ref().and_then(DataTransfer::files);
        if let Some(files) = files.filter(|files| files.length() > 0) {
            event.prevent_default();
            actions::open_files(app, &list(&files));
        }
    };
    let window = window();
    reactive::listen(&window, "dragover", Box::new(over));
    reactive::listen(&window, "dragleave", Box::new(left));
    reactive::listen(&window, "drop", Box::new(dropped));
    reactive::listen(&window, "paste", Box::new(pasted));
}

/// Shows or hides the sign that a drop would be taken.
fn veil(on: bool) {
    if let Ok(Some(page)) = document().query_selector(".app") {
        super::toggle_class(&page, "dropping", on);
    }
}

fn take(app: App, transfer: &DataTransfer) {
    let items = transfer.items();
    let is_folder = |index| {
        let entry = items.get(index).and_then(|item| item.webkit_get_as_entry().ok().flatten());
        entry.is_some_and(|entry| entry.is_directory())
    };
    let folders = (0..items.length()).filter(|index| is_folder(*index)).count();
    let files = transfer.files().map(|files| list(&files)).unwrap_or_default();
    // A folder also appears among the files, as one that cannot be read.
    if files.len() <= folders {
        if folders > 0 {
            actions::refuse_folder(app);
        }
        return;
    }
    let whole: Vec<File> = files
        .into_iter()
        .enumerate()
        .filter(|(index, _)| !is_folder(u32::try_from(*index).unwrap_or(u32::MAX)))
        .map(|(_, file)| file)
        .collect();
    actions::open_files(app, &whole);
}

/// The files of a list.
pub fn list(files: &FileList) -> Vec<File> {
    (0..files.length()).filter_map(|index| files.get(index)).collect()
}

/// The files chosen in an `<input type=file>`, which is emptied so that choosing the same file
/// again is noticed.
pub fn chosen(event: &Event) -> Vec<File> {
    let input = event.target().and_then(|t| t.dyn_into::<HtmlInputElement>().ok());
    let Some(input) = input else { return Vec::new() };
    let files = input.files().map(|files| list(&files)).unwrap_or_default();
    input.set_value("");
    files
}
