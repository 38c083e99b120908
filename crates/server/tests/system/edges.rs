//! Dependencies point one way: a crate may use what the table gives it, and nothing else of ours.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Crate → crates of this workspace that it may name. The tests of a crate may name anything.
///
/// Only the binary names a concrete engine.
const ALLOWED: &[(&str, &[&str])] = &[
    ("hongyan-protocol", &[]),
    ("hongyan-delivery", &["hongyan-protocol"]),
    ("hongyan-store", &["hongyan-protocol"]),
    (
        "hongyan-store-sqlite",
        &["hongyan-protocol", "hongyan-store"],
    ),
    ("hongyan-bus", &["hongyan-protocol"]),
    (
        "hongyan-service",
        &["hongyan-bus", "hongyan-protocol", "hongyan-store"],
    ),
    (
        "hongyan-gateway",
        &[
            "hongyan-bus",
            "hongyan-delivery",
            "hongyan-protocol",
            "hongyan-service",
            "hongyan-web",
        ],
    ),
    (
        "hongyan-classic",
        &[
            "hongyan-delivery",
            "hongyan-gateway",
            "hongyan-protocol",
            "hongyan-service",
        ],
    ),
    ("hongyan-web", &[]),
    ("hongyan-client", &["hongyan-delivery", "hongyan-protocol"]),
    ("hongyan-bench", &["hongyan-protocol", "hongyan-store"]),
    (
        "hongyan",
        &[
            "hongyan-bench",
            "hongyan-bus",
            "hongyan-classic",
            "hongyan-client",
            "hongyan-delivery",
            "hongyan-gateway",
            "hongyan-protocol",
            "hongyan-service",
            "hongyan-store",
            "hongyan-store-sqlite",
        ],
    ),
];

/// What no crate but those named may depend on: SQL stays in the engines, sockets at the edge.
const KEPT_IN: &[(&str, &[&str])] = &[
    ("rusqlite", &["hongyan-store-sqlite"]),
    (
        "axum",
        &["hongyan-gateway", "hongyan-classic", "hongyan-bench"],
    ),
    (
        "tokio",
        &[
            // Its contract suite only; see its `contract` feature.
            "hongyan-store",
            "hongyan-store-sqlite",
            "hongyan-bus",
            "hongyan-service",
            "hongyan-gateway",
            "hongyan-classic",
            "hongyan-client",
            "hongyan-bench",
            "hongyan",
        ],
    ),
];

#[test]
fn dependencies_point_one_way() {
    let wrong = violations(&workspace());
    assert!(
        wrong.is_empty(),
        "{wrong:#?}\nchange the code, or argue with ARCHITECTURE.md and this table"
    );
}

#[test]
fn the_check_can_fail() {
    let mut packages = workspace();
    let protocol = packages.get_mut("hongyan-protocol").unwrap();
    protocol.push("hongyan-store".into());
    protocol.push("tokio".into());
    assert_eq!(violations(&packages).len(), 2);
    packages.insert("hongyan-new".into(), Vec::new());
    assert_eq!(violations(&packages).len(), 3);
}

/// The classic protocol's deliveries are as pure as those of the `delivery` crate, though the crate around them speaks to
/// sockets.
#[test]
fn the_pure_half_of_the_classic_adapter_names_nothing_else_of_it() {
    const NAMED: &[&str] = &[
        "std::",
        "hongyan_delivery::",
        "hongyan_protocol::",
        "super::",
        "conversation::",
        "outgoing::",
    ];
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../classic/src/delivery");
    let files = std::fs::read_dir(folder).unwrap();
    let mut names = Vec::new();
    for file in files.map(|file| file.unwrap().path()) {
        if file.is_file() {
            let text = std::fs::read_to_string(&file).unwrap();
            let uses = text.lines().filter_map(|line| {
                let line = line.trim_start_matches("pub(crate) ");
                line.strip_prefix("use ").map(str::to_owned)
            });
            names.extend(uses);
        }
    }
    assert!(names.len() > 5, "{names:?}");
    let foreign = |name: &&String| !NAMED.iter().any(|known| name.starts_with(known));
    let foreign: Vec<_> = names.iter().filter(foreign).collect();
    assert!(foreign.is_empty(), "{foreign:?}");
}

/// The writer's rooms, in `crates/store-sqlite/src/writer`, and which of them each may name.
const ROOMS: &[(&str, &[&str])] = &[
    ("journal", &[]),
    ("decide", &["journal"]),
    ("settle", &["journal", "decide"]),
];

#[test]
fn the_writers_rooms_point_one_way() {
    let writer = concat!(env!("CARGO_MANIFEST_DIR"), "/../store-sqlite/src/writer");
    for (room, may_name) in ROOMS {
        let files = files_below(Path::new(&format!("{writer}/{room}")));
        assert!(files.len() > 1, "{files:?}");
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            for (other, _) in ROOMS {
                let names = [
                    format!("writer::{other}"),
                    format!("super::{other}::"),
                    format!("super::super::{other}"),
                ];
                let is_named = names.iter().any(|name| text.contains(name.as_str()));
                let may = other == room || may_name.contains(other);
                assert!(may || !is_named, "{} names {other}", file.display());
            }
        }
    }
}

