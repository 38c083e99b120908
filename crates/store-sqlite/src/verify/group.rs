//! Members and settings, as a log tells them by its events.

use std::collections::{BTreeMap, BTreeSet};

use hongyan_protocol::{ConversationId, Millis, Seq, UserId};
use hongyan_store::{Content, ConversationKind, Entry, Event, Order, Role, Settings, Window};
use rusqlite::{OptionalExtension, Result};

use super::Check;
use crate::read;
use crate::row::{self, sql};

/// Who is a member at a place of a log, and what the group is called there.
pub(super) struct Present {
    kind: ConversationKind,
    pub(super) roles: BTreeMap<UserId, Role>,
    settings: Settings,
    /// How those came in who may not read all.
    coming: BTreeMap<UserId, Coming>,
    pub(super) order: Order,
    /// When each member of a group said something last.
    said: BTreeMap<UserId, Millis>,
    /// Who came in by which link with which entry.
    pub(super) by_link: BTreeSet<(u64, Seq, UserId)>,
    /// With which entry each came in.
    joined: BTreeMap<UserId, Seq>,
}

/// How a member came in.
#[derive(Clone, Copy)]
struct Coming {
    by: Seq,
    at: Millis,
    window: Window,
}

impl Present {
    /// At the beginning of a log. In one of two, both are members from there on.
    pub(super) fn at_the_beginning(
        kind: ConversationKind,
        members: impl Iterator<Item = UserId>,
    ) -> Self {
        let roles = match kind {
            ConversationKind::Direct => members.map(|user| (user, Role::Member)).collect(),
            ConversationKind::Group => BTreeMap::new(),
        };
        Self {
            kind,
            roles,
            settings: Settings::default(),
            coming: BTreeMap::new(),
            order: Order::default(),
            said: BTreeMap::new(),
            by_link: BTreeSet::new(),
            joined: BTreeMap::new(),
        }
    }

    /// When a member of a group said something last.
    pub(super) fn said_at(&self, user: UserId) -> Option<Millis> {
        self.said.get(&user).copied()
    }

    /// What stands up to here is pinned no more.
    pub(super) fn forget_pins(&mut self, floor: Seq) {
        self.order.pinned = self.order.pinned.split_off(&floor.next());
    }

    /// Whether somebody is an admin or the owner of a group here.
    pub(super) fn is_led_by(&self, user: UserId) -> bool {
        let is_group = self.kind == ConversationKind::Group;
        is_group && self.roles.get(&user) >= Some(&Role::Admin)
    }

    /// Goes on behind an entry. `Err` where the entry cannot stand there.
    pub(super) fn go_on(&mut self, entry: &Entry) -> std::result::Result<(), &'static str> {
        let is_first = entry.seq == Seq::ZERO.next();
        let is_group = self.kind == ConversationKind::Group;
        let event = match &entry.content {
            Content::Event(event) if is_group => Some(event),
            Content::Event(event @ (Event::Pinned(_) | Event::Unpinned(_))) => Some(event),
            Content::Event(_) => return Err("an event in a conversation of two"),
            Content::Message { .. } => {
                if is_group {
                    self.said.insert(entry.from, entry.at);
                }
                None
            }
            Content::Recall { target } => {
                self.order.pinned.remove(target);
                None
            }
            Content::Edit { .. } => None,
        };
        if let Some(Event::Created { name, users }) = event {
            let members = users.iter().map(|user| (*user, Role::Member));
            self.roles = members.collect();
            self.roles.insert(entry.from, Role::Owner);
            self.settings = Settings::named(name.clone());
            return is_first.then_some(()).ok_or("a group begins twice");
        }
        let comes = matches!(event, Some(Event::Joined(_)));
        if !self.roles.contains_key(&entry.from) && !comes {
            return Err("its sender is not a member");
        }
        let Some(event) = event else {
            return Ok(());
        };
        self.order.change(event, entry.at);
        let came: &[UserId] = match event {
            Event::Added(users) => users,
            Event::Joined(_) => std::slice::from_ref(&entry.from),
            Event::Approved(user, _) => std::slice::from_ref(user),
            _ => &[],
        };
        if let Some(link) = event.link() {
            let by = came.iter().map(|user| (link, entry.seq, *user));
            self.by_link.extend(by);
        }
        if !came.is_empty() {
            let coming = Coming {
                by: entry.seq,
                at: entry.at,
                window: self.settings.history,
            };
            self.coming.extend(came.iter().map(|user| (*user, coming)));
            self.joined
                .extend(came.iter().map(|user| (*user, entry.seq)));
        }
        self.change(entry.from, event)
    }

    fn change(&mut self, from: UserId, event: &Event) -> std::result::Result<(), &'static str> {
        let roles = &mut self.roles;
        let fits = match event {
            Event::Created { .. } => true,
            Event::Added(users) => users
                .iter()
                .all(|user| roles.insert(*user, Role::Member).is_none()),
            Event::Joined(_) => roles.insert(from, Role::Member).is_none(),
            Event::Approved(user, _) => roles.insert(*user, Role::Member).is_none(),
            Event::Removed(users) => users.iter().all(|user| roles.remove(user).is_some()),
            Event::Left => roles.remove(&from).is_some(),
            Event::Role(user, role) => {
                if *role == Role::Owner {
                    roles.insert(from, Role::Admin);
                }
                roles.insert(*user, *role).is_some()
            }
            Event::Banned(users, out) => {
                let before = roles.len();
                roles.retain(|user, _| !users.contains(user));
                before - roles.len() == *out as usize
            }
            Event::Unbanned(_) | Event::Pinned(_) | Event::Unpinned(_) => true,
            Event::Muted(user, _) => roles.contains_key(user),
            Event::Set(setting) => {
                self.settings = self.settings.with(setting);
                true
            }
            Event::Disbanded => {
                roles.clear();
                true
            }
        };
        fits.then_some(())
            .ok_or("it changes members who were none, or were others")
    }
}

