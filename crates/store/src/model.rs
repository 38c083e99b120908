//! What is kept, in words of its own: no serde, no SQL.

use std::sync::Arc;

use hongyan_protocol::{ClientId, ConversationId, EntryId, Millis, Seq, SessionId, UserId};

use crate::{Event, Quiet, Role, Settings, View};

/// A person or a program with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The id, from 1000 upwards.
    pub id: UserId,
    /// The name to sign in with; unique by [`login_key`](crate::login_key).
    pub login: String,
    /// The name to show.
    pub name: String,
    /// The picture's file name or URL.
    pub avatar: Option<String>,
    /// When the account was made.
    pub created_at: Millis,
}

/// What a user lets others see of being there. By default all of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Privacy {
    /// Nobody sees when the user was last there, and the user does not see when others were.
    pub hides_last_seen: bool,
    /// Nobody sees that the user is there.
    pub invisible: bool,
}

/// Whom a search found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FoundUsers {
    /// The users, the best match first.
    pub users: Vec<User>,
    /// There may be others.
    pub more: bool,
}

/// A user to be made.
#[derive(Clone)]
pub struct NewUser {
    /// A wished id, for demo data and imports.
    pub id: Option<UserId>,
    /// See [`User::login`].
    pub login: String,
    /// See [`User::name`].
    pub name: String,
    /// See [`User::avatar`].
    pub avatar: Option<String>,
    /// Argon2id, in PHC string form.
    pub password_hash: String,
    /// When.
    pub created_at: Millis,
}

/// What is needed to check a password.
#[derive(Clone)]
pub struct Credentials {
    /// Whose.
    pub user: UserId,
    /// Argon2id, in PHC string form.
    pub password_hash: String,
}

/// One signed-in device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The id.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// The device's name for itself; one live session a user and device.
    pub device: String,
    /// The client's name and version, as last told.
    pub client: Option<String>,
    /// When it signed in.
    pub created_at: Millis,
    /// When it was last used, within a minute or so.
    pub seen_at: Millis,
    /// When it ends by itself.
    pub expires_at: Millis,
}

/// A session to be made.
#[derive(Clone)]
pub struct NewSession {
    /// Whose.
    pub user: UserId,
    /// See [`Session::device`].
    pub device: String,
    /// See [`Session::client`].
    pub client: Option<String>,
    /// SHA-256 of the token; the token itself is kept nowhere.
    pub token_hash: [u8; 32],
    /// When.
    pub created_at: Millis,
    /// Until when.
    pub expires_at: Millis,
    /// Sessions of this user that have a connection now: they are the last to go for a new one.
    pub connected: Vec<SessionId>,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Plain text.
    Text(Arc<str>),
}

impl Body {
    /// What an engine keeps of it: a code for the type, and the text.
    pub fn kept(&self) -> (u8, &str) {
        match self {
            Self::Text(text) => (TEXT, text),
        }
    }

    /// Made again of what was [kept](Self::kept). `None` for a type that this version does not know.
    pub fn of_kept(code: u8, text: &str) -> Option<Self> {
        match code {
            TEXT => Some(Self::Text(text.into())),
            _ => None,
        }
    }

    /// Bytes of text in it.
    pub fn len(&self) -> usize {
        self.kept().1.len()
    }

    /// Whether there is no text in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The code of [`Body::Text`]. A type has its code for ever.
const TEXT: u8 = 1;

/// What a sender says of a message beside its body. The store acts on `mentions_all` only. Nearly every message has none,
/// which takes 8 bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header(Option<Box<HeaderFields>>);

/// The fields of a [`Header`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeaderFields {
    /// What the message belongs to within the conversation.
    pub topic: Option<Box<str>>,
    /// When it loses its worth.
    pub expires_at: Option<Millis>,
    /// Where it comes from, if not from its sender's own hand.
    pub origin: Option<Box<str>>,
    /// Whether all members of the group should notice it.
    pub mentions_all: bool,
}

impl Header {
    /// The fields; `None` where none is set.
    pub fn fields(&self) -> Option<&HeaderFields> {
        self.0.as_deref()
    }

