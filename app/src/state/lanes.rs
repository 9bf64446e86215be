//! What a person did to the lanes of the timeline: pinned, ordered, hidden, made thin. Each
//! grouping has an arrangement of its own.

use etlens_parser::view::{LaneGroup, LaneLayout};

/// The arrangement of the lanes of one grouping.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arrangement {
    /// Which come first and which are hidden, as the worker is told.
    pub layout: LaneLayout,
    /// Lanes drawn as a thin strip.
    pub thin: Vec<String>,
}

/// All arrangements.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arrangements {
    groups: Vec<(LaneGroup, Arrangement)>,
    /// Whether all lanes are drawn as one.
    pub merged: bool,
}

impl Arrangements {
    /// The arrangement of a grouping.
    #[must_use]
    pub fn of(&self, group: LaneGroup) -> Arrangement {
        let found = self.groups.iter().find(|(known, _)| *known == group);
        found.map(|(_, arrangement)| arrangement.clone()).unwrap_or_default()
    }

    /// Forgets what was done to single lanes: they are of another trace.
    pub fn clear(&mut self) {
        self.groups.clear();
    }

    /// Changes the arrangement of a grouping.
    pub fn change(&mut self, group: LaneGroup, change: impl FnOnce(&mut Arrangement)) {
        let mut arrangement = self.of(group);
        change(&mut arrangement);
        self.groups.retain(|(known, _)| *known != group);
        if arrangement != Arrangement::default() {
            self.groups.push((group, arrangement));
        }
    }
}

/// Adds a key to a list, or takes it out when it is there.
fn toggle(list: &mut Vec<String>, key: &str) {
    let before = list.len();
    list.retain(|known| known != key);
    if list.len() == before {
        list.push(key.to_owned());
    }
}

impl Arrangement {
    /// Keeps a lane on top, or lets it go.
    pub fn toggle_pin(&mut self, key: &str) {
        self.layout.order.retain(|known| known != key);
        toggle(&mut self.layout.pinned, key);
    }

    /// Draws a lane as a thin strip, or in full height again.
    pub fn toggle_thin(&mut self, key: &str) {
        toggle(&mut self.thin, key);
    }

    /// Hides a lane.
    pub fn hide(&mut self, key: &str) {
        self.layout.pinned.retain(|known| known != key);
        self.layout.order.retain(|known| known != key);
        if !self.layout.hidden.iter().any(|known| known == key) {
            self.layout.hidden.push(key.to_owned());
        }
    }

    /// Shows a hidden lane, or all of them.
    pub fn show(&mut self, key: Option<&str>) {
        self.layout.hidden.retain(|known| key.is_some_and(|key| known != key));
    }

    /// Moves a lane so that it stands at a place among `shown`, the lanes as they are now. A
    /// pinned lane stays among the pinned ones, any other among the others. Returns where it is.
    pub fn place(&mut self, shown: &[String], key: &str, to: usize) -> usize {
        let pins = shown.iter().take_while(|lane| self.layout.pinned.contains(lane)).count();
        let Some(from) = shown.iter().position(|lane| lane == key) else { return to };
        let pinned = from < pins;
        let end = shown.len().max(1);
        let to = if pinned { to.min(pins - 1) } else { to.clamp(pins.min(end - 1), end - 1) };
        let mut moved: Vec<String> = shown.to_vec();
        let lane = moved.remove(from);
        moved.insert(to, lane);
        if pinned {
            self.layout.pinned = moved.into_iter().take(pins).collect();
        } else {
            // Only as many as it takes: lanes behind the moved one keep to their severity.
            let last = from.max(to) + 1;
            let old = self.layout.order.len();
            let until = last.max(pins + old).min(moved.len());
            self.layout.order = moved.get(pins..until).unwrap_or_default().to_vec();
        }
        to
    }
}

/// Heights of lanes in pixels: in full, and thin.
pub const LANE_PX: f64 = 28.0;
/// See [`LANE_PX`].
pub const THIN_PX: f64 = 12.0;

