//! Accounts and sessions for the load, put into the database before the server starts.
//!
//! Over the network each would cost a password hash of tens of milliseconds, by design. Only for a
//! database of the benchmark's own: the tokens are easy to guess.

use std::sync::Arc;

use anyhow::Context;
use futures_util::StreamExt;
use futures_util::stream;
use hongyan_protocol::{ClientId, Millis, UserId};
use hongyan_store::{
    Append, Change, GroupChange, NewSession, NewUser, Outcome, Store, Target, USERS_A_CHANGE, Write,
};
use sha2::{Digest, Sha256};

use crate::order::Account;

/// The first user's id.
const FIRST: u64 = 1000;

/// How long the sessions last.
const LIFETIME_MS: u64 = 24 * 60 * 60 * 1000;

/// Accounts being made at the same time: as many as one look of the writer takes.
const AT_ONCE: usize = 64;

/// No password matches it, so nobody can sign in but with the token.
const NO_PASSWORD: &str = "*";

/// Makes users and a session for each.
pub(crate) async fn accounts(
    store: &Arc<dyn Store>,
    count: usize,
    now: Millis,
) -> anyhow::Result<Vec<Account>> {
    let ids = (FIRST..).take(count);
    let accounts: Vec<_> = stream::iter(ids)
        .map(|id| account(Arc::clone(store), id, now))
        .buffered(AT_ONCE)
        .collect()
        .await;
    accounts.into_iter().collect()
}

/// Makes further users, who never sign in. The first of them has the id that is returned, and the others' follow.
pub(crate) async fn strangers(
    store: &Arc<dyn Store>,
    after: &[Account],
    count: u64,
    now: Millis,
) -> anyhow::Result<u64> {
    let first = after.last().map_or(FIRST, |account| account.user + 1);
    let made: Vec<_> = stream::iter(first..first + count)
        .map(|id| user(Arc::clone(store), id, now))
        .buffered(AT_ONCE)
        .collect()
        .await;
    made.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    Ok(first)
}

/// Makes a group of these, the first of them its owner, and returns its conversation.
pub(crate) async fn group(
    store: &Arc<dyn Store>,
    members: &[Account],
    now: Millis,
) -> anyhow::Result<u64> {
    let ids: Result<Vec<_>, _> = members
        .iter()
        .map(|account| UserId::new(account.user))
        .collect();
    let ids = ids?;
    let (owner, others) = ids.split_first().context("a group has an owner")?;
    let mut target = Target::NewGroup;
    let mut change = GroupChange::Create {
        name: "Bench".into(),
        users: Vec::new(),
    };
    let mut others = others.chunks(USERS_A_CHANGE);
    for number in 0_u64.. {
        let append = Append {
            from: *owner,
            target,
            client_id: ClientId::new(format!("group-{number:06}"))?,
            change: Change::Group(change),
            at: now,
        };
        let outcomes = store.commit([Write::Append(append)].into()).await?;
        let Some(Outcome::Append(Ok(appended))) = outcomes.into_iter().next() else {
            anyhow::bail!("cannot make a group");
        };
        target = Target::Conversation(appended.conv);
        change = match others.next() {
            Some(some) => GroupChange::Add(some.to_vec()),
            None => return Ok(appended.conv.get()),
        };
    }
    anyhow::bail!("a group without an end")
}

async fn user(store: Arc<dyn Store>, id: u64, now: Millis) -> anyhow::Result<UserId> {
    let user = UserId::new(id)?;
    let new = NewUser {
        id: Some(user),
        login: format!("bench{id}"),
        name: format!("Bench {id}"),
        avatar: None,
        password_hash: NO_PASSWORD.into(),
        created_at: now,
    };
    store.create_user(new).await.context("cannot make a user")?;
    Ok(user)
}

async fn account(store: Arc<dyn Store>, id: u64, now: Millis) -> anyhow::Result<Account> {
    let user = user(Arc::clone(&store), id, now).await?;
    let token = format!("bench-{id}");
    let session = NewSession {
        user,
        device: "bench".into(),
        client: None,
        token_hash: Sha256::digest(token.as_bytes()).into(),
        created_at: now,
        expires_at: Millis::new(now.get() + LIFETIME_MS)?,
        connected: Vec::new(),
    };
    store
        .open_session(session)
        .await
        .context("cannot open a session")?;
    Ok(Account { user: id, token })
}
