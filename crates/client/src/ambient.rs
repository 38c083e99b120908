//! Where this crate touches the real clock and the operating system's randomness; nowhere else.
//!
//! Everything above takes an [`Ambient`], so that a test can seed it and pause the time.

use hongyan_delivery::Tick;
use hongyan_protocol::ClientId;
use rand::rngs::{StdRng, SysRng};
use rand::{Rng, SeedableRng};
use tokio::time::Instant;

use crate::client_ids::ClientIds;

/// The time and the chance of one client.
#[derive(Debug)]
pub(crate) struct Ambient {
    origin: Instant,
    random: StdRng,
    client_ids: ClientIds,
    wall_millis: fn() -> u64,
}

impl Ambient {
    /// Seeded by the operating system.
    ///
    /// # Errors
    /// The operating system has no randomness to give.
    pub(crate) fn system() -> Result<Self, rand::rngs::SysError> {
        Ok(Self {
            origin: Instant::now(),
            random: StdRng::try_from_rng(&mut SysRng)?,
            client_ids: ClientIds::default(),
            wall_millis: system_millis,
        })
    }

    /// Now, on a clock that begins with this client and never goes back.
    pub(crate) fn now(&self) -> Tick {
        let elapsed = self.origin.elapsed().as_millis();
        Tick::from_millis(u64::try_from(elapsed).unwrap_or(u64::MAX))
    }

    /// The runtime's name for a moment; a moment beyond its reach is a year away.
    pub(crate) fn instant(&self, tick: Tick) -> Instant {
        const YEAR: std::time::Duration = std::time::Duration::from_secs(365 * 24 * 60 * 60);
        let offset = tick.since(Tick::default());
        self.origin
            .checked_add(offset)
            .unwrap_or_else(|| self.origin + YEAR)
    }

    /// Uniform over all of `u64`.
    pub(crate) fn random(&mut self) -> u64 {
        self.random.next_u64()
    }

    /// A name for a request that no other has.
    pub(crate) fn client_id(&mut self) -> ClientId {
        let millis = (self.wall_millis)();
        self.client_ids.next(millis, &mut self.random)
    }
}

/// Milliseconds since the Unix epoch; 0 where the clock stands before it.
#[allow(
    clippy::disallowed_methods,
    reason = "the edge: client ids are ordered by wall-clock time, over restarts too"
)]
fn system_millis() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |elapsed| {
            u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
        })
}
