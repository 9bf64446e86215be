//! The page.

fn main() {
    etlens_app::ui::start();
}
