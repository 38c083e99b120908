//! The niceness of threads: which one goes first when there are more threads than cores.
//!
//! The committing thread goes first, because everybody waits for it. It is done sooner with a batch when it need
//! not share the core with the threads that read the next batch's frames. While it waits for the disk, those
//! threads have work. When all took turns, they were ready by then, and the core stood idle, on one core for up to
//! a tenth of the time: see docs/decisions/2026-11-27-the-writer-goes-first.md.
//!
//! The thread that carries out commits goes last, because nobody waits for it: see
//! docs/decisions/2026-11-28-the-settler-goes-last.md.

use std::sync::OnceLock;

use rustix::process::{getpriority_process, setpriority_process};

/// How much nicer than the writer the threads are that serve connections: with Linux' weights (`sched(7)`) each gets
/// about a third of its time, if all want all of it.
const NICER: i32 = 5;

/// How much nicer the thread is that carries out what is committed: it gets about a tenth of the time of one that serves.
const NICEST: i32 = 15;

/// Lets the writer go before the thread that calls this, and before those that it begins later on. There is no way back
/// without a privilege. To call it twice, or on a thread begun by one that has, changes nothing more.
pub fn give_way() {
    give_way_by(NICER);
}

/// Lets all others go before the thread that calls this; otherwise as [`give_way`].
pub fn give_way_to_all() {
    give_way_by(NICEST);
}

fn give_way_by(more: i32) {
    if let Err(error) = try_give_way_by(more) {
        tracing::debug!(%error, "a thread has the same precedence as everything else");
    }
}

fn try_give_way_by(more: i32) -> rustix::io::Result<()> {
    /// Threads inherit what others have set, so all go by what the first one found.
    static NICENESS: OnceLock<i32> = OnceLock::new();

    // `None` is the calling thread, on Linux.
    let found = getpriority_process(None)?;
    setpriority_process(None, *NICENESS.get_or_init(|| found) + more)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn niceness_after(giving_way: fn()) -> i32 {
        giving_way();
        getpriority_process(None).unwrap()
    }

    #[test]
    fn a_thread_begun_by_one_that_gives_way_is_no_nicer() {
        let before = getpriority_process(None).unwrap();
        let nicer_by = |more: i32| (before + more).min(19);
        let (first, second, third) = thread::spawn(|| {
            let first = niceness_after(give_way);
            let second = thread::spawn(|| niceness_after(give_way));
            let third = thread::spawn(|| niceness_after(give_way_to_all));
            (first, second.join().unwrap(), third.join().unwrap())
        })
        .join()
        .unwrap();
        assert_eq!(first, nicer_by(NICER));
        assert_eq!(second, first);
        assert_eq!(third, nicer_by(NICEST));
    }
}
