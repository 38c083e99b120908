//! What a name may be that others see.
//!
//! Owns: the rules for display names, login names and device names.
//! Promises: a name shows something, and does not change how the text around it is shown.
//! Not here: which names look alike; clients tell namesakes apart by their ids.

use hongyan_protocol::limits::{CLIENT_NAME_BYTES, GROUP_DESCRIPTION_BYTES};

use crate::{ServiceError, limits};

/// Refuses a display name that is blank, or that would deceive where it is shown.
pub(crate) fn check_name(name: &str) -> Result<(), ServiceError> {
    check_length("name", name, 1..=limits::NAME_BYTES)?;
    check_visible("name", name)
}

/// Refuses a description of a group that is too long, or has what no text in a line has.
pub(crate) fn check_description(description: &str) -> Result<(), ServiceError> {
    check_length("description", description, 0..=GROUP_DESCRIPTION_BYTES)?;
    let is_bad = |c: char| c.is_control() && c != '\n' || turns_text(c);
    if description.chars().any(is_bad) {
        return Err(ServiceError::BadRequest(
            "a description has no control characters but the ends of lines, and none that change the direction of text"
                .into(),
        ));
    }
    Ok(())
}

/// The same for a device's name, which only its owner sees.
pub(crate) fn check_device(device: &str) -> Result<(), ServiceError> {
    check_length("device", device, 1..=limits::DEVICE_BYTES)?;
    check_visible("device", device)
}

/// Refuses a login name for a new account that nobody could type again.
pub(crate) fn check_new_login(login: &str) -> Result<(), ServiceError> {
    check_length("login", login, 1..=limits::LOGIN_BYTES)?;
    let is_bad = |c: char| c.is_control() || c.is_whitespace() || turns_text(c) || has_no_width(c);
    if login.chars().any(is_bad) {
        return Err(ServiceError::BadRequest(
            "a login name has no spaces, control characters or invisible characters".into(),
        ));
    }
    Ok(())
}

fn check_visible(what: &str, name: &str) -> Result<(), ServiceError> {
    let refused = |why: &str| Err(ServiceError::BadRequest(format!("a {what} {why}")));
    let shows_nothing = |c: char| c.is_whitespace() || has_no_width(c);
    if name.chars().all(shows_nothing) {
        return refused("is not blank");
    }
    if name.chars().any(|c| c.is_control() || breaks_lines(c)) {
        return refused("has no control characters");
    }
    if name.chars().any(turns_text) {
        return refused("has no characters that change the direction of text");
    }
    // Within a name they have a use: they join the letters of Persian and the parts of an emoji.
    if name.starts_with(has_no_width) || name.ends_with(joins_or_hides) {
        return refused("neither begins nor ends with an invisible character");
    }
    Ok(())
}

/// Embeddings, overrides and isolates of the direction: they reach beyond the name.
fn turns_text(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn breaks_lines(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// What takes no place and shows nothing by itself.
fn has_no_width(c: char) -> bool {
    joins_or_hides(c) || matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}')
}

/// Of those, the ones that have no use at the end of a name. A variation selector or a tag has: it ends an
/// emoji.
fn joins_or_hides(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2065}'
            | '\u{206a}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}'
    )
}

/// As in `hello`: it is shown in the list of devices.
pub(crate) fn check_client(client: &str) -> Result<(), ServiceError> {
    check_length("client", client, 0..=CLIENT_NAME_BYTES)?;
    if client.contains(char::is_control) {
        return Err(ServiceError::BadRequest(
            "a client's name holds no control characters".into(),
        ));
    }
    Ok(())
}

pub(crate) fn check_length(
    what: &str,
    text: &str,
    bytes: std::ops::RangeInclusive<usize>,
) -> Result<(), ServiceError> {
    if bytes.contains(&text.len()) {
        Ok(())
    } else if text.len() > *bytes.end() {
        Err(ServiceError::TooLarge(format!(
            "a {what} has at most {} bytes",
            bytes.end()
        )))
    } else {
        Err(ServiceError::BadRequest(format!(
            "a {what} has at least {} bytes",
            bytes.start()
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_people_have_are_good() {
        for name in [
            "Ann",
            "张三",
            "דנה",
            "Ann-Marie O’Neill",
            "علی\u{200c}رضا",
            "❤\u{fe0f}",
            "👩\u{200d}💻",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
        ] {
            assert!(check_name(name).is_ok(), "{name:?}");
            assert!(check_device(name).is_ok(), "{name:?}");
        }
    }

    #[test]
    fn names_that_deceive_are_not() {
        for name in [
            "",
            " ",
            "\u{3000}",
            "\u{200b}",
            "\u{2800}",
            "\u{3164}",
            " \u{200d} ",
            "\u{fe0f}",
            "a\nb",
            "a\u{7}",
            "a\u{2028}b",
            "\u{202e}nnA",
            "Ann\u{202e}",
            "a\u{2066}b\u{2069}",
            "\u{200b}Ann",
            "Ann\u{200b}",
            "Ann\u{200d}",
            "Ann\u{feff}",
            "\u{200f}Ann",
        ] {
            assert!(check_name(name).is_err(), "{name:?}");
            assert!(check_device(name).is_err(), "{name:?}");
        }
        for login in ["a b", "a\u{200b}", "\u{202e}a", "a\n", "\u{feff}a"] {
            assert!(check_new_login(login).is_err(), "{login:?}");
        }
    }
}
