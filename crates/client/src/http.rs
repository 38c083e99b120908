//! The server's plain HTTP requests: signing in and out, finding people, groups, and sending without a connection.
//!
//! Promises: no redirect is followed, no answer read beyond [`ANSWER_BYTES`], none waited for
//! longer than [`TIMEOUT`].

use std::time::Duration;

use hongyan_protocol::{ErrorCode, Failure, Send, Sent, UserId, UserProfile};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, Response, Url};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::people::{self, FoundUsers};
use crate::{ConnectError, HttpError};

/// One answer, in bytes. The longest is a page of users.
const ANSWER_BYTES: usize = 1024 * 1024;

/// From the request to the end of the answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What a successful sign-in gives.
#[derive(Deserialize)]
pub(crate) struct SignedIn {
    pub(crate) token: Box<str>,
    pub(crate) user: UserProfile,
    /// To be given at this device's next sign-in: then strangers who guess passwords do not lock it out.
    pub(crate) device_secret: Option<Box<str>>,
}

/// What a device signs in with.
pub(crate) struct SignIn<'a> {
    pub(crate) login: &'a str,
    pub(crate) password: &'a str,
    pub(crate) device: &'a str,
    pub(crate) client: &'a str,
    /// From the answer to an earlier sign-in on this device.
    pub(crate) device_secret: Option<&'a str>,
}

/// The server's HTTP side.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    base: Url,
    client: reqwest::Client,
}

impl Http {
    /// A server at this URL, whose path, if any, comes before every path of the protocol.
    pub(crate) fn new(server: &str) -> Result<Self, ConnectError> {
        let refuse = || ConnectError::Url(server.into());
        let mut base = Url::parse(server).map_err(|_| refuse())?;
        if !matches!(base.scheme(), "http" | "https") || !base.has_host() {
            return Err(refuse());
        }
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        base.set_query(None);
        base.set_fragment(None);
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            .build()
            .map_err(unreachable_because)?;
        Ok(Self { base, client })
    }

    /// The address of the WebSocket endpoint.
    pub(crate) fn websocket_url(&self) -> String {
        let url = self.url(hongyan_protocol::WEBSOCKET_PATH);
        // `Url::set_scheme` refuses to go from http to ws, so the text is cut: http → ws, https → wss.
        format!("ws{}", &url.as_str()["http".len()..])
    }

    /// `POST /v1/login`.
    pub(crate) async fn login(&self, sign_in: &SignIn<'_>) -> Result<SignedIn, HttpError> {
        let mut body = json!({
            "login": sign_in.login,
            "password": sign_in.password,
            "device": sign_in.device,
            "client": sign_in.client,
        });
        if let Some(secret) = sign_in.device_secret {
            body["device_secret"] = secret.into();
        }
        let request = self
            .client
            .post(self.url("/v1/login"))
            .json(&body)
            .build()
            .map_err(unreachable_because)?;
        self.answer(request).await
    }

    /// `POST /v1/logout`.
    pub(crate) async fn logout(&self, token: &str) -> Result<(), HttpError> {
        let _: Value = self.ask(Method::POST, "/v1/logout", &[], token).await?;
        Ok(())
    }

    /// `POST /v1/messages`.
    pub(crate) async fn send(&self, send: &Send, token: &str) -> Result<Sent, HttpError> {
        let request = self
            .client
            .post(self.url("/v1/messages"))
            .bearer_auth(token)
            .header(CONTENT_TYPE, "application/json")
            .body(send.to_json())
            .build()
            .map_err(unreachable_because)?;
        self.answer(request).await
    }

    /// `GET /v1/users?login=…`.
    pub(crate) async fn find_user(
        &self,
        login: &str,
        token: &str,
    ) -> Result<Option<UserProfile>, HttpError> {
        let page = self.users(&[("login", login)], token).await?;
        // Which spellings of a login name are one is the server's to say.
        Ok(page.into_iter().next())
    }

    /// `GET /v1/users?q=…`.
    pub(crate) async fn search_users(
        &self,
        typed: &str,
        limit: Option<usize>,
        token: &str,
    ) -> Result<FoundUsers, HttpError> {
        let limit = limit.map(|limit| limit.to_string());
        let mut query = vec![("q", typed)];
        query.extend(limit.as_deref().map(|limit| ("limit", limit)));
        let answer: people::Answer = self.ask(Method::GET, "/v1/users", &query, token).await?;
        answer.read()
    }

