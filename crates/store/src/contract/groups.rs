//! Groups: who is in, who may do what, and who sees what.

use hongyan_protocol::{ConversationId, UserId};

use super::fixture::{Engine, Fixture, WIDE, seq};
use crate::{
    AppendError, Content, ConversationKind, Event, GROUPS_A_USER, GroupChange, HistoryRange, Logs,
    MEMBERS_TOLD, ReadError, Role, Setting, Standing, SyncCursor, Target, USERS_A_CHANGE, Who,
};

/// An owner, an admin, a member, and their group.
async fn group<E: Engine>(f: &mut Fixture<E>) -> ([UserId; 3], ConversationId) {
    let users = [f.user().await, f.user().await, f.user().await];
    let [owner, admin, member] = users;
    let new = f.new_group(owner, "雁群", &[admin, member]);
    let conv = f.append(&new).await.unwrap().conv;
    changed(f, owner, conv, GroupChange::Role(admin, Role::Admin)).await;
    (users, conv)
}

/// The change goes through.
async fn changed<E: Engine>(
    f: &mut Fixture<E>,
    from: UserId,
    conv: ConversationId,
    change: GroupChange,
) {
    let append = f.group_change(from, conv, change);
    f.append(&append).await.unwrap();
}

async fn refused<E: Engine>(
    f: &mut Fixture<E>,
    from: UserId,
    conv: ConversationId,
    change: GroupChange,
) -> AppendError {
    let append = f.group_change(from, conv, change);
    f.append(&append).await.unwrap_err()
}

async fn says<E: Engine>(
    f: &mut Fixture<E>,
    from: UserId,
    conv: ConversationId,
    text: &str,
) -> Result<u64, AppendError> {
    let append = f.message(from, Target::Conversation(conv), text);
    f.append(&append).await.map(|appended| appended.seq.get())
}

/// A group of one owner and `others`, brought in as many at a time as may be.
async fn large<E: Engine>(
    f: &mut Fixture<E>,
    others: usize,
) -> (UserId, Vec<UserId>, ConversationId) {
    let owner = f.user().await;
    let mut users = Vec::new();
    for _ in 0..others {
        users.push(f.user().await);
    }
    let new = f.new_group(owner, "large", &[]);
    let conv = f.append(&new).await.unwrap().conv;
    for some in users.chunks(USERS_A_CHANGE) {
        changed(f, owner, conv, GroupChange::Add(some.to_vec())).await;
    }
    (owner, users, conv)
}

pub async fn begins_with_its_owner<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let new = f.new_group(a, "雁群", &[a, b]);
    let made = f.append(&new).await.unwrap();
    assert_eq!((made.seq, &*made.members), (seq(1), &[a, b][..]));
    let seen = f.conversation(b, made.conv).await;
    assert_eq!((seen.kind, seen.size), (ConversationKind::Group, 2));
    assert_eq!(seen.role, Some(Role::Member));
    assert_eq!(seen.group.unwrap().name, "雁群".into());
    let Content::Event(event) = f.entry(b, made.conv, 1).await.content else {
        panic!("a group begins with an event");
    };
    let (name, users) = ("雁群".into(), vec![b]);
    assert_eq!(event, Event::Created { name, users });
    // A retry makes no other one, and neither does it after a restart.
    assert!(f.append(&new).await.unwrap().duplicate);
    f.reopen().await;
    let again = f.append(&new).await.unwrap();
    assert_eq!((again.conv, again.duplicate), (made.conv, true));
    assert_eq!(f.conversation(a, made.conv).await.role, Some(Role::Owner));
    // Two groups of the same people are two.
    let another = f.new_group(a, "雁群", &[a, b]);
    assert_ne!(f.append(&another).await.unwrap().conv, made.conv);
    // With people who do not exist there is none.
    let nobody = UserId::new(1).unwrap();
    let with_nobody = f.new_group(a, "x", &[nobody]);
    assert_eq!(f.append(&with_nobody).await, Err(AppendError::NoSuchUser));
}

