//! Sign-in, sign-out, and the caller's devices.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use hongyan_protocol::limits::CLIENT_NAME_BYTES;
use hongyan_protocol::{LastSeen, Millis, SessionId, UserProfile};
use hongyan_service::{Caller, ChangePassword, DeviceSecret, Login, ServiceError, SetPrivacy};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::auth::{Authenticated, bearer_token};
use super::cookie::{Cookie, move_session, token_to_move};
use super::error::ApiError;
use super::extract::{JsonBody, PathOf};
use crate::Gateway;
use crate::address::Client;

/// The device name of clients that do not give one: each of their sign-ins replaces the last.
const UNNAMED_DEVICE: &str = "default";

#[derive(Deserialize)]
pub(super) struct LoginRequest {
    login: String,
    password: String,
    device: Option<String>,
    client: Option<String>,
    /// Keep the token in a cookie that scripts cannot read, instead of in the answer.
    #[serde(default)]
    cookie: bool,
    /// From the answer to an earlier sign-in on this device.
    device_secret: Option<String>,
}

/// What is not there stays as it is.
#[derive(Deserialize)]
pub(super) struct MeRequest {
    name: Option<String>,
    last_seen: Option<LastSeen>,
    invisible: Option<bool>,
}

impl MeRequest {
    /// The settings that are to be others.
    fn privacy(&self) -> Option<SetPrivacy> {
        let (last_seen, invisible) = (self.last_seen, self.invisible);
        let is_there = last_seen.is_some() || invisible.is_some();
        is_there.then_some(SetPrivacy {
            last_seen,
            invisible,
        })
    }
}

#[derive(Deserialize)]
pub(super) struct PasswordRequest {
    current: String,
    new: String,
}

#[derive(Serialize)]
struct LoginAnswer {
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    session: SessionId,
    user: UserProfile,
    expires_at: Millis,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_secret: Option<String>,
}

#[derive(Serialize)]
struct SessionView {
    session: SessionId,
    device: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<String>,
    created_at: Millis,
    seen_at: Millis,
    expires_at: Millis,
    /// The one that asks.
    current: bool,
}

/// `POST /v1/login`
pub(super) async fn login(
    State(gateway): State<Arc<Gateway>>,
    Extension(from): Extension<Client>,
    headers: HeaderMap,
    JsonBody(request): JsonBody<LoginRequest>,
) -> Result<Response, ApiError> {
    // Else another page could sign its visitor in as somebody else, and read what they then write.
    if request.cookie && gateway.origins.is_foreign(&headers) {
        return Err(
            ServiceError::Forbidden("a page of this origin may not sign in by cookie").into(),
        );
    }
    let known = Cookie::device(from, &headers);
    let kept = || known.value(&headers).map(str::to_owned);
    let signed_in = gateway
        .service
        .login(Login {
            device_secret: request.device_secret.or_else(kept),
            login: request.login,
            password: request.password,
            device: request.device.unwrap_or_else(|| UNNAMED_DEVICE.into()),
            client: request.client,
            address: Some(from.address),
        })
        .await?;
    let token = signed_in.token.as_str();
    let secret = signed_in.device_secret.as_ref().map(DeviceSecret::as_str);
    let answer = LoginAnswer {
        token: (!request.cookie).then(|| token.to_owned()),
        device_secret: secret.filter(|_| !request.cookie).map(str::to_owned),
        session: signed_in.session.id,
        user: signed_in.user,
        expires_at: signed_in.session.expires_at,
    };
    let mut response = Json(answer).into_response();
    if request.cookie {
        let cookie = Cookie::session(from, &headers);
        cookie.set(
            &mut response,
            token,
            seconds_until(&gateway, signed_in.session.expires_at),
        );
        if let Some(secret) = secret {
            known.set_long(&mut response, secret);
        }
    }
    Ok(response)
}

/// `POST /v1/logout`
pub(super) async fn logout(
    State(gateway): State<Arc<Gateway>>,
    Extension(from): Extension<Client>,
    headers: HeaderMap,
    Authenticated { caller, .. }: Authenticated,
) -> Result<Response, ApiError> {
    gateway.service.logout(&caller).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    Cookie::session(from, &headers).clear(&mut response, &headers);
    Ok(response)
}

