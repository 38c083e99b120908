//! What the naive model knows of retention, by its own rules.

use hongyan_protocol::{Millis, Seq};

use super::fixture::seq;
use super::model::{Log, Model};
use crate::{Retained, Retention};

impl Log {
    /// Where the floor belongs, where so much is kept of any log.
    fn due_floor(&self, keep: Retention, now: Millis) -> Seq {
        let own = self.settings.as_ref().map(|settings| settings.keep);
        let mut floor = self.floor;
        for keep in [Some(keep), own].into_iter().flatten() {
            for entry in &self.entries {
                let age = now.get() - entry.at.get();
                let is_old = keep.days > 0 && age > u64::from(keep.days) * 86_400_000;
                let behind = self.head().get() - entry.seq.get();
                let is_too_many = keep.entries > 0 && behind >= keep.entries;
                if is_old || is_too_many {
                    floor = floor.max(entry.seq);
                }
            }
        }
        floor
    }
}

impl Model {
    /// A step did this.
    pub(super) fn retained(&mut self, keep: Retention, now: Millis, done: &Retained) {
        self.batch += 1;
        for risen in &done.floors {
            let at = self.find(risen.conv).unwrap();
            let log = &mut self.logs[at];
            assert_eq!(risen.floor, log.due_floor(keep, now));
            assert!(risen.floor > log.floor, "it has not risen");
            assert_eq!(*risen.members, log.members());
            log.floor = risen.floor;
            log.changed_in = self.batch;
            log.pinned = log.pinned.split_off(&log.floor.next());
        }
    }

    /// A walk came to its end.
    pub(super) fn is_retained(&self, keep: Retention, now: Millis) {
        for log in &self.logs {
            let due = log.due_floor(keep, now);
            assert!(log.head() >= due && log.floor == due.max(seq(0)));
        }
    }
}
