//! Crashes at any moment, against what was answered.

use hongyan_store::contract::Rng;
use hongyan_store::{
    Change, Conversation, DraftChange, Entry, GroupChange, React, ReactionPage, ReactionRange,
    Reactions, Role, Setting, Target, ViewChange, Who,
};

use super::*;

/// Numbers below what is asked. Prints its seed.
fn dice() -> impl FnMut(u64) -> u64 {
    let seed = u64::from(std::process::id());
    println!("seed {seed}");
    let mut rng = Rng::new(seed);
    move |below| rng.below(below)
}

#[tokio::test]
async fn whenever_it_crashes_what_was_answered_is_there() {
    let case = Case::new().await;
    let mut next = dice();
    let mut said = Vec::new();
    for round in 0..400 {
        let writer = case.store.writer();
        match next(20) {
            0 => case.settle().await,
            1 => writer.run(settle_later).await.unwrap(),
            4 => writer.run(settle_stopped).await.unwrap(),
            2 => case.store.check_writable().await.unwrap(),
            3 => {
                let (folder, path) = crashed(&case);
                let again = case.opened(folder, &path);
                again.assert_clean().await;
                if !said.is_empty() {
                    assert_eq!(again.texts().await, said, "round {round}");
                }
            }
            _ => {
                let text = format!("{round}: {}", "x".repeat(next(300) as usize));
                let seq = case.seq(&format!("c{round}"), &text).await.unwrap();
                said.push(text);
                assert_eq!(seq, said.len() as u64);
            }
        }
    }
    assert_eq!(case.texts().await, said);
}

/// The same with edits and recalls, and conversations that begin: of each write what it left, wherever it is read from.
#[tokio::test]
async fn whenever_it_crashes_what_was_changed_is_changed() {
    let case = Case::new().await;
    let mut next = dice();
    // What each entry of the log says; of recalls and of what was recalled or replaced nothing.
    let mut said: Vec<Option<String>> = Vec::new();
    let mut own = Vec::new();
    let mut last_edits = HashMap::new();
    for round in 0..300_u64 {
        let writer = case.store.writer();
        match next(16) {
            0 => case.settle().await,
            1 => writer.run(settle_later).await.unwrap(),
            2 => writer.run(settle_stopped).await.unwrap(),
            3 => {
                let (folder, path) = crashed(&case);
                let report = check_file(&path, &mut |_| ()).unwrap();
                assert!(report.is_clean(), "{:#?}", report.faults);
                let again = case.opened(folder, &path);
                again.assert_clean().await;
                assert_eq!(again.said().await, said, "round {round}");
            }
            4..7 if !own.is_empty() => {
                let target: u64 = own[next(own.len() as u64) as usize];
                let seq = Seq::new(target).unwrap();
                let not_before = Millis::default();
                let new = format!("{round}, edited");
                let is_edit = next(2) == 0;
                let change = if is_edit {
                    Change::Edit {
                        target: seq,
                        body: Body::Text(new.as_str().into()),
                        not_before,
                    }
                } else {
                    Change::Recall {
                        target: seq,
                        not_before,
                    }
                };
                let mut write = case.message(&format!("c{round}"), "")[0].clone();
                if let Write::Append(append) = &mut write {
                    append.change = change;
                }
                let outcome = case.store.commit([write].into()).await.unwrap();
                assert!(
                    matches!(&outcome[..], [Outcome::Append(Ok(_))]),
                    "{outcome:?}"
                );
                if let Some(earlier) = last_edits.remove(&target) {
                    said[earlier - 1] = None;
                }
                said[target as usize - 1] = is_edit.then(|| new.clone());
                said.push(is_edit.then_some(new));
                if is_edit {
                    last_edits.insert(target, said.len());
                } else {
                    own.retain(|own| *own != target);
                }
            }
            _ => {
                let text = format!("{round}: {}", "x".repeat(next(300) as usize));
                let seq = case.seq(&format!("c{round}"), &text).await.unwrap();
                said.push(Some(text));
                own.push(seq);
                assert_eq!(seq, said.len() as u64);
            }
        }
        if next(4) == 0 {
            assert_eq!(case.said().await, said, "round {round}");
        }
    }
    case.settle().await;
    assert_eq!(case.said().await, said);
    case.assert_clean().await;
}

/// All that a user sees of the conversations: with the entries of those that can be read.
async fn seen(
    store: &SqliteStore,
    users: &[UserId],
) -> Vec<Vec<(Conversation, Vec<Entry>, ReactionPage)>> {
    let limits = SyncLimits {
        conversations: 1000,
        entries: 0,
        bytes: 0,
    };
    let mut all = Vec::new();
    for user in users {
        let page = store.sync(*user, SyncCursor::Since(0), limits).await;
        let mut own = Vec::new();
        for (conversation, ..) in page.unwrap().conversations {
            let range = HistoryRange::Latest;
            let log = store.history(*user, conversation.id, range, 1000).await;
            let range = ReactionRange::After(0);
            let reactions = store.reactions(*user, conversation.id, range, 200).await;
            own.push((conversation, log.unwrap().entries, reactions.unwrap()));
        }
        own.sort_by_key(|(conversation, ..)| conversation.id);
        all.push(own);
    }
    all
}

