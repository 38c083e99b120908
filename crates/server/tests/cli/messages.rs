//! `hongyan send` and `hongyan tail`, and a program on the SDK.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::harness::{Server, hongyan, run, stderr, stdout};

#[test]
fn what_one_sends_another_reads() {
    let server = Server::start();
    let sign_in =
        |login: &'static str| ["--server", &server.url, "--login", login].map(str::to_owned);
    let command = |name: &str, login: &'static str, rest: &[&str], input: &str| {
        let mut all = vec![name.to_owned()];
        all.extend(sign_in(login));
        all.extend(rest.iter().map(|argument| (*argument).to_owned()));
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        run(&all, input)
    };
    let sent = command(
        "send",
        "zhangsan@gmail.com",
        &["--to", "lisi@gmail.com", "你好，李四"],
        "1234\n",
    );
    assert_eq!(
        stdout(&sent),
        "sent to 李四: conversation 1, seq 1\n",
        "{}",
        stderr(&sent)
    );
    let piped = command(
        "send",
        "zhangsan@gmail.com",
        &["--password", "1234", "--to", "lisi@gmail.com", "-"],
        "two\nlines\n",
    );
    assert!(piped.status.success(), "{}", stderr(&piped));

    let tail = command("tail", "lisi@gmail.com", &["--count", "2"], "1234\n");
    assert_eq!(
        stdout(&tail),
        "1:1\t张三\t你好，李四\n1:2\t张三\ttwo lines\n",
        "{}",
        stderr(&tail)
    );
    let json = command(
        "tail",
        "lisi@gmail.com",
        &["--count", "1", "--json"],
        "1234\n",
    );
    assert!(
        stdout(&json).starts_with(r#"{"type":"entry","conv":1,"seq":1,"#),
        "{}",
        stdout(&json)
    );

    let nobody = command(
        "send",
        "zhangsan@gmail.com",
        &["--to", "nobody", "x"],
        "1234\n",
    );
    assert!(
        !nobody.status.success() && stderr(&nobody).contains("no user"),
        "{}",
        stderr(&nobody)
    );
    let wrong = command(
        "send",
        "zhangsan@gmail.com",
        &["--to", "lisi@gmail.com", "x"],
        "wrong\n",
    );
    assert!(!wrong.status.success() && stderr(&wrong).contains("wrong login name or password"));
}

