//! Ways into groups: what is remembered of those of hot groups, and the verdict of the rules.
//!
//! Promises: what is remembered is ahead of the tables or equal to them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hongyan_protocol::{ConversationId, UserId};
use hongyan_store::rules::{self, Coming, JoiningFacts};
use hongyan_store::{
    Append, AppendError, Asking, Change, Effects, Event, GroupChange, Joined, Joining,
    JoiningChange, Link, Role, Settings, Ways, WaysChange, WaysEnded,
};
use rusqlite::{Connection, Result};

use super::cache::{Cache, Changed};
use super::{Batch, Record};
use crate::read;

/// Requests whose end or beginning is remembered by user. Beyond, all are forgotten and looked up again. About 60 bytes
/// each.
const ASKED: usize = 64 * 1024;

/// The ways into a group, and who is told of those who ask.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Doors {
    pub(super) ways: Ways,
    /// Admins and the owner.
    admins: BTreeSet<UserId>,
}

impl Doors {
    pub(super) fn load(conn: &Connection, conv: ConversationId) -> Result<Self> {
        Ok(Self {
            ways: read::ways(conn, conv)?,
            admins: read::admins(conn, conv)?.into_iter().collect(),
        })
    }

    fn change(&mut self, from: UserId, effects: &Effects) -> WaysEnded {
        for (user, role) in &effects.members {
            match role {
                Some(role) if *role >= Role::Admin => self.admins.insert(*user),
                Some(_) | None => self.admins.remove(user),
            };
        }
        if effects.event == Event::Disbanded {
            self.admins.clear();
        }
        self.ways.happened(from, &effects.event)
    }

    fn asking(&self, refused: Vec<UserId>) -> Asking {
        Asking {
            count: self.ways.waiting(),
            refused,
            admins: self.admins.iter().copied().collect(),
        }
    }
}

/// Into which groups users ask to be let, as far as that changed lately: the tables may not have it yet.
#[derive(Default)]
pub(super) struct Asked(BTreeMap<(UserId, ConversationId), bool>);

impl Asked {
    pub(super) fn is_overgrown(&self) -> bool {
        self.0.len() >= ASKED
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    fn note(&mut self, user: UserId, conv: ConversationId, waits: bool) {
        self.0.insert((user, conv), waits);
    }

    fn count(&self, conn: &Connection, user: UserId) -> Result<usize> {
        let mut convs: BTreeSet<_> = read::asked(conn, user)?.into_iter().collect();
        let all = (user, ConversationId::default())..;
        let own = self.0.range(all).take_while(|((of, _), _)| *of == user);
        for ((_, conv), waits) in own {
            match waits {
                true => convs.insert(*conv),
                false => convs.remove(conv),
            };
        }
        Ok(convs.len())
    }
}

impl Cache {
    /// The ways into a group; `None` of what is none.
    fn doors(&mut self, conn: &Connection, conv: ConversationId) -> Result<Option<&mut Doors>> {
        let hot = self.conversation(conn, conv)?;
        Ok(hot.and_then(|hot| hot.doors.as_deref_mut()))
    }

    /// What an event makes of the ways into its group.
    pub(super) fn change_ways(
        &mut self,
        conn: &Connection,
        conv: ConversationId,
        from: UserId,
        effects: &Effects,
    ) -> Result<WaysEnded> {
        let Some(doors) = self.doors(conn, conv)? else {
            return Ok(WaysEnded::default());
        };
        let ended = doors.change(from, effects);
        for link in &ended.links {
            self.note(Changed::Link(conv, *link));
        }
        for (user, _) in &ended.requests {
            self.note(Changed::Request(conv, *user));
            self.asked.note(*user, conv, false);
        }
        Ok(ended)
    }

    /// What was done about the ways into a group, which is there, counts.
    pub(in crate::writer) fn apply_ways(
        &mut self,
        conn: &Connection,
        conv: ConversationId,
        change: &WaysChange,
    ) -> Result<()> {
        let Some(doors) = self.doors(conn, conv)? else {
            return Err(rusqlite::Error::QueryReturnedNoRows);
        };
        doors.ways.apply(change);
        match change {
            WaysChange::Made(link) => self.note(Changed::Link(conv, link.id)),
            WaysChange::Revoked(id) => self.note(Changed::Link(conv, *id)),
            WaysChange::Request(user, request) => {
                let waits = request.is_some_and(|request| !request.is_declined);
                self.asked.note(*user, conv, waits);
                self.note(Changed::Request(conv, *user));
                self.note_admins(conn, conv)?;
            }
        }
        Ok(())
    }

