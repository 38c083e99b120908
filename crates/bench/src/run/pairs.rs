//! What latency, throughput and growth share: pairs at work, against Hongyan or against the relay.

use std::collections::BTreeMap;

use super::{Bench, percentiles, unexpected};
use crate::child::Worker;
use crate::client::Address;
use crate::order::{Account, Dialect, Line, Mix, Order, Pace, Pairs, PairsResult};
use crate::report::Measurement;
use crate::target::Target;

/// A server under work, and who works at it.
#[derive(Clone)]
pub(super) struct Subject {
    pub(super) name: &'static str,
    pub(super) address: Address,
    pub(super) dialect: Dialect,
    pub(super) pairs: Vec<(Account, Account)>,
    pub(super) mix: Option<Mix>,
    pub(super) pid: Option<u32>,
}

/// How pairs are to work.
#[derive(Debug, Clone, Copy)]
pub(super) struct Work {
    pub(super) bench: &'static str,
    pub(super) pairs: usize,
    pub(super) pace: Pace,
    pub(super) warm_up: f64,
    pub(super) seconds: f64,
}

impl Work {
    /// Against the server under test.
    pub(super) async fn on_hongyan(
        self,
        bench: &mut Bench,
        target: &Target,
        setting: &str,
    ) -> anyhow::Result<Measurement> {
        let subject = self.hongyan(target);
        let result = self.measure(bench, &subject, setting).await?;
        self.add(bench, subject.name, setting, &result)
    }

    /// The server under test.
    pub(super) fn hongyan(self, target: &Target) -> Subject {
        let pairs = target.accounts.chunks_exact(2).take(self.pairs);
        Subject {
            name: "hongyan",
            address: target.address(0),
            dialect: Dialect::Hongyan,
            pairs: pairs.map(|two| (two[0].clone(), two[1].clone())).collect(),
            mix: None,
            pid: target.pid,
        }
    }

    /// A relay, started for this.
    pub(super) async fn relay(self, bench: &Bench) -> anyhow::Result<(Worker, Subject)> {
        let mut relay = bench.yardstick(&Order::Relay).await?;
        let listening = match bench.wait(&mut relay, "relay").await? {
            Line::Listening(address) => address,
            other => return unexpected(&other),
        };
        let nobody = Account {
            user: 0,
            token: String::new(),
        };
        let subject = Subject {
            name: "relay",
            address: Address {
                server: listening,
                path: String::new(),
                source: None,
            },
            dialect: Dialect::Relay,
            pairs: vec![(nobody.clone(), nobody); self.pairs],
            mix: None,
            pid: relay.pid(),
        };
        Ok((relay, subject))
    }

    /// One stretch of work, by connections of its own.
    pub(super) async fn measure(
        self,
        bench: &mut Bench,
        subject: &Subject,
        setting: &str,
    ) -> anyhow::Result<PairsResult> {
        let millis = |seconds: f64| (seconds.max(0.0) * 1000.0) as u64;
        let order = Order::Pairs(Pairs {
            address: subject.address.clone(),
            dialect: subject.dialect,
            pairs: subject.pairs.clone(),
            pace: self.pace,
            mix: subject.mix,
            text_bytes: bench.common.text_bytes,
            warm_up_ms: millis(self.warm_up),
            measure_ms: millis(self.seconds),
            run: bench.run_number(),
            server_pid: subject.pid,
        });
        bench.look_at_machine()?;
        let mut load = bench.load(&order).await?;
        let what = format!("{} of {}, {setting}, second", self.bench, subject.name);
        match bench.wait(&mut load, &what).await? {
            Line::Pairs(result) => Ok(result),
            other => unexpected(&other),
        }
    }

    /// Adds a row to the report.
    pub(super) fn add(
        self,
        bench: &mut Bench,
        subject: &'static str,
        setting: &str,
        result: &PairsResult,
    ) -> anyhow::Result<Measurement> {
        let each = 1e6 / (result.messages.max(1) as f64);
        let mut values = BTreeMap::from([
            ("messages_per_s", result.rate()),
            ("load_cpu_us_per_message", result.load_cpu * each),
        ]);
        if let Some(cpu) = result.server_cpu {
            values.insert("server_cpu_us_per_message", cpu * each);
            values.insert("server_cpu_percent", 100.0 * cpu / result.seconds);
        }
        let measurement = Measurement {
            bench: self.bench,
            subject,
            setting: setting.to_owned(),
            values,
            times: percentiles(&result.times)?,
            faults: Some(result.faults),
        };
        bench.add(measurement.clone());
        Ok(measurement)
    }
}
