//! The messages of one conversation that this window holds.

use std::collections::BTreeMap;

use hongyan_client::{Body, ClientId, Entry, EntryKind, GroupEvent, Seq, UserId};

/// Messages held of one conversation. Beyond it the oldest are let go; the server has them.
const HELD: usize = 2000;

/// How far one's own message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::chat) enum Delivery {
    /// In the outbox or on its way.
    Sending,
    /// On the server's disk.
    Sent,
    /// On a device of the other.
    Delivered,
    /// Seen by the other.
    Read,
    /// Refused.
    Failed,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::chat) enum Content {
    /// A text.
    Text(String),
    /// Nothing any more.
    Recalled,
    /// A change of the group.
    Event(Box<GroupEvent>),
    /// Something that this program cannot show.
    Unknown,
}

/// A message as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::chat) struct Shown {
    pub(in crate::chat) from: UserId,
    /// When the server took it, or, before that, when it was written: milliseconds since the Unix epoch.
    pub(in crate::chat) at: i64,
    pub(in crate::chat) content: Content,
    pub(in crate::chat) is_edited: bool,
    /// `None` for somebody else's, and for a change of the group.
    pub(in crate::chat) delivery: Option<Delivery>,
}

/// One's own message that has no place in the log yet.
#[derive(Debug)]
struct Pending {
    client_id: ClientId,
    shown: Shown,
}

/// The messages of one conversation: see the [module](self).
#[derive(Debug, Default)]
pub(super) struct Messages {
    log: BTreeMap<Seq, Shown>,
    /// In the order of writing.
    pending: Vec<Pending>,
    /// The first and the last entry held, of whatever kind: between them there is no hole.
    span: Option<(Seq, Seq)>,
}

impl Messages {
    /// Every message, oldest first, with its seq where it has one.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (Option<Seq>, &Shown)> {
        let log = self.log.iter().map(|(seq, shown)| (Some(*seq), shown));
        log.chain(self.pending.iter().map(|pending| (None, &pending.shown)))
    }

    /// The first entry held.
    pub(super) fn first(&self) -> Option<Seq> {
        self.span.map(|(first, _)| first)
    }

    /// The last entry held.
    pub(super) fn last(&self) -> Option<Seq> {
        self.span.map(|(_, last)| last)
    }

    /// Messages after this seq that are not by `me` and not recalled.
    pub(super) fn unread_after(&self, read: Seq, me: UserId) -> u64 {
        let later = self.log.range(read.next()..);
        let unread = later
            .filter(|(_, shown)| shown.from != me)
            .filter(|(_, shown)| !matches!(shown.content, Content::Recalled | Content::Event(_)));
        unread.count() as u64
    }

    /// One's own message that was last written and can still be changed.
    pub(super) fn last_own(&self, me: UserId) -> Option<(Seq, &str)> {
        self.log
            .iter()
            .rev()
            .filter(|(_, shown)| shown.from == me)
            .find_map(|(seq, shown)| match &shown.content {
                Content::Text(text) => Some((*seq, &**text)),
                Content::Recalled | Content::Event(_) | Content::Unknown => None,
            })
    }

    /// One's own message is in the outbox.
    pub(super) fn submitted(&mut self, client_id: ClientId, shown: Shown) {
        self.pending.push(Pending { client_id, shown });
    }

    /// Whether this message of one's own waits for its place in the log.
    pub(super) fn is_pending(&self, client_id: &ClientId) -> bool {
        self.pending.iter().any(|p| p.client_id == *client_id)
    }

    /// One's own message was refused; `false` if there is none of this name.
    pub(super) fn failed(&mut self, client_id: &ClientId) -> bool {
        let found = self.pending.iter_mut().find(|p| p.client_id == *client_id);
        match found {
            Some(pending) => {
                pending.shown.delivery = Some(Delivery::Failed);
                true
            }
            None => false,
        }
    }

    /// The next entry of the log, or one before the first that is held. In a group, admins recall what others wrote.
    pub(super) fn entry(&mut self, entry: &Entry, me: UserId, is_group: bool) {
        if entry.from == me {
            self.pending.retain(|p| p.client_id != entry.client_id);
        }
        self.span = Some(match self.span {
            Some((first, last)) => (first.min(entry.seq), last.max(entry.seq)),
            None => (entry.seq, entry.seq),
        });
        match entry.kind {
            EntryKind::Message | EntryKind::Event => {
                self.log.insert(entry.seq, shown(entry, me));
            }
            EntryKind::Edit => self.change(entry, false, |message, entry| {
                if message.content != Content::Recalled && entry.body.is_some() {
                    message.content = content(entry);
                    message.is_edited = true;
                }
            }),
            EntryKind::Recall => self.change(entry, is_group, |message, _| {
                message.content = Content::Recalled;
            }),
            EntryKind::Unknown => {}
        }
    }

    /// Lets go of the oldest beyond [`HELD`].
    pub(super) fn trim(&mut self) {
        while self.log.len() > HELD {
            self.log.pop_first();
            if let (Some((seq, _)), Some((_, last))) = (self.log.first_key_value(), self.span) {
                self.span = Some((*seq, last));
            }
        }
    }

    fn change(&mut self, entry: &Entry, by_all: bool, change: impl FnOnce(&mut Shown, &Entry)) {
        let target = entry.target.and_then(|seq| self.log.get_mut(&seq));
        if let Some(message) = target.filter(|message| by_all || message.from == entry.from) {
            change(message, entry);
        }
    }
}

fn shown(entry: &Entry, me: UserId) -> Shown {
    Shown {
        from: entry.from,
        at: i64::try_from(entry.at.get()).unwrap_or(i64::MAX),
        content: content(entry),
        is_edited: entry.edited_by.is_some(),
        delivery: (entry.from == me && entry.kind == EntryKind::Message).then_some(Delivery::Sent),
    }
}

fn content(entry: &Entry) -> Content {
    if entry.kind == EntryKind::Event {
        let event = entry.event.clone();
        return Content::Event(event.unwrap_or_else(|| Box::new(GroupEvent::Unknown)));
    }
    match &entry.body {
        None => Content::Recalled,
        Some(Body::Text { text }) => Content::Text(text.to_string()),
        Some(Body::Unknown) => Content::Unknown,
    }
}
