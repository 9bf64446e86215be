//! The filter language.

use etlens_parser::query::Filter;

/// `data` is a filter text. What is wrong with it lies within it; what is right is printed so that
/// it means the same.
pub fn filter(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match Filter::parse(&text) {
        Ok(filter) => {
            let printed = filter.to_string();
            let again = Filter::parse(&printed);
            assert_eq!(again.as_ref(), Ok(&filter), "{text:?} is printed as {printed:?}");
            assert_eq!(again.map(|again| again.to_string()), Ok(printed), "printed the same");
            assert!(filter.hints(&text, &["Name".to_owned()]).len() <= text.len() + 1);
        }
        Err(fault) => {
            assert!(fault.start <= fault.end, "{text:?}: {fault:?}");
            let units = text.encode_utf16().count().max(text.len());
            assert!(fault.end as usize <= units, "{text:?}: {fault:?}");
        }
    }
}
