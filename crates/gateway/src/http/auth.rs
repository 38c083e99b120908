//! Who asks: a bearer token, or a session cookie from an allowed page.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use hongyan_protocol::UserProfile;
use hongyan_service::{Caller, ServiceError};
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, Method};

use super::cookie::session_token;
use super::error::ApiError;
use crate::Gateway;
use crate::door::Visit;

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
        recognise(gateway, parts, &caller)?;
        Ok(Self { caller, user })
    }
}

/// Whoever a request is from proved it, and pays for it.
pub(crate) fn recognise(
    gateway: &Gateway,
    parts: &Parts,
    caller: &Caller,
) -> Result<(), ServiceError> {
    match parts.extensions.get::<Visit>() {
        Some(visit) => visit.is_from(gateway, caller.user(), &parts.method),
        None => Err(ServiceError::Internal),
    }
}

/// Whether a request says whose it is, truly or not.
pub(crate) fn has_credentials(parts: &Parts) -> bool {
    bearer_token(&parts.headers).is_some() || session_token(parts).is_some()
}

/// The token of an `Authorization: Bearer` header.
pub fn bearer_token(headers: &HeaderMap) -> Option<&str> {
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
    let token = session_token(parts).ok_or(ServiceError::Unauthenticated(
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
