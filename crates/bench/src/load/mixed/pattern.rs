//! Which write comes when: the same every hundred writes, and evenly spread over them.
//!
//! The pairs are out of step with each other. So writes that reach the server together are of every kind, as they are
//! where people write.

/// Writes after which the pattern begins anew.
const CYCLE: u64 = 100;

/// By so many writes each pair is ahead of the one before it. It has no divisor in common with [`CYCLE`].
const AHEAD: u64 = 37;

/// A write of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The writer says something.
    Message,
    /// The writer edits a message so many messages back.
    Edit(usize),
    /// The writer recalls a message so many messages back.
    Recall(usize),
    /// The writer says something to somebody for the first time.
    First,
    /// The reader moves the read position.
    Read,
}

/// The pair's write with this number, from 0.
pub(super) fn step(pair: u64, number: u64) -> Step {
    match (number + ahead(pair)) % CYCLE {
        12 | 46 | 79 => Step::First,
        28 => Step::Edit(2),
        73 => Step::Edit(40),
        51 => Step::Recall(10),
        slot if slot % 10 == 5 => Step::Read,
        _ => Step::Message,
    }
}

/// How many pages the reader is to have asked for, before the pair's write with this number.
pub(super) fn pages(pair: u64, number: u64) -> u64 {
    (number + ahead(pair)) / CYCLE
}

fn ahead(pair: u64) -> u64 {
    pair * AHEAD % CYCLE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hundred_writes_of_every_pair_are_the_mix() {
        for pair in [0, 1, 99, 199] {
            let count = |from: u64, is: fn(Step) -> bool| {
                let steps = (from..from + CYCLE).map(|number| step(pair, number));
                steps.filter(|step| is(*step)).count()
            };
            for from in [0, 1, 50, 12_345] {
                assert_eq!(count(from, |step| matches!(step, Step::Edit(_))), 2);
                assert_eq!(count(from, |step| matches!(step, Step::Recall(_))), 1);
                assert_eq!(count(from, |step| step == Step::First), 3);
                assert_eq!(count(from, |step| step == Step::Read), 10);
                assert_eq!(count(from, |step| step == Step::Message), 84);
                assert_eq!(pages(pair, from + CYCLE), pages(pair, from) + 1);
            }
        }
    }

    #[test]
    fn what_a_hundred_pairs_write_at_the_same_time_is_the_mix_too() {
        let steps: Vec<Step> = (0..CYCLE).map(|pair| step(pair, 7)).collect();
        let count = |is: fn(&Step) -> bool| steps.iter().filter(|step| is(step)).count();
        assert_eq!(count(|step| matches!(step, Step::Edit(_))), 2);
        assert_eq!(count(|step| *step == Step::Read), 10);
    }

    #[test]
    fn no_page_is_due_before_the_first_write() {
        assert!((0..200).all(|pair| pages(pair, 0) == 0));
    }
}