pub async fn nobody_is_in_more_than_so_many<E: Engine>(f: &mut Fixture<E>) {
    let (owner, busy) = f.pair().await;
    let mut convs = Vec::new();
    for _ in 0..GROUPS_A_USER / 500 {
        let new: Vec<_> = (0..500)
            .map(|_| f.new_group(owner, "one of many", &[busy]))
            .collect();
        for made in f.append_all(&new).await {
            convs.push(made.unwrap().conv);
        }
    }
    let leaves = |conv| (busy, conv, GroupChange::Leave);
    for is_settled in [false, true] {
        if is_settled {
            f.reopen().await;
        }
        let another = f.new_group(busy, "too much", &[]);
        assert_eq!(f.append(&another).await, Err(AppendError::ListFull));
        let friend = f.user().await;
        let another = f.new_group(friend, "too much", &[busy]);
        assert_eq!(f.append(&another).await, Err(AppendError::ListFull));
        let small = f.new_group(friend, "small", &[]);
        let small = f.append(&small).await.unwrap().conv;
        let add = || GroupChange::Add(vec![busy]);
        assert_eq!(
            refused(f, friend, small, add()).await,
            AppendError::ListFull
        );
        // Who goes out of one has room for one.
        let (user, conv, leave) = leaves(convs.pop().unwrap());
        changed(f, user, conv, leave).await;
        changed(f, friend, small, add()).await;
        assert_eq!(refused(f, owner, conv, add()).await, AppendError::ListFull);
        changed(f, friend, small, GroupChange::Disband).await;
        changed(f, owner, conv, add()).await;
        convs.push(conv);
    }
}

pub async fn who_may_do_what<E: Engine>(f: &mut Fixture<E>) {
    let ([owner, admin, member], conv) = group(f).await;
    let stranger = f.user().await;
    let name = || GroupChange::Set(Setting::Name("another".into()));
    let refusals = [
        (member, name(), AppendError::NotAllowed),
        (
            member,
            GroupChange::Remove(vec![admin]),
            AppendError::NotAllowed,
        ),
        (
            admin,
            GroupChange::Remove(vec![owner]),
            AppendError::NotAllowed,
        ),
        (
            owner,
            GroupChange::Remove(vec![owner]),
            AppendError::NotAllowed,
        ),
        (
            owner,
            GroupChange::Remove(vec![stranger]),
            AppendError::NotInGroup,
        ),
        (
            admin,
            GroupChange::Role(member, Role::Admin),
            AppendError::NotAllowed,
        ),
        (
            owner,
            GroupChange::Role(stranger, Role::Admin),
            AppendError::NotInGroup,
        ),
        (
            owner,
            GroupChange::Role(admin, Role::Admin),
            AppendError::Unchanged,
        ),
        (
            owner,
            GroupChange::Role(owner, Role::Member),
            AppendError::OwnerStays,
        ),
        (owner, GroupChange::Leave, AppendError::OwnerStays),
        (
            owner,
            GroupChange::Add(vec![member]),
            AppendError::Unchanged,
        ),
        (admin, GroupChange::Disband, AppendError::NotAllowed),
        (stranger, name(), AppendError::NotMember),
        (stranger, GroupChange::Leave, AppendError::NotMember),
    ];
    for (from, change, reason) in refusals {
        let what = format!("{from}: {change:?}");
        assert_eq!(refused(f, from, conv, change).await, reason, "{what}");
    }
    // A conversation of two is none.
    let pair = f.say(owner, admin, "between us").await.conv;
    let refused = refused(f, owner, pair, GroupChange::Leave).await;
    assert_eq!(refused, AppendError::NotAllowed);
    changed(f, admin, conv, name()).await;
    changed(f, owner, conv, GroupChange::Role(member, Role::Owner)).await;
    assert_eq!(f.conversation(owner, conv).await.role, Some(Role::Admin));
    assert_eq!(f.conversation(member, conv).await.role, Some(Role::Owner));
}

pub async fn what_settings_say_holds<E: Engine>(f: &mut Fixture<E>) {
    let ([owner, admin, member], conv) = group(f).await;
    let stranger = f.user().await;
    let only_admins = Who::Admins;
    changed(f, admin, conv, GroupChange::Set(Setting::Post(only_admins))).await;
    changed(
        f,
        owner,
        conv,
        GroupChange::Set(Setting::Invite(only_admins)),
    )
    .await;
    assert_eq!(
        says(f, member, conv, "may I?").await,
        Err(AppendError::NotAllowed)
    );
    says(f, admin, conv, "no").await.unwrap();
    let bring = || GroupChange::Add(vec![stranger]);
    let reason = refused(f, member, conv, bring()).await;
    assert_eq!(reason, AppendError::NotAllowed);
    changed(f, admin, conv, bring()).await;
    let settings = f.conversation(stranger, conv).await.group.unwrap();
    assert_eq!((settings.post, settings.invite), (only_admins, only_admins));
}

