//! Whom a search finds.

use hongyan_protocol::UserId;

use super::Rng;
use super::fixture::{Engine, Fixture};
use super::random::seed;
use crate::people::{PEOPLE_CHECKED, Query, keys};
use crate::{Accounts, FoundUsers, NewUser, User};

/// Room for everybody whom a case makes.
const ALL: usize = 100;

async fn add<E: Engine>(f: &mut Fixture<E>, name: &str, login: &str) -> User {
    let new = NewUser {
        name: name.into(),
        ..f.new_user(login)
    };
    f.store().create_user(new).await.unwrap()
}

async fn search<E: Engine>(
    f: &Fixture<E>,
    typed: &str,
    by_login: bool,
    limit: usize,
) -> FoundUsers {
    let query = Query::parse(typed, by_login).unwrap();
    f.store().search_users(query, limit).await.unwrap()
}

async fn names<E: Engine>(f: &Fixture<E>, typed: &str, by_login: bool) -> Vec<String> {
    let found = search(f, typed, by_login, ALL).await;
    assert!(!found.more);
    found.users.into_iter().map(|user| user.name).collect()
}

pub async fn the_best_stand_first<E: Engine>(f: &mut Fixture<E>) {
    let made = [
        ("Colin", "a"),
        ("Lu Ina Nolan", "b"),
        ("Hanna Lin", "c"),
        ("Linus", "d"),
        ("林丹", "e"),
        ("Lin", "f"),
        ("张三", "lin.z"),
    ];
    for (name, login) in made {
        add(f, name, login).await;
    }
    let expected = ["Lin", "林丹", "Linus", "Hanna Lin", "Lu Ina Nolan", "Colin"];
    assert_eq!(names(f, "LIN", false).await, expected);
    let with_logins = [
        "Lin",
        "林丹",
        "Linus",
        "Hanna Lin",
        "张三",
        "Lu Ina Nolan",
        "Colin",
    ];
    assert_eq!(names(f, "lin", true).await, with_logins);
    assert_eq!(names(f, "nolan lu", false).await, ["Lu Ina Nolan"]);
    assert_eq!(names(f, "zs", false).await, ["张三"]);
    assert!(names(f, "nobody", true).await.is_empty());
    f.reopen().await;
    assert_eq!(names(f, "lin", true).await, with_logins);
}

pub async fn a_page_is_bounded_and_says_so<E: Engine>(f: &mut Fixture<E>) {
    let mut made = Vec::new();
    for at in 0..5 {
        made.push(add(f, "王伟", &format!("w{at}")).await);
    }
    for limit in 0..7 {
        let found = search(f, "wangwei", false, limit).await;
        let expected: Vec<_> = made.iter().take(limit).cloned().collect();
        assert_eq!((found.users, found.more), (expected, limit < 5), "{limit}");
    }
}

pub async fn a_new_name_is_found_and_the_old_one_is_not<E: Engine>(f: &mut Fixture<E>) {
    let user = add(f, "Ann Weber", "ann").await;
    let namesake = add(f, "Ann Weber", "other").await;
    let renamed = f.store().rename_user(user.id, "王小明".into()).await;
    let renamed = renamed.unwrap().unwrap();
    for _ in 0..2 {
        let found = search(f, "weber", true, ALL).await;
        assert_eq!(found.users, std::slice::from_ref(&namesake));
        let found = search(f, "wxm", true, ALL).await;
        assert_eq!(found.users, std::slice::from_ref(&renamed));
        let found = search(f, "ann", true, ALL).await;
        assert_eq!(found.users, [namesake.clone(), renamed.clone()]);
        f.reopen().await;
    }
}

