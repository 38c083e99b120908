//! The pictures of the demo's users, where the course's pages look for them. Drawn for this project.

use std::sync::Arc;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};

use super::Classic;

/// Path and content of each.
const FILES: [(&str, &str); 3] = [
    (
        "/images/zhangsan.svg",
        include_str!("../../assets/images/zhangsan.svg"),
    ),
    (
        "/images/lisi.svg",
        include_str!("../../assets/images/lisi.svg"),
    ),
    (
        "/images/wangwu.svg",
        include_str!("../../assets/images/wangwu.svg"),
    ),
];

/// A picture that is opened by itself is a document: it may do nothing.
const POLICY: &str = "default-src 'none'; sandbox; frame-ancestors 'none'";

pub(super) fn routes() -> Router<Arc<Classic>> {
    FILES
        .into_iter()
        .fold(Router::new(), |router, (path, content)| {
            router.route(path, get(move || async move { picture(content) }))
        })
}

fn picture(content: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, "image/svg+xml"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "max-age=3600"),
    ];
    let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
    (headers, content).into_response()
}
