//! The course's HTTP calls: sign-in, and the same four things as over the socket, for pages that poll.

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Redirect, Response};
use hongyan_gateway::adapter::{ApiError, Client, Cookie, QueryOf};
use hongyan_protocol::{EntryId, ErrorCode, Failure, UserId};
use hongyan_service::{Login, Service, ServiceError};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::form::Form;
use super::guard::{Asker, Sender, check_page, is_navigation, is_page, wants_page};
use super::plain::Plain;
use super::view::{ContactsVo, MessageVo};
use super::{Classic, calls, page};

/// What the device list shows for a sign-in of this kind; a part that differs each time follows, so
/// that two browsers do not sign each other out.
const DEVICE: &str = "classic";

#[derive(Deserialize)]
pub(super) struct LoginForm {
    email: String,
    password: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SendForm {
    sender_uid: UserId,
    recipient_uid: UserId,
    content: Box<str>,
    msg_type: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct QueryParameters {
    owner_uid: UserId,
    other_uid: UserId,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SinceParameters {
    owner_uid: UserId,
    other_uid: UserId,
    last_mid: EntryId,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContactsParameters {
    owner_uid: UserId,
}

/// `POST /login`: sets the session cookie. A form that a browser sent goes on to the page; a script
/// gets the contacts, as the course's page did.
pub(super) async fn login(
    State(classic): State<Arc<Classic>>,
    Extension(from): Extension<Client>,
    headers: HeaderMap,
    Form(form): Form<LoginForm>,
) -> Result<Response, ApiError> {
    let service = classic.gateway.service();
    check_page(&classic, &headers)?;
    let known = Cookie::device(from, &headers);
    let signed_in = service
        .login(Login {
            login: form.email,
            password: form.password,
            device: format!("{DEVICE} {}", service.fresh_client_id_prefix()),
            client: None,
            address: Some(from.address),
            device_secret: known.value(&headers).map(str::to_owned),
        })
        .await;
    let signed_in = match signed_in {
        Ok(signed_in) => signed_in,
        Err(error) if error.code() == ErrorCode::Unauthenticated && wants_page(&headers) => {
            return Ok(Redirect::to(page::LOGIN_FAILED).into_response());
        }
        Err(error) => return Err(error.into()),
    };
    let cookie = Cookie::session(from, &headers);
    end_earlier_session(service, cookie.value(&headers)).await;
    let mut response = if wants_page(&headers) {
        Redirect::to(page::PATH).into_response()
    } else {
        let token = signed_in.token.as_str();
        let (caller, _) = service.authenticate(token).await?;
        // A program that signs in this way has not looked at them.
        let shown = is_page(&headers);
        Plain(calls::contacts(&classic, &caller, shown).await?).into_response()
    };
    let seconds = classic.gateway.seconds_until(signed_in.session.expires_at);
    cookie.set(&mut response, signed_in.token.as_str(), seconds);
    if let Some(secret) = &signed_in.device_secret {
        known.set_long(&mut response, secret.as_str());
    }
    Ok(response)
}

/// `GET /logout`
pub(super) async fn logout(
    State(classic): State<Arc<Classic>>,
    Extension(from): Extension<Client>,
    headers: HeaderMap,
    Asker(caller): Asker,
) -> Result<Response, ApiError> {
    classic.gateway.service().logout(&caller).await?;
    let mut response = if wants_page(&headers) {
        Redirect::to(page::PATH).into_response()
    } else {
        StatusCode::NO_CONTENT.into_response()
    };
    Cookie::session(from, &headers).clear(&mut response, &headers);
    Ok(response)
}

/// `POST /sendMsg`
///
/// The protocol has no name for a message before it is stored, so a repeated request is a second
/// message; the server makes up the client id.
pub(super) async fn send(
    State(classic): State<Arc<Classic>>,
    headers: HeaderMap,
    Sender { caller, paid }: Sender,
    Form(form): Form<SendForm>,
) -> Result<Plain<MessageVo>, ApiError> {
    calls::check_claim(&caller, form.sender_uid)?;
    let service = classic.gateway.service();
    let client_id = service.fresh_client_id_prefix();
    let (to, is_empty) = (form.recipient_uid, form.content.is_empty());
    let sent = match paid {
        Ok(()) => {
            let send = calls::send(service, &caller, to, form.content, form.msg_type, client_id);
            send.await
        }
        Err(refused) => Err(Failure::from(&refused)),
    };
    match sent {
        Ok(message) => Ok(Plain(message)),
        Err(failure) if is_page(&headers) => {
            let notice = calls::refused(service, &caller, to, is_empty, &failure);
            Ok(Plain(notice.await))
        }
        Err(failure) => Err(failure.into()),
    }
}

/// `GET /queryMsg`: an empty body where the two never spoke.
pub(super) async fn query(
    State(classic): State<Arc<Classic>>,
    headers: HeaderMap,
    Asker(caller): Asker,
    QueryOf(of): QueryOf<QueryParameters>,
) -> Result<Response, ApiError> {
    calls::check_claim(&caller, of.owner_uid)?;
    let reads = !is_navigation(&headers);
    let found = calls::query(classic.gateway.service(), &caller, of.other_uid, reads).await?;
    Ok(if found.messages.is_empty() {
        StatusCode::OK.into_response()
    } else {
        Plain(found.messages).into_response()
    })
}

/// `GET /queryMsgSinceMid`
pub(super) async fn query_since(
    State(classic): State<Arc<Classic>>,
    headers: HeaderMap,
    Asker(caller): Asker,
    QueryOf(of): QueryOf<SinceParameters>,
) -> Result<Plain<Vec<MessageVo>>, ApiError> {
    calls::check_claim(&caller, of.owner_uid)?;
    let reads = !is_navigation(&headers);
    let (service, other) = (classic.gateway.service(), of.other_uid);
    let found = calls::query_since(service, &caller, other, of.last_mid, reads).await?;
    Ok(Plain(found.messages))
}

/// `GET /queryContacts`
pub(super) async fn contacts(
    State(classic): State<Arc<Classic>>,
    Asker(caller): Asker,
    QueryOf(of): QueryOf<ContactsParameters>,
) -> Result<Plain<ContactsVo>, ApiError> {
    calls::check_claim(&caller, of.owner_uid)?;
    Ok(Plain(calls::contacts(&classic, &caller, true).await?))
}

/// Signing in again in one browser leaves no session behind that nobody holds any more.
async fn end_earlier_session(service: &Service, token: Option<&str>) {
    let Some(token) = token else {
        return;
    };
    let ended: Result<(), ServiceError> = async {
        let (caller, _) = service.authenticate(token).await?;
        service.logout(&caller).await
    }
    .await;
    if let Err(error) = ended {
        tracing::debug!(%error, "no earlier session to end");
    }
}
