//! Retention: what is not to be kept goes, for everybody, and what stays is whole.

use hongyan_protocol::{ConversationId, Seq, UserId};

use super::fixture::{Engine, Fixture, WIDE, seq, text};
use crate::{
    AppendError, Change, Content, GroupChange, HISTORY_LIMIT, Logs, Maintenance, ReactError,
    ReactionRange, Reactions, RetainStep, Retained, Retention, Role, Setting, SyncCursor, Target,
};

/// In milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1000;

/// More than there are.
const MANY: usize = 1000;

fn keeps(days: u32, entries: u64) -> Retention {
    Retention { days, entries }
}

/// One step from the beginning, of at most so many bodies.
async fn step<E: Engine>(f: &mut Fixture<E>, keep: Retention, bodies: usize) -> Retained {
    let step = RetainStep {
        keep,
        now: f.tick(),
        after: ConversationId::default(),
        bodies,
    };
    f.store().retain(step).await.unwrap()
}

/// All steps. The floors that have risen.
async fn retain<E: Engine>(f: &mut Fixture<E>, keep: Retention) -> Vec<(ConversationId, Seq)> {
    let (now, mut after) = (f.tick(), ConversationId::default());
    let mut floors = Vec::new();
    loop {
        let step = RetainStep {
            keep,
            now,
            after,
            bodies: MANY,
        };
        let done = f.store().retain(step).await.unwrap();
        floors.extend(done.floors.iter().map(|floor| (floor.conv, floor.floor)));
        match done.next {
            Some(next) => after = next,
            None => return floors,
        }
    }
}

/// What is read of a log, by its first seq.
async fn first<E: Engine>(f: &Fixture<E>, user: UserId, conv: ConversationId) -> u64 {
    let log = f.log(user, conv).await;
    log.first().map_or(0, |entry| entry.seq.get())
}

async fn said<E: Engine>(f: &mut Fixture<E>, count: u64) -> (UserId, UserId, ConversationId) {
    let (a, b) = f.pair().await;
    let mut conv = None;
    for at in 0..count {
        conv = Some(f.say(a, b, &format!("text {at}")).await.conv);
    }
    (a, b, conv.unwrap())
}

pub async fn by_days<E: Engine>(f: &mut Fixture<E>) {
    let (a, b, conv) = said(f, 3).await;
    f.pass(2 * DAY);
    f.say(b, a, "young").await;
    f.pass(DAY);
    assert_eq!(retain(f, keeps(4, 0)).await, []);
    assert_eq!(retain(f, keeps(2, 0)).await, [(conv, seq(3))]);
    for user in [a, b] {
        assert_eq!(first(f, user, conv).await, 4);
        let seen = f.conversation(user, conv).await;
        assert_eq!(
            (seen.since, seen.floor, seen.head),
            (seq(4), seq(3), seq(4))
        );
    }
    // It does not come back where more is kept again.
    assert_eq!(retain(f, keeps(9, 0)).await, []);
    assert_eq!(first(f, a, conv).await, 4);
    // All of it may be gone.
    f.pass(9 * DAY);
    assert_eq!(retain(f, keeps(2, 0)).await, [(conv, seq(4))]);
    assert_eq!(f.log(a, conv).await, []);
    assert_eq!(f.say(a, b, "again").await.seq, seq(5));
    assert_eq!(first(f, b, conv).await, 5);
}

pub async fn by_entries<E: Engine>(f: &mut Fixture<E>) {
    let (a, b, conv) = said(f, 10).await;
    assert_eq!(retain(f, keeps(0, 10)).await, []);
    assert_eq!(retain(f, keeps(0, 4)).await, [(conv, seq(6))]);
    assert_eq!(f.log(b, conv).await.len(), 4);
    f.say(a, b, "one more").await;
    assert_eq!(retain(f, keeps(0, 4)).await, [(conv, seq(7))]);
    assert_eq!(retain(f, keeps(0, 4)).await, []);
}

