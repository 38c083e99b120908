//! `GET /`: a socket for a classic client; for a browser that just looks, the web app.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use hongyan_gateway::adapter::{ApiError, NoUpgrade, Upgrade, web_app};
use hongyan_protocol::ErrorCode;
use hongyan_service::ServiceError;

use super::guard::{check_page, is_page, socket_token};
use super::limits::{FRAME_BYTES, SIGNED_OUT_FRAME_BYTES};
use super::{Classic, Pages, connection, signed_out};

/// Upgrades a request of a signed-in user from an allowed page, if there is room; also that of an allowed page
/// whose sign-in is over, to tell it.
pub(super) async fn upgrade(State(classic): State<Arc<Classic>>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let upgrade = match Upgrade::asked_for(&mut parts) {
        Ok(upgrade) => upgrade,
        Err(refused) => return not_a_socket(&parts, refused),
    };
    if let Err(error) = check_page(&classic, &parts.headers) {
        return ApiError::from(error).into_response();
    }
    let gateway = &classic.gateway;
    let place = match gateway.connect() {
        Ok(place) => place,
        Err(error) => return ApiError::from(error).into_response(),
    };
    let authenticated = match socket_token(&parts) {
        Some(token) => {
            gateway
                .service()
                .authenticate_connection(&token, None)
                .await
        }
        None => Err(ServiceError::Unauthenticated(
            "sign in with POST /login, or give a token as ?token=",
        )),
    };
    let caller = match authenticated {
        Ok((caller, _)) => caller,
        // A page that is refused here tries again for ever, twice for each time. Told on a socket, it rests.
        Err(error) if error.code() == ErrorCode::Unauthenticated && is_page(&parts.headers) => {
            return match signed_out::enter(&classic) {
                Some(seat) => {
                    upgrade.grant(None, SIGNED_OUT_FRAME_BYTES, move |socket| async move {
                        signed_out::serve(classic, socket, seat).await;
                        drop(place);
                    })
                }
                None => ApiError::from(error).into_response(),
            };
        }
        Err(error) => return ApiError::from(error).into_response(),
    };
    let registration = gateway.register_apart(caller.user(), caller.session(), caller.expires_at());
    let outbox = registration.outbox();
    let held = match Pages::enter(&classic, &caller, outbox, &parts.headers).await {
        Ok(held) => held,
        Err(error) => return ApiError::from(error).into_response(),
    };
    let is_page = is_page(&parts.headers);
    upgrade.grant(None, FRAME_BYTES, move |socket| async move {
        connection::serve(classic, socket, caller, registration, held, is_page).await;
        drop(place);
    })
}

fn not_a_socket(parts: &http::request::Parts, refused: NoUpgrade) -> Response {
    if parts.headers.contains_key(http::header::UPGRADE) {
        refused.into_response()
    } else {
        web_app(&parts.headers)
    }
}
