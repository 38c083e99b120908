//! The disk alone: one durable write at a time, at a steady rate.
//!
//! It writes as a commit of one message does: into a file that has its length already, and waits for the disk.

use std::fs::File;
use std::io::{Seek, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use tokio::io::{BufReader, Lines, Stdin};
use tokio::time::Instant;

use crate::latency::{Times, TimesData};
use crate::load::say;
use crate::order::{DiskOrder, Line, Stretch};

/// One write, in bytes.
const PAGE: [u8; 4096] = [0x5a; 4096];
/// The file's length in pages; behind the last, writing begins anew.
const PAGES: u32 = 1024;
/// So much longer than asked may it take to write what was due meanwhile; a disk that needs more is too slow for the
/// rate.
const GRACE: Duration = Duration::from_secs(30);

/// Writes for as many stretches as `orders` says.
pub(crate) async fn disk(
    order: &DiskOrder,
    orders: &mut Lines<BufReader<Stdin>>,
) -> anyhow::Result<()> {
    let mut file = prepared(&order.folder)
        .with_context(|| format!("cannot write to {}", order.folder.display()))?;
    while let Some(line) = orders.next_line().await? {
        let stretch: Stretch = serde_json::from_str(&line).context("not a stretch")?;
        let measure = Duration::from_millis(stretch.measure_ms);
        say(&Line::Timed(write(&mut file, order.rate, measure)?))?;
    }
    Ok(())
}

/// Writes as often as `rate` says. A write that has to wait for the one before it is timed from when it was due.
fn write(file: &mut File, rate: f64, measure: Duration) -> anyhow::Result<TimesData> {
    let mut times = Times::new()?;
    let start = Instant::now();
    let mut told = 0;
    let mut write = 0_u32;
    loop {
        let after = Duration::try_from_secs_f64(f64::from(write) / rate)?;
        if after >= measure || start.elapsed() >= measure + GRACE {
            return Ok(times.to_data());
        }
        let due = start + after;
        let ahead = due.saturating_duration_since(Instant::now());
        // Tokio's timer would be late by up to a millisecond, and this process does nothing else.
        std::thread::sleep(ahead);
        let begun = if ahead.is_zero() { due } else { Instant::now() };
        if write.is_multiple_of(PAGES) {
            file.rewind()?;
        }
        file.write_all(&PAGE)?;
        file.sync_data()?;
        times.record(begun.elapsed());
        write += 1;
        if start.elapsed().as_secs() > told {
            told = start.elapsed().as_secs();
            say(&Line::Progress(told, measure.as_secs()))?;
        }
    }
}

/// A file that has its length.
fn prepared(folder: &Path) -> std::io::Result<File> {
    let mut file = tempfile::tempfile_in(folder)?;
    for _ in 0..PAGES {
        file.write_all(&[0; PAGE.len()])?;
    }
    file.sync_all()?;
    Ok(file)
}
