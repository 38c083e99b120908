//! All that speaks to classic clients: their sockets, their HTTP calls, their page.

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

use axum::Router;
use axum::routing::{get, post};
use hongyan_gateway::Gateway;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, request};
use tokio::sync::Semaphore;
use tower_http::cors::{AllowOrigin, CorsLayer};

use self::pages::Pages;

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

/// What every request and connection of the adapter shares.
struct Classic {
    gateway: Arc<Gateway>,
    settings: Settings,
    pages: Pages,
    signed_out: Arc<Semaphore>,
}

/// The adapter's routes; none when it is switched off.
pub fn routes(gateway: &Arc<Gateway>, settings: Settings) -> Router {
    if !settings.enabled {
        return Router::new();
    }
    let classic = Arc::new(Classic {
        gateway: Arc::clone(gateway),
        settings,
        pages: Pages::default(),
        signed_out: Arc::new(Semaphore::new(limits::SIGNED_OUT)),
    });
    let calls = Router::new()
        .route("/login", post(endpoints::login))
        .route("/logout", get(endpoints::logout))
        .route("/sendMsg", post(endpoints::send))
        .route("/queryMsg", get(endpoints::query))
        .route("/queryMsgSinceMid", get(endpoints::query_since))
        .route("/queryContacts", get(endpoints::contacts))
        .layer(cors(&classic));
    Router::new()
        .route("/", get(upgrade::upgrade))
        .merge(calls)
        .merge(page::routes())
        .merge(images::routes())
        .with_state(classic)
}

/// Pages of allowed origins may make these calls with the cookie and read the answers: the course's
/// page comes from another port than the messages.
fn cors(classic: &Arc<Classic>) -> CorsLayer {
    let classic = Arc::clone(classic);
    let is_allowed = move |origin: &HeaderValue, _: &request::Parts| {
        let origin = origin.to_str().unwrap_or_default();
        guard::is_listed(&classic, origin)
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(is_allowed))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([CONTENT_TYPE])
}
