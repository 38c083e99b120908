//! The page at `/classic`: the smallest complete client of the classic protocol, served as it is.
//!
//! Promises: it runs no script and shows no style but its own, whatever names and messages hold.

use std::sync::Arc;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::HeaderValue;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_FRAME_OPTIONS,
};

use super::Classic;

/// Where the page is.
pub(super) const PATH: &str = "/classic";

/// The page, telling that the sign-in failed.
pub(super) const LOGIN_FAILED: &str = "/classic#login-failed";

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const ICON: &str = "image/svg+xml";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Path, type and content of each file.
const FILES: [(&str, &str, &str); 9] = [
    (PATH, HTML, include_str!("../../assets/index.html")),
    (
        "/classic/style.css",
        CSS,
        include_str!("../../assets/style.css"),
    ),
    (
        "/classic/icon.svg",
        ICON,
        include_str!("../../assets/icon.svg"),
    ),
    (
        "/classic/main.js",
        SCRIPT,
        include_str!("../../assets/main.js"),
    ),
    (
        "/classic/connection.js",
        SCRIPT,
        include_str!("../../assets/connection.js"),
    ),
    (
        "/classic/heartbeat.js",
        SCRIPT,
        include_str!("../../assets/heartbeat.js"),
    ),
    (
        "/classic/server.js",
        SCRIPT,
        include_str!("../../assets/server.js"),
    ),
    (
        "/classic/view.js",
        SCRIPT,
        include_str!("../../assets/view.js"),
    ),
    (
        "/classic/words.js",
        SCRIPT,
        include_str!("../../assets/words.js"),
    ),
];

pub(super) fn routes() -> Router<Arc<Classic>> {
    FILES
        .into_iter()
        .fold(Router::new(), |router, (path, content_type, content)| {
            router.route(
                path,
                get(move || async move { file(content_type, content) }),
            )
        })
}

fn file(content_type: &'static str, content: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, content_type),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (X_FRAME_OPTIONS, "DENY"),
        // A newer server brings a newer page.
        (CACHE_CONTROL, "no-cache"),
    ];
    let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
    (headers, content).into_response()
}
