//! Who may try how often to sign in, and from where.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{LI, TestServer, ZHANG};

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

#[tokio::test]
async fn a_right_password_is_taken_from_an_address_that_failed_too_often() {
    let server = TestServer::start().await;
    guess_until_refused(&server, "").await;
    let right = attempt(&server, ZHANG, "1234", &[]).await;
    assert_eq!(right, StatusCode::OK, "strangers share the address");
    // But who guesses here gets one guess for a name, and then waits.
    let wrong = attempt(&server, LI, "wrong", &[]).await;
    assert_eq!(wrong, StatusCode::TOO_MANY_REQUESTS);
    let late = attempt(&server, LI, "1234", &[]).await;
    assert_eq!(late, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_device_that_signed_in_before_is_not_locked_out() {
    let server = TestServer::start().await;
    let sign_in = async |body: Value, cookie: Option<&str>| {
        let mut request = reqwest::Client::new()
            .post(format!("{}/v1/login", server.url()))
            .json(&body);
        if let Some(cookie) = cookie {
            request = request.header("cookie", cookie);
        }
        request.send().await.unwrap()
    };
    let right = json!({ "login": ZHANG, "password": "1234", "device": "phone" });
    let first: Value = sign_in(right.clone(), None).await.json().await.unwrap();
    let mut with_secret = right.clone();
    with_secret["device_secret"] = first["device_secret"].clone();
    let mut in_browser = right.clone();
    in_browser["cookie"] = true.into();
    let browser = sign_in(in_browser.clone(), None).await;
    let cookies = browser.headers().get_all("set-cookie").iter();
    let cookies = cookies.map(|line| line.to_str().unwrap().split(';').next().unwrap());
    let cookie = cookies.collect::<Vec<_>>().join("; ");
    assert!(cookie.contains("hongyan_device"), "{cookie}");

    let mut guesses = 0;
    while attempt(&server, ZHANG, "wrong", &[]).await != StatusCode::TOO_MANY_REQUESTS {
        guesses += 1;
        assert!(guesses < 100, "guessing goes on for ever");
    }
    let stranger = sign_in(right.clone(), None).await.status();
    assert_eq!(stranger, StatusCode::TOO_MANY_REQUESTS);
    let known = sign_in(with_secret.clone(), None).await.status();
    assert_eq!(known, StatusCode::OK, "by its secret");
    let known = sign_in(in_browser, Some(&cookie)).await.status();
    assert_eq!(known, StatusCode::OK, "by its cookie");

    // The secret opens no other account, and lets nobody guess for ever.
    let mut others = with_secret.clone();
    others["login"] = LI.into();
    others["password"] = "wrong".into();
    assert_eq!(
        sign_in(others, None).await.status(),
        StatusCode::UNAUTHORIZED
    );
    with_secret["password"] = "wrong".into();
    let mut guesses = 0;
    while sign_in(with_secret.clone(), None).await.status() != StatusCode::TOO_MANY_REQUESTS {
        guesses += 1;
        assert!(guesses < 100, "guessing goes on for ever");
    }
}

#[tokio::test]
async fn many_sign_ins_of_one_account_make_no_other_wait_in_vain() {
    const MANY: usize = 100;
    let server = TestServer::start().await;
    let served = AtomicUsize::new(0);
    let many = (0..MANY).map(async |_| {
        let status = attempt(&server, ZHANG, "1234", &[]).await;
        served.fetch_add(usize::from(status == StatusCode::OK), Ordering::Relaxed);
        status
    });
    let others = async {
        let others = (0..5).map(|_| attempt(&server, LI, "1234", &[]));
        let others = futures_util::future::join_all(others).await;
        (others, served.load(Ordering::Relaxed))
    };
    let (many, (others, before)) = tokio::join!(futures_util::future::join_all(many), others);
    assert!(
        others.iter().all(|status| *status == StatusCode::OK),
        "{others:?}"
    );
    // Each waits for its own line: the short one is at its end long before the long one is.
    assert!(
        before < MANY * 2 / 3,
        "{before} were served before the others"
    );
    // On a busy machine the last of them run into the time-out of a request; none is refused for another's sake. And the
    // account itself gets in: half the processor is its own once the others are served, and all of it then.
    let expected = [StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE];
    assert!(
        many.iter().all(|status| expected.contains(status)),
        "{many:?}"
    );
    let served = served.into_inner();
    assert!(
        served >= MANY / 2,
        "only {served} of {MANY} within the time of a request"
    );
}

#[tokio::test]
async fn a_clock_that_is_set_back_locks_nobody_out() {
    let server = TestServer::start().await;
    let day = Duration::from_secs(24 * 60 * 60);
    server.clock().set_forward(day);
    let wrong = attempt(&server, ZHANG, "wrong", &[]).await;
    assert_eq!(wrong, StatusCode::UNAUTHORIZED);
    server.clock().set_back(day);
    for _ in 2..hongyan_service::limits::LOGIN_FAILURES {
        let wrong = attempt(&server, ZHANG, "wrong", &[]).await;
        assert_eq!(wrong, StatusCode::UNAUTHORIZED, "one is no reason");
    }
    let right = attempt(&server, ZHANG, "1234", &[]).await;
    assert_eq!(right, StatusCode::OK);
}
