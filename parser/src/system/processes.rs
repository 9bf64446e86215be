//! Processes by id and time.

use std::sync::Arc;

use super::images::Images;
use super::{AFTERLIFE, Fields, Sight, Texts, at_time, file_name, of_id};
use crate::limits::MAX_SYSTEM_SIGHTS;

/// One process, as far as the trace tells.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Process {
    /// Its id.
    pub pid: u32,
    /// When it began within the trace, FILETIME; `i64::MIN` when it ran before.
    pub start: i64,
    /// When it ended within the trace, FILETIME; `i64::MAX` when it ran on.
    pub end: i64,
    /// When it was created, where a record says so, FILETIME.
    pub created: Option<i64>,
    /// Id of the process that created it.
    pub parent: Option<u32>,
    /// Terminal session.
    pub session: Option<u32>,
    /// Its exit status, once it ended.
    pub exit_status: Option<u32>,
    /// File name of its image; empty when unknown.
    pub name: Arc<str>,
    /// Path of its image as the trace has it; empty when unknown.
    pub image: Arc<str>,
    /// Command line; empty when unknown.
    pub command_line: Arc<str>,
    /// Security identifier of its user; empty when unknown.
    pub user: Arc<str>,
    /// Package of an app; empty when it has none.
    pub package: Arc<str>,
}

/// What one record said of a process.
#[derive(Clone, Debug)]
struct Observation {
    ticks: i64,
    sight: Sight,
    said: Process,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Processes {
    observations: Vec<Observation>,
    settled: Vec<Process>,
}

/// Two sources that tell of one start or end do it within this time: 1 s.
const SAME_MOMENT: i64 = 10_000_000;

/// What Windows names its two processes without an image: the idle one, and the kernel's.
const NAMED_BY_WINDOWS: [(u32, &str); 2] = [(0, "Idle"), (4, "System")];

fn nobody(pid: u32) -> Process {
    let none: Arc<str> = Arc::from("");
    Process {
        pid,
        start: i64::MIN,
        end: i64::MAX,
        created: None,
        parent: None,
        session: None,
        exit_status: None,
        name: none.clone(),
        image: none.clone(),
        command_line: none.clone(),
        user: none.clone(),
        package: none,
    }
}

impl Process {
    /// Takes from another what this does not know.
    fn fill(&mut self, other: Self) {
        self.created = self.created.or(other.created);
        self.parent = self.parent.or(other.parent);
        self.session = self.session.or(other.session);
        self.exit_status = self.exit_status.or(other.exit_status);
        for (mine, its) in [
            (&mut self.image, other.image),
            (&mut self.command_line, other.command_line),
            (&mut self.user, other.user),
            (&mut self.package, other.package),
        ] {
            if mine.is_empty() {
                *mine = its;
            }
        }
        // Old kernels cut the name after 14 characters.
        if other.name.len() > self.name.len() && other.name.starts_with(&*self.name) {
            self.name = other.name;
        }
    }
}

impl Processes {
    /// Takes what a record says of a process, under the names that the kernel's class and
    /// Microsoft-Windows-Kernel-Process give it.
    pub fn see(&mut self, ticks: i64, sight: Sight, fields: &Fields<'_>, texts: &mut Texts) {
        let Some(pid) = fields.id(&["ProcessId", "ProcessID"]) else { return };
        let mut said = nobody(pid);
        said.created = fields.filetime("CreateTime");
        said.parent = fields.id(&["ParentId", "ParentProcessID"]);
        said.session = fields.id(&["SessionId", "SessionID"]);
        if sight == Sight::End {
            let status = fields.number("ExitStatus").or_else(|| fields.number("ExitCode"));
            said.exit_status = status.map(|status| status as u32);
        }
        let mut keep = |name: &str| fields.text(name).and_then(|text| texts.keep(text));
        let image = keep("ImageName");
        said.command_line = keep("CommandLine").unwrap_or_default();
        said.user = keep("UserSID").unwrap_or_default();
        said.package = keep("PackageFullName").unwrap_or_default();
        let short = keep("ImageFileName");
        // The name alone stands where an end says it.
        let image = image.filter(|image| image.contains('\\'));
        let name = match (&short, &image) {
            (Some(short), _) => short.clone(),
            (None, Some(image)) => texts.keep(file_name(image)).unwrap_or_default(),
            (None, None) => keep_name(fields, texts),
        };
        said.name = name;
        said.image = image.unwrap_or_default();
        self.add(ticks, sight, said);
    }