pub async fn the_shorter_counts<E: Engine>(f: &mut Fixture<E>) {
    let owner = f.user().await;
    let made = f.new_group(owner, "wild geese", &[]);
    let conv = f.append(&made).await.unwrap().conv;
    for _ in 0..19 {
        let message = f.message(owner, Target::Conversation(conv), "text");
        f.append(&message).await.unwrap();
    }
    let (.., pair) = said(f, 20).await;
    let set = |setting| GroupChange::Set(setting);
    let change = f.group_change(owner, conv, set(Setting::KeepEntries(5)));
    f.append(&change).await.unwrap();
    let own = (conv, seq(16));
    assert_eq!(retain(f, keeps(0, 0)).await, [own]);
    assert_eq!(retain(f, keeps(0, 9)).await, [(pair, seq(11))]);
    assert_eq!(
        retain(f, keeps(0, 3)).await,
        [(conv, seq(18)), (pair, seq(17))]
    );
    // A group that keeps more than the server does keeps no more.
    let change = f.group_change(owner, conv, set(Setting::KeepEntries(500)));
    f.append(&change).await.unwrap();
    assert_eq!(retain(f, keeps(0, 3)).await, [(conv, seq(19))]);
    f.pass(3 * DAY);
    let change = f.group_change(owner, conv, set(Setting::KeepDays(1)));
    f.append(&change).await.unwrap();
    assert_eq!(retain(f, keeps(0, 0)).await, [(conv, seq(22))]);
}

pub async fn what_is_gone_is_nowhere<E: Engine>(f: &mut Fixture<E>) {
    let (a, b, conv) = said(f, 3).await;
    let edited = f.edit(a, conv, seq(2), "said better");
    f.append(&edited).await.unwrap();
    let recalled = f.recall(a, conv, seq(3));
    f.append(&recalled).await.unwrap();
    let mut mention = f.message(a, Target::Conversation(conv), "you");
    if let Change::Message { mentions, .. } = &mut mention.change {
        *mentions = vec![b];
    }
    f.append(&mention).await.unwrap();
    f.say(a, b, "stays").await;
    let page = f.store().mentions(b, None, 10).await.unwrap();
    assert_eq!(page.entries.len(), 1);
    // The edit stands above the floor, its message below.
    assert_eq!(retain(f, keeps(0, 4)).await, [(conv, seq(3))]);
    let blank = Content::Edit {
        target: seq(2),
        body: None,
        recalled_by: None,
    };
    assert_eq!(f.entry(b, conv, 4).await.content, blank);
    assert_eq!(retain(f, keeps(0, 1)).await, [(conv, seq(6))]);
    let page = f.store().mentions(b, None, 10).await.unwrap();
    assert_eq!(page.entries, []);
    let page = f.sync(b, SyncCursor::Since(0), WIDE).await;
    assert_eq!((page.total_unread, page.mentions.len()), (1, 0));
    // Whoever follows all changes gets the entries, without what they said.
    f.reopen().await;
    let all = f.store().changes(0, HISTORY_LIMIT).await.unwrap();
    let bodies = all
        .into_iter()
        .filter_map(|committed| match committed.entry.content {
            Content::Message { body, mentions, .. } => {
                assert_eq!(mentions, []);
                body
            }
            Content::Edit { body, .. } => body,
            Content::Recall { .. } | Content::Event(_) => None,
        });
    assert!(bodies.eq(text("stays")));
}

