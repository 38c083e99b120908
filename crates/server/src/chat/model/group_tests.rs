use crossterm::event::KeyCode;
use hongyan_client::protocol::{ConversationKind, MemberPosition, Position};
use hongyan_client::{
    ConversationView, Entry, EntryKind, Event, GroupEvent, GroupView, Role, Seq, Target, UserId,
    Who,
};

use super::tests::{CONV, LISI, ME, message, online, press, tell, write};
use super::{Content, Delivery, Effect, Model, Notice, Outcome, Panel};
use crate::chat::groups::{Answer, Command};

const WANGWU: UserId = UserId::from_trusted(1002);

pub(in crate::chat) fn event(seq: u64, from: UserId, event: GroupEvent) -> Event {
    Event::Entry(Entry {
        kind: EntryKind::Event,
        event: Some(Box::new(event)),
        body: None,
        ..message(seq, from, "")
    })
}

/// A group of 张三, who owns it, 李四 and somebody whose name is not known.
pub(in crate::chat) fn group() -> Model {
    let mut model = online();
    let users = vec![LISI, WANGWU];
    let name = "雁群".into();
    let effects = tell(
        &mut model,
        event(1, ME, GroupEvent::Created { name, users }),
    );
    assert!(effects.contains(&Effect::Know(WANGWU)), "{effects:?}");
    model
}

fn title(model: &Model) -> String {
    model.title(model.selected().unwrap().1)
}

fn enter(model: &mut Model, line: &str) -> Vec<Effect> {
    write(model, line);
    press(model, KeyCode::Enter)
}

#[test]
fn a_group_has_its_name_and_its_changes_are_lines_that_nobody_has_to_read() {
    let mut model = group();
    model.focus(false);
    assert_eq!(title(&model), "雁群");
    let name = "大雁".into();
    tell(&mut model, event(2, LISI, GroupEvent::Renamed { name }));
    assert_eq!((title(&model), model.unread()), ("大雁".into(), 0));
    tell(&mut model, Event::Entry(message(3, LISI, "hello")));
    assert_eq!(model.unread(), 1);
    let (_, conversation) = model.selected().unwrap();
    let shown: Vec<_> = conversation.messages().collect();
    assert!(matches!(shown[0].content, Content::Event(_)));
    assert_eq!(shown[0].delivery, None);
    assert_eq!(shown[2].content, Content::Text("hello".into()));
    let effects = enter(&mut model, "hi");
    let target = Target::Conversation(CONV);
    let text = "hi".to_owned();
    assert_eq!(effects[0], Effect::Send { target, text });
}

#[test]
fn a_message_is_read_when_all_who_are_in_the_group_have_read_it() {
    let mut model = group();
    tell(&mut model, Event::Entry(message(2, ME, "all of you")));
    let delivery = |model: &Model| {
        let (_, conversation) = model.selected().unwrap();
        conversation.messages().next_back().unwrap().delivery
    };
    let read = |user| {
        Event::Receipt(hongyan_client::Receipt {
            conv: CONV,
            user,
            read: Seq::from_trusted(2),
            delivered: Seq::from_trusted(2),
        })
    };
    tell(&mut model, read(LISI));
    assert_eq!(delivery(&model), Some(Delivery::Sent));
    let users = vec![WANGWU];
    let removed = event(3, ME, GroupEvent::Removed { users });
    tell(&mut model, removed);
    let (_, conversation) = model.selected().unwrap();
    let own = conversation
        .messages()
        .find(|shown| shown.delivery.is_some());
    assert_eq!(own.unwrap().delivery, Some(Delivery::Read));
}

#[test]
fn a_pinned_message_makes_no_group_of_a_conversation_of_two() {
    let mut model = online();
    tell(&mut model, Event::Entry(message(1, LISI, "the address")));
    let target = Seq::from_trusted(1);
    tell(&mut model, event(2, LISI, GroupEvent::Pinned { target }));
    let (_, conversation) = model.selected().unwrap();
    assert_eq!(
        (conversation.is_group(), conversation.peer()),
        (false, Some(LISI))
    );
    assert!(matches!(
        conversation.newest().unwrap().content,
        Content::Event(_)
    ));
}

#[test]
fn an_admin_recalls_what_others_wrote() {
    let mut model = group();
    tell(&mut model, Event::Entry(message(2, WANGWU, "spam")));
    let recall = Entry {
        kind: EntryKind::Recall,
        target: Some(Seq::from_trusted(2)),
        body: None,
        ..message(3, LISI, "")
    };
    tell(&mut model, Event::Entry(recall));
    let (_, conversation) = model.selected().unwrap();
    assert_eq!(conversation.newest().unwrap().content, Content::Recalled);
}

