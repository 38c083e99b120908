//! The commands, run as a person runs them, and a server for them.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

pub(crate) fn hongyan(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hongyan"));
    command.args(arguments).env_remove("HONGYAN_CONFIG");
    command
}

/// Runs a command with these lines on its standard input.
pub(crate) fn run(arguments: &[&str], input: &str) -> Output {
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

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A server process that is interrupted, as by Ctrl-C, when the test is over.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) url: String,
    /// Until the server's end.
    pub(crate) folder: Option<TempDir>,
    pub(crate) data_dir: String,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_in(tempfile::tempdir().unwrap())
    }

    pub(crate) fn start_in(folder: TempDir) -> Self {
        Self::start_on("127.0.0.1:0", folder)
    }

    pub(crate) fn start_on(address: &str, folder: TempDir) -> Self {
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

    pub(crate) fn interrupt(&mut self) -> std::process::ExitStatus {
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

pub(crate) fn path(path: impl AsRef<Path>) -> String {
    path.as_ref().to_str().unwrap().to_owned()
}
