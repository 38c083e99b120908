//! The HTTP API: for sign-in, for servers and scripts. Everything here goes through the same service
//! calls as the WebSocket.

pub(crate) mod account;
pub(crate) mod auth;
mod blocks;
mod body;
mod conversations;
pub(crate) mod cookie;
pub(crate) mod error;
pub(crate) mod extract;
mod groups;
mod joining;
mod mentions;
mod messages;
mod order;
mod people;
mod reactions;
mod readers;
pub(crate) mod web;

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::handler::Handler;
use axum::middleware::{from_fn_with_state, map_response_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, patch, post, put};
use axum::{Json, Router};
use hongyan_protocol::WEBSOCKET_PATH;
use hongyan_service::ServiceError;
use http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use http::{Extensions, HeaderName, HeaderValue, Method, Request, StatusCode};
use hyper::body::Incoming;
use serde_json::{Value, json};
use tower::ServiceExt;
use tower_http::cors::CorsLayer;

use crate::address::Client;
use crate::door::{Source, attend_call, attend_file};
use crate::{Gateway, upgrade};
use auth::Authenticated;
use error::{ApiError, NotFound};

/// The name of the server's history, as in `welcome`.
const EPOCH_HEADER: HeaderName = HeaderName::from_static("hongyan-epoch");

/// Every route of the server; `adapters`: those of other protocols.
pub(crate) fn routes(gateway: &Arc<Gateway>, adapters: Router) -> Router {
    let api = Router::new()
        .route(HEALTH_PATH, get(health))
        .route("/v1/login", post(account::login))
        .route("/v1/logout", post(account::logout))
        .route("/v1/me", get(account::me).patch(account::change))
        .route("/v1/password", post(account::change_password))
        .route("/v1/sessions", get(account::sessions))
        .route("/v1/sessions/{session}", delete(account::close_session))
        .route("/v1/users", get(people::list))
        .route("/v1/blocks", get(blocks::list))
        .route(
            "/v1/blocks/{user}",
            put(blocks::block).delete(blocks::unblock),
        )
        .route("/v1/conversations", get(conversations::list))
        .route(
            "/v1/conversations/{conv}/entries",
            get(conversations::entries),
        )
        .route("/v1/conversations/{conv}/read", post(conversations::read))
        .route(
            "/v1/conversations/{conv}/view",
            patch(conversations::set_view),
        )
        .route(
            "/v1/conversations/{conv}/entries/{seq}",
            patch(messages::edit).delete(messages::recall),
        )
        .route("/v1/conversations/{conv}/reactions", get(reactions::list))
        .route(
            "/v1/conversations/{conv}/entries/{seq}/reactions/{value}",
            get(reactions::who)
                .put(reactions::set)
                .delete(reactions::take_back),
        )
        .route("/v1/mentions", get(mentions::list))
        .route(
            "/v1/conversations/{conv}/entries/{seq}/readers",
            get(readers::list),
        )
        .route("/v1/messages", post(messages::send))
        .route("/v1/groups", post(groups::create))
        .route(
            "/v1/groups/{conv}",
            patch(groups::set).delete(groups::disband),
        )
        .route(
            "/v1/groups/{conv}/members",
            get(groups::members).post(groups::add),
        )
        .route(
            "/v1/groups/{conv}/members/{user}",
            patch(groups::set_role).delete(groups::remove),
        )
        .route("/v1/groups/{conv}/bans", get(order::bans).post(order::ban))
        .route("/v1/groups/{conv}/bans/{user}", delete(order::unban))
        .route(
            "/v1/groups/{conv}/mutes",
            get(order::mutes).post(order::mute),
        )
        .route("/v1/groups/{conv}/mutes/{user}", delete(order::unmute))
        .route(
            "/v1/groups/{conv}/links",
            get(joining::links).post(joining::make),
        )
        .route("/v1/groups/{conv}/links/{link}", delete(joining::revoke))
        .route(
            "/v1/groups/{conv}/links/{link}/joiners",
            get(joining::joiners),
        )
        .route("/v1/groups/{conv}/requests", get(joining::requests))
        .route(
            "/v1/groups/{conv}/requests/{user}",
            post(joining::approve).delete(joining::decline),
        )
        .route("/v1/join", post(joining::join))
        .route("/v1/join/look", post(joining::look))
        .route("/v1/requests", get(joining::own_requests))
        .route("/v1/conversations/{conv}/pins", post(order::pin))
        .route("/v1/conversations/{conv}/pins/{seq}", delete(order::unpin))
        // Inside the layers, so that a browser's preflight reaches the one for other origins.
        .method_not_allowed_fallback(async || NotFound)
        .layer(map_response_with_state(Arc::clone(gateway), name_history))
        .layer(cors(gateway));
    Router::new()
        .route(WEBSOCKET_PATH, get(upgrade::upgrade))
        .merge(api)
        .merge(adapters.with_state(()))
        .layer(from_fn_with_state(Arc::clone(gateway), attend_call))
        .fallback(web::serve.layer(from_fn_with_state(Arc::clone(gateway), attend_file)))
        .with_state(Arc::clone(gateway))
}

