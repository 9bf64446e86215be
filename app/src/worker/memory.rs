//! The worker's memory: WebAssembly's ends at 4 GiB and is never given back, and running out of it
//! ends the worker. So reading stops before, and what was read stays usable.

use etlens_parser::{ErrorKind, Issue};

/// Whether no more events should be taken in, when they may take so much.
pub fn is_nearly_full(most_mib: u32) -> bool {
    used_bytes() >= u64::from(most_mib) << 20
}

#[cfg(target_arch = "wasm32")]
fn used_bytes() -> u64 {
    const PAGE_BYTES: u64 = 64 << 10;
    core::arch::wasm32::memory_size::<0>() as u64 * PAGE_BYTES
}

#[cfg(not(target_arch = "wasm32"))]
fn used_bytes() -> u64 {
    0
}

/// What is said when reading stops for lack of memory after `read_bytes` of `total_bytes`.
pub fn nearly_full(read_bytes: u64, total_bytes: u64) -> Issue {
    Issue {
        kind: ErrorKind::Limit,
        offset: read_bytes,
        skipped_bytes: total_bytes.saturating_sub(read_bytes),
        message: "The browser's memory is nearly full: the rest of the file is not shown. The \
                  command line tool reads all of it: `etlens dump` writes the events of a filter, \
                  which open here"
            .to_owned(),
    }
}
