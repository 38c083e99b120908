//! `hongyan serve`: its threads, and its log.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::harness::{Server, hongyan, path, run};

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
