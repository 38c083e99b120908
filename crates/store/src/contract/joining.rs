//! Ways into groups: links, and requests to be let in.

use hongyan_protocol::{ConversationId, Seq, UserId};

use super::fixture::{Engine, Fixture, WIDE};
use crate::{
    Admission, AppendError, Appended, Event, GroupChange, Joined, JoiningChange, JoiningReads,
    Knock, LINKS, LinkToken, Logs, MEMBERS_TOLD, REQUESTS_A_USER, ReadError, Role, Setting,
    SyncCursor, Who, Write,
};

/// In milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1000;

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

async fn does<E: Engine>(
    f: &mut Fixture<E>,
    by: UserId,
    conv: ConversationId,
    change: JoiningChange,
) -> Result<Joined, AppendError> {
    let joining = f.joining(by, conv, change);
    f.join(&joining).await
}

/// Makes a link that does not expire.
async fn link<E: Engine>(
    f: &mut Fixture<E>,
    by: UserId,
    conv: ConversationId,
    admits: Admission,
) -> LinkToken {
    let new = f.new_link(admits);
    let token = new.token;
    let made = does(f, by, conv, JoiningChange::Make(new)).await.unwrap();
    assert!(made.changed);
    token
}

async fn comes<E: Engine>(
    f: &mut Fixture<E>,
    user: UserId,
    conv: ConversationId,
    token: LinkToken,
) -> Result<Appended, AppendError> {
    change(f, user, conv, GroupChange::Join(token)).await
}

async fn asks<E: Engine>(
    f: &mut Fixture<E>,
    user: UserId,
    conv: ConversationId,
    token: Option<LinkToken>,
) -> Result<Joined, AppendError> {
    does(f, user, conv, JoiningChange::Ask(token)).await
}

pub async fn a_link_lets_in<E: Engine>(f: &mut Fixture<E>) {
    let ([owner, ..], conv) = group(f).await;
    let (stranger, banned) = f.pair().await;
    let new = f.new_link(Admission::All);
    let (token, make) = (new.token, JoiningChange::Make(new.clone()));
    let made = does(f, owner, conv, make.clone()).await.unwrap();
    let again = does(f, owner, conv, make).await.unwrap();
    assert!(made.changed && !again.changed);
    assert_eq!(made.link, again.link, "a retry finds the link");
    assert_eq!(made.link.unwrap().id, 1);
    let mut other = f.new_link(Admission::Approved);
    other.client_id = new.client_id;
    let conflict = does(f, owner, conv, JoiningChange::Make(other)).await;
    assert_eq!(conflict, Err(AppendError::ClientIdConflict));

    change(f, owner, conv, GroupChange::Ban(vec![banned]))
        .await
        .unwrap();
    let way = f
        .store()
        .way_in(stranger, Knock::Link(token), f.now())
        .await;
    let way = way.unwrap().unwrap();
    assert_eq!((way.conv, way.size, way.asks), (conv, 3, false));
    assert!(!way.is_member && !way.is_banned);
    let append = f.group_change(stranger, conv, GroupChange::Join(token));
    let came = f.append(&append).await.unwrap();
    assert_eq!(came.event.as_deref(), Some(&Event::Joined(1)));
    assert!(came.members.contains(&stranger));
    assert!(
        f.append(&append).await.unwrap().duplicate,
        "a retry came in"
    );
    let dead = f.token();
    let refusals = [
        (stranger, conv, token, AppendError::Unchanged),
        (banned, conv, token, AppendError::Banned),
        (banned, conv, dead, AppendError::DeadLink),
        (
            banned,
            ConversationId::new(999).unwrap(),
            token,
            AppendError::DeadLink,
        ),
    ];
    for (user, conv, token, expected) in refusals {
        assert_eq!(comes(f, user, conv, token).await, Err(expected));
    }
    let way = f.store().way_in(banned, Knock::Link(token), f.now()).await;
    assert!(way.unwrap().unwrap().is_banned);
    let none = f.store().way_in(banned, Knock::Link(dead), f.now()).await;
    assert_eq!(none, Ok(None));
    let joiners = f
        .store()
        .joiners(owner, conv, 1, Seq::ZERO, 10)
        .await
        .unwrap();
    assert_eq!((joiners[0].user, joiners.len()), (stranger, 1));
    let behind = f.store().joiners(owner, conv, 1, joiners[0].seq, 10).await;
    assert_eq!(behind, Ok(Vec::new()));

    // Taken away, it lets nobody in; who came by it is still known.
    does(f, owner, conv, JoiningChange::Revoke(1))
        .await
        .unwrap();
    let again = does(f, owner, conv, JoiningChange::Revoke(1))
        .await
        .unwrap();
    assert!(!again.changed);
    let late = f.user().await;
    assert_eq!(
        comes(f, late, conv, token).await,
        Err(AppendError::DeadLink)
    );
    assert_eq!(f.store().links(owner, conv, f.now()).await, Ok(Vec::new()));
    assert_eq!(
        f.store().joiners(owner, conv, 1, Seq::ZERO, 10).await,
        Ok(joiners)
    );
    let next = link(f, owner, conv, Admission::All).await;
    assert_ne!(next, token);
    let listed = f.store().links(owner, conv, f.now()).await.unwrap();
    assert_eq!(
        (listed[0].0.id, listed[0].1),
        (2, true),
        "no number is given twice"
    );
}

