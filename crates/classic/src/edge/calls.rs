//! What both doors of the adapter do, the frames and the HTTP calls, with the calls of the service.

use hongyan_gateway::adapter::committed;
use hongyan_protocol::{
    ClientId, ConversationId, EntryId, ErrorCode, Failure, Read, Send, Seq, Target, UserId,
};
use hongyan_service::{Caller, DirectMessage, DirectPage, Service, ServiceError};

use super::Classic;
use super::frame::failure;
use super::view::{ContactsVo, MessageVo, People};

/// The kind of message that is text, the only one.
const TEXT: u64 = 1;

/// Messages that were read, and how far that was.
#[derive(Default)]
pub(super) struct Queried {
    pub(super) messages: Vec<MessageVo>,
    /// The conversation and its position behind these messages, where there are any.
    pub(super) up_to: Option<(ConversationId, Seq)>,
}

/// Refuses to act for anybody but the caller.
pub(super) fn check_claim(caller: &Caller, claimed: UserId) -> Result<(), Failure> {
    if claimed == caller.user() {
        Ok(())
    } else {
        let message = "the uid is another user's than the one who signed in";
        Err(failure(ErrorCode::Forbidden, message))
    }
}

/// Sends a text and waits until it is stored.
pub(super) async fn send(
    service: &Service,
    caller: &Caller,
    recipient: UserId,
    content: Box<str>,
    kind: u64,
    client_id: String,
) -> Result<MessageVo, Failure> {
    if kind != TEXT {
        let message = "no such msgType; this server knows 1, which is text";
        return Err(failure(ErrorCode::Unsupported, message));
    }
    // Its pages show a conversation by its other person, and would show what is unread for ever.
    if recipient == caller.user() {
        let message = "the classic protocol has no messages to oneself";
        return Err(failure(ErrorCode::UserNotFound, message));
    }
    let client_id = ClientId::new(client_id)
        .map_err(|error| failure(ErrorCode::Internal, &error.to_string()))?;
    let send = Send::text(Target::User(recipient), client_id, content)
        .map_err(|(code, message)| failure(code, &message))?;
    let text = match &send.body {
        hongyan_protocol::Body::Text { text } => Some(text.clone()),
        hongyan_protocol::Body::Unknown => None,
    };
    let sent = committed(|reply| service.send(caller, send, reply)).await;
    let sent = sent.map_err(|error| Failure::from(&error))?;
    let message = DirectMessage {
        id: sent.id,
        from: caller.user(),
        to: recipient,
        at: sent.at,
        client_id: sent.client_id,
        text,
    };
    // Stored is stored: a failure from here on must not look as if it were not.
    let people = service.people(caller, &[caller.user(), recipient]).await;
    let people = people.unwrap_or_default();
    Ok(MessageVo::of(&message, caller.user(), &people))
}

/// What a page of the course is shown for a message that was refused: it has no other place to say so.
pub(super) async fn refused(
    service: &Service,
    caller: &Caller,
    recipient: UserId,
    is_empty: bool,
    failure: &Failure,
) -> MessageVo {
    let why = match failure.code {
        ErrorCode::BadRequest if is_empty => "消息是空的",
        ErrorCode::BadRequest => "消息里有不能发送的字符",
        ErrorCode::TooLarge => "消息太长",
        ErrorCode::UserNotFound => "没有这位联系人",
        _ if failure.retry_after_ms.is_some() => "服务器正忙，请稍后再试",
        _ => "出错了",
    };
    // The notice is worth more than the names and the place in it.
    let people = service.people(caller, &[caller.user(), recipient]).await;
    let newest = service.newest_direct_entry(caller, recipient).await;
    MessageVo::of_refused(
        why,
        newest.unwrap_or_default(),
        (caller.user(), recipient),
        service.now(),
        &people.unwrap_or_default(),
    )
}

/// The newest messages between the caller and somebody, which are thereby read if `reads`.
pub(super) async fn query(
    service: &Service,
    caller: &Caller,
    other: UserId,
    reads: bool,
) -> Result<Queried, ServiceError> {
    let page = service.direct_messages(caller, other).await?;
    read(service, caller, other, page, reads).await
}

/// The messages between the caller and somebody after one of them, which are thereby read if `reads`.
pub(super) async fn query_since(
    service: &Service,
    caller: &Caller,
    other: UserId,
    since: EntryId,
    reads: bool,
) -> Result<Queried, ServiceError> {
    let page = service.direct_messages_since(caller, other, since).await?;
    read(service, caller, other, page, reads).await
}

/// The people with whom the caller spoke last. Who gets to see them has been told of what they count: it
/// is not pushed after a bind, because a page adds each push to its numbers.
pub(super) async fn contacts(
    classic: &Classic,
    caller: &Caller,
    shown: bool,
) -> Result<ContactsVo, ServiceError> {
    let service = classic.gateway.service();
    let owner = service.me(caller).await?;
    let contacts = service.direct_contacts(caller).await?;
    if shown {
        for (conv, seq) in &contacts.counted {
            delivered(classic, caller, *conv, *seq);
        }
    }
    Ok(ContactsVo::of(&contacts, &owner))
}

/// The caller has, or was told of, everything in a conversation up to here.
pub(super) fn delivered(classic: &Classic, caller: &Caller, conv: ConversationId, seq: Seq) {
    classic.pages.note_told(caller.user(), conv, seq);
    classic.gateway.service().delivered(caller, conv, seq);
}

async fn read(
    service: &Service,
    caller: &Caller,
    other: UserId,
    page: Option<DirectPage>,
    reads: bool,
) -> Result<Queried, ServiceError> {
    let Some(page) = page else {
        return Ok(Queried::default());
    };
    let DirectPage { conv, up_to, .. } = page;
    if reads && up_to > Seq::ZERO {
        let position = Read { conv, seq: up_to };
        let moved = committed(|reply| service.read(caller, position, reply)).await;
        if let Err(error) = moved {
            // The messages can be shown all the same; they stay unread for now.
            tracing::warn!(%error, %conv, "cannot move a read position");
        }
    }
    let people: People = service.people(caller, &[caller.user(), other]).await?;
    let view = |message| MessageVo::of(message, caller.user(), &people);
    Ok(Queried {
        messages: page.messages.iter().map(view).collect(),
        up_to: Some((conv, up_to)),
    })
}
