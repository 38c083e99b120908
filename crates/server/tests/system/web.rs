//! The web app's files, as a browser gets them. What the app does is tested in `web/e2e`.

use reqwest::{Client, StatusCode};

use crate::harness::TestServer;

#[tokio::test]
async fn the_page_is_locked_to_this_server() {
    let server = TestServer::start().await;
    let page = Client::new().get(url(&server, "/")).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    let headers = page.headers().clone();
    assert_eq!(headers["content-type"], "text/html; charset=utf-8");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["referrer-policy"], "no-referrer");
    assert_eq!(headers["cache-control"], "no-cache");
    let policy = headers["content-security-policy"].to_str().unwrap();
    for rule in [
        "default-src 'none'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    let html = page.text().await.unwrap();
    for inline in ["<script>", "style=", " onclick=", "http://", "https://"] {
        assert!(!html.contains(inline), "{inline} in {html}");
    }
}

#[tokio::test]
async fn a_page_that_is_known_already_is_not_sent_again() {
    let server = TestServer::start().await;
    let client = Client::new();
    let first = client.get(url(&server, "/")).send().await.unwrap();
    let tag = first.headers()["etag"].clone();
    let again = client.get(url(&server, "/"));
    let again = again.header("if-none-match", &tag).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(again.headers()["etag"], tag);
    assert!(again.bytes().await.unwrap().is_empty());
}

#[tokio::test]
async fn paths_that_are_no_file_are_not_found() {
    let server = TestServer::start().await;
    let client = Client::new();
    for path in [
        "/nothing",
        "/assets/",
        "/.gitignore",
        "/%2e%2e/Cargo.toml",
        "/v1/nothing",
    ] {
        let answer = client.get(url(&server, path)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

fn url(server: &TestServer, path: &str) -> String {
    format!("http://{}{path}", server.address())
}