pub async fn the_last_use_is_one_persons<E: Engine>(f: &mut Fixture<E>) {
    let ([owner, ..], conv) = group(f).await;
    let token = link(f, owner, conv, Admission::First(2)).await;
    let users = [f.user().await, f.user().await, f.user().await];
    let appends = users.map(|user| f.group_change(user, conv, GroupChange::Join(token)));
    let outcomes = f.append_all(&appends).await;
    let dead = Err(AppendError::DeadLink);
    assert!(outcomes[0].is_ok() && outcomes[1].is_ok());
    assert_eq!(outcomes[2].clone().map(|_| ()), dead);
    // Who came by the last use hears nothing else.
    let again = comes(f, users[1], conv, token).await;
    assert_eq!(again, Err(AppendError::Unchanged));
    change(f, users[0], conv, GroupChange::Leave).await.unwrap();
    let back = comes(f, users[0], conv, token).await.map(|_| ());
    assert_eq!(back, dead, "who goes gives no use back");
    let (used, lives) = f
        .store()
        .links(owner, conv, f.now())
        .await
        .unwrap()
        .remove(0);
    assert_eq!((used.uses, lives), (2, false));
}

pub async fn a_link_lives_while_its_maker_may_invite<E: Engine>(f: &mut Fixture<E>) {
    let ([owner, admin, member], conv) = group(f).await;
    let stranger = f.user().await;
    let mut short = f.new_link(Admission::All);
    short.expires_at = Some(f.tick().plus(DAY));
    let expires = short.token;
    does(f, owner, conv, JoiningChange::Make(short))
        .await
        .unwrap();
    let tokens = [
        link(f, member, conv, Admission::All).await,
        link(f, admin, conv, Admission::All).await,
    ];
    let set = |who| GroupChange::Set(Setting::Invite(who));
    let dead = Err(AppendError::DeadLink);
    change(f, owner, conv, set(Who::Admins)).await.unwrap();
    assert_eq!(comes(f, stranger, conv, tokens[0]).await, dead);
    change(f, owner, conv, set(Who::All)).await.unwrap();
    change(f, owner, conv, GroupChange::Remove(vec![admin]))
        .await
        .unwrap();
    assert_eq!(comes(f, stranger, conv, tokens[1]).await, dead);
    f.pass(DAY);
    assert_eq!(comes(f, stranger, conv, expires).await, dead);
    comes(f, stranger, conv, tokens[0]).await.unwrap();
    change(f, owner, conv, GroupChange::Disband).await.unwrap();
    let late = f.user().await;
    assert_eq!(comes(f, late, conv, tokens[0]).await, dead);
}

