//! Provider traits: the extended item `PROV_TRAITS` names the provider of a record.

use crate::guid::Guid;

/// What provider traits say.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ProviderTraits {
    /// The provider's name.
    pub name: String,
    /// The group it belongs to.
    pub group: Option<Guid>,
    /// The provider whose manifest decodes its events, when that is another.
    pub decode: Option<Guid>,
}

/// Reads the item: u16 size of the whole, name (UTF-8, zero-ended), then traits of u16 size, u8
/// type (1 group, 2 decode GUID) and data. Traits that do not fit are left out.
#[must_use]
pub fn parse(item: &[u8]) -> Option<ProviderTraits> {
    let bytes = usize::from(u16::from_le_bytes(*item.first_chunk()?));
    let body = item.get(2..bytes.min(item.len()))?;
    let end = memchr::memchr(0, body).unwrap_or(body.len());
    let mut traits = ProviderTraits {
        name: String::from_utf8_lossy(body.get(..end)?).into_owned(),
        ..ProviderTraits::default()
    };
    let mut rest = body.get(end + 1..).unwrap_or_default();
    while let Some((size, _)) = rest.split_first_chunk::<2>() {
        let size = usize::from(u16::from_le_bytes(*size));
        let Some(entry) = rest.get(..size).filter(|entry| entry.len() >= 3) else { break };
        let guid = entry.get(3..).and_then(|data| data.first_chunk()).map(|b| Guid(*b));
        match entry.get(2) {
            Some(1) => traits.group = guid,
            Some(2) => traits.decode = guid,
            _ => {}
        }
        rest = rest.get(size..).unwrap_or_default();
    }
    Some(traits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_name_and_group() {
        let mut item = vec![0, 0];
        item.extend(b"My.Provider\0");
        item.extend([19, 0, 1]);
        item.extend([7; 16]);
        item[0] = u8::try_from(item.len()).expect("short");
        let traits = parse(&item).expect("traits");
        assert_eq!(traits.name, "My.Provider");
        assert_eq!(traits.group, Some(Guid([7; 16])));
        assert_eq!(traits.decode, None);
    }

    #[test]
    fn damaged_traits_keep_the_name() {
        let traits = parse(b"\x09\0Name\0\xff\xff").expect("traits");
        assert_eq!(traits, ProviderTraits { name: "Name".into(), ..Default::default() });
        assert_eq!(parse(b"\x01"), None);
    }
}
