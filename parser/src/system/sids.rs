//! Accounts that have the same security identifier on every machine ("Well-known SIDs" of
//! Microsoft's documentation).

const ACCOUNTS: [(&str, &str); 20] = [
    ("S-1-0-0", "Nobody"),
    ("S-1-1-0", "Everyone"),
    ("S-1-5-6", "SERVICE"),
    ("S-1-5-7", "ANONYMOUS LOGON"),
    ("S-1-5-11", "Authenticated Users"),
    ("S-1-5-17", "IUSR"),
    ("S-1-5-18", "SYSTEM"),
    ("S-1-5-19", "LOCAL SERVICE"),
    ("S-1-5-20", "NETWORK SERVICE"),
    ("S-1-5-32-544", "Administrators"),
    ("S-1-5-32-545", "Users"),
    ("S-1-5-32-546", "Guests"),
    ("S-1-5-32-568", "IIS_IUSRS"),
    ("S-1-16-0", "Untrusted"),
    ("S-1-16-4096", "Low"),
    ("S-1-16-8192", "Medium"),
    ("S-1-16-8448", "Medium Plus"),
    ("S-1-16-12288", "High"),
    ("S-1-16-16384", "System"),
    ("S-1-16-20480", "Protected Process"),
];

/// Families of accounts that Windows makes up as it needs them.
const FAMILIES: [(&str, &str); 4] = [
    ("S-1-5-80-", "NT SERVICE"),
    ("S-1-5-82-", "IIS APPPOOL"),
    ("S-1-5-83-", "NT VIRTUAL MACHINE"),
    ("S-1-5-90-", "Window Manager"),
];

/// The name of an account, where its security identifier says it on every machine; of an account
/// made up by Windows, its family.
#[must_use]
pub fn account(sid: &str) -> Option<&'static str> {
    let account = ACCOUNTS.iter().find(|(known, _)| *known == sid);
    let family = || FAMILIES.iter().find(|(family, _)| sid.starts_with(family));
    account.or_else(family).map(|(_, name)| *name)
}
