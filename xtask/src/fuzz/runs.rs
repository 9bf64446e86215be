//! What was fuzzed so far: one line per run in a file of the tool folder, summed up in
//! docs/FUZZING.md.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use crate::run::{command, output};
use crate::{Result, page};

const PAGE: &str = "docs/FUZZING.md";
/// An hour of each is the aim.
const AIM_SECONDS: f64 = 3_600.0;

/// One run of one target.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Day, commit of the parser, target.
    pub date: String,
    pub commit: String,
    pub target: String,
    /// Processor time.
    pub seconds: f64,
    /// Inputs run.
    pub executions: u64,
    /// Edges of the code reached at the end; 0 when libFuzzer did not say.
    pub edges: u64,
    /// `nothing`, or how libFuzzer ended.
    pub outcome: String,
}

impl Run {
    /// A run of now.
    pub fn now(target: &str, seconds: f64, said: &str, outcome: &str) -> Result<Self> {
        let answer = |program: &str, words: &[&str]| -> Result<String> {
            Ok(output(command(program)?.args(words)).unwrap_or_default().trim().to_owned())
        };
        Ok(Self {
            date: answer("date", &["-u", "+%Y-%m-%d"])?,
            commit: answer("git", &["rev-parse", "--short=7", "HEAD"])?,
            target: target.to_owned(),
            seconds,
            executions: number_after(said, "stat::number_of_executed_units:"),
            edges: number_after(said, "cov:"),
            outcome: outcome.to_owned(),
        })
    }

    fn line(&self) -> String {
        let Self { date, commit, target, seconds, executions, edges, outcome } = self;
        format!("{date}\t{commit}\t{target}\t{seconds:.1}\t{executions}\t{edges}\t{outcome}")
    }

    fn of_line(line: &str) -> Option<Self> {
        let mut cells = line.split('\t').map(str::to_owned);
        Some(Self {
            date: cells.next()?,
            commit: cells.next()?,
            target: cells.next()?,
            seconds: cells.next()?.parse().ok()?,
            executions: cells.next()?.parse().ok()?,
            edges: cells.next()?.parse().ok()?,
            outcome: cells.next()?,
        })
    }
}

/// The last number that stands after a word.
fn number_after(text: &str, word: &str) -> u64 {
    let number = |at: usize| text.get(at + word.len()..)?.split_whitespace().next()?.parse().ok();
    text.rfind(word).and_then(number).unwrap_or(0)
}

fn file() -> Result<PathBuf> {
    Ok(super::folder()?.join("runs.tsv"))
}

/// Adds a run to the file.
pub fn add(run: &Run) -> Result<()> {
    let path = file()?;
    let said = |e: std::io::Error| format!("{}: {e}", path.display());
    let mut file = fs::File::options().create(true).append(true).open(&path).map_err(said)?;
    // In one write: another run may add its line at the same time.
    file.write_all(format!("{}\n", run.line()).as_bytes()).map_err(said)
}

/// Writes the sums of all runs into the page.
pub fn record(targets: &[&str]) -> Result<()> {
    let path = file()?;
    let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let runs: Vec<Run> = text.lines().filter_map(Run::of_line).collect();
    page::write(PAGE, "runs", &table(&runs, targets))
}

fn table(runs: &[Run], targets: &[&str]) -> String {
    let mut text =
        "| target | processor s | of an hour | inputs | edges | runs | commits | found |\n\
                    |---|--:|--:|--:|--:|--:|---|---|\n"
            .to_owned();
    for target in targets {
        let of_it: Vec<&Run> = runs.iter().filter(|run| run.target == *target).collect();
        // The sum of no floats would be −0.
        let seconds = of_it.iter().fold(0.0, |sum, run| sum + run.seconds);
        let executions: u64 = of_it.iter().map(|run| run.executions).sum();
        let edges = of_it.last().map_or(0, |run| run.edges);
        let mut commits: Vec<&str> = of_it.iter().map(|run| &*run.commit).collect();
        commits.dedup();
        let found: Vec<&str> =
            of_it.iter().map(|run| &*run.outcome).filter(|said| *said != "nothing").collect();
        let _ = writeln!(
            text,
            "| {target} | {seconds:.0} | {:.0} % | {executions} | {edges} | {} | {} | {} |",
            seconds / AIM_SECONDS * 100.0,
            of_it.len(),
            commits.join(", "),
            if found.is_empty() { "nothing".to_owned() } else { found.join(", ") }
        );
    }
    let dates = runs.iter().map(|run| &*run.date);
    let (first, last) = (dates.clone().min().unwrap_or("–"), dates.max().unwrap_or("–"));
    let _ = write!(text, "\nFrom {first} to {last}; edges are those at the end of the last run.");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "#2\tINITED cov: 80 ft: 81\n#99\tDONE   cov: 973 ft: 2041 corp: 40\n\
                        stat::number_of_executed_units: 1228\nstat::peak_rss_mb: 40\n";

    #[test]
    fn a_run_is_read_back_as_it_was_written() {
        let run = Run {
            executions: number_after(SAID, "stat::number_of_executed_units:"),
            edges: number_after(SAID, "cov:"),
            date: "2026-11-23".to_owned(),
            commit: "abc1234".to_owned(),
            target: "json".to_owned(),
            seconds: 61.5,
            outcome: "nothing".to_owned(),
        };
        assert_eq!((run.executions, run.edges), (1_228, 973));
        assert_eq!(Run::of_line(&run.line()), Some(run.clone()));
        let later = Run { seconds: 1_738.5, outcome: "crash".to_owned(), ..run.clone() };
        let text = table(&[run, later], &["files", "json"]);
        assert!(
            text.contains("| json | 1800 | 50 % | 2456 | 973 | 2 | abc1234 | crash |"),
            "{text}"
        );
        assert!(text.contains("| files | 0 | 0 % |"), "what was never run is said: {text}");
    }
}
