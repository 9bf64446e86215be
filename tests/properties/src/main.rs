//! `etlens-properties DIR` writes the seeds of each fuzz target into a folder of its name.

use std::path::Path;

use etlens_properties::{ALL, seeds};

fn main() -> std::io::Result<()> {
    let Some(folder) = std::env::args().nth(1) else {
        return Err(std::io::Error::other("usage: etlens-properties DIR"));
    };
    for (name, _) in ALL {
        let folder = Path::new(&folder).join(name);
        std::fs::create_dir_all(&folder)?;
        for (i, seed) in seeds::of(name).into_iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{i}")), seed)?;
        }
    }
    Ok(())
}
