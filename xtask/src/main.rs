//! The entry points of the project: `cargo xtask <command>`. Continuous integration calls the
//! same commands.

mod bench;
mod finish;
mod fuzz;
mod node;
mod page;
mod run;
mod server;
mod sha256;
mod size;
mod suite;
mod tools;
mod trunk;

use std::process::ExitCode;

/// What went wrong, in words for the terminal.
type Result<T, E = String> = std::result::Result<T, E>;

const USAGE: &str = "\
Usage: cargo xtask <command>

  serve [--dev] [--port N]   get the tools, build, serve on 127.0.0.1 (8080) and print the address;
                             --dev builds without optimisation, watches and reloads
  test [--only STAGE]        lint, native, wasm and e2e tests; STAGE is one of these names
  dist                       build the page for a static host into dist/
  size [--record]            measure the build against its budgets; --record writes docs/SIZE.md
  bench [--mib N] [--wasm] [--peers] [--record]
                             measure the engine on generated traces; --record does all of it and
                             writes its section of docs/BENCHMARKS.md
  bench --browser [--mib N] [--record]
                             measure the page in Chromium on traces up to N MiB (256)
  fuzz [--seconds N] [--jobs N] [--record] [TARGET]…
                             run libFuzzer on the parser (60 s each of all targets), so many targets
                             at a time; --record writes what was run so far into docs/FUZZING.md
  finish                     called by Trunk after a build

Tools are installed into .tools, or into the folder that ETLENS_TOOLS names.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["serve", rest @ ..] => serve(rest),
        ["test", rest @ ..] => return suite::test(rest),
        ["dist"] => dist(),
        ["size"] => size::size(false),
        ["size", "--record"] => size::size(true),
        ["bench", rest @ ..] => bench::Options::parse(rest).and_then(bench::bench),
        ["fuzz", rest @ ..] => fuzz::fuzz(rest),
        ["finish"] => finish::finish(),
        [] | ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(format!("Unknown command: {}\n\n{USAGE}", words.join(" "))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn dist() -> Result<()> {
    tools::ensure_build_tools()?;
    node::try_binaryen()?;
    trunk::build_for_host()
}

fn serve(mut words: &[&str]) -> Result<()> {
    let mut dev = false;
    let mut port = 8080;
    loop {
        words = match words {
            [] => break,
            ["--dev", rest @ ..] => {
                dev = true;
                rest
            }
            ["--port", number, rest @ ..] => {
                port = number.parse().map_err(|_| format!("Not a port: {number}"))?;
                rest
            }
            [other, ..] => return Err(format!("serve does not know {other}\n\n{USAGE}")),
        };
    }
    server::check_port(port)?;
    tools::ensure_build_tools()?;
    if dev {
        return trunk::watch(port);
    }
    trunk::build_release()?;
    let server = server::Server::start(run::root()?.join("dist"), port)?;
    println!("\nETLens is at {}  (Ctrl+C stops it)", server.address());
    server.wait();
    Ok(())
}
