//! `size`: what the page and its worker weigh on the wire, against their budgets.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::run::root;
use crate::{Result, finish, node, tools, trunk};

/// Budgets in kilobytes of brotli, quality 11: what must be there before anything can be done,
/// and before anything can be opened. docs/DESIGN.md says why they are what they are.
const BUDGETS: [(&str, &str, u64); 2] = [("page", "app_bg-", 165), ("worker", "worker_bg-", 475)];
const KILOBYTE: u64 = 1000;

struct Line {
    name: String,
    bytes: u64,
    brotli_bytes: u64,
}

/// Builds, measures, and fails when over a budget.
pub fn size(record: bool) -> Result<()> {
    tools::ensure_build_tools()?;
    node::try_binaryen()?;
    let mut report = String::new();
    let mut over = Vec::new();
    let optimiser = finish::wasm_opt()?;
    if optimiser.is_none() {
        println!("   wasm-opt is not installed: measuring without it only");
    }
    let passes: &[bool] = if optimiser.is_some() { &[false, true] } else { &[false] };
    for &optimised in passes {
        if optimised {
            trunk::build_for_host()?
        } else {
            trunk::build_release()?
        }
        let lines = measure(&root()?.join("dist"))?;
        let title = if optimised { "With wasm-opt" } else { "Without wasm-opt" };
        let table = table(&lines);
        println!("\n{table}");
        let _ = write!(report, "\n## {title}\n\n{table}");
        // The budget is of what a host sends.
        if optimised != optimiser.is_some() {
            continue;
        }
        over.extend(over_budget(&lines)?);
    }
    if record {
        let text = format!(
            "# What is loaded\n\nMeasured by `cargo xtask size --record`; KB = 1000 bytes, brotli \
             quality 11. Budgets: {} KB for the page's module, {} KB for the worker's.\n{report}",
            BUDGETS[0].2, BUDGETS[1].2
        );
        fs::write(root()?.join("docs/SIZE.md"), text).map_err(|e| format!("docs/SIZE.md: {e}"))?;
    }
    if over.is_empty() { Ok(()) } else { Err(over.join("\n")) }
}

/// Whether a build that is there keeps its budgets; for the tests.
pub fn within_budgets() -> Result<()> {
    let over = over_budget(&measure(&root()?.join("dist"))?)?;
    if over.is_empty() { Ok(()) } else { Err(over.join("\n")) }
}

/// A sentence for each part that is over its budget.
fn over_budget(lines: &[Line]) -> Result<Vec<String>> {
    let mut over = Vec::new();
    for (part, prefix, budget) in BUDGETS {
        let Some(line) = lines.iter().find(|line| line.name.starts_with(prefix)) else {
            return Err(format!("The build has no {prefix}*.wasm"));
        };
        if line.brotli_bytes > budget * KILOBYTE {
            over.push(format!(
                "The {part} is {} bytes in brotli, over its budget of {budget} KB",
                line.brotli_bytes
            ));
        }
    }
    Ok(over)
}

fn measure(folder: &Path) -> Result<Vec<Line>> {
    let said = |e: std::io::Error| format!("{}: {e}", folder.display());
    let mut lines = Vec::new();
    for entry in fs::read_dir(folder).map_err(said)? {
        let path = entry.map_err(said)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        if !["wasm", "js", "css", "html"].contains(&extension) {
            continue;
        }
        let bytes = fs::read(&path).map_err(said)?;
        lines.push(Line {
            name,
            bytes: bytes.len() as u64,
            brotli_bytes: compressed_bytes(&bytes)?,
        });
    }
    lines.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
    Ok(lines)
}

fn compressed_bytes(bytes: &[u8]) -> Result<u64> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 24,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut compressed, &parameters)
        .map_err(|e| format!("brotli: {e}"))?;
    Ok(compressed.len() as u64)
}

fn table(lines: &[Line]) -> String {
    let mut table = String::from("| file | KB | KB brotli |\n|---|--:|--:|\n");
    for line in lines {
        // The hash in the name changes with every build and says nothing here.
        let name = match (line.name.rsplit_once('-'), line.name.rsplit_once('.')) {
            (Some((stem, _)), Some((_, extension))) => format!("{stem}.{extension}"),
            _ => line.name.clone(),
        };
        let kilobytes = |bytes: u64| bytes as f64 / KILOBYTE as f64;
        let _ = writeln!(
            table,
            "| {name} | {:.1} | {:.1} |",
            kilobytes(line.bytes),
            kilobytes(line.brotli_bytes)
        );
    }
    table
}
