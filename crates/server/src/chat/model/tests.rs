//! The model, told what a client would tell it.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use hongyan_client::protocol::{
    ConversationKind, EntryId, Failure, HistoryPage, MemberPosition, Position, Receipt,
};
use hongyan_client::{
    Body, ClientId, ConversationId, ConversationView, Entry, EntryKind, ErrorCode, Event, Millis,
    SendState, Seq, Target, UserId, UserProfile,
};

use super::{Connection, Content, Delivery, Effect, Mode, Model, Notice, Outcome, Viewport};

pub(in crate::chat) const ME: UserId = UserId::from_trusted(1000);
pub(in crate::chat) const LISI: UserId = UserId::from_trusted(1001);
pub(in crate::chat) const CONV: ConversationId = ConversationId::from_trusted(1);

/// 2026-11-23 06:00 UTC, a Monday.
pub(in crate::chat) const NOON: u64 = 1_795_413_600_000;

pub(in crate::chat) fn profile(id: UserId, login: &str, name: &str) -> UserProfile {
    UserProfile {
        id,
        login: login.into(),
        name: name.into(),
        avatar: None,
    }
}

/// Connected as 张三, with 李四 known.
pub(in crate::chat) fn online() -> Model {
    let mut model = Model::new(None);
    let user = profile(ME, "zhangsan", "张三");
    tell(&mut model, Event::Connected { user });
    let lisi = profile(LISI, "lisi", "李四");
    tell(&mut model, Event::Profiles(vec![lisi]));
    tell(&mut model, Event::CaughtUp);
    model
}

pub(in crate::chat) fn tell(model: &mut Model, event: Event) -> Vec<Effect> {
    model.event(event, Duration::ZERO)
}

/// A message at so many minutes past noon.
pub(in crate::chat) fn message(seq: u64, from: UserId, text: &str) -> Entry {
    Entry {
        event: None,
        conv: CONV,
        seq: Seq::from_trusted(seq),
        id: EntryId::from_trusted(seq),
        kind: EntryKind::Message,
        from,
        at: Millis::from_trusted(NOON + seq * 60_000),
        client_id: ClientId::new(format!("c{seq}")).unwrap(),
        body: Some(Body::text(text)),
        reply_to: None,
        mentions: Vec::new(),
        mentions_all: false,
        topic: None,
        expires_at: None,
        origin: None,
        target: None,
        edited_by: None,
        recalled_by: None,
    }
}

fn change(seq: u64, kind: EntryKind, target: u64, text: Option<&str>) -> Entry {
    Entry {
        kind,
        target: Some(Seq::from_trusted(target)),
        body: text.map(Body::text),
        ..message(seq, LISI, "")
    }
}

fn receipt(user: UserId, read: u64, delivered: u64) -> Event {
    Event::Receipt(Receipt {
        conv: CONV,
        user,
        read: Seq::from_trusted(read),
        delivered: Seq::from_trusted(delivered),
    })
}

fn view(head: u64, unread: u64, read: u64) -> Event {
    let position = |user, read| MemberPosition {
        user,
        read: Seq::from_trusted(read),
        delivered: Seq::from_trusted(read),
    };
    Event::Conversation(Box::new(ConversationView {
        pins: Vec::new(),
        since: None,
        floor: Seq::ZERO,
        left: false,
        mentions: 0,
        view: None,
        group: None,
        conv: CONV,
        kind: ConversationKind::Direct,
        head: Seq::from_trusted(head),
        unread,
        me: Position {
            read: Seq::from_trusted(read),
            delivered: Seq::from_trusted(read),
        },
        size: 2,
        members: Some(vec![position(ME, read), position(LISI, 0)]),
        entries: Vec::new(),
    }))
}

pub(in crate::chat) fn press(model: &mut Model, code: KeyCode) -> Vec<Effect> {
    model.key(KeyEvent::new(code, KeyModifiers::NONE))
}

pub(in crate::chat) fn control(model: &mut Model, key: char) -> Vec<Effect> {
    model.key(KeyEvent::new(KeyCode::Char(key), KeyModifiers::CONTROL))
}

pub(in crate::chat) fn write(model: &mut Model, text: &str) {
    for character in text.chars() {
        assert!(press(model, KeyCode::Char(character)).is_empty());
    }
}

fn texts(model: &Model) -> Vec<String> {
    let (_, conversation) = model.selected().unwrap();
    let content = |content| match content {
        Content::Text(text) => text,
        Content::Recalled => "recalled".into(),
        Content::Unknown => "unknown".into(),
        Content::Event(event) => format!("{event:?}"),
    };
    let messages = conversation.messages();
    messages.map(|shown| content(shown.content)).collect()
}

fn last_delivery(model: &Model) -> Option<Delivery> {
    let (_, conversation) = model.selected().unwrap();
    conversation.messages().next_back().unwrap().delivery
}