pub async fn who_makes_and_sees_links<E: Engine>(f: &mut Fixture<E>) {
    let ([owner, admin, member], conv) = group(f).await;
    let stranger = f.user().await;
    link(f, admin, conv, Admission::All).await;
    link(f, member, conv, Admission::All).await;
    let ids = async |f: &mut Fixture<E>, user| {
        let links = f.store().links(user, conv, f.now()).await;
        links.map(|links| links.iter().map(|(link, _)| link.id).collect::<Vec<_>>())
    };
    assert_eq!(ids(f, owner).await, Ok(vec![1, 2]));
    assert_eq!(ids(f, member).await, Ok(vec![2]));
    assert_eq!(ids(f, stranger).await, Err(ReadError::NotMember));
    let revoke = JoiningChange::Revoke;
    let refused = does(f, member, conv, revoke(1)).await;
    assert_eq!(refused, Err(AppendError::NotAllowed));
    let refused = does(f, stranger, conv, revoke(1)).await;
    assert_eq!(refused, Err(AppendError::NotMember));
    let refused = does(f, owner, conv, revoke(3)).await;
    assert_eq!(refused, Err(AppendError::DeadLink));
    does(f, member, conv, revoke(2)).await.unwrap();
    let set = GroupChange::Set(Setting::Invite(Who::Admins));
    change(f, owner, conv, set).await.unwrap();
    let new = f.new_link(Admission::All);
    let refused = does(f, member, conv, JoiningChange::Make(new)).await;
    assert_eq!(refused, Err(AppendError::NotAllowed));
    let direct = f.say(owner, member, "hi").await.conv;
    let new = f.new_link(Admission::All);
    let refused = does(f, owner, direct, JoiningChange::Make(new)).await;
    assert_eq!(
        refused,
        Err(AppendError::NotMember),
        "there are none into a pair"
    );
    assert_eq!(
        f.store().links(owner, direct, f.now()).await,
        Err(ReadError::NotMember)
    );
}

pub async fn links_are_bounded<E: Engine>(f: &mut Fixture<E>) {
    let ([owner, ..], conv) = group(f).await;
    for _ in 0..LINKS {
        link(f, owner, conv, Admission::All).await;
    }
    let one_more = f.new_link(Admission::All);
    let full = does(f, owner, conv, JoiningChange::Make(one_more.clone())).await;
    assert_eq!(full, Err(AppendError::ListFull));
    does(f, owner, conv, JoiningChange::Revoke(7))
        .await
        .unwrap();
    does(f, owner, conv, JoiningChange::Make(one_more))
        .await
        .unwrap();
}

pub async fn who_is_let_in_asked_before<E: Engine>(f: &mut Fixture<E>) {
    let ([owner, admin, member], conv) = group(f).await;
    let (one, other) = f.pair().await;
    let token = link(f, owner, conv, Admission::Approved).await;
    let by_link = comes(f, one, conv, token).await;
    assert_eq!(
        by_link,
        Err(AppendError::NotAllowed),
        "nobody comes in without being let in"
    );
    let asked = asks(f, one, conv, Some(token)).await.unwrap();
    let asking = asked.asking.unwrap();
    assert_eq!((asking.count, &*asking.admins), (1, &[owner, admin][..]));
    assert!(!asks(f, one, conv, Some(token)).await.unwrap().changed);
    let direct = asks(f, other, conv, None).await;
    assert_eq!(
        direct,
        Err(AppendError::NotMember),
        "the group does not let all ask"
    );
    change(f, owner, conv, GroupChange::Set(Setting::Ask(true)))
        .await
        .unwrap();
    asks(f, other, conv, None).await.unwrap();
    let nobody = UserId::default();
    let waiting = f.store().requests(admin, conv, nobody, 10).await.unwrap();
    let told: Vec<_> = waiting
        .iter()
        .map(|(user, own)| (*user, own.link))
        .collect();
    assert_eq!(told, [(one, Some(1)), (other, None)]);
    let page = f.store().requests(admin, conv, one, 1).await.unwrap();
    assert_eq!(page[..], waiting[1..]);
    assert_eq!(
        f.store().requests(member, conv, nobody, 10).await,
        Ok(Vec::new())
    );

    let approve = GroupChange::Approve;
    let refused = change(f, member, conv, approve(one)).await;
    assert_eq!(refused, Err(AppendError::NotAllowed));
    let refused = change(f, admin, conv, approve(nobody)).await;
    assert_eq!(refused, Err(AppendError::NoRequest));
    // Two admins at once.
    let both = [owner, admin].map(|by| f.group_change(by, conv, approve(one)));
    let outcomes = f.append_all(&both).await;
    let let_in = outcomes[0].as_ref().unwrap();
    assert_eq!(
        let_in.event.as_deref(),
        Some(&Event::Approved(one, Some(1)))
    );
    let asking = let_in.asking.as_ref().unwrap();
    assert_eq!((asking.count, asking.refused.len()), (1, 0));
    assert_eq!(outcomes[1], Err(AppendError::Unchanged));
    assert!(f.append(&both[0]).await.unwrap().duplicate);
    let used = f.store().links(owner, conv, f.now()).await.unwrap()[0]
        .0
        .uses;
    assert_eq!(used, 1);
    let joiners = f
        .store()
        .joiners(owner, conv, 1, Seq::ZERO, 10)
        .await
        .unwrap();
    assert_eq!(joiners[0].user, one);
    change(f, admin, conv, approve(other)).await.unwrap();
    assert_eq!(f.conversation(admin, conv).await.requests, 0);
}

