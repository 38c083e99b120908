//! The course's page, over outages: however its sockets have multiplied, it comes to rest, and shows each
//! message once.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::client::{A_WHILE, Browser};
use crate::course_page::{Address, CoursePage, HASTE};
use crate::harness::{Http, LI, LI_ID, TestServer, ZHANG, eventually};
use crate::process::Server;
use crate::proxy::{Proxy, Weather};

/// How long a connection may be silent: 360 s of the page's time.
const IDLE_MS: u64 = 360_000 / HASTE as u64;

/// The page's time, which goes faster than ours.
fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds / f64::from(HASTE))
}

fn address(http: &str, browser: &Browser, uid: u64) -> Address {
    Address {
        url: http.replacen("http", "ws", 1),
        cookie: browser.cookie().to_owned(),
        origin: http.to_owned(),
        uid,
    }
}

/// 李四's browser, signed in where the page will connect: a cookie is for one port.
async fn sign_in(http: &str) -> Browser {
    let host = http.strip_prefix("http://").unwrap();
    let mut browser = Browser::new(host.parse().unwrap());
    let form = [("email", LI), ("password", "1234")];
    assert_eq!(browser.post("/login", &form).await.status, StatusCode::OK);
    browser
}

fn open(address: &Address) -> CoursePage {
    let seed = rand::random();
    println!("seed {seed}");
    CoursePage::open(address.clone(), seed)
}

/// After an outage: the page rests, stays at rest, and shows what comes once.
async fn comes_to_rest(page: &CoursePage, zhang: &Http, quiet: Duration) {
    page.says("success").await;
    page.is_quiet_for(seconds(10.0)).await;
    let begun = Instant::now();
    sleep(quiet).await;
    assert_eq!(page.connects_since(begun), 0, "while nothing happens");
    zhang.send_text(LI_ID, "at-last", "at last").await;
    page.shows("at last").await;
    sleep(A_WHILE).await;
    assert_eq!(
        page.times_shown("at last"),
        1,
        "of {} sockets",
        page.seen().open
    );
    assert_eq!(page.connects_since(begun), 0);
    assert!(page.seen().errors.is_empty(), "{:?}", page.seen().errors);
}

/// The network breaks for so long, in the page's time.
async fn network_outage(long: f64) {
    let server = TestServer::start_with(|config| config.classic.idle_ms = IDLE_MS).await;
    let network = Proxy::to(server.address()).await;
    let zhang = server.http(ZHANG).await;
    let mut other_device = server.connect(LI).await.acking();
    let browser = sign_in(&network.url()).await;
    let address = address(&network.url(), &browser, LI_ID);
    let page = open(&address);
    page.says("success").await;
    zhang.send_text(LI_ID, "before", "before").await;
    page.shows("before").await;
    // The ack is on its way.
    sleep(A_WHILE).await;

    network.set(Weather::Cut);
    let cut = Instant::now();
    eventually("the page notices", async || {
        (page.seen().open == 0).then_some(())
    })
    .await;
    page.seen().status = None;
    zhang.send_text(LI_ID, "meanwhile", "meanwhile").await;
    tokio::time::sleep_until(cut + seconds(long)).await;
    network.set(Weather::Fair);

    page.shows("meanwhile").await;
    comes_to_rest(&page, &zhang, seconds(40.0)).await;
    println!("{} sockets after {long} s", page.seen().open);
    for text in ["before", "meanwhile"] {
        assert_eq!(page.times_shown(text), 1, "{text}");
    }
    // The user's other device was left alone, and nothing of it all is still to be delivered.
    for _ in 0..3 {
        other_device.next_of("entry").await;
    }
    assert_eq!(
        other_device.request(json!({ "type": "sync" })).await["type"],
        "synced"
    );
}

#[tokio::test]
async fn half_a_second() {
    network_outage(0.5).await;
}

#[tokio::test]
async fn three_seconds() {
    network_outage(3.0).await;
}

#[tokio::test]
async fn eight_seconds() {
    network_outage(8.0).await;
}

#[tokio::test]
async fn twenty_seconds() {
    network_outage(20.0).await;
}

#[tokio::test]
async fn a_restart_and_then_400_seconds_of_quiet() {
    let mut server = TestServer::start_with(|config| config.classic.idle_ms = IDLE_MS).await;
    let browser = Browser::sign_in(&server, LI).await;
    let page = open(&address(&server.url(), &browser, LI_ID));
    page.says("success").await;
    server.stop().await;
    page.seen().status = None;
    sleep(seconds(2.0)).await;
    server.start_again().await;
    let zhang = server.http(ZHANG).await;
    comes_to_rest(&page, &zhang, seconds(400.0)).await;
    assert!(page.seen().open > 1, "or there was nothing to see");
}

#[tokio::test]
async fn a_power_cut() {
    let mut server = Server::start().await;
    let browser = sign_in(&server.url()).await;
    let page = open(&address(&server.url(), &browser, LI_ID));
    page.says("success").await;
    server.kill().await;
    page.seen().status = None;
    sleep(seconds(3.0)).await;
    server.start_again().await;
    let zhang = Http::sign_in(&server.url(), ZHANG, "test").await;
    comes_to_rest(&page, &zhang, seconds(20.0)).await;
}

#[tokio::test]
async fn two_tabs_over_an_outage() {
    let server = TestServer::start().await;
    let network = Proxy::to(server.address()).await;
    let zhang = server.http(ZHANG).await;
    let browser = sign_in(&network.url()).await;
    let address = address(&network.url(), &browser, LI_ID);
    let tabs = [open(&address), open(&address)];
    for tab in &tabs {
        tab.says("success").await;
    }
    for (text, outage) in [("one", 0.0), ("two", 3.0), ("three", 0.5)] {
        if outage > 0.0 {
            network.set(Weather::Cut);
            for tab in &tabs {
                tab.seen().status = None;
            }
            sleep(seconds(outage)).await;
            network.set(Weather::Fair);
            for tab in &tabs {
                tab.says("success").await;
                tab.is_quiet_for(seconds(10.0)).await;
            }
        }
        zhang.send_text(LI_ID, text, text).await;
        for tab in &tabs {
            tab.shows(text).await;
        }
    }
    sleep(A_WHILE).await;
    for tab in &tabs {
        assert_eq!(tab.seen().shown, ["one", "two", "three"]);
    }
}

#[tokio::test]
async fn signing_out_in_one_tab_brings_the_other_to_rest() {
    let server = TestServer::start().await;
    let mut browser = Browser::sign_in(&server, LI).await;
    let other = open(&address(&server.url(), &browser, LI_ID));
    other.says("success").await;
    let begun = Instant::now();
    assert_eq!(browser.get("/logout").await.status, StatusCode::NO_CONTENT);
    other.says("signed_out").await;
    other.is_quiet_for(seconds(20.0)).await;
    assert_eq!(other.connects_since(begun), 1);
    assert_eq!(other.seen().open, 1);
}
