//! What classic clients see: a message from one side's point of view, and the list of contacts.

use std::collections::BTreeMap;

use hongyan_protocol::{EntryId, Millis, UserId, UserProfile};
use hongyan_service::{Contact, Contacts, DirectMessage};
use serde::Serialize;

/// Users by id.
pub(super) type People = BTreeMap<UserId, UserProfile>;

/// A message, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MessageVo {
    mid: EntryId,
    content: String,
    owner_uid: UserId,
    owner_name: String,
    owner_uid_avatar: String,
    other_uid: UserId,
    other_name: String,
    other_uid_avatar: String,
    #[serde(rename = "type")]
    direction: Direction,
    create_time: Millis,
}

/// All contacts of one user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContactsVo {
    owner_uid: UserId,
    owner_name: String,
    owner_avatar: String,
    total_unread: u64,
    contact_info_list: Vec<ContactVo>,
}

/// One contact, with the last message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct ContactVo {
    other_uid: UserId,
    other_name: String,
    other_avatar: String,
    mid: EntryId,
    #[serde(rename = "type")]
    direction: Direction,
    content: String,
    conv_unread: u64,
    create_time: Millis,
}

/// Which way a message went, for its owner. A number on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    /// 0: the owner sent it.
    Sent,
    /// 1: the owner received it.
    Received,
}

impl MessageVo {
    /// The message as `owner` sees it, who is one of the two.
    pub(super) fn of(message: &DirectMessage, owner: UserId, people: &People) -> Self {
        let other = if message.from == owner {
            message.to
        } else {
            message.from
        };
        let (owner_name, owner_uid_avatar) = name_and_avatar(people.get(&owner));
        let (other_name, other_uid_avatar) = name_and_avatar(people.get(&other));
        Self {
            mid: message.id,
            content: content(message, owner),
            owner_uid: owner,
            owner_name,
            owner_uid_avatar,
            other_uid: other,
            other_name,
            other_uid_avatar,
            direction: Direction::of(message, owner),
            create_time: message.at,
        }
    }

    /// What stands in the place of a message that was refused: these pages show nothing but messages. Its
    /// id is that of the newest one, so that a page which asks for what is newer goes on from there.
    pub(super) fn of_refused(
        why: &str,
        newest: Option<EntryId>,
        (sender, recipient): (UserId, UserId),
        at: Millis,
        people: &People,
    ) -> Self {
        let (owner_name, owner_uid_avatar) = name_and_avatar(people.get(&sender));
        let (other_name, other_uid_avatar) = name_and_avatar(people.get(&recipient));
        Self {
            mid: newest.unwrap_or(EntryId::from_trusted(0)),
            content: format!("（没有发送：{why}）"),
            owner_uid: sender,
            owner_name,
            owner_uid_avatar,
            other_uid: recipient,
            other_name,
            other_uid_avatar,
            direction: Direction::Sent,
            create_time: at,
        }
    }

    /// The message as its sender sees it: what a push shows to the recipient.
    pub(super) fn of_sender(message: &DirectMessage, people: &People) -> Self {
        Self::of(message, message.from, people)
    }
}

impl ContactsVo {
    pub(super) fn of(contacts: &Contacts, owner: &UserProfile) -> Self {
        let (owner_name, owner_avatar) = name_and_avatar(Some(owner));
        Self {
            owner_uid: owner.id,
            owner_name,
            owner_avatar,
            total_unread: contacts.total_unread,
            contact_info_list: contacts
                .contacts
                .iter()
                .map(|contact| ContactVo::of(contact, owner.id))
                .collect(),
        }
    }
}

impl ContactVo {
    fn of(contact: &Contact, owner: UserId) -> Self {
        let (other_name, other_avatar) = name_and_avatar(Some(&contact.other));
        Self {
            other_uid: contact.other.id,
            other_name,
            other_avatar,
            mid: contact.last.id,
            direction: Direction::of(&contact.last, owner),
            content: content(&contact.last, owner),
            conv_unread: contact.unread,
            create_time: contact.last.at,
        }
    }
}

impl Direction {
    fn of(message: &DirectMessage, owner: UserId) -> Self {
        if message.from == owner {
            Self::Sent
        } else {
            Self::Received
        }
    }
}

