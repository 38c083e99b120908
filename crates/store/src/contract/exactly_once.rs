//! A client id stands for one entry, for ever.

use std::collections::HashMap;

use hongyan_protocol::ClientId;

use super::Rng;
use super::fixture::{Engine, Fixture, WIDE, seq};
use super::random::seed;
use crate::{Append, AppendError, Appended, Logs, SyncCursor, Target};

/// What a retry must be answered, given the answer to the first attempt.
fn again(first: &Appended) -> Result<Appended, AppendError> {
    Ok(Appended {
        duplicate: true,
        ..first.clone()
    })
}

/// The same append, taken by the server at a later time.
fn retry<E: Engine>(f: &mut Fixture<E>, append: &Append) -> Append {
    Append {
        at: f.tick(),
        ..append.clone()
    }
}

pub async fn a_retry_finds_the_first<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let append = f.message(a, Target::Direct(b), "once");
    let first = f.append(&append).await.unwrap();
    f.say(b, a, "in between").await;
    let second = retry(f, &append);
    assert_eq!(f.append(&second).await, again(&first));
    // By the conversation's id it is the same message.
    let by_id = Append {
        target: Target::Conversation(first.conv),
        ..retry(f, &append)
    };
    assert_eq!(f.append(&by_id).await, again(&first));
    assert_eq!(f.conversation(a, first.conv).await.head, seq(2));
}

pub async fn within_a_batch<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let append = f.message(a, Target::Direct(b), "once");
    let between = f.message(b, Target::Direct(a), "in between");
    let batch = [
        append.clone(),
        between,
        retry(f, &append),
        retry(f, &append),
    ];
    let outcomes = f.append_all(&batch).await;
    let first = outcomes[0].as_ref().unwrap();
    assert!(!first.duplicate);
    assert_eq!(outcomes[2], again(first));
    assert_eq!(outcomes[3], again(first));
    assert_eq!(f.log(a, first.conv).await.len(), 2);
}

pub async fn conflicts<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let append = f.message(a, Target::Direct(b), "this");
    let first = f.append(&append).await.unwrap();
    let conv = first.conv;
    for other in [
        f.message(a, Target::Direct(b), "that"),
        f.edit(a, conv, seq(1), "this"),
        f.recall(a, conv, seq(1)),
    ] {
        let other = Append {
            client_id: append.client_id.clone(),
            ..other
        };
        let refused = f.append(&other).await;
        assert_eq!(refused, Err(AppendError::ClientIdConflict), "{other:?}");
        // Within a batch too.
        let fresh = f.message(a, Target::Direct(b), "fresh");
        let clash = Append {
            client_id: fresh.client_id.clone(),
            ..other
        };
        let outcomes = f.append_all(&[fresh, clash]).await;
        assert!(outcomes[0].is_ok());
        assert_eq!(outcomes[1], Err(AppendError::ClientIdConflict));
    }
    let retry = retry(f, &append);
    assert_eq!(
        f.append(&retry).await,
        again(&first),
        "conflicts changed nothing"
    );
}

/// A client id names an entry of one conversation: elsewhere it names another.
pub async fn per_conversation<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let (c, d) = f.pair().await;
    let append = f.message(a, Target::Direct(b), "this");
    let to_c = Append {
        target: Target::Direct(c),
        ..append.clone()
    };
    let to_d = Append {
        target: Target::Direct(d),
        ..append.clone()
    };
    f.say(a, d, "begins before").await;
    let outcomes = f
        .append_all(&[append.clone(), to_c.clone(), to_d.clone()])
        .await;
    for outcome in &outcomes {
        assert!(!outcome.as_ref().unwrap().duplicate);
    }
    // Pending, settled, and after a restart each finds its own.
    for step in 0..3 {
        for (append, first) in [&append, &to_c, &to_d].into_iter().zip(&outcomes) {
            let first = first.as_ref().unwrap();
            let same = retry(f, append);
            assert_eq!(f.append(&same).await, again(first), "step {step}");
        }
        match step {
            0 => drop(f.sync(a, SyncCursor::Since(0), WIDE).await),
            _ => f.reopen().await,
        }
    }
}

