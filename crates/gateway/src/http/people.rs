//! Whom one can write to.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use axum::response::IntoResponse;
use hongyan_protocol::{ErrorCode, UserId};
use hongyan_service::ServiceError;
use serde::Deserialize;
use serde_json::{Value, json};

use super::auth::Authenticated;
use super::error::ApiError;
use super::extract::QueryOf;
use crate::Gateway;
use crate::door::Visit;
use crate::price;

#[derive(Deserialize)]
pub(super) struct UsersQuery {
    /// What is typed of a name.
    q: Option<String>,
    /// Only the user with this login name.
    login: Option<String>,
    /// Only ids above this one.
    after: Option<UserId>,
    #[serde(default, deserialize_with = "hongyan_protocol::page_limit")]
    limit: Option<usize>,
}

/// `GET /v1/users`
pub(super) async fn list(
    State(gateway): State<Arc<Gateway>>,
    Authenticated { caller, .. }: Authenticated,
    Extension(visit): Extension<Visit>,
    QueryOf(query): QueryOf<UsersQuery>,
) -> Result<impl IntoResponse, ApiError> {
    let service = &gateway.service;
    let users = match (query.q, query.login) {
        (None, None) => {
            let after = query.after.unwrap_or_default();
            service.directory(&caller, after, query.limit).await?
        }
        (None, Some(login)) => match service.find_user(&caller, &login).await {
            Ok(user) => vec![user],
            Err(error) if error.code() == ErrorCode::UserNotFound => Vec::new(),
            Err(error) => return Err(error.into()),
        },
        (Some(q), None) if query.after.is_none() => {
            visit.spend(&gateway, price::SEARCH)?;
            let found = service.search_users(&caller, &q, query.limit).await?;
            let marks = found.marks.iter().map(|marks| {
                let marks = marks.iter().map(|mark| json!([mark.start, mark.end]));
                marks.collect::<Value>()
            });
            let marks: Value = marks.collect();
            return Ok(Json(
                json!({ "users": found.users, "marks": marks, "more": found.more }),
            ));
        }
        (Some(_), _) => {
            let message = "a search takes no login and no after";
            return Err(ServiceError::BadRequest(message.into()).into());
        }
    };
    Ok(Json(json!({ "users": users })))
}
