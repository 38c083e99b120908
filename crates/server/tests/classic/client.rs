//! Clients of the classic protocol, that know of Hongyan nothing but the address.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::harness::{PATIENCE, TestServer};

/// Long enough that a frame which is on its way would have come.
pub const A_WHILE: Duration = Duration::from_millis(300);

/// A browser without a window: it keeps the cookie.
pub struct Browser {
    client: reqwest::Client,
    address: SocketAddr,
    cookie: String,
}

/// What the server answered over HTTP.
pub struct Answered {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

/// A socket at `/`.
pub struct Socket {
    inner: WebSocketStream<MaybeTlsStream<TcpStream>>,
    uid: u64,
}

impl Browser {
    /// Nobody is signed in.
    pub fn new(address: SocketAddr) -> Self {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            client,
            address,
            cookie: String::new(),
        }
    }

    /// Signed in through the form.
    pub async fn sign_in(server: &TestServer, email: &str) -> Self {
        let mut browser = Self::new(server.address());
        let form = [("email", email), ("password", "1234")];
        let answered = browser.post("/login", &form).await;
        assert_eq!(answered.status, StatusCode::OK, "{}", answered.body);
        browser
    }

    /// `GET`, with the cookie.
    pub async fn get(&mut self, path: &str) -> Answered {
        self.send(self.request(Method::GET, path)).await
    }

    /// `POST` of a form, with the cookie.
    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answered {
        self.send(self.request(Method::POST, path).form(form)).await
    }

    /// A request with the cookie, to which headers may be added.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("http://{}{path}", self.address);
        let request = self.client.request(method, url);
        if self.cookie.is_empty() {
            request
        } else {
            request.header(COOKIE, &self.cookie)
        }
    }

    /// Sends it and keeps the cookie that comes back.
    pub async fn send(&mut self, request: RequestBuilder) -> Answered {
        let response = request.send().await.unwrap();
        if let Some(cookie) = response.headers().get(SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            self.cookie = cookie.split(';').next().unwrap().to_owned();
        }
        Answered {
            status: response.status(),
            headers: response.headers().clone(),
            body: response.text().await.unwrap(),
        }
    }

    /// The cookie, as it is sent.
    pub fn cookie(&self) -> &str {
        &self.cookie
    }

    /// The token in the cookie.
    pub fn token(&self) -> &str {
        self.cookie.split_once('=').unwrap().1
    }

    /// Messages between two, by `queryMsg`.
    pub async fn query(&mut self, owner: u64, other: u64) -> Value {
        let answered = self
            .get(&format!("/queryMsg?ownerUid={owner}&otherUid={other}"))
            .await;
        assert_eq!(answered.status, StatusCode::OK, "{}", answered.body);
        if answered.body.is_empty() {
            json!([])
        } else {
            answered.json()
        }
    }

    /// The contacts.
    pub async fn contacts(&mut self, owner: u64) -> Value {
        let answered = self.get(&format!("/queryContacts?ownerUid={owner}")).await;
        assert_eq!(answered.status, StatusCode::OK, "{}", answered.body);
        answered.json()
    }

    /// Sends a text by `sendMsg`.
    pub async fn send_msg(&mut self, from: u64, to: u64, content: &str) -> Answered {
        let (from, to) = (from.to_string(), to.to_string());
        let form = [
            ("senderUid", from.as_str()),
            ("recipientUid", &to),
            ("content", content),
            ("msgType", "1"),
        ];
        self.post("/sendMsg", &form).await
    }
}

impl Answered {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {:?}", self.body))
    }

    /// The answer as the course's page gets at it: its library parses what is called JSON, and hands the rest
    /// over as text; the page then parses a text.
    pub fn parsed_by_the_page(&self) -> Value {
        let content_type = self.headers[CONTENT_TYPE].to_str().unwrap();
        let library_parses = content_type.contains("json") || content_type.contains("javascript");
        assert!(
            !library_parses,
            "{content_type}: the page's own parsing throws"
        );
        assert_eq!(content_type, "text/plain;charset=UTF-8");
        self.json()
    }

    pub fn location(&self) -> &str {
        self.headers[LOCATION].to_str().unwrap()
    }

    pub fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap().to_owned()
    }
}