/// A script that sends many messages at once, and a second `tail`, end nobody's session.
#[test]
fn many_commands_of_one_user_run_at_once() {
    let server = Server::start();
    let sign_in = ["--server", &server.url, "--login", "zhangsan@gmail.com"];
    let tail = || {
        let mut child = hongyan(&[&["tail"], &sign_in[..], &["--count", "10"]].concat())
            .env("HONGYAN_PASSWORD", "1234")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        let first = said.next().unwrap().unwrap();
        assert_eq!(first, "signed in as 张三");
        (child, said)
    };
    let tails = [tail(), tail()];
    let sends: Vec<Child> = (0..10)
        .map(|n| {
            let to = ["--to", "lisi@gmail.com", &format!("message {n}")];
            hongyan(&[&["send"], &sign_in[..], &to[..]].concat())
                .env("HONGYAN_PASSWORD", "1234")
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for send in sends {
        let output = send.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
    }
    for (child, said) in tails {
        let output = child.wait_with_output().unwrap();
        let heard = stdout(&output);
        assert!(output.status.success(), "{:?}", said.collect::<Vec<_>>());
        let mut texts: Vec<&str> = heard
            .lines()
            .filter_map(|line| line.split('\t').nth(2))
            .collect();
        texts.sort_unstable();
        let expected: Vec<String> = (0..10).map(|n| format!("message {n}")).collect();
        assert_eq!(texts, expected);
    }
    // Each run has signed out.
    let curl = |arguments: &[&str]| {
        let output = Command::new("curl")
            .arg("-s")
            .args(arguments)
            .output()
            .unwrap();
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    let login = r#"{"login":"zhangsan@gmail.com","password":"1234","device":"looking"}"#;
    let token = curl(&[&format!("{}/v1/login", server.url), "-d", login])["token"].clone();
    let bearer = format!("Authorization: Bearer {}", token.as_str().unwrap());
    let sessions = curl(&[&format!("{}/v1/sessions", server.url), "-H", &bearer]);
    assert_eq!(
        sessions["sessions"].as_array().unwrap().len(),
        1,
        "{sessions}"
    );
}

#[test]
fn a_message_under_one_name_is_stored_once() {
    let server = Server::start();
    let send = |to: &str, text: &str| {
        let name = ["--client-id", "job-17", "--to", to, text];
        let sign_in = ["--server", &server.url, "--login", "zhangsan@gmail.com"];
        run(&[&["send"], &sign_in[..], &name[..]].concat(), "1234\n")
    };
    let first = send("lisi@gmail.com", "done");
    assert!(first.status.success(), "{}", stderr(&first));
    assert_eq!(stdout(&send("lisi@gmail.com", "done")), stdout(&first));
    let other = send("lisi@gmail.com", "undone");
    assert_eq!(other.status.code(), Some(1));
    assert!(
        stderr(&other).contains("client_id_conflict"),
        "{}",
        stderr(&other)
    );
    let invalid = run(&["send", "--client-id", "a b", "--to", "x", "y"], "");
    assert_eq!(invalid.status.code(), Some(2), "{}", stderr(&invalid));
}

/// What a person sees who presses Ctrl-C, or a script whose server is away, or busy for too long.
#[test]
fn what_may_be_tried_again_ends_with_a_code_of_its_own() {
    let away = [
        "send",
        "--server",
        "http://127.0.0.1:1",
        "--login",
        "x",
        "--to",
        "y",
        "z",
    ];
    let away = run(&away, "password\n");
    assert_eq!(away.status.code(), Some(75));
    assert!(
        stderr(&away).contains("nothing was sent"),
        "{}",
        stderr(&away)
    );

    // A server that takes the message and never answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || half_a_server(stream.unwrap()));
        }
    });
    let silent = ["send", "--server", &url, "--login", "x", "--timeout", "1"];
    let silent = run(
        &[&silent[..], &["--client-id", "job-18", "--to", "y", "z"]].concat(),
        "password\n",
    );
    assert_eq!(silent.status.code(), Some(75), "{}", stderr(&silent));
    assert!(
        stderr(&silent).contains("--client-id job-18"),
        "{}",
        stderr(&silent)
    );
}

/// Signs everybody in, knows everybody, and is silent about messages.
fn half_a_server(mut stream: std::net::TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let mut length = 0;
        let mut request = String::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
            request.push_str(&line);
        }
        std::io::copy(
            &mut std::io::Read::take(&mut reader, length),
            &mut std::io::sink(),
        )
        .unwrap();
        let user = r#"{"id":1,"login":"y","name":"Y"}"#;
        let answer = if request.starts_with("POST /v1/login") {
            format!(r#"{{"token":"hy_x","session":1,"user":{user},"expires_at":1}}"#)
        } else if request.starts_with("GET /v1/users") {
            format!(r#"{{"users":[{user}]}}"#)
        } else {
            continue;
        };
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length:";
        write!(stream, "{head} {}\r\n\r\n{answer}", answer.len()).unwrap();
    }
}

/// The example that the SDK's documentation shows.
#[test]
fn the_example_of_the_sdk_says_everything_back() {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--package", "hongyan-client", "--example", "echo"])
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", stderr(&built));
    let target = Path::new(env!("CARGO_BIN_EXE_hongyan")).parent().unwrap();
    let server = Server::start();
    let mut echo = Command::new(target.join("examples/echo"))
        .args([&server.url, "lisi@gmail.com", "1234"])
        .spawn()
        .unwrap();
    let sign_in = ["--server", &server.url, "--login", "zhangsan@gmail.com"];
    let send = [
        &["send"],
        &sign_in[..],
        &["--to", "lisi@gmail.com", "is anybody there?"],
    ]
    .concat();
    let sent = run(&send, "1234\n");
    assert!(sent.status.success(), "{}", stderr(&sent));
    let tail = [&["tail"], &sign_in[..], &["--all", "--count", "2"]].concat();
    let heard = stdout(&run(&tail, "1234\n"));
    echo.kill().unwrap();
    echo.wait().unwrap();
    assert_eq!(
        heard,
        "1:1\t张三\tis anybody there?\n1:2\t李四\tis anybody there?\n"
    );
}
