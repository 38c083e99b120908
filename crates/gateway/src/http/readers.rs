//! Who has read a message.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use hongyan_protocol::{ConversationId, Seq, UserId};
use serde::Deserialize;
use serde_json::{Value, json};

use super::auth::Authenticated;
use super::error::ApiError;
use super::extract::{PathOf, QueryOf};
use crate::Gateway;
use crate::door::Visit;
use crate::price;

#[derive(Deserialize)]
pub(super) struct ReadersQuery {
    /// Only ids above this one.
    after: Option<UserId>,
    #[serde(default, deserialize_with = "hongyan_protocol::page_limit")]
    limit: Option<usize>,
    /// Those who have not read it.
    #[serde(default)]
    unread: bool,
}

/// `GET /v1/conversations/{conv}/entries/{seq}/readers`
pub(super) async fn list(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    Extension(visit): Extension<Visit>,
    PathOf(at): PathOf<(ConversationId, Seq)>,
    QueryOf(query): QueryOf<ReadersQuery>,
) -> Result<Json<Value>, ApiError> {
    visit.spend(&gateway, price::READERS)?;
    let after = query.after.unwrap_or_default();
    let service = &gateway.service;
    let page = service
        .readers(&caller, at, after, query.limit, query.unread)
        .await?;
    Ok(Json(json!({ "users": page.users, "more": page.more })))
}
