//! A client that signs in after a while and fetches the messages that it missed, as the SDK does: sync, then the
//! pages of every log.

use std::io;

use hongyan_protocol::{ClientFrame, ConversationId, History, Seq, Sync, limits};
use tokio::time::Instant;

use super::sign_on::{FIRST_REQ, sign_on};
use crate::check::Log;
use crate::client::{Connection, Entry};
use crate::order::{Drain, MovedResult};
use crate::text;

/// Fetches everything and checks it.
pub(super) async fn run(order: Drain) -> anyhow::Result<MovedResult> {
    let start = Instant::now();
    let mut connection = sign_on(&order.address, &order.account).await?;
    let mut result = MovedResult::default();
    let mut req = FIRST_REQ;
    let heads = sync(&mut connection, &mut req).await?;
    for (conv, head) in &heads {
        let log = fetch(&mut connection, &order, *conv, *head, &mut req).await?;
        result.messages += log.count();
        result.faults.add(&log.finish(order.messages));
        connection.ack(*conv, *head);
        connection.flush().await?;
    }
    result.seconds = start.elapsed().as_secs_f64();
    let missing = order.conversations.saturating_sub(heads.len() as u64);
    result.faults.lost += missing * order.messages;
    Ok(result)
}

/// All conversations and their heads.
async fn sync(connection: &mut Connection, req: &mut u64) -> io::Result<Vec<(u64, u64)>> {
    let mut heads = Vec::new();
    let mut cursor: Option<Box<str>> = None;
    loop {
        *req += 1;
        connection.frame(
            *req,
            &ClientFrame::Sync(Sync {
                cursor,
                ..Sync::default()
            }),
        );
        let (next, more) = connection
            .answer(*req, |seen| {
                heads.extend(seen.conversations.iter().map(|it| (it.conv, it.head)));
                (seen.cursor.as_deref().map(Box::from), seen.more)
            })
            .await?;
        if !more {
            return Ok(heads);
        }
        cursor = next;
    }
}

async fn fetch(
    connection: &mut Connection,
    order: &Drain,
    conv: u64,
    head: u64,
    req: &mut u64,
) -> anyhow::Result<Log> {
    let mut log = Log::default();
    let mut sender = None;
    let mut after = 0;
    while after < head {
        *req += 1;
        let history = History {
            conv: ConversationId::new(conv)?,
            before: None,
            after: Some(Seq::new(after)?),
            limit: Some(limits::HISTORY_ENTRIES),
            bytes: None,
        };
        connection.frame(*req, &ClientFrame::History(history));
        let reached = connection
            .answer(*req, |seen| {
                for entry in &seen.entries {
                    check(&mut log, entry, &mut sender, order.text_bytes);
                }
                seen.entries.last().map(|entry| entry.seq)
            })
            .await?;
        match reached {
            Some(reached) if reached > after => after = reached,
            _ => anyhow::bail!("a page of history that goes nowhere"),
        }
    }
    Ok(log)
}

/// The first text says whose log it is; all the others must agree.
fn check(log: &mut Log, entry: &Entry<'_>, sender: &mut Option<u64>, text_bytes: usize) {
    let text = entry.body.as_ref().map_or("", |body| &*body.text);
    if sender.is_none() {
        *sender = text.split(':').next().and_then(|text| text.parse().ok());
    }
    let number = sender.and_then(|sender| text::number(text, sender, text_bytes));
    match number {
        Some(number) => {
            log.saw(number, Some(entry.seq));
        }
        None => log.saw_garbled(),
    }
}
