//! Groups, for all who are in them.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use hongyan_protocol::{
    AddMembers, ClientId, ConversationId, NewGroup, Sent, SetGroup, SetRole, UserId,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::auth::Authenticated;
use super::committed;
use super::error::ApiError;
use super::extract::{Body, JsonBody, PathOf, QueryOf};
use crate::Gateway;
use crate::door::Visit;
use crate::price;

#[derive(Deserialize)]
pub(super) struct MembersQuery {
    /// Only ids above this one.
    after: Option<UserId>,
    #[serde(default, deserialize_with = "hongyan_protocol::page_limit")]
    limit: Option<usize>,
}

/// What a request without a body has behind its `?`.
#[derive(Deserialize)]
pub(super) struct Named {
    client_id: ClientId,
}

/// `POST /v1/groups`
pub(super) async fn create(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    Extension(visit): Extension<Visit>,
    Body(body): Body,
) -> Result<Json<Sent>, ApiError> {
    let new = NewGroup::from_json(&body)?;
    let price = price::GROUP.and(price::MEMBER.times(new.users.len()));
    visit.spend(&gateway, price)?;
    let sent = committed(|reply| gateway.service.create_group(&caller, new, reply)).await?;
    Ok(Json(sent))
}

/// `PATCH /v1/groups/{conv}`
pub(super) async fn set(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    PathOf(conv): PathOf<ConversationId>,
    JsonBody(set): JsonBody<SetGroup>,
) -> Result<Json<Sent>, ApiError> {
    let sent = committed(|reply| gateway.service.set_group(&caller, conv, set, reply)).await?;
    Ok(Json(sent))
}

/// `DELETE /v1/groups/{conv}`
pub(super) async fn disband(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    PathOf(conv): PathOf<ConversationId>,
    QueryOf(Named { client_id }): QueryOf<Named>,
) -> Result<Json<Sent>, ApiError> {
    let service = &gateway.service;
    let sent = committed(|reply| service.disband_group(&caller, conv, client_id, reply)).await?;
    Ok(Json(sent))
}

/// `GET /v1/groups/{conv}/members`
pub(super) async fn members(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    PathOf(conv): PathOf<ConversationId>,
    QueryOf(query): QueryOf<MembersQuery>,
) -> Result<Json<Value>, ApiError> {
    let after = query.after.unwrap_or_default();
    let service = &gateway.service;
    let page = service.members(&caller, conv, after, query.limit).await?;
    Ok(Json(
        json!({ "members": page.members, "users": page.users, "more": page.more }),
    ))
}

/// `POST /v1/groups/{conv}/members`
pub(super) async fn add(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    Extension(visit): Extension<Visit>,
    PathOf(conv): PathOf<ConversationId>,
    Body(body): Body,
) -> Result<Json<Sent>, ApiError> {
    let add = AddMembers::from_json(&body)?;
    visit.spend(&gateway, price::MEMBER.times(add.users.len()))?;
    let sent = committed(|reply| gateway.service.add_members(&caller, conv, add, reply)).await?;
    Ok(Json(sent))
}

/// `PATCH /v1/groups/{conv}/members/{user}`
pub(super) async fn set_role(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    PathOf((conv, user)): PathOf<(ConversationId, UserId)>,
    JsonBody(set): JsonBody<SetRole>,
) -> Result<Json<Sent>, ApiError> {
    let service = &gateway.service;
    let sent = committed(|reply| service.set_role(&caller, conv, user, set, reply)).await?;
    Ok(Json(sent))
}

/// `DELETE /v1/groups/{conv}/members/{user}`: puts a member out, or the caller goes.
pub(super) async fn remove(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    PathOf((conv, user)): PathOf<(ConversationId, UserId)>,
    QueryOf(Named { client_id }): QueryOf<Named>,
) -> Result<Json<Sent>, ApiError> {
    let service = &gateway.service;
    let sent =
        committed(|reply| service.remove_member(&caller, conv, user, client_id, reply)).await?;
    Ok(Json(sent))
}
