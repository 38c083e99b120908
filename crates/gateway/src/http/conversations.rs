//! Reading conversations.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hongyan_protocol::{
    ConversationId, History, HistoryPage, Read, Seq, Sync, Synced, ViewChange, Viewed,
};
use http::StatusCode;
use serde::Deserialize;

use super::auth::Authenticated;
use super::committed;
use super::error::ApiError;
use super::extract::{Body, JsonBody, PathOf, QueryOf};
use crate::Gateway;

#[derive(Deserialize)]
pub(super) struct EntriesQuery {
    before: Option<Seq>,
    after: Option<Seq>,
    #[serde(default, deserialize_with = "hongyan_protocol::page_limit")]
    limit: Option<usize>,
}

#[derive(Deserialize)]
pub(super) struct ReadRequest {
    seq: Seq,
}

/// `GET /v1/conversations`: the same pages as `sync`.
pub(super) async fn list(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    QueryOf(sync): QueryOf<Sync>,
) -> Result<Json<Synced>, ApiError> {
    let synced = gateway.service.sync(&caller, sync.checked()?).await?;
    Ok(Json(synced))
}

/// `GET /v1/conversations/{conv}/entries`: the same pages as `history`.
pub(super) async fn entries(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    PathOf(conv): PathOf<ConversationId>,
    QueryOf(query): QueryOf<EntriesQuery>,
) -> Result<Json<HistoryPage>, ApiError> {
    let history = History {
        conv,
        before: query.before,
        after: query.after,
        limit: query.limit,
        bytes: None,
    };
    let page = gateway.service.history(&caller, history.checked()?).await?;
    Ok(Json(page))
}

/// `PATCH /v1/conversations/{conv}/view`
pub(super) async fn set_view(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    PathOf(conv): PathOf<ConversationId>,
    Body(body): Body,
) -> Result<Json<Viewed>, ApiError> {
    let change = ViewChange::from_json(&body)?;
    let service = &gateway.service;
    let viewed = committed(|reply| service.set_view(&caller, conv, change, reply)).await?;
    Ok(Json(viewed))
}

/// `POST /v1/conversations/{conv}/read`
pub(super) async fn read(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    PathOf(conv): PathOf<ConversationId>,
    JsonBody(ReadRequest { seq }): JsonBody<ReadRequest>,
) -> Result<StatusCode, ApiError> {
    committed(|reply| gateway.service.read(&caller, Read { conv, seq }, reply)).await?;
    Ok(StatusCode::NO_CONTENT)
}
