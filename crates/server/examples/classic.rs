//! A client of the classic protocol that shows every frame, with the time since it began. It can
//! misbehave in the ways that the protocol's mechanisms are for; `docs/MECHANISMS.md` uses it.
//!
//! ```text
//! cargo run -q -p hongyan --example classic -- lisi@gmail.com --no-acks
//! ```

use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// A classic client that shows every frame.
#[derive(Parser)]
struct Options {
    /// Who signs in.
    email: String,
    #[arg(long, default_value = "1234")]
    password: String,
    /// The server.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    server: String,
    /// Sends a text to a user, once online: `1001:你好`. May be given several times.
    #[arg(long, value_name = "UID:TEXT")]
    say: Vec<String>,
    /// Asks for the unread total, once online.
    #[arg(long)]
    unread: bool,
    /// Asks for the conversation with a user, once online, and then for the unread total.
    #[arg(long, value_name = "UID")]
    query: Option<u64>,
    /// Does not ack pushes.
    #[arg(long)]
    no_acks: bool,
    /// Sends heartbeats, beginning with this interval and using the one that each answer gives.
    #[arg(long, value_name = "MILLISECONDS")]
    beat: Option<u64>,
    /// Connects again after a close, later each time.
    #[arg(long)]
    reconnect: bool,
    /// Ends after this time, in seconds.
    #[arg(long, default_value = "12")]
    seconds: f64,
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

struct Client {
    options: Options,
    cookie: String,
    uid: u64,
    began: Instant,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let end = Duration::try_from_secs_f64(options.seconds)?;
    let client = Client::sign_in(options).await?;
    let ended = tokio::time::timeout(end, client.run()).await;
    match ended {
        Ok(result) => result,
        Err(_) => {
            client.tell("enough seen");
            Ok(())
        }
    }
}

impl Client {
    async fn sign_in(options: Options) -> anyhow::Result<Self> {
        let form = [("email", &options.email), ("password", &options.password)];
        let request = reqwest::Client::new().post(format!("{}/login", options.server));
        let response = request.form(&form).send().await?.error_for_status()?;
        let cookie = response.headers().get("set-cookie");
        let cookie = cookie.context("the server set no cookie")?.to_str()?;
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let contacts: Value = response.json().await?;
        Ok(Self {
            uid: contacts["ownerUid"].as_u64().context("no ownerUid")?,
            options,
            cookie,
            began: Instant::now(),
        })
    }

    async fn run(&self) -> anyhow::Result<()> {
        let mut failures = 0;
        loop {
            match self.connect().await {
                Ok(socket) => {
                    failures = 0;
                    self.converse(socket).await?;
                }
                Err(error) => self.tell(&format!("cannot connect: {error}")),
            }
            if !self.options.reconnect {
                return Ok(());
            }
            // A real client draws a random part of it; here it should be easy to read.
            let wait = Duration::from_millis(500 << failures.min(6));
            failures += 1;
            self.tell(&format!("connect again in {wait:?}"));
            sleep(wait).await;
        }
    }

    async fn connect(&self) -> anyhow::Result<Socket> {
        let url = self.options.server.replacen("http", "ws", 1);
        let mut request = url.into_client_request()?;
        request.headers_mut().insert("cookie", self.cookie.parse()?);
        let (socket, _) = connect_async(request).await?;
        Ok(socket)
    }

    async fn converse(&self, mut socket: Socket) -> anyhow::Result<()> {
        self.send(
            &mut socket,
            json!({ "type": 1, "data": { "uid": self.uid } }),
        )
        .await;
        let mut interval = self.options.beat.map(Duration::from_millis);
        let mut quiet_since = Instant::now();
        loop {
            let beat = async {
                match interval {
                    Some(interval) => tokio::time::sleep_until(quiet_since + interval).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                message = socket.next() => match message {
                    Some(Ok(Message::Text(text))) => {
                        self.show("←", &text);
                        let frame: Value = serde_json::from_str(&text)?;
                        if let (0, Some(next)) = (frame["type"].as_i64().unwrap_or(-1), frame["timeout"].as_u64()) {
                            interval = interval.map(|_| Duration::from_millis(next));
                        }
                        self.react(&mut socket, &frame).await;
                        quiet_since = Instant::now();
                    }
                    Some(Ok(Message::Close(Some(why)))) => {
                        self.tell(&format!("closed by the server: {} {}", why.code, why.reason));
                        return Ok(());
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => {
                        self.tell("the connection broke");
                        return Ok(());
                    }
                },
                () = beat => {
                    let timeout = interval.map_or(0, |interval| interval.as_millis());
                    let data = json!({ "uid": self.uid, "timeout": u64::try_from(timeout)? });
                    self.send(&mut socket, json!({ "type": 0, "data": data })).await;
                    quiet_since = Instant::now();
                }
            }
        }
    }

    async fn react(&self, socket: &mut Socket, frame: &Value) {
        match frame["type"].as_i64() {
            Some(1) => self.begin(socket).await,
            Some(4) if !self.options.no_acks => {
                let ack = json!({ "type": 6, "data": { "tid": frame["tid"] } });
                self.send(socket, ack).await;
            }
            Some(2) => self.ask_unread(socket).await,
            _ => {}
        }
    }

    /// What was asked for on the command line, once online.
    async fn begin(&self, socket: &mut Socket) {
        for say in &self.options.say {
            let (to, content) = say.split_once(':').unwrap_or(("0", say));
            let to: u64 = to.parse().unwrap_or_default();
            let data = json!({
                "senderUid": self.uid, "recipientUid": to, "content": content, "msgType": 1,
            });
            self.send(socket, json!({ "type": 3, "data": data })).await;
        }
        if self.options.unread {
            self.ask_unread(socket).await;
        }
        if let Some(other) = self.options.query {
            let data = json!({ "ownerUid": self.uid, "otherUid": other });
            self.send(socket, json!({ "type": 2, "data": data })).await;
        }
    }

    async fn ask_unread(&self, socket: &mut Socket) {
        self.send(socket, json!({ "type": 5, "data": { "uid": self.uid } }))
            .await;
    }

    async fn send(&self, socket: &mut Socket, frame: Value) {
        let text = frame.to_string();
        self.show("→", &text);
        if let Err(error) = socket.send(Message::text(text)).await {
            self.tell(&format!("not sent: {error}"));
        }
    }

    fn show(&self, direction: &str, text: &str) {
        println!(
            "{:7.3} s  {direction} {text}",
            self.began.elapsed().as_secs_f64()
        );
    }

    fn tell(&self, what: &str) {
        println!("{:7.3} s  · {what}", self.began.elapsed().as_secs_f64());
    }
}
