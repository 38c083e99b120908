//! The terminal client while the operator puts a backup back.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::harness::{Server, hongyan, path, stderr, stdout};

/// For anything to happen, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The lines of a stream, as they come.
pub(crate) fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let lines = BufReader::new(stream).lines();
        for line in lines.map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    receiver
}

/// Waits for a line with this in it.
pub(crate) fn wait_for(lines: &Receiver<String>, what: &str) {
    let mut seen = Vec::new();
    loop {
        match lines.recv_timeout(PATIENCE) {
            Ok(line) if line.contains(what) => return,
            Ok(line) => seen.push(line),
            Err(error) => panic!("no {what:?} ({error}): {seen:?}"),
        }
    }
}

pub(crate) fn say(input: &mut ChildStdin, line: &str) {
    writeln!(input, "{line}").unwrap();
    input.flush().unwrap();
}

/// The first messages that 李四 has, without their numbers.
fn messages(url: &str, count: usize) -> Vec<String> {
    let count = count.to_string();
    let sign_in = ["--server", url, "--login", "lisi@gmail.com"];
    let arguments = [&["tail"], &sign_in[..], &["--all", "--count", &count]].concat();
    let output = hongyan(&arguments)
        .env("HONGYAN_PASSWORD", "1234")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let lines = stdout(&output);
    let texts = lines.lines().filter_map(|line| line.splitn(3, '\t').nth(2));
    texts.map(str::to_owned).collect()
}

#[test]
fn chat_goes_on_in_the_history_that_was_put_back_and_sends_again_what_is_gone() {
    let state = tempfile::tempdir().unwrap();
    let mut server = Server::start();
    let url = server.url.clone();
    let sign_in = ["--server", &url, "--login", "zhangsan@gmail.com"];
    let state_dir = path(state.path());
    let mut chat = hongyan(
        &[
            &["chat", "--plain", "--state-dir", &state_dir],
            &sign_in[..],
        ]
        .concat(),
    )
    .env("HONGYAN_PASSWORD", "1234")
    .stdin(Stdio::piped())
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()
    .unwrap();
    let mut input = chat.stdin.take().unwrap();
    let said = lines(chat.stderr.take().unwrap());
    let heard = lines(chat.stdout.take().unwrap());
    say(&mut input, "/to lisi@gmail.com");
    say(&mut input, "kept");
    assert_eq!(messages(&url, 1), ["kept"]);

    let backup = path(state.path().join("backup.db"));
    let data_dir = server.data_dir.clone();
    let copied = hongyan(&["backup", &backup, "--data-dir", &data_dir]).output();
    assert!(copied.unwrap().status.success());
    say(&mut input, "gone");
    assert_eq!(messages(&url, 2), ["kept", "gone"]);

    server.interrupt();
    let folder = server.folder.take().unwrap();
    let restored = hongyan(&["restore", &backup, "--replace", "--data-dir", &data_dir]).output();
    let restored = restored.unwrap();
    assert!(restored.status.success(), "{}", stderr(&restored));
    say(&mut input, "written meanwhile");
    let address = url.trim_start_matches("http://");
    let server = Server::start_on(address, folder);

    wait_for(&said, "history was replaced");
    say(&mut input, "goes on");
    let expected = ["kept", "gone", "written meanwhile", "goes on"];
    assert_eq!(messages(&server.url, 4), expected);
    let answer = ["--to", "zhangsan@gmail.com", "I see"];
    let lisi = ["--server", &url, "--login", "lisi@gmail.com"];
    let sent = hongyan(&[&["send"], &lisi[..], &answer[..]].concat())
        .env("HONGYAN_PASSWORD", "1234")
        .output();
    assert!(sent.unwrap().status.success());
    wait_for(&heard, "I see");

    drop(input);
    assert!(chat.wait().unwrap().success());
}
