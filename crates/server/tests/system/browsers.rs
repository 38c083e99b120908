//! What keeps pages of others out: names, cookies, headers.

use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Raw, TestServer, ZHANG, ZHANG_ID};

/// A request that knows no cookie but what it is given.
fn ask(server: &TestServer, method: Method, path: &str) -> RequestBuilder {
    Client::new().request(method, format!("{}{path}", server.url()))
}

async fn sign_in(server: &TestServer, headers: &[(&str, &str)]) -> Response {
    let body = json!({ "login": ZHANG, "password": "1234", "cookie": true });
    let mut request = ask(server, Method::POST, "/v1/login").json(&body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

/// The cookies that an answer sets: name and value, and the whole line.
fn cookies(response: &Response) -> Vec<(String, String)> {
    let lines = response.headers().get_all("set-cookie").iter();
    let lines = lines.map(|line| line.to_str().unwrap());
    lines
        .map(|line| {
            let pair = line.split(';').next().unwrap();
            (pair.to_owned(), line.to_owned())
        })
        .collect()
}

fn session_cookie(response: &Response) -> (String, String) {
    let all = cookies(response);
    let found = all.into_iter().find(|(pair, _)| pair.contains("session"));
    found.expect("a session cookie")
}

#[tokio::test]
async fn a_name_that_is_not_the_servers_is_refused() {
    let server = TestServer::start_with(|config| {
        config.hosts = vec!["chat.example.com".into()];
        config.allowed_origins = vec!["https://www.example.com".into()];
    })
    .await;
    let status = async |path: &str, host: &str| {
        let request = ask(&server, Method::GET, path).header("Host", host);
        request.send().await.unwrap().status()
    };
    for path in ["/", "/v1/me", "/v1/nothing", "/classic"] {
        assert_eq!(
            status(path, "evil.example:8080").await,
            StatusCode::MISDIRECTED_REQUEST,
            "{path}"
        );
    }
    for host in [
        "chat.example.com",
        "www.example.com",
        "localhost:8080",
        "192.168.1.5:8080",
        "[::1]:8080",
    ] {
        assert_eq!(status("/", host).await, StatusCode::OK, "{host}");
    }
    // A load balancer asks under any name.
    assert_eq!(status("/v1/health", "pod-7.internal").await, StatusCode::OK);

    let request = ask(&server, Method::GET, "/v1/me").header("Host", "evil.example");
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["error"]["code"], "host_not_allowed");
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.contains("hosts = [\"evil.example\"]"), "{message}");

    let socket = Raw::open_with(server.address(), &[("host", "evil.example")]).await;
    assert!(socket.is_err(), "a socket neither");
}

#[tokio::test]
async fn over_https_cookies_are_kept_to_this_host_and_to_https() {
    let server =
        TestServer::start_with(|config| config.trusted_proxies = vec!["127.0.0.1".into()]).await;
    let own = format!("https://{}", server.address());
    let https = [("x-forwarded-proto", "https"), ("origin", own.as_str())];
    let response = sign_in(&server, &https).await;
    let (pair, line) = session_cookie(&response);
    assert!(pair.starts_with("__Host-hongyan_session"), "{pair}");
    for attribute in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(line.contains(attribute), "{line}");
    }
    assert!(!line.contains("Domain"), "{line}");
    let hsts = &response.headers()["strict-transport-security"];
    assert!(hsts.to_str().unwrap().starts_with("max-age="), "{hsts:?}");

    let me = ask(&server, Method::GET, "/v1/me").header("cookie", &pair);
    let over_https = me.try_clone().unwrap().header("x-forwarded-proto", "https");
    assert_eq!(over_https.send().await.unwrap().status(), StatusCode::OK);

    let plain = sign_in(&server, &[("origin", &server.url())]).await;
    let (pair, line) = session_cookie(&plain);
    assert!(pair.starts_with("hongyan_session") && !line.contains("Secure"));
    assert!(!plain.headers().contains_key("strict-transport-security"));
}

