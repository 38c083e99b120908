//! How the model changes with what happens.

use std::time::Duration;

use hongyan_client::protocol::CloseCode;
use hongyan_client::{
    ClientId, ConversationId, ConversationView, Entry, Event, SendState, Sent, Target, Terminal,
    UserId, UserProfile,
};

use super::conversation::{Conversation, Key};
use super::messages::Content;
use super::{Connection, Delivery, Effect, Mode, Model, Notice, Outcome, Panel, Shown};
use crate::chat::groups::{self, Answer};

impl Model {
    /// Takes in what the client says, at this time on the program's own clock.
    pub(in crate::chat) fn event(&mut self, event: Event, now: Duration) -> Vec<Effect> {
        match event {
            Event::Connecting { .. } => self.connection = Connection::Connecting,
            Event::Connected { user } => {
                self.connection = Connection::CatchingUp;
                self.people.insert(user.id, user.clone());
                self.me = Some(user);
            }
            Event::CaughtUp => self.connection = Connection::Online,
            Event::Disconnected { retry_in, .. } => {
                let until = now.saturating_add(retry_in);
                self.connection = Connection::Waiting { until };
            }
            Event::Terminal(terminal) => self.connection = ended(&terminal),
            Event::Profiles(profiles) => {
                for profile in profiles {
                    self.people.insert(profile.id, profile);
                }
            }
            Event::Reset => self.forget_conversations(),
            Event::Conversation(view) => {
                self.find_again(&view);
                if let Some(conversation) = self.conversation(view.conv) {
                    conversation.view(&view);
                }
            }
            Event::Entry(entry) => return self.entry(&entry),
            Event::Receipt(receipt) => {
                if let Some(conversation) = self.conversation(receipt.conv) {
                    conversation.receipt(&receipt);
                }
            }
            Event::Send { client_id, state } => self.send_state(&client_id, state),
            _ => {}
        }
        Vec::new()
    }

    /// Takes in what came of an effect.
    pub(in crate::chat) fn outcome(&mut self, outcome: Outcome) -> Vec<Effect> {
        match outcome {
            Outcome::Submitted {
                target,
                client_id,
                text,
                at,
            } => self.submitted(target, client_id, text, at),
            Outcome::Older(conv, page) => {
                if let Some(conversation) = self.conversation(conv) {
                    conversation.older(page);
                }
            }
            Outcome::Found(login, None) => self.notice = Some(Notice::NoSuchUser(login)),
            Outcome::Found(_, Some(profile)) => return self.open(profile),
            Outcome::Known(profile) => {
                self.people.insert(profile.id, profile);
            }
            Outcome::Asked(answer) => return self.asked(answer),
            Outcome::Failed(message) => self.notice = Some(Notice::Failed(message)),
        }
        Vec::new()
    }

    fn asked(&mut self, answer: Answer) -> Vec<Effect> {
        match answer {
            Answer::Begun(conv) => {
                self.conversation(conv);
                self.select(&Key::Conversation(conv));
                self.scroll = 0;
                return self.read_selected().into_iter().collect();
            }
            Answer::Done => {}
            Answer::Members(members, more) => {
                self.panel = Some(Panel::Members { members, more });
            }
            Answer::NoSuchUser(login) => self.notice = Some(Notice::NoSuchUser(login)),
            Answer::Failed(message) => self.notice = Some(Notice::Failed(message)),
        }
        Vec::new()
    }

    /// The server has another history. Whom the user is writing to stays, and so does the text.
    fn forget_conversations(&mut self) {
        let peer = self.selected().and_then(|(_, selected)| selected.peer());
        let me = self.me.as_ref().map(|me| me.id);
        self.conversations.clear();
        if let (Some(peer), Some(me)) = (peer, me) {
            let selected = Conversation::new(Key::User(peer), me);
            self.conversations.push(selected);
        }
        (self.selected, self.scroll) = (0, 0);
        // What was to be edited stands elsewhere, if at all.
        self.mode = Mode::Write;
    }

