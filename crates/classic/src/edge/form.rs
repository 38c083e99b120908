//! Parameters of the course's HTTP calls: `name=value&…`, in the address or in the body.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use hongyan_gateway::adapter::{ApiError, Body};
use hongyan_protocol::ErrorCode;
use serde::de::DeserializeOwned;

use super::Classic;

/// The parameters of a `POST`: of the body, or of the address where the body is empty.
pub(super) struct Form<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Arc<Classic>> for Form<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, classic: &Arc<Classic>) -> Result<Self, ApiError> {
        let query = request.uri().query().unwrap_or_default().to_owned();
        let Body(body) = Body::from_request(request, &classic.gateway).await?;
        let parameters = if body.is_empty() {
            query.as_bytes()
        } else {
            &body
        };
        serde_urlencoded::from_bytes(parameters)
            .map(Self)
            .map_err(|error| {
                ApiError::from((ErrorCode::BadRequest, format!("the parameters: {error}")))
            })
    }
}

/// The names and values of a query; what cannot be read is none.
pub(super) fn pairs(query: &[u8]) -> Vec<(String, String)> {
    serde_urlencoded::from_bytes(query).unwrap_or_default()
}
