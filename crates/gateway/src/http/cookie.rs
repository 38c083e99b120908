//! The cookies of a signed-in browser.
//!
//! Owns: their names and attributes.
//! Promises: no script reads them; over https no other host and no plain connection sets them
//! (`__Host-`); two servers on two ports of one host keep them apart, though cookies ignore ports.

use axum::response::Response;
use http::header::{COOKIE, HOST, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};

use super::auth::bearer_token;
use crate::address::Client;
use crate::host::port;

/// What the session's cookie was called before it had the port in its name.
const EARLIER_NAME: &str = "hongyan_session";

/// How long a browser is known after it signed in, in seconds: browsers keep no cookie for longer.
const KNOWN_FOR: u64 = 400 * 24 * 60 * 60;

/// One cookie, as the browser that asks has it.
pub struct Cookie {
    name: String,
    is_secure: bool,
}

impl Cookie {
    /// The one with the session's token.
    pub fn session(client: Client, headers: &HeaderMap) -> Self {
        Self::new("hongyan_session", client, headers)
    }

    /// The one with the secret of a device that signed in before.
    pub fn device(client: Client, headers: &HeaderMap) -> Self {
        Self::new("hongyan_device", client, headers)
    }

    fn new(base: &str, client: Client, headers: &HeaderMap) -> Self {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let prefix = if client.is_https { "__Host-" } else { "" };
        let name = match host.and_then(port) {
            Some(port) => format!("{prefix}{base}_{port}"),
            None => format!("{prefix}{base}"),
        };
        Self {
            name,
            is_secure: client.is_https,
        }
    }

    /// Its value, if the request has it.
    pub fn value<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        find(headers, &self.name)
    }

    /// Puts it into the browser.
    pub fn set(&self, response: &mut Response, value: &str, max_age_seconds: u64) {
        set(response, &self.name, value, max_age_seconds, self.is_secure);
    }

    /// Puts it into the browser for as long as a browser is known.
    pub fn set_long(&self, response: &mut Response, value: &str) {
        self.set(response, value, KNOWN_FOR);
    }

    /// Makes the browser forget it; of the session that it keeps under the earlier name, that one.
    pub fn clear(&self, response: &mut Response, headers: &HeaderMap) {
        match token_to_move(self, headers) {
            Some(_) => move_session(response, self, "", 0),
            None => self.set(response, "", 0),
        }
    }
}

/// The token in the session's cookie: under its own name, else under the earlier one.
pub fn session_token(parts: &Parts) -> Option<&str> {
    let client = parts.extensions.get::<Client>()?;
    let own = Cookie::session(*client, &parts.headers).value(&parts.headers);
    own.or_else(|| find(&parts.headers, EARLIER_NAME))
}

/// The token of a session that this browser keeps under the earlier name only: to be moved.
pub(crate) fn token_to_move<'a>(session: &Cookie, headers: &'a HeaderMap) -> Option<&'a str> {
    // With a token in its header, the request is not the cookie's.
    let is_by_cookie = bearer_token(headers).is_none();
    match session.value(headers) {
        None if is_by_cookie && session.name != EARLIER_NAME => find(headers, EARLIER_NAME),
        Some(_) | None => None,
    }
}

/// Makes the browser keep the session's token under its own name, and forget the earlier one.
pub(crate) fn move_session(response: &mut Response, session: &Cookie, token: &str, seconds: u64) {
    session.set(response, token, seconds);
    set(response, EARLIER_NAME, "", 0, session.is_secure);
}

fn find<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find_map(|(name, value)| (name == wanted && !value.is_empty()).then_some(value))
}

fn set(response: &mut Response, name: &str, value: &str, max_age_seconds: u64, is_secure: bool) {
    let secure = if is_secure { "; Secure" } else { "" };
    let cookie = format!(
        "{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age_seconds}{secure}"
    );
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn headers(host: &str, cookie: &str) -> HeaderMap {
        HeaderMap::from_iter([
            (HOST, host.parse().unwrap()),
            (COOKIE, cookie.parse().unwrap()),
        ])
    }

    fn token(host: &str, is_https: bool, cookie: &str) -> Option<String> {
        let mut request = http::Request::new(());
        *request.headers_mut() = headers(host, cookie);
        let address = IpAddr::from([127, 0, 0, 1]);
        request
            .extensions_mut()
            .insert(Client { address, is_https });
        let (parts, ()) = request.into_parts();
        session_token(&parts).map(str::to_owned)
    }

    #[test]
    fn the_cookie_is_found_among_others_by_its_ports_name() {
        let both = "a=b; hongyan_session_8080=hy_x; hongyan_session_9090=hy_y; c=d";
        let of = |host| token(host, false, both);
        assert_eq!(of("localhost:8080").as_deref(), Some("hy_x"));
        assert_eq!(of("localhost:9090").as_deref(), Some("hy_y"));
        assert_eq!(of("localhost"), None);
        assert_eq!(token("localhost", false, "not_hongyan_session=hy_x"), None);
    }

    #[test]
    fn over_https_the_cookie_has_the_prefix_that_others_cannot_set() {
        let of = |cookie| token("chat.example.com", true, cookie);
        let own = "hongyan_session_1=hy_a; __Host-hongyan_session=hy_b";
        assert_eq!(of(own).as_deref(), Some("hy_b"));
        assert_eq!(
            of("hongyan_session=hy_tossed; __Host-hongyan_session=hy_b").as_deref(),
            Some("hy_b")
        );
    }

    #[test]
    fn the_earlier_name_still_counts_where_there_is_no_other() {
        let earlier = "hongyan_session=hy_old";
        assert_eq!(
            token("localhost:8080", false, earlier).as_deref(),
            Some("hy_old")
        );
        assert_eq!(
            token("chat.example.com", true, earlier).as_deref(),
            Some("hy_old")
        );
    }
}
