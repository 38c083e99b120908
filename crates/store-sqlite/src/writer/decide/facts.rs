//! What the rules have to know, looked up where it stands: in the cache, in what is pending or being settled, in the
//! tables.
//!
//! Promises: exact, though the tables may have what is being settled already, or not yet: both places tell the same.

use std::sync::Arc;

use hongyan_protocol::{ConversationId, EntryId, Millis, Seq, UserId};
use hongyan_store::rules::{Earlier, Group, Log, Named, Sender, Subject};
use hongyan_store::{Append, Change, ChangeDigest, Event, GroupChange, Target};
use rusqlite::{Connection, OptionalExtension, Result};

use super::{Batch, Entry};
use crate::row::{self, Kind, sql};

impl Batch<'_> {
    /// The log that the append is for.
    pub(super) fn log(&mut self, append: &Append) -> Result<Log> {
        let (conn, cache) = (self.state.conn, &mut *self.state.cache);
        let conv = match append.target {
            Target::Conversation(conv) => conv,
            Target::NewGroup => match cache.group(conn, append.from, &append.client_id)? {
                Some(conv) => conv,
                None => {
                    let are_users = user_exists(conn, append.from)?;
                    return Ok(Log::NotBegun {
                        are_users,
                        is_blocked: false,
                    });
                }
            },
            Target::Direct(other) => match cache.direct(conn, append.from, other)? {
                Some(conv) => conv,
                None => {
                    let are_users = user_exists(conn, append.from)? && user_exists(conn, other)?;
                    let is_blocked = cache.has_blocked(conn, other, append.from)?;
                    return Ok(Log::NotBegun {
                        are_users,
                        is_blocked,
                    });
                }
            },
        };
        let Some(hot) = cache.conversation(conn, conv)? else {
            return Ok(Log::Missing);
        };
        let group = hot.group.as_ref().map(|settings| Group {
            settings: Arc::clone(settings),
            size: hot.members.len(),
            head: hot.head,
            young_from: hot.head.next(),
            bans: hot.order.banned.len(),
            mutes: match append.change {
                Change::Group(GroupChange::Mute(..)) => {
                    let all = hot.order.muted.values();
                    all.filter(|until| **until > append.at).count()
                }
                _ => 0,
            },
            spent_all_at: hot.spent_all_at(),
        });
        let since = hot.since(append.from);
        let muted_until = hot.order.muted.get(&append.from).copied();
        let pins = hot.order.pinned.len();
        let subject = append.change.subject();
        let is_pinned = subject.is_some_and(|seq| hot.order.pinned.contains(&seq));
        let sender = match cache.role(conn, conv, append.from)? {
            Some(role) => Some(Sender {
                role,
                since,
                muted_until,
                said_at: match group {
                    Some(_) => cache.said_at(conn, conv, append.from)?,
                    None => None,
                },
            }),
            None => None,
        };
        let is_blocked = cache.is_blocked_in(conn, conv, append.from)?;
        let group = group.map(|group| self.aged(append, conv, group));
        Ok(Log::There {
            conv,
            sender,
            pins,
            is_pinned,
            is_blocked,
            group: group.transpose()?,
        })
    }

    /// The group with the place from which on its log is as young as it lets those read who come in, if anybody comes in.
    fn aged(&mut self, append: &Append, conv: ConversationId, group: Group) -> Result<Group> {
        let Change::Group(GroupChange::Add(_) | GroupChange::Join(_) | GroupChange::Approve(_)) =
            append.change
        else {
            return Ok(group);
        };
        let Some(reach) = group.settings.history.reach_ms() else {
            return Ok(group);
        };
        let earliest = append.at.minus(reach);
        let (mut old, mut young) = (Seq::ZERO.get(), group.head.get() + 1);
        while young - old > 1 {
            let middle = old + (young - old) / 2;
            let seq = Seq::new(middle).map_err(|_| rusqlite::Error::InvalidQuery)?;
            match self.at(conv, seq)? < earliest {
                true => old = middle,
                false => young = middle,
            }
        }
        let young_from = Seq::new(young).map_err(|_| rusqlite::Error::InvalidQuery)?;
        Ok(Group {
            young_from,
            ..group
        })
    }

    /// When the entry at this place was taken, which is there.
    fn at(&mut self, conv: ConversationId, seq: Seq) -> Result<Millis> {
        if let Some(entry) = self.state.pending.entries().at(conv, seq) {
            return Ok(entry.at);
        }
        if let Some(settling) = &mut self.state.settling
            && let Some(entry) = settling.at(conv, seq)
        {
            return Ok(entry.at);
        }
        self.state
            .conn
            .prepare_cached("SELECT at FROM entries WHERE conv_id = ?1 AND seq = ?2")?
            .query_row((sql(conv), sql(seq)), |row| row::id(row, 0))
    }

    /// Those whom a change of a group names.
    pub(super) fn named(
        &mut self,
        append: &Append,
        conv: Option<ConversationId>,
    ) -> Result<Vec<Named>> {
        let Change::Group(change) = &append.change else {
            return Ok(Vec::new());
        };
        let users = match change {
            GroupChange::Create { users, .. }
            | GroupChange::Add(users)
            | GroupChange::Remove(users)
            | GroupChange::Ban(users)
            | GroupChange::Unban(users) => &**users,
            GroupChange::Role(user, _)
            | GroupChange::Mute(user, _)
            | GroupChange::Approve(user) => std::slice::from_ref(user),
            GroupChange::Join(_) => std::slice::from_ref(&append.from),
            GroupChange::Leave
            | GroupChange::Set(_)
            | GroupChange::Pin(_)
            | GroupChange::Unpin(_)
            | GroupChange::Disband => &[],
        };
        let comes_in = matches!(
            change,
            GroupChange::Create { .. }
                | GroupChange::Add(_)
                | GroupChange::Join(_)
                | GroupChange::Approve(_)
        );
        let creator =
            matches!(change, GroupChange::Create { users, .. } if !users.contains(&append.from));
        let users: Vec<UserId> = users
            .iter()
            .copied()
            .chain(creator.then_some(append.from))
            .collect();
        if comes_in {
            self.count_groups(&users)?;
        }
        let (conn, cache) = (self.state.conn, &mut *self.state.cache);
        let named = users.iter().map(|user| {
            let mut named = Named {
                user: *user,
                is_user: user_exists(conn, *user)?,
                groups: cache.group_counts.of(*user).unwrap_or_default(),
                role: None,
                is_banned: false,
                has_blocked: comes_in && cache.has_blocked(conn, *user, append.from)?,
                muted_until: None,
            };
            if let Some(conv) = conv
                && let Some(hot) = cache.conversation(conn, conv)?
            {
                named.is_banned = hot.order.banned.contains(user);
                named.muted_until = hot.order.muted.get(user).copied();
                named.role = cache.role(conn, conv, *user)?;
            }
            Ok(named)
        });
        named.collect()
    }

    /// Counts the groups that these are in, where that is not known. What is unsettled is in the tables already or not yet,
    /// and counts once.
    fn count_groups(&mut self, users: &[UserId]) -> Result<()> {
        for user in users {
            if self.state.cache.group_counts.of(*user).is_some() {
                continue;
            }
            let mut groups = crate::read::groups_of(self.state.conn, *user)?;
            let settling = self.state.settling.as_ref().map(|entries| entries.all());
            let pending = self.state.pending.entries().as_slice();
            for entry in settling.iter().flat_map(|all| all.iter()).chain(pending) {
                let Some(effects) = entry.effects() else {
                    continue;
                };
                let conv = entry.place.conv;
                if effects.event == Event::Disbanded {
                    groups.remove(&conv);
                }
                for (_, role) in effects.members.iter().filter(|(named, _)| named == user) {
                    match role {
                        Some(_) => groups.insert(conv),
                        None => groups.remove(&conv),
                    };
                }
            }
            self.state.cache.group_counts.learn(*user, groups.len());
        }
        Ok(())
    }

    /// What the sender appended before to this log under this client id. Nearly every append is the first under its own, and most
    /// are known to be without a look.
    pub(super) fn earlier(
        &mut self,
        append: &Append,
        conv: ConversationId,
    ) -> Result<Option<Earlier>> {
        let (writer, client_id) = ((conv, append.from), &append.client_id);
        if self.state.cache.fresh.contains(writer, client_id) {
            return Ok(None);
        }
        // The sender's next client id that is in use, in their order.
        let mut next = None;
        let settling = self.state.settling.as_mut();
        let settling = settling.and_then(|entries| entries.first_from(writer, client_id));
        let pending = self.state.pending.entries().first_from(writer, client_id);
        for entry in settling.into_iter().chain(pending) {
            if entry.client_id == *client_id {
                return Ok(Some(entry.earlier()));
            }
            let found = entry.client_id.clone();
            next = next.into_iter().chain([found]).min();
        }
        let in_log = self
            .state
            .conn
            .prepare_cached(
                "SELECT client_id, id FROM entries
                 WHERE conv_id = ?1 AND sender_id = ?2 AND client_id >= ?3
                 ORDER BY client_id LIMIT 1",
            )?
            .query_row((sql(conv), sql(append.from), client_id.as_str()), |row| {
                Ok((row::client_id(row, 0)?, row::id(row, 1)?))
            })
            .optional()?;
        if let Some((found, id)) = in_log {
            if found == *client_id {
                return earlier(self.state.conn, id).map(Some);
            }
            next = next.into_iter().chain([found]).min();
        }
        let fresh = &mut self.state.cache.fresh;
        fresh.learn(writer, client_id.clone(), next);
        Ok(None)
    }

    /// The message at this place; `None` where there is none.
    pub(super) fn subject(&mut self, conv: ConversationId, seq: Seq) -> Result<Option<Subject>> {
        let pending = self.state.pending.entries();
        let mut is_recalled = pending.has_recalled(conv, seq);
        if let Some(entry) = pending.at(conv, seq) {
            return Ok(entry.as_subject(is_recalled));
        }
        if let Some(settling) = &mut self.state.settling {
            is_recalled |= settling.has_recalled(conv, seq);
            if let Some(entry) = settling.at(conv, seq) {
                return Ok(entry.as_subject(is_recalled));
            }
        }
        let found = self
            .state
            .conn
            .prepare_cached(
                "SELECT sender_id, at, kind, recalled_by FROM entries WHERE conv_id = ?1 AND seq = ?2",
            )?
            .query_row((sql(conv), sql(seq)), |row| {
                let recalled_by: Option<Seq> = row::optional_id(row, 3)?;
                let subject = Subject {
                    from: row::id(row, 0)?,
                    at: row::id(row, 1)?,
                    is_recalled: is_recalled || recalled_by.is_some(),
                };
                Ok((Kind::from_row(row, 2)?, subject))
            })
            .optional()?;
        Ok(match found {
            Some((Kind::Message, subject)) => Some(subject),
            Some((Kind::Edit | Kind::Recall | Kind::Event, _)) | None => None,
        })
    }
}

impl Entry {
    fn earlier(&self) -> Earlier {
        Earlier {
            seq: self.place.seq,
            id: self.place.id,
            at: self.at,
            digest: self.digest(),
        }
    }

    fn as_subject(&self, is_recalled: bool) -> Option<Subject> {
        self.is_message().then_some(Subject {
            from: self.from,
            at: self.at,
            is_recalled,
        })
    }
}

fn earlier(conn: &Connection, id: EntryId) -> Result<Earlier> {
    conn.prepare_cached("SELECT seq, at, digest FROM entries WHERE id = ?1")?
        .query_row([sql(id)], |row| {
            Ok(Earlier {
                seq: row::id(row, 0)?,
                id,
                at: row::id(row, 1)?,
                digest: ChangeDigest(row.get(2)?),
            })
        })
}

fn user_exists(conn: &Connection, user: UserId) -> Result<bool> {
    conn.prepare_cached("SELECT 1 FROM users WHERE id = ?1")?
        .exists([sql(user)])
}
