//! A server that does what a test says, frame by frame, on a real socket.

#![allow(
    clippy::unwrap_used,
    dead_code,
    unreachable_pub,
    reason = "only tests use it, and each its own part"
)]

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use hongyan_client::protocol::{
    AdvertisedLimits, ClientFrame, ConversationKind, HeartbeatPlan, HistoryPage, MemberPosition,
    Position, SUBPROTOCOL, ServerFrame, SessionId, Synced, Welcome, limits,
};
use hongyan_client::{
    Body, Client, ClientId, Config, ConversationId, ConversationView, Credentials, Entry,
    EntryKind, Event, Events, Millis, Policies, Sent, Seq, UserId, UserProfile,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, frame::coding::CloseCode};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

/// Far more than anything here takes; a test that waits for so long has failed.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub const ME: UserId = UserId::from_trusted(1000);
pub const OTHER: UserId = UserId::from_trusted(1001);
pub const CONV: ConversationId = ConversationId::from_trusted(7);

/// A listening server.
pub struct Server {
    listener: TcpListener,
}

/// One connection of a client, from the server's side.
pub struct Peer {
    socket: WebSocketStream<TcpStream>,
}

impl Server {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { listener }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.listener.local_addr().unwrap())
    }

    pub fn config(&self) -> Config {
        Config::new(self.url(), Credentials::token("hy_test")).policies(quick())
    }

    /// The next TCP connection, whatever it is for.
    pub async fn accept_raw(&self) -> TcpStream {
        let accepted = timeout(PATIENCE, self.listener.accept()).await;
        accepted.expect("nobody connects").unwrap().0
    }

    /// Answers the next HTTP request with this status and body, and gives its text.
    pub async fn answer_http(&self, status: &str, body: &str) -> String {
        let mut stream = self.accept_raw().await;
        let mut request = Vec::new();
        while !request.ends_with(b"}") {
            let mut part = [0; 1024];
            let read = stream.read(&mut part).await.unwrap();
            assert!(read > 0, "the request has no body");
            request.extend_from_slice(&part[..read]);
        }
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(request).unwrap()
    }

    /// The next connection, with its WebSocket open and nothing said yet.
    pub async fn accept(&self) -> Peer {
        upgrade(self.accept_raw().await).await
    }

    /// The next connection, which has said hello and was welcomed as [`ME`].
    pub async fn welcome(&self) -> Peer {
        let mut peer = self.accept().await;
        peer.hello().await;
        peer.send(None, welcome(ME)).await;
        peer
    }

    /// The next connection, welcomed, with its first sync answered from this log.
    pub async fn welcome_with(&self, log: &[Entry]) -> Peer {
        let mut peer = self.welcome().await;
        peer.answer_sync(log).await;
        peer
    }
}

pub async fn upgrade(stream: TcpStream) -> Peer {
    #[allow(clippy::result_large_err, reason = "the library's signature")]
    let agree = |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
        assert_eq!(request.uri().path(), "/v1/ws");
        let offered = &request.headers()["sec-websocket-protocol"];
        assert_eq!(offered, SUBPROTOCOL);
        response.headers_mut().insert(
            "sec-websocket-protocol",
            HeaderValue::from_static(SUBPROTOCOL),
        );
        Ok(response)
    };
    let socket = accept_hdr_async(stream, agree).await.unwrap();
    Peer { socket }
}

