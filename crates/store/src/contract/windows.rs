//! Windows: what those who come into a group may read of what was said before.

use hongyan_protocol::{ConversationId, Seq, UserId};

use super::fixture::{Engine, Fixture, WIDE, seq, text};
use crate::{
    AppendError, Content, GroupChange, HistoryRange, Logs, Setting, SyncCursor, Target, Window,
};

/// In milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1000;

async fn group<E: Engine>(f: &mut Fixture<E>, window: Window) -> (UserId, ConversationId) {
    let owner = f.user().await;
    let new = f.new_group(owner, "雁群", &[]);
    let conv = f.append(&new).await.unwrap().conv;
    if window != Window::All {
        change(f, owner, conv, GroupChange::Set(Setting::History(window))).await;
    }
    (owner, conv)
}

async fn change<E: Engine>(
    f: &mut Fixture<E>,
    from: UserId,
    conv: ConversationId,
    change: GroupChange,
) -> Seq {
    let append = f.group_change(from, conv, change);
    f.append(&append).await.unwrap().seq
}

async fn says<E: Engine>(f: &mut Fixture<E>, from: UserId, conv: ConversationId) -> Seq {
    let append = f.message(from, Target::Conversation(conv), "said");
    f.append(&append).await.unwrap().seq
}

/// Where each way of reading begins, for this member: all agree.
async fn read_from<E: Engine>(f: &Fixture<E>, user: UserId, conv: ConversationId) -> Seq {
    let since = f.conversation(user, conv).await.since;
    let ranges = [
        HistoryRange::Latest,
        HistoryRange::After(Seq::ZERO),
        HistoryRange::Before(seq(1000)),
    ];
    for range in ranges {
        let page = f.store().history(user, conv, range, 100).await.unwrap();
        assert_eq!(page.since, since, "{range:?}");
        assert_eq!(page.entries[0].seq, since, "{range:?}");
    }
    for range in [HistoryRange::Before(since), HistoryRange::After(seq(500))] {
        let page = f.store().history(user, conv, range, 100).await.unwrap();
        assert_eq!(page.entries, [], "{range:?}");
    }
    let page = f.sync(user, SyncCursor::Since(0), WIDE).await;
    let mut told = page.conversations.iter();
    let (told, _, entries) = told.find(|(told, ..)| told.id == conv).unwrap();
    assert_eq!((told.since, entries[0].seq), (since, since));
    since
}

pub async fn who_comes_reads_what_the_group_lets<E: Engine>(f: &mut Fixture<E>) {
    for is_settled in [false, true] {
        for window in [Window::All, Window::Joining] {
            let (owner, conv) = group(f, window).await;
            let newcomer = f.user().await;
            says(f, owner, conv).await;
            let came = change(f, owner, conv, GroupChange::Add(vec![newcomer])).await;
            if is_settled {
                f.reopen().await;
            }
            let since = match window {
                Window::All => seq(1),
                Window::Joining | Window::Days(_) => came,
            };
            assert_eq!(read_from(f, newcomer, conv).await, since);
            assert_eq!(read_from(f, owner, conv).await, seq(1));
            assert_eq!(f.unread(newcomer, conv).await, 0);
            says(f, owner, conv).await;
            assert_eq!(f.unread(newcomer, conv).await, 1);
            // Another setting changes nothing for who is in.
            let other = Setting::History(Window::Days(3));
            change(f, owner, conv, GroupChange::Set(other)).await;
            assert_eq!(read_from(f, newcomer, conv).await, since);
        }
    }
}

