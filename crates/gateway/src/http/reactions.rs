//! Reactions, over HTTP.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hongyan_protocol::{ConversationId, React, Reactions, ReactionsPage, Seq, UserId, limits};
use serde::Deserialize;
use serde_json::{Value, json};

use super::auth::Authenticated;
use super::committed;
use super::error::ApiError;
use super::extract::{PathOf, QueryOf};
use crate::Gateway;

#[derive(Deserialize)]
pub(super) struct ListQuery {
    after: Option<u64>,
    from: Option<Seq>,
    to: Option<Seq>,
    #[serde(default, deserialize_with = "hongyan_protocol::page_limit")]
    limit: Option<usize>,
}

#[derive(Deserialize)]
pub(super) struct WhoQuery {
    /// Only ids above this one.
    after: Option<UserId>,
    #[serde(default, deserialize_with = "hongyan_protocol::page_limit")]
    limit: Option<usize>,
}

/// The conversation, the message and the emoji.
type Place = (ConversationId, Seq, Box<str>);

/// `GET /v1/conversations/{conv}/reactions`
pub(super) async fn list(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    PathOf(conv): PathOf<ConversationId>,
    QueryOf(query): QueryOf<ListQuery>,
) -> Result<Json<ReactionsPage>, ApiError> {
    let ask = Reactions {
        conv,
        after: query.after,
        from: query.from,
        to: query.to,
        limit: query.limit,
    };
    Ok(Json(gateway.service.reactions(&caller, ask).await?))
}

/// `GET /v1/conversations/{conv}/entries/{seq}/reactions/{value}`
pub(super) async fn who(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    PathOf((conv, seq, value)): PathOf<Place>,
    QueryOf(query): QueryOf<WhoQuery>,
) -> Result<Json<Value>, ApiError> {
    let after = query.after.unwrap_or_default();
    let service = &gateway.service;
    let page = service
        .reactors(&caller, (conv, seq), &value, after, query.limit)
        .await?;
    Ok(Json(json!({ "users": page.users, "more": page.more })))
}

/// `PUT /v1/conversations/{conv}/entries/{seq}/reactions/{value}`
pub(super) async fn set(
    gateway: State<Arc<Gateway>>,
    authenticated: Authenticated,
    PathOf(place): PathOf<Place>,
) -> Result<StatusCode, ApiError> {
    react(gateway, authenticated, place, true).await
}

/// `DELETE /v1/conversations/{conv}/entries/{seq}/reactions/{value}`
pub(super) async fn take_back(
    gateway: State<Arc<Gateway>>,
    authenticated: Authenticated,
    PathOf(place): PathOf<Place>,
) -> Result<StatusCode, ApiError> {
    react(gateway, authenticated, place, false).await
}

async fn react(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    (conv, seq, value): Place,
    on: bool,
) -> Result<StatusCode, ApiError> {
    if value.len() > limits::REACTION_BYTES {
        let what = format!("a reaction has at most {} bytes", limits::REACTION_BYTES);
        return Err(hongyan_service::ServiceError::TooLarge(what).into());
    }
    let react = React {
        conv,
        seq,
        value,
        on,
    };
    committed(|reply| gateway.service.react(&caller, react, reply)).await?;
    Ok(StatusCode::NO_CONTENT)
}
