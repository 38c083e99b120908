//! The distance of two cores: the time that a write on one takes to show on the other, there and back.
//!
//! On a virtual machine that is not constant. Its cores are threads of another system, which moves them. 50 ns
//! there and back were seen within one cache of the last level, and 340 across two, with a change within a second.
//! Data that crosses from core to core, as every message over loopback does, then costs that much more.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::Context;
use tokio::time::Instant;

use super::{Cores, on_core};

/// Exchanges timed together.
const EXCHANGES: u32 = 1000;

/// The fastest of so many counts: in others a core had something else to do.
const TIMES: u32 = 8;

/// The time of one exchange between the server's core and the load's. `None` where they are not pinned.
pub(crate) fn apart(cores: Cores) -> anyhow::Result<Option<Duration>> {
    let (Some(near), Some(far)) = (cores.server, cores.load) else {
        return Ok(None);
    };
    // Even: it is at the near core; odd: at the far one.
    let ball = AtomicU32::new(0);
    let exchange = |number: u32, side: u32| {
        let mine = 2 * number + side;
        while ball.load(Ordering::Acquire) != mine {
            spin_loop();
        }
        ball.store(mine + 1, Ordering::Release);
    };
    let fastest = std::thread::scope(|scope| {
        let answering = scope.spawn(|| {
            on_core(Some(far), || {
                (0..TIMES * EXCHANGES).for_each(|number| exchange(number, 1));
                Ok(())
            })
        });
        let asking = scope.spawn(|| {
            on_core(Some(near), || {
                let timed = |time| {
                    let start = Instant::now();
                    (time * EXCHANGES..(time + 1) * EXCHANGES)
                        .for_each(|number| exchange(number, 0));
                    start.elapsed()
                };
                (0..TIMES).map(timed).min().context("nothing was timed")
            })
        });
        let join = |_| anyhow::anyhow!("a thread panicked");
        answering.join().map_err(join)??;
        asking.join().map_err(join)?
    });
    Ok(Some(fastest? / EXCHANGES))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_cores_are_some_way_apart() {
        let cores = Cores::choose().unwrap();
        let apart = apart(cores).unwrap();
        assert_eq!(apart.is_some(), cores.load.is_some());
        if let Some(apart) = apart {
            assert!(
                apart > Duration::ZERO && apart < Duration::from_millis(1),
                "{apart:?}"
            );
        }
    }
}
