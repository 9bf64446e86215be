//! Where events are missing: what headers count and flag, numbers of buffers that are not there, and
//! bytes that could not be read, each placed between the events around it.

use std::collections::BTreeMap;

use super::directory::Directory;
use super::trace::Trace;
use crate::etl;
use crate::guid::Guid;
use crate::limits::MAX_LOSSES;
use crate::view::{Loss, LossCause, TimeRange};

/// `RT_LostEvent`.
const LOST_EVENT: Guid =
    Guid::from_parts(0x6a39_9ae0, 0x4bc6, 0x4de9, [0x87, 0x0b, 0x36, 0x57, 0xf8, 0x94, 0x7e, 0x7e]);

/// A loss that lies between two buffers, by their numbers in the directory.
#[derive(Clone, Copy, Debug)]
struct Between {
    before: Option<usize>,
    after: Option<usize>,
    cpu: Option<u16>,
    cause: LossCause,
    count: u64,
}

impl Trace {
    /// Finds the places of what the trace lost. To be asked once all of it was read.
    pub(super) fn find_losses(&mut self) {
        let Some(whole) = self.info.range else { return };
        let mut losses = self.counted(whole);
        if let Directory::Etl(file) = &self.directory {
            let mut between = unreadable(file, &self.info.lost.issues);
            between.extend(flagged(file));
            between.extend(numbers_missing(file));
            between.truncate(MAX_LOSSES);
            losses.extend(self.placed(file, &between, whole));
            losses.extend(dropped(file, whole));
        }
        losses.extend(self.told());
        crate::sort::by_key(&mut losses, |loss| (loss.range.start, loss.range.end, loss.cause));
        losses.truncate(MAX_LOSSES);
        self.info.losses = losses;
    }

    /// What the log headers count, anywhere in the trace, and what nothing else places.
    fn counted(&self, whole: TimeRange) -> Vec<Loss> {
        let lost = &self.info.lost;
        let counts =
            [(LossCause::EventsCounted, lost.events), (LossCause::BuffersCounted, lost.buffers)];
        let some = counts.into_iter().filter(|(_, count)| *count > 0);
        some.map(|(cause, count)| Loss { range: whole, cpu: None, cause, count }).collect()
    }

    /// What records of the session itself tell.
    fn told(&self) -> Vec<Loss> {
        let cause = |key: &super::Key| match (key.event.provider == LOST_EVENT, key.event.opcode) {
            (true, 32) => Some(LossCause::RealTimeEvents),
            (true, 33) => Some(LossCause::RealTimeBuffers),
            (true, 34) => Some(LossCause::RealTimeFile),
            _ => None,
        };
        let causes: Vec<Option<LossCause>> = self.keys().iter().map(cause).collect();
        if causes.iter().all(Option::is_none) {
            return Vec::new();
        }
        let tell = |event| {
            let cause = (*causes.get(self.key_id(event) as usize)?)?;
            let time = self.time(event);
            let range = TimeRange { start: time, end: time.saturating_add(1) };
            Some(Loss { range, cpu: Some(self.cpu(event)), cause, count: 0 })
        };
        (0..self.len()).filter_map(tell).take(MAX_LOSSES).collect()
    }

    /// Gives losses between buffers the times of the events around them.
    fn placed(&self, file: &etl::File, between: &[Between], whole: TimeRange) -> Vec<Loss> {
        // By the number of a buffer, its first and last time.
        let mut times: BTreeMap<usize, (i64, i64)> = BTreeMap::new();
        for buffer in between.iter().flat_map(|b| [b.before, b.after]).flatten() {
            times.insert(buffer, (i64::MAX, i64::MIN));
        }
        if times.is_empty() {
            return Vec::new();
        }
        for event in 0..self.len() {
            let locator = self.columns().locator(event);
            let buffer = file.buffer_of(locator);
            if let Some((first, last)) = buffer.and_then(|buffer| times.get_mut(&buffer)) {
                let time = self.time(event);
                (*first, *last) = ((*first).min(time), (*last).max(time));
            }
        }
        let time = |buffer: Option<usize>| {
            times.get(&buffer?).copied().filter(|(first, last)| first <= last)
        };
        let place = |loss: &Between| {
            let (before, after) = (time(loss.before), time(loss.after));
            let inside = loss.before == loss.after;
            let start =
                before.map_or(whole.start, |(first, last)| if inside { first } else { last });
            let end = after.map_or(whole.end, |(first, last)| if inside { last } else { first });
            // Buffers of different processors overlap.
            let range = TimeRange { start: start.min(end), end: start.max(end).saturating_add(1) };
            Loss { range, cpu: loss.cpu, cause: loss.cause, count: loss.count }
        };
        between.iter().map(place).collect()
    }
}

