//! Turns the store's model into frames of the protocol.

use hongyan_protocol as wire;
use hongyan_store as store;

use crate::large::is_large;
use crate::limits::PROFILE_BYTES;
use crate::views;

/// The answer to a request that appended an entry.
pub(crate) fn sent(append: &store::Append, appended: &store::Appended) -> wire::Sent {
    wire::Sent {
        conv: appended.conv,
        seq: appended.seq,
        id: appended.id,
        at: appended.at,
        client_id: append.client_id.clone(),
    }
}

/// The same as those may see it who may not read the message that it edits.
pub(crate) fn without_body(entry: wire::Entry) -> wire::Entry {
    wire::Entry {
        body: None,
        ..entry
    }
}

/// The push of an entry that was just committed.
pub(crate) fn new_entry(append: &store::Append, appended: &store::Appended) -> wire::Entry {
    let blank = wire::Entry {
        conv: appended.conv,
        seq: appended.seq,
        id: appended.id,
        kind: wire::EntryKind::Message,
        from: append.from,
        at: appended.at,
        client_id: append.client_id.clone(),
        body: None,
        reply_to: None,
        mentions: Vec::new(),
        mentions_all: false,
        topic: None,
        expires_at: None,
        origin: None,
        event: None,
        target: None,
        edited_by: None,
        recalled_by: None,
    };
    match &append.change {
        store::Change::Message {
            body: text,
            reply_to,
            mentions,
            header,
        } => wire::Entry {
            body: Some(body(text)),
            reply_to: *reply_to,
            mentions: mentions.clone(),
            ..with_header(blank, header)
        },
        store::Change::Edit {
            target,
            body: text,
            not_before: _,
        } => wire::Entry {
            kind: wire::EntryKind::Edit,
            body: Some(body(text)),
            target: Some(*target),
            ..blank
        },
        store::Change::Recall {
            target,
            not_before: _,
        } => wire::Entry {
            kind: wire::EntryKind::Recall,
            target: Some(*target),
            ..blank
        },
        store::Change::Group(_) => wire::Entry {
            kind: wire::EntryKind::Event,
            event: appended.event.as_deref().map(event).map(Box::new),
            ..blank
        },
    }
}

/// An entry read back.
pub(crate) fn entry(entry: store::Entry) -> wire::Entry {
    let blank = wire::Entry {
        conv: entry.conv,
        seq: entry.seq,
        id: entry.id,
        kind: wire::EntryKind::Message,
        from: entry.from,
        at: entry.at,
        client_id: entry.client_id,
        body: None,
        reply_to: None,
        mentions: Vec::new(),
        mentions_all: false,
        topic: None,
        expires_at: None,
        origin: None,
        event: None,
        target: None,
        edited_by: None,
        recalled_by: None,
    };
    match entry.content {
        store::Content::Message {
            body: text,
            reply_to,
            mentions,
            header,
            edited_by,
            recalled_by,
        } => wire::Entry {
            body: text.as_ref().map(body),
            reply_to,
            mentions,
            edited_by,
            recalled_by,
            ..with_header(blank, &header)
        },
        store::Content::Edit {
            target,
            body: text,
            recalled_by,
        } => wire::Entry {
            kind: wire::EntryKind::Edit,
            body: text.as_ref().map(body),
            target: Some(target),
            recalled_by,
            ..blank
        },
        store::Content::Recall { target } => wire::Entry {
            kind: wire::EntryKind::Recall,
            target: Some(target),
            ..blank
        },
        store::Content::Event(happened) => wire::Entry {
            kind: wire::EntryKind::Event,
            event: Some(Box::new(event(&happened))),
            ..blank
        },
    }
}