pub async fn admins_recall_what_others_said<E: Engine>(f: &mut Fixture<E>) {
    let ([owner, admin, member], conv) = group(f).await;
    let said = says(f, owner, conv, "by the owner").await.unwrap();
    let recall = f.recall(member, conv, seq(said));
    assert_eq!(f.append(&recall).await, Err(AppendError::NotSender));
    let recall = f.recall(admin, conv, seq(said));
    f.append(&recall).await.unwrap();
    let edit = f.edit(admin, conv, seq(said), "not by the owner");
    assert_eq!(f.append(&edit).await, Err(AppendError::NotSender));
    // In a conversation of two there is no admin.
    let said = f.say(owner, admin, "between us").await;
    let recall = f.recall(admin, said.conv, said.seq);
    assert_eq!(f.append(&recall).await, Err(AppendError::NotSender));
}

/// Whoever is out gets the entry that says so, and nothing later, whatever is settled by then.
pub async fn whoever_is_out_sees_nothing_later<E: Engine>(f: &mut Fixture<E>) {
    let ([owner, _, member], conv) = group(f).await;
    for round in 0..10 {
        says(f, owner, conv, "all hear this").await.unwrap();
        let cursor = f.sync(member, SyncCursor::Since(0), WIDE).await.next;
        let change = GroupChange::Remove(vec![member]);
        let remove = f.group_change(owner, conv, change);
        let secret = f.message(owner, Target::Conversation(conv), "not for the one");
        let outcomes = f.append_all(&[remove, secret]).await;
        let removed = outcomes[0].as_ref().unwrap();
        assert!(removed.members.contains(&member), "is told so");
        assert!(!outcomes[1].as_ref().unwrap().members.contains(&member));
        if round % 2 == 1 {
            f.store().total_unread(owner).await.unwrap();
        }
        let range = HistoryRange::Latest;
        let read = f.store().history(member, conv, range, 10).await;
        assert_eq!(read, Err(ReadError::NotMember));
        let seen = f.store().conversation(member, conv).await;
        assert_eq!(seen, Err(ReadError::NotMember));
        assert_eq!(
            says(f, member, conv, "still?").await,
            Err(AppendError::NotMember)
        );
        assert!(f.advance(member, conv, Some(1), None).await.is_err());
        // The client that knew it learns that it ended, and where; a new one does not hear of it.
        let page = f.sync(member, cursor, WIDE).await;
        let [(told, unread, entries)] = &page.conversations[..] else {
            panic!("{page:?}");
        };
        assert_eq!((told.head, told.role, *unread), (removed.seq, None, 0));
        assert_eq!(
            (entries.len(), told.group.as_ref(), told.members.len()),
            (0, None, 0)
        );
        let page = f.sync(member, page.next, WIDE).await;
        assert_eq!(page.conversations, []);
        let anew = f.sync(member, SyncCursor::Since(0), WIDE).await;
        assert!(anew.conversations.is_empty());
        assert_eq!(anew.total_unread, 0);
        changed(f, owner, conv, GroupChange::Add(vec![member])).await;
        assert_eq!(
            f.unread(member, conv).await,
            0,
            "what was before is not unread"
        );
        says(f, owner, conv, "welcome back").await.unwrap();
        assert_eq!(f.unread(member, conv).await, 1);
    }
}

pub async fn a_group_ends_for_everybody<E: Engine>(f: &mut Fixture<E>) {
    let (users, conv) = group(f).await;
    let [owner, ..] = users;
    let cursor = f.sync(users[2], SyncCursor::Since(0), WIDE).await.next;
    changed(f, owner, conv, GroupChange::Disband).await;
    for user in users {
        assert_eq!(
            says(f, user, conv, "anybody?").await,
            Err(AppendError::NotMember)
        );
        let seen = f.store().conversation(user, conv).await;
        assert_eq!(seen, Err(ReadError::NotMember));
    }
    let page = f.sync(users[2], cursor, WIDE).await;
    assert_eq!(page.conversations[0].0.role, None);
    f.reopen().await;
    // The last one to go ends it as well.
    let new = f.new_group(owner, "alone", &[]);
    let alone = f.append(&new).await.unwrap().conv;
    changed(f, owner, alone, GroupChange::Leave).await;
    let reason = refused(f, owner, alone, GroupChange::Leave).await;
    assert_eq!(reason, AppendError::NotMember);
}

