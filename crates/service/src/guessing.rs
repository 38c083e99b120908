//! The limits on wrong passwords.
//!
//! There are three counts: of an address for one name (a pair), of an address, and of a name. Only a pair's count
//! refuses. If the address or the name has too many failures, its pairs are held to a stricter count, which begins
//! anew for each pair. So the first attempt of a pair is always checked, and failures of strangers never lock out a
//! right password. Each further guess costs a long wait. A device that signed in before has a count of its own, and
//! no other count concerns it.
//!
//! Owns: the counts of wrong passwords. They are in memory: a restart forgets them.
//! Not here: passwords.

use std::net::IpAddr;
use std::time::Duration;

use hongyan_protocol::SessionId;

use crate::limits;
use crate::throttle::Throttle;
use crate::token::DeviceId;

/// Somebody who tries a password.
#[derive(Debug, Clone)]
pub(crate) struct Guess {
    /// For which login name, as it is compared.
    pub(crate) name: String,
    /// From where, as limits count it.
    pub(crate) from: Option<IpAddr>,
    /// What is known of the device.
    pub(crate) known: Option<Known>,
}

/// A device that proved that it signed in to this account before.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Known {
    /// By its secret.
    Device(DeviceId),
    /// By the session that it is in.
    Session(SessionId),
}

/// Wrong passwords on record.
pub(crate) struct Guesses {
    by_pair: Throttle<Pair>,
    /// Those of pairs whose address or name had too many.
    by_pair_strictly: Throttle<Pair>,
    by_address: Throttle<IpAddr>,
    by_name: Throttle<String>,
    by_device: Throttle<Known>,
}

type Pair = (String, Option<IpAddr>);

impl Guesses {
    pub(crate) fn new() -> Self {
        use limits::{
            ADDRESS_FAILURES, ADDRESS_FORGIVES, LOGIN_FAILURES, LOGIN_FORGIVES, NAME_FAILURES,
            NAME_FORGIVES, STRICT_FAILURES, STRICT_FORGIVES, THROTTLE_RECORDS,
        };
        let pairs = |failures, forgives| Throttle::new(failures, forgives, THROTTLE_RECORDS);
        Self {
            by_pair: pairs(LOGIN_FAILURES, LOGIN_FORGIVES),
            by_pair_strictly: pairs(STRICT_FAILURES, STRICT_FORGIVES),
            by_address: Throttle::new(ADDRESS_FAILURES, ADDRESS_FORGIVES, THROTTLE_RECORDS),
            by_name: Throttle::new(NAME_FAILURES, NAME_FORGIVES, THROTTLE_RECORDS),
            by_device: Throttle::new(LOGIN_FAILURES, LOGIN_FORGIVES, THROTTLE_RECORDS),
        }
    }

    /// How long this one has to wait before it may try; `None` when it need not.
    pub(crate) fn wait(&self, guess: &Guess, now: Duration) -> Option<Duration> {
        if let Some(known) = &guess.known {
            return self.by_device.wait(known, now);
        }
        let pair = guess.pair();
        let strict = self
            .is_strict(guess, now)
            .then(|| self.by_pair_strictly.wait(&pair, now));
        self.by_pair.wait(&pair, now).max(strict.flatten())
    }

    /// Records a wrong password. The wait before the next attempt where the address or the name had too
    /// many: then this one is told to wait, and not whether it was looked at.
    pub(crate) fn fail(&self, guess: Guess, now: Duration) -> Option<Duration> {
        if let Some(known) = guess.known {
            self.by_device.fail(known, now);
            return None;
        }
        let pair = guess.pair();
        let strict = self.is_strict(&guess, now);
        self.by_pair.fail(pair.clone(), now);
        self.by_name.fail(guess.name, now);
        if let Some(address) = guess.from {
            self.by_address.fail(address, now);
        }
        strict.then(|| {
            self.by_pair_strictly.fail(pair.clone(), now);
            let wait = self.by_pair_strictly.wait(&pair, now);
            wait.unwrap_or(limits::LOGIN_FORGIVES)
        })
    }

