//! Calendar time as FILETIME: 100 ns since 1601-01-01 UTC.

/// 100 ns units in a second.
pub const SECOND: i64 = 10_000_000;
/// 100 ns units in a millisecond.
pub const MS: i64 = 10_000;
/// 100 ns units in a microsecond.
pub const US: i64 = 10;

/// FILETIME of a UTC date and time; `fraction` is in units of 100 ns.
///
/// # Panics
/// Never for dates from 1601 on.
#[must_use]
pub fn filetime(date: (i64, i64, i64), time: (i64, i64, i64), fraction: i64) -> i64 {
    let (year, month, day) = date;
    // Days before a year of the proleptic Gregorian calendar, counted from year 1.
    let before =
        |year: i64| (year - 1) * 365 + (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let months = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let of_year: i64 = months.iter().take(month as usize - 1).sum::<i64>() + day - 1;
    let days = before(year) - before(1601) + of_year;
    ((days * 24 + time.0) * 60 + time.1) * 60 * SECOND + time.2 * SECOND + fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unix_epoch_is_the_constant_windows_documents() {
        assert_eq!(filetime((1970, 1, 1), (0, 0, 0), 0), 116_444_736_000_000_000);
        assert_eq!(filetime((1601, 1, 1), (0, 0, 0), 7), 7);
        assert_eq!(
            filetime((2000, 3, 1), (0, 0, 0), 0) - filetime((2000, 2, 28), (0, 0, 0), 0),
            2 * 86_400 * SECOND
        );
    }
}
