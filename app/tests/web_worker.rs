//! In a worker of a browser: files are opened as the worker does it, and hold what was built in.
#![cfg(target_arch = "wasm32")]

use std::cell::RefCell;

use etlens_app::protocol::Answer;
use etlens_app::worker::file::FileSource;
use etlens_app::worker::job::{Job, Kind, Stop};
use etlens_app::worker::open::open;
use etlens_app::worker::session::Session;
use etlens_parser::source::ReadAt as _;
use etlens_parser::view::TraceInfo;
use etlens_parser::{Error, ErrorKind};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Blob, Response};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[wasm_bindgen]
extern "C" {
    type CompressionStream;
    #[wasm_bindgen(constructor)]
    fn new(format: &str) -> CompressionStream;

    type Stream;
    #[wasm_bindgen(method, js_name = pipeThrough)]
    fn pipe_through(this: &Stream, pair: &CompressionStream) -> web_sys::ReadableStream;
}

fn blob(bytes: &[u8]) -> Blob {
    let parts = Array::of1(&Uint8Array::from(bytes));
    Blob::new_with_u8_array_sequence(&parts).expect("a blob")
}

async fn bytes(blob: &Blob) -> Vec<u8> {
    let buffer = JsFuture::from(blob.array_buffer()).await.expect("bytes");
    Uint8Array::new(&buffer).to_vec()
}

/// Compressed by the browser, so by nothing of ours.
async fn compressed(bytes: &[u8], format: &str) -> Vec<u8> {
    let plain = blob(bytes).stream().unchecked_into::<Stream>();
    let packed = plain.pipe_through(&CompressionStream::new(format));
    let response = Response::new_with_opt_readable_stream(Some(&packed)).expect("a response");
    let packed = JsFuture::from(response.blob().expect("a promise")).await.expect("a blob");
    self::bytes(&packed.unchecked_into()).await
}

/// A ZIP of one deflated file, written from APPNOTE's tables.
async fn zipped(name: &str, plain: &[u8]) -> Vec<u8> {
    let packed = compressed(plain, "deflate-raw").await;
    let le16 = |n: usize| u16::try_from(n).expect("small").to_le_bytes();
    let le32 = |n: usize| u32::try_from(n).expect("small").to_le_bytes();
    let mut common = Vec::new();
    // Version 2.0, no flags, deflate, no time, no date, no checksum.
    common.extend_from_slice(&[20, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    common.extend_from_slice(&le32(packed.len()));
    common.extend_from_slice(&le32(plain.len()));
    common.extend_from_slice(&le16(name.len()));
    common.extend_from_slice(&le16(0));
    let mut zip = b"PK\x03\x04".to_vec();
    zip.extend_from_slice(&common);
    zip.extend_from_slice(name.as_bytes());
    zip.extend_from_slice(&packed);
    let directory = zip.len();
    zip.extend_from_slice(b"PK\x01\x02\x14\0");
    zip.extend_from_slice(&common);
    // No comment, disk 0, no attributes; the local header is at 0.
    zip.extend_from_slice(&[0; 14]);
    zip.extend_from_slice(name.as_bytes());
    let directory_bytes = zip.len() - directory;
    zip.extend_from_slice(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    zip.extend_from_slice(&le32(directory_bytes));
    zip.extend_from_slice(&le32(directory));
    zip.extend_from_slice(&le16(0));
    zip
}

async fn opened(bytes: &[u8], name: &str) -> Result<TraceInfo, Error> {
    let session = RefCell::<Session>::default();
    match open(&session, &Job::new(1, Kind::Open), blob(bytes), name).await? {
        (Answer::Opened { info, cancelled: false }, None) => Ok(*info),
        (other, _) => panic!("not an answer to opening: {other:?}"),
    }
}

#[wasm_bindgen_test]
async fn the_sample_opens_with_all_that_was_put_into_it() {
    let truth = etlens_synth::sample::truth();
    let sample = etlens_synth::sample::build();
    let info = opened(&sample, "sample.etl").await.expect("a trace");
    assert_eq!(info.format, "etl");
    assert_eq!(info.file_bytes, sample.len() as u64);
    assert_eq!(info.events, truth.records);
    assert_eq!(info.marked, truth.marked);
    assert_eq!(info.range.map(|range| range.end - 1), Some(truth.end));
    assert_eq!(info.lost.skipped_bytes, 0, "{:?}", info.lost.issues);
}

#[wasm_bindgen_test]
async fn archives_open_as_the_trace_in_them() {
    let sample = etlens_synth::sample::build();
    let plain = opened(&sample, "sample.etl").await.expect("a trace");
    let zip = zipped("logs/host.etl", &sample).await;
    let from_zip = opened(&zip, "logs.zip").await.expect("a trace");
    assert_eq!(from_zip, TraceInfo { file_name: "host.etl".to_owned(), ..plain.clone() });
    let gz = compressed(&sample, "gzip").await;
    let from_gz = opened(&gz, "host.etl.GZ").await.expect("a trace");
    assert_eq!(from_gz, TraceInfo { file_name: "host.etl".to_owned(), ..plain });
}

#[wasm_bindgen_test]
async fn what_is_no_trace_is_refused_with_a_reason() {
    let kind = |outcome: Result<TraceInfo, Error>| outcome.expect_err("no trace").kind();
    assert_eq!(kind(opened(b"", "empty.etl").await), ErrorKind::Empty);
    assert_eq!(kind(opened(b"Once upon a time", "tale.txt").await), ErrorKind::NotATrace);
    let mut gz = compressed(&etlens_synth::sample::build(), "gzip").await;
    gz.truncate(gz.len() / 2);
    assert_eq!(kind(opened(&gz, "cut.etl.gz").await), ErrorKind::BadCompression);
    let zip = zipped("picture.png", b"x").await;
    assert_eq!(kind(opened(&zip, "pictures.zip").await), ErrorKind::NotATrace);
}

#[wasm_bindgen_test]
async fn a_cancelled_opening_keeps_what_was_read() {
    let session = RefCell::<Session>::default();
    let job = Job::new(1, Kind::Open);
    job.stop(Stop::Cancelled);
    let sample = etlens_synth::sample::build();
    let outcome = open(&session, &job, blob(&sample), "sample.etl").await.expect("a trace");
    let (Answer::Opened { info, cancelled: true }, None) = outcome else {
        panic!("not a cancelled opening: {outcome:?}")
    };
    assert!(info.events > 0, "rows of the first piece are there");
    assert!(info.events < etlens_synth::sample::truth().records, "but not those of the last");
}

#[wasm_bindgen_test]
fn any_slice_of_a_file_can_be_read() {
    let content: Vec<u8> = (0..2_500_000_u32).flat_map(|n| n.to_le_bytes()).collect();
    let source = FileSource::new(blob(&content)).expect("in a worker");
    assert_eq!(source.len_bytes(), content.len() as u64);
    // Within a block, over a border, larger than a block, the last byte, nothing.
    for (offset, len) in
        [(0, 8), (1_048_570, 100), (4_000_003, 3_000_000), (9_999_999, 1), (10_000_000, 0)]
    {
        let mut buffer = vec![0; len];
        source.read_exact_at(offset, &mut buffer).expect("inside");
        let offset = usize::try_from(offset).expect("small");
        assert_eq!(buffer, content[offset..offset + len], "{len} bytes at {offset}");
    }
    let beyond = source.read_exact_at(9_999_999, &mut [0; 2]).expect_err("past the end");
    assert_eq!((beyond.kind(), beyond.offset()), (ErrorKind::Truncated, Some(9_999_999)));
}
