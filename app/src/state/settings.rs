//! What a person chose and expects to find again: kept in `localStorage` as one line,
//! `v1?locale=ko-kr&theme=dark&…`.

use etlens_parser::view::LaneGroup;

use super::clock::Zone;
use super::link::{escape, group_from_name, group_name, unescape};

/// The key in `localStorage`.
pub const STORAGE_KEY: &str = "etlens.settings";

/// Which colours to use.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Theme {
    /// Those of the operating system.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// All, in the order of the menu.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The name in settings and in the `data-theme` attribute.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.name() == name)
    }
}

/// Height of the timeline in pixels: the least, the usual, the most.
pub const TIMELINE_HEIGHTS: [u32; 3] = [120, 260, 900];
/// Width of the side panel in pixels: the least, the usual, the most.
pub const PANEL_WIDTHS: [u32; 3] = [260, 420, 1_200];

/// All settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Locale of event texts; empty means that of the browser.
    pub locale: String,
    /// Colours.
    pub theme: Theme,
    /// How times are written.
    pub zone: Zone,
    /// What the timeline groups by.
    pub group: LaneGroup,
    /// Whether single keys (`.`, `/`, …) do something outside text fields.
    pub single_keys: bool,
    /// Height of the timeline in pixels.
    pub timeline_px: u32,
    /// Width of the side panel in pixels.
    pub panel_px: u32,
    /// Columns of the table, as `columns::print` writes them; empty means the usual ones.
    pub columns: String,
    /// Whether the facets are shown.
    pub facets: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            locale: String::new(),
            theme: Theme::default(),
            zone: Zone::default(),
            group: LaneGroup::default(),
            single_keys: true,
            timeline_px: TIMELINE_HEIGHTS[1],
            panel_px: PANEL_WIDTHS[1],
            columns: String::new(),
            facets: false,
        }
    }
}

impl Settings {
    /// One line for storage.
    #[must_use]
    pub fn print(&self) -> String {
        let mut out = String::from("v1?locale=");
        escape(&mut out, &self.locale);
        let mut columns = String::new();
        escape(&mut columns, &self.columns);
        for (name, value) in [
            ("theme", self.theme.name()),
            ("zone", self.zone.name()),
            ("group", group_name(self.group)),
            ("keys", if self.single_keys { "on" } else { "off" }),
            ("timeline", &self.timeline_px.to_string()),
            ("panel", &self.panel_px.to_string()),
            ("columns", &columns),
            ("facets", if self.facets { "on" } else { "off" }),
        ] {
            out.push('&');
            out.push_str(name);
            out.push('=');
            out.push_str(value);
        }
        out
    }

    /// Reads a stored line. What it lacks or what is out of range has its usual value; a line of
    /// another version is not believed.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut settings = Self::default();
        let Some(parameters) = text.strip_prefix("v1?") else { return settings };
        for (name, value) in parameters.split('&').filter_map(|part| part.split_once('=')) {
            match name {
                "locale" => settings.locale = unescape(value),
                "theme" => settings.theme = Theme::from_name(value).unwrap_or_default(),
                "zone" => settings.zone = Zone::from_name(value).unwrap_or_default(),
                "group" => settings.group = group_from_name(value).unwrap_or_default(),
                "keys" => settings.single_keys = value != "off",
                "timeline" => settings.timeline_px = pixels(value, TIMELINE_HEIGHTS),
                "panel" => settings.panel_px = pixels(value, PANEL_WIDTHS),
                "columns" => settings.columns = unescape(value),
                "facets" => settings.facets = value == "on",
                _ => {}
            }
        }
        settings
    }
}

fn pixels(text: &str, [least, usual, most]: [u32; 3]) -> u32 {
    text.parse().unwrap_or(usual).clamp(least, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_back_as_they_were() {
        let settings = Settings {
            locale: "ko-kr".into(),
            theme: Theme::Dark,
            zone: Zone::Recorder,
            group: LaneGroup::Thread,
            single_keys: false,
            timeline_px: 300,
            panel_px: 512,
            columns: "time,EventData.a%2Cb&=:90".into(),
            facets: true,
        };
        assert_eq!(Settings::parse(&settings.print()), settings);
    }

    #[test]
    fn nonsense_is_replaced_by_what_is_usual() {
        assert_eq!(Settings::parse("v9?theme=dark"), Settings::default());
        assert_eq!(Settings::parse("v1?theme=loud&timeline=abc&zone="), Settings::default());
        assert_eq!(Settings::parse("v1?panel=99999").panel_px, PANEL_WIDTHS[2]);
    }
}