/// Of a large group one's own position is told, and the members only by the page.
pub async fn a_large_group_is_told_in_pages<E: Engine>(f: &mut Fixture<E>) {
    let (owner, users, conv) = large(f, 2 * MEMBERS_TOLD).await;
    let reader = users[7];
    says(f, owner, conv, "one").await.unwrap();
    says(f, owner, conv, "two").await.unwrap();
    let seen = f.conversation(reader, conv).await;
    assert_eq!((seen.size, seen.members.len()), (users.len() + 1, 0));
    let mut found = Vec::new();
    loop {
        let after = found.last().copied().unwrap_or_default();
        let page = f.store().members(reader, conv, after, 50).await.unwrap();
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 50);
        found.extend(page.into_iter().map(|(member, _)| member.user));
    }
    let mut all = users.clone();
    all.push(owner);
    all.sort();
    assert_eq!(found, all);
    // What one reads, only that one's own syncs tell.
    let cursors = [reader, owner].map(|user| (user, SyncCursor::Since(0)));
    let mut next = Vec::new();
    for (user, cursor) in cursors {
        next.push((user, f.sync(user, cursor, WIDE).await.next));
    }
    assert_eq!(f.unread(reader, conv).await, 2);
    let head = f.conversation(reader, conv).await.head;
    let read = Some(head.get() - 1);
    assert!(f.advance(reader, conv, read, None).await.unwrap().changed);
    assert_eq!(f.unread(reader, conv).await, 1);
    for (user, cursor) in next {
        let page = f.sync(user, cursor, WIDE).await;
        let told = page.conversations.iter().map(|(told, ..)| told.me.read);
        let told: Vec<_> = told.collect();
        match user == reader {
            true => assert_eq!(told, [seq(head.get() - 1)]),
            false => assert_eq!(told, []),
        }
    }
    f.reopen().await;
    assert_eq!(f.unread(reader, conv).await, 1);
}

pub async fn of_many_it_is_not_kept_what_is_delivered<E: Engine>(f: &mut Fixture<E>) {
    let (owner, users, conv) = large(f, MEMBERS_TOLD).await;
    says(f, owner, conv, "one").await.unwrap();
    let head = says(f, owner, conv, "two").await.unwrap();
    let reader = users[0];
    f.reopen().await;
    let before = f.conversation(reader, conv).await.me;
    let moved = f.advance(reader, conv, None, Some(head)).await.unwrap();
    assert!(!moved.changed, "{moved:?}");
    assert_eq!(f.conversation(reader, conv).await.me, before);
    let moved = f.advance(reader, conv, Some(head - 1), Some(head)).await;
    let moved = moved.unwrap();
    assert_eq!(
        (moved.read, moved.delivered, moved.changed),
        (seq(head - 1), seq(head - 1), true),
        "what is read is kept"
    );
    // With one fewer it is kept again.
    changed(f, owner, conv, GroupChange::Remove(vec![users[1]])).await;
    let moved = f.advance(reader, conv, None, Some(head)).await.unwrap();
    assert_eq!((moved.delivered, moved.changed), (seq(head), true));
}

pub async fn what_members_have_seen<E: Engine>(f: &mut Fixture<E>) {
    let ([owner, admin, member], conv) = group(f).await;
    let late = f.user().await;
    let first = says(f, owner, conv, "one").await.unwrap();
    changed(f, owner, conv, GroupChange::Add(vec![late])).await;
    let joined = first + 1;
    changed(f, owner, conv, GroupChange::Remove(vec![member])).await;
    changed(f, owner, conv, GroupChange::Add(vec![member])).await;
    let again = first + 3;
    let last = says(f, owner, conv, "two").await.unwrap();
    f.advance(admin, conv, Some(first), None).await.unwrap();
    f.advance(late, conv, Some(last), None).await.unwrap();
    let standing = |user, joined, read| Standing {
        user,
        joined: seq(joined),
        read: seq(read),
    };
    let expected = [
        standing(owner, 1, last),
        standing(admin, 1, first),
        standing(member, again, again),
        standing(late, joined, last),
    ];
    // At once, and when all is in the tables.
    let (store, none) = (f.shared(), UserId::default());
    let found = store.standings(owner, conv, none, 10).await.unwrap();
    assert_eq!(found, expected);
    drop(store);
    f.reopen().await;
    let page = f.store().standings(owner, conv, owner, 2).await.unwrap();
    assert_eq!(page, expected[1..3]);
    let stranger = f.user().await;
    let refused = f.store().standings(stranger, conv, none, 10).await;
    assert_eq!(refused, Err(ReadError::NotMember));
}
