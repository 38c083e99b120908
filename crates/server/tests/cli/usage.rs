//! What every command is held to: its words, its variables, its output. And `hongyan user`.

use std::process::Stdio;

use crate::harness::{Server, hongyan, path, run, stderr, stdout};

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
