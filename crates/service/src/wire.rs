//! Turns the store's model into frames of the protocol.

use hongyan_protocol as wire;
use hongyan_store as store;

use crate::large::is_large;
use crate::limits::PROFILE_BYTES;

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
        target: None,
        edited_by: None,
        recalled_by: None,
    };
    match &append.change {
        store::Change::Message {
            body: text,
            reply_to,
            mentions,
            header: _,
        } => wire::Entry {
            body: Some(body(text)),
            reply_to: *reply_to,
            mentions: mentions.clone(),
            ..blank
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
        target: None,
        edited_by: None,
        recalled_by: None,
    };
    match entry.content {
        store::Content::Message {
            body: text,
            reply_to,
            mentions,
            header: _,
            edited_by,
            recalled_by,
        } => wire::Entry {
            body: text.as_ref().map(body),
            reply_to,
            mentions,
            edited_by,
            recalled_by,
            ..blank
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
        },
        head: conversation.head,
        unread,
        me: wire::Position {
            read: conversation.me.read,
            delivered: conversation.me.delivered,
        },
        size: conversation.size as u64,
        members: members_told(conversation).map(|members| members.iter().map(position).collect()),
        entries: entries.into_iter().map(entry).collect(),
    }
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
