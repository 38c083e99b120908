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

#[tokio::test]
async fn behind_a_trusted_proxy_each_address_has_its_own_limit() {
    let server = behind_a_proxy().await;
    let limit = hongyan_service::limits::ADDRESS_FAILURES;
    let mut last = StatusCode::OK;
    for guess in 0..=limit {
        // Whatever the attacker puts before the proxy's own word changes nothing.
        let spoofed = format!("192.0.2.{guess}, 203.0.113.66");
        let name = format!("nobody{guess}");
        last = attempt(&server, &name, "wrong", &[("x-forwarded-for", &spoofed)]).await;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS, "the attacker waits");
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
    let limit = hongyan_service::limits::ADDRESS_FAILURES;
    let mut last = StatusCode::OK;
    for guess in 0..=limit {
        let spoofed = format!("192.0.2.{guess}");
        let name = format!("nobody{guess}");
        last = attempt(&server, &name, "wrong", &[("x-forwarded-for", &spoofed)]).await;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}
