//! What the naive model knows of views: what happens to them, when it happens.

use std::sync::Arc;

use hongyan_protocol::{ConversationId, Millis, Seq, UserId};

use super::model::{Log, Model};
use crate::{Content, Draft, FOR_EVER, View, ViewChange, ViewError, Viewed};

impl Log {
    pub(super) fn view(&self, user: UserId) -> View {
        self.views.get(&user).cloned().unwrap_or_default()
    }

    /// Where this member is mentioned by others, in what is told to the member, and perhaps only in what is not read.
    pub(super) fn mentions(
        &self,
        user: UserId,
        only_unread: bool,
        has_blocked: impl Fn(UserId) -> bool,
    ) -> Vec<(Millis, ConversationId, Seq)> {
        let read = self
            .positions
            .iter()
            .find(|known| known.user == user)
            .unwrap()
            .read;
        let mut found = Vec::new();
        for entry in &self.entries {
            if let Content::Message {
                mentions,
                header,
                recalled_by: None,
                ..
            } = &entry.content
                && (mentions.contains(&user) || header.mentions_all())
                && entry.from != user
                && !has_blocked(entry.from)
                && entry.seq >= self.told_from(user)
                && !(only_unread && entry.seq <= read)
            {
                found.push((entry.at, self.conv, entry.seq));
            }
        }
        found
    }

    /// The first seq that is told to this member.
    pub(super) fn told_from(&self, user: UserId) -> Seq {
        let after_cleared = self.view(user).cleared.next();
        self.since(user).max(after_cleared)
    }

    /// The batch that last changed what this member sees.
    pub(super) fn changed_for(&self, user: UserId) -> u64 {
        let own = self.view_changed_in.get(&user).copied();
        self.changed_in.max(own.unwrap_or_default())
    }

    /// What it adds to the total of this member.
    pub(super) fn counted(&self, user: UserId) -> u64 {
        let view = self.view(user);
        match (view.hidden > Seq::ZERO, view.marked, self.unread(user)) {
            (true, ..) => 0,
            (false, Some(_), 0) => 1,
            (false, _, unread) => unread,
        }
    }

    /// What of it is to draw no attention, and until when.
    pub(super) fn quiet(&self, user: UserId) -> Option<(Millis, u64)> {
        let (view, counted) = (self.view(user), self.counted(user));
        let until = match view.archived > Seq::ZERO {
            true => Millis::new(FOR_EVER).unwrap(),
            false => view.muted_until,
        };
        (counted > 0 && until > Millis::default()).then_some((until, counted))
    }

    pub(super) fn message_came(&mut self, at: Millis) {
        for view in self.views.values_mut() {
            view.hidden = Seq::ZERO;
            if view.muted_until <= at {
                view.archived = Seq::ZERO;
            }
        }
    }

    /// The member has read further.
    pub(super) fn read_on(&mut self, user: UserId) {
        if let Some(view) = self.views.get_mut(&user) {
            view.marked = None;
        }
    }

    /// The member says to have read what was read.
    pub(super) fn read_again(&mut self, user: UserId, batch: u64) -> Option<View> {
        let view = self.views.get_mut(&user)?;
        view.marked.take()?;
        view.rev += 1;
        self.view_changed_in.insert(user, batch);
        Some(view.clone())
    }

    pub(super) fn view_ends(&mut self, user: UserId) {
        if let Some(view) = self.views.get_mut(&user) {
            *view = View {
                rev: view.rev + 1,
                cleared: view.cleared,
                ..View::default()
            };
        }
    }
}

impl Model {
    pub(super) fn set_view(&mut self, change: &ViewChange) -> Result<Viewed, ViewError> {
        let (user, conv, batch) = (change.user, change.conv, self.batch);
        let at = self.find(conv).ok_or(ViewError::NotMember)?;
        let log = &mut self.logs[at];
        let position = log.positions.iter().find(|known| known.user == user);
        let read = position.ok_or(ViewError::NotMember)?.read;
        let head = log.head();
        let before = log.view(user);
        let mut view = before.clone();
        if let Some(until) = change.muted_until {
            let until = if until > change.at {
                until
            } else {
                Millis::default()
            };
            if until != view.muted_until && view.archived > Seq::ZERO {
                view.archived = head;
            }
            view.muted_until = until;
        }
        if let Some(pinned) = change.pinned {
            view.pinned = pinned;
        }
        match change.archived {
            Some(true) if view.archived == Seq::ZERO => view.archived = head,
            Some(false) => view.archived = Seq::ZERO,
            Some(true) | None => {}
        }
        match change.hidden {
            Some(true) if view.hidden == Seq::ZERO => view.hidden = head,
            Some(false) => view.hidden = Seq::ZERO,
            Some(true) | None => {}
        }
        match change.marked_unread {
            Some(true) => view.marked = Some(read),
            Some(false) => view.marked = None,
            None => {}
        }
        if let Some(draft) = &change.draft {
            if draft.reply_to > Some(head) {
                return Err(ViewError::BeyondHead);
            }
            let same =
                |known: &Arc<Draft>| known.text == draft.text && known.reply_to == draft.reply_to;
            if draft.text.is_empty() && draft.reply_to.is_none() {
                view.draft = None;
            } else if !view.draft.as_ref().is_some_and(same) {
                view.draft = Some(Arc::new(Draft {
                    text: draft.text.clone(),
                    reply_to: draft.reply_to,
                    at: change.at,
                }));
            }
        }
        if let Some(up_to) = change.cleared {
            if up_to > head {
                return Err(ViewError::BeyondHead);
            }
            view.cleared = view.cleared.max(up_to);
        }
        let changed = view != before;
        if changed {
            view.rev += 1;
            log.views.insert(user, view.clone());
            log.view_changed_in.insert(user, batch);
        }
        Ok(Viewed {
            conv,
            user,
            view,
            changed,
        })
    }
}
