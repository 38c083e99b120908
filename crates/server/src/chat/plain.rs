//! One line a message, for pipes, scripts and screen readers.
//!
//! In: `/to LOGIN` or, for a group, `/to #ID` chooses whom to write to; `/new`, `/add`, `/remove`, `/leave`, `/members`
//! and `/help` do what they say; `/quit` ends; everything else is sent. Out: what others write from now on,
//! `NAME (LOGIN): TEXT`, in a group with `[GROUP #ID]` before it, and what they change of a group. At the end of the input the program waits until what was
//! sent is on the server's disk, and ends.

use std::collections::{HashMap, VecDeque};

use anyhow::{Context, bail};
use hongyan_client::protocol::ConversationKind;
use hongyan_client::{
    Body, Client, ConversationId, Entry, EntryKind, Event, Group, GroupEvent, Millis, SendHandle,
    Target, UserId, UserProfile,
};
use tokio::sync::mpsc;

use super::groups::{self, Answer, Command, Line};
use super::words::Words;
use super::{Account, next_event};
use crate::group_words;
use crate::output::{self, tell};

/// Lines read ahead of the sending. Beyond it the input waits.
const LINES: usize = 64;

/// Messages in the outbox. Beyond it the input waits for the first of them.
const UNSENT: usize = 256;

/// Runs until the input ends and everything is sent.
pub(super) async fn run(mut account: Account, words: &'static Words) -> anyhow::Result<()> {
    let mut chat = Chat {
        client: account.client.clone(),
        words,
        people: HashMap::new(),
        groups: HashMap::new(),
        to: None,
        unsent: VecDeque::new(),
        is_live: false,
        latest: Millis::default(),
        replaced_after: None,
    };
    let mut lines = read_lines();
    let mut is_reading = true;
    let ended = loop {
        if !is_reading && chat.unsent.is_empty() {
            break Ok(());
        }
        let may_read = is_reading && chat.unsent.len() < UNSENT;
        tokio::select! {
            line = lines.recv(), if may_read => match line.as_deref() {
                None | Some("/quit") => is_reading = false,
                Some(line) => {
                    if let Err(error) = chat.line(line).await {
                        break Err(error);
                    }
                }
            },
            sent = first(&mut chat.unsent) => {
                if let Err(error) = sent {
                    break Err(error);
                }
            }
            event = next_event(&mut account.events) => {
                if let Err(error) = chat.event(event).await {
                    break Err(error);
                }
            }
        }
    };
    account.close().await;
    ended
}

struct Chat {
    client: Client,
    words: &'static Words,
    people: HashMap<UserId, UserProfile>,
    groups: HashMap<ConversationId, Group>,
    to: Option<Target>,
    unsent: VecDeque<SendHandle>,
    /// The messages from before the start, or from before the history was replaced, have all come.
    is_live: bool,
    /// When the last message was written that has come.
    latest: Millis,
    /// When the last message was written that had come before the history was replaced. Among those that come then, what
    /// was written later is new. `None` before the first is live.
    replaced_after: Option<Millis>,
}

impl Chat {
    async fn line(&mut self, line: &str) -> anyhow::Result<()> {
        if let Some(id) = line.strip_prefix("/to #") {
            let conv = id
                .trim()
                .parse::<u64>()
                .ok()
                .and_then(|id| ConversationId::new(id).ok());
            let conv = conv.with_context(|| format!("#{id} is no number of a group"))?;
            self.to = Some(Target::Conversation(conv));
            return Ok(());
        }
        if let Some(login) = line.strip_prefix("/to ") {
            let found = self.client.find_user(login.trim()).await?;
            let found = found.with_context(|| format!("nobody has the login name {login}"))?;
            self.to = Some(Target::User(found.id));
            self.people.insert(found.id, found);
            return Ok(());
        }
        if line.trim().is_empty() {
            return Ok(());
        }
        let text = match groups::read(line) {
            Line::Command(command) => return self.command(command).await,
            Line::Text(text) => text,
        };
        let Some(to) = self.to else {
            bail!("say to whom first: /to LOGIN");
        };
        let handle = self.client.send(to, text).await?;
        self.unsent.push_back(handle);
        Ok(())
    }

    async fn command(&mut self, command: Command) -> anyhow::Result<()> {
        let conv = match self.to {
            Some(Target::Conversation(conv)) => Some(conv),
            Some(Target::User(_)) | None => None,
        };
        match command {
            Command::Help => {
                for (command, meaning) in self.words.commands {
                    output::line(format!("{command}  {meaning}"))?;
                }
                return Ok(());
            }
            Command::New { .. } => {}
            _ if conv.is_none() => bail!(self.words.only_in_groups),
            _ => {}
        }
        // What was written before is there before.
        while let Some(handle) = self.unsent.pop_front() {
            handle.await.context("not sent")?;
        }
        match groups::ask(&self.client, conv, command).await {
            Answer::Begun(conv) => {
                self.to = Some(Target::Conversation(conv));
                tell(format_args!("#{conv}"));
            }
            Answer::Done => {}
            Answer::Members(members, more) => {
                for (_, name, role) in members {
                    let role = group_words::role(role, self.words.language);
                    output::line(format!("{} ({role})", clean(&name)))?;
                }
                if more {
                    output::line(self.words.and_others)?;
                }
            }
            Answer::NoSuchUser(login) => bail!("{}{login}", self.words.no_such_user),
            Answer::Failed(message) => bail!("{}{message}", self.words.failed),
        }
        Ok(())
    }

