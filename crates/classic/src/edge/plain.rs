//! JSON as the course's server sends it: under the name of plain text.
//!
//! Its pages parse the text themselves. A library that is told of JSON has parsed it before them, and what
//! they then parse is no text any more.

use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde::Serialize;

use super::view::encode;

/// An answer to one of the course's pages.
pub(super) struct Plain<T>(pub(super) T);

const TEXT: HeaderValue = HeaderValue::from_static("text/plain;charset=UTF-8");

impl<T: Serialize> IntoResponse for Plain<T> {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, TEXT)], encode(&self.0)).into_response()
    }
}