pub async fn a_request_ends<E: Engine>(f: &mut Fixture<E>) {
    let ([owner, ..], conv) = group(f).await;
    change(f, owner, conv, GroupChange::Set(Setting::Ask(true)))
        .await
        .unwrap();
    let token = link(f, owner, conv, Admission::All).await;
    let mut users = Vec::new();
    for _ in 0..5 {
        let user = f.user().await;
        asks(f, user, conv, None).await.unwrap();
        users.push(user);
    }
    let count = async |f: &Fixture<E>| f.conversation(owner, conv).await.requests;
    assert_eq!(count(f).await, 5);
    let added = change(f, owner, conv, GroupChange::Add(vec![users[0]]))
        .await
        .unwrap();
    assert_eq!(added.asking.unwrap().refused, []);
    comes(f, users[1], conv, token).await.unwrap();
    let banned = change(f, owner, conv, GroupChange::Ban(vec![users[2]]))
        .await
        .unwrap();
    assert_eq!(banned.asking.unwrap().refused, [users[2]]);
    assert_eq!(
        asks(f, users[2], conv, None).await,
        Err(AppendError::Banned)
    );
    assert!(
        does(f, users[3], conv, JoiningChange::Withdraw)
            .await
            .unwrap()
            .changed
    );
    assert!(
        !does(f, users[3], conv, JoiningChange::Withdraw)
            .await
            .unwrap()
            .changed
    );
    assert_eq!(count(f).await, 1);
    let waiting = f.store().own_requests(users[4], f.now()).await.unwrap();
    assert_eq!((waiting[0].conv, &*waiting[0].name), (conv, "雁群"));
    let ended = change(f, owner, conv, GroupChange::Disband).await.unwrap();
    assert_eq!(ended.asking.unwrap().refused, [users[4]]);
    assert_eq!(
        f.store().own_requests(users[4], f.now()).await,
        Ok(Vec::new())
    );
    let gone = f
        .store()
        .way_in(users[4], Knock::Group(conv), f.now())
        .await;
    assert_eq!(gone, Ok(None));
}

pub async fn who_is_declined_waits<E: Engine>(f: &mut Fixture<E>) {
    let ([owner, admin, member], conv) = group(f).await;
    let user = f.user().await;
    change(f, owner, conv, GroupChange::Set(Setting::Ask(true)))
        .await
        .unwrap();
    let decline = || JoiningChange::Decline(user);
    let refused = does(f, owner, conv, decline()).await;
    assert_eq!(refused, Err(AppendError::NoRequest));
    asks(f, user, conv, None).await.unwrap();
    let refused = does(f, member, conv, decline()).await;
    assert_eq!(refused, Err(AppendError::NotAllowed));
    let declined = does(f, admin, conv, decline()).await.unwrap();
    assert_eq!(declined.asking.unwrap().refused, [user]);
    assert!(!does(f, owner, conv, decline()).await.unwrap().changed);
    let refused = change(f, owner, conv, GroupChange::Approve(user)).await;
    assert_eq!(refused, Err(AppendError::NoRequest));
    let own = f
        .store()
        .own_requests(user, f.now())
        .await
        .unwrap()
        .remove(0);
    let until = own.request.barred_until(f.now()).unwrap();
    does(f, user, conv, JoiningChange::Withdraw).await.unwrap();
    f.reopen().await;
    let refused = asks(f, user, conv, None).await;
    assert_eq!(refused, Err(AppendError::Declined(until)));
    f.pass(DAY);
    assert_eq!(f.store().own_requests(user, f.now()).await, Ok(Vec::new()));
    assert!(asks(f, user, conv, None).await.unwrap().changed);
}

