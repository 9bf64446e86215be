//! How messages travel between page and worker, and between workers: a JS array
//! `[bytes, attachment?]`, the bytes in postcard. Bytes and bulk buffers are transferred, not copied.

use js_sys::{Array, Uint8Array, Uint32Array};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast as _, JsValue};

/// Packs a message; `None` when it cannot be encoded, which no message of the protocol does.
pub fn pack<T: Serialize>(message: &T, attachment: Option<&JsValue>) -> Option<Array> {
    let bytes = postcard::to_allocvec(message).ok()?;
    let array = Array::of1(&Uint8Array::from(bytes.as_slice()));
    if let Some(attachment) = attachment {
        array.push(attachment);
    }
    Some(array)
}

/// The transfer list of a packed message: its bytes, and an attached column or rows.
#[must_use]
pub fn transferred(message: &Array) -> Array {
    let list = Array::new();
    if let Some(bytes) = message.get(0).dyn_ref::<Uint8Array>() {
        list.push(&bytes.buffer());
    }
    if let Some(column) = message.get(1).dyn_ref::<Uint32Array>() {
        list.push(&column.buffer());
    }
    if let Some(rows) = message.get(1).dyn_ref::<Uint8Array>() {
        list.push(&rows.buffer());
    }
    list
}

/// A message and its attachment; `None` when it is not one of ours.
#[must_use]
pub fn unpack<T: DeserializeOwned>(data: &JsValue) -> Option<(T, Option<JsValue>)> {
    let array = data.dyn_ref::<Array>()?;
    let bytes = array.get(0).dyn_into::<Uint8Array>().ok()?.to_vec();
    let attachment = (array.length() > 1).then(|| array.get(1));
    Some((postcard::from_bytes(&bytes).ok()?, attachment))
}