impl Serialize for Direction {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(match self {
            Self::Sent => 0,
            Self::Received => 1,
        })
    }
}

/// Writes JSON.
pub(super) fn encode(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| {
        unreachable!("views hold only strings and integers, which always encode: {error}")
    })
}

/// What a message says. These clients know no recalls: a notice stands in the message's place, in the
/// language of the pages that they come with.
fn content(message: &DirectMessage, owner: UserId) -> String {
    match &message.text {
        Some(text) => text.to_string(),
        None if message.from == owner => "你撤回了一条消息".into(),
        None => "对方撤回了一条消息".into(),
    }
}

fn name_and_avatar(user: Option<&UserProfile>) -> (String, String) {
    let name = user.map_or_else(String::new, |user| user.name.to_string());
    let avatar = user.and_then(|user| user.avatar.as_deref());
    (name, avatar.unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::ClientId;
    use serde_json::json;

    use super::*;

    const ZHANG: UserId = UserId::from_trusted(1000);
    const LI: UserId = UserId::from_trusted(1001);

    fn person(id: UserId, name: &str, avatar: Option<&str>) -> UserProfile {
        UserProfile {
            id,
            login: name.into(),
            name: name.into(),
            avatar: avatar.map(Into::into),
        }
    }

    fn people() -> People {
        let zhang = person(ZHANG, "张三", Some("a.jpg"));
        let li = person(LI, "李四", None);
        People::from([(ZHANG, zhang), (LI, li)])
    }

    fn from_zhang(text: Option<&str>) -> DirectMessage {
        DirectMessage {
            id: EntryId::from_trusted(7),
            from: ZHANG,
            to: LI,
            at: Millis::from_trusted(1_700_000_000_000),
            client_id: ClientId::new("c").unwrap(),
            text: text.map(Into::into),
        }
    }

    #[test]
    fn a_message_has_two_sides() {
        let message = from_zhang(Some("\"你好\"\n"));
        let seen_by =
            |owner| serde_json::to_value(MessageVo::of(&message, owner, &people())).unwrap();
        assert_eq!(
            seen_by(ZHANG),
            json!({
                "mid": 7, "content": "\"你好\"\n",
                "ownerUid": 1000, "ownerName": "张三", "ownerUidAvatar": "a.jpg",
                "otherUid": 1001, "otherName": "李四", "otherUidAvatar": "",
                "type": 0, "createTime": 1_700_000_000_000_u64,
            })
        );
        assert_eq!(
            seen_by(LI),
            json!({
                "mid": 7, "content": "\"你好\"\n",
                "ownerUid": 1001, "ownerName": "李四", "ownerUidAvatar": "",
                "otherUid": 1000, "otherName": "张三", "otherUidAvatar": "a.jpg",
                "type": 1, "createTime": 1_700_000_000_000_u64,
            })
        );
        let pushed = MessageVo::of_sender(&message, &people());
        assert_eq!(pushed, MessageVo::of(&message, ZHANG, &people()));
    }

    #[test]
    fn a_recalled_message_is_a_notice() {
        let recalled = from_zhang(None);
        let seen_by = |owner| MessageVo::of(&recalled, owner, &people()).content;
        assert_eq!(seen_by(ZHANG), "你撤回了一条消息");
        assert_eq!(seen_by(LI), "对方撤回了一条消息");
    }

    #[test]
    fn contacts_have_the_names_that_the_pages_read() {
        let contacts = Contacts {
            contacts: vec![Contact {
                other: person(ZHANG, "张三", Some("a.jpg")),
                last: from_zhang(Some("hi")),
                unread: 2,
            }],
            total_unread: 5,
            counted: Vec::new(),
        };
        let view = ContactsVo::of(&contacts, &person(LI, "李四", None));
        assert_eq!(
            serde_json::to_value(view).unwrap(),
            json!({
                "ownerUid": 1001, "ownerName": "李四", "ownerAvatar": "", "totalUnread": 5,
                "contactInfoList": [{
                    "otherUid": 1000, "otherName": "张三", "otherAvatar": "a.jpg",
                    "mid": 7, "type": 1, "content": "hi", "convUnread": 2,
                    "createTime": 1_700_000_000_000_u64,
                }],
            })
        );
    }
}
