//! Who may try how often to sign in, and from where.

use reqwest::StatusCode;
use serde_json::json;

use crate::harness::{TestServer, ZHANG};

/// An attempt to sign in, with these headers.
async fn attempt(
    server: &TestServer,
    login: &str,
    password: &str,
    headers: &[(&str, &str)],
) -> StatusCode {
    let body = json!({ "login": login, "password": password, "device": "attempt" });
    let mut request = reqwest::Client::new()
        .post(format!("{}/v1/login", server.url()))
        .json(&body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap().status()
}

async fn behind_a_proxy() -> TestServer {
    TestServer::start_with(|config| config.trusted_proxies = vec!["127.0.0.1/32".into()]).await
}

/// Guesses from one address, an invented name each, until it has to wait. Whatever the guesser puts before
/// the proxy's own word changes nothing.
async fn guess_until_refused(server: &TestServer, address: &str) {
    let limit = hongyan_service::limits::ADDRESS_FAILURES;
    for guess in 0..10 * limit {
        let spoofed = format!("192.0.2.{}{address}", guess % 256);
        let name = format!("nobody{guess}");
        let headers = [("x-forwarded-for", spoofed.as_str())];
        let status = attempt(server, &name, "wrong", &headers).await;
        if status == StatusCode::TOO_MANY_REQUESTS {
            assert!(guess >= limit, "refused after {guess}");
            return;
        }
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
    panic!("guessing goes on for ever");
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_address_has_its_own_limit() {
    let server = behind_a_proxy().await;
    guess_until_refused(&server, ", 203.0.113.66").await;
    for header in [
        ("x-forwarded-for", "198.51.100.1"),
        ("forwarded", "for=198.51.100.1"),
    ] {
        let other = attempt(&server, ZHANG, "1234", &[header]).await;
        assert_eq!(other, StatusCode::OK, "{header:?}");
    }
}

#[tokio::test]
async fn from_anybody_else_the_headers_say_nothing() {
    let server = TestServer::start().await;
    guess_until_refused(&server, "").await;
}
