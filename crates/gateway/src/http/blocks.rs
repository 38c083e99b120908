//! Whom the caller has blocked.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hongyan_protocol::UserId;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::auth::Authenticated;
use super::error::ApiError;
use super::extract::{PathOf, QueryOf};
use crate::Gateway;

#[derive(Deserialize)]
pub(super) struct BlocksQuery {
    /// Only ids above this one.
    after: Option<UserId>,
    #[serde(default, deserialize_with = "hongyan_protocol::page_limit")]
    limit: Option<usize>,
}

/// `GET /v1/blocks`
pub(super) async fn list(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    QueryOf(query): QueryOf<BlocksQuery>,
) -> Result<Json<Value>, ApiError> {
    let after = query.after.unwrap_or_default();
    let page = gateway.service.blocked(&caller, after, query.limit).await?;
    Ok(Json(json!({ "users": page.users, "more": page.more })))
}

/// `PUT /v1/blocks/{user}`
pub(super) async fn block(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    PathOf(user): PathOf<UserId>,
) -> Result<StatusCode, ApiError> {
    gateway.service.set_block(&caller, user, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /v1/blocks/{user}`
pub(super) async fn unblock(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    PathOf(user): PathOf<UserId>,
) -> Result<StatusCode, ApiError> {
    gateway.service.set_block(&caller, user, false).await?;
    Ok(StatusCode::NO_CONTENT)
}
