//! What people do, beside messages only: its turns in the measurement of throughput.

use std::collections::BTreeMap;

use super::pairs::{Subject, Work};
use super::rounds::{ROUNDS, Spread, say_share};
use super::{Bench, percentiles};
use crate::order::{Kind, Mix, PairsResult};
use crate::report::Measurement;
use crate::target::Target;

/// Of the rate of messages only.
const OF_PLAIN: f64 = 0.75;

/// Writes that no writer comes to in a second: the server takes fewer frames of one connection.
const WRITES_PER_SECOND: f64 = 2500.0;

/// Writes that it takes at once before that counts.
const WRITES_AT_ONCE: f64 = 5000.0;

/// Of all writes, those to somebody to whom one has never written.
const FIRSTS: f64 = 0.03;

/// A server of its own, on which people have been doing this before: what it leaves to be done is not in the way of
/// messages only.
pub(super) struct Mixed {
    target: Target,
    subject: Subject,
    /// People to write to, in each round others.
    strangers: u64,
    results: Vec<PairsResult>,
}

impl Mixed {
    /// Starts the server.
    pub(super) async fn start(bench: &Bench, work: Work) -> anyhow::Result<Self> {
        let writes = WRITES_AT_ONCE + WRITES_PER_SECOND * (work.warm_up + work.seconds);
        let strangers = (writes * FIRSTS).ceil() as u64;
        let everybody = strangers * u64::from(ROUNDS);
        let (target, first_stranger) =
            Target::start_among(bench, 2 * work.pairs, everybody).await?;
        let mix = Mix {
            first_stranger,
            strangers,
        };
        let subject = Subject {
            name: "mixed",
            mix: Some(mix),
            ..work.hongyan(&target)
        };
        Ok(Self {
            target,
            subject,
            strangers,
            results: Vec::new(),
        })
    }

    /// One stretch of work.
    pub(super) async fn measure(
        &mut self,
        bench: &mut Bench,
        work: Work,
        setting: &str,
    ) -> anyhow::Result<()> {
        let result = work.measure(bench, &self.subject, setting).await?;
        self.results.push(result);
        if let Some(mix) = &mut self.subject.mix {
            mix.first_stranger += self.strangers;
        }
        Ok(())
    }

    /// Ends the server. What came of the rounds.
    pub(super) async fn end(self) -> anyhow::Result<Vec<PairsResult>> {
        self.target.end().await?;
        Ok(self.results)
    }
}

/// Adds the rows and the goal to the report.
pub(super) fn report(
    bench: &mut Bench,
    work: Work,
    window: u32,
    setting: &str,
    of_plain: Option<Spread>,
    rounds: &[PairsResult],
) -> anyhow::Result<()> {
    let sum = PairsResult::sum(rounds);
    work.add(bench, "mixed", setting, &sum)?;
    for (kind, times) in &sum.by_kind {
        let times = percentiles(times)?;
        let rate = times.map_or(0.0, |it| it.count as f64) / sum.seconds;
        let (subject, unit) = of_kind(*kind);
        bench.add(Measurement {
            bench: work.bench,
            subject,
            setting: setting.to_owned(),
            values: BTreeMap::from([(unit, rate)]),
            times,
            faults: None,
        });
    }
    if let Some(reached) = of_plain {
        bench.goal(
            format!("window {window}: mixed, at least {OF_PLAIN} of the rate of messages only"),
            say_share(reached),
            reached.median >= OF_PLAIN,
        );
    }
    Ok(())
}

/// What the row of a kind is called, and what is counted in it.
fn of_kind(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Message => ("mixed: messages", "messages_per_s"),
        Kind::Edit => ("mixed: edits", "messages_per_s"),
        Kind::Recall => ("mixed: recalls", "messages_per_s"),
        Kind::First => ("mixed: first messages", "messages_per_s"),
        Kind::Read => ("mixed: read positions", "messages_per_s"),
        Kind::Page => ("mixed: pages", "pages_per_s"),
    }
}