    /// The user with this id, as the one user after the id before it.
    pub(crate) async fn user(
        &self,
        id: UserId,
        token: &str,
    ) -> Result<Option<UserProfile>, HttpError> {
        let after = id.get().saturating_sub(1).to_string();
        let page = self
            .users(&[("after", &after), ("limit", "1")], token)
            .await?;
        Ok(page.into_iter().find(|user| user.id == id))
    }

    async fn users(
        &self,
        query: &[(&str, &str)],
        token: &str,
    ) -> Result<Vec<UserProfile>, HttpError> {
        #[derive(Deserialize)]
        struct Page {
            users: Vec<UserProfile>,
        }
        let page: Page = self.ask(Method::GET, "/v1/users", query, token).await?;
        Ok(page.users)
    }

    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        token: &str,
    ) -> Result<T, HttpError> {
        let request = self
            .client
            .request(method, self.url(path))
            .query(query)
            .bearer_auth(token)
            .build()
            .map_err(unreachable_because)?;
        self.answer(request).await
    }

    /// Asks with a body.
    pub(crate) async fn ask_with<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &(impl Serialize + Sync),
        token: &str,
    ) -> Result<T, HttpError> {
        let request = self
            .client
            .request(method, self.url(path))
            .bearer_auth(token)
            .json(body)
            .build()
            .map_err(unreachable_because)?;
        self.answer(request).await
    }

    async fn answer<T: DeserializeOwned>(&self, request: reqwest::Request) -> Result<T, HttpError> {
        let response = self
            .client
            .execute(request)
            .await
            .map_err(unreachable_because)?;
        let status = response.status();
        let body = read_bounded(response).await?;
        if !status.is_success() {
            return Err(refusal(status.as_u16(), &body));
        }
        // 204 has no body; whoever asked for it reads it as null.
        let body: &[u8] = if body.is_empty() { b"null" } else { &body };
        serde_json::from_slice(body).map_err(|error| HttpError::Garbage(error.to_string().into()))
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!(
            "{}{}",
            self.base.path(),
            path.trim_start_matches('/')
        ));
        url
    }
}

async fn read_bounded(mut response: Response) -> Result<Vec<u8>, HttpError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable_because)? {
        if body.len() + chunk.len() > ANSWER_BYTES {
            return Err(HttpError::Garbage("the answer is too long".into()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Reads `{"error":{code,message,retry_after_ms?}}`.
fn refusal(status: u16, body: &[u8]) -> HttpError {
    #[derive(Deserialize)]
    struct Body {
        error: Failure,
    }
    match serde_json::from_slice::<Body>(body) {
        Ok(body) => HttpError::Refused(body.error),
        Err(_) if status == 401 => HttpError::Refused(Failure {
            code: ErrorCode::Unauthenticated,
            message: "unauthenticated".into(),
            retry_after_ms: None,
        }),
        Err(_) => HttpError::Status(status),
    }
}

/// Keeps what happened and drops the URL, which is of no news to the caller.
fn unreachable_because(error: reqwest::Error) -> HttpError {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    HttpError::Unreachable(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_follow_the_server_url() {
        for (server, websocket) in [
            ("http://127.0.0.1:8080", "ws://127.0.0.1:8080/v1/ws"),
            ("https://im.example/", "wss://im.example/v1/ws"),
            ("https://example.com/im?x#y", "wss://example.com/im/v1/ws"),
        ] {
            assert_eq!(Http::new(server).unwrap().websocket_url(), websocket);
        }
        for bad in ["", "example.com", "ftp://example.com", "http://"] {
            assert!(Http::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_refusal_keeps_its_code() {
        let body = br#"{"error":{"code":"rate_limited","message":"slow down","retry_after_ms":9}}"#;
        let HttpError::Refused(failure) = refusal(429, body) else {
            panic!("not read as a refusal");
        };
        assert_eq!(failure.code, ErrorCode::RateLimited);
        assert!(matches!(refusal(502, b"<html>"), HttpError::Status(502)));
        assert!(HttpError::Status(502).is_retryable());
    }
}
