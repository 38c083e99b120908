//! What a process has used, from /proc.

use std::fs;
use std::time::Duration;

use anyhow::Context;
use serde::{Deserialize, Serialize};

/// Processor time used so far, in clock ticks of usually 10 ms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cpu {
    user: u64,
    system: u64,
}

/// Memory in bytes, from /proc/PID/smaps_rollup.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Memory {
    /// Resident: all of it.
    pub(crate) resident: u64,
    /// Resident and not backed by a file: heap and stacks.
    pub(crate) anonymous: u64,
}

impl Cpu {
    /// The time used since an earlier reading.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        let ticks = (self.user + self.system).saturating_sub(earlier.user + earlier.system);
        let per_second = rustix::param::clock_ticks_per_second().max(1);
        Duration::from_millis(ticks * 1000 / per_second)
    }
}

/// The processor time of a process and all its threads, those that ended included.
pub(crate) fn cpu(pid: u32) -> anyhow::Result<Cpu> {
    let text = read(pid, "stat")?;
    parse_stat(&text).with_context(|| format!("/proc/{pid}/stat is not as expected"))
}

/// The memory of a process.
pub(crate) fn memory(pid: u32) -> anyhow::Result<Memory> {
    let text = read(pid, "smaps_rollup")?;
    // In KiB.
    let bytes = |name: &str| number(&text, name).map(|kib| kib * 1024);
    let found = bytes("Rss:").zip(bytes("Anonymous:"));
    let (resident, anonymous) =
        found.with_context(|| format!("/proc/{pid}/smaps_rollup is not as expected"))?;
    Ok(Memory {
        resident,
        anonymous,
    })
}

/// Bytes that a process had read from the disk so far, rather than from the system's cache.
pub(crate) fn disk_bytes(pid: u32) -> anyhow::Result<u64> {
    let text = read(pid, "io")?;
    number(&text, "read_bytes:").with_context(|| format!("/proc/{pid}/io is not as expected"))
}

fn read(pid: u32, name: &str) -> anyhow::Result<String> {
    let path = format!("/proc/{pid}/{name}");
    fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))
}

/// The 14th and 15th field. The second one is a name in brackets that may hold anything.
fn parse_stat(text: &str) -> Option<Cpu> {
    let after_name = &text[text.rfind(')')? + 1..];
    let mut fields = after_name.split_ascii_whitespace().skip(11);
    Some(Cpu {
        user: fields.next()?.parse().ok()?,
        system: fields.next()?.parse().ok()?,
    })
}

/// In the line of that name.
fn number(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_does_not_shift_the_fields() {
        let text = "42 (a) b (c) S 1 1 1 0 -1 4194560 100 0 0 0 17 5 0 0 20 0 1 0 100 1 1";
        assert_eq!(
            parse_stat(text),
            Some(Cpu {
                user: 17,
                system: 5
            })
        );
    }

    #[test]
    fn a_number_is_found_by_the_whole_name() {
        let text = "rchar: 6976\nread_bytes: 4096\nwrite_bytes: 0\n";
        assert_eq!(number(text, "read_bytes:"), Some(4096));
        assert_eq!(number(text, "bytes:"), None);
        assert!(disk_bytes(std::process::id()).is_ok());
    }

    #[test]
    fn this_process_has_memory_and_uses_time() {
        let me = std::process::id();
        assert!(memory(me).unwrap().resident > 100 * 1024);
        let before = cpu(me).unwrap();
        let mut spun = 0u64;
        while cpu(me).unwrap().since(before) < Duration::from_millis(20) {
            spun += 1;
        }
        assert!(spun > 0);
    }
}
