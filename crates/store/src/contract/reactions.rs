//! Reactions: what stands beside messages, told as state.

use hongyan_protocol::{ConversationId, UserId};

use super::fixture::{Engine, Fixture, seq};
use crate::{
    GroupChange, HistoryRange, Logs, REACTIONS_A_MESSAGE, ReactError, ReactionPage, ReactionRange,
    Reactions, ReadError, Target, Write,
};

/// Two, and the message that one wrote to the other.
async fn message<E: Engine>(f: &mut Fixture<E>) -> ((UserId, UserId), (ConversationId, u64)) {
    let (a, b) = f.pair().await;
    let said = f.say(a, b, "I passed").await;
    ((a, b), (said.conv, said.seq.get()))
}

async fn set<E: Engine>(f: &mut Fixture<E>, user: UserId, at: (ConversationId, u64), value: &str) {
    let react = f.reaction(user, at, value, true);
    assert!(f.react(&react).await.unwrap().changed);
}

async fn page<E: Engine>(
    f: &Fixture<E>,
    user: UserId,
    conv: ConversationId,
    after: u64,
) -> ReactionPage {
    let range = ReactionRange::After(after);
    f.store().reactions(user, conv, range, 100).await.unwrap()
}

/// The values, how often they stand, and whether the reader set them.
fn seen(page: &ReactionPage) -> Vec<(u64, String, u64, bool)> {
    let mut seen = Vec::new();
    for message in &page.messages {
        for reaction in &message.reactions {
            let value = reaction.value.to_string();
            seen.push((message.seq.get(), value, reaction.count, reaction.mine));
        }
    }
    seen
}

pub async fn are_counted_and_taken_back<E: Engine>(f: &mut Fixture<E>) {
    let ((a, b), at) = message(f).await;
    let head = f.conversation(a, at.0).await.head;
    let first = f.reaction(b, at, "👍", true);
    let reacted = f.react(&first).await.unwrap();
    assert_eq!((reacted.changed, reacted.number), (true, 1));
    assert_eq!(*reacted.counts, [("👍".into(), 1)]);
    // Again it changes nothing, and neither does what was never set.
    let again = f.react(&first).await.unwrap();
    assert_eq!((again.changed, again.number), (false, 1));
    let other = f.reaction(a, at, "👍", false);
    assert!(!f.react(&other).await.unwrap().changed);
    set(f, a, at, "👍").await;
    set(f, a, at, "🎉").await;
    assert_eq!(
        seen(&page(f, b, at.0, 0).await),
        [(1, "🎉".into(), 1, false), (1, "👍".into(), 2, true)]
    );
    f.reopen().await;
    let back = f.reaction(b, at, "👍", false);
    let reacted = f.react(&back).await.unwrap();
    assert_eq!((reacted.changed, reacted.number), (true, 4));
    assert_eq!(
        seen(&page(f, b, at.0, 0).await),
        [(1, "🎉".into(), 1, false), (1, "👍".into(), 1, false)]
    );
    // No entry tells of them.
    assert_eq!(f.conversation(a, at.0).await.head, head);
}

pub async fn what_changed_after_a_number<E: Engine>(f: &mut Fixture<E>) {
    let ((a, b), (conv, _)) = message(f).await;
    for _ in 0..4 {
        f.say(a, b, "more").await;
    }
    for at in [1, 2, 3, 2, 1] {
        let value = format!("value {}", f.tick().get());
        set(f, a, (conv, at), &value).await;
    }
    let numbers = |page: ReactionPage| {
        let places = page.messages.iter();
        let places = places.map(|message| (message.seq.get(), message.number));
        (places.collect::<Vec<_>>(), page.number, page.more)
    };
    let all = page(f, b, conv, 0).await;
    assert_eq!(numbers(all), (vec![(3, 3), (2, 4), (1, 5)], 5, false));
    assert_eq!(numbers(page(f, b, conv, 4).await), (vec![(1, 5)], 5, false));
    assert_eq!(numbers(page(f, b, conv, 5).await), (vec![], 5, false));
    // A page at a time, from the last number on.
    let range = |after| ReactionRange::After(after);
    let first = f.store().reactions(b, conv, range(0), 2).await.unwrap();
    assert_eq!(numbers(first), (vec![(3, 3), (2, 4)], 5, true));
    let rest = f.store().reactions(b, conv, range(4), 2).await.unwrap();
    assert_eq!(numbers(rest), (vec![(1, 5)], 5, false));
    let within = ReactionRange::Within(seq(2), seq(4));
    let within = f.store().reactions(b, conv, within, 100).await.unwrap();
    assert_eq!(numbers(within), (vec![(2, 4), (3, 3)], 5, false));
}