pub async fn nothing_of_before_is_told<E: Engine>(f: &mut Fixture<E>) {
    let (owner, conv) = group(f, Window::Joining).await;
    let (early, newcomer) = f.pair().await;
    change(f, owner, conv, GroupChange::Add(vec![early])).await;
    let old = says(f, owner, conv).await;
    change(f, owner, conv, GroupChange::Add(vec![newcomer])).await;
    let role = GroupChange::Role(newcomer, crate::Role::Admin);
    change(f, owner, conv, role).await;
    let new = says(f, owner, conv).await;
    for is_settled in [false, true] {
        let mut answer = f.message(newcomer, Target::Conversation(conv), "what was that?");
        if let crate::Change::Message { reply_to, .. } = &mut answer.change {
            *reply_to = Some(old);
        }
        assert_eq!(f.append(&answer).await, Err(AppendError::NoSuchMessage));
        // An admin recalls what others said, but not what the admin never saw.
        let recall = f.recall(newcomer, conv, old);
        assert_eq!(f.append(&recall).await, Err(AppendError::NoSuchMessage));

        // The new wording of an old message is not for who may not read the old one.
        let edit = f.edit(owner, conv, old, "said better");
        let edited = f.append(&edit).await.unwrap();
        assert_eq!(*edited.blind, [newcomer]);
        let at = edited.seq.get();
        let seen = |body| Content::Edit {
            target: old,
            body,
            recalled_by: None,
        };
        assert_eq!(f.entry(newcomer, conv, at).await.content, seen(None));
        let whole = seen(text("said better"));
        assert_eq!(f.entry(early, conv, at).await.content, whole);
        assert_eq!(f.entry(owner, conv, at).await.content, whole);
        let page = f.sync(newcomer, SyncCursor::Since(0), WIDE).await;
        let (.., entries) = &page.conversations[0];
        let told = entries.iter().find(|entry| entry.seq == edited.seq);
        assert_eq!(told.unwrap().content, seen(None));
        // That of a newer one is for all.
        let edit = f.edit(owner, conv, new, "said better");
        assert_eq!(*f.append(&edit).await.unwrap().blind, []);
        if !is_settled {
            f.reopen().await;
        }
    }
}

pub async fn who_comes_back_has_a_new_window<E: Engine>(f: &mut Fixture<E>) {
    let (owner, conv) = group(f, Window::All).await;
    let member = f.user().await;
    change(f, owner, conv, GroupChange::Add(vec![member])).await;
    let own = says(f, member, conv).await;
    for round in 0..6 {
        let window = *[Window::Joining, Window::All].get(round % 2).unwrap();
        change(f, owner, conv, GroupChange::Set(Setting::History(window))).await;
        change(f, owner, conv, GroupChange::Remove(vec![member])).await;
        says(f, owner, conv).await;
        if round > 2 {
            f.store().total_unread(owner).await.unwrap();
        }
        let back = change(f, owner, conv, GroupChange::Add(vec![member])).await;
        let edit = f.edit(member, conv, own, &format!("edited {round}"));
        let edited = f.append(&edit).await;
        match window {
            Window::All => {
                assert_eq!(read_from(f, member, conv).await, seq(1));
                edited.unwrap();
            }
            _ => {
                assert_eq!(read_from(f, member, conv).await, back);
                assert_eq!(edited, Err(AppendError::NoSuchMessage));
            }
        }
    }
}

pub async fn days_reach_back_by_the_time_of_entries<E: Engine>(f: &mut Fixture<E>) {
    let (owner, conv) = group(f, Window::Days(3)).await;
    for _ in 0..40 {
        says(f, owner, conv).await;
        f.pass(DAY / 4 + 7);
    }
    for is_settled in [false, true] {
        let newcomer = f.user().await;
        let add = f.group_change(owner, conv, GroupChange::Add(vec![newcomer]));
        let earliest = add.at.get() - 3 * DAY;
        f.append(&add).await.unwrap();
        let log = f.log(owner, conv).await;
        let young = log.iter().find(|entry| entry.at.get() >= earliest).unwrap();
        assert!(young.seq > seq(20) && young.seq < seq(41));
        assert_eq!(read_from(f, newcomer, conv).await, young.seq);
        if !is_settled {
            f.reopen().await;
        }
    }
    // A group in which nothing was said for longer begins with whoever comes.
    f.pass(10 * DAY);
    let newcomer = f.user().await;
    let came = change(f, owner, conv, GroupChange::Add(vec![newcomer])).await;
    assert_eq!(read_from(f, newcomer, conv).await, came);
}