#[test]
fn a_first_message_goes_from_the_key_to_the_tick() {
    let mut model = online();
    control(&mut model, 'k');
    assert_eq!(*model.mode(), Mode::Find);
    write(&mut model, " lisi ");
    let effects = press(&mut model, KeyCode::Enter);
    assert_eq!(effects, [Effect::Find("lisi".into())]);
    let found = Some(profile(LISI, "lisi", "李四"));
    model.outcome(Outcome::Found("lisi".into(), found));

    write(&mut model, "你好");
    let target = Target::User(LISI);
    let text = "你好".to_owned();
    let effects = press(&mut model, KeyCode::Enter);
    assert_eq!(
        effects,
        [Effect::Send {
            target,
            text: text.clone()
        }]
    );
    assert_eq!(model.composer().text(), "");
    let client_id = ClientId::new("c1").unwrap();
    model.outcome(Outcome::Submitted {
        target,
        client_id,
        text,
        at: 0,
    });
    assert_eq!(last_delivery(&model), Some(Delivery::Sending));

    // The push of it comes before the answer, and gives the conversation its id.
    tell(&mut model, Event::Entry(message(1, ME, "你好")));
    assert_eq!(model.conversations().len(), 1);
    assert_eq!(texts(&model), ["你好"]);
    assert_eq!(last_delivery(&model), Some(Delivery::Sent));
    tell(&mut model, receipt(LISI, 0, 1));
    assert_eq!(last_delivery(&model), Some(Delivery::Delivered));
    tell(&mut model, receipt(LISI, 1, 1));
    assert_eq!(last_delivery(&model), Some(Delivery::Read));
    tell(&mut model, receipt(LISI, 0, 1));
    assert_eq!(last_delivery(&model), Some(Delivery::Read), "an old one");
}

#[test]
fn a_refused_message_stays_with_a_cross_and_the_reason() {
    let mut model = online();
    tell(&mut model, Event::Entry(message(1, LISI, "hi")));
    let client_id = ClientId::new("mine").unwrap();
    model.outcome(Outcome::Submitted {
        target: Target::Conversation(CONV),
        client_id: client_id.clone(),
        text: "no".into(),
        at: i64::MAX,
    });
    let failure = Failure {
        code: ErrorCode::Forbidden,
        message: "not allowed".into(),
        retry_after_ms: None,
    };
    let state = SendState::Failed(failure);
    tell(&mut model, Event::Send { client_id, state });
    assert_eq!(last_delivery(&model), Some(Delivery::Failed));
    assert_eq!(model.notice(), Some(&Notice::Failed("not allowed".into())));
}

#[test]
fn unread_is_counted_until_it_is_seen() {
    let mut model = online();
    model.focus(false);
    // The sync says 7, of which the last two come as entries.
    tell(&mut model, view(9, 7, 2));
    tell(&mut model, Event::Entry(message(8, LISI, "eight")));
    tell(&mut model, Event::Entry(message(9, LISI, "nine")));
    assert_eq!(model.unread(), 7);
    tell(&mut model, Event::Entry(message(10, LISI, "ten")));
    assert_eq!(model.unread(), 8);

    let effects = model.focus(true);
    let seq = Seq::from_trusted(10);
    assert!(effects.contains(&Effect::Read { conv: CONV, seq }));
    assert_eq!(model.unread(), 0);
    let effects = tell(&mut model, Event::Entry(message(11, LISI, "eleven")));
    let seq = Seq::from_trusted(11);
    assert_eq!(effects, [Effect::Read { conv: CONV, seq }]);
    assert_eq!(model.unread(), 0);
}

#[test]
fn a_recalled_message_is_not_unread_and_another_device_reads_for_this_one() {
    let mut model = online();
    model.focus(false);
    for seq in 1..=3 {
        tell(&mut model, Event::Entry(message(seq, LISI, "hi")));
    }
    assert_eq!(model.unread(), 3);
    let recall = change(4, EntryKind::Recall, 3, None);
    tell(&mut model, Event::Entry(recall));
    assert_eq!(model.unread(), 2);
    tell(&mut model, receipt(ME, 1, 4));
    assert_eq!(model.unread(), 1);
}

#[test]
fn edits_and_recalls_change_what_is_shown_and_only_by_the_author() {
    let mut model = online();
    tell(&mut model, Event::Entry(message(1, LISI, "one")));
    tell(&mut model, Event::Entry(message(2, ME, "two")));
    for entry in [
        change(3, EntryKind::Edit, 1, Some("uno")),
        change(4, EntryKind::Edit, 2, Some("not his")),
        change(5, EntryKind::Recall, 2, None),
    ] {
        tell(&mut model, Event::Entry(entry));
    }
    assert_eq!(texts(&model), ["uno", "two"]);
    tell(
        &mut model,
        Event::Entry(change(6, EntryKind::Recall, 1, None)),
    );
    assert_eq!(texts(&model), ["recalled", "two"]);
}