    /// Forgets this one's own failures: it proved itself. Those of its address and name stay, as a
    /// guesser may have an account, too.
    pub(crate) fn forgive(&self, guess: &Guess) {
        if let Some(known) = &guess.known {
            self.by_device.forgive(known);
        }
        let pair = guess.pair();
        self.by_pair.forgive(&pair);
        self.by_pair_strictly.forgive(&pair);
    }

    fn is_strict(&self, guess: &Guess, now: Duration) -> bool {
        let by_address = guess
            .from
            .and_then(|address| self.by_address.wait(&address, now));
        by_address.is_some() || self.by_name.wait(&guess.name, now).is_some()
    }
}

impl Guess {
    fn pair(&self) -> Pair {
        (self.name.clone(), self.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1);

    fn guess(name: &str, address: u8) -> Guess {
        Guess {
            name: name.into(),
            from: Some(IpAddr::from([192, 0, 2, address])),
            known: None,
        }
    }

    /// Guesses until it has to wait; how often that was.
    fn exhaust(guesses: &Guesses, guess: &Guess, now: Duration) -> u32 {
        let mut tries = 0;
        while guesses.wait(guess, now).is_none() {
            guesses.fail(guess.clone(), now);
            tries += 1;
            assert!(tries < 10_000, "guessing goes on for ever");
        }
        tries
    }

    #[test]
    fn a_pair_waits_for_itself_and_others_do_not() {
        let guesses = Guesses::new();
        let tries = exhaust(&guesses, &guess("ann", 1), NOW);
        assert_eq!(tries, limits::LOGIN_FAILURES);
        assert_eq!(guesses.wait(&guess("ann", 2), NOW), None);
        assert_eq!(guesses.wait(&guess("bob", 1), NOW), None);
        guesses.forgive(&guess("ann", 1));
        assert_eq!(guesses.wait(&guess("ann", 1), NOW), None);
    }

    #[test]
    fn a_right_password_is_looked_at_however_often_strangers_fail() {
        let guesses = Guesses::new();
        // From the owner's address for invented names, and from everywhere for the owner's name.
        for number in 0..1000 {
            guesses.fail(guess(&format!("nobody{number}"), 1), NOW);
        }
        for address in 2..=255 {
            exhaust(&guesses, &guess("ann", address), NOW);
        }
        assert_eq!(guesses.wait(&guess("ann", 1), NOW), None);
    }

    #[test]
    fn many_addresses_get_few_guesses_of_one_name() {
        let guesses = Guesses::new();
        let tries = (1..=255).map(|address| exhaust(&guesses, &guess("ann", address), NOW));
        let tries: u32 = tries.sum();
        let free = limits::NAME_FAILURES + 255 * limits::STRICT_FAILURES;
        assert!(tries <= free + limits::LOGIN_FAILURES, "{tries}");
        // And then each of them few a day.
        let day = Duration::from_secs(24 * 60 * 60);
        let mut later = 0;
        for minute in 1..=24 * 60 {
            let now = NOW + Duration::from_secs(60 * minute);
            for address in 1..=10 {
                guesses.fail(guess("ann", address + 100), now);
            }
            later += exhaust(&guesses, &guess("ann", 1), now);
        }
        let most = day.as_secs() / limits::STRICT_FORGIVES.as_secs();
        assert!(u64::from(later) <= most + 1, "{later} guesses a day");
    }

    #[test]
    fn a_known_device_has_a_count_of_its_own() {
        let guesses = Guesses::new();
        exhaust(&guesses, &guess("ann", 1), NOW);
        let own = Guess {
            known: Some(Known::Device(DeviceId::from([7; 16]))),
            ..guess("ann", 1)
        };
        assert_eq!(exhaust(&guesses, &own, NOW), limits::LOGIN_FAILURES);
        let other = Guess {
            known: Some(Known::Device(DeviceId::from([8; 16]))),
            ..guess("ann", 1)
        };
        assert_eq!(guesses.wait(&other, NOW), None);
    }
}
