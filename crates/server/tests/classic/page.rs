//! The page's files, and what the browser is told to allow them.

use reqwest::StatusCode;
use reqwest::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};

use crate::client::Browser;
use crate::harness::TestServer;

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
