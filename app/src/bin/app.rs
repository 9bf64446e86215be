//! The page.
fn main() {
    etlens_app::pwa::register(|_| {});
    // The page lives as long as its worker.
    std::mem::forget(etlens_app::client::Client::spawn(|_, _| {}));
}
