//! A histogram of durations, kept so that the slow ones still show.

use std::time::Duration;

use anyhow::Context;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// The longest time told apart from longer ones.
const LONGEST: Duration = Duration::from_secs(120);

/// Times, to three digits, from a microsecond to two minutes.
///
/// An open-loop run records from the moment a message was *due*, not from when it could be sent:
/// so a server that stops for a second is charged for every message that was due in that second.
#[derive(Debug)]
pub(crate) struct Times(Histogram<u64>);

/// [`Times`] as one process tells them to another: microseconds, and how often.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TimesData(Vec<(u64, u64)>);

impl TimesData {
    /// Adds what was recorded in another stretch.
    pub(crate) fn add(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
    }
}

/// What a report shows of [`Times`], in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Percentiles {
    /// Times recorded.
    pub(crate) count: u64,
    /// Half were no longer.
    pub(crate) p50_us: u64,
    /// 99 of 100 were no longer.
    pub(crate) p99_us: u64,
    /// 999 of 1,000 were no longer.
    pub(crate) p999_us: u64,
    /// The longest.
    pub(crate) max_us: u64,
}

impl Times {
    /// None yet.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let longest = u64::try_from(LONGEST.as_micros()).unwrap_or(u64::MAX);
        Histogram::new_with_bounds(1, longest, 3)
            .map(Self)
            .context("cannot make a histogram")
    }

    /// Adds one.
    pub(crate) fn record(&mut self, time: Duration) {
        self.record_many(u64::try_from(time.as_micros()).unwrap_or(u64::MAX), 1);
    }

    /// For another process.
    pub(crate) fn to_data(&self) -> TimesData {
        TimesData(
            self.0
                .iter_recorded()
                .map(|step| (step.value_iterated_to(), step.count_at_value()))
                .collect(),
        )
    }

    /// Adds what another process recorded.
    pub(crate) fn add(&mut self, data: &TimesData) {
        for (micros, count) in &data.0 {
            self.record_many(*micros, *count);
        }
    }

    /// What a report shows; nothing where nothing was recorded.
    pub(crate) fn percentiles(&self) -> Option<Percentiles> {
        (!self.0.is_empty()).then(|| Percentiles {
            count: self.0.len(),
            p50_us: self.0.value_at_quantile(0.5),
            p99_us: self.0.value_at_quantile(0.99),
            p999_us: self.0.value_at_quantile(0.999),
            max_us: self.0.max(),
        })
    }

    /// Times out of bounds are recorded as the nearest bound: what waited too long must not vanish.
    fn record_many(&mut self, micros: u64, count: u64) {
        self.0.saturating_record_n(micros.max(1), count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_sorted_times() {
        let mut times = Times::new().unwrap();
        for micros in 1..=1000 {
            times.record(Duration::from_micros(micros));
        }
        let found = times.percentiles().unwrap();
        assert_eq!((found.count, found.p50_us, found.p99_us), (1000, 500, 990));
        assert_eq!((found.p999_us, found.max_us), (999, 1000));
    }

    #[test]
    fn data_from_two_processes_adds_up() {
        let mut one = Times::new().unwrap();
        one.record(Duration::from_micros(10));
        let mut two = Times::new().unwrap();
        two.record(Duration::from_millis(20));
        let text = serde_json::to_string(&two.to_data()).unwrap();
        one.add(&serde_json::from_str(&text).unwrap());
        let found = one.percentiles().unwrap();
        assert_eq!((found.count, found.p50_us), (2, 10));
        assert!((19_900..=20_100).contains(&found.max_us), "{found:?}");
    }

    #[test]
    fn nothing_vanishes() {
        assert_eq!(Times::new().unwrap().percentiles(), None);
        let mut times = Times::new().unwrap();
        times.record(Duration::ZERO);
        times.record(Duration::from_secs(100_000));
        let found = times.percentiles().unwrap();
        assert_eq!(found.count, 2);
        assert!(found.max_us >= 119_000_000, "{found:?}");
    }
}