    /// Takes what the start of a .NET runtime says of its process.
    pub fn see_runtime(&mut self, ticks: i64, pid: u32, fields: &Fields<'_>, texts: &mut Texts) {
        let Some(line) = fields.text("CommandLine") else { return };
        let mut said = nobody(pid);
        said.name = texts.keep(program(line)).unwrap_or_default();
        said.command_line = texts.keep(line).unwrap_or_default();
        self.add(ticks, Sight::There, said);
    }

    fn add(&mut self, ticks: i64, sight: Sight, said: Process) {
        if self.observations.len() < MAX_SYSTEM_SIGHTS {
            self.observations.push(Observation { ticks, sight, said });
        }
    }

    /// Brings what was seen into order. Processes that nothing names but their images have the
    /// name of the first.
    pub fn settle(&mut self, to_filetime: &impl Fn(i64) -> i64, images: &Images) {
        // At one time, what was there before what begins, and an end last.
        let order = |sight| match sight {
            Sight::There => 0,
            Sight::Start => 1,
            Sight::End => 2,
        };
        crate::sort::by_key(&mut self.observations, |seen| {
            (seen.said.pid, seen.ticks, order(seen.sight))
        });
        self.settled.clear();
        for seen in &self.observations {
            let last = self.settled.last_mut().filter(|last| last.pid == seen.said.pid);
            if let Some(new) = joined(last, seen, to_filetime(seen.ticks)) {
                self.settled.push(new);
            }
        }
        for (pid, name) in images.programs() {
            let at = self.settled.partition_point(|known| known.pid < pid);
            match self.settled.get_mut(at).filter(|known| known.pid == pid) {
                Some(known) if known.name.is_empty() => known.name = name,
                Some(_) => {}
                None => self.settled.insert(at, Process { name, ..nobody(pid) }),
            }
        }
        for (pid, name) in NAMED_BY_WINDOWS {
            let at = self.settled.partition_point(|known| known.pid < pid);
            match self.settled.get_mut(at).filter(|known| known.pid == pid) {
                Some(known) if known.name.is_empty() => known.name = name.into(),
                Some(_) => {}
                None => self.settled.insert(at, Process { name: name.into(), ..nobody(pid) }),
            }
        }
    }

    pub fn at(&self, pid: u32, time: i64) -> Option<&Process> {
        let list = of_id(&self.settled, pid, |known| known.pid);
        at_time(list, time, |known| (known.start, known.end))
    }

    pub fn spans(&self, fits: &dyn Fn(&str) -> bool) -> Vec<(u32, i64, i64)> {
        let of = |(at, known): (usize, &Process)| {
            let next = self.settled.get(at + 1).filter(|next| next.pid == known.pid);
            let next = next.map_or(i64::MAX, |next| next.start.saturating_sub(1));
            (known.pid, known.start, known.end.saturating_add(AFTERLIFE).min(next))
        };
        let named = self.settled.iter().enumerate();
        named.filter(|(_, known)| fits(&known.name)).map(of).collect()
    }

    pub fn all(&self) -> &[Process] {
        &self.settled
    }
}

/// Joins an observation with the last process of its id, or gives a new process.
fn joined(last: Option<&mut Process>, seen: &Observation, time: i64) -> Option<Process> {
    let new = || Some(Process { start: time, ..seen.said.clone() });
    let Some(last) = last else {
        return match seen.sight {
            Sight::Start => new(),
            Sight::There => Some(seen.said.clone()),
            Sight::End => Some(Process { end: time, ..seen.said.clone() }),
        };
    };
    let is_open = last.end == i64::MAX;
    let is_recent = |moment: i64| time.saturating_sub(moment) < SAME_MOMENT;
    match seen.sight {
        Sight::Start if is_recent(last.start) && is_open => {}
        Sight::Start => {
            last.end = last.end.min(time);
            return new();
        }
        Sight::There if is_open => {}
        // Its rundown comes when it is gone; or the id was given again.
        Sight::There if last.created == seen.said.created && last.parent == seen.said.parent => {}
        Sight::There => return Some(Process { start: last.end, ..seen.said.clone() }),
        Sight::End if is_open => last.end = time,
        Sight::End if is_recent(last.end) => {}
        Sight::End => return Some(Process { start: last.end, end: time, ..seen.said.clone() }),
    }
    last.fill(seen.said.clone());
    None
}

/// The name where a record has nothing but that, as `ImageName` of an end.
fn keep_name(fields: &Fields<'_>, texts: &mut Texts) -> Arc<str> {
    let name = fields.text("ImageName").map(file_name);
    name.and_then(|name| texts.keep(name)).unwrap_or_default()
}

/// The file name of the program a command line starts.
fn program(line: &str) -> &str {
    let line = line.trim_start();
    let path = match line.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().unwrap_or(quoted),
        None => line.split_whitespace().next().unwrap_or(line),
    };
    file_name(path)
}
