//! Order in groups: bans, mutes, slow mode and pins.

use hongyan_protocol::{ConversationId, Millis, UserId};

use super::fixture::{Engine, Fixture, seq};
use crate::{
    AppendError, Appended, GroupChange, Logs, PINS, ReadError, Role, Setting, Target, Who,
};

/// An owner, an admin, a member, and their group.
async fn group<E: Engine>(f: &mut Fixture<E>) -> ([UserId; 3], ConversationId) {
    let users = [f.user().await, f.user().await, f.user().await];
    let new = f.new_group(users[0], "雁群", &users[1..]);
    let conv = f.append(&new).await.unwrap().conv;
    let promoted = GroupChange::Role(users[1], Role::Admin);
    change(f, users[0], conv, promoted).await.unwrap();
    (users, conv)
}

async fn change<E: Engine>(
    f: &mut Fixture<E>,
    from: UserId,
    conv: ConversationId,
    change: GroupChange,
) -> Result<Appended, AppendError> {
    let append = f.group_change(from, conv, change);
    f.append(&append).await
}

async fn says<E: Engine>(
    f: &mut Fixture<E>,
    from: UserId,
    conv: ConversationId,
) -> Result<u64, AppendError> {
    let append = f.message(from, Target::Conversation(conv), "said");
    f.append(&append).await.map(|appended| appended.seq.get())
}

pub async fn who_is_banned_stays_out<E: Engine>(f: &mut Fixture<E>) {
    let ([owner, admin, member], conv) = group(f).await;
    let stranger = f.user().await;
    let both = || GroupChange::Ban(vec![member, stranger]);
    let nobody = GroupChange::Ban(vec![UserId::new(1).unwrap()]);
    let refusals = [
        (
            member,
            GroupChange::Ban(vec![stranger]),
            AppendError::NotAllowed,
        ),
        (
            admin,
            GroupChange::Ban(vec![owner]),
            AppendError::NotAllowed,
        ),
        (
            admin,
            GroupChange::Ban(vec![admin]),
            AppendError::NotAllowed,
        ),
        (admin, nobody, AppendError::NoSuchUser),
        (
            admin,
            GroupChange::Unban(vec![stranger]),
            AppendError::Unchanged,
        ),
    ];
    for (from, asked, reason) in refusals {
        let what = format!("{from}: {asked:?}");
        assert_eq!(change(f, from, conv, asked).await, Err(reason), "{what}");
    }
    let banned = change(f, admin, conv, both()).await.unwrap();
    assert!(banned.members.contains(&member), "is told so");
    assert!(!banned.members.contains(&stranger), "never was a member");
    for is_settled in [false, true] {
        let seen = f.store().conversation(member, conv).await;
        assert_eq!(seen, Err(ReadError::NotMember));
        assert_eq!(says(f, member, conv).await, Err(AppendError::NotMember));
        for user in [member, stranger] {
            let add = change(f, owner, conv, GroupChange::Add(vec![user])).await;
            assert_eq!(add, Err(AppendError::Banned));
        }
        let again = change(f, owner, conv, both()).await;
        assert_eq!(again, Err(AppendError::Unchanged));
        let order = f.store().order(owner, conv).await.unwrap();
        assert!(order.banned.iter().eq([&member, &stranger]));
        assert_eq!(f.conversation(owner, conv).await.size, 2);
        if !is_settled {
            f.reopen().await;
        }
    }
    let refused = f.store().order(stranger, conv).await;
    assert_eq!(refused, Err(ReadError::NotMember));
    change(f, owner, conv, GroupChange::Unban(vec![member]))
        .await
        .unwrap();
    change(f, owner, conv, GroupChange::Add(vec![member]))
        .await
        .unwrap();
    says(f, member, conv).await.unwrap();
}

pub async fn who_is_muted_reads_and_does_not_write<E: Engine>(f: &mut Fixture<E>) {
    let ([owner, admin, member], conv) = group(f).await;
    let said = says(f, member, conv).await.unwrap();
    let until = f.tick().plus(60_000);
    let mute = |user| GroupChange::Mute(user, until);
    for (from, user, reason) in [
        (member, admin, AppendError::NotAllowed),
        (admin, owner, AppendError::NotAllowed),
        (admin, admin, AppendError::NotAllowed),
        (admin, UserId::new(1).unwrap(), AppendError::NotInGroup),
    ] {
        assert_eq!(change(f, from, conv, mute(user)).await, Err(reason));
    }
    let sent = f.message(member, Target::Conversation(conv), "before");
    let first = f.append(&sent).await.unwrap();
    change(f, admin, conv, mute(member)).await.unwrap();
    let again = change(f, admin, conv, mute(member)).await;
    assert_eq!(again, Err(AppendError::Unchanged));
    for is_settled in [false, true] {
        assert_eq!(says(f, member, conv).await, Err(AppendError::Muted(until)));
        let edit = f.edit(member, conv, seq(said), "other words");
        assert_eq!(f.append(&edit).await, Err(AppendError::Muted(until)));
        let retry = f.append(&sent).await.unwrap();
        assert_eq!((retry.seq, retry.duplicate), (first.seq, true));
        says(f, owner, conv).await.unwrap();
        assert_eq!(f.unread(member, conv).await, 1 + u64::from(is_settled));
        assert_eq!(f.conversation(member, conv).await.muted_until, Some(until));
        if !is_settled {
            f.reopen().await;
        }
    }
    // What was said can be taken back. Leaving and coming back changes nothing.
    let recall = f.recall(member, conv, seq(said));
    f.append(&recall).await.unwrap();
    change(f, member, conv, GroupChange::Leave).await.unwrap();
    change(f, owner, conv, GroupChange::Add(vec![member]))
        .await
        .unwrap();
    assert_eq!(says(f, member, conv).await, Err(AppendError::Muted(until)));
    f.pass(60_000);
    says(f, member, conv).await.unwrap();
    // It ends before its time when an admin says so.
    let until = f.tick().plus(60_000);
    change(f, admin, conv, GroupChange::Mute(member, until))
        .await
        .unwrap();
    assert_eq!(says(f, member, conv).await, Err(AppendError::Muted(until)));
    change(f, admin, conv, GroupChange::Mute(member, Millis::default()))
        .await
        .unwrap();
    says(f, member, conv).await.unwrap();
}

