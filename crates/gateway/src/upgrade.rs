//! `GET /v1/ws`: from an HTTP request to a connection of its own.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use hongyan_protocol::SUBPROTOCOL;
use hongyan_service::ServiceError;

use crate::connection::Places;
use crate::http::cookie::session_token;
use crate::http::error::ApiError;
use crate::limits::HELLO_BYTES;
use crate::transport::upgrade::Upgrade;
use crate::{Gateway, connection, http};

/// Upgrades a request, if there is room. A session cookie counts only from an allowed page;
/// otherwise it is passed over, and `hello` needs a token.
pub(crate) async fn upgrade(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let upgrade = match Upgrade::asked_for(&mut parts) {
        Ok(upgrade) => upgrade,
        Err(refused) => return refused.into_response(),
    };
    let Some(source) = http::source(&parts.extensions) else {
        return ApiError::from(ServiceError::Internal).into_response();
    };
    let connected = Arc::clone(&gateway.connections).try_acquire_owned();
    let handshaking = gateway.door.admit_handshake(source);
    let (Ok(connected), Ok(handshaking)) = (connected, handshaking) else {
        return ApiError::from(ServiceError::Overloaded).into_response();
    };
    let places = Places {
        connected,
        handshaking,
        source,
    };
    let cookie = session_token(&parts)
        .filter(|_| gateway.origins.may_use_cookie(&parts.headers))
        .map(str::to_owned);
    upgrade.grant(Some(SUBPROTOCOL), HELLO_BYTES, move |socket| {
        connection::serve(gateway, socket, cookie, places)
    })
}
