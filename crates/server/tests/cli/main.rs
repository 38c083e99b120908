//! The commands, as a person types them.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it is"
)]

mod restoring;

use std::fs::Permissions;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

fn hongyan(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hongyan"));
    command.args(arguments).env_remove("HONGYAN_CONFIG");
    command
}

/// Runs a command with these lines on its standard input.
fn run(arguments: &[&str], input: &str) -> Output {
    let mut child = hongyan(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A server process that is interrupted, as by Ctrl-C, when the test is over.
struct Server {
    child: Child,
    url: String,
    /// Until the server's end.
    folder: Option<TempDir>,
    data_dir: String,
}

impl Server {
    fn start() -> Self {
        Self::start_in(tempfile::tempdir().unwrap())
    }

    fn start_in(folder: TempDir) -> Self {
        Self::start_on("127.0.0.1:0", folder)
    }

    fn start_on(address: &str, folder: TempDir) -> Self {
        let data_dir = path(folder.path());
        let mut child = hongyan(&[
            "serve",
            "--demo",
            "--listen",
            address,
            "--data-dir",
            &data_dir,
        ])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let url = lines
            .find_map(|line| {
                let line = line.unwrap();
                line.split_once("listens on ")
                    .map(|(_, url)| url.to_owned())
            })
            .expect("the greeting names the address");
        // Read on, so that the server never waits for its own words to be read.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            child,
            url,
            folder: Some(folder),
            data_dir,
        }
    }

    fn interrupt(&mut self) -> std::process::ExitStatus {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-INT", &pid])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn path(path: impl AsRef<Path>) -> String {
    path.as_ref().to_str().unwrap().to_owned()
}

/// Name and niceness of each thread of a process: fields 2 and 19 of `stat`, see `proc_pid_stat(5)`.
fn threads(pid: u32) -> Vec<(String, i32)> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let stats =
        tasks.filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("stat")).ok());
    let read = |stat: String| {
        let (start, end) = stat.rsplit_once(") ").unwrap();
        let name = start.split_once('(').unwrap().1;
        let nice = end.split(' ').nth(16).unwrap().parse().unwrap();
        (name.to_owned(), nice)
    };
    stats.map(read).collect()
}

/// What it would acknowledge from then on, nobody would find.
#[test]
fn a_server_whose_database_was_removed_ends_and_says_why() {
    let mut server = Server::start();
    let database = Path::new(&server.data_dir).join("hongyan.db");
    std::fs::rename(&database, database.with_extension("away")).unwrap();
    let status = server.child.wait().unwrap();
    assert_eq!(status.code(), Some(1));
}

#[test]
fn a_folder_that_others_may_look_into_is_told_of_and_its_files_are_private() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let mut child = hongyan(&["serve", "--demo", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut said = String::new();
    while !said.contains("listens on") {
        said += &lines.next().unwrap().unwrap();
    }
    let files = std::fs::read_dir(folder.path()).unwrap();
    for file in files.map(Result::unwrap) {
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", file.path());
    }
    child.kill().unwrap();
    let rest: String = lines.map_while(Result::ok).collect();
    let mut log = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut log)
        .unwrap();
    child.wait().unwrap();
    let said = said + &rest + &log;
    assert!(said.contains("0755"), "{said}");
}

/// A journal of which a part cannot be read is not passed over; the operator is told, and may go on without it.
#[test]
fn a_damaged_journal_is_refused_until_it_is_repaired() {
    let server = Server::start();
    let data_dir = path(&server.data_dir);
    let database = Path::new(&data_dir).join("hongyan.db");
    let folder = tempfile::tempdir().unwrap();
    {
        // As a kill leaves it, and not as the stop that follows.
        let mut server = server;
        server.child.kill().unwrap();
        server.child.wait().unwrap();
        for file in std::fs::read_dir(database.parent().unwrap()).unwrap() {
            let file = file.unwrap();
            if file.file_type().unwrap().is_file() {
                std::fs::rename(file.path(), folder.path().join(file.file_name())).unwrap();
            }
        }
    }
    std::fs::remove_file(folder.path().join("hongyan.db-writes1")).unwrap();
    let data_dir = path(folder.path());
    let start = hongyan(&["serve", "--listen", "127.0.0.1:0", "--data-dir", &data_dir])
        .output()
        .unwrap();
    let said = stderr(&start);
    assert!(
        !start.status.success() && said.contains("check --repair"),
        "{said}"
    );
    let check = |more: &[&str]| run(&[&["check", "--data-dir", &data_dir], more].concat(), "");
    let found = check(&[]);
    assert!(!found.status.success() && stdout(&found).contains("-writes1"));
    let repaired = check(&["--repair"]);
    assert!(repaired.status.success(), "{}", stderr(&repaired));
    assert!(
        stdout(&repaired).contains("FOUND the journal"),
        "{}",
        stdout(&repaired)
    );
    assert!(check(&[]).status.success());
}

