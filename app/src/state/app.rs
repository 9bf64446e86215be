//! The state of the page as signals. Views read them; only `actions` and `history` write them.

use std::rc::Rc;
use std::sync::Arc;

use etlens_parser::Guid;
use etlens_parser::view::{
    Details, EventIndex, Groups, Insights, RangeStats, Spans, TimeRange, TraceInfo,
};

use super::clock::DAY;
use super::columns::{self, Column, Sort};
use super::format::TimeStyle;
use super::i18n::{LOCALES, Language, has, nearest_locale};
use super::lanes::Arrangements;
use super::link::Link;
use super::reactive::State;
use super::settings::{STORAGE_KEY, Settings};
use crate::protocol::{FilterFault, LoadedSchema};

/// What the page is about; the `data-state` of the status.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Phase {
    /// No trace.
    Empty,
    /// Reading one.
    Loading,
    /// A trace is shown.
    Ready,
    /// What was given could not be opened.
    Error,
}

impl Phase {
    /// Its name in `data-state`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Loading => "loading",
            Self::Ready => "ready",
            Self::Error => "error",
        }
    }
}

/// Which long request goes on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WorkKind {
    /// Reading a trace.
    Opening,
    /// Searching payloads.
    Filtering,
    /// Writing a file.
    Exporting,
    /// Putting rows in order.
    Sorting,
    /// Grouping rows.
    Grouping,
}

/// A long request, as far as it has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Work {
    /// Which.
    pub kind: WorkKind,
    /// The request's number.
    pub request: u32,
    /// Bytes done.
    pub done_bytes: u64,
    /// Bytes in all; 0 before the first report.
    pub total_bytes: u64,
    /// Events or matches so far.
    pub events: u64,
    /// Milliseconds so far.
    pub elapsed_ms: f64,
}

impl Work {
    /// A request that was just sent.
    #[must_use]
    pub const fn new(kind: WorkKind, request: u32) -> Self {
        Self { kind, request, done_bytes: 0, total_bytes: 0, events: 0, elapsed_ms: 0.0 }
    }
}

/// A sentence in the page's language, whichever that is when it is read.
pub type Sentence = Rc<dyn Fn() -> String>;

/// Something to tell, until dismissed.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// The sentence.
    pub text: String,
    /// Particulars in English, as the parser says them; may be empty.
    pub detail: String,
    /// Whether the last file should be offered again.
    pub retry: bool,
}

/// All state. Copied freely: each field is a handle.
#[derive(Clone, Copy)]
pub struct App {
    /// What the page is about.
    pub phase: State<Phase>,
    /// The trace.
    pub info: State<Option<Arc<TraceInfo>>>,
    /// The long request that goes on.
    pub work: State<Option<Work>>,
    /// What must be told.
    pub notice: State<Option<Notice>>,
    /// What the status line says, and a screen reader with it.
    pub said: State<String>,
    /// How to say that again in another language.
    pub saying: State<Option<(String, Sentence)>>,
    /// How to tell the notice again in another language.
    pub telling: State<Option<(String, Sentence)>>,
    /// The filter in force.
    pub filter: State<String>,
    /// The text in the filter box.
    pub draft: State<String>,
    /// The range of the filter.
    pub range: State<Option<TimeRange>>,
    /// What is wrong with the text in the filter box.
    pub fault: State<Option<FilterFault>>,
    /// Events that pass filter and range.
    pub shown: State<u64>,
    /// Marked events that pass the filter.
    pub marked: State<u64>,
    /// What may be misspelt in the filter in force.
    pub hints: State<Vec<FilterFault>>,
    /// Columns of the table.
    pub columns: State<Vec<Column>>,
    /// What the table is sorted by.
    pub sort: State<Sort>,
    /// What the table is grouped by, in place of rows.
    pub grouped: State<Option<String>>,
    /// The groups, once they are counted.
    pub groups: State<Option<Arc<Groups>>>,
    /// Where the picked rows begin; they end at `position`.
    pub anchor: State<Option<u64>>,
    /// Counts changes of the rows; the flag says that rows drawn so far are wrong.
    pub rows: State<(u32, bool)>,
    /// Counts changes of what the timeline shows.
    pub lanes: State<u32>,
    /// Visible part of the timeline.
    pub visible: State<Option<TimeRange>>,
    /// Whether there is a visible part to go back to, and one to go forth to.
    pub zooms: State<(bool, bool)>,
    /// What was done to the lanes.
    pub arrangements: State<Arrangements>,
    /// The instants A and B.
    pub cursors: State<[Option<i64>; 2]>,
    /// Statistics of the selected range.
    pub stats: State<Option<Arc<RangeStats>>>,
    /// Spans of the visible range, as far as they were asked for.
    pub spans: State<Option<Arc<Spans>>>,
    /// Events between them, once counted.
    pub between: State<Option<u64>>,
    /// Whether the field to go to a time is open.
    pub goto: State<bool>,
    /// Range drawn on the timeline, not yet acted upon.
    pub selection: State<Option<TimeRange>>,
    /// The selected event.
    pub event: State<Option<EventIndex>>,
    /// Its position in the filtered view, and whether it is in it.
    pub position: State<Option<(u64, bool)>>,
    /// Everything about the selected event.
    pub details: State<Option<Arc<Details>>>,
    /// Dispatch sessions.
    pub insights: State<Option<Arc<Insights>>>,
    /// Providers decoded with the catalog at the user's wish.
    pub aliases: State<Vec<Guid>>,
    /// Schema files that are loaded.
    pub schemas: State<Vec<LoadedSchema>>,
    /// What a person chose.
    pub settings: State<Settings>,
    /// Locale of event texts.
    pub locale: State<&'static str>,
    /// Whether the list of keys is open.
    pub help: State<bool>,
    /// Whether a newer build waits to be put in force.
    pub update: State<bool>,
    /// A link that waits for its trace.
    pub link: State<Option<Arc<Link>>>,
}

