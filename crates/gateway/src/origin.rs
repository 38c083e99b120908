//! The `Origin` check: the web pages that may act with a user's cookie.
//!
//! A browser sends a cookie with a request of any page. Only the `Origin` header names the page. A token in a
//! header or in `hello` is no such ambient authority, and needs no check.

use http::HeaderMap;
use http::header::{HOST, ORIGIN};

/// An allowed origin that cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not an origin; write it like https://chat.example.com, with the port if it has one and no path"
)]
pub struct InvalidOrigin(String);

/// Origins that are allowed beside the server's own.
#[derive(Debug, Clone, Default)]
pub struct Origins(Vec<String>);

impl Origins {
    /// Checks and collects origins such as `https://chat.example.com`.
    pub fn new(origins: impl IntoIterator<Item = String>) -> Result<Self, InvalidOrigin> {
        let checked = origins
            .into_iter()
            .map(|origin| match origin.split_once("://") {
                Some(("http" | "https", host)) if is_host(host) => Ok(origin.to_ascii_lowercase()),
                _ => Err(InvalidOrigin(origin)),
            });
        Ok(Self(checked.collect::<Result<_, _>>()?))
    }

    /// The origins, for headers that name them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether the page that asks may use a cookie: it is the server's own, or an allowed one.
    /// Without an `Origin` it may not: every browser sends one with an upgrade and with a write.
    pub fn may_use_cookie(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok()) else {
            return false;
        };
        let origin = origin.to_ascii_lowercase();
        self.0.contains(&origin) || is_own(&origin, headers)
    }

    /// Whether a browser brought this request from a page that is neither the server's own nor allowed.
    pub(crate) fn is_foreign(&self, headers: &HeaderMap) -> bool {
        headers.contains_key(ORIGIN) && !self.may_use_cookie(headers)
    }
}

/// Whether the origin's host and port are those that the request was sent to.
fn is_own(origin: &str, headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    match (origin.split_once("://"), host) {
        (Some((_, origin)), Some(host)) => origin.eq_ignore_ascii_case(host),
        _ => false,
    }
}

fn is_host(host: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    !host.is_empty() && host.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(origin: Option<&str>, host: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_cookie_works_for_the_servers_own_page_and_the_allowed_ones() {
        let origins = Origins::new(["https://www.example.com".to_owned()]).unwrap();
        let may = |origin, host| origins.may_use_cookie(&headers(origin, host));
        assert!(may(Some("http://127.0.0.1:8080"), "127.0.0.1:8080"));
        assert!(may(Some("https://WWW.example.com"), "chat.example.com"));
        assert!(!may(Some("https://evil.example"), "chat.example.com"));
        assert!(
            !may(Some("http://127.0.0.1:9090"), "127.0.0.1:8080"),
            "another port is another page"
        );
        assert!(!may(Some("null"), "chat.example.com"));
        assert!(!may(None, "chat.example.com"));
        assert!(!may(
            Some("https://www.example.com.evil.example"),
            "chat.example.com"
        ));
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for bad in [
            "",
            "*",
            "example.com",
            "https://",
            "https://a/path",
            "ftp://a",
            "https://user@a",
        ] {
            assert!(Origins::new([bad.to_owned()]).is_err(), "{bad:?}");
        }
    }
}
