//! The classic protocol: an adapter for clients of the course system that Hongyan grew out of.
//!
//! classic frames and HTTP calls → **classic** → service; service → hub → **classic** → pushes
//!
//! Owns: frames 0 to 6 at `/`, the course's HTTP calls, the page at `/classic`, the demo's pictures at `/images`.
//! Promises: clients written for that system work unmodified; identity comes from the login alone,
//! whatever ids a frame names; bad input costs an error frame, and the connection only if it goes on;
//! neither tokens nor message texts reach the log.
//! Not here: rules of messaging (`service`), when to push again and when to give up (`delivery`).
//!
//! `docs/CLASSIC.md` describes the protocol, `docs/MECHANISMS.md` what each of its mechanisms is for.

mod calls;
mod connection;
mod endpoints;
mod form;
mod frame;
mod guard;
mod images;
mod limits;
mod page;
mod pages;
mod plain;
mod signed_out;
mod upgrade;
mod view;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use self::pages::Pages;
pub(crate) use self::signed_out::seats as signed_out_seats;

use axum::Router;
use axum::routing::{get, post};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, request};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::Gateway;

/// What a deployment may set of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Whether it is there at all.
    pub enabled: bool,
    /// Whether pages from any port of this machine may use it, beside those of the allowed origins.
    pub loopback_origins: bool,
    /// How long a connection may stay silent before it is closed.
    pub idle: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            enabled: true,
            loopback_origins: false,
            idle: limits::IDLE,
        }
    }
}

impl Settings {
    /// How long the WebSocket of a silent client may take to answer.
    fn pong_within(&self) -> Duration {
        limits::PONG_WITHIN.min(self.idle)
    }
}

/// The adapter's routes; none when it is switched off.
pub(crate) fn routes(gateway: &Arc<Gateway>) -> Router<Arc<Gateway>> {
    if !gateway.classic.enabled {
        return Router::new();
    }
    let calls = Router::new()
        .route("/login", post(endpoints::login))
        .route("/logout", get(endpoints::logout))
        .route("/sendMsg", post(endpoints::send))
        .route("/queryMsg", get(endpoints::query))
        .route("/queryMsgSinceMid", get(endpoints::query_since))
        .route("/queryContacts", get(endpoints::contacts))
        .layer(cors(gateway));
    Router::new()
        .route("/", get(upgrade::upgrade))
        .merge(calls)
        .merge(page::routes())
        .merge(images::routes())
}

/// Pages of allowed origins may make these calls with the cookie and read the answers: the course's
/// page comes from another port than the messages.
fn cors(gateway: &Arc<Gateway>) -> CorsLayer {
    let gateway = Arc::clone(gateway);
    let is_allowed = move |origin: &HeaderValue, _: &request::Parts| {
        let origin = origin.to_str().unwrap_or_default();
        guard::is_listed(&gateway, origin)
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(is_allowed))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([CONTENT_TYPE])
}
