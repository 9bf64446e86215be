use super::*;
use crate::error::ErrorKind;

/// A message table of one block: the numbers `first..` with these entries.
fn table(first: u32, entries: &[(u16, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![1, 0, 0, 0];
    let last = first + u32::try_from(entries.len()).expect("few") - 1;
    for number in [first, last, 16] {
        bytes.extend(number.to_le_bytes());
    }
    for (flags, text) in entries {
        bytes.extend((u16::try_from(text.len()).expect("short") + 4).to_le_bytes());
        bytes.extend(flags.to_le_bytes());
        bytes.extend(*text);
    }
    bytes
}

#[test]
fn messages_are_read_in_each_encoding_and_without_their_line_end() {
    let bytes = table(
        7,
        &[(1, b"H\0i\0\r\0\n\0\0\0"), (0, b"Gr\xfc\xdfe\r\n\0\0"), (2, "세션".as_bytes())],
    );
    let mut issues = Vec::new();
    let messages = message_table::parse(&bytes, 0, &mut issues);
    let text = |number| messages.get(&number).map(String::as_str);
    assert_eq!((text(7), text(8), text(9)), (Some("Hi"), Some("Grüße"), Some("세션")));
    assert!(issues.is_empty());
}

#[test]
fn a_cut_table_keeps_what_is_whole_and_says_where_it_ends() {
    let bytes = table(1, &[(1, b"A\0"), (1, b"B\0")]);
    let mut issues = Vec::new();
    let messages = message_table::parse(&bytes[..bytes.len() - 1], 0x1000, &mut issues);
    assert_eq!(messages.len(), 1);
    assert_eq!((issues.len(), issues[0].offset), (1, 0x1000 + 16 + 6));
    // A block of four thousand million messages in twenty bytes.
    let mut endless = bytes;
    endless[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(message_table::parse(&endless, 0, &mut issues).len(), 2);
}

#[test]
fn what_is_no_program_is_refused() {
    let mut issues = Vec::new();
    for bytes in [&b""[..], b"MZ", b"MZ and then text that is long enough to hold a header, nearly"]
    {
        let error = Resources::parse(bytes, &mut issues).expect_err("no program");
        assert_eq!(error.kind(), ErrorKind::BadSchema);
    }
}