pub async fn per_sender<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let first = f.message(a, Target::Direct(b), "mine");
    let second = Append {
        client_id: first.client_id.clone(),
        ..f.message(b, Target::Direct(a), "yours")
    };
    let outcomes = f.append_all(&[first, second]).await;
    assert!(outcomes.iter().all(|o| !o.as_ref().unwrap().duplicate));
}

pub async fn a_retry_of_an_edit_or_recall<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let conv = f.say(a, b, "one").await.conv;
    let edit = f.edit(a, conv, seq(1), "eins");
    let edited = f.append(&edit).await.unwrap();
    let recall = f.recall(a, conv, seq(1));
    let recalled = f.append(&recall).await.unwrap();
    // Both would be refused now, were they new: the message is recalled.
    let edit = retry(f, &edit);
    assert_eq!(f.append(&edit).await, again(&edited));
    let recall = retry(f, &recall);
    assert_eq!(f.append(&recall).await, again(&recalled));
    assert_eq!(f.conversation(a, conv).await.head, seq(3));
}

pub async fn a_retry_after_the_text_changed<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let append = f.message(a, Target::Direct(b), "one");
    let first = f.append(&append).await.unwrap();
    let edit = f.edit(a, first.conv, seq(1), "eins");
    f.append(&edit).await.unwrap();
    let same = retry(f, &append);
    assert_eq!(f.append(&same).await, again(&first));
    // What it says now is not what was sent under this id.
    let other = Append {
        client_id: append.client_id.clone(),
        ..f.message(a, Target::Direct(b), "eins")
    };
    assert_eq!(f.append(&other).await, Err(AppendError::ClientIdConflict));
    let recall = f.recall(a, first.conv, seq(1));
    f.append(&recall).await.unwrap();
    let same = retry(f, &append);
    assert_eq!(f.append(&same).await, again(&first));
}

pub async fn after_a_restart<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let append = f.message(a, Target::Direct(b), "once");
    let first = f.append(&append).await.unwrap();
    f.reopen().await;
    let same = retry(f, &append);
    assert_eq!(f.append(&same).await, again(&first));
    let found = f.store().direct_conversation(a, b).await.unwrap();
    assert_eq!(found, Some(first.conv));
}

/// Client ids that come in order, against it, and again, from few enough that most are used in the end.
pub async fn in_any_order_of_client_ids<E: Engine>(f: &mut Fixture<E>) {
    let mut rng = Rng::new(seed());
    let (a, b) = f.pair().await;
    f.say(a, b, "makes the conversation").await;
    let mut used = HashMap::new();
    let mut next = HashMap::from([(a, 0), (b, 500)]);
    for _ in 0..150 {
        let mut batch = Vec::new();
        for _ in 0..rng.below(12) {
            let (from, to) = if rng.once_in(2) { (a, b) } else { (b, a) };
            let number = next.get_mut(&from).unwrap();
            // On from here; or again from a little before; or from anywhere.
            *number = match rng.below(16) {
                0 => rng.below(1000),
                1 | 2 => number.saturating_sub(rng.below(6)),
                _ => *number + 1,
            };
            // Not padded, so that 10 comes before 9.
            let id = format!("c{number}");
            let mut append = f.message(from, Target::Direct(to), &id);
            append.client_id = ClientId::new(id).unwrap();
            batch.push(append);
        }
        let outcomes = f.append_all(&batch).await;
        for (append, outcome) in batch.iter().zip(outcomes) {
            let appended = outcome.unwrap();
            let key = (append.from, append.client_id.clone());
            match used.get(&key) {
                Some(first) => assert_eq!(Ok(appended), again(first), "{key:?}"),
                None => {
                    assert!(!appended.duplicate, "{key:?}");
                    used.insert(key, appended);
                }
            }
        }
        // To be read, what was put off is carried out.
        if rng.once_in(5) {
            f.sync(a, SyncCursor::Since(0), WIDE).await;
        }
        if rng.once_in(30) {
            f.reopen().await;
        }
    }
}
