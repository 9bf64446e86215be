//! What is known of one event: the layout of its payload, its names and its message.

use std::borrow::Cow;
use std::sync::Arc;

use crate::schema::layout::Layout;

/// A schema of one event, from any source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventSchema {
    /// The payload. Events of one template share it.
    pub layout: Arc<Layout>,
    /// The provider's name; empty when the source does not say.
    pub provider: String,
    /// The event's own name (symbol); empty when it has none.
    pub event: String,
    /// The task's name.
    pub task: String,
    /// The opcode's name.
    pub opcode: String,
    /// The channel's name.
    pub channel: String,
    /// The keywords' names with their bits; a bit of 0 stands for "named by the event itself".
    pub keywords: Vec<(u64, String)>,
    /// The message.
    pub message: Text,
}

/// A text in one or several languages.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Text {
    /// There is none.
    #[default]
    None,
    /// A text whose language nobody says.
    Plain(String),
    /// (locale, text), the locale tags lower case. Events that refer to one string share it.
    Localized(Arc<[(String, String)]>),
}

impl Text {
    /// Bytes of it in all languages.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Plain(text) => text.len(),
            Self::Localized(texts) => texts.iter().map(|(_, text)| text.len()).sum(),
        }
    }

    /// The text in a language, else in English, else any: text and its locale.
    #[must_use]
    pub fn pick(&self, locale: &str) -> Option<(&str, &str)> {
        match self {
            Self::None => None,
            Self::Plain(text) => Some((text, "")),
            Self::Localized(texts) => {
                let find = |tag: &str| texts.iter().find(|(l, _)| l == tag);
                let language = |tag: &str| {
                    let main = tag.split('-').next().unwrap_or_default().to_owned();
                    texts.iter().find(|(l, _)| l.split('-').next() == Some(main.as_str()))
                };
                let wanted = locale.to_ascii_lowercase();
                find(&wanted)
                    .or_else(|| language(&wanted))
                    .or_else(|| find("en-us"))
                    .or_else(|| language("en"))
                    .or_else(|| texts.first())
                    .map(|(l, t)| (t.as_str(), l.as_str()))
            }
        }
    }
}

impl EventSchema {
    /// Bytes of its names and its own text.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        let names = [&self.provider, &self.event, &self.task, &self.opcode, &self.channel];
        let keywords = self.keywords.iter().map(|(_, name)| name.len() + size_of::<u64>());
        let message = match &self.message {
            Text::Plain(text) => text.len(),
            Text::None | Text::Localized(_) => 0,
        };
        size_of::<Self>()
            + names.iter().map(|name| name.len()).sum::<usize>()
            + keywords.sum::<usize>()
            + message
    }
}

/// Names every manifest inherits from winmeta.xml.
#[must_use]
pub fn win_opcode(opcode: u8) -> Option<&'static str> {
    Some(match opcode {
        0 => "Info",
        1 => "Start",
        2 => "Stop",
        3 => "DCStart",
        4 => "DCStop",
        5 => "Extension",
        6 => "Reply",
        7 => "Resume",
        8 => "Suspend",
        9 => "Send",
        240 => "Receive",
        _ => return None,
    })
}

/// Reserved keyword bits (winmeta.xml) but those of channels.
pub const WIN_KEYWORDS: [(u64, &str); 8] = [
    (0x0001_0000_0000_0000, "Response Time"),
    (0x0002_0000_0000_0000, "WDI Context"),
    (0x0004_0000_0000_0000, "WDI Diagnostics"),
    (0x0008_0000_0000_0000, "SQM"),
    (0x0010_0000_0000_0000, "Audit Failure"),
    (0x0020_0000_0000_0000, "Audit Success"),
    (0x0040_0000_0000_0000, "Correlation Hint"),
    (0x0080_0000_0000_0000, "Classic"),
];

/// Channels every provider has (winmeta.xml; 11 is TraceLogging's).
#[must_use]
pub fn win_channel(channel: u8) -> Option<&'static str> {
    Some(match channel {
        8 => "System",
        9 => "Application",
        10 => "Security",
        11 => "TraceLogging",
        _ => return None,
    })
}

/// A name as people read it: without the prefix `win:` and surrounding blanks.
#[must_use]
pub fn plain(name: &str) -> Cow<'_, str> {
    Cow::Borrowed(name.trim().trim_start_matches("win:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_falls_back_from_exact_to_language_to_english() {
        let many = |list: &[(&str, &str)]| {
            Text::Localized(list.iter().map(|(l, t)| ((*l).to_owned(), (*t).to_owned())).collect())
        };
        let text = many(&[("en-us", "A"), ("de-de", "B"), ("fr-fr", "C")]);
        assert_eq!(text.pick("de-DE"), Some(("B", "de-de")));
        assert_eq!(text.pick("de-at"), Some(("B", "de-de")));
        assert_eq!(text.pick("ko-kr"), Some(("A", "en-us")));
        assert_eq!(many(&[("ja-jp", "D")]).pick("ko-kr"), Some(("D", "ja-jp")));
        assert_eq!(Text::None.pick("en-us"), None);
    }
}
