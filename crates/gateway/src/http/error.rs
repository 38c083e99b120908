//! Errors as HTTP answers: `{"error": {"code", "message", "retry_after_ms"?}}`.

use axum::Json;
use axum::response::{IntoResponse, Response};
use hongyan_protocol::{ErrorCode, Failure};
use hongyan_service::ServiceError;
use http::StatusCode;
use http::header::RETRY_AFTER;
use serde::Serialize;

/// A refused request.
#[derive(Debug)]
pub struct ApiError(Failure);

/// No such path, or not with this method.
pub(crate) struct NotFound;

#[derive(Serialize)]
struct Body {
    error: Failure,
}

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> Self {
        Self(Failure::from(&error))
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        Self(failure)
    }
}

impl From<(ErrorCode, String)> for ApiError {
    /// What the decoder of a frame's fields says.
    fn from((code, message): (ErrorCode, String)) -> Self {
        Self(Failure {
            code,
            message: message.into(),
            retry_after_ms: None,
        })
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        respond(self.0)
    }
}

impl IntoResponse for NotFound {
    fn into_response(self) -> Response {
        respond(Failure {
            code: ErrorCode::NotFound,
            message: "no such path or method".into(),
            retry_after_ms: None,
        })
    }
}

/// An answer with the status, the body and, where waiting helps, `Retry-After` in whole seconds.
fn respond(error: Failure) -> Response {
    let status =
        StatusCode::from_u16(error.code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let retry_after = error
        .retry_after_ms
        .map(|wait| wait.div_ceil(1000).to_string());
    let mut response = (status, Json(Body { error })).into_response();
    if let Some(seconds) = retry_after.and_then(|seconds| seconds.parse().ok()) {
        response.headers_mut().insert(RETRY_AFTER, seconds);
    }
    response
}