    /// Whether all members of the group should notice the message.
    pub fn mentions_all(&self) -> bool {
        self.fields().is_some_and(|fields| fields.mentions_all)
    }

    /// The most bytes that are written of it on the wire: a byte of text may become six.
    fn wire_bytes(&self) -> usize {
        match self.fields() {
            Some(_) => 6 * self.len() + HEADER_NAMES,
            None => 0,
        }
    }

    /// Bytes of text in it.
    pub fn len(&self) -> usize {
        let text = |text: &Option<Box<str>>| text.as_ref().map_or(0, |text| text.len());
        self.fields()
            .map_or(0, |fields| text(&fields.topic) + text(&fields.origin))
    }

    /// Whether no field is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

/// The names of all header fields and a time, in bytes on the wire.
const HEADER_NAMES: usize = 80;

impl From<HeaderFields> for Header {
    fn from(fields: HeaderFields) -> Self {
        let is_empty = fields == HeaderFields::default();
        Self((!is_empty).then(|| Box::new(fields)))
    }
}

/// What an entry does. Blanked bodies are `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Says something.
    Message {
        /// What; already the edited one; `None` once recalled, and where it is not kept any more.
        body: Option<Body>,
        /// The message it answers.
        reply_to: Option<Seq>,
        /// Who should notice it.
        mentions: Vec<UserId>,
        /// What else its sender said of it.
        header: Header,
        /// The entry that last edited it.
        edited_by: Option<Seq>,
        /// The entry that recalled it.
        recalled_by: Option<Seq>,
    },
    /// Replaced a message's body.
    Edit {
        /// The message.
        target: Seq,
        /// The body that this edit gave it; `None` once a later edit replaced it, or the message was
        /// recalled: an old wording is kept nowhere. `None` where the message is not kept any more as well.
        body: Option<Body>,
        /// The entry that recalled the message.
        recalled_by: Option<Seq>,
    },
    /// Blanked a message and its edits.
    Recall {
        /// The message.
        target: Seq,
    },
    /// Changed the group.
    Event(Event),
}

impl Content {
    /// What the edit at `by`, of the message at `target`, makes of the content of the entry at `at`. Does nothing to
    /// other entries, to newer ones, and to what is edited later or recalled already.
    pub fn edit(&mut self, at: Seq, target: Seq, by: Seq, new: &Body) {
        match self {
            Self::Message {
                body,
                edited_by,
                recalled_by: None,
                ..
            } if at == target && *edited_by < Some(by) => {
                *body = Some(new.clone());
                *edited_by = Some(by);
            }
            Self::Edit {
                target: edited,
                body,
                ..
            } if *edited == target && at < by => *body = None,
            Self::Message { .. } | Self::Edit { .. } | Self::Recall { .. } | Self::Event(_) => {}
        }
    }

    /// Without what goes with its [retention](crate::Retention): what a message says, how, and to whom. That it mentioned
    /// all stays, since so many may do so in a day.
    pub fn take_away(&mut self) {
        match self {
            Self::Message {
                body,
                mentions,
                header,
                ..
            } => {
                *body = None;
                mentions.clear();
                *header = Header::from(HeaderFields {
                    mentions_all: header.mentions_all(),
                    ..HeaderFields::default()
                });
            }
            Self::Edit { body, .. } => *body = None,
            Self::Recall { .. } | Self::Event(_) => {}
        }
    }

    /// Without what a reader may not know who may read only from `since` on: the new body of an older message.
    pub fn hide_before(&mut self, since: Seq) {
        if let Self::Edit { target, body, .. } = self
            && *target < since
        {
            *body = None;
        }
    }

    /// What the recall at `by`, of the message at `target`, makes of the content of the entry at `at`. Does nothing to
    /// other entries.
    pub fn recall(&mut self, at: Seq, target: Seq, by: Seq) {
        match self {
            Self::Message {
                body, recalled_by, ..
            } if at == target => {
                *body = None;
                *recalled_by = Some(by);
            }
            Self::Edit {
                target: edited,
                body,
                recalled_by,
            } if *edited == target => {
                *body = None;
                *recalled_by = Some(by);
            }
            Self::Message { .. } | Self::Edit { .. } | Self::Recall { .. } | Self::Event(_) => {}
        }
    }
}

