//! Subjects take turns, so that a machine that changes its speed within the run changes it for all of them.

/// Turns of each subject.
pub(super) const ROUNDS: u32 = 5;

/// Before the time counts, in seconds, in each round; shorter where less than that is measured altogether.
pub(super) fn warm_up(seconds: f64) -> f64 {
    seconds.min(1.0)
}

/// What was found in the rounds, one number of each. Judged by is the median: what befalls one round, such as a pause
/// of a disk that others use, is not the server's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) least: f64,
    pub(super) most: f64,
}

impl Spread {
    /// Nothing where there was no round.
    pub(super) fn new(of_rounds: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = of_rounds.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        Some(Self {
            median: *sorted.get(sorted.len() / 2)?,
            least: *sorted.first()?,
            most: *sorted.last()?,
        })
    }
}

/// One subject's rate in another's, round by round.
pub(super) fn share(rates: &[f64], of: &[f64]) -> Option<Spread> {
    Spread::new(rates.iter().zip(of).map(|(rate, of)| rate / of))
}

/// For the report.
pub(super) fn say_share(share: Spread) -> String {
    let Spread {
        median,
        least,
        most,
    } = share;
    format!("{median:.2} ({least:.2} to {most:.2} in {ROUNDS} rounds)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_has_the_median_and_both_ends() {
        let found = Spread::new([0.6, 0.1, 900.0, 0.5, 0.7]).unwrap();
        assert_eq!((found.least, found.median, found.most), (0.1, 0.6, 900.0));
        assert_eq!(Spread::new([]), None);
    }
    #[test]
    fn a_share_is_the_median_of_the_rounds() {
        let found = share(&[10.0, 60.0, 30.0], &[100.0, 100.0, 50.0]).unwrap();
        assert_eq!(
            say_share(found),
            format!("0.60 (0.10 to 0.60 in {ROUNDS} rounds)")
        );
    }
}
