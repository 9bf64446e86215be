//! Whether an event that was read again passes a filter: from the bytes of its payload where they
//! tell, else decoded.

use std::cell::OnceCell;

use super::directory::Seen;
use super::keys::KeyId;
use super::sieve::Sieve;
use super::trace::Trace;
use crate::error::Result;
use crate::guid::Guid;
use crate::query::{PayloadFacts, Residual, RowFacts};
use crate::record::{Locator, ext_type};
use crate::schema::address::sid;
use crate::source::ReadAt;
use crate::value::Field;

/// What the columns say where nobody asks them.
pub(super) const NO_ROW: RowFacts =
    RowFacts { pid: None, tid: None, cpu: 0, activity: Guid::ZERO, time: 0 };

/// Decides events that were read again.
#[derive(Debug)]
pub(super) struct Judge {
    /// Language of messages.
    locale: String,
    needs_message: bool,
    /// What the raw payloads of each key decide, once one was seen.
    sieves: Vec<Option<Sieve>>,
}

impl Judge {
    /// For events of so many keys; whether a filter looks at messages.
    pub fn new(trace: &Trace, keys: usize, needs_message: bool) -> Self {
        let mut sieves = Vec::new();
        sieves.resize_with(keys, || None);
        Self { locale: trace.locale(), needs_message, sieves }
    }

    /// What the key alone tells, by what is known of it so far.
    pub fn known(&self, key: KeyId) -> Option<bool> {
        self.sieves.get(key as usize)?.as_ref()?.of_all()
    }

    /// Whether an event passes what is left of a filter for its key, and the offset of its record;
    /// 0 when it was not read. `row` gives what the columns say of it.
    ///
    /// # Errors
    /// As [`Trace::read_at`].
    pub fn judge(
        &mut self,
        trace: &Trace,
        source: &dyn ReadAt,
        (key, locator): (KeyId, Locator),
        residual: &Residual,
        row: &dyn Fn() -> RowFacts,
    ) -> Result<(bool, u64)> {
        if let Some(passes) = self.known(key) {
            return Ok((passes, 0));
        }
        let Self { locale, needs_message, sieves } = self;
        let mut unknown = None;
        let sieve = sieves.get_mut(key as usize).unwrap_or(&mut unknown);
        trace.read_at(locator, source, |record, body| {
            let sieve = sieve.get_or_insert_with(|| match residual {
                Residual::Depends(expr) => Sieve::new(trace, record, expr, locale),
                _ => Sieve::default(),
            });
            let known = match sieve.of_all() {
                None if sieve.lets_through(record.payload) => None,
                known => known.or(Some(false)),
            };
            let passes = known.unwrap_or_else(|| match &sieve.asked {
                Some(asked) => residual.matches(&NO_ROW, &Fields(asked.decode(trace, record))),
                None => trace.seen(record, body, |seen| {
                    let (needs_message, text) = (*needs_message, OnceCell::new());
                    let sid = OnceCell::new();
                    let facts = Facts { trace, seen, locale, needs_message, text, sid };
                    residual.matches(&row(), &facts)
                }),
            });
            (passes, record.offset)
        })
    }
}

/// The fields of an event, where nothing else of it is asked for.
struct Fields(Vec<Field>);

impl PayloadFacts for Fields {
    fn fields(&self) -> &[Field] {
        &self.0
    }

    fn message(&self) -> &str {
        ""
    }
}

/// What a filter may ask of an event that was read.
struct Facts<'a> {
    trace: &'a Trace,
    seen: &'a Seen<'a>,
    locale: &'a str,
    needs_message: bool,
    text: OnceCell<String>,
    sid: OnceCell<String>,
}

impl PayloadFacts for Facts<'_> {
    fn fields(&self) -> &[Field] {
        &self.seen.decoded.fields
    }

    fn message(&self) -> &str {
        if !self.needs_message {
            return "";
        }
        self.text.get_or_init(|| self.trace.message(self.seen, self.locale).text)
    }

    fn related(&self) -> Option<Guid> {
        self.seen.related_activity()
    }

    fn computer(&self) -> &str {
        self.seen.computer(self.trace)
    }

    fn user(&self) -> &str {
        self.sid.get_or_init(|| self.seen.sid())
    }
}

/// The related activity of an .etl record.
pub(super) fn related_activity(data: Option<&[u8]>) -> Option<Guid> {
    data?.first_chunk().map(|bytes| Guid(*bytes)).filter(|guid| !guid.is_zero())
}

impl Seen<'_> {
    /// The related activity id, `None` for zero.
    #[must_use]
    pub fn related_activity(&self) -> Option<Guid> {
        match self.body {
            Some(body) => Some(body.related_activity).filter(|guid| !guid.is_zero()),
            None => related_activity(self.record.extended.find(ext_type::RELATED_ACTIVITYID)),
        }
    }

    /// The computer that wrote the event; empty when unknown.
    #[must_use]
    pub fn computer<'s>(&'s self, trace: &'s Trace) -> &'s str {
        match self.body {
            Some(body) if !body.computer.is_empty() => &body.computer,
            _ => &trace.info.computer,
        }
    }

    /// The security identifier of the writer as `S-1-…`; empty when unknown.
    #[must_use]
    pub fn sid(&self) -> String {
        match self.body {
            Some(body) => body.sid.clone(),
            None => self.record.extended.find(ext_type::SID).and_then(sid).unwrap_or_default(),
        }
    }
}
