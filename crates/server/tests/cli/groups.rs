//! Groups in the terminal client, line by line.

use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use crate::harness::{Server, hongyan, path};
use crate::restoring::{lines, say, wait_for};

struct Chat {
    child: Child,
    input: ChildStdin,
    heard: Receiver<String>,
    said: Receiver<String>,
}

fn chat(server: &Server, login: &str, language: &str) -> Chat {
    let state = path(std::path::Path::new(&server.data_dir).join(login));
    let mut child = hongyan(&["chat", "--plain", "--state-dir", &state, "--lang", language])
        .args(["--server", &server.url, "--login", login])
        .env("HONGYAN_PASSWORD", "1234")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let input = child.stdin.take().unwrap();
    let heard = lines(child.stdout.take().unwrap());
    let said = lines(child.stderr.take().unwrap());
    Chat {
        child,
        input,
        heard,
        said,
    }
}

/// Says something until it is heard: what came before a client had caught up is not told.
fn greet(from: &mut Chat, to: &Chat) {
    for number in 0..600 {
        say(&mut from.input, &format!("hello {number}"));
        let heard = to.heard.recv_timeout(Duration::from_millis(100));
        if heard.is_ok_and(|line| line.contains("hello")) {
            return;
        }
    }
    panic!("never heard");
}

#[test]
fn a_group_is_made_written_to_changed_and_left() {
    let server = Server::start();
    let mut li = chat(&server, "lisi@gmail.com", "zh");
    say(&mut li.input, "/to zhangsan@gmail.com");
    let mut zhang = chat(&server, "zhangsan@gmail.com", "en");
    say(&mut zhang.input, "/help");
    wait_for(&zhang.heard, "/new NAME LOGIN");
    say(&mut zhang.input, "/to lisi@gmail.com");
    greet(&mut zhang, &li);
    greet(&mut li, &zhang);
    say(&mut zhang.input, "/new \"Wild Geese\" lisi@gmail.com");
    wait_for(&li.heard, "创建了群聊“Wild Geese”");
    say(&mut zhang.input, "hello all");
    wait_for(
        &li.heard,
        "[Wild Geese #2] 张三 (zhangsan@gmail.com): hello all",
    );
    say(&mut li.input, "/to #2");
    say(&mut li.input, "大家好");
    wait_for(
        &zhang.heard,
        "[Wild Geese #2] 李四 (lisi@gmail.com): 大家好",
    );
    say(&mut zhang.input, "/add wangwu@hotmail.com");
    wait_for(&li.heard, "邀请王五 (wangwu@hotmail.com)加入了群聊");
    say(&mut li.input, "/members");
    wait_for(&li.heard, "张三 (群主)");
    wait_for(&li.heard, "王五 (成员)");
    say(&mut zhang.input, "/remove wangwu@hotmail.com");
    wait_for(&li.heard, "移出了群聊");
    say(&mut li.input, "/leave");
    wait_for(&zhang.heard, "李四 (lisi@gmail.com) leaves the group");
    for chat in [zhang, li] {
        let Chat {
            mut child,
            input,
            said,
            ..
        } = chat;
        drop(input);
        let status = child.wait().unwrap();
        assert!(status.success(), "{:?}", said.iter().collect::<Vec<_>>());
    }
}