/// One line of a conversation's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The conversation.
    pub conv: ConversationId,
    /// The position: dense from 1.
    pub seq: Seq,
    /// Unique in the system, ascending within a conversation.
    pub id: EntryId,
    /// Who appended it.
    pub from: UserId,
    /// When.
    pub at: Millis,
    /// The sender's name for it; unique with the sender.
    pub client_id: ClientId,
    /// What it does.
    pub content: Content,
}

impl Entry {
    /// The most bytes that are written of it on the wire: what a page is bounded by.
    pub fn wire_bytes(&self) -> usize {
        let (text, mentions, header) = match &self.content {
            Content::Message {
                body,
                mentions,
                header,
                ..
            } => (body.as_ref(), mentions.len(), header.wire_bytes()),
            Content::Edit { body, .. } => (body.as_ref(), 0, 0),
            Content::Recall { .. } => (None, 0, 0),
            Content::Event(event) => {
                let kept = event.kept();
                let text = Some(kept.text);
                return hongyan_protocol::Entry::bytes_of(&self.client_id, text, kept.users.len());
            }
        };
        let text = text.map(|body| body.kept().1);
        hongyan_protocol::Entry::bytes_of(&self.client_id, text, mentions) + header
    }
}

/// The kind of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConversationKind {
    /// Two people; there is one for each pair.
    Direct,
    /// Any number of people.
    Group,
}

/// A member, and how far they have come. Both positions only ever grow, and neither passes the head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user: UserId,
    /// Everything up to here was read.
    pub read: Seq,
    /// Everything up to here is on one of the member's devices. Never below `read`.
    pub delivered: Seq,
}

impl Member {
    /// One who has come nowhere yet.
    pub fn new(user: UserId) -> Self {
        Self {
            user,
            read: Seq::ZERO,
            delivered: Seq::ZERO,
        }
    }

    /// With the positions moved forward; what would move it back does nothing.
    #[must_use]
    pub fn advanced(self, read: Option<Seq>, delivered: Option<Seq>) -> Self {
        let read = self.read.max(read.unwrap_or(Seq::ZERO));
        let delivered = self.delivered.max(delivered.unwrap_or(Seq::ZERO)).max(read);
        Self {
            user: self.user,
            read,
            delivered,
        }
    }
}

/// What a member has seen of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Who.
    pub user: UserId,
    /// The entry with which the member came in; the first, where it is not known.
    pub joined: Seq,
    /// Everything up to here was read. What was before the member came in counts as read.
    pub read: Seq,
}

/// A conversation, without its entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// The id.
    pub id: ConversationId,
    /// The kind.
    pub kind: ConversationKind,
    /// The log's last seq.
    pub head: Seq,
    /// The first seq that the member may read: 1, or more in a group that lets who comes read only some of what was said
    /// before, or where some was cleared, or is kept no more.
    pub since: Seq,
    /// Nothing up to here is kept, for anybody; 0 where all is.
    pub floor: Seq,
    /// The messages that are pinned, as far as the member may read. Ascending.
    pub pinned: Vec<Seq>,
    /// Until when the member may not write; perhaps a time that is over.
    pub muted_until: Option<Millis>,
    /// How many members it has.
    pub size: usize,
    /// How many wait to be let in, for an admin; for others 0.
    pub requests: usize,
    /// The member whose view this is.
    pub me: Member,
    /// What that member made of it for oneself, as far as it counts now.
    pub view: View,
    /// What that member may do. `None` for one who is out: the conversation ends with `head` then, and nothing of it can be
    /// read any more.
    pub role: Option<Role>,
    /// What it is called and lets its members do; `None` for a conversation of two.
    pub group: Option<Arc<Settings>>,
    /// All members, ascending by user, while there are at most [`MEMBERS_TOLD`](crate::MEMBERS_TOLD). Of more, none.
    pub members: Arc<[Member]>,
}

