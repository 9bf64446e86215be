//! The worker owns the trace.

mod port;

/// Runs the worker: says hello, then answers requests until it is ended.
pub fn start() {
    port::install_panic_hook();
    port::say(
        &crate::protocol::ToPage::Hello { protocol: crate::protocol::PROTOCOL_VERSION },
        None,
    );
}
