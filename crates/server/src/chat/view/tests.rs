//! Whole screens, to the letter.

use std::time::Duration;

use crossterm::event::KeyCode;
use hongyan_client::{
    ClientId, ConversationId, Entry, Event, GroupEvent, Reason, Role, Target, UserId,
};
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::{Calendar, Look, draw};
use crate::chat::groups::Answer;
use crate::chat::model::group_tests::{event, group};
use crate::chat::model::tests::{
    CONV, LISI, ME, NOON, control, message, online, press, tell, write,
};
use crate::chat::model::{Model, Notice, Outcome, Viewport};
use crate::chat::words::Language;

fn look(language: Language) -> Look {
    let now = i64::try_from(NOON).unwrap() + 3_600_000;
    Look {
        words: language.words(),
        calendar: Calendar::new(TimeZone::UTC, now),
        now: Duration::from_secs(3),
    }
}

fn screen(model: &mut Model, language: Language, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let mut viewport = Viewport::default();
    let look = look(language);
    terminal
        .draw(|frame| viewport = draw(frame, model, &look))
        .unwrap();
    model.drawn(viewport);
    // Behind each line the backend lists the cells that wide characters cover; that is no news.
    let shown = terminal.backend().to_string();
    let lines = shown.lines().map(|line| line.trim_matches('"'));
    let lines = lines.map(|line| line.split("\" Hidden").next().unwrap());
    lines.collect::<Vec<_>>().join("\n")
}

/// A message from another day, another one from another person, and every state of one's own.
fn busy() -> Model {
    let mut model = online();
    let mut yesterday = message(1, LISI, "明天见！");
    yesterday.at = hongyan_client::Millis::from_trusted(NOON - 86_400_000);
    tell(&mut model, Event::Entry(yesterday));
    tell(&mut model, Event::Entry(message(2, ME, "早上好")));
    tell(
        &mut model,
        Event::Entry(message(
            3,
            ME,
            "The wild goose carries letters over ten thousand miles.",
        )),
    );
    let mut edited = message(4, LISI, "鸿雁在云鱼在水");
    edited.edited_by = Some(hongyan_client::Seq::from_trusted(5));
    tell(&mut model, Event::Entry(edited));
    let recalled = Entry {
        body: None,
        ..message(6, LISI, "")
    };
    tell(&mut model, Event::Entry(recalled));
    tell(&mut model, Event::Entry(message(7, ME, "delivered")));
    tell(&mut model, Event::Entry(message(8, ME, "sent")));
    tell(
        &mut model,
        Event::Receipt(hongyan_client::Receipt {
            conv: CONV,
            user: LISI,
            read: hongyan_client::Seq::from_trusted(3),
            delivered: hongyan_client::Seq::from_trusted(7),
        }),
    );
    model.outcome(Outcome::Submitted {
        target: Target::Conversation(CONV),
        client_id: ClientId::new("mine").unwrap(),
        text: "on its way".into(),
        at: i64::try_from(NOON).unwrap() + 540_000,
    });
    let stranger = Entry {
        conv: ConversationId::from_trusted(2),
        ..message(2, UserId::from_trusted(1002), "在吗？\n有件事想问你")
    };
    tell(&mut model, Event::Entry(stranger));
    model
}

#[test]
fn a_busy_screen() {
    insta::assert_snapshot!("busy_en", screen(&mut busy(), Language::English, 72, 22));
    insta::assert_snapshot!("busy_zh", screen(&mut busy(), Language::Chinese, 72, 22));
}

#[test]
fn a_group_its_members_and_what_can_be_asked() {
    let mut model = group();
    tell(&mut model, Event::Entry(message(2, LISI, "大家好")));
    let users = vec![LISI];
    tell(&mut model, event(3, ME, GroupEvent::Removed { users }));
    insta::assert_snapshot!("group_en", screen(&mut model, Language::English, 72, 14));
    insta::assert_snapshot!("group_zh", screen(&mut model, Language::Chinese, 72, 14));
    let members = vec![
        (ME, "张三".to_owned(), Role::Owner),
        (LISI, "李四".to_owned(), Role::Member),
    ];
    model.outcome(Outcome::Asked(Answer::Members(members, true)));
    insta::assert_snapshot!("members", screen(&mut model, Language::Chinese, 72, 14));
    write(&mut model, "/help");
    press(&mut model, KeyCode::Enter);
    insta::assert_snapshot!("help_en", screen(&mut model, Language::English, 72, 14));
    insta::assert_snapshot!("help_zh", screen(&mut model, Language::Chinese, 72, 14));
    for width in 1..40 {
        for height in 1..14 {
            screen(&mut model, Language::Chinese, width, height);
        }
    }
}

#[test]
fn the_first_screen() {
    let mut model = Model::new(Some(Notice::NotKept));
    insta::assert_snapshot!("first", screen(&mut model, Language::English, 72, 9));
}

#[test]
fn a_lost_connection_counts_down_and_a_question_stands_below() {
    let mut model = busy();
    let reason = Reason::Silent;
    let retry_in = Duration::from_millis(12_400);
    tell(&mut model, Event::Disconnected { reason, retry_in });
    control(&mut model, 'r');
    insta::assert_snapshot!("waiting", screen(&mut model, Language::Chinese, 72, 12));
}

#[test]
fn a_long_text_is_written_over_lines_and_scrolled() {
    let mut model = busy();
    write(&mut model, &"鸿雁传书 ".repeat(20));
    press(&mut model, KeyCode::Home);
    for _ in 0..3 {
        press(&mut model, KeyCode::Right);
    }
    insta::assert_snapshot!("composer", screen(&mut model, Language::English, 40, 14));
}

#[test]
fn scrolled_back() {
    let mut model = busy();
    screen(&mut model, Language::English, 72, 10);
    press(&mut model, KeyCode::PageUp);
    insta::assert_snapshot!("scrolled", screen(&mut model, Language::English, 72, 10));
}

#[test]
fn any_size_will_do() {
    let mut model = busy();
    write(&mut model, "好的");
    for width in 1..40 {
        for height in 1..14 {
            screen(&mut model, Language::Chinese, width, height);
        }
    }
}

#[test]
fn nothing_that_somebody_wrote_steers_the_terminal() {
    let mut model = online();
    let evil = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31mred\ttab\u{202e}dlrow";
    let mut user = crate::chat::model::tests::profile(LISI, "lisi", evil);
    user.login = evil.into();
    tell(&mut model, Event::Profiles(vec![user]));
    tell(&mut model, Event::Entry(message(1, LISI, evil)));
    let screen = screen(&mut model, Language::English, 60, 12);
    let steers = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
    assert!(!screen.contains(steers), "{screen:?}");
}