/// More people share the longest word than a search reads the names of.
pub async fn words_in_another_order_find_among_many<E: Engine>(f: &mut Fixture<E>) {
    for at in 0..=PEOPLE_CHECKED {
        add(f, "Alice Abel", &format!("abel{at}")).await;
    }
    let weber = add(f, "Alice Weber", "weber").await;
    let middle = add(f, "Alice Maria Weber-Klein", "klein").await;
    for typed in ["weber alice", "Weber, Alice"] {
        let found = search(f, typed, false, ALL).await;
        assert!(found.users.contains(&weber), "{typed}");
    }
    let found = search(f, "weber maria alice", false, ALL).await;
    assert_eq!(found.users, [middle]);
}

/// Whatever people are called and is typed, the engine finds whom going through everybody finds.
pub async fn against_going_through_everybody<E: Engine>(f: &mut Fixture<E>) {
    let mut rng = Rng::new(seed());
    let mut users: Vec<User> = Vec::new();
    for at in 0..40 {
        let name = random_name(&mut rng);
        users.push(
            add(
                f,
                &name,
                &format!("{}{at}", rng.pick(&["ann", "wang.x", "b-"])),
            )
            .await,
        );
    }
    for round in 0..300 {
        if round % 10 == 0 {
            let at = usize::try_from(rng.below(users.len() as u64)).unwrap();
            let user = users.get_mut(at).unwrap();
            let renamed = f.store().rename_user(user.id, random_name(&mut rng)).await;
            *user = renamed.unwrap().unwrap();
        }
        let typed = random_query(&mut rng, &users);
        let Some(query) = Query::parse(&typed, rng.once_in(2)) else {
            continue;
        };
        let expected = go_through(&query, &users);
        let found = f.store().search_users(query.clone(), ALL).await.unwrap();
        let found: Vec<UserId> = found.users.iter().map(|user| user.id).collect();
        assert_eq!(found, expected, "{typed:?} {query:?} {users:#?}");
        if rng.once_in(100) {
            f.reopen().await;
        }
    }
}

fn go_through(query: &Query, users: &[User]) -> Vec<UserId> {
    let looks = query.looks();
    let place = |user: &User| {
        let keys = keys(&user.name, &user.login);
        looks.iter().enumerate().find_map(|(at, look)| {
            let fits = |key: &&_| -> bool {
                let key: &&crate::people::Key = key;
                key.class == look.class && key.text.starts_with(look.prefix)
            };
            let key = keys.iter().filter(fits).map(|key| key.text.clone()).min()?;
            let counts = !look.needs_all_words || query.has_all_words(&user.name, &user.login);
            counts.then_some((at, key, user.id))
        })
    };
    let mut places: Vec<_> = users.iter().filter_map(place).collect();
    places.sort();
    places.into_iter().map(|(.., id)| id).collect()
}

fn random_name(rng: &mut Rng) -> String {
    const WORDS: [&str; 14] = [
        "王", "小", "明", "单", "曾", "吕", "Ann", "Anna", "Weber", "wang", "Ｘu", "é", "3", "’",
    ];
    let mut name = String::from(*rng.pick(&["王", "Ann", "B"]));
    for _ in 0..rng.below(4) {
        name.push_str(if rng.once_in(2) { " " } else { "" });
        name.push_str(rng.pick::<&str>(&WORDS));
    }
    name
}

/// A part of somebody's key, or of a name, or of two.
fn random_query(rng: &mut Rng, users: &[User]) -> String {
    let mut typed = String::new();
    for _ in 0..=rng.below(2) {
        let user = rng.pick(users);
        let text = match rng.below(3) {
            0 => user.name.clone(),
            1 => user.login.clone(),
            _ => rng.pick(&keys(&user.name, &user.login)).text.clone(),
        };
        let chars = text.chars().count() as u64;
        let from = if rng.once_in(3) { rng.below(chars) } else { 0 };
        let count = usize::try_from(1 + rng.below(6)).unwrap();
        let from = usize::try_from(from).unwrap();
        typed.extend(text.chars().skip(from).take(count));
        typed.push(' ');
    }
    typed
}