/// The files in a folder and in those within it.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let found = std::fs::read_dir(folder).unwrap();
    let found = found.map(|file| file.unwrap().path());
    let below = |path: PathBuf| match path.is_dir() {
        true => files_below(&path),
        false => vec![path],
    };
    found.flat_map(below).collect()
}

/// Every crate of the workspace with what it depends on, its tests aside.
fn workspace() -> BTreeMap<String, Vec<String>> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--offline",
        ])
        .current_dir(root)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages
        .map(|package| {
            (
                package["name"].as_str().unwrap().to_owned(),
                dependencies(package),
            )
        })
        .collect()
}

fn dependencies(package: &Value) -> Vec<String> {
    let all = package["dependencies"].as_array().unwrap().iter();
    let used = all.filter(|dependency| dependency["kind"] != "dev");
    used.map(|dependency| dependency["name"].as_str().unwrap().to_owned())
        .collect()
}

fn violations(packages: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, dependencies) in packages {
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| known == name) else {
            wrong.push(format!("{name} is not in the table"));
            continue;
        };
        for dependency in dependencies {
            let ours = dependency.starts_with("hongyan");
            if ours && !allowed.contains(&dependency.as_str()) {
                wrong.push(format!("{name} → {dependency}"));
            }
            let kept = KEPT_IN.iter().find(|(kept, _)| kept == dependency);
            if kept.is_some_and(|(_, homes)| !homes.contains(&name.as_str())) {
                wrong.push(format!("{name} → {dependency}"));
            }
        }
    }
    wrong
}

/// Calls of the service that are in nobody's name: they authenticate, or tell of the service itself.
const IN_NOBODYS_NAME: &[&str] = &[
    "authenticate",
    "authenticate_connection",
    "check_health",
    "epoch",
    "fresh_client_id_prefix",
    "is_damaged",
    "login",
    "now",
];

#[test]
fn every_call_of_the_service_is_in_somebodys_name() {
    let calls = calls_of_the_service(&sources("crates/service/src"));
    assert!(calls.len() > 30, "{} calls were found", calls.len());
    let nameless = nameless(&calls);
    assert_eq!(
        nameless, IN_NOBODYS_NAME,
        "take a `Caller` or an `Operator`, or argue with invariant 8 and this list"
    );
}

#[test]
fn only_the_start_of_a_service_makes_an_operator_and_the_edge_has_none() {
    let service = sources("crates/service/src");
    let makes = |source: &&String| source.contains("Operator::of_a_service_that_starts()");
    assert_eq!(service.iter().filter(makes).count(), 1);
    for edge in ["crates/gateway/src", "crates/classic/src"] {
        let edge = sources(edge);
        assert!(!edge.is_empty() && edge.iter().all(|source| !source.contains("Operator")));
    }
}

#[test]
fn a_nameless_call_is_found() {
    let source = "impl Service {\n    pub async fn wipe(\n        &self,\n        user: UserId,\n    ) {}\n\
                  \n    pub fn read(&self, caller: &Caller) {}\n    fn own(&self) {}\n}\n\
                  impl Other {\n    pub fn free(&self) {}\n}\n";
    let calls = calls_of_the_service(&[source.to_owned()]);
    assert_eq!(
        (calls.len(), nameless(&calls)),
        (2, vec!["wipe".to_owned()])
    );
}

/// The public functions of `impl Service` that take `&self`: their names and parameters.
fn calls_of_the_service(sources: &[String]) -> Vec<(String, String)> {
    let mut calls = Vec::new();
    for source in sources {
        let blocks = source.split("\nimpl Service {").skip(1);
        let first = source.strip_prefix("impl Service {");
        for block in first.into_iter().chain(blocks) {
            let block = block.split("\n}\n").next().unwrap_or(block);
            for call in block.split("\n    pub ").skip(1) {
                let call = call.trim_start_matches("async ");
                let Some((name, rest)) = call.strip_prefix("fn ").and_then(|c| c.split_once('('))
                else {
                    continue;
                };
                let parameters = rest.split(')').next().unwrap_or(rest);
                if parameters.contains("&self") {
                    calls.push((name.to_owned(), parameters.to_owned()));
                }
            }
        }
    }
    calls
}

fn nameless(calls: &[(String, String)]) -> Vec<String> {
    let is_nameless = |parameters: &str| {
        !parameters.contains("caller: &Caller") && !parameters.contains("operator: &Operator")
    };
    let nameless = calls
        .iter()
        .filter(|(_, parameters)| is_nameless(parameters));
    let mut nameless: Vec<_> = nameless.map(|(name, _)| name.clone()).collect();
    nameless.sort_unstable();
    nameless
}

/// The texts of all source files of a folder of this workspace.
fn sources(folder: &str) -> Vec<String> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let mut sources = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for found in std::fs::read_dir(folder).unwrap() {
            let path = found.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push(std::fs::read_to_string(path).unwrap());
            }
        }
    }
    sources
}
