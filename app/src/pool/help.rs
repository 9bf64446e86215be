//! The owner's side of a search: calls helpers for one that takes long, lends them shares, and
//! takes what they find. One that ends without an answer leaves its shares to the owner.

use etlens_parser::store::{Scan, Trace};
use js_sys::{Array, Uint8Array};
use web_sys::Blob;

use super::Means;
use super::messages::ToMember;
use super::team::{Heard, Team};
use crate::worker::job::{Job, now};
use crate::worker::port;
use crate::worker::schemas::Schemas;

/// A search that goes on for so long, and is not half done, is worth the helpers' coming up.
const PATIENCE_MS: f64 = 80.0;
/// About so many bytes of the file are searched for a share, if all its events are read.
const SHARE_BYTES: u64 = 16 << 20;

/// Help with one search.
pub struct Help {
    begun: f64,
    /// Whether helpers were called, or cannot help.
    settled: bool,
    team: Option<Team>,
}

impl Default for Help {
    fn default() -> Self {
        Self { begun: now(), settled: false, team: None }
    }
}

impl Help {
    /// Hears what was found meanwhile and lends out more; calls helpers when it is time to.
    pub fn turn(&mut self, scan: &mut Scan, trace: &Trace, file: &Blob, schemas: &Schemas) {
        if !self.settled && now() - self.begun > PATIENCE_MS {
            self.settled = true;
            if scan.done_bytes() < scan.total_bytes() / 2 {
                self.team = call(scan, trace, file, schemas);
            }
        }
        let Some(team) = &mut self.team else { return };
        while let Some(heard) = team.heard() {
            take(scan, heard);
        }
        let rows = u64::from(trace.len()) * SHARE_BYTES / scan.total_bytes().max(1);
        let rows = u32::try_from(rows).unwrap_or(u32::MAX);
        team.deal(&mut || {
            let share = scan.lend(trace, rows)?;
            let number = share.number;
            let events = Uint8Array::from(share.bytes());
            Some((number, ToMember::Share { number }, Some(events.into())))
        });
    }

    /// Waits for a helper where nothing else is left to do; `false` when the job was stopped.
    pub async fn wait(&mut self, job: &Job, scan: &mut Scan) -> bool {
        if let Some(team) = &mut self.team
            && scan.is_waiting()
        {
            let Some(heard) = team.hear(job).await else { return false };
            take(scan, heard);
        }
        true
    }
}

fn call(scan: &Scan, trace: &Trace, file: &Blob, schemas: &Schemas) -> Option<Team> {
    let scope = port::scope()?;
    let members = Means::from_name(&scope.name()).members;
    if members == 0 {
        return None;
    }
    let briefing = Box::new(scan.brief(trace)?);
    let files = Array::of1(file);
    let mut names = Vec::new();
    for (name, blob) in schemas.shelf() {
        names.push(name.to_owned());
        files.push(blob);
    }
    let mut team = Team::start(&scope, members);
    team.begin(ToMember::Search { briefing, schemas: names }, files.into());
    Some(team)
}

fn take(scan: &mut Scan, heard: Heard) {
    match heard {
        Heard::Searched(finds) => scan.accept(&finds),
        Heard::Over(shares) => shares.into_iter().for_each(|share| scan.take_back(share)),
        Heard::Ready | Heard::Found(..) => {}
    }
}