pub async fn go_with_their_message<E: Engine>(f: &mut Fixture<E>) {
    let ((a, b), at) = message(f).await;
    set(f, b, at, "👍").await;
    // In one batch, and so in one settlement: before the recall it counts, after it there is none.
    let before = f.reaction(a, at, "🎉", true);
    let recall = f.recall(a, at.0, seq(at.1));
    let after = f.reaction(a, at, "👀", true);
    let batch = vec![
        Write::React(before.clone()),
        Write::Append(recall),
        Write::React(after.clone()),
    ];
    f.commit(batch).await;
    assert_eq!(f.react(&after).await, Err(ReactError::Recalled));
    let taken_back = f.reaction(a, at, "🎉", false);
    assert_eq!(f.react(&taken_back).await, Err(ReactError::Recalled));
    assert_eq!(seen(&page(f, b, at.0, 0).await), []);
    let who = f
        .store()
        .reactors(a, (at.0, seq(1)), "👍", UserId::default(), 10);
    assert_eq!(who.await, Ok(vec![]));
    // Numbers do not go back.
    f.reopen().await;
    let next = f.say(a, b, "once more").await;
    set(f, b, (at.0, next.seq.get()), "👍").await;
    assert_eq!(page(f, b, at.0, 2).await.number, 3);
}

pub async fn refusals_of_reactions<E: Engine>(f: &mut Fixture<E>) {
    let ((a, b), at) = message(f).await;
    let stranger = f.user().await;
    let edit = f.edit(a, at.0, seq(1), "I failed");
    f.append(&edit).await.unwrap();
    for (user, seq, reason) in [
        (stranger, 1, ReactError::NotMember),
        (b, 2, ReactError::NoSuchMessage),
        (b, 3, ReactError::NoSuchMessage),
        (b, 0, ReactError::NoSuchMessage),
    ] {
        let react = f.reaction(user, (at.0, seq), "👍", true);
        assert_eq!(f.react(&react).await, Err(reason), "{user} to {seq}");
    }
    for number in 0..REACTIONS_A_MESSAGE {
        set(f, b, at, &format!("value {number}")).await;
    }
    let one_more = f.reaction(a, at, "value x", true);
    assert_eq!(f.react(&one_more).await, Err(ReactError::TooMany));
    set(f, a, at, "value 0").await;
    let read = f
        .store()
        .reactions(stranger, at.0, ReactionRange::After(0), 10);
    assert_eq!(read.await, Err(ReadError::NotMember));
    let read = f
        .store()
        .reactors(stranger, (at.0, seq(1)), "value 0", UserId::default(), 10);
    assert_eq!(read.await, Err(ReadError::NotMember));
}

/// Of a popular message everybody's reaction is kept, and who set it comes in pages.
pub async fn of_many_members<E: Engine>(f: &mut Fixture<E>) {
    let owner = f.user().await;
    let mut users = Vec::new();
    for _ in 0..100 {
        users.push(f.user().await);
    }
    let new = f.new_group(owner, "many", &users);
    let conv = f.append(&new).await.unwrap().conv;
    let said = f.message(owner, Target::Conversation(conv), "news");
    let at = (conv, f.append(&said).await.unwrap().seq.get());
    let mut writes = Vec::new();
    for user in &users {
        writes.push(Write::React(f.reaction(*user, at, "🎉", true)));
    }
    f.commit(writes).await;
    assert_eq!(
        seen(&page(f, users[0], conv, 0).await),
        [(at.1, "🎉".into(), 100, true)]
    );
    let mut found = Vec::new();
    while let after = found.last().copied().unwrap_or_default()
        && let who = f
            .store()
            .reactors(owner, (conv, seq(at.1)), "🎉", after, 30)
            .await
        && let who = who.unwrap()
        && !who.is_empty()
    {
        assert!(who.len() <= 30);
        found.extend(who);
    }
    assert_eq!(found, users);
    // Who is out neither reacts nor reads; what they set stays.
    let remove = f.group_change(owner, conv, GroupChange::Remove(vec![users[0]]));
    let late = f.reaction(users[0], at, "🎉", false);
    let outcomes = f
        .commit(vec![Write::Append(remove), Write::React(late)])
        .await;
    assert_eq!(
        outcomes[1],
        crate::Outcome::React(Err(ReactError::NotMember))
    );
    let read = f
        .store()
        .reactions(users[0], conv, ReactionRange::After(0), 10);
    assert_eq!(read.await, Err(ReadError::NotMember));
    assert_eq!(
        page(f, owner, conv, 0).await.messages[0].reactions[0].count,
        100
    );
    let history = f
        .store()
        .history(owner, conv, HistoryRange::Latest, 1)
        .await;
    assert!(history.is_ok());
}
