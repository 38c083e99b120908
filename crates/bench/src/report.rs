//! What was found: for people a table, for programs JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use crate::check::Faults;
use crate::latency::Percentiles;
use crate::system::{Apart, Machine};

/// What was found.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// The program's version.
    pub(crate) version: &'static str,
    /// Where.
    pub(crate) machine: Machine,
    /// In the order of measuring.
    pub(crate) measurements: Vec<Measurement>,
    /// What is to be reached, and whether it was.
    pub(crate) goals: Vec<Goal>,
}

/// One row of a table.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Measurement {
    /// Which benchmark.
    pub(crate) bench: &'static str,
    /// Hongyan or a yardstick.
    pub(crate) subject: &'static str,
    /// Under which circumstances.
    pub(crate) setting: String,
    /// Names carry their units.
    pub(crate) values: BTreeMap<&'static str, f64>,
    /// Where times were measured.
    pub(crate) times: Option<Percentiles>,
    /// Where messages were checked.
    pub(crate) faults: Option<Faults>,
}

/// Something to be reached.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Goal {
    /// What, and how much is wanted.
    pub(crate) wanted: String,
    /// What was measured.
    pub(crate) measured: String,
    /// Whether that is enough.
    pub(crate) reached: bool,
}

impl Report {
    /// Whether no message was lost, doubled, misordered or changed.
    pub(crate) fn is_clean(&self) -> bool {
        let mut faults = self.measurements.iter().filter_map(|it| it.faults);
        faults.all(|faults| faults.is_clean())
    }

    /// For people: Markdown, which is readable as it is.
    pub(crate) fn to_markdown(&self) -> String {
        let mut out = String::new();
        self.write_machine(&mut out);
        let mut benches: Vec<&str> = Vec::new();
        for measurement in &self.measurements {
            if !benches.contains(&measurement.bench) {
                benches.push(measurement.bench);
            }
        }
        for bench in benches {
            let rows: Vec<&Measurement> = self
                .measurements
                .iter()
                .filter(|row| row.bench == bench)
                .collect();
            let _ = writeln!(out, "\n{bench}\n");
            write_table(&mut out, &table(&rows));
        }
        if !self.goals.is_empty() {
            let _ = writeln!(out, "\ngoals\n");
            let mut lines = vec![["goal", "measured", ""].map(String::from).to_vec()];
            lines.extend(self.goals.iter().map(|goal| {
                let verdict = if goal.reached {
                    "reached"
                } else {
                    "NOT reached"
                };
                vec![goal.wanted.clone(), goal.measured.clone(), verdict.into()]
            }));
            write_table(&mut out, &lines);
        }
        out
    }

    fn write_machine(&self, out: &mut String) {
        let machine = &self.machine;
        let pinned = match (machine.pinned.server, machine.pinned.load) {
            (Some(server), Some(load)) => format!("server on core {server}, load on core {load}"),
            _ => "nothing pinned".into(),
        };
        let apart = machine.cores_apart.map_or(String::new(), |apart| {
            let Apart { least_ns, most_ns } = apart;
            format!(", {least_ns} to {most_ns} ns from one to the other and back")
        });
        // Writing into a string does not fail.
        let _ = writeln!(
            out,
            "hongyan {} on {}, {} cores ({pinned}{apart}), {} GiB, Linux {}, {} open files, \
             a durable write of 4 KiB {} µs, load average {}",
            self.version,
            machine.processor,
            machine.cores,
            machine.memory >> 30,
            machine.kernel,
            machine.open_files,
            machine.fsync_us,
            machine.load_average,
        );
    }
}

/// The header and the rows, with the columns that any of the rows has.
fn table(rows: &[&Measurement]) -> Vec<Vec<String>> {
    let mut names: Vec<&str> = Vec::new();
    for row in rows {
        names.extend(row.values.keys());
    }
    names.sort_unstable();
    names.dedup();
    let has_times = rows.iter().any(|row| row.times.is_some());
    let has_faults = rows.iter().any(|row| row.faults.is_some());

    let mut header = vec!["subject".to_owned(), "setting".to_owned()];
    header.extend(names.iter().map(|name| name.replace('_', " ")));
    if has_times {
        header.extend(["p50 ms", "p99 ms", "p99.9 ms", "max ms"].map(String::from));
    }
    if has_faults {
        header.push("lost/doubled/misordered".into());
    }
    let mut lines = vec![header];
    lines.extend(rows.iter().map(|row| {
        let mut line = vec![row.subject.to_owned(), row.setting.clone()];
        line.extend(
            names
                .iter()
                .map(|name| number(row.values.get(name).copied())),
        );
        if has_times {
            line.extend(times(row.times));
        }
        if has_faults {
            line.push(row.faults.map_or_else(String::new, |it| faults(&it)));
        }
        line
    }));
    lines
}

fn times(times: Option<Percentiles>) -> [String; 4] {
    let Some(times) = times else {
        return Default::default();
    };
    [times.p50_us, times.p99_us, times.p999_us, times.max_us]
        .map(|micros| format!("{}.{:03}", micros / 1000, micros % 1000))
}

fn faults(faults: &Faults) -> String {
    let mut text = format!("{}/{}/{}", faults.lost, faults.doubled, faults.misordered);
    for (count, name) in [
        (faults.garbled, "changed"),
        (faults.refused, "unanswered"),
        (faults.repeated, "pushed again"),
    ] {
        if count > 0 {
            let _ = write!(text, ", {count} {name}");
        }
    }
    text
}

/// As many digits as mean something.
fn number(value: Option<f64>) -> String {
    match value {
        None => String::new(),
        Some(value) if value.abs() >= 100.0 => grouped(value),
        Some(value) => format!("{value:.2}"),
    }
}

fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        let left = digits.len() - index;
        if index > 0 && left.is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Columns aligned by their widest cell, in characters.
fn write_table(out: &mut String, lines: &[Vec<String>]) {
    let columns = lines.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let cells = lines.iter().map(|line| line[column].chars().count());
            cells.max().unwrap_or(0)
        })
        .collect();
    for (index, line) in lines.iter().enumerate() {
        for (cell, width) in line.iter().zip(&widths) {
            let _ = write!(out, "| {cell:<width$} ");
        }
        out.push_str("|\n");
        if index == 0 {
            for width in &widths {
                let _ = write!(out, "|{:-<1$}", "", width + 2);
            }
            out.push_str("|\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_in_any_row_makes_the_report_unclean() {
        let row = |lost| Measurement {
            bench: "throughput",
            subject: "hongyan",
            setting: "1 pair".into(),
            values: BTreeMap::from([("messages_per_s", 12345.6)]),
            times: None,
            faults: Some(Faults {
                lost,
                ..Faults::default()
            }),
        };
        let cores = crate::system::Cores {
            server: None,
            load: None,
        };
        let folder = std::env::temp_dir();
        let mut report = Report {
            version: "0",
            machine: Machine::look(cores, 0, &folder).unwrap(),
            measurements: vec![row(0)],
            goals: Vec::new(),
        };
        assert!(report.is_clean());
        assert!(report.to_markdown().contains("12,346"));
        report.measurements.push(row(1));
        assert!(!report.is_clean());
        assert!(report.to_markdown().contains("1/0/0"));
    }
}
