//! The folder that holds the database: who may look into it, and what is in it.

use std::fs::Permissions;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

use crate::harness::{Server, hongyan, path, run, stderr, stdout};

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
