//! What the timeline showed before: zooming and moving can be undone and done again.

use etlens_parser::view::TimeRange;

/// Steps closer than this are one gesture, undone at once.
const GESTURE_MS: f64 = 600.0;
/// Gestures remembered; nobody goes back further.
const MOST: usize = 256;

/// The ranges left, and those gone back from.
#[derive(Debug, Default)]
pub struct Zooms {
    past: Vec<TimeRange>,
    future: Vec<TimeRange>,
    /// When the last step was.
    last_ms: Option<f64>,
}

impl Zooms {
    /// A range is left for another one.
    pub fn leave(&mut self, old: TimeRange, now_ms: f64) {
        let goes_on = self.last_ms.is_some_and(|last| now_ms - last < GESTURE_MS);
        self.last_ms = Some(now_ms);
        if !goes_on {
            self.future.clear();
            if self.past.len() >= MOST {
                self.past.remove(0);
            }
            self.past.push(old);
        }
    }

    /// The range before, or with `forth` the one gone back from.
    pub fn step(&mut self, current: TimeRange, forth: bool) -> Option<TimeRange> {
        self.last_ms = None;
        let (from, to) = match forth {
            true => (&mut self.future, &mut self.past),
            false => (&mut self.past, &mut self.future),
        };
        let found = from.pop()?;
        to.push(current);
        Some(found)
    }

    /// Whether there is a range to go back to, and one to go forth to.
    #[must_use]
    pub fn can(&self) -> (bool, bool) {
        (!self.past.is_empty(), !self.future.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(end: i64) -> TimeRange {
        TimeRange { start: 0, end }
    }

    #[test]
    fn a_gesture_is_undone_at_once_and_done_again() {
        let mut zooms = Zooms::default();
        zooms.leave(range(100), 0.0);
        zooms.leave(range(90), 50.0);
        zooms.leave(range(80), 100.0);
        // A pause: a gesture of its own.
        zooms.leave(range(70), 2_000.0);
        assert_eq!(zooms.step(range(60), false), Some(range(70)));
        assert_eq!(zooms.step(range(70), false), Some(range(100)));
        assert_eq!(zooms.step(range(100), false), None);
        assert_eq!(zooms.step(range(100), true), Some(range(70)));
        assert_eq!(zooms.step(range(70), true), Some(range(60)));
        assert_eq!(zooms.can(), (true, false));
    }

    #[test]
    fn a_new_step_forgets_what_was_undone() {
        let mut zooms = Zooms::default();
        zooms.leave(range(100), 0.0);
        assert_eq!(zooms.step(range(50), false), Some(range(100)));
        zooms.leave(range(100), 10.0);
        assert_eq!(zooms.can(), (true, false));
        assert_eq!(zooms.step(range(20), false), Some(range(100)));
    }

    #[test]
    fn memory_of_steps_has_an_end() {
        let mut zooms = Zooms::default();
        for step in 0..10_000_u32 {
            zooms.leave(range(step.into()), f64::from(step) * 1_000.0);
        }
        assert_eq!(zooms.past.len(), MOST);
        assert_eq!(zooms.step(range(-1), false), Some(range(9_999)));
    }
}
