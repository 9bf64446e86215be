//! Dispatch sessions of a whole trace, in steps that can be stopped: of a large one with many
//! failures, events are read again all over the file.

use super::column::CHUNK_ROWS;
use super::passes;
use super::trace::Trace;
use crate::insight;
use crate::source::ReadAt;
use crate::view::Insights;

/// Chunks of rows looked at in one step.
const STEP_CHUNKS: usize = (1 << 15) / CHUNK_ROWS;

/// Explanations of one step: each may cost a few reads of the file, and whoever filters waits for
/// it.
const STEP_EXPLAINED: usize = 1;

/// The search for dispatch sessions, as far as it has come.
#[derive(Debug)]
pub struct InsightScan {
    builder: insight::Builder,
    /// Which keys are of providers that speak the catalog.
    codes: Vec<u8>,
    next_chunk: usize,
}

impl InsightScan {
    /// Begins to look through a trace.
    #[must_use]
    pub fn new(trace: &Trace) -> Self {
        let code = |speaks| if speaks { passes::YES } else { passes::NO };
        let codes = trace.catalog_keys().into_iter().map(code).collect();
        Self { builder: insight::Builder::new(), codes, next_chunk: 0 }
    }

    /// Goes on; the sessions, and why they failed, once all is done. An event that cannot be read
    /// has no fields.
    pub fn step(&mut self, trace: &Trace, source: &dyn ReadAt) -> Option<Insights> {
        let chunks = passes::chunks(trace);
        if self.next_chunk >= chunks {
            let fetch = &mut |event| trace.fields(event, source);
            return self.builder.conclude(STEP_EXPLAINED, fetch);
        }
        let end = chunks.min(self.next_chunk + STEP_CHUNKS);
        for chunk in self.next_chunk..end {
            passes::each_of_keys(trace, chunk, &self.codes, &mut |event| {
                if let Some(light) = trace.light(event) {
                    self.builder.event(light);
                }
            });
        }
        self.next_chunk = end;
        None
    }
}

impl Trace {
    /// All dispatch sessions of the trace and why they failed.
    #[must_use]
    pub fn insights(&self, source: &dyn ReadAt) -> Insights {
        let mut scan = InsightScan::new(self);
        loop {
            if let Some(insights) = scan.step(self, source) {
                return insights;
            }
        }
    }
}
