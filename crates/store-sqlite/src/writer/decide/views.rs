//! Views: their facts, the verdict of the rules, and what is remembered of them.
//!
//! A user's pinned conversations and drafts are counted where one more is wished. So for each user whose views were
//! written lately it is remembered which these are. A conversation that the user is out of does not count.

use std::collections::BTreeSet;

use hongyan_protocol::{ConversationId, Seq, UserId};
use hongyan_store::rules::{self, ViewFacts};
use hongyan_store::{
    DRAFTS, LastMessage, Member, Move, PINNED, View, ViewChange, ViewError, Viewed,
};
use rusqlite::{Connection, Error, Result};

use super::cache::{Cache, Changed};
use super::generations::Generations;
use super::{Batch, Record};
use crate::read;

/// Views remembered in each of two generations. A draft may take 16 KB, so there are few.
const HALF: usize = 1024;

/// What is remembered of views, exact like the rest of the [`Cache`].
pub(super) struct Views {
    views: Generations<(ConversationId, UserId), HotView>,
    of_users: Generations<UserId, OfUser>,
    /// Whether a draft's text went since the last [`take`](Self::take_forgotten).
    has_forgotten: bool,
}

struct HotView {
    view: View,
    /// Which of all changes was its last one; `None` where this is not ahead of the row in the file.
    changed: Option<u64>,
}

/// Where a user has something that is counted.
struct OfUser {
    pinned: BTreeSet<ConversationId>,
    drafts: BTreeSet<ConversationId>,
}

impl Views {
    pub(super) fn new() -> Self {
        Self {
            views: Generations::new(HALF),
            of_users: Generations::new(HALF),
            has_forgotten: false,
        }
    }

    pub(super) fn is_overgrown(&self) -> bool {
        self.views.is_overgrown() || self.of_users.is_overgrown()
    }

    pub(super) fn age(&mut self) {
        self.views.age();
        self.of_users.age();
    }

    pub(super) fn clear(&mut self) {
        self.views.clear();
        self.of_users.clear();
    }

    pub(super) fn take_forgotten(&mut self) -> bool {
        std::mem::take(&mut self.has_forgotten)
    }

    /// As [`Cache::take_change`].
    pub(super) fn take_change(&mut self, conv: ConversationId, user: UserId) -> Option<u64> {
        self.views.get_mut((conv, user))?.changed.take()
    }

    pub(super) fn known(&mut self, conv: ConversationId, user: UserId) -> Option<&View> {
        self.views.get_mut((conv, user)).map(|known| &known.view)
    }

    /// The group has ended, and with it all views of it.
    pub(super) fn end(&mut self, conv: ConversationId, members: &[UserId]) {
        self.has_forgotten = true;
        for user in members {
            self.views.remove((conv, *user));
        }
    }

    fn view(
        &mut self,
        conn: &Connection,
        conv: ConversationId,
        user: UserId,
    ) -> Result<&mut HotView> {
        let key = (conv, user);
        if self.views.get_mut(key).is_none() {
            let view = read::view(conn, conv, user)?;
            let changed = None;
            self.views.insert(key, HotView { view, changed });
        }
        self.views.get_mut(key).ok_or(Error::QueryReturnedNoRows)
    }

    fn of_user(&mut self, conn: &Connection, user: UserId) -> Result<&mut OfUser> {
        if self.of_users.get_mut(user).is_none() {
            let (pinned, drafts) = read::counted_views(conn, user)?;
            self.of_users.insert(user, OfUser { pinned, drafts });
        }
        let known = self.of_users.get_mut(user);
        known.ok_or(Error::QueryReturnedNoRows)
    }
}

impl Cache {
    /// A member's view, as it is kept.
    pub(super) fn view(
        &mut self,
        conn: &Connection,
        conv: ConversationId,
        user: UserId,
    ) -> Result<View> {
        let known = self.views.view(conn, conv, user)?;
        Ok(known.view.clone())
    }

    /// A member's view is this one now.
    pub(in crate::writer) fn set_view(
        &mut self,
        conn: &Connection,
        conv: ConversationId,
        user: UserId,
        view: View,
    ) -> Result<()> {
        let change = self.next_change();
        let of_user = self.views.of_user(conn, user)?;
        let put = |set: &mut BTreeSet<ConversationId>, is_in| match is_in {
            true => set.insert(conv),
            false => set.remove(&conv),
        };
        put(&mut of_user.pinned, view.pinned > 0);
        put(&mut of_user.drafts, view.draft.is_some());
        let known = self.views.view(conn, conv, user)?;
        let goes = known.view.draft.is_some() && known.view.draft != view.draft;
        known.view = view;
        let is_first = known.changed.replace(change).is_none();
        self.views.has_forgotten |= goes;
        if is_first {
            self.note(Changed::View(conv, user));
        }
        Ok(())
    }

