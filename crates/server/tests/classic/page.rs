//! The page's files, and what the browser is told to allow them.

use reqwest::StatusCode;
use reqwest::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};

use crate::client::Browser;
use crate::harness::{LI_ID, TestServer, ZHANG, ZHANG_ID};

#[tokio::test]
async fn the_page_comes_with_a_policy_that_runs_nothing_else() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(server.address());
    let page = browser.get("/classic").await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.headers[CONTENT_TYPE], "text/html; charset=utf-8");
    let policy = page.headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(
        policy.contains("default-src 'none'") && policy.contains("script-src 'self'"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(page.body.contains("lang=\"zh-CN\""));
    assert!(!page.body.contains("<script>") && !page.body.contains(" onclick"));

    // Whatever it refers to is there.
    let mut files = 0;
    for part in page
        .body
        .split('"')
        .filter(|part| part.starts_with("/classic/"))
    {
        let file = browser.get(part).await;
        assert_eq!(file.status, StatusCode::OK, "{part}");
        assert_eq!(file.headers["x-content-type-options"], "nosniff");
        files += 1;
    }
    assert!(files >= 2, "a style and a script at least");
}

#[tokio::test]
async fn a_browser_that_just_looks_gets_the_web_app() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(server.address());
    let answered = browser.get("/").await;
    assert_eq!(answered.status, StatusCode::OK);
    assert_eq!(answered.headers["content-type"], "text/html; charset=utf-8");
}

#[tokio::test]
async fn the_demos_users_have_pictures_where_the_pages_look_for_them() {
    let server = TestServer::start().await;
    let mut zhang = Browser::sign_in(&server, ZHANG).await;
    let contacts = zhang.contacts(ZHANG_ID).await;
    let sent = zhang.send_msg(ZHANG_ID, LI_ID, "hello").await.json();
    let avatars = [
        &contacts["ownerAvatar"],
        &sent["ownerUidAvatar"],
        &sent["otherUidAvatar"],
    ];
    for avatar in avatars {
        let path = format!("/images/{}", avatar.as_str().unwrap());
        let picture = zhang.get(&path).await;
        assert_eq!(picture.status, StatusCode::OK, "{path}");
        assert_eq!(picture.headers[CONTENT_TYPE], "image/svg+xml");
        assert_eq!(picture.headers["x-content-type-options"], "nosniff");
        // Opened by itself it is a document, which may run nothing.
        let policy = picture.headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("sandbox"));
        assert!(picture.body.starts_with("<svg ") && !picture.body.contains("script"));
    }
    let missing = zhang.get("/images/nobody.svg").await;
    assert_ne!(
        missing
            .headers
            .get(CONTENT_TYPE)
            .map(|kind| kind.as_bytes()),
        Some(&b"image/svg+xml"[..])
    );
}