#[test]
fn the_writer_goes_before_everybody_else_and_the_settler_last() {
    let server = Server::start();
    let mut threads = threads(server.child.id());
    let holds = |threads: &[(String, i32)]| {
        let nice = |name: &str| {
            let found = threads.iter().filter(|thread| thread.0.starts_with(name));
            found.map(|thread| thread.1).collect::<Vec<_>>()
        };
        let [writer] = nice("store-writer")[..] else {
            return false;
        };
        let serving = [nice("hongyan"), nice("tokio")].concat();
        let are_nicer = |nice: &[i32], by: i32| {
            let expected = (writer + by).min(19);
            !nice.is_empty() && nice.iter().all(|nice| *nice == expected)
        };
        are_nicer(&serving, 5)
            // As much of its name as the system keeps.
            && are_nicer(&nice("store-checkpoin"), 5)
            && are_nicer(&nice("store-settler"), 15)
    };
    // A thread may just have begun, and not have given way yet.
    for _ in 0..500 {
        if holds(&threads) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
        threads = self::threads(server.child.id());
    }
    panic!("{threads:?}");
}

#[test]
fn users_are_added_listed_and_changed_whether_a_server_runs_or_not() {
    let mut server = Server::start();
    let data_dir = server.data_dir.clone();
    let user = |arguments: &[&str], input: &str| {
        let all = [&["user"], arguments, &["--data-dir", &data_dir]].concat();
        run(&all, input)
    };
    let added = user(&["add", "zhaoliu", "--name", "赵六"], "a good password\n");
    assert_eq!(
        stdout(&added),
        "added user 1003 zhaoliu\n",
        "{}",
        stderr(&added)
    );
    let short = user(&["add", "qianqi"], "short\n");
    assert!(
        !short.status.success() && stderr(&short).contains("at least 8 bytes"),
        "{}",
        stderr(&short)
    );
    let twice = user(&["add", "ZhaoLiu"], "a good password\n");
    assert!(
        !twice.status.success() && stderr(&twice).contains("taken"),
        "{}",
        stderr(&twice)
    );

    assert!(server.interrupt().success(), "Ctrl-C is a good end");
    let changed = user(&["passwd", "zhaoliu"], "a better password\n");
    assert!(changed.status.success(), "{}", stderr(&changed));
    let unknown = user(&["passwd", "nobody"], "a better password\n");
    assert!(!unknown.status.success() && stderr(&unknown).contains("no such user"));
    let listed = stdout(&user(&["list"], ""));
    assert_eq!(listed.lines().count(), 4);
    assert!(listed.contains("1003\tzhaoliu\t赵六"), "{listed}");
    let check = run(&["check", "--data-dir", &data_dir], "");
    assert!(stdout(&check).ends_with("clean\n"), "{}", stdout(&check));
}

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

#[test]
fn a_wrong_folder_is_told_and_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = path(folder.path());
    let user = |arguments: &[&str], input: &str| {
        run(
            &[&["user"], arguments, &["--data-dir", &data_dir]].concat(),
            input,
        )
    };
    for arguments in [&["list"][..], &["add", "zoe"], &["passwd", "zoe"]] {
        let refused = user(arguments, "a good password\n");
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}");
        let said = stderr(&refused);
        assert!(
            said.contains("no database") && said.contains("--create"),
            "{said}"
        );
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);

    let made = user(&["add", "zoe", "--create"], "a good password\n");
    assert_eq!(stdout(&made), "added user 1000 zoe\n", "{}", stderr(&made));
    // More than one page, so that the folder is asked more than once.
    for _ in 0..2 {
        let listed = user(&["list"], "");
        assert_eq!(stdout(&listed), "1000\tzoe\tzoe\n", "{}", stderr(&listed));
        assert!(listed.status.success());
    }
    // The demo's users find room beside her.
    let server = Server::start_in(folder);
    let listed = stdout(&run(&["user", "list", "--data-dir", &server.data_dir], ""));
    let expected = "1000\tzoe\tzoe\n1001\tlisi@gmail.com\t李四\n\
        1002\twangwu@hotmail.com\t王五\n1003\tzhangsan@gmail.com\t张三\n";
    let mut lines: Vec<&str> = listed.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines.join("\n") + "\n", expected);
}