/// `GET /v1/me`. A page asks it first, so here a cookie with the earlier name gets its present one.
pub(super) async fn me(
    State(gateway): State<Arc<Gateway>>,
    Extension(from): Extension<Client>,
    headers: HeaderMap,
    Authenticated { caller, user }: Authenticated,
) -> Result<Response, ApiError> {
    let mut response = about(&gateway, &caller, &user).await?.into_response();
    let cookie = Cookie::session(from, &headers);
    if let Some(token) = token_to_move(&cookie, &headers) {
        let seconds = seconds_until(&gateway, caller.expires_at());
        move_session(&mut response, &cookie, token, seconds);
    }
    let known = Cookie::device(from, &headers);
    if is_by_cookie(&headers) && known.value(&headers).is_none() {
        make_known(&mut response, &gateway, &caller, &known, &headers).await;
    }
    Ok(response)
}

/// What users are told of themselves.
async fn about(
    gateway: &Gateway,
    caller: &Caller,
    user: &UserProfile,
) -> Result<Json<Value>, ApiError> {
    let (last_seen, invisible) = gateway.service.privacy(caller).await?;
    Ok(Json(json!({
        "user": user,
        "session": caller.session(),
        "last_seen": last_seen,
        "invisible": invisible,
    })))
}

/// Gives a browser the secret by which it is known, if it has none that still counts.
async fn make_known(
    response: &mut Response,
    gateway: &Gateway,
    caller: &Caller,
    known: &Cookie,
    headers: &HeaderMap,
) {
    let secret = gateway
        .service
        .device_secret(caller, known.value(headers))
        .await;
    match secret {
        Ok(Some(secret)) => known.set_long(response, secret.as_str()),
        Ok(None) => {}
        // It goes on as one that is not known.
        Err(error) => tracing::debug!(%error, "a browser stays unknown"),
    }
}

/// Whether a browser's cookie says who asks.
fn is_by_cookie(headers: &HeaderMap) -> bool {
    bearer_token(headers).is_none()
}

/// `PATCH /v1/me`
pub(super) async fn change(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, mut user }: Authenticated,
    JsonBody(request): JsonBody<MeRequest>,
) -> Result<impl IntoResponse, ApiError> {
    let (service, set) = (&gateway.service, request.privacy());
    if request.name.is_none() && set.is_none() {
        let message = "say at least one of name, last_seen and invisible";
        return Err(ServiceError::BadRequest(message.into()).into());
    }
    if let Some(name) = request.name {
        user = service.rename(&caller, name).await?;
    }
    if let Some(set) = set {
        service.set_privacy(&caller, set).await?;
    }
    about(&gateway, &caller, &user).await
}

/// `POST /v1/password`
pub(super) async fn change_password(
    State(gateway): State<Arc<Gateway>>,
    Extension(from): Extension<Client>,
    headers: HeaderMap,
    Authenticated { caller, .. }: Authenticated,
    JsonBody(request): JsonBody<PasswordRequest>,
) -> Result<Response, ApiError> {
    let change = ChangePassword {
        current: request.current,
        new: request.new,
        address: Some(from.address),
    };
    gateway.service.change_password(&caller, change).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    if is_by_cookie(&headers) {
        // What proved that the device is known went with the old password.
        let known = Cookie::device(from, &headers);
        make_known(&mut response, &gateway, &caller, &known, &headers).await;
    }
    Ok(response)
}

/// `GET /v1/sessions`
pub(super) async fn sessions(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
) -> Result<impl IntoResponse, ApiError> {
    let sessions = gateway
        .service
        .sessions(&caller)
        .await?
        .into_iter()
        .map(|session| SessionView {
            session: session.id,
            device: session.device,
            client: session.client.map(shortened),
            created_at: session.created_at,
            seen_at: session.seen_at,
            expires_at: session.expires_at,
            current: session.id == caller.session(),
        });
    Ok(Json(json!({ "sessions": sessions.collect::<Vec<_>>() })))
}

/// A name from a time when none was too long.
fn shortened(name: String) -> String {
    if name.len() <= CLIENT_NAME_BYTES {
        return name;
    }
    let fits = |&(at, letter): &(usize, char)| at + letter.len_utf8() <= CLIENT_NAME_BYTES;
    let letters = name.char_indices().take_while(fits);
    letters.map(|(_, letter)| letter).collect()
}

/// `DELETE /v1/sessions/{session}`
pub(super) async fn close_session(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    PathOf(session): PathOf<SessionId>,
) -> Result<StatusCode, ApiError> {
    gateway.service.close_session(&caller, session).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How long from now, in whole seconds.
pub(crate) fn seconds_until(gateway: &Gateway, time: Millis) -> u64 {
    let now = gateway.service.now().get();
    time.get().saturating_sub(now) / 1000
}
