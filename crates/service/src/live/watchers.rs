//! Which connection looks at which conversation: pure.

use std::collections::HashMap;

use hongyan_protocol::{ConversationId, UserId};

use crate::ConnectionId;

/// A connection that looks at a conversation.
#[derive(Debug, Clone, Copy)]
struct Watcher {
    connection: ConnectionId,
    user: UserId,
    /// Its user is known to be a member. Nothing is told before.
    is_checked: bool,
}

/// All connections of this node that look at something, and at what.
#[derive(Default)]
pub(super) struct Watchers {
    at: HashMap<ConnectionId, ConversationId>,
    /// Of each conversation that is looked at, ascending by connection. It goes with the last.
    of: HashMap<ConversationId, Vec<Watcher>>,
}

/// Conversations at which somebody looks since, or nobody any more.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Turned {
    pub(super) watched: Option<ConversationId>,
    pub(super) unwatched: Option<ConversationId>,
}

impl Watchers {
    /// A connection looks at a conversation, and no longer at another. It is told nothing until [`confirm`](Self::confirm).
    pub(super) fn begin(
        &mut self,
        connection: ConnectionId,
        user: UserId,
        conv: ConversationId,
    ) -> Turned {
        if self.at.get(&connection) == Some(&conv) {
            // Told on while it is checked again.
            return Turned::default();
        }
        let unwatched = self.end(connection);
        self.at.insert(connection, conv);
        let watchers = self.of.entry(conv).or_default();
        let watched = watchers.is_empty().then_some(conv);
        let watcher = Watcher {
            connection,
            user,
            is_checked: false,
        };
        let at = watchers.partition_point(|other| other.connection < connection);
        watchers.insert(at, watcher);
        Turned { watched, unwatched }
    }

    /// The connection's user was a member after it [began](Self::begin) to look. Whether it still looks: who was put out
    /// since does not.
    pub(super) fn confirm(&mut self, connection: ConnectionId, conv: ConversationId) -> bool {
        let watchers = self.of.get_mut(&conv);
        let watcher = watchers.and_then(|watchers| {
            let at = watchers.binary_search_by_key(&connection, |watcher| watcher.connection);
            watchers.get_mut(at.ok()?)
        });
        let still = watcher.map(|watcher| watcher.is_checked = true);
        still.is_some()
    }

    /// The connection looks at nothing any more. The conversation that nobody looks at since.
    pub(super) fn end(&mut self, connection: ConnectionId) -> Option<ConversationId> {
        let conv = self.at.remove(&connection)?;
        self.retain(conv, |watcher| watcher.connection != connection)
    }

    /// These users are no members any more; `None`: nobody is. The conversation that nobody looks at since.
    pub(super) fn out(
        &mut self,
        conv: ConversationId,
        users: Option<&[UserId]>,
    ) -> Option<ConversationId> {
        let at = &mut self.at;
        let of = self.of.get_mut(&conv)?;
        of.retain(|watcher| {
            let stays = users.is_some_and(|users| !users.contains(&watcher.user));
            if !stays {
                at.remove(&watcher.connection);
            }
            stays
        });
        self.retain(conv, |_| true)
    }

    /// Nothing is certain any more of whoever looks, or of this user: they are told nothing until confirmed. All of them.
    pub(super) fn doubt(
        &mut self,
        only: Option<UserId>,
    ) -> Vec<(ConversationId, ConnectionId, UserId)> {
        let mut all = Vec::new();
        for (conv, watchers) in &mut self.of {
            for watcher in watchers {
                if only.is_some_and(|user| user != watcher.user) {
                    continue;
                }
                watcher.is_checked = false;
                all.push((*conv, watcher.connection, watcher.user));
            }
        }
        all
    }

    /// What the connection looks at.
    pub(super) fn at(&self, connection: ConnectionId) -> Option<ConversationId> {
        self.at.get(&connection).copied()
    }

    /// Whether this connection may be told what happens there.
    pub(super) fn may_be_told(&self, connection: ConnectionId, conv: ConversationId) -> bool {
        let watchers = self.of.get(&conv).map(Vec::as_slice).unwrap_or_default();
        let at = watchers.binary_search_by_key(&connection, |watcher| watcher.connection);
        at.is_ok_and(|at| watchers[at].is_checked)
    }