impl App {
    /// The state of a page without a trace, with stored settings.
    #[must_use]
    pub fn new() -> Self {
        let settings = stored_settings();
        let locale = locale_of(&settings);
        let columns = columns::parse(&settings.columns);
        Self {
            phase: State::new(Phase::Empty),
            info: State::new(None),
            work: State::new(None),
            notice: State::new(None),
            said: State::new(String::new()),
            saying: State::new(None),
            telling: State::new(None),
            filter: State::new(String::new()),
            draft: State::new(String::new()),
            range: State::new(None),
            fault: State::new(None),
            shown: State::new(0),
            marked: State::new(0),
            hints: State::new(Vec::new()),
            columns: State::new(columns),
            sort: State::new(Sort::default()),
            grouped: State::new(None),
            groups: State::new(None),
            anchor: State::new(None),
            rows: State::new((0, false)),
            lanes: State::new(0),
            visible: State::new(None),
            zooms: State::new((false, false)),
            arrangements: State::new(Arrangements::default()),
            cursors: State::new([None; 2]),
            stats: State::new(None),
            spans: State::new(None),
            between: State::new(None),
            goto: State::new(false),
            selection: State::new(None),
            event: State::new(None),
            position: State::new(None),
            details: State::new(None),
            insights: State::new(None),
            aliases: State::new(Vec::new()),
            schemas: State::new(Vec::new()),
            settings: State::new(settings),
            locale: State::new(locale),
            help: State::new(false),
            update: State::new(false),
            link: State::new(None),
        }
    }

    /// The language of the page: that of the locale, English while its texts are not there.
    #[must_use]
    pub fn language(&self) -> Language {
        let wanted = Language::of_locale(self.locale.get());
        if has(wanted) { wanted } else { Language::En }
    }

    /// Says something in the status line, in whichever language the page is.
    pub fn say(&self, sentence: impl Fn() -> String + 'static) {
        let said = sentence();
        self.said.set(said.clone());
        self.saying.set(Some((said, Rc::new(sentence))));
    }

    /// The page's language changed: what was said is said in the new one. What somebody said
    /// without telling how is not repeated.
    pub fn say_again(&self) {
        let said = self.said.get_untracked();
        match self.saying.get_untracked().filter(|(last, _)| *last == said) {
            Some((_, sentence)) => self.say(move || sentence()),
            None => self.said.set(String::new()),
        }
        let told = self.telling.get_untracked();
        if let (Some(mut notice), Some((last, sentence))) = (self.notice.get_untracked(), told)
            && notice.text == last
        {
            notice.text = sentence();
            self.telling.set(Some((notice.text.clone(), sentence)));
            self.notice.set(Some(notice));
        }
    }

    /// Changes a setting and stores all.
    pub fn set(&self, change: impl FnOnce(&mut Settings)) {
        self.settings.update(change);
        if let Some(storage) = storage() {
            // A full or forbidden storage costs the memory of a choice, nothing more.
            let _ = storage.set_item(STORAGE_KEY, &self.settings.get_untracked().print());
        }
    }

    /// The whole trace's range. Tracks nothing: it is for actions.
    #[must_use]
    pub fn bounds(&self) -> Option<TimeRange> {
        self.info.with_untracked(|info| info.as_ref().and_then(|info| info.range))
    }

    /// How times are written; the running view follows the settings and the trace.
    #[must_use]
    pub fn time_style(&self) -> TimeStyle {
        self.settings.track();
        self.info.track();
        self.time_style_now()
    }

    /// How times are written now.
    #[must_use]
    pub fn time_style_now(&self) -> TimeStyle {
        let zone = self.settings.with_untracked(|settings| settings.zone);
        self.info.with_untracked(|info| {
            let range = info.as_ref().and_then(|info| info.range);
            let bias = info.as_ref().and_then(|info| info.bias_minutes).unwrap_or(0);
            let (start, end) = range.map_or((0, 0), |range| (range.start, range.end));
            let mut style = TimeStyle { zone, recorder_offset: -bias, start, several_days: false };
            let day = |time: i64| {
                (time.saturating_add(i64::from(style.offset(time)) * 600_000_000)).div_euclid(DAY)
            };
            style.several_days = day(start) != day(end);
            style
        })
    }
}

impl Default for App {
    fn default() -> Self {
        Self::new()
    }
}

/// The language the page begins in.
#[must_use]
pub fn first_language() -> Language {
    Language::of_locale(locale_of(&stored_settings()))
}

/// The locale that was chosen, else the browser's.
fn locale_of(settings: &Settings) -> &'static str {
    known_locale(&settings.locale).unwrap_or_else(browser_locale)
}

fn stored_settings() -> Settings {
    let stored = storage().and_then(|s| s.get_item(STORAGE_KEY).ok().flatten());
    Settings::parse(&stored.unwrap_or_default())
}

/// `localStorage`, where there is one.
fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

/// One of our locales by its tag.
#[must_use]
pub fn known_locale(tag: &str) -> Option<&'static str> {
    LOCALES.iter().map(|(known, _)| *known).find(|known| *known == tag)
}

/// The locale that serves the browser's languages best.
fn browser_locale() -> &'static str {
    let languages = web_sys::window().map(|window| window.navigator().languages());
    languages
        .into_iter()
        .flatten()
        .filter_map(|language| language.as_string())
        .find_map(|language| nearest_locale(&language))
        .unwrap_or("en-us")
}
