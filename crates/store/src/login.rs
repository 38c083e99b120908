//! Which spellings of a login name are one.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;

/// The form in which login names are compared: composed characters (NFC), and no difference of case, as
/// Unicode knows it (`STRASSE` is `straße`, `ΣΑΣ` is `σας`).
pub fn login_key(login: &str) -> String {
    if login.is_ascii() {
        return login.to_ascii_lowercase();
    }
    let small = |text: &str| {
        text.chars()
            .flat_map(char::to_lowercase)
            .collect::<String>()
    };
    // Some letters have a small form only by way of a capital one, and `ẞ` a capital one by way of a small one.
    let capital: String = small(&composed(login))
        .chars()
        .flat_map(char::to_uppercase)
        .collect();
    composed(&small(&capital)).into_owned()
}

/// The same text with composed characters: NFC.
pub fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    ComposingNormalizerBorrowed::new_nfc().normalize(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_have_one_key() {
        for (one, other) in [
            ("Bob@Example.com", "bob@example.COM"),
            ("É", "e\u{301}"),
            ("JOSÉ", "jose\u{301}"),
            ("STRASSE", "straße"),
            ("STRAẞE", "straße"),
            ("ΣΑΣ", "σας"),
            ("ÅNGSTRÖM", "\u{212b}ngström"),
        ] {
            assert_eq!(login_key(one), login_key(other), "{one} and {other}");
            assert_eq!(login_key(&login_key(one)), login_key(one), "{one}");
        }
        assert_ne!(login_key("jose"), login_key("josé"));
        assert_ne!(login_key("张三"), login_key("张叁"));
    }
}
