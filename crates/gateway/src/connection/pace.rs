//! The read rate of one connection's frames.
//!
//! It is the generic cell rate algorithm: one time, at which all frames so far are paid for. A faster client gets
//! no error. The task reads its socket later, and TCP slows the client down.

use std::time::Duration;

use hongyan_delivery::Tick;

use crate::limits::{BYTES_PER_SECOND, FRAMES_BURST, FRAMES_PER_SECOND};

/// What a connection's frames have used of its rate.
#[derive(Debug, Default)]
pub struct Pace {
    /// When all frames so far are paid for, in microseconds on the connection's clock.
    paid_at: u64,
}

/// What a frame costs, in microseconds.
const FRAME_COST: u64 = 1_000_000 / FRAMES_PER_SECOND;

/// What so many bytes cost.
fn cost(bytes: usize) -> u64 {
    bytes as u64 * 1_000_000 / BYTES_PER_SECOND
}

/// How far ahead of the clock a connection may get, in microseconds.
const CREDIT: u64 = FRAMES_BURST * FRAME_COST;

impl Pace {
    /// A frame came, with so many bytes.
    pub fn spend(&mut self, now: Tick, bytes: usize) {
        self.paid_at = self.paid_at.max(now.as_millis() * 1000) + FRAME_COST + cost(bytes);
    }

    /// Whether another may be read.
    pub fn may_go(&self, now: Tick) -> bool {
        self.paid_at <= now.as_millis() * 1000 + CREDIT
    }

    /// When another may be read, where that is later than now.
    pub fn resumes(&self, now: Tick) -> Option<Tick> {
        let resumes = self.paid_at.saturating_sub(CREDIT).div_ceil(1000);
        (!self.may_go(now)).then(|| Tick::from_millis(0).after(Duration::from_millis(resumes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_then_the_rate_holds() {
        let mut pace = Pace::default();
        let start = Tick::from_millis(1000);
        let mut burst = 0;
        while pace.may_go(start) {
            pace.spend(start, 1);
            burst += 1;
        }
        assert_eq!(burst, FRAMES_BURST + 1);
        let resumes = pace.resumes(start).expect("it has to wait");
        assert!(resumes > start && !pace.may_go(start));
        assert!(pace.may_go(resumes));
        assert_eq!(pace.resumes(resumes), None);

        let later = Tick::from_millis(2000);
        let mut second = 0;
        while pace.may_go(later) {
            pace.spend(later, 1);
            second += 1;
        }
        assert_eq!(second, FRAMES_PER_SECOND);
    }

    #[test]
    fn bytes_count_as_well_as_frames() {
        let mut pace = Pace::default();
        let start = Tick::from_millis(1000);
        let frame = 400_000;
        let mut bytes = 0;
        while pace.may_go(start) {
            pace.spend(start, frame);
            bytes += frame;
        }
        let burst = CREDIT * BYTES_PER_SECOND / 1_000_000;
        assert!(
            (bytes as u64).abs_diff(burst) <= 2 * frame as u64,
            "{bytes}"
        );
        let mut second = 0;
        let later = Tick::from_millis(2000);
        while pace.may_go(later) {
            pace.spend(later, frame);
            second += frame;
        }
        assert!(
            (second as u64).abs_diff(BYTES_PER_SECOND) <= 2 * frame as u64,
            "{second}"
        );
    }
}