fn event(event: &store::Event) -> wire::GroupEvent {
    use store::{Event, Setting};
    use wire::GroupEvent;
    match event.clone() {
        Event::Created { name, users } => GroupEvent::Created { name, users },
        Event::Added(users) => GroupEvent::Added { users },
        Event::Removed(users) => GroupEvent::Removed { users },
        Event::Left => GroupEvent::Left,
        Event::Role(user, given) => {
            let role = role(given);
            GroupEvent::Role { user, role }
        }
        Event::Set(Setting::Name(name)) => GroupEvent::Renamed { name },
        Event::Set(Setting::Description(description)) => GroupEvent::Described { description },
        Event::Set(Setting::Avatar(avatar)) => GroupEvent::Pictured { avatar },
        Event::Set(Setting::Post(post)) => GroupEvent::PostSet { post: who(post) },
        Event::Set(Setting::Invite(invite)) => GroupEvent::InviteSet {
            invite: who(invite),
        },
        Event::Set(Setting::History(window)) => {
            let (history, history_days) = told_window(window);
            GroupEvent::HistorySet {
                history,
                history_days,
            }
        }
        Event::Set(Setting::Slow(seconds)) => GroupEvent::SlowSet {
            slow_s: seconds.into(),
        },
        Event::Set(Setting::Pin(pin)) => GroupEvent::PinSet { pin: who(pin) },
        Event::Set(Setting::KeepDays(days)) => GroupEvent::KeepDaysSet {
            keep_days: days.into(),
        },
        Event::Set(Setting::KeepEntries(keep_entries)) => {
            GroupEvent::KeepEntriesSet { keep_entries }
        }
        Event::Set(Setting::Ask(ask)) => GroupEvent::AskSet { ask },
        Event::Joined(link) => GroupEvent::Joined { link },
        Event::Approved(user, link) => GroupEvent::Approved { user, link },
        Event::Banned(users, out) => GroupEvent::Banned { users, out },
        Event::Unbanned(users) => GroupEvent::Unbanned { users },
        Event::Muted(user, until) if until == wire::Millis::default() => {
            GroupEvent::Unmuted { user }
        }
        Event::Muted(user, until) => GroupEvent::Muted { user, until },
        Event::Pinned(target) => GroupEvent::Pinned { target },
        Event::Unpinned(target) => GroupEvent::Unpinned { target },
        Event::Disbanded => GroupEvent::Disbanded,
    }
}

/// A role in a group.
pub(crate) fn role(role: store::Role) -> wire::Role {
    match role {
        store::Role::Member => wire::Role::Member,
        store::Role::Admin => wire::Role::Admin,
        store::Role::Owner => wire::Role::Owner,
    }
}

/// The role to be kept; `None` for one that this version does not know.
pub(crate) fn stored_role(role: wire::Role) -> Option<store::Role> {
    match role {
        wire::Role::Member => Some(store::Role::Member),
        wire::Role::Admin => Some(store::Role::Admin),
        wire::Role::Owner => Some(store::Role::Owner),
        wire::Role::Unknown => None,
    }
}

fn who(who: store::Who) -> wire::Who {
    match who {
        store::Who::All => wire::Who::All,
        store::Who::Admins => wire::Who::Admins,
    }
}

/// The right to be kept; `None` for one that this version does not know.
pub(crate) fn stored_who(who: wire::Who) -> Option<store::Who> {
    match who {
        wire::Who::All => Some(store::Who::All),
        wire::Who::Admins => Some(store::Who::Admins),
        wire::Who::Unknown => None,
    }
}

fn told_window(window: store::Window) -> (wire::Window, Option<u64>) {
    match window {
        store::Window::All => (wire::Window::All, None),
        store::Window::Joining => (wire::Window::Joining, None),
        store::Window::Days(days) => (wire::Window::Days, Some(days.into())),
    }
}

/// The window to be kept; `None` for one that cannot be.
pub(crate) fn stored_window(window: wire::Window, days: Option<u64>) -> Option<store::Window> {
    match (window, days) {
        (wire::Window::All, None) => Some(store::Window::All),
        (wire::Window::Joining, None) => Some(store::Window::Joining),
        (wire::Window::Days, Some(days @ 1..=wire::limits::WINDOW_DAYS)) => {
            u16::try_from(days).ok().map(store::Window::Days)
        }
        _ => None,
    }
}

/// As it is told: nothing of a log that may be read from its beginning.
pub(crate) fn told_since(since: wire::Seq) -> Option<wire::Seq> {
    (since > wire::Seq::ZERO.next()).then_some(since)
}

