//! The worker.
fn main() {
    etlens_app::worker::start();
}
