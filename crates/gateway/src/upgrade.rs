//! `GET /v1/ws`: from an HTTP request to a connection of its own.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use hongyan_protocol::SUBPROTOCOL;
use hongyan_protocol::limits::CLIENT_FRAME_BYTES;
use hongyan_service::ServiceError;

use crate::connection::Places;
use crate::http::cookie::session_token;
use crate::http::error::ApiError;
use crate::transport::upgrade::Upgrade;
use crate::{Gateway, connection};

/// Upgrades a request, if there is room. A session cookie counts only from an allowed page;
/// otherwise it is passed over, and `hello` needs a token.
pub(crate) async fn upgrade(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let upgrade = match Upgrade::asked_for(&mut parts) {
        Ok(upgrade) => upgrade,
        Err(refused) => return refused.into_response(),
    };
    let places = Arc::clone(&gateway.connections)
        .try_acquire_owned()
        .and_then(|connected| {
            let unwelcome = Arc::clone(&gateway.handshakes).try_acquire_owned()?;
            Ok(Places {
                connected,
                unwelcome,
            })
        });
    let Ok(places) = places else {
        return ApiError::from(ServiceError::Overloaded).into_response();
    };
    let cookie = session_token(&parts)
        .filter(|_| gateway.origins.may_use_cookie(&parts.headers))
        .map(str::to_owned);
    upgrade.grant(Some(SUBPROTOCOL), CLIENT_FRAME_BYTES, move |socket| {
        connection::serve(gateway, socket, cookie, places)
    })
}
