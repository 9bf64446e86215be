//! The languages of resources: numbers of Windows (MS-LCID) as tags.

/// The languages Windows itself is shipped in, and a few of their regions.
const TAGS: [(u16, &str); 43] = [
    (0x0401, "ar-sa"),
    (0x0402, "bg-bg"),
    (0x0403, "ca-es"),
    (0x0404, "zh-tw"),
    (0x0405, "cs-cz"),
    (0x0406, "da-dk"),
    (0x0407, "de-de"),
    (0x0408, "el-gr"),
    (0x0409, "en-us"),
    (0x040b, "fi-fi"),
    (0x040c, "fr-fr"),
    (0x040d, "he-il"),
    (0x040e, "hu-hu"),
    (0x0410, "it-it"),
    (0x0411, "ja-jp"),
    (0x0412, "ko-kr"),
    (0x0413, "nl-nl"),
    (0x0414, "nb-no"),
    (0x0415, "pl-pl"),
    (0x0416, "pt-br"),
    (0x0418, "ro-ro"),
    (0x0419, "ru-ru"),
    (0x041a, "hr-hr"),
    (0x041b, "sk-sk"),
    (0x041d, "sv-se"),
    (0x041e, "th-th"),
    (0x041f, "tr-tr"),
    (0x0421, "id-id"),
    (0x0422, "uk-ua"),
    (0x0424, "sl-si"),
    (0x0425, "et-ee"),
    (0x0426, "lv-lv"),
    (0x0427, "lt-lt"),
    (0x042a, "vi-vn"),
    (0x042d, "eu-es"),
    (0x0456, "gl-es"),
    (0x0804, "zh-cn"),
    (0x0809, "en-gb"),
    (0x080a, "es-mx"),
    (0x0816, "pt-pt"),
    (0x0c0a, "es-es"),
    (0x0c0c, "fr-ca"),
    (0x241a, "sr-latn-rs"),
];

/// The tag of a `LANGID`; empty for none (neutral), the number for one that is not known.
#[must_use]
pub(super) fn tag(language: u16) -> String {
    if language & 0x3ff == 0 {
        return String::new();
    }
    match TAGS.binary_search_by_key(&language, |(number, _)| *number) {
        Ok(at) => TAGS.get(at).map_or("", |(_, tag)| tag).to_owned(),
        Err(_) => format!("lcid-{language:04x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_in_order_and_known() {
        assert!(TAGS.is_sorted_by_key(|(number, _)| *number));
        assert_eq!((tag(0x412).as_str(), tag(0x409).as_str()), ("ko-kr", "en-us"));
        assert_eq!((tag(0).as_str(), tag(0x400).as_str()), ("", ""));
        assert_eq!(tag(0x439), "lcid-0439");
    }
}
