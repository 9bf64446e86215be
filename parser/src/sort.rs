//! Sorting in little code, for what is not sorted by the million.
//!
//! The standard library's sorts are compiled anew for each type and each way to compare, some
//! 10 KB each time: a sixth of the worker. Here places are sorted, by one sort for all types, and
//! the items are then moved there. All sorts are stable.

use std::cmp::Ordering;

/// Sorts by the items' own order.
pub(crate) fn plain<T: Ord>(items: &mut Vec<T>) {
    by(items, T::cmp);
}

/// Sorts by a key of the items.
pub(crate) fn by_key<T, K: Ord>(items: &mut Vec<T>, key: impl Fn(&T) -> K) {
    by(items, |a, b| key(a).cmp(&key(b)));
}

/// Sorts as a comparison says.
pub(crate) fn by<T>(items: &mut Vec<T>, compare: impl Fn(&T, &T) -> Ordering) {
    let places = places(items.len(), &|a, b| match (items.get(a), items.get(b)) {
        (Some(a), Some(b)) => compare(a, b),
        _ => Ordering::Equal,
    });
    let mut left: Vec<Option<T>> = items.drain(..).map(Some).collect();
    items.extend(places.into_iter().filter_map(|place| left.get_mut(place)?.take()));
}

/// The places of as many items in the order they belong.
fn places(len: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..len).collect();
    places.sort_by(|&a, &b| compare(a, b));
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_moved_to_their_places_and_equal_ones_keep_theirs() {
        let mut words = ["pear", "fig", "apple", "date", "kiwi", "fig"].map(str::to_owned).to_vec();
        by_key(&mut words, String::len);
        assert_eq!(words, ["fig", "fig", "pear", "date", "kiwi", "apple"]);
        plain(&mut words);
        assert_eq!(words, ["apple", "date", "fig", "fig", "kiwi", "pear"]);
        by(&mut words, |a, b| b.cmp(a));
        assert_eq!(words.first().map(String::as_str), Some("pear"));
        by(&mut Vec::<String>::new(), |a, b| a.cmp(b));
    }
}
