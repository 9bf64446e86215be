//! What must hold of the parser for any input whatever, one function per layer. They panic when
//! it does not. `tests/properties.rs` runs them on the seeds and on small changes of these;
//! `cargo xtask fuzz` on inputs that libFuzzer finds, several layers to a target.

mod container;
mod etl;
mod filter;
mod json;
mod records;
mod schema;
mod schema_files;
pub mod seeds;
mod store;
pub mod targets;
mod xca;

pub use container::container;
pub use etl::etl;
pub use filter::filter;
pub use json::json;
pub use schema::{classic, manifest, trace_event_info, trace_logging};
pub use schema_files::schema_files;
pub use store::store;
pub use xca::{round_trip, xca};

/// A check of an input; it panics when a property does not hold.
pub type Property = fn(&[u8]);

/// All properties by name.
pub const ALL: [(&str, Property); 12] = [
    ("etl", etl),
    ("xca", xca),
    ("round_trip", round_trip),
    ("trace_logging", trace_logging),
    ("trace_event_info", trace_event_info),
    ("manifest", manifest),
    ("classic", classic),
    ("schema_files", schema_files),
    ("json", |data| _ = json(data)),
    ("filter", filter),
    ("container", container),
    ("store", store),
];

/// Cuts `data` into chunks whose sizes depend on the data alone: from one byte to some thousands,
/// so that every kind of boundary is crossed.
fn chunks(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let sum = data.iter().step_by(97).fold(0_u64, |sum, &byte| sum * 31 % 65_521 + u64::from(byte));
    let mut state = sum | 1;
    let mut rest = data;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        // Numbers of Knuth's MMIX generator; the high bits are the good ones.
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let sizes = [1, 7, 72, 500, 4_096, 70_000];
        let most = sizes[(state >> 61) as usize % sizes.len()];
        let size = 1 + (state >> 33) as usize % most;
        let (chunk, tail) = rest.split_at(size.min(rest.len()));
        rest = tail;
        Some(chunk)
    })
}