/// Where a client stands in the stream of changes. Opaque to clients, who get it as text.
///
/// Changes are numbered; a page goes down from `below`, towards `since`. `top` is where the
/// whole walk began, and `since` of the next walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncCursor {
    /// What changed after this number. 0: everything.
    Since(u64),
    /// The next page of a walk.
    Within {
        /// Where the walk ends.
        since: u64,
        /// Where it began.
        top: u64,
        /// Where this page begins: only changes below.
        below: u64,
    },
}

impl SyncCursor {
    /// The text for the wire. It names the history, since elsewhere the numbers mean nothing.
    pub fn to_text(self, epoch: &str) -> String {
        match self {
            Self::Since(since) => format!("{epoch}.{since}"),
            Self::Within { since, top, below } => format!("{epoch}.{since}.{top}.{below}"),
        }
    }

    /// Reads it back; `None` for a text that no server made, or one of another history.
    pub fn parse(text: &str, epoch: &str) -> Option<Self> {
        let mut numbers = text
            .strip_prefix(epoch)?
            .strip_prefix('.')?
            .split('.')
            .map(|part| part.parse::<u64>().ok().filter(|n| *n < 1 << 53));
        let first = numbers.next()??;
        let Some(second) = numbers.next() else {
            return Some(Self::Since(first));
        };
        let cursor = Self::Within {
            since: first,
            top: second?,
            below: numbers.next()??,
        };
        if numbers.next().is_some() {
            None
        } else {
            Some(cursor)
        }
    }
}

/// How much a page of [`sync`](crate::Logs::sync) may hold.
#[derive(Debug, Clone, Copy)]
pub struct SyncLimits {
    /// Conversations.
    pub conversations: usize,
    /// Last entries of each.
    pub entries: usize,
    /// Bytes of entries as they are [written](Entry::wire_bytes), over all. A conversation whose entries do not fit
    /// any more comes with the last few that do, or with none.
    pub bytes: usize,
}

/// A page of the conversations that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncPage {
    /// The conversation, the caller's unread messages in it, and its last entries ascending.
    pub conversations: Vec<(Conversation, u64, Vec<Entry>)>,
    /// Of these conversations, in how many unread messages the caller is mentioned, where in any.
    pub mentions: Vec<(ConversationId, u64)>,
    /// Unread messages over all the caller's conversations but the hidden ones. One that is marked as unread, and has
    /// none, counts as one.
    pub total_unread: u64,
    /// What of these is muted or archived, by conversation.
    pub quiet: Vec<Quiet>,
    /// What to ask next: [`SyncCursor::Within`] while there are more pages, then [`SyncCursor::Since`].
    pub next: SyncCursor,
}

/// Which entries of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryRange {
    /// The newest.
    Latest,
    /// The newest below this seq.
    Before(Seq),
    /// The oldest above this seq.
    After(Seq),
}

/// A stretch of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Ascending, without holes.
    pub entries: Vec<Entry>,
    /// The log's last seq, in the same snapshot.
    pub head: Seq,
    /// The first seq that the reader may read.
    pub since: Seq,
}

/// An entry in the order of commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// Its place in the order: dense from 1, over all conversations.
    pub number: u64,
    /// The entry as it is now.
    pub entry: Entry,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_the_wire() {
        for cursor in [
            SyncCursor::Since(0),
            SyncCursor::Since(77),
            SyncCursor::Within {
                since: 3,
                top: 90,
                below: 41,
            },
        ] {
            assert_eq!(SyncCursor::parse(&cursor.to_text("e1"), "e1"), Some(cursor));
        }
    }

    #[test]
    fn a_made_up_cursor_is_refused() {
        for text in [
            "",
            "e1",
            "e1.",
            "e1.x",
            "e1.1.2",
            "e1.1.2.3.4",
            "e1.-1",
            "e1.9007199254740992",
            "e1.1..2",
            "e1.１",
            "e17",
            "e2.7",
            "7",
        ] {
            assert_eq!(SyncCursor::parse(text, "e1"), None, "{text:?}");
        }
    }
}
