//! What latency and throughput share: pairs at work, against Hongyan or against the relay.

use std::collections::BTreeMap;

use super::{Bench, percentiles, unexpected};
use crate::child::Worker;
use crate::client::Address;
use crate::order::{Account, Dialect, Line, Order, Pace, Pairs, PairsResult};
use crate::report::Measurement;
use crate::target::Target;

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
        let pairs = target.accounts.chunks_exact(2).take(self.pairs);
        let pairs = pairs.map(|two| (two[0].clone(), two[1].clone())).collect();
        let address = target.address(0);
        let order = self.order(bench, address, Dialect::Hongyan, pairs, target.pid);
        let result = self.measure(bench, order, "hongyan", setting).await?;
        self.add(bench, "hongyan", setting, &result)
    }

    /// Against a relay of its own.
    pub(super) async fn on_relay(
        self,
        bench: &mut Bench,
        setting: &str,
    ) -> anyhow::Result<Measurement> {
        let mut relay: Worker = bench.yardstick(&Order::Relay).await?;
        let listening = match bench.wait(&mut relay, "relay").await? {
            Line::Listening(address) => address,
            other => return unexpected(&other),
        };
        let address = Address {
            server: listening,
            path: String::new(),
            source: None,
        };
        let nobody = Account {
            user: 0,
            token: String::new(),
        };
        let pairs = vec![(nobody.clone(), nobody); self.pairs];
        let order = self.order(bench, address, Dialect::Relay, pairs, relay.pid());
        let result = self.measure(bench, order, "relay", setting).await?;
        relay.end().await?;
        self.add(bench, "relay", setting, &result)
    }

    fn order(
        self,
        bench: &Bench,
        address: Address,
        dialect: Dialect,
        pairs: Vec<(Account, Account)>,
        server_pid: Option<u32>,
    ) -> Pairs {
        let millis = |seconds: f64| (seconds.max(0.0) * 1000.0) as u64;
        Pairs {
            address,
            dialect,
            pairs,
            pace: self.pace,
            text_bytes: bench.common.text_bytes,
            warm_up_ms: millis(self.warm_up),
            measure_ms: millis(self.seconds),
            run: bench.run_number(),
            server_pid,
        }
    }

    async fn measure(
        self,
        bench: &Bench,
        order: Pairs,
        subject: &str,
        setting: &str,
    ) -> anyhow::Result<PairsResult> {
        let mut load = bench.load(&Order::Pairs(order)).await?;
        let what = format!("{} of {subject}, {setting}, second", self.bench);
        match bench.wait(&mut load, &what).await? {
            Line::Pairs(result) => Ok(result),
            other => unexpected(&other),
        }
    }

    fn add(
        self,
        bench: &mut Bench,
        subject: &'static str,
        setting: &str,
        result: &PairsResult,
    ) -> anyhow::Result<Measurement> {
        let each = 1e6 / (result.messages.max(1) as f64);
        let mut values = BTreeMap::from([
            ("messages_per_s", result.messages as f64 / result.seconds),
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