pub async fn what_is_gone_is_as_if_it_never_was<E: Engine>(f: &mut Fixture<E>) {
    let (a, b, conv) = said(f, 4).await;
    let first = f.message(a, Target::Conversation(conv), "first");
    let told = f.append(&first).await.unwrap();
    let reaction = f.reaction(b, (conv, 5), "👍", true);
    f.react(&reaction).await.unwrap();
    let pin = f.group_change(b, conv, GroupChange::Pin(seq(5)));
    f.append(&pin).await.unwrap();
    f.say(a, b, "stays").await;
    let reaction = f.reaction(b, (conv, 7), "👍", true);
    f.react(&reaction).await.unwrap();
    assert_eq!(f.unread(b, conv).await, 6);
    assert_eq!(retain(f, keeps(0, 2)).await, [(conv, seq(5))]);
    for is_settled in [false, true] {
        assert_eq!(f.unread(b, conv).await, 1);
        assert_eq!(f.store().direct_unread(b).await.unwrap(), 1);
        let seen = f.conversation(b, conv).await;
        assert_eq!(seen.pinned, []);
        let range = ReactionRange::Within(seq(0), seq(9));
        let reactions = f.store().reactions(b, conv, range, 10).await.unwrap();
        let found: Vec<_> = reactions.messages.iter().map(|at| at.seq.get()).collect();
        assert_eq!(found, [7]);
        let mut reply = f.message(b, Target::Conversation(conv), "reply");
        if let Change::Message { reply_to, .. } = &mut reply.change {
            *reply_to = Some(seq(5));
        }
        for append in [
            reply,
            f.edit(a, conv, seq(5), "other"),
            f.recall(a, conv, seq(5)),
            f.group_change(b, conv, GroupChange::Pin(seq(5))),
        ] {
            assert_eq!(f.append(&append).await, Err(AppendError::NoSuchMessage));
        }
        let reaction = f.reaction(a, (conv, 5), "👍", true);
        assert_eq!(f.react(&reaction).await, Err(ReactError::NoSuchMessage));
        // What was sent was sent.
        let again = f.append(&first).await.unwrap();
        assert!(again.duplicate);
        assert_eq!((again.seq, again.id), (told.seq, told.id));
        if !is_settled {
            f.reopen().await;
        }
    }
}

pub async fn steps_are_bounded<E: Engine>(f: &mut Fixture<E>) {
    let (a, _, conv) = said(f, 40).await;
    let done = step(f, keeps(0, 5), 10).await;
    // The floor is there at once, and the bodies go by and by.
    assert_eq!(done.bodies, 10);
    assert_eq!(done.floors[0].floor, seq(35));
    assert_eq!(first(f, a, conv).await, 36);
    let mut bodies = done.bodies;
    let mut next = done.next;
    while let Some(after) = next {
        f.verify().await;
        let go_on = RetainStep {
            keep: keeps(0, 5),
            now: f.tick(),
            after,
            bodies: 10,
        };
        let done = f.store().retain(go_on).await.unwrap();
        assert_eq!(done.floors, []);
        assert!(done.bodies <= 10);
        bodies += done.bodies;
        next = done.next;
    }
    assert_eq!(bodies, 35);
    let again = step(f, keeps(0, 5), 10).await;
    assert_eq!((again.floors, again.bodies), (Vec::new(), 0));
}

pub async fn a_restart_goes_on<E: Engine>(f: &mut Fixture<E>) {
    said(f, 40).await;
    let (a, b, conv) = said(f, 40).await;
    step(f, keeps(0, 5), 10).await;
    f.reopen().await;
    // Also where it is kept again what was not.
    let floors = retain(f, keeps(0, 0)).await;
    assert_eq!(floors, []);
    assert_eq!(retain(f, keeps(0, 5)).await, [(conv, seq(35))]);
    assert_eq!(f.say(a, b, "on").await.seq, seq(41));
    f.reopen().await;
    assert_eq!(first(f, b, conv).await, 36);
}

pub async fn who_may_say_how_much_is_kept<E: Engine>(f: &mut Fixture<E>) {
    let (owner, admin) = f.pair().await;
    let made = f.new_group(owner, "wild geese", &[admin]);
    let conv = f.append(&made).await.unwrap().conv;
    let role = GroupChange::Role(admin, Role::Admin);
    let change = f.group_change(owner, conv, role);
    f.append(&change).await.unwrap();
    for setting in [Setting::KeepDays(30), Setting::KeepEntries(1000)] {
        let change = f.group_change(admin, conv, GroupChange::Set(setting.clone()));
        assert_eq!(f.append(&change).await, Err(AppendError::NotAllowed));
        let change = f.group_change(owner, conv, GroupChange::Set(setting.clone()));
        f.append(&change).await.unwrap();
        let change = f.group_change(owner, conv, GroupChange::Set(setting));
        assert_eq!(f.append(&change).await, Err(AppendError::Unchanged));
    }
    let keep = |group: Option<std::sync::Arc<crate::Settings>>| group.unwrap().keep;
    let kept = keep(f.conversation(admin, conv).await.group);
    assert_eq!(kept, keeps(30, 1000));
    f.reopen().await;
    assert_eq!(keep(f.conversation(admin, conv).await.group), kept);
}
