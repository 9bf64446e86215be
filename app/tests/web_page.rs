//! In a page of a browser: messages survive the way to the worker and back.
#![cfg(target_arch = "wasm32")]

use etlens_app::protocol::{Answer, Request, ToPage, ToWorker};
use etlens_app::wire;
use etlens_parser::view::{Lanes, TimeRange};
use js_sys::{Reflect, Uint32Array};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// What `postMessage` does to a message.
fn travelled(message: &JsValue, transferred: &js_sys::Array) -> JsValue {
    let options = js_sys::Object::new();
    Reflect::set(&options, &"transfer".into(), transferred).expect("a plain object");
    let clone = Reflect::get(&js_sys::global(), &"structuredClone".into()).expect("a function");
    clone
        .unchecked_into::<js_sys::Function>()
        .call2(&JsValue::NULL, message, &options)
        .expect("bytes, columns and blobs can be cloned")
}

#[wasm_bindgen_test]
fn a_request_arrives_as_it_was_sent() {
    let sent = ToWorker {
        request: 7,
        body: Request::Filter {
            text: "message:\"세션을\" and level<=error".to_owned(),
            range: Some(TimeRange { start: i64::MIN, end: 134_000_000_000_000_001 }),
        },
    };
    let packed = wire::pack(&sent, None).expect("packed");
    let arrived = travelled(&packed, &wire::transferred(&packed));
    let (body, attachment) = wire::unpack::<ToWorker>(&arrived).expect("one of ours");
    assert_eq!(body, sent);
    assert_eq!(attachment, None);
}

#[wasm_bindgen_test]
fn a_file_travels_with_the_request_to_open_it() {
    let parts = js_sys::Array::of1(&"0123".into());
    let file = web_sys::File::new_with_str_sequence(&parts, "추적.etl").expect("a file");
    let sent = ToWorker { request: 1, body: Request::Open { locale: "ko-kr".to_owned() } };
    let packed = wire::pack(&sent, Some(&file)).expect("packed");
    let arrived = travelled(&packed, &wire::transferred(&packed));
    let (body, attachment) = wire::unpack::<ToWorker>(&arrived).expect("one of ours");
    let file: web_sys::File = attachment.expect("the file").unchecked_into();
    assert_eq!((body, file.name().as_str(), file.size()), (sent, "추적.etl", 4.0));
}

#[wasm_bindgen_test]
fn the_counts_of_lanes_are_transferred_not_copied() {
    let range = TimeRange { start: 0, end: 10 };
    let lanes = Lanes { range, pixels: 2, lanes: Vec::new(), rows: Vec::new(), counts: Vec::new() };
    let sent = ToPage::Answer { request: 3, body: Answer::Lanes(lanes) };
    let counts = Uint32Array::from([1, u32::MAX, 3].as_slice());
    let packed = wire::pack(&sent, Some(&counts)).expect("packed");
    let arrived = travelled(&packed, &wire::transferred(&packed));
    assert_eq!(counts.length(), 0, "the sender's buffer is gone");
    let (body, attachment) = wire::unpack::<ToPage>(&arrived).expect("one of ours");
    assert_eq!(body, sent);
    let counts: Uint32Array = attachment.expect("the counts").unchecked_into();
    assert_eq!(counts.to_vec(), [1, u32::MAX, 3]);
}

#[wasm_bindgen_test]
fn what_is_not_a_message_of_ours_is_refused() {
    for foreign in [
        JsValue::NULL,
        JsValue::from_str("hello"),
        js_sys::Array::new().into(),
        js_sys::Array::of1(&JsValue::from_f64(1.0)).into(),
        js_sys::Array::of1(&js_sys::Uint8Array::from([0xff_u8; 9].as_slice())).into(),
    ] {
        assert!(wire::unpack::<ToWorker>(&foreign).is_none(), "{foreign:?}");
    }
}
