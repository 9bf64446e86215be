//! What is under the mouse, in words.

use etlens_parser::view::TimeRange;
use web_sys::HtmlElement;

use super::fetch::{CLASSES, ERROR, MARKED, WARNING};
use super::lanes::label;
use super::paint::HEAD_PX;
use super::{Timeline, spans};
use crate::state::app::App;
use crate::state::clock::duration;
use crate::state::format::count;
use crate::state::i18n::{Key, Plural, fill, t};
use crate::state::lanes::Place;
use crate::state::viewport::time_at;
use crate::ui::set_style;
use crate::ui::spans::kind_name;

/// Room the tip needs right of the mouse.
const WIDE_PX: f64 = 240.0;

/// Shows the tip where the mouse is, or hides it.
pub fn show(
    app: App,
    timeline: &Timeline,
    places: &[Place],
    visible: TimeRange,
    tip: &HtmlElement,
) {
    let hover = timeline.hover.filter(|(_, y)| *y > HEAD_PX && timeline.drag.is_none());
    let Some((x, y)) = hover else {
        tip.set_hidden(true);
        return;
    };
    let width = timeline.width;
    let style = app.time_style_now();
    let mut text = style.label(time_at(visible, x, width), 7);
    let rows = spans::rows(timeline, places);
    if let Some((row, bar)) = spans::hit(&rows, visible, width, (x, y)) {
        let took = duration(bar.end.saturating_sub(bar.start));
        text.push('\n');
        text.push_str(kind_name(row));
        text.push('\n');
        text.push_str(&match bar.last {
            Some(_) => took,
            None => fill(Key::SpanIsOpen, &[&took]),
        });
        if bar.failed {
            text.push('\n');
            text.push_str(t(Key::SpanFailed));
        }
    }
    // A pinned lane lies over those that scroll.
    let below = y - HEAD_PX;
    let place = places.iter().find(|p| (p.top..p.top + p.height).contains(&below));
    let columns = timeline.store.lanes.as_ref().map(|fetched| &fetched.columns);
    if let (Some(place), Some(columns)) = (place, columns)
        && let Some(row) = columns.rows.iter().position(|row| row.lane == place.lane)
    {
        let around = TimeRange {
            start: time_at(visible, x - 2.0, width),
            end: time_at(visible, x + 3.0, width).saturating_add(1),
        };
        let sum = |class: usize| -> u64 {
            columns.touching(around).map(|x| u64::from(columns.count(row, class, x))).sum()
        };
        let counts: [u64; CLASSES] = std::array::from_fn(sum);
        let total: u64 = counts.iter().sum();
        let merged = app.arrangements.with_untracked(|all| all.merged);
        let lanes = timeline.labels.get_untracked();
        let lane = lanes.get(place.lane).map(label);
        let lane = if merged { Some(t(Key::AllLanes).to_owned()) } else { lane };
        if let Some(lane) = lane.filter(|_| total > 0) {
            text.push('\n');
            text.push_str(&lane);
            text.push('\n');
            text.push_str(&count(Plural::Events, total));
            for (key, class) in [
                (Plural::TipMarked, MARKED),
                (Plural::TipErrors, ERROR),
                (Plural::TipWarnings, WARNING),
            ] {
                let n = counts.get(class).copied().unwrap_or(0);
                if n > 0 {
                    text.push('\n');
                    text.push_str(&count(key, n));
                }
            }
        }
    }
    tip.set_text_content(Some(&text));
    tip.set_hidden(false);
    let to_left = x > width - WIDE_PX;
    let left = (if to_left { x - 12.0 } else { x + 12.0 }).round() as i32;
    let top = (y + 12.0).round() as i32;
    let shift = if to_left { "-100%" } else { "0" };
    set_style(tip, "transform", &format!("translate({left}px, {top}px) translateX({shift})"));
}
