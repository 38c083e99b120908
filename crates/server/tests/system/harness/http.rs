//! The HTTP API, as a script would use it.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// A signed-in user of the HTTP API.
#[derive(Clone)]
pub struct Http {
    client: reqwest::Client,
    base: String,
    token: String,
}

impl Http {
    /// Signs in with the demo's password.
    pub async fn sign_in(base: &str, login: &str, device: &str) -> Self {
        let client = reqwest::Client::new();
        let request = json!({ "login": login, "password": "1234", "device": device });
        let response = client
            .post(format!("{base}/v1/login"))
            .json(&request)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{login} signs in");
        let answer: Value = response.json().await.unwrap();
        let token = answer["token"].as_str().unwrap().to_owned();
        Self {
            client,
            base: base.into(),
            token,
        }
    }

    /// A user who is signed in already.
    pub fn with_token(base: &str, token: &str) -> Self {
        Self {
            client: reqwest::Client::new(),
            base: base.into(),
            token: token.into(),
        }
    }

    /// The session's token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// A request; the answer is `null` where there is none.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        self.try_call(method, path, body).await.unwrap()
    }

    /// `POST`; `None` where the server is gone.
    pub async fn try_post(&self, path: &str, body: Value) -> Option<(StatusCode, Value)> {
        self.try_call(Method::POST, path, Some(body)).await.ok()
    }

    async fn try_call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> reqwest::Result<(StatusCode, Value)> {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        request = request.bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await?;
        let status = response.status();
        let text = response.text().await?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
    }

    /// `GET`, with the bytes that the answer had.
    pub async fn get_measured(&self, path: &str) -> (Value, usize) {
        let request = self.client.get(format!("{}{path}", self.base));
        let response = request.bearer_auth(&self.token).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let text = response.text().await.unwrap();
        (serde_json::from_str(&text).unwrap(), text.len())
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.call(Method::GET, path, None).await
    }

    /// `POST`.
    pub async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.call(Method::POST, path, Some(body)).await
    }

    /// Sends a text to a user; the answer's `sent`.
    pub async fn send_text(&self, to: u64, client_id: &str, text: &str) -> Value {
        let body =
            json!({ "to": to, "client_id": client_id, "body": { "type": "text", "text": text } });
        let (status, sent) = self.post("/v1/messages", body).await;
        assert_eq!(status, StatusCode::OK, "{sent}");
        sent
    }
}
