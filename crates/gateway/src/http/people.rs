//! Whom one can write to.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use hongyan_protocol::{ErrorCode, UserId};
use serde::Deserialize;
use serde_json::json;

use super::auth::Authenticated;
use super::error::ApiError;
use super::extract::QueryOf;
use crate::Gateway;

#[derive(Deserialize)]
pub(super) struct UsersQuery {
    /// Only the user with this login name.
    login: Option<String>,
    /// Only ids above this one.
    #[serde(default)]
    after: UserId,
    #[serde(default, deserialize_with = "hongyan_protocol::page_limit")]
    limit: Option<usize>,
}

/// `GET /v1/users`
pub(super) async fn list(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    QueryOf(query): QueryOf<UsersQuery>,
) -> Result<impl IntoResponse, ApiError> {
    let users = match &query.login {
        None => {
            gateway
                .service
                .directory(&caller, query.after, query.limit)
                .await?
        }
        Some(login) => match gateway.service.find_user(&caller, login).await {
            Ok(user) => vec![user],
            Err(error) if error.code() == ErrorCode::UserNotFound => Vec::new(),
            Err(error) => return Err(error.into()),
        },
    };
    Ok(Json(json!({ "users": users })))
}
