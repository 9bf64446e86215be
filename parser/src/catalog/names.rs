//! Names of the provider's tasks, opcodes, keywords and channels.

use super::table;

/// Keywords: mask of one bit, name, English display name; by bit.
pub static KEYWORDS: &[(u64, &str, &str)] = table::KEYWORDS;

/// Channels: number, the keyword bit that stands for it, name.
pub static CHANNELS: &[(u8, u64, &str)] = table::CHANNELS;

/// Name of a task.
#[must_use]
pub fn task_name(task: u16) -> Option<&'static str> {
    let at = table::TASKS.binary_search_by_key(&task, |row| row.0).ok()?;
    table::TASKS.get(at).map(|row| row.1)
}

/// Name of an opcode of a task; opcodes the system defines have the same name in each task.
#[must_use]
pub fn opcode_name(task: u16, opcode: u8) -> Option<&'static str> {
    let system = match opcode {
        0 => "Info",
        1 => "Start",
        2 => "Stop",
        7 => "Resume",
        8 => "Suspend",
        9 => "Send",
        240 => "Receive",
        _ => {
            let at = table::OPCODES.binary_search_by_key(&(task, opcode), |row| (row.0, row.1));
            return at.ok().and_then(|at| table::OPCODES.get(at)).map(|row| row.2);
        }
    };
    Some(system)
}

/// Name of a channel.
#[must_use]
pub fn channel_name(channel: u8) -> Option<&'static str> {
    CHANNELS.iter().find(|row| row.0 == channel).map(|row| row.2)
}

/// Names of the keywords in a mask, by bit; bits without a name (the channel's among them) are
/// left out.
pub fn keyword_names(mask: u64) -> impl Iterator<Item = &'static str> {
    KEYWORDS.iter().filter(move |row| row.0 & mask != 0).map(|row| row.1)
}
