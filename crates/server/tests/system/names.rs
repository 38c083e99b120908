//! What people see of each other: names and login names.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::harness::{Http, LI, LI_ID, Raw, TestServer, WANG, WANG_ID, ZHANG, ZHANG_ID};

#[tokio::test]
async fn login_names_are_their_owners_unless_the_operator_shows_them() {
    let server = TestServer::start_in_earnest(|_| {}).await;
    let (zhang, li) = (server.http(ZHANG).await, server.http(LI).await);
    zhang.send_text(LI_ID, "l1", "hello").await;
    let (_, all) = li.get("/v1/users").await;
    let (_, synced) = li.get("/v1/conversations").await;
    let mut raw = Raw::welcome(server.address(), li.token()).await;
    let live = raw.request(json!({ "type": "sync" })).await;
    for users in [&all["users"], &synced["users"], &live["users"]] {
        let of = |id: u64| {
            let mut users = users.as_array().unwrap().iter();
            users.find(|user| user["id"] == id).unwrap()
        };
        assert_eq!(of(ZHANG_ID)["login"], "", "{users}");
        assert_eq!(of(ZHANG_ID)["name"], "张三");
        assert_eq!(of(LI_ID)["login"], LI, "one's own");
    }
    assert!(!all.to_string().contains(ZHANG));
    // Who knows a login name finds its owner by it.
    let (_, found) = li.get(&format!("/v1/users?login={ZHANG}")).await;
    assert_eq!(
        found["users"],
        json!([{ "id": ZHANG_ID, "login": ZHANG, "name": "张三" }])
    );
    assert_eq!(li.get("/v1/me").await.1["user"]["login"], LI);

    let open = TestServer::start_in_earnest(|config| config.show_logins = true).await;
    let (_, all) = open.http(LI).await.get("/v1/users").await;
    assert_eq!(all["users"][0]["login"], ZHANG);
}

