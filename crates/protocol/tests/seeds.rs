//! The fuzz targets start from the golden frames.

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// File name → content, for one target.
type Seeds = BTreeMap<String, String>;

fn wanted() -> [(&'static str, Seeds); 2] {
    let name = |name: &str| format!("{name}.json");
    let client = common::client::client_frames();
    let server = common::server::server_frames();
    [
        (
            "client_frame",
            client
                .iter()
                .map(|(sample, req, frame)| (name(sample), frame.encode(*req)))
                .collect(),
        ),
        (
            "server_frame",
            server
                .iter()
                .map(|(sample, req, frame)| (name(sample), frame.encode(*req)))
                .collect(),
        ),
    ]
}

fn directory(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/seeds")
        .join(target)
}

#[test]
fn seeds_are_the_golden_frames() {
    for (target, wanted) in wanted() {
        let mut found = Seeds::new();
        for file in std::fs::read_dir(directory(target)).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            found.insert(name, std::fs::read_to_string(&path).unwrap());
        }
        assert!(
            found == wanted,
            "fuzz/seeds/{target} is stale: cargo test -p hongyan-protocol --test seeds -- --ignored"
        );
    }
}

#[test]
#[ignore = "writes fuzz/seeds"]
fn write_seeds() {
    for (target, wanted) in wanted() {
        let directory = directory(target);
        if directory.exists() {
            std::fs::remove_dir_all(&directory).unwrap();
        }
        std::fs::create_dir_all(&directory).unwrap();
        for (name, content) in wanted {
            std::fs::write(directory.join(name), content).unwrap();
        }
    }
}
