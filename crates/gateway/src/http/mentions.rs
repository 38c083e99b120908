//! Where the caller was mentioned.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hongyan_protocol::MentionsPage;
use serde::Deserialize;

use super::auth::Authenticated;
use super::error::ApiError;
use super::extract::QueryOf;
use crate::Gateway;

#[derive(Deserialize)]
pub(super) struct MentionsQuery {
    before: Option<String>,
    #[serde(default, deserialize_with = "hongyan_protocol::page_limit")]
    limit: Option<usize>,
}

/// `GET /v1/mentions`
pub(super) async fn list(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    QueryOf(query): QueryOf<MentionsQuery>,
) -> Result<Json<MentionsPage>, ApiError> {
    let before = query.before.as_deref();
    let page = gateway
        .service
        .mentions(&caller, before, query.limit)
        .await?;
    Ok(Json(page))
}