    async fn event(&mut self, event: Event) -> anyhow::Result<()> {
        match event {
            Event::Connected { user } => self.know([user]),
            Event::Profiles(profiles) => self.know(profiles),
            Event::CaughtUp => {
                self.is_live = true;
                self.replaced_after = None;
            }
            Event::Conversation(view) if view.kind == ConversationKind::Group => {
                self.group(view.conv).told(&view);
            }
            Event::Reset => {
                self.groups.clear();
                if self.is_live {
                    self.replaced_after = Some(self.latest);
                }
                self.is_live = false;
                tell("the server's history was replaced by an older one");
            }
            Event::Disconnected { reason, retry_in } => {
                tell(format_args!(
                    "{reason}; again in {:.1} s",
                    retry_in.as_secs_f64()
                ));
            }
            Event::Terminal(terminal) => return Err(terminal.into()),
            Event::Entry(entry) => {
                let is_new = self.replaced_after.is_some_and(|then| then < entry.at);
                self.latest = self.latest.max(entry.at);
                // A conversation of two has events as well.
                let is_group = |event: &GroupEvent| {
                    !matches!(
                        event,
                        GroupEvent::Pinned { .. } | GroupEvent::Unpinned { .. }
                    )
                };
                let is_change = entry.event.as_deref().is_some_and(is_group);
                if let (Some(me), true) = (self.client.me(), is_change) {
                    self.group(entry.conv).entry(&entry, me.id);
                }
                if self.is_live || is_new {
                    self.print(&entry).await?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn group(&mut self, conv: ConversationId) -> &mut Group {
        self.groups.entry(conv).or_insert_with(Group::unknown)
    }

    /// Before what was written in a group: `[NAME #ID] `.
    fn place(&self, conv: ConversationId) -> String {
        match self.groups.get(&conv).map(|group| &group.view) {
            Some(Some(view)) => format!("[{} #{conv}] ", clean(&view.name)),
            Some(None) => format!("[#{conv}] "),
            None => String::new(),
        }
    }

    fn know(&mut self, profiles: impl IntoIterator<Item = UserProfile>) {
        let profiles = profiles.into_iter();
        self.people
            .extend(profiles.map(|profile| (profile.id, profile)));
    }

    async fn print(&mut self, entry: &Entry) -> anyhow::Result<()> {
        if self.client.me().is_some_and(|me| me.id == entry.from) {
            return Ok(());
        }
        let who = format!("{}{}", self.place(entry.conv), self.who(entry.from).await);
        let text = match (&entry.body, entry.kind) {
            (Some(Body::Text { text }), EntryKind::Message) => format!("{who}: {}", clean(text)),
            (Some(Body::Text { text }), EntryKind::Edit) => format!("{who} edits: {}", clean(text)),
            (_, EntryKind::Recall) => format!("{who} recalls a message"),
            (_, EntryKind::Event) => format!("{who} {}", self.change(entry).await),
            _ => return Ok(()),
        };
        Ok(output::line(text)?)
    }

    async fn change(&mut self, entry: &Entry) -> String {
        let event = entry.event.as_deref().unwrap_or(&GroupEvent::Unknown);
        let mut names = HashMap::new();
        for user in groups::named(event) {
            names.insert(user, self.who(user).await);
        }
        let name = |user| names.get(&user).cloned().unwrap_or_default();
        group_words::event(event, self.words.language, name)
    }

    /// `NAME (LOGIN)`, `NAME (#ID)` where the server tells no login names, or the id of somebody whom the server does not introduce.
    async fn who(&mut self, user: UserId) -> String {
        if !self.people.contains_key(&user) {
            let found = self.client.user(user).await;
            self.know(found.ok().flatten());
        }
        match self.people.get(&user) {
            Some(profile) if profile.login.is_empty() => {
                format!("{} (#{user})", clean(&profile.name))
            }
            Some(profile) => format!("{} ({})", clean(&profile.name), clean(&profile.login)),
            None => format!("#{user}"),
        }
    }
}

/// Waits until the first of these is on the server's disk; for ever where there is none.
async fn first(unsent: &mut VecDeque<SendHandle>) -> anyhow::Result<()> {
    match unsent.front_mut() {
        Some(handle) => {
            let sent = handle.await;
            unsent.pop_front();
            sent.context("not sent").map(|_| ())
        }
        None => std::future::pending().await,
    }
}

/// One line, and nothing that a terminal would obey or that turns the direction of the line.
fn clean(text: &str) -> String {
    let turns = |c| matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let blank = |c: char| if c.is_control() || turns(c) { ' ' } else { c };
    text.chars().map(blank).collect()
}

/// Reads the input on a thread of its own: reading from a terminal cannot be called off, and the
/// program must end all the same.
fn read_lines() -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel(LINES);
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}