    /// A 1:1 conversation that was opened by its other member is the one that the server knows.
    fn find_again(&mut self, view: &ConversationView) {
        let is_known = |c: &Conversation| c.conv() == Some(view.conv);
        let me = self.me.as_ref().map(|me| me.id);
        let peer = me.and_then(|me| view.peer(me));
        if peer.is_none() || self.conversations.iter().any(is_known) {
            return;
        }
        let mut conversations = self.conversations.iter_mut();
        let opened = conversations.find(|c| c.conv().is_none() && c.peer() == peer);
        if let Some(opened) = opened {
            opened.begin(view.conv);
        }
    }

    fn entry(&mut self, entry: &Entry) -> Vec<Effect> {
        if let Some(draft) = self.draft_of(&entry.client_id) {
            draft.begin(entry.conv);
        }
        let named = entry.event.as_deref().map(groups::named);
        let mut strangers: Vec<UserId> = named.unwrap_or_default();
        strangers.push(entry.from);
        strangers.retain(|user| !self.people.contains_key(user));
        let mut effects: Vec<Effect> = strangers.into_iter().map(Effect::Know).collect();
        if let Some(conversation) = self.conversation(entry.conv) {
            conversation.entry(entry);
        }
        self.sort();
        effects.extend(self.read_selected());
        effects
    }

    fn send_state(&mut self, client_id: &ClientId, state: SendState) {
        match state {
            SendState::Pending | SendState::Sending => {}
            SendState::Sent(Sent { conv, .. }) => {
                if let Some(draft) = self.draft_of(client_id) {
                    draft.begin(conv);
                }
            }
            SendState::Failed(failure) => {
                self.notice = Some(Notice::Failed(failure.message.to_string()));
                for conversation in &mut self.conversations {
                    conversation.failed(client_id);
                }
            }
        }
    }

    fn submitted(&mut self, target: Target, client_id: ClientId, text: String, at: i64) {
        let Some(me) = self.me.as_ref().map(|me| me.id) else {
            return;
        };
        let key = match target {
            Target::Conversation(conv) => Key::Conversation(conv),
            Target::User(user) => Key::User(user),
        };
        let shown = Shown {
            from: me,
            at,
            content: Content::Text(text),
            is_edited: false,
            delivery: Some(Delivery::Sending),
        };
        let found = self.conversations.iter_mut().find(|c| c.key() == key);
        if let Some(conversation) = found {
            conversation.submitted(client_id, shown);
        }
        self.sort();
    }

    /// Goes to the conversation with this user; a new one, if there is none.
    fn open(&mut self, profile: UserProfile) -> Vec<Effect> {
        let user = profile.id;
        self.people.insert(user, profile);
        let Some(me) = self.me.as_ref().map(|me| me.id) else {
            return Vec::new();
        };
        let existing = self.conversations.iter().find(|c| c.peer() == Some(user));
        let key = match existing {
            Some(conversation) => conversation.key(),
            None => {
                let key = Key::User(user);
                self.conversations.insert(0, Conversation::new(key, me));
                key
            }
        };
        self.select(&key);
        self.scroll = 0;
        self.read_selected().into_iter().collect()
    }

    /// The conversation of this id, made if it is new; `None` before the server has said who we are.
    fn conversation(&mut self, conv: ConversationId) -> Option<&mut Conversation> {
        let me: UserId = self.me.as_ref()?.id;
        let key = Key::Conversation(conv);
        let index = match self.conversations.iter().position(|c| c.key() == key) {
            Some(index) => index,
            None => {
                self.conversations.push(Conversation::new(key, me));
                self.conversations.len() - 1
            }
        };
        self.conversations.get_mut(index)
    }

    /// The conversation without an id whose first message this is.
    fn draft_of(&mut self, client_id: &ClientId) -> Option<&mut Conversation> {
        let mut drafts = self.conversations.iter_mut();
        drafts.find(|c| c.conv().is_none() && c.has_pending(client_id))
    }
}

fn ended(terminal: &Terminal) -> Connection {
    let signed_out = [CloseCode::Unauthenticated, CloseCode::SessionRevoked];
    let code = terminal.code();
    if signed_out.iter().any(|known| Some(known.number()) == code) {
        Connection::SignedOut
    } else {
        Connection::Ended(terminal.to_string())
    }
}