#[test]
fn ones_own_last_message_is_edited_and_recalled_by_key() {
    let mut model = online();
    control(&mut model, 'e');
    assert_eq!(model.notice(), Some(&Notice::NothingToChange));

    tell(&mut model, Event::Entry(message(1, ME, "typo")));
    tell(&mut model, Event::Entry(message(2, LISI, "?")));
    control(&mut model, 'e');
    assert_eq!(model.composer().text(), "typo");
    write(&mut model, "s");
    let (conv, seq) = (CONV, Seq::from_trusted(1));
    let text = "typos".into();
    let effects = press(&mut model, KeyCode::Enter);
    assert_eq!(effects, [Effect::Edit { conv, seq, text }]);
    assert_eq!(*model.mode(), Mode::Write);

    assert!(control(&mut model, 'r').is_empty(), "it asks first");
    press(&mut model, KeyCode::Left);
    assert!(control(&mut model, 'r').is_empty(), "another key said no");
    assert_eq!(control(&mut model, 'r'), [Effect::Recall { conv, seq }]);
}

#[test]
fn scrolling_back_asks_for_older_messages_once() {
    let mut model = online();
    for seq in 41..=50 {
        tell(&mut model, Event::Entry(message(seq, LISI, "new")));
    }
    model.drawn(Viewport {
        height: 10,
        max_scroll: 5,
    });
    let before = Seq::from_trusted(41);
    let older = [Effect::Older { conv: CONV, before }];
    assert_eq!(press(&mut model, KeyCode::PageUp), older);
    assert!(press(&mut model, KeyCode::PageUp).is_empty(), "on its way");

    let mut entries: Vec<Entry> = (38..=40).map(|seq| message(seq, LISI, "old")).collect();
    // As a server gives it: the message as it is now, and the change that made it so.
    entries[0].body = Some(Body::text("latest"));
    entries[0].edited_by = Some(Seq::from_trusted(40));
    entries[1] = change(39, EntryKind::Edit, 38, Some("in between"));
    entries[2] = change(40, EntryKind::Edit, 38, Some("latest"));
    let page = HistoryPage {
        since: None,
        conv: CONV,
        entries,
        head: Seq::from_trusted(50),
        more: true,
    };
    model.outcome(Outcome::Older(CONV, Some(page)));
    assert_eq!(texts(&model)[0], "latest");
    assert_eq!(texts(&model).len(), 11);
    let before = Seq::from_trusted(38);
    let older = [Effect::Older { conv: CONV, before }];
    assert_eq!(press(&mut model, KeyCode::PageUp), older);
}

#[test]
fn the_selection_stays_when_others_write() {
    let mut model = online();
    tell(&mut model, Event::Entry(message(1, LISI, "first")));
    let mut other = message(2, UserId::from_trusted(1002), "second");
    other.conv = ConversationId::from_trusted(2);
    let effects = tell(&mut model, Event::Entry(other));
    assert_eq!(effects, [Effect::Know(UserId::from_trusted(1002))]);

    let titles: Vec<String> = model
        .conversations()
        .iter()
        .map(|conversation| model.title(conversation))
        .collect();
    assert_eq!(titles, ["#1002", "李四"], "the latest first");
    let (index, _) = model.selected().unwrap();
    assert_eq!(index, 1);
    let seq = Seq::from_trusted(2);
    let conv = ConversationId::from_trusted(2);
    assert_eq!(
        press(&mut model, KeyCode::Tab),
        [Effect::Read { conv, seq }]
    );
    assert_eq!(model.selected().unwrap().0, 0);
    press(&mut model, KeyCode::BackTab);
    assert_eq!(model.selected().unwrap().0, 1);
}

#[test]
fn messages_held_are_bounded_and_the_rest_can_be_asked_for() {
    let mut model = online();
    for seq in 1..=2_100 {
        tell(&mut model, Event::Entry(message(seq, LISI, "x")));
    }
    assert_eq!(texts(&model).len(), 2_000);
    let before = Seq::from_trusted(101);
    let older = [Effect::Older { conv: CONV, before }];
    assert_eq!(press(&mut model, KeyCode::PageUp), older);
}

#[test]
fn the_connection_is_told_as_it_changes() {
    let mut model = online();
    assert_eq!(*model.connection(), Connection::Online);
    let reason = hongyan_client::Reason::Silent;
    let retry_in = Duration::from_secs(7);
    model.event(
        Event::Disconnected { reason, retry_in },
        Duration::from_secs(100),
    );
    let until = Duration::from_secs(107);
    assert_eq!(*model.connection(), Connection::Waiting { until });
    assert_eq!(control(&mut model, 'l'), [Effect::Wake]);
    let terminal = hongyan_client::Terminal::Closed { code: 4004 };
    tell(&mut model, Event::Terminal(terminal));
    assert_eq!(*model.connection(), Connection::SignedOut);
}

#[test]
fn another_history_keeps_whom_one_writes_to() {
    let mut model = online();
    tell(&mut model, view(3, 1, 2));
    tell(&mut model, Event::Entry(message(3, LISI, "old")));
    write(&mut model, "half a sent");
    tell(&mut model, Event::Reset);
    assert_eq!(model.composer().text(), "half a sent");
    assert_eq!(model.selected().unwrap().1.peer(), Some(LISI));
    assert!(texts(&model).is_empty());
    tell(&mut model, view(1, 1, 0));
    tell(&mut model, Event::Entry(message(1, LISI, "older")));
    assert_eq!(model.conversations().len(), 1);
    assert_eq!(texts(&model), ["older"]);
}
