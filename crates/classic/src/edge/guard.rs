//! Who asks, and whether the page that makes the browser ask may do so.
//!
//! A browser adds the session cookie to whatever page asks, so the page's origin is checked: in every
//! `Origin` header, on reads too, because some reads of this protocol change something. Without the
//! header it is a program, or a browser on its own site; `Sec-Fetch-Site` gives away the rest, and where there is
//! none, `Referer`.
//!
//! Pages from this machine (loopback, any port) can be allowed here, unlike on the native endpoint: the
//! course's page comes from another port of the same host. Any such page then acts as the user.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use hongyan_gateway::adapter::{ApiError, bearer_token, session_token};
use hongyan_service::{Caller, ServiceError};
use http::HeaderMap;
use http::header::{ACCEPT, HOST, ORIGIN, REFERER};
use http::request::Parts;

use super::Classic;

/// Where a browser says how the asking page and this server belong together.
const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// Where it says what makes it ask.
const SEC_FETCH_MODE: &str = "sec-fetch-mode";

/// The parameter that may carry a token when a socket is opened.
const TOKEN_PARAMETER: &str = "token";

/// A request from an allowed page, or from none, whose sender proved who they are.
pub(super) struct Asker(pub(super) Caller);

/// The same, where a page is to be told in its own way that its user has to wait.
pub(super) struct Sender {
    pub(super) caller: Caller,
    pub(super) paid: Result<(), ServiceError>,
}

impl FromRequestParts<Arc<Classic>> for Asker {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        classic: &Arc<Classic>,
    ) -> Result<Self, ApiError> {
        let Sender { caller, paid } = Sender::from_request_parts(parts, classic).await?;
        paid?;
        Ok(Self(caller))
    }
}

impl FromRequestParts<Arc<Classic>> for Sender {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        classic: &Arc<Classic>,
    ) -> Result<Self, ApiError> {
        check_page(classic, &parts.headers)?;
        let token = bearer_token(&parts.headers)
            .or_else(|| session_token(parts))
            .ok_or(ServiceError::Unauthenticated("sign in with POST /login"))?;
        let (caller, _) = classic.gateway.service().authenticate(token).await?;
        let paid = classic.gateway.recognise(parts, &caller);
        Ok(Self { caller, paid })
    }
}

/// Refuses what a page of a foreign origin makes a browser ask.
pub(super) fn check_page(classic: &Classic, headers: &HeaderMap) -> Result<(), ServiceError> {
    let is_allowed = match headers.get(ORIGIN) {
        Some(origin) => {
            let origin = origin.to_str().unwrap_or_default();
            is_listed(classic, origin) || classic.gateway.origins().may_use_cookie(headers)
        }
        None => match headers.get(SEC_FETCH_SITE) {
            None => !is_foreign_referer(classic, headers),
            Some(site) => site == "same-origin" || site == "none",
        },
    };
    if is_allowed {
        Ok(())
    } else {
        Err(ServiceError::Forbidden(
            "a page of this origin may not use this server",
        ))
    }
}

/// Whether a link on a foreign page led here, as far as an old browser says so, or one that was reached by
/// plain http.
fn is_foreign_referer(classic: &Classic, headers: &HeaderMap) -> bool {
    let Some(referer) = headers
        .get(REFERER)
        .and_then(|referer| referer.to_str().ok())
    else {
        return false;
    };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let Some((scheme, rest)) = referer.split_once("://") else {
        return true;
    };
    let from = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_own = host.is_some_and(|host| host.eq_ignore_ascii_case(from));
    !is_own && !is_listed(classic, &format!("{scheme}://{from}"))
}

/// Whether the browser's window asks, and not a script or a program.
pub(super) fn is_navigation(headers: &HeaderMap) -> bool {
    match headers.get(SEC_FETCH_MODE) {
        Some(mode) => mode == "navigate",
        None => wants_page(headers),
    }
}

/// Whether the answer goes to a browser's window.
pub(super) fn wants_page(headers: &HeaderMap) -> bool {
    headers
        .get(ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

/// Whether a page asks, and not a program: every browser says where a page is from when it opens a socket
/// or posts a form.
pub(super) fn is_page(headers: &HeaderMap) -> bool {
    headers.contains_key(ORIGIN)
}

/// Whether this origin is allowed wherever the server is reached: listed, or of this machine.
pub(super) fn is_listed(classic: &Classic, origin: &str) -> bool {
    let listed = classic
        .gateway
        .origins()
        .iter()
        .any(|listed| listed.eq_ignore_ascii_case(origin));
    listed || (classic.settings.loopback_origins && is_loopback(origin))
}

/// The token of a request that opens a socket: of its own in the address, else in the header, else
/// in the cookie.
///
/// Browsers cannot set headers on a socket, so a page of another site has only the address. That
/// is why addresses are never logged.
pub(super) fn socket_token(parts: &Parts) -> Option<String> {
    let query = parts.uri.query().unwrap_or_default();
    let named = super::form::pairs(query.as_bytes())
        .into_iter()
        .find_map(|(name, value)| (name == TOKEN_PARAMETER).then_some(value));
    let other = || bearer_token(&parts.headers).or_else(|| session_token(parts));
    named.or_else(|| other().map(str::to_owned))
}

fn is_loopback(origin: &str) -> bool {
    let Some(("http" | "https", authority)) = origin.split_once("://") else {
        return false;
    };
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let address = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let address = address.unwrap_or(host).parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_port_of_this_machine_is_loopback_and_nothing_else_is() {
        for own in [
            "http://127.0.0.1:8080",
            "http://127.0.0.1",
            "https://localhost:9443",
            "http://LOCALHOST",
            "http://[::1]:3000",
            "http://[::1]",
            "http://127.9.9.9:1",
        ] {
            assert!(is_loopback(own), "{own}");
        }
        for foreign in [
            "null",
            "",
            "file://",
            "ftp://127.0.0.1",
            "http://127.0.0.1.evil.example",
            "http://localhost.evil.example:80",
            "http://evil.example:127",
            "http://localhost@evil.example",
            "http://10.0.0.1:8080",
            "http://evil.example/127.0.0.1",
        ] {
            assert!(!is_loopback(foreign), "{foreign}");
        }
    }
}
