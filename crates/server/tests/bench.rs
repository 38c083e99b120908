//! Every measurement of `hongyan bench`, tiny, through the real program: does it work, does it count?
//!
//! How fast anything is, is nothing that a test could say.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it is"
)]

use std::process::{Command, Output};

use serde_json::Value;

fn bench(args: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_hongyan"))
        .arg("bench")
        .args(args)
        .arg("--json")
        .arg("--folder")
        .arg(folder.path())
        .output()
        .unwrap()
}

/// Runs it and returns the report, which must be without a fault.
fn report(args: &[&str]) -> Value {
    let output = bench(args);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {said}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    for row in measurements(&report) {
        let Some(faults) = row["faults"].as_object() else {
            continue;
        };
        for (name, count) in faults {
            assert!(name == "repeated" || count == 0, "{args:?}: {row:#}");
        }
    }
    report
}

fn measurements(report: &Value) -> &[Value] {
    report["measurements"].as_array().unwrap()
}

/// A value of the row of this subject.
fn value(report: &Value, subject: &str, name: &str) -> f64 {
    let row = measurements(report)
        .iter()
        .find(|row| row["subject"] == subject && !row["values"][name].is_null());
    let row = row.unwrap_or_else(|| panic!("no {name} of {subject} in {report:#}"));
    row["values"][name].as_f64().unwrap()
}

#[test]
fn throughput_measures_the_server_and_both_yardsticks() {
    let report = report(&["throughput", "--pairs", "3", "--seconds", "0.3"]);
    for subject in ["hongyan", "relay", "store"] {
        assert!(value(&report, subject, "messages_per_s") > 0.0);
    }
    let settings = measurements(&report).iter().map(|row| &row["setting"]);
    let settings: Vec<_> = settings.filter(|it| *it == "3 pairs, window 1").collect();
    assert_eq!(settings.len(), 3, "{report:#}");
}

#[test]
fn a_group_stands_beside_a_bare_broadcast_and_pairs_beside_a_group() {
    let sizes = ["--members", "12", "--members", "70", "--senders", "2"];
    let args = ["--seconds", "1", "--rate", "20"];
    let report = report(&[["group"].as_slice(), &sizes, &args].concat());
    for subject in ["hongyan", "broadcast"] {
        assert!(value(&report, subject, "deliveries_per_s") > 0.0);
    }
    for subject in ["pairs alone", "pairs beside a group"] {
        assert!(value(&report, subject, "messages_per_s") > 0.0);
    }
    assert_eq!(report["goals"].as_array().unwrap().len(), 5, "{report:#}");
}

/// All of them connected, from several processes; each must get each message once, in order.
#[test]
fn ten_thousand_members_each_get_every_message_once() {
    let args = ["--members", "10000", "--senders", "2", "--window", "2"];
    let report = report(&[["group"].as_slice(), &args, &["--seconds", "10"]].concat());
    assert!(value(&report, "hongyan", "deliveries_per_s") > 0.0);
}

#[test]
fn a_mix_stands_beside_messages_only() {
    let args = ["--mix", "--window", "8", "--pairs", "3", "--seconds", "0.3"];
    let report = report(&[["throughput"].as_slice(), &args].concat());
    for subject in ["hongyan", "mixed", "mixed: messages"] {
        assert!(value(&report, subject, "messages_per_s") > 0.0);
    }
    // How many there were in that time is a matter of speed; that they are done and checked is not.
    for kind in ["edits", "recalls", "first messages", "read positions"] {
        assert!(value(&report, &format!("mixed: {kind}"), "messages_per_s") >= 0.0);
    }
    assert!(value(&report, "mixed: pages", "pages_per_s") >= 0.0);
    let goals = report["goals"].as_array().unwrap().iter();
    let mut wanted = goals.filter_map(|goal| goal["wanted"].as_str());
    assert!(wanted.any(|wanted| wanted.contains("mixed")), "{report:#}");
}

#[test]
fn a_mix_on_a_server_of_somebody_else_is_an_error_that_says_why() {
    let args = ["--server", "http://127.0.0.1:1", "--logins", "/dev/null"];
    let output = bench(&[["throughput", "--mix"].as_slice(), &args].concat());
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("--mix needs a server"), "{said}");
}

#[test]
fn latency_sends_at_the_rate_that_was_asked_for() {
    let report = report(&["latency", "--rate", "50", "--pairs", "2", "--seconds", "1"]);
    let hongyan = measurements(&report)
        .iter()
        .find(|row| row["subject"] == "hongyan")
        .unwrap();
    let disk = measurements(&report)
        .iter()
        .find(|row| row["subject"] == "disk")
        .unwrap();
    for subject in [hongyan, disk] {
        let times = &subject["times"];
        let count = times["count"].as_u64().unwrap();
        assert_eq!(count, 50, "all that was due in a second, however late");
        assert!(times["p50_us"].as_u64() <= times["p99_us"].as_u64());
    }
}

#[test]
fn a_rate_of_nothing_is_an_error_that_names_the_option() {
    for rate in ["0", "-1", "NaN", "inf"] {
        let output = bench(&["latency", &format!("--rate={rate}"), "--seconds", "0.1"]);
        assert!(!output.status.success());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("--rate"), "{rate}: {said}");
    }
}

#[test]
fn offline_fetches_every_message() {
    let report = report(&["offline", "--messages", "450", "--senders", "2"]);
    let seconds = value(&report, "hongyan", "seconds_to_everything");
    let rate = value(&report, "hongyan", "messages_per_s");
    assert!((rate * seconds - 450.0).abs() < 0.5, "{report:#}");
}

#[test]
fn idle_tells_what_a_connection_costs() {
    let report = report(&["idle", "--connections", "40", "--rest", "0"]);
    assert!(value(&report, "hongyan", "connects_per_s") > 0.0);
    assert!(value(&report, "hongyan", "resident_mib_with_all") > 1.0);
}

#[test]
fn reconnect_finds_what_was_sent_meanwhile() {
    let report = report(&["reconnect", "--connections", "20"]);
    assert!(value(&report, "hongyan", "seconds_until_all_synced") > 0.0);
}

#[test]
fn growth_compares_an_empty_store_with_a_grown_one() {
    let args = ["--messages", "3000", "--users", "40", "--seconds", "0.3"];
    let report = report(&[["growth"].as_slice(), &args].concat());
    assert!(value(&report, "store", "start_up_s") > 0.0);
    assert!(value(&report, "hongyan", "kib_from_disk_per_opening") >= 0.0);
    let goals = report["goals"].as_array().unwrap();
    assert_eq!(goals.len(), 4, "{goals:#?}");
}

#[test]
fn a_server_that_is_not_there_is_an_error_that_names_it() {
    let logins = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(logins.path(), "a b\nc d\n").unwrap();
    let output = bench(&[
        "latency",
        "--pairs",
        "1",
        "--seconds",
        "0.1",
        "--server",
        "http://127.0.0.1:1",
        "--logins",
        logins.path().to_str().unwrap(),
    ]);
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("127.0.0.1:1"), "{said}");
}