impl Peer {
    /// The next frame of the client, acks and pings included.
    pub async fn receive(&mut self) -> (Option<u64>, ClientFrame) {
        loop {
            let message = timeout(PATIENCE, self.socket.next()).await;
            match message.expect("the client is silent") {
                Some(Ok(Message::Text(text))) => return ClientFrame::decode(&text).unwrap(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("not a frame: {other:?}"),
            }
        }
    }

    /// The next frame for which `pick` has something to say; the others are passed over.
    pub async fn wait_for<T>(
        &mut self,
        mut pick: impl FnMut(Option<u64>, ClientFrame) -> Option<T>,
    ) -> T {
        loop {
            let (req, frame) = self.receive().await;
            if let Some(picked) = pick(req, frame) {
                return picked;
            }
        }
    }

    /// The next `send`: its number, its name and its text.
    pub async fn wait_for_send(&mut self) -> (Option<u64>, ClientId, String) {
        self.wait_for(|req, frame| match frame {
            ClientFrame::Send(send) => {
                let Body::Text { text } = send.body else {
                    panic!("not a text");
                };
                Some((req, send.client_id, text.to_string()))
            }
            _ => None,
        })
        .await
    }

    /// The next `ack`.
    pub async fn wait_for_ack(&mut self) -> u64 {
        self.wait_for(|_, frame| match frame {
            ClientFrame::Ack(ack) => Some(ack.seq.get()),
            _ => None,
        })
        .await
    }

    pub async fn hello(&mut self) {
        let (_, frame) = self.receive().await;
        let ClientFrame::Hello(hello) = frame else {
            panic!("not a hello: {frame:?}");
        };
        assert!(hello.token.is_some());
    }

    pub async fn send(&mut self, req: Option<u64>, frame: ServerFrame) {
        self.send_raw(Message::text(frame.encode(req))).await;
    }

    pub async fn send_raw(&mut self, message: Message) {
        self.socket.send(message).await.unwrap();
    }

    /// Sends what the client may hang up on.
    pub async fn try_send_raw(&mut self, message: Message) {
        let _ = self.socket.send(message).await;
    }

    /// Reads until the client closes, and fails if it never does.
    pub async fn expect_close(mut self) {
        let closing = async {
            while let Some(Ok(message)) = self.socket.next().await {
                if message.is_close() {
                    return;
                }
            }
            panic!("the connection broke without a close");
        };
        timeout(PATIENCE, closing).await.expect("no close");
    }

    pub async fn push(&mut self, entry: &Entry) {
        self.send(None, ServerFrame::Entry(entry.clone())).await;
    }

    /// Answers the next `sync` with the last entries of this log.
    pub async fn answer_sync(&mut self, log: &[Entry]) {
        let req = self
            .wait_for(|req, frame| matches!(frame, ClientFrame::Sync(_)).then_some(req))
            .await;
        self.send(req, ServerFrame::Synced(synced(log))).await;
    }

    /// Answers everything from this log, until the client goes.
    pub async fn serve(mut self, log: Vec<Entry>) {
        while let Some(Ok(Message::Text(text))) = self.socket.next().await {
            let (req, frame) = ClientFrame::decode(&text).unwrap();
            let answer = match frame {
                ClientFrame::Sync(_) => ServerFrame::Synced(synced(&log)),
                ClientFrame::History(history) => {
                    let after = history.after.map_or(0, Seq::get);
                    ServerFrame::History(page(&log, after, history.limit.unwrap_or(50)))
                }
                ClientFrame::Send(send) => ServerFrame::Sent(sent(1, send.client_id)),
                _ => continue,
            };
            let text = answer.encode(req);
            if self.socket.send(Message::text(text)).await.is_err() {
                return;
            }
        }
    }

    pub async fn close(mut self, code: u16) {
        let frame = CloseFrame {
            code: CloseCode::from(code),
            reason: "".into(),
        };
        self.socket.close(Some(frame)).await.unwrap();
        // Until the client has answered it, so that the close is not lost to a reset.
        while let Some(Ok(_)) = self.socket.next().await {}
    }
}

/// The defaults, with waits that a test can afford.
pub fn quick() -> Policies {
    let mut policies = Policies::default();
    policies.reconnect.backoff.base = Duration::from_millis(20);
    policies.reconnect.backoff.cap = Duration::from_millis(100);
    policies.reconnect.spacing = Duration::from_millis(10);
    policies.incoming.backoff.base = Duration::from_millis(20);
    policies
}

pub fn welcome(user: UserId) -> ServerFrame {
    ServerFrame::Welcome(Welcome {
        user: profile(user),
        session: SessionId::from_trusted(17),
        epoch: None,
        heartbeat: HeartbeatPlan {
            interval_ms: 25_000,
            timeout_ms: 10_000,
        },
        limits: AdvertisedLimits {
            frame_bytes: limits::CLIENT_FRAME_BYTES,
            text_bytes: limits::TEXT_BYTES,
            requests: 64,
            unacked_entries: limits::UNACKED_ENTRIES,
        },
        server_time: Millis::from_trusted(0),
        server: "scripted".into(),
    })
}

pub fn profile(user: UserId) -> UserProfile {
    UserProfile {
        id: user,
        login: format!("user{user}").into(),
        name: "某人".into(),
        avatar: None,
    }
}

/// A message of the other user in [`CONV`].
pub fn entry(seq: u64) -> Entry {
    Entry {
        event: None,
        conv: CONV,
        seq: Seq::from_trusted(seq),
        id: hongyan_client::protocol::EntryId::from_trusted(seq),
        kind: EntryKind::Message,
        from: OTHER,
        at: Millis::from_trusted(seq),
        client_id: ClientId::new(format!("o{seq}")).unwrap(),
        body: Some(Body::text(format!("message {seq}"))),
        reply_to: None,
        mentions: Vec::new(),
        mentions_all: false,
        topic: None,
        expires_at: None,
        origin: None,
        target: None,
        edited_by: None,
        recalled_by: None,
    }
}

/// A log of so many messages.
pub fn log(length: u64) -> Vec<Entry> {
    (1..=length).map(entry).collect()
}

pub fn sent(seq: u64, client_id: ClientId) -> Sent {
    Sent {
        conv: CONV,
        seq: Seq::from_trusted(seq),
        id: hongyan_client::protocol::EntryId::from_trusted(seq),
        at: Millis::from_trusted(seq),
        client_id,
    }
}

pub fn synced(log: &[Entry]) -> Synced {
    let Some(last) = log.last() else {
        return Synced {
            conversations: Vec::new(),
            list: Vec::new(),
            users: Vec::new(),
            total_unread: 0,
            total_muted: 0,
            cursor: "0".into(),
            more: false,
        };
    };
    let position = |user| MemberPosition {
        user,
        read: Seq::ZERO,
        delivered: Seq::ZERO,
    };
    let recent = log.len().saturating_sub(limits::SYNC_ENTRIES);
    Synced {
        conversations: vec![ConversationView {
            pins: Vec::new(),
            since: None,
            floor: Seq::ZERO,
            left: false,
            mentions: 0,
            view: None,
            group: None,
            conv: CONV,
            kind: ConversationKind::Direct,
            head: last.seq,
            unread: 0,
            me: Position::default(),
            size: 2,
            members: Some(vec![position(ME), position(OTHER)]),
            entries: log[recent..].to_vec(),
        }],
        list: Vec::new(),
        users: vec![profile(OTHER)],
        total_unread: 0,
        total_muted: 0,
        cursor: last.seq.to_string().into(),
        more: false,
    }
}

pub fn page(log: &[Entry], after: u64, limit: usize) -> HistoryPage {
    let later = log.iter().filter(|entry| entry.seq.get() > after);
    let entries: Vec<Entry> = later.take(limit).cloned().collect();
    let head = log.last().map_or(Seq::ZERO, |entry| entry.seq);
    HistoryPage {
        since: None,
        conv: CONV,
        more: entries.last().is_some_and(|entry| entry.seq < head),
        entries,
        head,
    }
}

pub async fn connect(config: Config) -> (Client, Events) {
    Client::connect(config).await.unwrap()
}

/// The next event for which `pick` has something to say; the others are passed over.
pub async fn wait_for<T>(events: &mut Events, mut pick: impl FnMut(Event) -> Option<T>) -> T {
    loop {
        let event = timeout(PATIENCE, events.next()).await;
        let event = event.expect("no such event").expect("the client stopped");
        if let Some(picked) = pick(event) {
            return picked;
        }
    }
}

/// The next entry's seq.
pub async fn next_seq(events: &mut Events) -> u64 {
    wait_for(events, |event| match event {
        Event::Entry(entry) => Some(entry.seq.get()),
        _ => None,
    })
    .await
}

pub async fn wait_until_caught_up(events: &mut Events) {
    wait_for(events, |event| {
        matches!(event, Event::CaughtUp).then_some(())
    })
    .await;
}
