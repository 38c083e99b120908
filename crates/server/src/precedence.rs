//! Which thread goes first, where there are more than cores.
//!
//! One thread writes the database, and everybody waits for it: it is done sooner with a batch when it need not share the
//! core with those who read the next one's frames. And while it waits for the disk, they have something to do: where
//! both took turns, they were ready by then, and the core had nothing left. On one core that is up to a tenth of the time;
//! see docs/decisions/2026-11-27-the-writer-goes-first.md.

/// How much nicer the threads that serve connections are than the writer: with Linux' weights (`sched(7)`) about a third
/// of its time, if both want all of it.
const NICER: i32 = 5;

/// Lets others go before the thread that calls this, and before those that it begins later on. There is no way back
/// without a privilege.
pub fn give_way() {
    if let Err(error) = rustix::process::nice(NICER) {
        tracing::debug!(%error, "connections are served with the same precedence as everything else");
    }
}
