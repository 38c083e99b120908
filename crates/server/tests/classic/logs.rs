//! What the log must not hold, even at its most talkative: tokens, passwords, texts.

use std::fs::{self, File};
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::client::Socket;
use crate::harness::{Http, LI_ID, ZHANG, ZHANG_ID, eventually};

/// A server in a process of its own, that ends with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn neither_tokens_nor_texts_reach_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let output = File::create(&log).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_hongyan"));
    command
        .args(["serve", "--demo", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder.path().join("data"))
        .env("HONGYAN_LOG", "trace")
        .stdin(Stdio::null())
        .stdout(output.try_clone().unwrap())
        .stderr(output);
    let _server = Process(command.spawn().unwrap());
    let url = eventually("the server listens", async || {
        let said = fs::read_to_string(&log).ok()?;
        let (_, after) = said.split_once("listens on ")?;
        let (url, _) = after.split_once('\n')?;
        Some(url.to_owned())
    })
    .await;

    let http = Http::sign_in(&url, ZHANG, "logs").await;
    let socket = format!("{}/?token={}", url.replacen("http", "ws", 1), http.token());
    let mut zhang = Socket::try_open(&socket, &[], ZHANG_ID).await.unwrap();
    zhang.bind().await;
    zhang.say(LI_ID, "a text that is nobody's business").await;
    zhang
        .send_text(r#"{"type":3,"data":"nobody's business"}"#)
        .await;
    assert_eq!(zhang.next().await["type"], -1);
    zhang.send(json!({ "type": 7 })).await;
    assert_eq!(zhang.next().await["type"], -1);

    let refused = "refused a classic frame";
    let said = eventually("the refusals are logged", async || {
        let said = fs::read_to_string(&log).ok()?;
        (said.matches(refused).count() == 2).then_some(said)
    })
    .await;
    for secret in [http.token(), "hy_", "nobody's business"] {
        assert!(!said.contains(secret), "{secret:?} is in the log:\n{said}");
    }
}