    /// A member is out: nothing is left of the view.
    pub(super) fn end_view(
        &mut self,
        conn: &Connection,
        conv: ConversationId,
        user: UserId,
    ) -> Result<()> {
        let view = self.view(conn, conv, user)?;
        let left = view.of_former_member();
        match left == view {
            true => Ok(()),
            false => self.set_view(conn, conv, user, left),
        }
    }

    /// How many conversations the user has pinned, exactly where that comes near to what may be.
    fn pinned(&mut self, conn: &Connection, user: UserId) -> Result<usize> {
        let known = &self.views.of_user(conn, user)?.pinned;
        match known.len() < PINNED {
            true => Ok(known.len()),
            false => {
                let all = known.clone();
                self.still_in(conn, user, &all)
            }
        }
    }

    /// The same of drafts.
    fn drafts(&mut self, conn: &Connection, user: UserId) -> Result<usize> {
        let known = &self.views.of_user(conn, user)?.drafts;
        match known.len() < DRAFTS {
            true => Ok(known.len()),
            false => {
                let all = known.clone();
                self.still_in(conn, user, &all)
            }
        }
    }

    /// Of how many of these the user is a member.
    fn still_in(
        &mut self,
        conn: &Connection,
        user: UserId,
        all: &BTreeSet<ConversationId>,
    ) -> Result<usize> {
        let mut count = 0;
        for conv in all {
            let hot = self.conversation(conn, *conv)?;
            count += usize::from(hot.is_some_and(|hot| hot.has(user)));
        }
        Ok(count)
    }
}

impl Batch<'_> {
    pub(super) fn view(
        &mut self,
        change: &ViewChange,
    ) -> Result<std::result::Result<Viewed, ViewError>> {
        let (user, conv) = (change.user, change.conv);
        let facts = self.view_facts(change)?;
        let decided = rules::decide_view(change, facts.as_ref());
        let (Some(facts), Ok(view)) = (facts, decided.clone()) else {
            return Ok(decided.map(|view| Viewed {
                conv,
                user,
                view,
                changed: false,
            }));
        };
        let changed = view.rev != facts.view.rev;
        if changed {
            self.put_view(conv, user, view.clone())?;
        }
        Ok(Ok(Viewed {
            conv,
            user,
            view,
            changed,
        }))
    }

    /// What a move leaves of a view, where it ends a mark.
    pub(super) fn end_mark(
        &mut self,
        change: &Move,
        before: Member,
        moved: Member,
    ) -> Result<Option<View>> {
        // One that moves the read position ends it by that.
        if change.read != Some(moved.read) || before.read != moved.read {
            return Ok(None);
        }
        let kept = self
            .state
            .cache
            .view(self.state.conn, change.conv, change.user)?;
        let Some(view) = rules::ends_mark(change, moved, &kept) else {
            return Ok(None);
        };
        self.put_view(change.conv, change.user, view.clone())?;
        let last = self.last_message(change.conv, &view)?;
        Ok(Some(view.now(moved.read, last)))
    }

    fn put_view(&mut self, conv: ConversationId, user: UserId, view: View) -> Result<()> {
        self.state
            .cache
            .set_view(self.state.conn, conv, user, view.clone())?;
        self.decided.payload.view(conv, user, &view);
        self.state.pending.add_view(&view);
        self.decided.news.push(Record::View { conv, user, view });
        Ok(())
    }

    fn view_facts(&mut self, change: &ViewChange) -> Result<Option<ViewFacts>> {
        let (user, conv) = (change.user, change.conv);
        let (conn, cache) = (self.state.conn, &mut *self.state.cache);
        let Some(member) = cache.member(conn, conv, user)? else {
            return Ok(None);
        };
        let view = cache.view(conn, conv, user)?;
        let is_new_pin = view.pinned == 0 && change.pinned > Some(0);
        let pinned = if is_new_pin {
            cache.pinned(conn, user)?
        } else {
            0
        };
        let is_new_draft = view.draft.is_none() && change.draft.is_some();
        let drafts = if is_new_draft {
            cache.drafts(conn, user)?
        } else {
            0
        };
        let hot = cache.conversation(conn, conv)?;
        let head = hot.map_or(Seq::ZERO, |hot| hot.head);
        Ok(Some(ViewFacts {
            head,
            last: self.last_message(conv, &view)?,
            read: member.read,
            view,
            pinned,
            drafts,
        }))
    }

    fn last_message(&mut self, conv: ConversationId, view: &View) -> Result<LastMessage> {
        let hot = self.state.cache.conversation(self.state.conn, conv)?;
        let seq = hot.map_or(Seq::ZERO, |hot| hot.last_message);
        let message = match view.asks_when(seq) {
            true => self.subject(conv, seq)?,
            false => None,
        };
        let at = message.map(|message| message.at).unwrap_or_default();
        Ok(LastMessage { seq, at })
    }
}