/// When the recorder dropped events last. That it says so in ticks or as FILETIME is not known: it
/// is what lies within the trace.
fn dropped(file: &etl::File, whole: TimeRange) -> impl Iterator<Item = Loss> + '_ {
    file.headers().iter().flat_map(move |header| {
        let clock = header.clock();
        header.last_dropped.iter().filter_map(move |&said| {
            let is_inside = |time: &i64| (whole.start..=whole.end).contains(time);
            let start = [clock.to_filetime(said), said].into_iter().find(is_inside)?;
            let range = TimeRange { start, end: start.saturating_add(1) };
            Some(Loss { range, cpu: None, cause: LossCause::EventsDropped, count: 0 })
        })
    })
}

/// Skipped bytes, between the buffers around them in the file, or inside one.
fn unreadable(file: &etl::File, issues: &[crate::error::Issue]) -> Vec<Between> {
    let place = |issue: &crate::error::Issue| {
        let (before, after) = file.around(issue.offset);
        let cpu = before.filter(|_| before == after).and_then(|buffer| file.cpu_of(buffer));
        let (cause, count) = (LossCause::Unreadable, issue.skipped_bytes);
        Between { before, after, cpu, cause, count }
    };
    issues.iter().filter(|issue| issue.skipped_bytes > 0).map(place).collect()
}

/// Buffers whose headers say that something was lost before them.
fn flagged(file: &etl::File) -> Vec<Between> {
    let mut last_of: BTreeMap<u16, usize> = BTreeMap::new();
    let mut found = Vec::new();
    for (buffer, mark) in file.buffer_marks().enumerate() {
        let before = mark.cpu.map(|cpu| last_of.insert(cpu, buffer)).unwrap_or_default();
        let causes = [
            (mark.events_lost, LossCause::EventsBefore),
            (mark.buffer_lost, LossCause::BufferBefore),
        ];
        for (_, cause) in causes.into_iter().filter(|(is_flagged, _)| *is_flagged) {
            let after = Some(buffer);
            found.push(Between { before, after, cpu: mark.cpu, cause, count: 0 });
        }
    }
    found
}

/// Numbers missing among the buffers of a session.
fn numbers_missing(file: &etl::File) -> Vec<Between> {
    let mut found = Vec::new();
    let mut session: Vec<(i64, usize)> = Vec::new();
    let mut close = |session: &mut Vec<(i64, usize)>| {
        crate::sort::plain(session);
        for pair in session.windows(2) {
            let [(low, before), (high, after)] = pair else { continue };
            let missing = (i128::from(*high) - i128::from(*low) - 1).max(0);
            if missing > 0 {
                let (one, other) = (file.cpu_of(*before), file.cpu_of(*after));
                found.push(Between {
                    before: Some(*before),
                    after: Some(*after),
                    cpu: one.filter(|_| one == other),
                    cause: LossCause::NumbersMissing,
                    count: u64::try_from(missing).unwrap_or(u64::MAX),
                });
            }
        }
        session.clear();
    };
    for (buffer, mark) in file.buffer_marks().enumerate() {
        match mark.sequence {
            Some(number) => session.push((number, buffer)),
            None => close(&mut session),
        }
    }
    close(&mut session);
    found
}
