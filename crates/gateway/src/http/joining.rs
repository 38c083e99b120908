//! Ways into groups: links, and requests to be let in.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hongyan_protocol::{
    Approve, Asked, ConversationId, Door, GroupOutside, Link, NewLink, Sent, Seq, UserId,
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::auth::Authenticated;
use super::committed;
use super::error::ApiError;
use super::extract::{JsonBody, PathOf, QueryOf};
use crate::Gateway;

#[derive(Deserialize)]
pub(super) struct JoinersQuery {
    /// Only who came behind this entry.
    after: Option<Seq>,
    #[serde(default, deserialize_with = "hongyan_protocol::page_limit")]
    limit: Option<usize>,
}

#[derive(Deserialize)]
pub(super) struct RequestsQuery {
    /// Only ids above this one.
    after: Option<UserId>,
    #[serde(default, deserialize_with = "hongyan_protocol::page_limit")]
    limit: Option<usize>,
}

/// `GET /v1/groups/{conv}/links`
pub(super) async fn links(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    PathOf(conv): PathOf<ConversationId>,
) -> Result<Json<Value>, ApiError> {
    let page = gateway.service.links(&caller, conv).await?;
    Ok(Json(json!({ "links": page.links, "users": page.users })))
}

/// `POST /v1/groups/{conv}/links`
pub(super) async fn make(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    PathOf(conv): PathOf<ConversationId>,
    JsonBody(new): JsonBody<NewLink>,
) -> Result<Json<Link>, ApiError> {
    Ok(Json(gateway.service.make_link(&caller, conv, new).await?))
}

/// `DELETE /v1/groups/{conv}/links/{link}`
pub(super) async fn revoke(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    PathOf((conv, link)): PathOf<(ConversationId, u64)>,
) -> Result<StatusCode, ApiError> {
    gateway.service.revoke_link(&caller, conv, link).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /v1/groups/{conv}/links/{link}/joiners`
pub(super) async fn joiners(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    PathOf(of): PathOf<(ConversationId, u64)>,
    QueryOf(query): QueryOf<JoinersQuery>,
) -> Result<Json<Value>, ApiError> {
    let after = query.after.unwrap_or_default();
    let service = &gateway.service;
    let page = service.joiners(&caller, of, after, query.limit).await?;
    Ok(Json(
        json!({ "joiners": page.joiners, "users": page.users, "more": page.more }),
    ))
}

/// `POST /v1/join/look`
pub(super) async fn look(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    JsonBody(door): JsonBody<Door>,
) -> Result<Json<GroupOutside>, ApiError> {
    Ok(Json(gateway.service.look(&caller, door).await?))
}

/// `POST /v1/join`
pub(super) async fn join(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    JsonBody(door): JsonBody<Door>,
) -> Result<Json<Asked>, ApiError> {
    Ok(Json(gateway.service.join(&caller, door).await?))
}

/// `GET /v1/requests`
pub(super) async fn own_requests(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
) -> Result<Json<Value>, ApiError> {
    let requests = gateway.service.own_requests(&caller).await?;
    Ok(Json(json!({ "requests": requests })))
}

/// `GET /v1/groups/{conv}/requests`
pub(super) async fn requests(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    PathOf(conv): PathOf<ConversationId>,
    QueryOf(query): QueryOf<RequestsQuery>,
) -> Result<Json<Value>, ApiError> {
    let after = query.after.unwrap_or_default();
    let service = &gateway.service;
    let page = service.requests(&caller, conv, after, query.limit).await?;
    Ok(Json(
        json!({ "requests": page.requests, "users": page.users, "more": page.more }),
    ))
}

/// `POST /v1/groups/{conv}/requests/{user}`
pub(super) async fn approve(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    PathOf((conv, user)): PathOf<(ConversationId, UserId)>,
    JsonBody(approve): JsonBody<Approve>,
) -> Result<Json<Sent>, ApiError> {
    let service = &gateway.service;
    let sent = committed(|reply| service.approve(&caller, conv, user, approve, reply)).await?;
    Ok(Json(sent))
}

/// `DELETE /v1/groups/{conv}/requests/{user}`
pub(super) async fn decline(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    PathOf((conv, user)): PathOf<(ConversationId, UserId)>,
) -> Result<StatusCode, ApiError> {
    gateway.service.decline(&caller, conv, user).await?;
    Ok(StatusCode::NO_CONTENT)
}
