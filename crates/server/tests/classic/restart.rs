//! The server goes away in the middle, and comes back.

use crate::client::{Browser, Socket, contents};
use crate::harness::{LI, LI_ID, TestServer, ZHANG, ZHANG_ID, eventually};

#[tokio::test]
async fn nothing_answered_is_lost_and_what_was_not_acked_comes_again() {
    let mut server = TestServer::start().await;
    let zhang_browser = Browser::sign_in(&server, ZHANG).await;
    let li_browser = Browser::sign_in(&server, LI).await;
    let mut zhang = Socket::open(&server, &zhang_browser, ZHANG_ID).await;
    zhang.bind().await;
    let mut li = Socket::open(&server, &li_browser, LI_ID).await;
    li.bind().await;
    zhang.say(LI_ID, "acked").await;
    assert_eq!(li.pushed(1).await, ["acked"]);
    zhang.say(LI_ID, "not acked").await;
    assert_eq!(li.next().await["tid"], 2);

    let stopping = server.stop();
    let (zhang_closed, li_closed, ()) = tokio::join!(zhang.closed(), li.closed(), stopping);
    assert_eq!(
        (zhang_closed, li_closed),
        (4104, 4104),
        "shutdown: come back"
    );
    server.start_again().await;

    // The sessions are still good, and each binds again.
    let mut zhang = eventually("the server is back", async || {
        let url = format!("ws://{}", server.address());
        let cookie = [("cookie", zhang_browser.cookie())];
        Socket::try_open(&url, &cookie, ZHANG_ID).await.ok()
    })
    .await;
    zhang.bind().await;
    zhang.say(LI_ID, "while away").await;
    let mut li = Socket::open(&server, &li_browser, LI_ID).await;
    li.bind().await;
    assert_eq!(li.pushed(2).await, ["not acked", "while away"]);
    let seen = li.query(ZHANG_ID).await;
    assert_eq!(contents(&seen), ["acked", "not acked", "while away"]);
}