pub async fn slow_mode_lets_one_message_through_at_a_time<E: Engine>(f: &mut Fixture<E>) {
    let ([owner, admin, member], conv) = group(f).await;
    says(f, member, conv).await.unwrap();
    change(f, admin, conv, GroupChange::Set(Setting::Slow(30)))
        .await
        .unwrap();
    let Err(AppendError::TooSoon(_)) = says(f, member, conv).await else {
        panic!("what was said before counts");
    };
    f.pass(30_000);
    for is_settled in [false, true] {
        let message = f.message(member, Target::Conversation(conv), "one");
        let first = f.append(&message).await.unwrap();
        if is_settled {
            f.reopen().await;
        }
        let refused = says(f, member, conv).await;
        assert!(
            matches!(refused, Err(AppendError::TooSoon(29_900..30_000))),
            "{refused:?}"
        );
        assert_eq!(f.append(&message).await.unwrap().seq, first.seq, "a retry");
        let edit = f.edit(member, conv, first.seq, "one, in other words");
        f.append(&edit).await.unwrap();
        change(f, member, conv, GroupChange::Leave).await.unwrap();
        change(f, owner, conv, GroupChange::Add(vec![member]))
            .await
            .unwrap();
        let refused = says(f, member, conv).await;
        assert!(
            matches!(refused, Err(AppendError::TooSoon(_))),
            "whoever goes and comes"
        );
        for exempt in [owner, admin] {
            says(f, exempt, conv).await.unwrap();
            says(f, exempt, conv).await.unwrap();
        }
        f.pass(30_000);
    }
    says(f, member, conv).await.unwrap();
    change(f, admin, conv, GroupChange::Set(Setting::Slow(0)))
        .await
        .unwrap();
    says(f, member, conv).await.unwrap();
}

pub async fn pins_are_a_list<E: Engine>(f: &mut Fixture<E>) {
    let ([owner, admin, member], conv) = group(f).await;
    let said = says(f, member, conv).await.unwrap();
    let pin = |at: u64| GroupChange::Pin(seq(at));
    let unpin = |at: u64| GroupChange::Unpin(seq(at));
    assert_eq!(
        change(f, member, conv, pin(said)).await,
        Err(AppendError::NotAllowed)
    );
    assert_eq!(
        change(f, admin, conv, pin(1)).await,
        Err(AppendError::NoSuchMessage)
    );
    assert_eq!(
        change(f, admin, conv, unpin(said)).await,
        Err(AppendError::Unchanged)
    );
    change(f, admin, conv, pin(said)).await.unwrap();
    for is_settled in [false, true] {
        assert_eq!(
            change(f, owner, conv, pin(said)).await,
            Err(AppendError::Unchanged)
        );
        assert_eq!(f.conversation(member, conv).await.pinned, [seq(said)]);
        if !is_settled {
            f.reopen().await;
        }
    }
    change(f, admin, conv, GroupChange::Set(Setting::Pin(Who::All)))
        .await
        .unwrap();
    for _ in 1..PINS {
        let said = says(f, owner, conv).await.unwrap();
        change(f, member, conv, pin(said)).await.unwrap();
    }
    let more = says(f, owner, conv).await.unwrap();
    assert_eq!(
        change(f, member, conv, pin(more)).await,
        Err(AppendError::ListFull)
    );
    change(f, member, conv, unpin(said)).await.unwrap();
    change(f, member, conv, pin(more)).await.unwrap();
    assert_eq!(f.conversation(member, conv).await.pinned.len(), PINS);
    // Of two, each may.
    let pair = f.say(owner, admin, "between us").await;
    change(f, admin, pair.conv, GroupChange::Pin(pair.seq))
        .await
        .unwrap();
    assert_eq!(f.conversation(owner, pair.conv).await.pinned, [pair.seq]);
    f.reopen().await;
    change(f, owner, pair.conv, GroupChange::Unpin(pair.seq))
        .await
        .unwrap();
    assert_eq!(f.conversation(admin, pair.conv).await.pinned, []);
}

pub async fn what_is_recalled_is_not_pinned<E: Engine>(f: &mut Fixture<E>) {
    let ([_, admin, member], conv) = group(f).await;
    for is_settled in [false, true] {
        let said = says(f, member, conv).await.unwrap();
        change(f, admin, conv, GroupChange::Pin(seq(said)))
            .await
            .unwrap();
        if is_settled {
            f.reopen().await;
        }
        let recall = f.recall(member, conv, seq(said));
        f.append(&recall).await.unwrap();
        assert_eq!(f.conversation(member, conv).await.pinned, []);
        let again = change(f, admin, conv, GroupChange::Pin(seq(said))).await;
        assert_eq!(again, Err(AppendError::Recalled));
        let unpin = change(f, admin, conv, GroupChange::Unpin(seq(said))).await;
        assert_eq!(unpin, Err(AppendError::Unchanged));
    }
}