#[tokio::test]
async fn a_name_that_deceives_is_refused_for_people_and_devices() {
    let server = TestServer::start().await;
    let zhang = server.http(ZHANG).await;
    for name in [
        "\u{202e}gnahz",
        "a\u{200b}",
        "\u{3164}",
        "a\u{2066}b",
        "a\u{7}b",
    ] {
        let rename = zhang.call(Method::PATCH, "/v1/me", Some(json!({ "name": name })));
        assert_eq!(rename.await.0, StatusCode::BAD_REQUEST, "{name:?}");
        let body = json!({ "login": ZHANG, "password": "1234", "device": name });
        let request = reqwest::Client::new().post(format!("{}/v1/login", server.url()));
        let refused = request.json(&body).send().await.unwrap().status();
        assert_eq!(refused, StatusCode::BAD_REQUEST, "{name:?}");
    }
    let rename = zhang.call(
        Method::PATCH,
        "/v1/me",
        Some(json!({ "name": "👩\u{200d}💻" })),
    );
    assert_eq!(rename.await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_login_name_is_one_however_it_is_spelled() {
    let server = TestServer::start().await;
    let user = hongyan_service::AddUser {
        id: None,
        login: "José@Straße.example".into(),
        name: "José".into(),
        avatar: None,
        password: "contraseña segura".into(),
    };
    let node = server.node();
    let added = node.service().add_user(node.operator(), user).await;
    let added = added.unwrap();
    let body = json!({
        "login": "JOSE\u{301}@STRASSE.EXAMPLE",
        "password": "contrasen\u{303}a segura",
    });
    let request = reqwest::Client::new().post(format!("{}/v1/login", server.url()));
    let signed_in = request.json(&body).send().await.unwrap();
    assert_eq!(signed_in.status(), StatusCode::OK);
    let (_, found) = server
        .http(ZHANG)
        .await
        .get("/v1/users?login=jose%CC%81@strasse.example")
        .await;
    assert_eq!(found["users"][0]["id"], added.id.get());
}

#[tokio::test]
async fn notes_to_oneself_come_to_ones_other_devices_and_are_never_unread() {
    let server = TestServer::start().await;
    let phone = Http::sign_in(&server.url(), ZHANG, "phone").await;
    let mut laptop = server.connect(ZHANG).await.acking();
    let sent = phone.send_text(ZHANG_ID, "note", "milk").await;
    let pushed = laptop.next_of("entry").await;
    assert_eq!(
        (&pushed["conv"], &pushed["seq"]),
        (&sent["conv"], &sent["seq"])
    );
    assert_eq!(
        phone.send_text(ZHANG_ID, "note", "milk").await,
        sent,
        "once"
    );
    let (_, synced) = phone.get("/v1/conversations").await;
    let notes = &synced["conversations"][0];
    assert_eq!(
        (&notes["unread"], &synced["total_unread"]),
        (&json!(0), &json!(0))
    );
    let members = notes["members"].as_array().unwrap();
    assert_eq!((members.len(), &members[0]["user"]), (1, &json!(ZHANG_ID)));
    let li = server.http(LI).await;
    let path = format!("/v1/conversations/{}/entries", sent["conv"]);
    assert_eq!(li.get(&path).await.0, StatusCode::NOT_FOUND);
}

async fn rename(who: &Http, name: &str) {
    let rename = who.call(Method::PATCH, "/v1/me", Some(json!({ "name": name })));
    assert_eq!(rename.await.0, StatusCode::OK);
}

/// The names that a connection is told, until this one comes, and how many frames told them.
async fn told_until(raw: &mut Raw, name: &str) -> (Vec<serde_json::Value>, usize) {
    let (mut users, mut frames) = (Vec::new(), 0);
    loop {
        let told = raw.next_of("profiles").await;
        frames += 1;
        users.extend(told["users"].as_array().unwrap().iter().cloned());
        if users.iter().any(|user| user["name"] == name) {
            return (users, frames);
        }
    }
}

#[tokio::test]
async fn a_new_name_is_told_to_who_shares_a_conversation_and_to_nobody_else() {
    let server = TestServer::start_in_earnest(|_| {}).await;
    let zhang = server.http(ZHANG).await;
    zhang.send_text(LI_ID, "l1", "hello").await;
    let li = server.http(LI).await;
    let mut friend = Raw::welcome(server.address(), li.token()).await;
    let mut own = Raw::welcome(server.address(), zhang.token()).await;
    let mut stranger = server.connect(WANG).await;
    rename(&zhang, "张三丰").await;
    let (users, _) = told_until(&mut friend, "张三丰").await;
    assert_eq!(
        users,
        [json!({ "id": ZHANG_ID, "login": "", "name": "张三丰" })]
    );
    let (users, _) = told_until(&mut own, "张三丰").await;
    assert_eq!(users[0]["login"], ZHANG, "one's own");

    // Once they speak, the stranger is one no more, and hears of the next name and of none before.
    zhang.send_text(WANG_ID, "w1", "hello").await;
    stranger.next_of("entry").await;
    rename(&zhang, "张君宝").await;
    let (users, frames) = told_until(&mut stranger, "张君宝").await;
    assert_eq!((users.len(), frames), (1, 1));
}

#[tokio::test]
async fn names_that_change_all_the_time_are_told_once_a_second() {
    let server = TestServer::start().await;
    let (zhang, li) = (server.http(ZHANG).await, server.http(LI).await);
    zhang.send_text(LI_ID, "l1", "hello").await;
    let mut friend = Raw::welcome(server.address(), li.token()).await;
    let started = tokio::time::Instant::now();
    for number in 0..20 {
        rename(&zhang, &format!("name {number}")).await;
    }
    let (users, frames) = told_until(&mut friend, "name 19").await;
    let seconds = usize::try_from(started.elapsed().as_secs()).unwrap();
    assert!(frames <= seconds + 1, "{frames} frames in {seconds} s");
    assert_eq!(users.len(), frames, "each user once in a frame");
}
