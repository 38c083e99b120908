//! Who asks: a bearer token, or a session cookie from an allowed page.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use hongyan_protocol::UserProfile;
use hongyan_service::{Caller, ServiceError};
use http::header::{AUTHORIZATION, COOKIE};
use http::request::Parts;
use http::{HeaderMap, Method};

use super::error::ApiError;
use crate::Gateway;

/// The session cookie's name.
pub(crate) const COOKIE_NAME: &str = "hongyan_session";

/// A request whose sender proved who they are.
pub(crate) struct Authenticated {
    pub(crate) caller: Caller,
    pub(crate) user: UserProfile,
}

impl FromRequestParts<Arc<Gateway>> for Authenticated {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        gateway: &Arc<Gateway>,
    ) -> Result<Self, ApiError> {
        let token = match bearer_token(&parts.headers) {
            Some(token) => token,
            None => cookie_of_allowed_page(parts, gateway)?,
        };
        let (caller, user) = gateway.service.authenticate(token).await?;
        Ok(Self { caller, user })
    }
}

/// The session cookie's value.
pub(crate) fn cookie_token(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find_map(|(name, value)| (name == COOKIE_NAME).then_some(value))
}

/// The token of an `Authorization: Bearer` header.
pub(crate) fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

/// A cookie comes with whatever page makes the browser ask, so a write needs an allowed `Origin`.
/// A read does not: another page cannot see the answer.
fn cookie_of_allowed_page<'a>(
    parts: &'a Parts,
    gateway: &Gateway,
) -> Result<&'a str, ServiceError> {
    let token = cookie_token(&parts.headers).ok_or(ServiceError::Unauthenticated(
        "send a token as Authorization: Bearer, or sign in with POST /v1/login",
    ))?;
    let reads = parts.method == Method::GET || parts.method == Method::HEAD;
    if reads || gateway.origins.may_use_cookie(&parts.headers) {
        Ok(token)
    } else {
        Err(ServiceError::Forbidden(
            "a page of this origin may not use the session cookie",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "a=b; hongyan_session=hy_x; c=d".parse().unwrap());
        assert_eq!(cookie_token(&headers), Some("hy_x"));
        let mut other = HeaderMap::new();
        other.append(COOKIE, "not_hongyan_session=hy_x".parse().unwrap());
        assert_eq!(cookie_token(&other), None);
    }
}
