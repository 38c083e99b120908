//! Order in conversations: bans, mutes and pins.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use hongyan_protocol::{Ban, ClientId, ConversationId, Mute, Pin, Sent, Seq, UserId};
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
pub(super) struct BansQuery {
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

/// `GET /v1/groups/{conv}/bans`
pub(super) async fn bans(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    PathOf(conv): PathOf<ConversationId>,
    QueryOf(query): QueryOf<BansQuery>,
) -> Result<Json<Value>, ApiError> {
    let after = query.after.unwrap_or_default();
    let page = gateway
        .service
        .bans(&caller, conv, after, query.limit)
        .await?;
    Ok(Json(json!({ "users": page.users, "more": page.more })))
}

/// `POST /v1/groups/{conv}/bans`
pub(super) async fn ban(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    Extension(visit): Extension<Visit>,
    PathOf(conv): PathOf<ConversationId>,
    Body(body): Body,
) -> Result<Json<Sent>, ApiError> {
    let ban = Ban::from_json(&body)?;
    visit.spend(&gateway, price::MEMBER.times(ban.users.len()))?;
    let sent = committed(|reply| gateway.service.ban(&caller, conv, ban, reply)).await?;
    Ok(Json(sent))
}

/// `DELETE /v1/groups/{conv}/bans/{user}`
pub(super) async fn unban(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    PathOf((conv, user)): PathOf<(ConversationId, UserId)>,
    QueryOf(Named { client_id }): QueryOf<Named>,
) -> Result<Json<Sent>, ApiError> {
    let service = &gateway.service;
    let sent = committed(|reply| service.unban(&caller, conv, user, client_id, reply)).await?;
    Ok(Json(sent))
}

/// `GET /v1/groups/{conv}/mutes`
pub(super) async fn mutes(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    PathOf(conv): PathOf<ConversationId>,
) -> Result<Json<Value>, ApiError> {
    let page = gateway.service.mutes(&caller, conv).await?;
    Ok(Json(json!({ "muted": page.muted, "users": page.users })))
}

/// `POST /v1/groups/{conv}/mutes`
pub(super) async fn mute(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    PathOf(conv): PathOf<ConversationId>,
    JsonBody(mute): JsonBody<Mute>,
) -> Result<Json<Sent>, ApiError> {
    let sent = committed(|reply| gateway.service.mute(&caller, conv, mute, reply)).await?;
    Ok(Json(sent))
}

/// `DELETE /v1/groups/{conv}/mutes/{user}`
pub(super) async fn unmute(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    PathOf((conv, user)): PathOf<(ConversationId, UserId)>,
    QueryOf(Named { client_id }): QueryOf<Named>,
) -> Result<Json<Sent>, ApiError> {
    let service = &gateway.service;
    let sent = committed(|reply| service.unmute(&caller, conv, user, client_id, reply)).await?;
    Ok(Json(sent))
}

/// `POST /v1/conversations/{conv}/pins`
pub(super) async fn pin(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    PathOf(conv): PathOf<ConversationId>,
    JsonBody(pin): JsonBody<Pin>,
) -> Result<Json<Sent>, ApiError> {
    let sent = committed(|reply| gateway.service.pin(&caller, conv, pin, reply)).await?;
    Ok(Json(sent))
}

/// `DELETE /v1/conversations/{conv}/pins/{seq}`
pub(super) async fn unpin(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    PathOf(at): PathOf<(ConversationId, Seq)>,
    QueryOf(Named { client_id }): QueryOf<Named>,
) -> Result<Json<Sent>, ApiError> {
    let sent = committed(|reply| gateway.service.unpin(&caller, at, client_id, reply)).await?;
    Ok(Json(sent))
}
