//! What the screen shows, as plain data: changed by events and keys, read by the view.
//!
//! Owns: conversations, people, the composer, and what the connection is doing.
//! Promises: pure. No terminal, no client, no clock: [`Model::key`] says what to ask of the client as
//! [`Effect`]s, and every time is an argument.
//! Not here: how it looks (`view`), and who carries the effects out (`screen`).

mod composer;
mod conversation;
mod effects;
mod events;
mod keys;
mod messages;

use std::collections::HashMap;
use std::time::Duration;

use hongyan_client::{ConversationId, Role, UserId, UserProfile};

pub(super) use composer::Composer;
pub(super) use conversation::Conversation;
pub(super) use effects::{Effect, Outcome};
pub(super) use messages::{Content, Delivery, Shown};

/// What the connection is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Connection {
    /// An attempt is on its way.
    Connecting,
    /// Connected; what was missed is still coming.
    CatchingUp,
    /// Connected, and nothing is missing.
    Online,
    /// The next attempt begins at this time.
    Waiting {
        /// On the clock that [`Model`] is told of.
        until: Duration,
    },
    /// Over for good: this session was signed out.
    SignedOut,
    /// Over for good, for this reason.
    Ended(String),
}

/// What the composer is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mode {
    /// A new message.
    Write,
    /// Another text for one's own message at this seq.
    Edit {
        /// The conversation.
        conv: ConversationId,
        /// The message.
        seq: hongyan_client::Seq,
    },
    /// The login name of somebody to write to.
    Find,
}

/// A word to the user, below the composer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Notice {
    /// Press the key again to recall this text.
    ConfirmRecall(String),
    /// There is no message of one's own to change.
    NothingToChange,
    /// Nobody has this login name.
    NoSuchUser(String),
    /// What was asked goes only in a group.
    OnlyInGroups,
    /// The user is no member of this group any more.
    NoMember,
    /// Something was refused, with the server's or the client's words.
    Failed(String),
    /// Another window of this account uses the outbox on this disk.
    NotKept,
}

/// What stands in place of the messages until the next key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Panel {
    /// What can be asked for.
    Help,
    /// Members of the group, with names and roles.
    Members {
        /// In the order of their ids.
        members: Vec<(UserId, String, Role)>,
        /// There are others.
        more: bool,
    },
}

/// Everything that is shown: see the [module](self).
#[derive(Debug)]
pub(super) struct Model {
    me: Option<UserProfile>,
    people: HashMap<UserId, UserProfile>,
    /// The latest activity first.
    conversations: Vec<Conversation>,
    /// An index into `conversations`, if there are any.
    selected: usize,
    composer: Composer,
    mode: Mode,
    connection: Connection,
    notice: Option<Notice>,
    panel: Option<Panel>,
    /// Somebody looks at the terminal, as far as it tells.
    is_focused: bool,
    /// Lines between the bottom of the messages and the bottom of the screen.
    scroll: usize,
    viewport: Viewport,
}

/// How much the view could show at the last drawing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Viewport {
    /// Lines of messages on the screen.
    pub(super) height: usize,
    /// The furthest that scrolling back can go.
    pub(super) max_scroll: usize,
}

/// What of a name people compare: no case, no space around it, nothing that cannot be seen.
fn comparable(name: &str) -> String {
    let shows = |c: &char| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}');
    let name: String = name.trim().chars().filter(shows).collect();
    name.to_lowercase()
}

impl Model {
    /// Nothing is known yet.
    pub(super) fn new(notice: Option<Notice>) -> Self {
        Self {
            me: None,
            people: HashMap::new(),
            conversations: Vec::new(),
            selected: 0,
            composer: Composer::default(),
            mode: Mode::Write,
            connection: Connection::Connecting,
            notice,
            panel: None,
            is_focused: true,
            scroll: 0,
            viewport: Viewport::default(),
        }
    }

    /// Who the user is, once the server has said it.
    pub(super) fn me(&self) -> Option<&UserProfile> {
        self.me.as_ref()
    }

    /// The name to show for somebody; with the id where somebody else has the same name, so that nobody is
    /// taken for another.
    pub(super) fn name(&self, user: UserId) -> String {
        let Some(profile) = self.people.get(&user) else {
            return format!("#{user}");
        };
        let name = comparable(&profile.name);
        let mut others = self.people.values().filter(|other| other.id != user);
        match others.any(|other| comparable(&other.name) == name) {
            true => format!("{} #{user}", profile.name),
            false => profile.name.to_string(),
        }
    }

    /// The name to show for a conversation: the group's, or the other's.
    pub(super) fn title(&self, conversation: &Conversation) -> String {
        if let Some(name) = conversation.group_name() {
            return name.to_string();
        }
        match conversation.peer() {
            Some(user) => self.name(user),
            None => match conversation.conv() {
                Some(conv) => format!("#{conv}"),
                None => String::new(),
            },
        }
    }

    /// The conversations, the latest activity first.
    pub(super) fn conversations(&self) -> &[Conversation] {
        &self.conversations
    }

    /// The conversation on the right, with its place in the list.
    pub(super) fn selected(&self) -> Option<(usize, &Conversation)> {
        let conversation = self.conversations.get(self.selected)?;
        Some((self.selected, conversation))
    }

    pub(super) fn composer(&self) -> &Composer {
        &self.composer
    }

    pub(super) fn mode(&self) -> &Mode {
        &self.mode
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn notice(&self) -> Option<&Notice> {
        self.notice.as_ref()
    }

    pub(super) fn panel(&self) -> Option<&Panel> {
        self.panel.as_ref()
    }

    /// Lines scrolled back from the newest message.
    pub(super) fn scroll(&self) -> usize {
        self.scroll
    }

    /// Unread messages in all conversations.
    pub(super) fn unread(&self) -> u64 {
        self.conversations.iter().map(Conversation::unread).sum()
    }

    /// Says how much the view could show.
    pub(super) fn drawn(&mut self, viewport: Viewport) {
        self.viewport = viewport;
        self.scroll = self.scroll.min(viewport.max_scroll);
    }

    /// Whether somebody looks at the terminal.
    pub(super) fn focus(&mut self, is_focused: bool) -> Vec<Effect> {
        self.is_focused = is_focused;
        let mut effects = vec![Effect::Background(!is_focused)];
        effects.extend(self.read_selected());
        effects
    }

    fn current(&mut self) -> Option<&mut Conversation> {
        self.conversations.get_mut(self.selected)
    }

    /// The newest messages of the selected conversation are on the screen, so they are read.
    fn read_selected(&mut self) -> Option<Effect> {
        let is_seen = self.is_focused && self.scroll == 0;
        let conversation = self.current().filter(|_| is_seen)?;
        let (conv, seq) = conversation.read_all()?;
        Some(Effect::Read { conv, seq })
    }

    /// Puts the conversations into the order of their latest activity, and keeps the selection.
    fn sort(&mut self) {
        let selected = self.conversations.get(self.selected).map(Conversation::key);
        self.conversations
            .sort_by_key(|conversation| std::cmp::Reverse(conversation.latest()));
        if let Some(key) = selected {
            self.select(&key);
        }
    }

    fn select(&mut self, key: &conversation::Key) {
        let found = self.conversations.iter().position(|c| c.key() == *key);
        self.selected = found.unwrap_or(0);
    }
}

#[cfg(test)]
pub(super) mod group_tests;
#[cfg(test)]
pub(super) mod tests;
