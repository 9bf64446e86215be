//! `etlens-seeds DIR` writes the seeds of each fuzz target into a folder of its name: built
//! ones, and ones cut from the corpus where that is there.

mod real;

use std::path::Path;

use etlens_properties::{seeds, targets};

fn main() -> std::io::Result<()> {
    let Some(folder) = std::env::args().nth(1) else {
        return Err(std::io::Error::other("usage: etlens-seeds DIR"));
    };
    for (name, _) in targets::ALL {
        let folder = Path::new(&folder).join(name);
        std::fs::create_dir_all(&folder)?;
        let write = |kind: &str, seeds: Vec<Vec<u8>>| {
            (0..)
                .zip(seeds)
                .try_for_each(|(i, seed)| std::fs::write(folder.join(format!("{kind}-{i}")), seed))
        };
        write("seed", seeds::of_target(name))?;
        write("real", real::of_target(name))?;
    }
    Ok(())
}
