//! `etlens-bench`: one measurement per process, so that memory and caches start alike.
//!
//! `etlens-bench make SHAPE MIB OUT` writes a trace; `etlens-bench STAGE FILE TIMES` measures a
//! stage and prints lines of `name value`: seconds of each repetition (`engine` without reading
//! the file, `whole` with it), `bytes`, `events`, and memory in bytes where it is told.

#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(not(target_arch = "wasm32"))]
mod native;

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    native::main()
}
