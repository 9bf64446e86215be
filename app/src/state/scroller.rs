//! Scrolling a table that is taller than a browser can lay out.
//!
//! An element ends at 33.5 million pixels in Chromium and 17.9 million in Firefox, which is less
//! than a million rows. The spacer is therefore capped, and the scroll bar is *scaled*: a long
//! jump maps proportionally, while a short move (wheel, keys, touch) moves by as many pixels as
//! it asked for, so that rows never skip.

/// Height of the spacer at most, with room below Firefox's limit.
pub const TALLEST: f64 = 8_000_000.0;

/// The state of a scaled scroll bar. All lengths are CSS pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scroller {
    /// Height of one row.
    pub row: f64,
    /// Rows in all.
    pub rows: u64,
    /// Height of the window.
    pub window: f64,
    /// Where the window's top is in the unscaled table.
    pub top: f64,
    /// `scrollTop` that belongs to `top`.
    pub bar: f64,
}

impl Scroller {
    /// Height of the whole table, were there no limit.
    #[must_use]
    pub fn height(&self) -> f64 {
        self.rows as f64 * self.row
    }

    /// Height to give the spacer.
    #[must_use]
    pub fn spacer(&self) -> f64 {
        self.height().min(TALLEST)
    }

    fn farthest_top(&self) -> f64 {
        (self.height() - self.window).max(0.0)
    }

    fn farthest_bar(&self) -> f64 {
        (self.spacer() - self.window).max(0.0)
    }

    fn is_scaled(&self) -> bool {
        self.height() > TALLEST
    }

    /// The bar moved. Returns the `scrollTop` to set instead, when the ends would not meet.
    pub fn scrolled(&mut self, bar: f64) -> Option<f64> {
        let bar = bar.clamp(0.0, self.farthest_bar());
        let by = bar - self.bar;
        self.bar = bar;
        if !self.is_scaled() {
            self.top = bar;
            return None;
        }
        if bar <= 0.0 {
            self.top = 0.0;
            return None;
        }
        if bar >= self.farthest_bar() {
            self.top = self.farthest_top();
            return None;
        }
        if by.abs() > 2.0 * self.window {
            self.top = bar / self.farthest_bar() * self.farthest_top();
            return None;
        }
        self.top = (self.top + by).clamp(0.0, self.farthest_top());
        // The bar lags behind by the scale; when an end of the table is reached or the bar runs
        // into its own end first, it is put where it belongs.
        let proper = self.proper_bar();
        let near_end = bar < self.window || bar > self.farthest_bar() - self.window;
        let at_end = self.top <= 0.0 || self.top >= self.farthest_top();
        if at_end || (near_end && (proper - bar).abs() > self.window) {
            self.bar = proper;
            return Some(proper);
        }
        None
    }

    fn proper_bar(&self) -> f64 {
        if self.farthest_top() <= 0.0 {
            return 0.0;
        }
        self.top / self.farthest_top() * self.farthest_bar()
    }

    /// Moves the window to a place of the unscaled table; returns the `scrollTop` to set.
    pub fn move_to(&mut self, top: f64) -> f64 {
        self.top = top.clamp(0.0, self.farthest_top());
        self.bar = if self.is_scaled() { self.proper_bar() } else { self.top };
        self.bar
    }

    /// Moves the window so that a row is visible; `None` when it is already. Rows nearer than a
    /// window come in at the edge, farther ones in the middle.
    pub fn reveal(&mut self, row: u64) -> Option<f64> {
        let start = row as f64 * self.row;
        let end = start + self.row;
        if start >= self.top && end <= self.top + self.window {
            return None;
        }
        let top = if start < self.top && start > self.top - self.window {
            start
        } else if end > self.top + self.window && end < self.top + 2.0 * self.window {
            end - self.window
        } else {
            start - (self.window - self.row) / 2.0
        };
        Some(self.move_to(top))
    }

    /// First and one past the last row to draw, `spare` more on either side.
    #[must_use]
    pub fn visible(&self, spare: u64) -> (u64, u64) {
        if self.row <= 0.0 {
            return (0, 0);
        }
        let first = (self.top / self.row).floor() as u64;
        let last = ((self.top + self.window) / self.row).ceil() as u64;
        (first.saturating_sub(spare), last.saturating_add(spare).min(self.rows))
    }

    /// Where a row is drawn within the spacer.
    #[must_use]
    pub fn y_of(&self, row: u64) -> f64 {
        row as f64 * self.row - self.top + self.bar
    }

    /// Rows in a full window, at least one.
    #[must_use]
    pub fn page(&self) -> u64 {
        ((self.window / self.row.max(1.0)).floor() as u64).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Scroller {
        Scroller { row: 20.0, rows: 1_000, window: 400.0, ..Scroller::default() }
    }

    fn huge() -> Scroller {
        Scroller { row: 20.0, rows: 100_000_000, window: 400.0, ..Scroller::default() }
    }

    #[test]
    fn a_small_table_scrolls_as_it_is() {
        let mut s = small();
        assert_eq!(s.spacer(), 20_000.0);
        assert_eq!(s.scrolled(1_000.0), None);
        assert_eq!(s.visible(0), (50, 70));
        assert_eq!(s.y_of(50), 1_000.0);
    }

    #[test]
    fn a_huge_table_reaches_both_ends() {
        let mut s = huge();
        assert!(s.spacer() <= TALLEST);
        s.scrolled(s.spacer());
        assert_eq!(s.visible(0).1, 100_000_000);
        s.scrolled(0.0);
        assert_eq!(s.visible(0).0, 0);
    }

    #[test]
    fn a_huge_table_does_not_skip_rows_on_small_moves() {
        let mut s = huge();
        let start = s.move_to(s.height() / 2.0);
        let before = s.top;
        s.scrolled(start + 60.0);
        assert_eq!(s.top, before + 60.0);
        // What is drawn stands where the window is.
        let (first, _) = s.visible(0);
        assert!((s.y_of(first) - s.bar).abs() <= s.row);
    }

    #[test]
    fn wheeling_to_the_top_of_a_huge_table_ends_at_its_first_row() {
        let mut s = huge();
        let mut bar = s.move_to(5_000.0);
        for _ in 0..200 {
            bar = s.scrolled(bar - 60.0).unwrap_or(bar - 60.0).max(0.0);
        }
        assert_eq!(s.visible(0).0, 0);
    }

    #[test]
    fn revealing_goes_no_farther_than_needed() {
        let mut s = small();
        assert_eq!(s.reveal(5), None);
        assert_eq!(s.reveal(20), Some(20.0));
        assert_eq!(s.reveal(500), Some(10_000.0 - 190.0));
        let mut h = huge();
        h.reveal(99_999_999);
        assert_eq!(h.visible(0).1, 100_000_000);
    }
}
