//! `GET /`: a socket for a classic client; for a browser that just looks, the web app.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use hongyan_service::ServiceError;

use super::connection;
use super::guard::{check_page, socket_token};
use super::limits::FRAME_BYTES;
use crate::Gateway;
use crate::http::error::ApiError;
use crate::http::web;
use crate::transport::upgrade::{NoUpgrade, Upgrade};

/// Upgrades a request of a signed-in user from an allowed page, if there is room.
pub(super) async fn upgrade(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let upgrade = match Upgrade::asked_for(&mut parts) {
        Ok(upgrade) => upgrade,
        Err(refused) => return not_a_socket(&parts, refused),
    };
    if let Err(error) = check_page(&gateway, &parts.headers) {
        return ApiError::from(error).into_response();
    }
    let Ok(place) = Arc::clone(&gateway.connections).try_acquire_owned() else {
        return ApiError::from(ServiceError::Overloaded).into_response();
    };
    let authenticated = match socket_token(&parts) {
        Some(token) => gateway.service.authenticate_connection(&token, None).await,
        None => Err(ServiceError::Unauthenticated(
            "sign in with POST /login, or give a token as ?token=",
        )),
    };
    let caller = match authenticated {
        Ok((caller, _)) => caller,
        Err(error) => return ApiError::from(error).into_response(),
    };
    upgrade.grant(None, FRAME_BYTES, move |socket| async move {
        connection::serve(gateway, socket, caller).await;
        drop(place);
    })
}

fn not_a_socket(parts: &http::request::Parts, refused: NoUpgrade) -> Response {
    if parts.headers.contains_key(http::header::UPGRADE) {
        refused.into_response()
    } else {
        web::index(&parts.headers)
    }
}
