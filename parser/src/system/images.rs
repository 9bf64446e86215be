//! Images (programs, libraries, drivers) by process, address and time.

use std::sync::Arc;

use super::{Fields, Sight, Texts, file_name, of_id};
use crate::limits::MAX_SYSTEM_SIGHTS;

/// One image in the address space of a process.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Image {
    /// The process; 0 and 4 are the kernel's.
    pub pid: u32,
    /// Address of its first byte.
    pub base: u64,
    /// Its length in bytes.
    pub size_bytes: u64,
    /// When it was loaded within the trace, FILETIME; `i64::MIN` when it was there before.
    pub start: i64,
    /// When it was unloaded within the trace, FILETIME; `i64::MAX` when it stayed.
    pub end: i64,
    /// Its path as the trace has it.
    pub path: Arc<str>,
}

impl Image {
    /// Its file name.
    #[must_use]
    pub fn name(&self) -> &str {
        file_name(&self.path)
    }
}

#[derive(Clone, Debug)]
struct Observation {
    ticks: i64,
    sight: Sight,
    image: Image,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Images {
    observations: Vec<Observation>,
    /// By process, address, time.
    settled: Vec<Image>,
    /// By process, the first program that was seen in it.
    programs: Vec<(u32, Arc<str>)>,
}

/// Processes whose images are mapped into all others.
const KERNEL: [u32; 2] = [0, 4];

/// Images looked at below an address: those that lay there at other times.
const MAX_TRIED: usize = 256;

impl Images {
    pub fn see(&mut self, ticks: i64, sight: Sight, fields: &Fields<'_>, texts: &mut Texts) {
        let pid = fields.id(&["ProcessId", "ProcessID"]).unwrap_or_default();
        let (Some(base), Some(size_bytes)) =
            (fields.number("ImageBase"), fields.number("ImageSize"))
        else {
            return;
        };
        let names = ["FileName", "ImageName", "OriginalFileName"];
        let path = names.iter().find_map(|name| fields.text(name));
        let Some(path) = path.and_then(|path| texts.keep(path)) else { return };
        if self.observations.len() < MAX_SYSTEM_SIGHTS {
            let image = Image { pid, base, size_bytes, start: i64::MIN, end: i64::MAX, path };
            self.observations.push(Observation { ticks, sight, image });
        }
    }

    pub fn settle(&mut self, to_filetime: &impl Fn(i64) -> i64) {
        crate::sort::by_key(&mut self.observations, |seen| (seen.image.pid, seen.ticks));
        self.programs.clear();
        for seen in &self.observations {
            let pid = seen.image.pid;
            let is_known = self.programs.last().is_some_and(|(known, _)| *known == pid);
            let name = file_name(&seen.image.path);
            let is_program = name.len() > 4
                && name.get(name.len() - 4..).is_some_and(|end| end.eq_ignore_ascii_case(".exe"));
            if is_program && !is_known && !KERNEL.contains(&pid) {
                self.programs.push((pid, name.into()));
            }
        }
        crate::sort::by_key(&mut self.observations, |seen| {
            (seen.image.pid, seen.image.base, seen.ticks)
        });
        self.settled.clear();
        for seen in &self.observations {
            let time = to_filetime(seen.ticks);
            let same =
                |last: &&mut Image| (last.pid, last.base) == (seen.image.pid, seen.image.base);
            let last = self.settled.last_mut().filter(same);
            let mut new = seen.image.clone();
            match last {
                Some(last) if last.end == i64::MAX && last.path == new.path => {
                    if seen.sight == Sight::End {
                        last.end = time;
                    }
                    continue;
                }
                Some(last) if last.path == new.path && seen.sight != Sight::Start => continue,
                Some(last) => {
                    // Something else lies there now, whether or not the unloading was logged.
                    last.end = last.end.min(time);
                    new.start = if seen.sight == Sight::Start { time } else { last.end };
                }
                None if seen.sight == Sight::Start => new.start = time,
                None => {}
            }
            if seen.sight == Sight::End {
                new.end = time;
            }
            self.settled.push(new);
        }
    }

    /// By process, the name of its program.
    pub fn programs(&self) -> Vec<(u32, Arc<str>)> {
        self.programs.clone()
    }

    pub fn at(&self, pid: Option<u32>, address: u64, time: i64) -> Option<&Image> {
        pid.into_iter().chain(KERNEL).find_map(|pid| {
            let list = of_id(&self.settled, pid, |image| image.pid);
            let below = list.partition_point(|image| image.base <= address);
            let tried = list.get(..below)?.iter().rev().take(MAX_TRIED);
            let holds = |image: &&Image| {
                address - image.base < image.size_bytes && image.start <= time && time <= image.end
            };
            tried.into_iter().find(holds)
        })
    }
}
