//! Which schedules are tried.

use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, Runner};

/// The same in every run, so that a failure is there again.
const SEED: u64 = 20_261_201;

/// How many schedules of each sort.
const RUNS: usize = 1_000;

/// The most steps at which a schedule of the second sort turns to another thread, although the first could go on.
const TURNS: usize = 4;

/// Runs it under many schedules: some change threads at random, and some run the same thread for long and turn to another
/// at a few steps only.
pub(crate) fn try_many(run: impl Fn() + Copy + Send + Sync + 'static) {
    try_with(RandomScheduler::new_from_seed(SEED, RUNS), run);
    try_with(PctScheduler::new_from_seed(SEED, TURNS, RUNS), run);
}

fn try_with(scheduler: impl Scheduler + 'static, run: impl Fn() + Send + Sync + 'static) {
    Runner::new(scheduler, Config::new()).run(run);
}
