//! Users.

use hongyan_protocol::UserId;

use super::fixture::{Engine, Fixture};
use crate::{Accounts, CreateUserError, NewUser, Privacy};

fn id(value: u64) -> UserId {
    UserId::new(value).unwrap()
}

pub async fn ids_start_at_1000<E: Engine>(f: &mut Fixture<E>) {
    assert_eq!(f.user().await, id(1000));
    assert_eq!(f.user().await, id(1001));
    f.reopen().await;
    assert_eq!(f.user().await, id(1002));
}

pub async fn wished_ids<E: Engine>(f: &mut Fixture<E>) {
    let wish = |new: NewUser, id| NewUser {
        id: Some(id),
        ..new
    };
    let new = wish(f.new_user("a"), id(1001));
    assert_eq!(f.store().create_user(new).await.unwrap().id, id(1001));
    let new = wish(f.new_user("b"), id(1001));
    let again = f.store().create_user(new).await;
    assert_eq!(again, Err(CreateUserError::IdTaken));
    // The largest id is no reason to give up on the rest.
    let new = wish(f.new_user("c"), id((1 << 53) - 1));
    assert!(f.store().create_user(new).await.is_ok());
    assert_eq!(f.user().await, id(1000));
    assert_eq!(f.user().await, id(1002), "1001 is taken");
}

pub async fn login_names_ignore_case<E: Engine>(f: &mut Fixture<E>) {
    let new = f.new_user("ZhangSan");
    let made = f.store().create_user(new).await.unwrap();
    assert_eq!(made.login, "ZhangSan", "kept as it was given");
    let found = f.store().credentials("zHANGsAN").await.unwrap().unwrap();
    assert_eq!(found.user, made.id);
    let new = f.new_user("zhangsan");
    let again = f.store().create_user(new).await;
    assert_eq!(again, Err(CreateUserError::LoginTaken));
    let new = f.new_user("É@example.com");
    let made = f.store().create_user(new).await.unwrap();
    for spelling in ["é@example.com", "e\u{301}@EXAMPLE.com"] {
        let found = f.store().credentials(spelling).await.unwrap().unwrap();
        assert_eq!(found.user, made.id, "{spelling:?}");
        let new = f.new_user(spelling);
        let again = f.store().create_user(new).await;
        assert_eq!(again, Err(CreateUserError::LoginTaken), "{spelling:?}");
    }
    for other in ["e@example.com", "张三"] {
        let new = f.new_user(other);
        assert!(f.store().create_user(new).await.is_ok(), "{other}");
    }
}

pub async fn passwords<E: Engine>(f: &mut Fixture<E>) {
    let user = f.user().await;
    let found = f.store().credentials("user1").await.unwrap().unwrap();
    assert_eq!(found.password_hash, "hash of user1");
    let ended = f
        .store()
        .set_password(user, "another".into(), None)
        .await
        .unwrap();
    assert_eq!(ended, Some(Vec::new()));
    let found = f.store().credentials("user1").await.unwrap().unwrap();
    assert_eq!((found.user, &*found.password_hash), (user, "another"));
    assert!(f.store().credentials("nobody").await.unwrap().is_none());
    let ended = f.store().set_password(id(1), "another".into(), None);
    assert_eq!(ended.await.unwrap(), None);
}

pub async fn lookups<E: Engine>(f: &mut Fixture<E>) {
    let mut new = f.new_user("with an avatar");
    new.avatar = Some("a.png".into());
    let first = f.store().create_user(new).await.unwrap();
    assert_eq!(first.avatar.as_deref(), Some("a.png"));
    let second = f.user().await;
    let mut found = f.store().users(&[second, id(1), first.id]).await.unwrap();
    found.sort_by_key(|user| user.id);
    assert_eq!(found.first(), Some(&first));
    assert_eq!(
        found.iter().map(|u| u.id).collect::<Vec<_>>(),
        [first.id, second]
    );
    assert!(f.store().users(&[]).await.unwrap().is_empty());
    assert!(f.store().users(&vec![second; 1000]).await.is_ok());
    assert!(f.store().users(&vec![second; 1001]).await.is_err());
}

pub async fn lists_are_pages<E: Engine>(f: &mut Fixture<E>) {
    let mut made = Vec::new();
    for _ in 0..7 {
        made.push(f.user().await);
    }
    let (mut listed, mut after) = (Vec::new(), UserId::default());
    loop {
        let page = f.store().list_users(after, 3).await.unwrap();
        assert!(page.len() <= 3);
        let Some(last) = page.last() else { break };
        after = last.id;
        listed.extend(page.iter().map(|user| user.id));
    }
    assert_eq!(listed, made);
}

pub async fn another_name<E: Engine>(f: &mut Fixture<E>) {
    let (user, other) = f.pair().await;
    let before = f.store().users(&[user, other]).await.unwrap();
    let renamed = f.store().rename_user(user, "张三丰".into()).await.unwrap();
    let renamed = renamed.unwrap();
    assert_eq!((renamed.id, &*renamed.name), (user, "张三丰"));
    let nobody = f.store().rename_user(id(1), "nobody".into()).await;
    assert_eq!(nobody.unwrap(), None);
    f.reopen().await;
    let mut expected = before;
    for kept in &mut expected {
        if kept.id == user {
            kept.name = "张三丰".into();
        }
    }
    let mut after = f.store().users(&[user, other]).await.unwrap();
    after.sort_by_key(|user| user.id);
    expected.sort_by_key(|user| user.id);
    assert_eq!(after, expected, "nothing else changed");
}

pub async fn what_is_let_be_seen<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let ids = [a, b, id(1)];
    assert_eq!(f.store().privacy(&ids).await.unwrap(), []);
    let hidden = Privacy {
        hides_last_seen: true,
        invisible: false,
    };
    let invisible = Privacy {
        invisible: true,
        ..hidden
    };
    assert!(f.store().set_privacy(a, hidden).await.unwrap());
    assert!(f.store().set_privacy(b, invisible).await.unwrap());
    assert!(!f.store().set_privacy(id(1), hidden).await.unwrap());
    f.reopen().await;
    let mut found = f.store().privacy(&ids).await.unwrap();
    found.sort_by_key(|(user, _)| *user);
    assert_eq!(found, [(a, hidden), (b, invisible)]);
    let default = Privacy::default();
    assert!(f.store().set_privacy(a, default).await.unwrap());
    assert_eq!(f.store().privacy(&ids).await.unwrap(), [(b, invisible)]);
}
