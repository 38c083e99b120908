//! Looking for people.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{Http, LI, LI_ID, TestServer, ZHANG, ZHANG_ID};

async fn search(http: &Http, typed: &str) -> Value {
    let (status, found) = http.get(&path(typed)).await;
    assert_eq!(status, StatusCode::OK, "{typed}: {found}");
    found
}

fn path(typed: &str) -> String {
    let url = reqwest::Url::parse_with_params("http://any/v1/users", [("q", typed)]).unwrap();
    format!("{}?{}", url.path(), url.query().unwrap())
}

fn ids(found: &Value) -> Vec<u64> {
    let users = found["users"].as_array().unwrap().iter();
    users.map(|user| user["id"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn people_are_found_by_name_and_pinyin_and_by_login_names_where_they_are_shown() {
    let server = TestServer::start_in_earnest(|_| {}).await;
    let li = server.http(LI).await;
    for typed in ["张", "zhangs", "ZHANG san", "zs", "ｚｓ", "san zhang"] {
        assert_eq!(ids(&search(&li, typed).await), [ZHANG_ID], "{typed}");
    }
    let found = search(&li, "zhangs").await;
    assert_eq!(
        found,
        json!({
            "users": [{ "id": ZHANG_ID, "login": "", "name": "张三" }],
            "marks": [[[0, 2]]],
            "more": false,
        })
    );
    // Of login names nothing is told, but to who knows one whole.
    for typed in ["zhangsan@g", "gmail", &ZHANG[..ZHANG.len() - 1]] {
        assert!(ids(&search(&li, typed).await).is_empty(), "{typed}");
    }
    let found = search(&li, &format!(" {} ", ZHANG.to_uppercase())).await;
    assert_eq!(
        (ids(&found), &found["users"][0]["login"]),
        (vec![ZHANG_ID], &json!(ZHANG))
    );
    assert_eq!(
        search(&li, "lisi").await["users"][0]["login"],
        LI,
        "one's own"
    );

    let open = TestServer::start_in_earnest(|config| config.show_logins = true).await;
    let found = search(&open.http(LI).await, "zhangsan@g").await;
    assert_eq!(
        (ids(&found), &found["users"][0]["login"]),
        (vec![ZHANG_ID], &json!(ZHANG))
    );
}

#[tokio::test]
async fn a_new_name_is_found_at_once() {
    let mut server = TestServer::start().await;
    let zhang = server.http(ZHANG).await;
    let rename = zhang.call(
        reqwest::Method::PATCH,
        "/v1/me",
        Some(json!({ "name": "Ann Weber" })),
    );
    assert_eq!(rename.await.0, StatusCode::OK);
    for _ in 0..2 {
        let li = server.http(LI).await;
        assert_eq!(ids(&search(&li, "weber").await), [ZHANG_ID]);
        // By the login name, which the demo shows, and no more by the name.
        assert_eq!(ids(&search(&li, "zhangsan").await), [ZHANG_ID]);
        assert!(ids(&search(&li, "张").await).is_empty());
        server.stop().await;
        server.start_again().await;
    }
}

#[tokio::test]
async fn whatever_is_typed_the_answer_is_bounded() {
    let server = TestServer::start().await;
    let li = server.http(LI).await;
    let found = li.get("/v1/users?q=lisi&limit=1").await.1;
    assert_eq!((ids(&found), &found["more"]), (vec![LI_ID], &json!(false)));
    let found = li.get("/v1/users?q=gm&limit=1").await.1;
    assert_eq!((ids(&found), &found["more"]), (vec![], &json!(false)));
    let found = li.get("/v1/users?q=w&limit=1000000").await.1;
    assert_eq!(found["more"], false);
    for typed in [
        "",
        " ",
        "-",
        "\u{202e}",
        "%",
        "\0",
        "' OR 1=1 --",
        "*",
        "\u{10ffff}",
    ] {
        assert!(ids(&search(&li, typed).await).is_empty(), "{typed:?}");
    }
    for typed in ["a ".repeat(256), "\u{fdfa}".repeat(170), "单".repeat(170)] {
        assert!(ids(&search(&li, &typed).await).is_empty(), "{typed}");
    }
    let (status, refused) = li.get(&path(&"x".repeat(513))).await;
    assert_eq!(
        (status, &refused["error"]["code"]),
        (StatusCode::PAYLOAD_TOO_LARGE, &json!("too_large"))
    );
    for query in ["q=a&login=b", "q=a&after=1000", "q=a&limit=0"] {
        let (status, _) = li.get(&format!("/v1/users?{query}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
    }
    let nobody = reqwest::get(format!("{}{}", server.url(), path("li"))).await;
    assert_eq!(nobody.unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn who_searches_without_end_is_told_to_wait() {
    let server = TestServer::start_with(|config| config.limits.user_units_per_second = 20).await;
    let li = server.http(LI).await;
    let mut searches = 0;
    let refused = loop {
        let (status, answer) = li.get(&path("zhang")).await;
        if status != StatusCode::OK {
            break (status, answer);
        }
        searches += 1;
        assert!(searches < 100);
    };
    assert_eq!(refused.0, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.1["error"]["retry_after_ms"].as_u64() > Some(0));
    // Of 320 units at 20 and a little each, and what came back meanwhile.
    assert!(searches >= 10, "{searches}");
}

#[tokio::test]
async fn the_rust_client_finds_people() {
    let server = TestServer::start().await;
    let credentials = hongyan_client::Credentials::password(LI, "1234", "rust");
    let config = hongyan_client::Config::new(server.url(), credentials);
    let (client, _events) = hongyan_client::Client::connect(config).await.unwrap();
    let found = client.search_users("zhangs", Some(1)).await.unwrap();
    assert!(!found.more);
    let zhang = found.users.first().unwrap();
    assert_eq!(zhang.user.id.get(), ZHANG_ID);
    let marked: Vec<_> = zhang
        .marks
        .iter()
        .map(|mark| &zhang.user.name[mark.clone()])
        .collect();
    assert_eq!(marked, ["张三"]);
    assert!(
        client
            .search_users("nobody", None)
            .await
            .unwrap()
            .users
            .is_empty()
    );
    client.close().await;
}
