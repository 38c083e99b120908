//! The commands, as a person types them.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it is"
)]

use std::io::{BufRead, BufReader, Write};
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
    _folder: TempDir,
    data_dir: String,
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = path(folder.path().join("data"));
        let mut child = hongyan(&[
            "serve",
            "--demo",
            "--listen",
            "127.0.0.1:0",
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
            _folder: folder,
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