    /// Whether anybody looks at it.
    pub(super) fn has(&self, conv: ConversationId) -> bool {
        self.of.contains_key(&conv)
    }

    /// Whether anybody looks at anything.
    pub(super) fn is_empty(&self) -> bool {
        self.at.is_empty()
    }

    /// At most `limit` of those who may be told, above a connection.
    pub(super) fn some_above(
        &self,
        conv: ConversationId,
        above: Option<ConnectionId>,
        limit: usize,
    ) -> Vec<(UserId, ConnectionId)> {
        let watchers = self.of.get(&conv).map(Vec::as_slice).unwrap_or_default();
        let from = watchers.partition_point(|watcher| Some(watcher.connection) <= above);
        watchers[from..]
            .iter()
            .filter(|watcher| watcher.is_checked)
            .take(limit)
            .map(|watcher| (watcher.user, watcher.connection))
            .collect()
    }

    fn retain(
        &mut self,
        conv: ConversationId,
        stays: impl FnMut(&Watcher) -> bool,
    ) -> Option<ConversationId> {
        let watchers = self.of.get_mut(&conv)?;
        watchers.retain(stays);
        if !watchers.is_empty() {
            return None;
        }
        self.of.remove(&conv);
        Some(conv)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conv(number: u64) -> ConversationId {
        ConversationId::new(number).unwrap()
    }

    fn user(number: u64) -> UserId {
        UserId::new(1000 + number).unwrap()
    }

    fn connection(number: u64) -> ConnectionId {
        ConnectionId::after(number)
    }

    fn told(watchers: &Watchers, number: u64) -> Vec<UserId> {
        let told = watchers.some_above(conv(number), None, usize::MAX);
        told.into_iter().map(|(user, _)| user).collect()
    }

    #[test]
    fn one_conversation_a_connection_until_it_looks_elsewhere() {
        let mut watchers = Watchers::default();
        let turned = watchers.begin(connection(1), user(1), conv(1));
        assert_eq!(turned.watched, Some(conv(1)));
        assert_eq!(told(&watchers, 1), [], "not before it is checked");
        assert!(watchers.confirm(connection(1), conv(1)));
        assert_eq!(told(&watchers, 1), [user(1)]);
        let turned = watchers.begin(connection(1), user(1), conv(2));
        let expected = Turned {
            watched: Some(conv(2)),
            unwatched: Some(conv(1)),
        };
        assert_eq!(turned, expected);
        assert!(!watchers.confirm(connection(1), conv(1)));
        assert_eq!(watchers.end(connection(1)), Some(conv(2)));
        assert!(watchers.is_empty() && watchers.of.is_empty());
    }

    #[test]
    fn who_is_put_out_while_it_is_checked_is_told_nothing() {
        let mut watchers = Watchers::default();
        watchers.begin(connection(1), user(1), conv(1));
        watchers.begin(connection(2), user(2), conv(1));
        assert_eq!(watchers.out(conv(1), Some(&[user(1)])), None);
        assert!(!watchers.confirm(connection(1), conv(1)));
        assert!(watchers.confirm(connection(2), conv(1)));
        assert_eq!(told(&watchers, 1), [user(2)]);
        assert_eq!(watchers.out(conv(1), None), Some(conv(1)));
        assert!(watchers.is_empty());
    }

    #[test]
    fn slices_hold_everybody_once_in_order() {
        let mut watchers = Watchers::default();
        for number in [5, 1, 3, 2, 4] {
            watchers.begin(connection(number), user(number), conv(1));
            watchers.confirm(connection(number), conv(1));
        }
        let mut seen = Vec::new();
        let mut above = None;
        loop {
            let some = watchers.some_above(conv(1), above, 2);
            let Some((_, last)) = some.last() else { break };
            above = Some(*last);
            seen.extend(some.into_iter().map(|(user, _)| user));
        }
        assert_eq!(seen, [1, 2, 3, 4, 5].map(user));
        assert_eq!(watchers.doubt(None).len(), 5);
        assert_eq!(told(&watchers, 1), [], "in doubt nobody is told");
    }
}
