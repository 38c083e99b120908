//! `GET /v1/ws`: from an HTTP request to a connection of its own.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::response::{IntoResponse, Response};
use hongyan_protocol::SUBPROTOCOL;
use hongyan_protocol::limits::CLIENT_FRAME_BYTES;
use hongyan_service::ServiceError;
use http::HeaderMap;

use crate::connection::Places;
use crate::http::auth::cookie_token;
use crate::http::error::ApiError;
use crate::limits::{MAX_WRITE_BUFFER_BYTES, READ_BUFFER_BYTES, WRITE_BUFFER_BYTES};
use crate::{Gateway, connection};

/// Upgrades a request, if there is room. A session cookie counts only from an allowed page;
/// otherwise it is passed over, and `hello` needs a token.
pub(crate) async fn upgrade(
    State(gateway): State<Arc<Gateway>>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
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
    let cookie = cookie_token(&headers)
        .filter(|_| gateway.origins.may_use_cookie(&headers))
        .map(str::to_owned);
    upgrade
        .protocols([SUBPROTOCOL])
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(MAX_WRITE_BUFFER_BYTES)
        .max_message_size(CLIENT_FRAME_BYTES)
        .max_frame_size(CLIENT_FRAME_BYTES)
        .on_upgrade(move |socket| {
            // On a task of its own: the library's is larger, for what upgrading took, and ends here.
            tokio::spawn(connection::serve(gateway, socket, cookie, places));
            std::future::ready(())
        })
}