/// One lane on the canvas.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Which, as a place among all lanes.
    pub lane: usize,
    /// Upper edge below the axis; scrolling applied.
    pub top: f64,
    /// Height.
    pub height: f64,
    /// Whether it does not scroll.
    pub pinned: bool,
}

/// Where lanes lie: pinned ones on top, the others below them, moved up by `scroll`. Lanes that
/// are not visible in `height` are left out. Each lane is given as (is pinned, is thin).
#[must_use]
pub fn places(lanes: impl Iterator<Item = (bool, bool)>, scroll: f64, height: f64) -> Vec<Place> {
    let mut found = Vec::new();
    let (mut top, mut pinned_px, mut scrolled) = (0.0, 0.0, false);
    for (lane, (pinned, thin)) in lanes.enumerate() {
        if !pinned && !scrolled {
            scrolled = true;
            pinned_px = top;
            top -= scroll;
        }
        let lane_px = if thin { THIN_PX } else { LANE_PX };
        let least = if pinned { 0.0 } else { pinned_px };
        if top + lane_px > least && top < height {
            found.push(Place { lane, top, height: lane_px, pinned });
        }
        top += lane_px;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<String> {
        text.split(' ').filter(|key| !key.is_empty()).map(str::to_owned).collect()
    }

    #[test]
    fn a_lane_moves_to_where_it_is_put_and_the_rest_keeps_its_order() {
        let mut arrangement = Arrangement::default();
        assert_eq!(arrangement.place(&keys("a b c d e"), "d", 1), 1);
        assert_eq!(arrangement.layout.order, keys("a d b c"));
        assert_eq!(arrangement.place(&keys("a d b c e"), "a", 2), 2);
        assert_eq!(arrangement.layout.order, keys("d b a c"));
        // Far beyond the end is the end.
        assert_eq!(arrangement.place(&keys("d b a c e"), "b", 99), 4);
        assert_eq!(arrangement.layout.order, keys("d a c e b"));
    }

    #[test]
    fn a_pinned_lane_moves_among_the_pinned() {
        let mut arrangement = Arrangement::default();
        arrangement.toggle_pin("x");
        arrangement.toggle_pin("y");
        let shown = keys("x y a b");
        assert_eq!(arrangement.place(&shown, "x", 3), 1);
        assert_eq!(arrangement.layout.pinned, keys("y x"));
        assert_eq!(arrangement.place(&keys("y x a b"), "b", 0), 2, "never above the pinned");
        assert_eq!(arrangement.layout.order, keys("b a"));
        arrangement.toggle_pin("y");
        assert_eq!(arrangement.layout.pinned, keys("x"));
    }

    #[test]
    fn hidden_lanes_come_back() {
        let mut all = Arrangements::default();
        all.change(LaneGroup::Cpu, |lanes| lanes.hide("cpu:1"));
        all.change(LaneGroup::Cpu, |lanes| lanes.hide("cpu:2"));
        assert_eq!(all.of(LaneGroup::Cpu).layout.hidden, keys("cpu:1 cpu:2"));
        assert_eq!(all.of(LaneGroup::Level), Arrangement::default());
        all.change(LaneGroup::Cpu, |lanes| lanes.show(Some("cpu:1")));
        assert_eq!(all.of(LaneGroup::Cpu).layout.hidden, keys("cpu:2"));
        all.change(LaneGroup::Cpu, |lanes| lanes.show(None));
        assert_eq!(all, Arrangements::default());
    }

    #[test]
    fn lanes_scroll_below_the_pinned_ones() {
        let lanes = [(true, false), (false, true), (false, false), (false, false), (false, false)];
        let at = |scroll| {
            let places = places(lanes.into_iter(), scroll, 100.0);
            places.into_iter().map(|place| (place.lane, place.top)).collect::<Vec<_>>()
        };
        assert_eq!(at(0.0), [(0, 0.0), (1, 28.0), (2, 40.0), (3, 68.0), (4, 96.0)]);
        assert_eq!(at(20.0), [(0, 0.0), (2, 20.0), (3, 48.0), (4, 76.0)]);
    }
}