/// A full disk, or a reader that has gone, is told or passed over. It is never a panic.
#[test]
fn an_output_that_cannot_be_written_harms_nobody() {
    let full = || {
        Stdio::from(
            std::fs::File::options()
                .write(true)
                .open("/dev/full")
                .unwrap(),
        )
    };
    let closed = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        Stdio::from(writer)
    };
    let server = Server::start();
    let sign_in = ["--server", &server.url, "--login", "zhangsan@gmail.com"];
    let data_dir = ["--data-dir", &server.data_dir];
    let to = ["--to", "lisi@gmail.com"];
    let end = |arguments: &[&str], out: Stdio| {
        let output = hongyan(arguments)
            .env("HONGYAN_PASSWORD", "1234")
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
            .wait_with_output()
            .unwrap();
        let said = stderr(&output);
        assert!(!said.contains("panicked"), "{arguments:?}: {said}");
        (output.status.code(), said)
    };
    // Stored, so it must not be sent again: a good end, and a word about the output.
    let send = [&["send"], &sign_in[..], &to, &["once"]].concat();
    let (code, said) = end(&send, full());
    assert_eq!(code, Some(0));
    assert!(said.contains("it is done, but cannot be printed"), "{said}");
    assert_eq!(end(&send, closed()).0, Some(0));

    let tail = [&["tail"], &sign_in[..], &["--all", "--count", "2"]].concat();
    let list = [&["user", "list"], &data_dir[..]].concat();
    let check = [&["check"], &data_dir[..]].concat();
    for arguments in [tail, list, check] {
        let (code, said) = end(&arguments, full());
        assert_eq!(code, Some(1), "{arguments:?}: {said}");
        assert!(said.contains("cannot write to standard output"), "{said}");
        assert_eq!(end(&arguments, closed()).0, Some(0), "{arguments:?}");
    }
    assert_eq!(end(&["--help"], full()).0, Some(0));
}

/// As with a log file on a disk that is full.
#[test]
fn a_server_whose_log_cannot_be_written_serves() {
    let folder = tempfile::tempdir().unwrap();
    let port = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().port()
    };
    let address = format!("127.0.0.1:{port}");
    let data_dir = path(folder.path());
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let child = hongyan(&[
        "serve",
        "--demo",
        "--listen",
        &address,
        "--data-dir",
        &data_dir,
    ])
    .env("HONGYAN_LOG", "trace")
    .stderr(full)
    .spawn()
    .unwrap();
    let mut server = Server {
        child,
        url: format!("http://{address}"),
        folder: Some(folder),
        data_dir,
    };
    let send = [
        "send",
        "--server",
        &server.url,
        "--login",
        "zhangsan@gmail.com",
    ];
    let send = [&send[..], &["--to", "lisi@gmail.com", "hello"]].concat();
    let sent = (0..600).any(|_| {
        let sent = run(&send, "1234\n");
        assert!(
            server.child.try_wait().unwrap().is_none(),
            "the server has ended"
        );
        if !sent.status.success() {
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        sent.status.success()
    });
    assert!(sent, "the server does not answer");
    assert!(server.interrupt().success());
}

/// What Kubernetes sets in every pod beside a service of our name.
#[test]
fn variables_of_others_are_passed_over_and_unknown_ones_told() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = path(folder.path());
    let made = run(
        &["user", "add", "zoe", "--create", "--data-dir", &data_dir],
        "a good password\n",
    );
    assert!(made.status.success(), "{}", stderr(&made));
    let output = hongyan(&["user", "list", "--data-dir", &data_dir])
        .env("HONGYAN_SERVICE_HOST", "10.96.0.7")
        .env("HONGYAN_SERVICE_PORT", "8080")
        .env("HONGYAN_PORT", "tcp://10.96.0.7:8080")
        .env("HONGYAN_PORT_8080_TCP_ADDR", "10.96.0.7")
        .env("HONGYAN_DELIVERY__REPUSH", "3")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(
        stderr(&output),
        "hongyan: the variable HONGYAN_DELIVERY__REPUSH names no setting and is passed over; \
         did you mean \"HONGYAN_DELIVERY__REPUSHES\"?\n"
    );
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