#[test]
fn who_was_put_out_reads_on_and_writes_no_more() {
    let mut model = group();
    tell(&mut model, Event::Entry(message(2, LISI, "still here")));
    let users = vec![ME];
    tell(&mut model, event(3, LISI, GroupEvent::Removed { users }));
    assert_eq!((title(&model), model.unread()), ("雁群".into(), 0));
    assert!(enter(&mut model, "hello?").is_empty());
    assert_eq!(model.notice(), Some(&Notice::NoMember));
    assert_eq!(model.composer().text(), "hello?", "what was typed stays");
    // A sync after it tells nothing of the group any more.
    let view = ConversationView {
        pins: Vec::new(),
        conv: CONV,
        kind: ConversationKind::Group,
        head: Seq::from_trusted(3),
        unread: 0,
        me: Position {
            read: Seq::ZERO,
            delivered: Seq::ZERO,
        },
        size: 0,
        members: None,
        entries: Vec::new(),
        group: None,
        left: true,
        mentions: 0,
        view: None,
        since: None,
        floor: Seq::ZERO,
    };
    tell(&mut model, Event::Conversation(Box::new(view)));
    assert_eq!(title(&model), "雁群");
}

#[test]
fn who_comes_in_has_nothing_to_read_of_what_was_before() {
    let mut model = online();
    model.focus(false);
    for seq in 1..=3 {
        tell(&mut model, Event::Entry(message(seq, LISI, "before")));
    }
    let users = vec![ME];
    tell(&mut model, event(4, LISI, GroupEvent::Added { users }));
    assert_eq!(model.unread(), 0);
    // Then the sync tells what it is called.
    let position = |user| MemberPosition {
        user,
        read: Seq::ZERO,
        delivered: Seq::ZERO,
    };
    let view = ConversationView {
        pins: Vec::new(),
        conv: CONV,
        kind: ConversationKind::Group,
        head: Seq::from_trusted(4),
        unread: 0,
        me: Position {
            read: Seq::from_trusted(4),
            delivered: Seq::from_trusted(4),
        },
        size: 2,
        members: Some(vec![position(ME), position(LISI)]),
        entries: Vec::new(),
        group: Some(GroupView {
            ask: false,
            requests: None,
            slow_s: None,
            pin: None,
            keep_days: None,
            keep_entries: None,
            muted_until: None,
            name: "雁群".into(),
            description: None,
            avatar: None,
            post: Who::All,
            invite: Who::All,
            history: None,
            history_days: None,
            role: Role::Member,
        }),
        left: false,
        mentions: 0,
        view: None,
        since: None,
        floor: Seq::ZERO,
    };
    tell(&mut model, Event::Conversation(Box::new(view)));
    assert_eq!(title(&model), "雁群");
    tell(&mut model, Event::Entry(message(5, LISI, "after")));
    assert_eq!(model.unread(), 1);
}

#[test]
fn commands_are_asked_and_their_answers_shown() {
    let mut model = online();
    assert!(enter(&mut model, "/members").is_empty());
    assert_eq!(model.notice(), Some(&Notice::OnlyInGroups));
    let new = Command::New {
        name: "雁群".into(),
        logins: vec!["lisi".into()],
    };
    assert_eq!(
        enter(&mut model, "/new 雁群 lisi"),
        [Effect::Ask(None, new)]
    );
    model.outcome(Outcome::Asked(Answer::Begun(CONV)));
    assert_eq!(model.selected().unwrap().1.conv(), Some(CONV));
    let users = vec![LISI];
    let name = "雁群".into();
    tell(
        &mut model,
        event(1, ME, GroupEvent::Created { name, users }),
    );
    assert_eq!(title(&model), "雁群");

    assert_eq!(
        enter(&mut model, "/members"),
        [Effect::Ask(Some(CONV), Command::Members)]
    );
    let members = vec![(ME, "张三".to_owned(), Role::Owner)];
    model.outcome(Outcome::Asked(Answer::Members(members.clone(), false)));
    assert_eq!(
        model.panel(),
        Some(&Panel::Members {
            members,
            more: false
        })
    );
    press(&mut model, KeyCode::Esc);
    assert_eq!(model.panel(), None);
    assert!(enter(&mut model, "/help").is_empty());
    assert_eq!(model.panel(), Some(&Panel::Help));
    model.outcome(Outcome::Asked(Answer::NoSuchUser("nobody".into())));
    assert_eq!(model.notice(), Some(&Notice::NoSuchUser("nobody".into())));
    let text = "/leave".to_owned();
    let target = Target::Conversation(CONV);
    assert_eq!(
        enter(&mut model, "//leave")[0],
        Effect::Send { target, text }
    );
}