    /// A sync of the admins has to find the group.
    fn note_admins(&mut self, conn: &Connection, conv: ConversationId) -> Result<()> {
        if self.tells_positions(conn, conv)? {
            return self.note_log(conn, conv).map(|_| ());
        }
        let doors = self.doors(conn, conv)?;
        let admins = doors.map(|doors| doors.admins.clone());
        for admin in admins.unwrap_or_default() {
            self.note_member(conn, conv, admin)?;
        }
        Ok(())
    }
}

impl Batch<'_> {
    /// By which way somebody comes in, where an append is about that.
    pub(super) fn coming(
        &mut self,
        append: &Append,
        conv: Option<ConversationId>,
    ) -> Result<Coming> {
        let mut coming = Coming::default();
        let (conn, cache) = (self.state.conn, &mut *self.state.cache);
        let (Change::Group(change), Some(conv)) = (&append.change, conv) else {
            return Ok(coming);
        };
        let Some(doors) = cache.doors(conn, conv)? else {
            return Ok(coming);
        };
        match change {
            GroupChange::Join(token) => {
                coming.link = doors.ways.link(*token).cloned();
                if let Some(link) = &coming.link {
                    coming.maker = cache.role(conn, conv, link.by)?;
                }
            }
            GroupChange::Approve(user) => {
                coming.request = doors.ways.requests.get(user).copied();
            }
            _ => {}
        }
        Ok(coming)
    }

    /// Who asks to be let in after an event, where that is others now.
    pub(super) fn asking_after(
        &mut self,
        conv: ConversationId,
        ended: &WaysEnded,
        effects: &Effects,
    ) -> Result<Option<Asking>> {
        let waited = ended.requests.iter().filter(|(_, waited)| *waited);
        let waited: Vec<UserId> = waited.map(|(user, _)| *user).collect();
        if waited.is_empty() {
            return Ok(None);
        }
        let refused = match effects.brings_in() {
            true => Vec::new(),
            false => waited,
        };
        let doors = self.state.cache.doors(self.state.conn, conv)?;
        Ok(doors.map(|doors| doors.asking(refused)))
    }

    pub(super) fn joining(
        &mut self,
        joining: &Joining,
    ) -> Result<std::result::Result<Joined, AppendError>> {
        let change = match self.judged(joining)? {
            Ok(change) => change,
            Err(refused) => return Ok(Err(refused)),
        };
        let conv = joining.conv;
        if let Some(change) = &change {
            let (conn, cache) = (self.state.conn, &mut *self.state.cache);
            cache.apply_ways(conn, conv, change)?;
            self.decided.payload.ways(conv, change);
            self.state.pending.add_ways();
            let change = change.clone();
            self.decided.news.push(Record::Ways { conv, change });
        }
        let doors = self.state.cache.doors(self.state.conn, conv)?;
        let link = doors.as_ref().and_then(|doors| made(joining, &doors.ways));
        let refused = match joining.change {
            JoiningChange::Decline(user) => vec![user],
            _ => Vec::new(),
        };
        let is_request = matches!(change, Some(WaysChange::Request(..)));
        let asking = doors.filter(|_| is_request);
        Ok(Ok(Joined {
            conv,
            changed: change.is_some(),
            link,
            asking: asking.map(|doors| doors.asking(refused)),
        }))
    }

    fn judged(
        &mut self,
        joining: &Joining,
    ) -> Result<std::result::Result<Option<WaysChange>, AppendError>> {
        let (conn, cache) = (self.state.conn, &mut *self.state.cache);
        let (by, conv) = (joining.by, joining.conv);
        let asked = match joining.change {
            JoiningChange::Ask(_) => cache.asked.count(conn, by)?,
            _ => 0,
        };
        let Some(hot) = cache.conversation(conn, conv)? else {
            return Ok(rules::decide_joining(joining, nowhere(&Ways::default())));
        };
        let settings: Option<Arc<Settings>> = hot.group.clone();
        let ways = hot.doors.as_ref().map(|doors| doors.ways.clone());
        let ways = ways.unwrap_or_default();
        let is_banned = hot.order.banned.contains(&by);
        let maker = match joining.change {
            JoiningChange::Ask(Some(token)) => ways.link(token).map(|link| link.by),
            _ => None,
        };
        let maker = match maker {
            Some(maker) => cache.role(conn, conv, maker)?,
            None => None,
        };
        let facts = JoiningFacts {
            settings: settings.as_deref(),
            ways: &ways,
            role: cache.role(conn, conv, by)?,
            is_banned,
            maker,
            asked,
        };
        Ok(rules::decide_joining(joining, facts))
    }
}

/// What is known of a group that is not there.
fn nowhere(ways: &Ways) -> JoiningFacts<'_> {
    JoiningFacts {
        settings: None,
        ways,
        role: None,
        is_banned: false,
        maker: None,
        asked: 0,
    }
}

/// The link that this made, or that an earlier attempt did.
fn made(joining: &Joining, ways: &Ways) -> Option<Arc<Link>> {
    match &joining.change {
        JoiningChange::Make(new) => ways.made_as(joining.by, new).cloned(),
        _ => None,
    }
}
