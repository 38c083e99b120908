//! A WebSocket without an SDK: what a hostile or foreign client can do.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::PATIENCE;

/// One WebSocket.
pub struct Raw {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    next_req: u64,
    acking: bool,
}

/// How the server closed: number and reason; `None` where the connection just broke.
pub type Closed = Option<(u16, String)>;

impl Raw {
    /// Opens a socket, with these headers.
    pub async fn open_with(
        address: SocketAddr,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, tungstenite::Error> {
        let mut request = format!("ws://{address}/v1/ws")
            .into_client_request()
            .unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let (socket, _) = tokio_tungstenite::connect_async(request).await?;
        Ok(Self {
            socket,
            next_req: 1,
            acking: false,
        })
    }

    /// Opens a socket.
    pub async fn open(address: SocketAddr) -> Self {
        Self::open_with(address, &[]).await.unwrap()
    }

    /// Opens a socket and says hello.
    pub async fn welcome(address: SocketAddr, token: &str) -> Self {
        let mut raw = Self::open(address).await;
        raw.send(json!({ "type": "hello", "token": token })).await;
        assert_eq!(raw.next().await["type"], "welcome");
        raw
    }

    /// From here on acks every entry that it reads.
    pub fn acking(mut self) -> Self {
        self.acking = true;
        self
    }

    /// Sends a frame.
    pub async fn send(&mut self, frame: Value) {
        self.send_message(Message::text(frame.to_string())).await;
    }

    /// Sends anything.
    pub async fn send_message(&mut self, message: Message) {
        // The server may have closed already; what it said is what the test looks at.
        let _ = self.socket.send(message).await;
    }

    /// The next text frame.
    pub async fn next(&mut self) -> Value {
        match self.next_within(PATIENCE).await {
            Some(Ok(frame)) => frame,
            Some(Err(closed)) => panic!("closed instead of a frame: {closed:?}"),
            None => panic!("no frame in time"),
        }
    }

    /// The next text frame or the close; `None` when neither came in time.
    pub async fn next_within(&mut self, wait: Duration) -> Option<Result<Value, Closed>> {
        let next = async {
            loop {
                match self.socket.next().await {
                    Some(Ok(Message::Text(text))) => {
                        return Ok(serde_json::from_str(&text).unwrap());
                    }
                    Some(Ok(Message::Close(Some(frame)))) => {
                        return Err(Some((frame.code.into(), frame.reason.to_string())));
                    }
                    Some(Ok(Message::Close(None)) | Err(_)) | None => return Err(None),
                    Some(Ok(_)) => {}
                }
            }
        };
        let next: Option<Result<Value, Closed>> = tokio::time::timeout(wait, next).await.ok();
        if let Some(Ok(frame)) = &next
            && self.acking
            && frame["type"] == "entry"
        {
            self.send(json!({ "type": "ack", "conv": frame["conv"], "seq": frame["seq"] }))
                .await;
        }
        next
    }

    /// The text of the next frame of this type, to the letter; others are passed over.
    pub async fn next_text_of(&mut self, kind: &str) -> String {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.socket.next()).await;
            if let Some(Ok(Message::Text(text))) = message.expect("a frame in time") {
                let frame: Value = serde_json::from_str(&text).unwrap();
                if frame["type"] == kind {
                    return text.to_string();
                }
            }
        }
    }

    /// The next frame of this type; others are passed over.
    pub async fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.next().await;
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// How the server closes; frames before that are passed over.
    pub async fn closed(&mut self) -> Closed {
        loop {
            match self.next_within(PATIENCE).await {
                Some(Ok(_)) => {}
                Some(Err(closed)) => return closed,
                None => panic!("the server did not close"),
            }
        }
    }

    /// A request and its answer; pushes in between are passed over.
    pub async fn request(&mut self, mut frame: Value) -> Value {
        let req = self.next_req;
        self.next_req += 1;
        frame["req"] = req.into();
        self.send(frame).await;
        loop {
            let answer = self.next().await;
            if answer["req"] == req {
                return answer;
            }
        }
    }

    /// A request and its answer, and how many bytes that had; pushes in between are passed over.
    pub async fn request_measured(&mut self, mut frame: Value) -> (Value, usize) {
        let req = self.next_req;
        self.next_req += 1;
        frame["req"] = req.into();
        self.send(frame).await;
        loop {
            let message = tokio::time::timeout(PATIENCE, self.socket.next()).await;
            if let Some(Ok(Message::Text(text))) = message.expect("an answer in time") {
                let frame: Value = serde_json::from_str(&text).unwrap();
                if frame["req"] == req {
                    return (frame, text.len());
                }
            }
        }
    }

    /// Sends a text to a user and returns `sent`.
    pub async fn send_text(&mut self, to: u64, client_id: &str, text: &str) -> Value {
        let sent = self.request(text_to(to, client_id, text)).await;
        assert_eq!(sent["type"], "sent", "{sent}");
        sent
    }
}

/// A `send` frame without `req`.
pub fn text_to(to: u64, client_id: &str, text: &str) -> Value {
    json!({ "type": "send", "to": to, "client_id": client_id, "body": { "type": "text", "text": text } })
}
