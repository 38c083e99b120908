//! A bare relay: frames from one connection to another, on the WebSocket library that the gateway uses.
//! No store, no answer, no ack, nothing checked. What it does not reach, no server can.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use axum::serve::ListenerExt;
use futures_util::{FutureExt, SinkExt, StreamExt};
use hongyan_protocol::SUBPROTOCOL;
use parking_lot::Mutex;
use tokio::io::{BufReader, Lines, Stdin};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::broadcast;
use crate::load::say;
use crate::order::Line;

/// Frames between two connections. Overflow: the sender's socket is not read.
pub(super) const QUEUE: usize = 1024;

/// Frames handed over before they are written, and read before others get a turn.
pub(super) const SLICE: usize = 64;

/// As the gateway's.
pub(super) const READ_BUFFER_BYTES: usize = 2 * 1024;

/// As the gateway's.
pub(super) const WRITE_BUFFER_BYTES: usize = 64 * 1024;

/// Receivers that wait for their sender, by the pair's number.
type Waiting = Arc<Mutex<HashMap<u64, mpsc::Sender<Utf8Bytes>>>>;

/// Serves until the orders end.
pub(crate) async fn relay(orders: &mut Lines<BufReader<Stdin>>) -> anyhow::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let routes = Router::new()
        .route("/{pair}", get(upgrade))
        .with_state(Waiting::default())
        .merge(
            Router::new()
                .route("/all/here", get(broadcast::upgrade))
                .with_state(broadcast::Everybody::default()),
        );
    say(&Line::Listening(address))?;
    tokio::select! {
        // As the gateway does. It cannot fail while the socket is there.
        served = axum::serve(listener.tap_io(|stream| drop(stream.set_nodelay(true))), routes) => Ok(served?),
        _ = orders.next_line() => Ok(()),
    }
}

/// The first connection of a pair receives, the second one sends.
async fn upgrade(
    State(waiting): State<Waiting>,
    Path(pair): Path<u64>,
    upgrade: WebSocketUpgrade,
) -> Response {
    upgrade
        .protocols([SUBPROTOCOL])
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .on_upgrade(move |socket| async move {
            let receiver = waiting.lock().remove(&pair);
            match receiver {
                Some(to) => send(socket, &to).await,
                None => {
                    let (to, from) = mpsc::channel(QUEUE);
                    waiting.lock().insert(pair, to);
                    receive(socket, from).await;
                }
            }
        })
}

async fn send(mut socket: WebSocket, to: &mpsc::Sender<Utf8Bytes>) {
    while let Some(Ok(message)) = socket.next().await {
        let mut next = Some(message);
        for _ in 0..SLICE {
            if let Some(Message::Text(text)) = next.take()
                && to.send(text).await.is_err()
            {
                return;
            }
            match socket.next().now_or_never() {
                Some(Some(Ok(message))) => next = Some(message),
                _ => break,
            }
        }
    }
}

async fn receive(mut socket: WebSocket, mut from: mpsc::Receiver<Utf8Bytes>) {
    let mut texts = Vec::with_capacity(SLICE);
    loop {
        tokio::select! {
            taken = from.recv_many(&mut texts, SLICE) => {
                if taken == 0 {
                    return;
                }
                for text in texts.drain(..) {
                    if socket.feed(Message::Text(text)).await.is_err() {
                        return;
                    }
                }
                if socket.flush().await.is_err() {
                    return;
                }
            }
            closed = socket.next() => match closed {
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            }
        }
    }
}