/// The same with groups: who is in them, with which role, and what their logs say.
#[tokio::test]
async fn whenever_it_crashes_a_group_is_as_it_was() {
    let case = Case::new().await;
    let mut users = case.users.to_vec();
    for n in 0..3 {
        let user = NewUser {
            id: None,
            login: format!("other{n}"),
            name: String::new(),
            avatar: None,
            password_hash: String::new(),
            created_at: Millis::default(),
        };
        users.push(case.store.create_user(user).await.unwrap().id);
    }
    let mut next = dice();
    let mut groups = Vec::new();
    // Where messages stand, and who wrote them.
    let mut said = Vec::new();
    let (mut reacted, mut set) = (0, 0);
    for round in 0..400_u64 {
        let writer = case.store.writer();
        match next(16) {
            0 => case.settle().await,
            1 => writer.run(settle_later).await.unwrap(),
            2 => writer.run(settle_stopped).await.unwrap(),
            3 => {
                let (folder, path) = crashed(&case);
                let report = check_file(&path, &mut |_| ()).unwrap();
                assert!(report.is_clean(), "round {round}: {:#?}", report.faults);
                let again = case.opened(folder, &path);
                again.assert_clean().await;
                let (live, after) = (seen(&case.store, &users), seen(&again.store, &users));
                assert_eq!(after.await, live.await, "round {round}");
            }
            4..7 if !said.is_empty() => {
                let (conv, seq, from) = said[next(said.len() as u64) as usize];
                let react = React {
                    user: match next(2) {
                        0 => from,
                        _ => users[next(5) as usize],
                    },
                    conv,
                    seq: Seq::new(seq + next(8) / 7).unwrap(),
                    value: format!("value {}", next(3)).into(),
                    on: next(3) > 0,
                    at: Millis::new(round + 1).unwrap(),
                };
                let outcomes = case.store.commit(Arc::new([Write::React(react)])).await;
                reacted += u64::from(matches!(outcomes.unwrap()[..], [Outcome::React(Ok(_))]));
            }
            7 if !groups.is_empty() => {
                let is_so = |next: &mut dyn FnMut(u64) -> u64| (next(2) == 0).then(|| next(3) > 0);
                let change = ViewChange {
                    user: users[next(5) as usize],
                    conv: groups[next(groups.len() as u64) as usize],
                    at: Millis::new(round + 1).unwrap(),
                    muted_until: (next(3) == 0).then(|| Millis::new(round + next(30)).unwrap()),
                    pinned: (next(3) == 0).then(|| next(3)),
                    archived: is_so(&mut next),
                    hidden: is_so(&mut next),
                    marked_unread: is_so(&mut next),
                    draft: (next(3) == 0).then(|| DraftChange {
                        text: "x".repeat(next(40) as usize).into(),
                        reply_to: None,
                    }),
                    cleared: (next(6) == 0).then(|| Seq::new(next(6)).unwrap()),
                };
                let outcomes = case.store.commit(Arc::new([Write::View(change)])).await;
                let [Outcome::View(viewed)] = &outcomes.unwrap()[..] else {
                    panic!("another outcome for a view");
                };
                set += u64::from(viewed.as_ref().is_ok_and(|viewed| viewed.changed));
            }
            _ => {
                let mut pick = || users[next(5) as usize];
                let (from, one) = (pick(), pick());
                let change = match next(12) {
                    11 => Change::Recall {
                        target: Seq::new(next(8)).unwrap(),
                        not_before: Millis::default(),
                    },
                    0 => Change::Group(GroupChange::Create {
                        name: format!("group {round}").as_str().into(),
                        users: vec![one],
                    }),
                    1..4 => Change::Group(GroupChange::Add(vec![one])),
                    4 => Change::Group(GroupChange::Remove(vec![one])),
                    5 => Change::Group(GroupChange::Role(one, Role::Admin)),
                    6 => Change::Group(GroupChange::Role(one, Role::Owner)),
                    7 => Change::Group(GroupChange::Set(Setting::Invite(Who::All))),
                    8 => Change::Group(GroupChange::Leave),
                    _ => Change::Message {
                        body: Body::Text(format!("said in {round}").into()),
                        reply_to: None,
                        mentions: Vec::new(),
                        header: Header::default(),
                    },
                };
                let is_message = change.is_message();
                let is_new = matches!(change, Change::Group(GroupChange::Create { .. }));
                let target = match groups.len() as u64 {
                    0 => Target::NewGroup,
                    _ if is_new => Target::NewGroup,
                    count => Target::Conversation(groups[next(count) as usize]),
                };
                let append = Append {
                    from,
                    target,
                    client_id: ClientId::new(format!("c{round}")).unwrap(),
                    change,
                    at: Millis::new(round + 1).unwrap(),
                };
                let outcomes = case.store.commit(Arc::new([Write::Append(append)])).await;
                if let [Outcome::Append(Ok(appended))] = &outcomes.unwrap()[..] {
                    if is_new {
                        groups.push(appended.conv);
                    } else if is_message {
                        said.push((appended.conv, appended.seq.get(), from));
                    }
                }
            }
        }
    }
    assert!(!groups.is_empty());
    assert!(reacted > 0 && set > 0);
}
