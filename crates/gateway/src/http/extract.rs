//! Reads the parts of a request, bounded, with our own errors.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use bytes::Bytes;
use hongyan_protocol::ErrorCode;
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::body;
use super::error::ApiError;
use crate::Gateway;

/// A request's body, no longer than a frame may be.
pub struct Body(pub Bytes);

/// A request's body, read as JSON.
pub(crate) struct JsonBody<T>(pub(crate) T);

/// The parameters in a request's path.
pub(crate) struct PathOf<T>(pub(crate) T);

/// The parameters after a request's `?`.
pub struct QueryOf<T>(pub T);

impl FromRequest<Arc<Gateway>> for Body {
    type Rejection = ApiError;

    async fn from_request(request: Request, gateway: &Arc<Gateway>) -> Result<Self, ApiError> {
        body::read(request, gateway).await.map(Self)
    }
}

impl<T: DeserializeOwned> FromRequest<Arc<Gateway>> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &Arc<Gateway>) -> Result<Self, ApiError> {
        let Body(body) = Body::from_request(request, state).await?;
        Ok(Self(hongyan_protocol::read_object(&body)?))
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for PathOf<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        path.map(|Path(value)| Self(value))
            .map_err(|error| bad_request(format!("the path: {error}")))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for QueryOf<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        query
            .map(|Query(value)| Self(value))
            .map_err(|error| bad_request(format!("the parameters: {error}")))
    }
}

fn bad_request(message: String) -> ApiError {
    ApiError::from((ErrorCode::BadRequest, message))
}
