//! The web app: files that are in the binary, with the headers that keep them harmless.
//!
//! Promises: a page of ours runs no script and reaches no host but this server, and no other page
//! frames it; what is named after its content is kept for ever, all else is asked about each time.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use hongyan_web::Asset;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, REFERRER_POLICY, UPGRADE, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};

use super::error::NotFound;

/// `'self'` covers the WebSocket too: it has the page's own host and port.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const KEEP_FOR_EVER: &str = "public, max-age=31536000, immutable";
const ASK_EACH_TIME: &str = "no-cache";

/// Every path that nothing else answers: a file of the app, or nothing.
pub(super) async fn serve(request: Request<Body>) -> Response {
    let is_read = request.method() == Method::GET || request.method() == Method::HEAD;
    let asset = match request.uri().path() {
        // A classic client where the classic protocol is switched off: no page will help it.
        "/" if request.headers().contains_key(UPGRADE) => None,
        "/" => Some(hongyan_web::index()),
        path => hongyan_web::find(path),
    };
    match asset.filter(|_| is_read) {
        Some(asset) => respond(asset, request.headers()),
        None => NotFound.into_response(),
    }
}

/// The page at `/`.
pub(crate) fn index(headers: &HeaderMap) -> Response {
    respond(hongyan_web::index(), headers)
}

fn respond(asset: &'static Asset, request: &HeaderMap) -> Response {
    let text = |name: HeaderName| {
        let value = request.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    };
    let caching = if asset.is_immutable {
        KEEP_FOR_EVER
    } else {
        ASK_EACH_TIME
    };
    let headers = [
        (CONTENT_TYPE, asset.content_type),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, caching),
        (ETAG, asset.etag),
        (VARY, "Accept-Encoding"),
    ]
    .map(|(name, value)| (name, HeaderValue::from_static(value)));
    if text(IF_NONE_MATCH)
        .split(',')
        .any(|tag| tag.trim() == asset.etag)
    {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let content = asset.encoded(text(ACCEPT_ENCODING));
    let mut response = (headers, content.bytes).into_response();
    if let Some(encoding) = content.encoding {
        let encoding = HeaderValue::from_static(encoding);
        response.headers_mut().insert(CONTENT_ENCODING, encoding);
    }
    response
}
