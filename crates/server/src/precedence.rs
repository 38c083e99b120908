//! Which thread goes first, where there are more than cores.
//!
//! One thread commits what is written, and everybody waits for it: it is done sooner with a batch when it need not share the
//! core with those who read the next one's frames. And while it waits for the disk, they have something to do: where
//! both took turns, they were ready by then, and the core had nothing left. On one core that is up to a tenth of the time;
//! see docs/decisions/2026-11-27-the-writer-goes-first.md.

use std::sync::OnceLock;

use rustix::process::{getpriority_process, setpriority_process};

/// How much nicer than the writer the threads are that serve connections, and the one that carries out what is committed:
/// with Linux' weights (`sched(7)`) each gets about a third of its time, if all want all of it.
const NICER: i32 = 5;

/// Lets others go before the thread that calls this, and before those that it begins later on. There is no way back
/// without a privilege. To call it twice, or on a thread begun by one that has, changes nothing more.
pub fn give_way() {
    if let Err(error) = try_give_way() {
        tracing::debug!(%error, "connections are served with the same precedence as everything else");
    }
}

fn try_give_way() -> rustix::io::Result<()> {
    /// Threads inherit what others have set, so all go by what the first one found.
    static NICENESS: OnceLock<i32> = OnceLock::new();

    // `None` is the calling thread, on Linux.
    let found = getpriority_process(None)?;
    setpriority_process(None, *NICENESS.get_or_init(|| found + NICER))
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn niceness_after_giving_way() -> i32 {
        give_way();
        getpriority_process(None).unwrap()
    }

    #[test]
    fn a_thread_begun_by_one_that_gives_way_is_no_nicer() {
        let before = getpriority_process(None).unwrap();
        let (first, second) = thread::spawn(|| {
            let first = niceness_after_giving_way();
            let second = thread::spawn(niceness_after_giving_way);
            (first, second.join().unwrap())
        })
        .join()
        .unwrap();
        assert_eq!(first, (before + NICER).min(19));
        assert_eq!(second, first);
    }
}