#[test]
fn errors_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("hongyan.toml");
    std::fs::write(&config, "lisen = \"127.0.0.1:0\"").unwrap();
    let typo = run(&["serve", "--config", &path(&config)], "");
    assert!(!typo.status.success());
    assert!(
        stderr(&typo).contains("did you mean \"listen\"?"),
        "{}",
        stderr(&typo)
    );

    let open = run(
        &[
            "serve",
            "--demo",
            "--listen",
            "0.0.0.0:0",
            "--data-dir",
            &path(folder.path()),
        ],
        "",
    );
    assert!(
        !open.status.success() && stderr(&open).contains("leave --demo away"),
        "{}",
        stderr(&open)
    );

    let nothing = run(
        &["check", "--data-dir", &path(folder.path().join("nothing"))],
        "",
    );
    assert!(
        !nothing.status.success() && stderr(&nothing).contains("hongyan.db"),
        "{}",
        stderr(&nothing)
    );

    let away = run(
        &[
            "send",
            "--server",
            "http://127.0.0.1:1",
            "--login",
            "x",
            "--to",
            "y",
            "z",
        ],
        "password\n",
    );
    assert!(
        !away.status.success() && stderr(&away).contains("127.0.0.1:1"),
        "{}",
        stderr(&away)
    );
}

#[test]
fn help_names_every_command() {
    let help = stdout(&run(&["--help"], ""));
    for command in ["serve", "chat", "send", "tail", "user", "check"] {
        assert!(help.contains(&format!("  {command} ")), "{help}");
        let own = run(&[command, "--help"], "");
        assert!(
            own.status.success() && stdout(&own).len() > 200,
            "{command}"
        );
    }
}

/// The filter that OPERATIONS.md gives, as fail2ban reads it: one expression a line, with the address in it.
fn fail2ban_filter() -> Vec<regex::Regex> {
    let document = include_str!("../../../../docs/OPERATIONS.md");
    let (_, filter) = document.split_once("failregex = ").unwrap();
    let (filter, _) = filter.split_once("\n```").unwrap();
    let lines = filter
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let lines = lines.map(|line| line.replace("<ADDR>", "(?P<address>[0-9a-fA-F:.]+)"));
    lines
        .map(|line| regex::Regex::new(&line).unwrap())
        .collect()
}

#[test]
fn a_failed_sign_in_is_a_line_that_fail2ban_reads() {
    for format in ["text", "json"] {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = path(folder.path());
        let arguments = [
            "serve",
            "--demo",
            "--listen",
            "127.0.0.1:0",
            "--data-dir",
            &data_dir,
        ];
        let mut child = hongyan(&arguments)
            .env("HONGYAN_LOG_FORMAT", format)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut lines = lines.by_ref().map(Result::unwrap);
        let url = lines
            .find_map(|line| {
                line.split_once("listens on ")
                    .map(|(_, url)| url.to_owned())
            })
            .expect("the greeting names the address");
        // A name that tries to look like another line.
        let name = "x address=192.0.2.1 login=0123456789abcdef reason=wrong_password";
        for login in ["zhangsan@gmail.com", name] {
            let refused = hongyan(&[
                "send", "--server", &url, "--login", login, "--to", "x", "hi",
            ])
            .env("HONGYAN_PASSWORD", "not this one")
            .output()
            .unwrap();
            assert!(!refused.status.success());
        }
        let filter = fail2ban_filter();
        let found = lines.find_map(|line| {
            let address = filter.iter().find_map(|one| one.captures(&line))?;
            Some((address["address"].to_owned(), line.clone()))
        });
        let (address, line) = found.expect("a line that the filter finds");
        assert_eq!(address, "127.0.0.1", "{line}");
        assert!(
            !line.contains("zhangsan") && !line.contains("not this one"),
            "{line}"
        );
        let second = lines.find_map(|line| {
            filter
                .iter()
                .find_map(|one| one.captures(&line))
                .map(|found| found["address"].to_owned())
        });
        assert_eq!(second.as_deref(), Some("127.0.0.1"));
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