impl Check<'_> {
    /// The tables have the members, roles and settings that the log of a group tells.
    pub(super) fn group(
        &mut self,
        conv: ConversationId,
        head: Seq,
        present: &Present,
        roles: &BTreeMap<UserId, Role>,
        (since, joined): (&BTreeMap<UserId, Seq>, &BTreeMap<UserId, Seq>),
    ) -> Result<()> {
        if *roles != present.roles {
            self.broken(
                conv,
                head,
                "its members or their roles are not those that its log tells",
            );
        }
        if read::settings(self.conn, conv)? != present.settings {
            self.broken(conv, head, "its settings are not those that its log tells");
        }
        for (user, since) in since {
            let coming = present.coming.get(user);
            if !self.is_window(conv, *since, coming.copied())? {
                let what =
                    format!("user {user} may read from {since} on, which its log does not tell");
                self.broken(conv, head, what);
            }
        }
        // Of who came in before it was kept, it is the first.
        let first = Seq::ZERO.next();
        for (user, joined) in joined {
            let told = present.joined.get(user).copied().unwrap_or(first);
            if *joined != told && *joined != first {
                let what = format!("user {user} came in with {joined}, and with {told} by its log");
                self.broken(conv, head, what);
            }
        }
        self.ways(conv, head, present)?;
        let owners = roles.values().filter(|role| **role == Role::Owner).count();
        if owners != usize::from(!roles.is_empty()) {
            self.broken(conv, head, format!("it has {owners} owners"));
        }
        Ok(())
    }

    /// The tables have the bans, mutes and pins that a log tells.
    pub(super) fn order(
        &mut self,
        conv: ConversationId,
        head: Seq,
        present: &Present,
    ) -> Result<()> {
        if read::order(self.conn, conv)? != present.order {
            self.broken(
                conv,
                head,
                "its bans, mutes or pins are not those that its log tells",
            );
        }
        Ok(())
    }

    /// Whether somebody who came in so may read from here on.
    fn is_window(&self, conv: ConversationId, since: Seq, coming: Option<Coming>) -> Result<bool> {
        let first = Seq::ZERO.next();
        let Some(coming) = coming else {
            return Ok(since == first);
        };
        let Some(reach) = coming.window.reach_ms() else {
            return Ok(since
                == if coming.window == Window::All {
                    first
                } else {
                    coming.by
                });
        };
        let earliest = coming.at.minus(reach);
        let begins_young = self.at(conv, since)?.is_some_and(|at| at >= earliest);
        let before = self.at(conv, since.previous())?;
        let follows_old = since == first || before.is_some_and(|at| at < earliest);
        Ok(since <= coming.by && begins_young && follows_old)
    }

    /// When the entry at this place was taken, if there is one.
    fn at(&self, conv: ConversationId, seq: Seq) -> Result<Option<Millis>> {
        self.conn
            .prepare_cached("SELECT at FROM entries WHERE conv_id = ?1 AND seq = ?2")?
            .query_row((sql(conv), sql(seq)), |row| row::id(row, 0))
            .optional()
    }
}
