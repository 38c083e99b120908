//! Writing messages, for servers and scripts.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use hongyan_protocol::{ClientId, ConversationId, Edit, Recall, Send, Sent, Seq};
use hongyan_service::ServiceError;

use super::auth::Authenticated;
use super::committed;
use super::error::ApiError;
use super::extract::{Body, PathOf};
use crate::Gateway;
use crate::door::Visit;
use crate::price;

/// `POST /v1/messages`: the fields of `send`, answered with those of `sent`.
pub(super) async fn send(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    Extension(visit): Extension<Visit>,
    Body(body): Body,
) -> Result<Json<Sent>, ApiError> {
    let send = Send::from_json(&body)?;
    visit.spend(&gateway, price::MENTION.times(send.mentions.len()))?;
    let sent = committed(|reply| gateway.service.send(&caller, send, reply)).await?;
    Ok(Json(sent))
}

/// `PATCH /v1/conversations/{conv}/entries/{seq}`
pub(super) async fn edit(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    PathOf((conv, seq)): PathOf<(ConversationId, Seq)>,
    Body(body): Body,
) -> Result<Json<Sent>, ApiError> {
    let edit = Edit::from_json(conv, seq, &body)?;
    let sent = committed(|reply| gateway.service.edit(&caller, edit, reply)).await?;
    Ok(Json(sent))
}

/// `DELETE /v1/conversations/{conv}/entries/{seq}`
///
/// The client id is made from the message's place, so that a repeated request finds the first.
pub(super) async fn recall(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    PathOf((conv, seq)): PathOf<(ConversationId, Seq)>,
) -> Result<Json<Sent>, ApiError> {
    let client_id = ClientId::new(format!("recall:{conv}:{seq}"))
        .map_err(|error| ServiceError::BadRequest(error.to_string()))?;
    let recall = Recall {
        conv,
        seq,
        client_id,
    };
    let sent = committed(|reply| gateway.service.recall(&caller, recall, reply)).await?;
    Ok(Json(sent))
}
