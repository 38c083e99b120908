//! What must be true when the storm is over and time has passed.

use std::collections::BTreeMap;

use hongyan_delivery::client::incoming::Start;
use hongyan_protocol::{ClientId, Entry, Seq, Target};

use crate::client::Client;
use crate::world::World;

/// Everything that must be true; the first thing that is not, in words.
pub(crate) fn check(world: &World) -> Result<(), String> {
    for (index, client) in world.clients.iter().enumerate() {
        submitted(world, client).map_err(|what| format!("client {index}: {what}"))?;
    }
    for (index, client) in world.clients.iter().enumerate() {
        delivered(world, client).map_err(|what| format!("client {index}: {what}"))?;
        if !client.incoming.is_caught_up() {
            return Err(format!("client {index} is not caught up"));
        }
    }
    positions(world)
}

/// Each client has delivered the log: all of it, once, in order.
fn delivered(world: &World, client: &Client) -> Result<(), String> {
    let mut expected: BTreeMap<_, (u64, &[Entry])> = BTreeMap::new();
    for (conv, conversation) in &world.log.conversations {
        if conversation.members.contains(&client.user) && !conversation.entries.is_empty() {
            expected.insert(*conv, (conversation.began, &conversation.entries));
        }
    }
    for conv in client.delivered.keys() {
        if !expected.contains_key(conv) {
            return Err(format!(
                "was given conversation {conv}, which is not its own"
            ));
        }
    }
    for (conv, (began, log)) in expected {
        let got = client.delivered.get(&conv).map_or(&[][..], Vec::as_slice);
        let skipped = match client.start {
            Start::Everything => 0,
            Start::Recent if client.first_cursor.is_some_and(|cursor| began > cursor) => 0,
            Start::Recent => log.len().saturating_sub(got.len()),
        };
        if got != &log[skipped..] || got.is_empty() {
            let got: Vec<u64> = got.iter().map(|entry| entry.seq.get()).collect();
            let head = log.len();
            return Err(format!(
                "conversation {conv} has {head} entries, it was given {got:?}"
            ));
        }
    }
    Ok(())
}

/// Each submission is in the log once, unless it was refused, and in the order of submission.
fn submitted(world: &World, client: &Client) -> Result<(), String> {
    if let Some(waiting) = client.outbox.pending().next() {
        return Err(format!("{} still waits", waiting.client_id()));
    }
    for client_id in &client.submitted {
        let found = entries(world).filter(|entry| entry.client_id == *client_id);
        let found = found.count();
        let expected = usize::from(!client.failed.contains(client_id));
        if found != expected {
            return Err(format!(
                "{client_id} is in the log {found} times, not {expected}"
            ));
        }
    }
    for (client_id, target) in &client.targets {
        let mut found = entries(world).filter(|entry| entry.client_id == *client_id);
        let meant = match *target {
            Target::Conversation(conv) => Some(conv),
            Target::User(user) => world.log.known_direct(client.user, user),
        };
        if let Some(entry) = found.find(|entry| Some(entry.conv) != meant) {
            let conv = entry.conv;
            return Err(format!(
                "{client_id} for {target:?} is in conversation {conv}"
            ));
        }
    }
    for conversation in world.log.conversations.values() {
        let own = conversation.entries.iter();
        let own: Vec<&ClientId> = own
            .map(|entry| &entry.client_id)
            .filter(|client_id| client.submitted.contains(client_id))
            .collect();
        // Names are numbered in the order of submission.
        if !own.is_sorted() {
            return Err(format!("the log has its submissions in the order {own:?}"));
        }
    }
    let mut answered: Vec<_> = client.done.iter().chain(&client.failed).collect();
    answered.sort();
    // What is sent again is reported again.
    answered.dedup();
    let mut submitted: Vec<_> = client.submitted.iter().collect();
    submitted.sort();
    if answered != submitted {
        return Err("not every submission was reported once".into());
    }
    Ok(())
}

/// The server knows that everybody holds everything.
fn positions(world: &World) -> Result<(), String> {
    for client in &world.clients {
        let page = world.log.positions(client.user);
        for (conv, delivered, head) in page {
            if delivered != head && head > Seq::ZERO {
                let user = client.user;
                return Err(format!(
                    "{user} holds {conv} to {head}, the server says {delivered}"
                ));
            }
        }
    }
    Ok(())
}

fn entries(world: &World) -> impl Iterator<Item = &Entry> {
    let conversations = world.log.conversations.values();
    conversations.flat_map(|conversation| &conversation.entries)
}
