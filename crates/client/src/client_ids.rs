//! Names for requests: UUIDs of version 7, ascending as they are made.
//!
//! Time-ordered, so that the server's index of them grows at one end; 62 random bits, so that two
//! devices of one user never choose the same. Source: RFC 9562, section 6.2, method 1.

use hongyan_protocol::ClientId;
use rand::Rng;

const TIME_BITS: u32 = 48;
const COUNTER_BITS: u32 = 12;

/// Makes names; each is greater than the one before it.
#[derive(Debug, Default)]
pub(crate) struct ClientIds {
    /// Time and counter of the last name, as one number.
    last: u64,
}

impl ClientIds {
    /// The next name, at this wall-clock time in milliseconds. A clock that goes back, or more than
    /// 4096 names in a millisecond, run ahead of the clock instead of going back.
    pub(crate) fn next(&mut self, millis: u64, random: &mut impl Rng) -> ClientId {
        let millis = millis & ((1 << TIME_BITS) - 1);
        // The top bit of the counter starts at 0, to leave room for those that follow.
        let counter = random.next_u64() & ((1 << (COUNTER_BITS - 1)) - 1);
        let fresh = (millis << COUNTER_BITS) | counter;
        self.last = fresh.max(self.last.wrapping_add(1));

        let time = self.last >> COUNTER_BITS;
        let counter = self.last & ((1 << COUNTER_BITS) - 1);
        let tail = random.next_u64() >> 2;
        let text = format!(
            "{:08x}-{:04x}-7{counter:03x}-{:04x}-{:012x}",
            time >> 16,
            time & 0xffff,
            0x8000 | (tail >> 48),
            tail & 0xffff_ffff_ffff,
        );
        match ClientId::new(text) {
            Ok(id) => id,
            Err(error) => unreachable!("36 hexadecimal digits and dashes: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn has_the_shape_of_a_uuid_version_7() {
        let mut random = StdRng::seed_from_u64(1);
        let id = ClientIds::default().next(0x0198_c0de_7a5e, &mut random);
        let id = id.as_str();
        assert_eq!(id.len(), 36, "{id}");
        assert!(id.starts_with("0198c0de-7a5e-7"), "{id}");
        assert!(
            matches!(id.as_bytes()[19], b'8' | b'9' | b'a' | b'b'),
            "{id}"
        );
    }

    #[test]
    fn ascends_even_when_the_clock_stands_still_or_goes_back() {
        let mut random = StdRng::seed_from_u64(2);
        let mut ids = ClientIds::default();
        let mut last = ids.next(1_000, &mut random);
        for step in 0..10_000_u64 {
            let id = ids.next(1_000 - step.min(900), &mut random);
            assert!(id > last, "{id} after {last}");
            last = id;
        }
        assert!(ids.next(5_000, &mut random) > last);
    }
}