impl Socket {
    /// Opens `/` with these headers. Whose socket it is shows in the frames alone.
    pub async fn try_open(
        url: &str,
        headers: &[(&'static str, &str)],
        uid: u64,
    ) -> Result<Self, tungstenite::Error> {
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let (inner, _) = tokio_tungstenite::connect_async(request).await?;
        Ok(Self { inner, uid })
    }

    /// Opens `/` with a browser's cookie.
    pub async fn open(server: &TestServer, browser: &Browser, uid: u64) -> Self {
        let url = format!("ws://{}", server.address());
        Self::try_open(&url, &[("cookie", browser.cookie())], uid)
            .await
            .unwrap()
    }

    /// Signs in, opens `/`, and goes online.
    pub async fn online(server: &TestServer, email: &str, uid: u64) -> Self {
        let browser = Browser::sign_in(server, email).await;
        let mut socket = Self::open(server, &browser, uid).await;
        socket.bind().await;
        socket
    }

    /// Goes online.
    pub async fn bind(&mut self) {
        let answer = self
            .ask(json!({ "type": 1, "data": { "uid": self.uid } }))
            .await;
        assert_eq!(answer, json!({ "type": 1, "status": "success" }));
    }

    /// Sends a frame.
    pub async fn send(&mut self, frame: Value) {
        self.send_text(&frame.to_string()).await;
    }

    /// Sends any text.
    pub async fn send_text(&mut self, text: &str) {
        // The server may have closed already; what it said is what the test looks at.
        let _ = self.inner.send(Message::text(text)).await;
    }

    /// Sends anything.
    pub async fn send_message(&mut self, message: Message) {
        let _ = self.inner.send(message).await;
    }

    /// The next frame, or the number with which the server closed (0: without one); `None` when
    /// neither came in time.
    pub async fn next_within(&mut self, wait: Duration) -> Option<Result<Value, u16>> {
        let next = async {
            loop {
                match self.inner.next().await {
                    Some(Ok(Message::Text(text))) => {
                        return Ok(serde_json::from_str(&text).unwrap());
                    }
                    Some(Ok(Message::Close(Some(frame)))) => return Err(frame.code.into()),
                    Some(Ok(Message::Close(None)) | Err(_)) | None => return Err(0),
                    Some(Ok(_)) => {}
                }
            }
        };
        tokio::time::timeout(wait, next).await.ok()
    }

    /// The next frame.
    pub async fn next(&mut self) -> Value {
        match self.next_within(PATIENCE).await {
            Some(Ok(frame)) => frame,
            Some(Err(code)) => panic!("closed with {code} instead of a frame"),
            None => panic!("no frame in time"),
        }
    }

    /// Sends a frame and returns the next one.
    pub async fn ask(&mut self, frame: Value) -> Value {
        self.send(frame).await;
        self.next().await
    }

    /// The next frame, which is a push; acked.
    pub async fn push(&mut self) -> Value {
        let push = self.next().await;
        assert_eq!(push["type"], 4, "{push}");
        self.send(json!({ "type": 6, "data": { "tid": push["tid"] } }))
            .await;
        push
    }

    /// The texts of so many pushes, each acked.
    pub async fn pushed(&mut self, count: usize) -> Vec<String> {
        let mut texts = Vec::new();
        while texts.len() < count {
            let push = self.push().await;
            texts.push(push["data"]["content"].as_str().unwrap().to_owned());
        }
        texts
    }

    /// That nothing comes.
    pub async fn hears_nothing(&mut self) {
        let heard = self.next_within(A_WHILE).await;
        assert!(heard.is_none(), "{heard:?}");
    }

    /// The number with which the server closes; frames before that are passed over.
    pub async fn closed(&mut self) -> u16 {
        loop {
            match self.next_within(PATIENCE).await {
                Some(Ok(_)) => {}
                Some(Err(code)) => return code,
                None => panic!("the server did not close"),
            }
        }
    }

    /// Sends a text to a user; the answer's message.
    pub async fn say(&mut self, to: u64, content: &str) -> Value {
        let answer = self.ask(say(self.uid, to, content)).await;
        assert_eq!(answer["type"], 3, "{answer}");
        answer["data"].clone()
    }

    /// The messages with a user.
    pub async fn query(&mut self, other: u64) -> Value {
        let query = json!({ "type": 2, "data": { "ownerUid": self.uid, "otherUid": other } });
        let answer = self.ask(query).await;
        assert_eq!(answer["type"], 2, "{answer}");
        answer["data"].clone()
    }

    /// The total of unread messages. Pushes that come before the answer are passed over: whoever has
    /// just come online may get some.
    pub async fn unread(&mut self) -> u64 {
        self.send(json!({ "type": 5, "data": { "uid": self.uid } }))
            .await;
        loop {
            let answer = self.next().await;
            if answer["type"] != 4 {
                assert_eq!(answer["type"], 5, "{answer}");
                return answer["data"]["unread"].as_u64().unwrap();
            }
        }
    }
}

/// A frame of type 3.
pub fn say(from: u64, to: u64, content: &str) -> Value {
    json!({
        "type": 3,
        "data": { "senderUid": from, "recipientUid": to, "content": content, "msgType": 1 },
    })
}

/// The texts of messages.
pub fn contents(messages: &Value) -> Vec<&str> {
    let messages = messages.as_array().unwrap().iter();
    messages
        .map(|one| one["content"].as_str().unwrap())
        .collect()
}

/// The ids of messages.
pub fn mids(messages: &Value) -> Vec<u64> {
    let messages = messages.as_array().unwrap().iter();
    messages.map(|one| one["mid"].as_u64().unwrap()).collect()
}