/// What every answer says, unless it says something else: nobody keeps it, no page of others embeds it,
/// and a page of ours asks for no camera and no microphone.
const ON_EVERY_ANSWER: [(HeaderName, HeaderValue); 5] = [
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), \
             magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
        ),
    ),
];

/// For a year browsers come by https only, where they came so once.
const COME_BY_HTTPS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Whether the server is up and could make a message durable now: whoever asks, and under whatever name.
const HEALTH_PATH: &str = "/v1/health";

/// Answers one request of this peer's: who it is from, whether it may be asked here, and the routes.
pub(crate) async fn respond(
    gateway: Arc<Gateway>,
    routes: Router,
    peer: IpAddr,
    mut request: Request<Incoming>,
) -> Result<Response, Infallible> {
    let mut client = gateway.trusted_proxies.client(peer, request.headers());
    client.is_https |= gateway.secure_cookies;
    request.extensions_mut().insert(client);
    let checked = gateway.hosts.check(request.uri(), request.headers());
    let mut response = match checked {
        Err(failure) if request.uri().path() != HEALTH_PATH => {
            tracing::debug!(address = %client.address, "a request for another host");
            ApiError::from(failure).into_response()
        }
        Ok(()) | Err(_) => routes.oneshot(request).await?,
    };
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        let headers = response.headers_mut();
        for (name, value) in ON_EVERY_ANSWER {
            headers.entry(name).or_insert(value);
        }
        if client.is_https {
            headers.insert(STRICT_TRANSPORT_SECURITY, COME_BY_HTTPS);
        }
    }
    Ok(response)
}

/// Where a request came from.
pub(crate) fn source(extensions: &Extensions) -> Option<Source> {
    let client = extensions.get::<Client>()?;
    Some(Source::of(client.address))
}

/// Whether the server is up and could make a message durable now.
///
/// How many are connected is told to users only.
async fn health(
    State(gateway): State<Arc<Gateway>>,
    asker: Result<Authenticated, ApiError>,
) -> Result<Json<Value>, ApiError> {
    gateway.service.check_health().await?;
    // It goes on serving all else, so to start it again or to pass it by would help nobody.
    let status = if gateway.service.is_damaged() {
        "damaged"
    } else {
        "ok"
    };
    let mut health = json!({ "status": status });
    if asker.is_ok() {
        health["connections"] = gateway.hub.connections().into();
    }
    Ok(Json(health))
}

/// Pages of allowed origins may call the API, with a token or with the cookie of their sign-in, and read
/// the answers.
fn cors(gateway: &Gateway) -> CorsLayer {
    let origins: Vec<HeaderValue> = gateway
        .origins
        .iter()
        .filter_map(|origin| origin.parse().ok())
        .collect();
    CorsLayer::new()
        .allow_origin(origins)
        .allow_credentials(true)
        .allow_methods([
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE])
        .expose_headers([EPOCH_HEADER])
}

/// Says which history an answer is of, to who keeps positions or ids and has no `welcome`.
async fn name_history(State(gateway): State<Arc<Gateway>>, mut response: Response) -> Response {
    // The store's promise is visible ASCII.
    if let Ok(epoch) = HeaderValue::from_str(gateway.service.epoch()) {
        response.headers_mut().insert(EPOCH_HEADER, epoch);
    }
    response
}

/// Waits for the answer to a request that is answered after a commit.
pub async fn committed<T: Send + 'static>(
    request: impl FnOnce(hongyan_service::Reply<T>),
) -> Result<T, ServiceError> {
    let (sender, answer) = tokio::sync::oneshot::channel();
    request(Box::new(move |result| {
        // Nobody waits any more: the client went away.
        let _ = sender.send(result);
    }));
    answer.await.unwrap_or(Err(ServiceError::Internal))
}