pub async fn requests_are_bounded<E: Engine>(f: &mut Fixture<E>) {
    let (owner, user) = f.pair().await;
    let mut groups = Vec::new();
    for n in 0..=REQUESTS_A_USER {
        let new = f.new_group(owner, &format!("group {n}"), &[]);
        let conv = f.append(&new).await.unwrap().conv;
        change(f, owner, conv, GroupChange::Set(Setting::Ask(true)))
            .await
            .unwrap();
        groups.push(conv);
    }
    let last = groups.pop().unwrap();
    // In one batch, so that nothing of it is in the tables yet.
    let asks_all = groups
        .iter()
        .map(|conv| f.joining(user, *conv, JoiningChange::Ask(None)));
    let writes: Vec<_> = asks_all.map(Write::Joining).collect();
    f.commit(writes).await;
    assert_eq!(asks(f, user, last, None).await, Err(AppendError::ListFull));
    f.reopen().await;
    assert_eq!(asks(f, user, last, None).await, Err(AppendError::ListFull));
    change(f, owner, groups[0], GroupChange::Add(vec![user]))
        .await
        .unwrap();
    asks(f, user, last, None).await.unwrap();
}

pub async fn ways_survive_a_restart<E: Engine>(f: &mut Fixture<E>) {
    let ([owner, ..], conv) = group(f).await;
    let (one, other) = f.pair().await;
    let first = link(f, owner, conv, Admission::First(1)).await;
    let second = link(f, owner, conv, Admission::Approved).await;
    does(f, owner, conv, JoiningChange::Revoke(2))
        .await
        .unwrap();
    let third = link(f, owner, conv, Admission::Approved).await;
    comes(f, one, conv, first).await.unwrap();
    asks(f, other, conv, Some(third)).await.unwrap();
    let links = f.store().links(owner, conv, f.now()).await;
    let nobody = UserId::default();
    let requests = f.store().requests(owner, conv, nobody, 10).await;
    f.reopen().await;
    assert_eq!(f.store().links(owner, conv, f.now()).await, links);
    assert_eq!(f.store().requests(owner, conv, nobody, 10).await, requests);
    for dead in [first, second] {
        assert_eq!(
            comes(f, other, conv, dead).await,
            Err(AppendError::DeadLink)
        );
    }
    change(f, owner, conv, GroupChange::Approve(other))
        .await
        .unwrap();
    let joiners = f
        .store()
        .joiners(owner, conv, 3, Seq::ZERO, 10)
        .await
        .unwrap();
    assert_eq!(joiners[0].user, other);
    link(f, owner, conv, Admission::All).await;
    let ids = f.store().links(owner, conv, f.now()).await.unwrap();
    let ids: Vec<_> = ids.iter().map(|(link, _)| link.id).collect();
    assert_eq!(ids, [1, 3, 4]);
}

/// However many members there are.
pub async fn admins_find_who_asks<E: Engine>(f: &mut Fixture<E>) {
    let ([owner, admin, member], conv) = group(f).await;
    change(f, owner, conv, GroupChange::Set(Setting::Ask(true)))
        .await
        .unwrap();
    for is_large in [false, true] {
        if is_large {
            let mut users = Vec::new();
            for _ in 0..MEMBERS_TOLD {
                users.push(f.user().await);
            }
            change(f, owner, conv, GroupChange::Add(users))
                .await
                .unwrap();
        }
        let from = f.sync(admin, SyncCursor::Since(0), WIDE).await.next;
        let members = f.sync(member, SyncCursor::Since(0), WIDE).await.next;
        let user = f.user().await;
        asks(f, user, conv, None).await.unwrap();
        let told = f.sync(admin, from, WIDE).await.conversations;
        assert_eq!(told[0].0.requests, usize::from(is_large) + 1);
        if is_large {
            let nothing = f.store().sync(member, members, WIDE).await.unwrap();
            assert_eq!(nothing.conversations, [], "it is no news for the others");
        }
    }
}
