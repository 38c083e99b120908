//! A bare broadcast: a frame from one connection to all others, on the WebSocket library that the
//! [relay](mod@super::relay) uses. No store, no answer, no ack, nothing checked.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use futures_util::stream::SplitStream;
use futures_util::{SinkExt, StreamExt};
use hongyan_protocol::SUBPROTOCOL;
use parking_lot::RwLock;
use tokio::sync::mpsc;

use super::relay::{QUEUE, READ_BUFFER_BYTES, SLICE, WRITE_BUFFER_BYTES};

/// Everybody who is connected. Nobody goes before the end.
pub(super) type Everybody = Arc<RwLock<Vec<mpsc::Sender<Utf8Bytes>>>>;

pub(super) async fn upgrade(
    State(everybody): State<Everybody>,
    upgrade: WebSocketUpgrade,
) -> Response {
    upgrade
        .protocols([SUBPROTOCOL])
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .on_upgrade(move |socket| async move {
            let (to, mut from) = mpsc::channel(QUEUE);
            let own = {
                let mut everybody = everybody.write();
                everybody.push(to);
                everybody.len() - 1
            };
            let (mut sink, stream) = socket.split();
            tokio::spawn(read(stream, everybody, own));
            let mut texts = Vec::with_capacity(SLICE);
            while from.recv_many(&mut texts, SLICE).await > 0 {
                for text in texts.drain(..) {
                    if sink.feed(Message::Text(text)).await.is_err() {
                        return;
                    }
                }
                if sink.flush().await.is_err() {
                    return;
                }
            }
        })
}

async fn read(mut stream: SplitStream<WebSocket>, everybody: Everybody, own: usize) {
    while let Some(Ok(message)) = stream.next().await {
        let Message::Text(text) = message else {
            continue;
        };
        let count = everybody.read().len();
        for other in (0..count).filter(|other| *other != own) {
            let full = {
                let everybody = everybody.read();
                let Some(to) = everybody.get(other) else {
                    continue;
                };
                match to.try_send(text.clone()) {
                    Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => continue,
                    Err(mpsc::error::TrySendError::Full(_)) => to.clone(),
                }
            };
            // Who is gone gets nothing.
            let _ = full.send(text.clone()).await;
        }
    }
}
