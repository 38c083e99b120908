//! The name of the history, and what of it a cursor says.

use super::fixture::{Engine, Fixture, WIDE};
use crate::{EPOCH_BYTES, Maintenance, SyncCursor};

pub async fn an_epoch_stays<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let epoch = f.store().epoch().to_owned();
    assert!((16..=EPOCH_BYTES).contains(&epoch.len()), "{epoch}");
    let fits = |byte: u8| byte.is_ascii_graphic() && byte != b'.';
    assert!(epoch.bytes().all(fits), "{epoch}");
    f.say(a, b, "something").await;
    f.reopen().await;
    assert_eq!(f.store().epoch(), epoch);
}

pub async fn each_store_has_its_own<E: Engine>(f: &mut Fixture<E>) {
    let other = Fixture::<E>::fresh().await;
    assert_ne!(f.store().epoch(), other.store().epoch());
}

pub async fn a_cursor_is_of_one_history<E: Engine>(f: &mut Fixture<E>) {
    let epoch = f.store().epoch();
    for cursor in [
        SyncCursor::Since(17),
        SyncCursor::Within {
            since: (1 << 53) - 1,
            top: (1 << 53) - 1,
            below: (1 << 53) - 1,
        },
    ] {
        let text = cursor.to_text(epoch);
        assert!(text.len() <= hongyan_protocol::limits::CURSOR_BYTES);
        assert_eq!(SyncCursor::parse(&text, epoch), Some(cursor));
        assert_eq!(SyncCursor::parse(&text, "another"), None);
        let (_, numbers) = text.split_once('.').unwrap();
        assert_eq!(SyncCursor::parse(numbers, epoch), None, "of no history");
    }
}

pub async fn a_cursor_of_a_later_state_begins_anew<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    f.say(a, b, "something").await;
    let all = f.sync(a, SyncCursor::Since(0), WIDE).await;
    let SyncCursor::Since(last) = all.next else {
        panic!("one page is enough: {:?}", all.next);
    };
    let nothing = f.sync(a, SyncCursor::Since(last), WIDE).await;
    assert_eq!((nothing.conversations.len(), nothing.next), (0, all.next));
    let later = SyncCursor::Since(last + 1000);
    assert_eq!(f.sync(a, later, WIDE).await, all);
}