#[tokio::test]
async fn two_servers_on_one_host_do_not_sign_each_other_out() {
    let (one, other) = (TestServer::start().await, TestServer::start().await);
    let (first, _) = session_cookie(&sign_in(&one, &[]).await);
    let (second, _) = session_cookie(&sign_in(&other, &[]).await);
    // One jar has both: cookies ignore ports.
    let name = |pair: &str| pair.split('=').next().unwrap().to_owned();
    assert_ne!(name(&first), name(&second));
    let jar = format!("{first}; {second}");
    for server in [&one, &other] {
        let me = ask(server, Method::GET, "/v1/me").header("cookie", &jar);
        assert_eq!(me.send().await.unwrap().status(), StatusCode::OK);
    }
    let mut out = ask(&one, Method::POST, "/v1/logout").header("cookie", &jar);
    out = out.header("origin", one.url());
    let response = out.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    for (pair, _) in cookies(&response) {
        assert_ne!(name(&pair), name(&second), "the other's stays");
    }
}

#[tokio::test]
async fn a_cookie_of_the_earlier_name_is_taken_and_moved() {
    let server = TestServer::start().await;
    let http = server.http(ZHANG).await;
    let earlier = format!("hongyan_session={}", http.token());
    let me = ask(&server, Method::GET, "/v1/me").header("cookie", &earlier);
    let response = me.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let set = cookies(&response);
    let port = server.address().port();
    let moved = format!("hongyan_session_{port}={}", http.token());
    assert!(set.iter().any(|(pair, _)| *pair == moved), "{set:?}");
    assert!(
        set.iter()
            .any(|(pair, line)| pair == "hongyan_session=" && line.contains("Max-Age=0")),
        "{set:?}"
    );
    let me = ask(&server, Method::GET, "/v1/me").header("cookie", &moved);
    let response = me.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let again = cookies(&response);
    assert!(
        !again.iter().any(|(pair, _)| pair.contains("session")),
        "once: {again:?}"
    );
}

#[tokio::test]
async fn every_answer_says_that_nobody_keeps_or_embeds_it() {
    let server = TestServer::start().await;
    for path in [
        "/v1/me",
        "/v1/health",
        "/v1/nothing",
        "/v1/ws",
        "/queryContacts",
    ] {
        let response = ask(&server, Method::GET, path).send().await.unwrap();
        let headers = response.headers();
        assert_eq!(headers["cache-control"], "no-store", "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
    }
    let page = ask(&server, Method::GET, "/").send().await.unwrap();
    let headers = page.headers();
    assert_eq!(headers["cross-origin-opener-policy"], "same-origin");
    assert_eq!(headers["cross-origin-resource-policy"], "same-origin");
    let policy = headers["permissions-policy"].to_str().unwrap();
    assert!(policy.contains("camera=()"), "{policy}");
    assert_eq!(headers["cache-control"], "no-cache");
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_signs_in_by_cookie() {
    let allowed = "http://localhost:3000";
    let server = TestServer::start_with(|config| {
        config.allowed_origins = vec![allowed.into()];
    })
    .await;
    let preflight = |origin: &'static str| {
        ask(&server, Method::OPTIONS, "/v1/login")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type")
    };
    let may = |response: &Response, origin: &str| {
        let said = |name| {
            response
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap())
        };
        said("access-control-allow-origin") == Some(origin)
            && said("access-control-allow-credentials") == Some("true")
    };
    let response = preflight(allowed).send().await.unwrap();
    assert!(response.status().is_success());
    assert!(may(&response, allowed), "{:?}", response.headers());
    let methods = response.headers()["access-control-allow-methods"].to_str();
    let methods: Vec<&str> = methods.unwrap().split(',').collect();
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        assert!(methods.contains(&method), "{method}: {methods:?}");
    }
    let foreign = "https://evil.example";
    assert!(!may(&preflight(foreign).send().await.unwrap(), foreign));

    let response = sign_in(&server, &[("origin", allowed)]).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(may(&response, allowed));
    let (cookie, _) = session_cookie(&response);
    let me = ask(&server, Method::GET, "/v1/me").header("cookie", &cookie);
    let me = me.header("origin", allowed).send().await.unwrap();
    assert!(may(&me, allowed), "the page can read the answer");
    let me: Value = me.json().await.unwrap();
    assert_eq!(me["user"]["id"], ZHANG_ID);
    let headers = [("cookie", cookie.as_str()), ("origin", allowed)];
    let mut socket = Raw::open_with(server.address(), &headers).await.unwrap();
    socket.send(json!({ "type": "hello" })).await;
    assert_eq!(socket.next().await["type"], "welcome");
}
