//! The HTTP API: for sign-in, for servers and scripts. Everything here goes through the same service
//! calls as the WebSocket.

pub(crate) mod account;
pub(crate) mod auth;
mod conversations;
pub(crate) mod error;
pub(crate) mod extract;
mod messages;
mod people;
pub(crate) mod web;

use std::sync::Arc;

use axum::extract::State;
use axum::routing::{delete, get, patch, post};
use axum::{Json, Router};
use hongyan_protocol::WEBSOCKET_PATH;
use hongyan_service::ServiceError;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Method, StatusCode};
use serde_json::{Value, json};
use tower_http::cors::CorsLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

use crate::limits::REQUEST_TIMEOUT;
use crate::{Gateway, classic, upgrade};
use error::{ApiError, NotFound};

/// Every route of the server.
pub(crate) fn routes(gateway: &Arc<Gateway>) -> Router {
    let api = Router::new()
        .route("/v1/health", get(health))
        .route("/v1/login", post(account::login))
        .route("/v1/logout", post(account::logout))
        .route("/v1/me", get(account::me).patch(account::rename))
        .route("/v1/password", post(account::change_password))
        .route("/v1/sessions", get(account::sessions))
        .route("/v1/sessions/{session}", delete(account::close_session))
        .route("/v1/users", get(people::list))
        .route("/v1/conversations", get(conversations::list))
        .route(
            "/v1/conversations/{conv}/entries",
            get(conversations::entries),
        )
        .route("/v1/conversations/{conv}/read", post(conversations::read))
        .route(
            "/v1/conversations/{conv}/entries/{seq}",
            patch(messages::edit).delete(messages::recall),
        )
        .route("/v1/messages", post(messages::send))
        // Inside the layers, so that a browser's preflight reaches the one for other origins.
        .method_not_allowed_fallback(async || NotFound)
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            REQUEST_TIMEOUT,
        ))
        .layer(fixed_header(CACHE_CONTROL, "no-store"))
        .layer(cors(gateway));
    Router::new()
        .route(WEBSOCKET_PATH, get(upgrade::upgrade))
        .merge(api)
        .merge(classic::routes(gateway))
        .fallback(web::serve)
        .layer(fixed_header(X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .with_state(Arc::clone(gateway))
}

/// Whether the server is up and could make a message durable now.
async fn health(State(gateway): State<Arc<Gateway>>) -> Result<Json<Value>, ApiError> {
    gateway.service.check_health().await?;
    Ok(Json(
        json!({ "status": "ok", "connections": gateway.hub.connections() }),
    ))
}

/// Pages of allowed origins may call the API with a token. Cookies stay out of it: they would need
/// no page's knowledge of a secret.
fn cors(gateway: &Gateway) -> CorsLayer {
    let origins: Vec<HeaderValue> = gateway
        .origins
        .iter()
        .filter_map(|origin| origin.parse().ok())
        .collect();
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE])
}

pub(crate) fn fixed_header(
    name: http::HeaderName,
    value: &'static str,
) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

/// Waits for the answer to a request that is answered after a commit.
pub(crate) async fn committed<T: Send + 'static>(
    request: impl FnOnce(hongyan_service::Reply<T>),
) -> Result<T, ServiceError> {
    let (sender, answer) = tokio::sync::oneshot::channel();
    request(Box::new(move |result| {
        // Nobody waits any more: the client went away.
        let _ = sender.send(result);
    }));
    answer.await.unwrap_or(Err(ServiceError::Internal))
}
