//! Writes messages to a user who is away.

use anyhow::Context;
use hongyan_protocol::{Body, ClientFrame, ClientId, Send, Target, UserId};
use tokio::time::Instant;

use super::say;
use super::sign_on::{FIRST_REQ, sign_on};
use crate::client::Seen;
use crate::order::{Account, Fill, Line, MovedResult};
use crate::text;

/// Messages of one sender on their way.
const WINDOW: u64 = 128;

/// Sends everything, one sender after the other, and waits until it is stored.
pub(super) async fn run(order: Fill) -> anyhow::Result<MovedResult> {
    let start = Instant::now();
    let total = order.messages * order.senders.len() as u64;
    for (index, sender) in order.senders.iter().enumerate() {
        fill(&order, index as u64, sender).await?;
        say(&Line::Progress((index as u64 + 1) * order.messages, total))?;
    }
    Ok(MovedResult {
        messages: total,
        seconds: start.elapsed().as_secs_f64(),
        ..MovedResult::default()
    })
}

async fn fill(order: &Fill, index: u64, sender: &Account) -> anyhow::Result<()> {
    let mut connection = sign_on(&order.address, sender).await?;
    let (mut sent, mut answered) = (0, 0);
    while answered < order.messages {
        while sent < order.messages && sent - answered < WINDOW {
            connection.frame(FIRST_REQ + sent, &message(order, index, sent)?);
            sent += 1;
        }
        connection.flush().await?;
        connection.read().await?;
        let mut ack = None;
        connection.frames(|payload| {
            let seen = Seen::decode(payload)?;
            match &*seen.kind {
                "sent" => answered += 1,
                "entry" => ack = seen.conv.zip(seen.seq),
                "error" => return Err(std::io::Error::other("a message was refused")),
                _ => {}
            }
            Ok(())
        })?;
        if let Some((conv, seq)) = ack {
            connection.ack(conv, seq);
        }
    }
    Ok(connection.flush().await?)
}

fn message(order: &Fill, sender: u64, number: u64) -> anyhow::Result<ClientFrame> {
    let mut text = Vec::with_capacity(order.text_bytes);
    text::write(&mut text, sender, number, order.text_bytes);
    Ok(ClientFrame::Send(Send {
        target: Target::User(UserId::new(order.to)?),
        client_id: ClientId::new(format!("{}-{sender}-{number:010}", order.run))?,
        body: Body::text(String::from_utf8(text).context("a text of digits")?),
        reply_to: None,
        mentions: Vec::new(),
        mentions_all: false,
        topic: None,
        expires_at: None,
        origin: None,
    }))
}
