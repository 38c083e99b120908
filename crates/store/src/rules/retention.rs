//! How much of a log is gone.

use hongyan_protocol::Seq;

use crate::Retention;

/// What an engine has to find out before a floor can rise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FloorFacts {
    /// The log's last seq.
    pub head: Seq,
    /// Its floor.
    pub floor: Seq,
    /// The last entry above the floor that is older than [may be](Retention::earliest), behind which there is one that is
    /// not, or none. The floor, where there is none such.
    pub old: Seq,
}

/// Where the floor of a log stands, of which this much is kept: nothing up to there is told any more. Never below where it
/// stood.
pub fn raised_floor(keep: Retention, facts: FloorFacts) -> Seq {
    let too_many = match keep.entries {
        0 => 0,
        entries => facts.head.get().saturating_sub(entries),
    };
    let too_many = Seq::new(too_many).unwrap_or_default();
    let old = match keep.days {
        0 => facts.floor,
        _ => facts.old,
    };
    facts.floor.max(old).max(too_many)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_floor_rises_by_whatever_keeps_less_and_never_falls() {
        let seq = |seq| Seq::new(seq).unwrap();
        let judge = |days, entries, head, floor, old| {
            let facts = FloorFacts {
                head: seq(head),
                floor: seq(floor),
                old: seq(old),
            };
            raised_floor(Retention { days, entries }, facts).get()
        };
        assert_eq!(judge(0, 0, 10, 3, 8), 3);
        assert_eq!(judge(1, 0, 10, 3, 8), 8);
        assert_eq!(judge(0, 4, 10, 3, 8), 6);
        assert_eq!(judge(1, 4, 10, 3, 8), 8);
        assert_eq!(judge(1, 4, 10, 3, 4), 6);
        assert_eq!(judge(0, 11, 10, 0, 0), 0);
        assert_eq!(judge(0, 9, 10, 7, 0), 7);
    }
}