fn with_header(entry: wire::Entry, header: &store::Header) -> wire::Entry {
    match header.fields().cloned() {
        None => entry,
        Some(fields) => wire::Entry {
            topic: fields.topic,
            expires_at: fields.expires_at,
            origin: fields.origin,
            mentions_all: fields.mentions_all,
            ..entry
        },
    }
}

/// A conversation in a page of sync.
pub(crate) fn conversation(
    conversation: &store::Conversation,
    unread: u64,
    entries: Vec<store::Entry>,
) -> wire::ConversationView {
    wire::ConversationView {
        conv: conversation.id,
        kind: match conversation.kind {
            store::ConversationKind::Direct => wire::ConversationKind::Direct,
            store::ConversationKind::Group => wire::ConversationKind::Group,
        },
        head: conversation.head,
        since: told_since(conversation.since),
        floor: conversation.floor,
        pins: conversation.pinned.clone(),
        unread,
        me: wire::Position {
            read: conversation.me.read,
            delivered: conversation.me.delivered,
        },
        mentions: 0,
        view: views::told_if_any(&conversation.view),
        size: conversation.size as u64,
        group: group(conversation),
        left: conversation.role.is_none(),
        members: members_told(conversation).map(|members| members.iter().map(position).collect()),
        entries: entries.into_iter().map(entry).collect(),
    }
}

fn group(conversation: &store::Conversation) -> Option<wire::GroupView> {
    let (settings, own) = (conversation.group.as_ref()?, conversation.role?);
    let is_all = settings.history == store::Window::All;
    let (history, history_days) = told_window(settings.history);
    let some = |text: &std::sync::Arc<str>| (!text.is_empty()).then(|| text.clone());
    Some(wire::GroupView {
        name: settings.name.clone(),
        description: some(&settings.description),
        avatar: some(&settings.avatar),
        post: who(settings.post),
        invite: who(settings.invite),
        history: (!is_all).then_some(history),
        history_days,
        slow_s: (settings.slow_s > 0).then_some(settings.slow_s.into()),
        pin: (settings.pin != store::Who::Admins).then(|| who(settings.pin)),
        keep_days: (settings.keep.days > 0).then_some(settings.keep.days.into()),
        keep_entries: (settings.keep.entries > 0).then_some(settings.keep.entries),
        ask: settings.ask,
        requests: (conversation.requests > 0).then_some(conversation.requests as u64),
        muted_until: conversation.muted_until,
        role: role(own),
    })
}

/// The members, where there are few enough for each to be told of all.
pub(crate) fn members_told(conversation: &store::Conversation) -> Option<&[store::Member]> {
    (!is_large(conversation.size)).then_some(&*conversation.members)
}

/// What others may know of a user.
pub(crate) fn profile(user: &store::User) -> wire::UserProfile {
    wire::UserProfile {
        id: user.id,
        login: user.login.as_str().into(),
        name: user.name.as_str().into(),
        avatar: user.avatar.as_deref().map(Into::into),
    }
}

/// The same for somebody who may see the login name, or not.
pub(crate) fn profile_for(user: &store::User, with_login: bool) -> wire::UserProfile {
    let mut profile = profile(user);
    if !with_login {
        profile.login = Box::default();
    }
    profile
}

/// The most bytes that are written of a user's profile.
pub(crate) fn profile_bytes(user: &store::User) -> usize {
    let avatar = user.avatar.as_deref().unwrap_or_default();
    let texts = [user.login.as_str(), user.name.as_str(), avatar];
    PROFILE_BYTES + texts.map(wire::escaped_bytes).iter().sum::<usize>()
}

/// The body of a message that passed the decoder; `None` for one of an unknown kind, which it refuses.
pub(crate) fn stored_body(body: wire::Body) -> Option<store::Body> {
    match body {
        wire::Body::Text { text } => Some(store::Body::Text(text)),
        wire::Body::Unknown => None,
    }
}

fn body(body: &store::Body) -> wire::Body {
    match body {
        store::Body::Text(text) => wire::Body::Text { text: text.clone() },
    }
}

fn position(position: &store::Member) -> wire::MemberPosition {
    wire::MemberPosition {
        user: position.user,
        read: position.read,
        delivered: position.delivered,
    }
}
