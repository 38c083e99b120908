//! One group with everybody online: deliveries a second, and what others notice of it.

use std::collections::BTreeMap;

use super::pairs::{Subject, Work};
use super::rounds::{ROUNDS, Spread, say_share, share, warm_up};
use super::{Bench, announce, percentiles, unexpected};
use crate::child::Worker;
use crate::latency::TimesData;
use crate::options::Group;
use crate::order::{Account, Crowd, CrowdResult, Dialect, Line, Order, Pace, PairsResult, Stretch};
use crate::prepare;
use crate::report::Measurement;
use crate::target::{Target, database};

/// Of the bare broadcast's deliveries a second.
const OF_BROADCAST: f64 = 0.8;

/// The processor time of a delivery in the largest group, in that of the smallest.
const LARGEST_OF_SMALLEST: f64 = 1.3;

/// From when a message to the largest group is due to its last member.
const P99_MS: f64 = 500.0;

/// Of messages between two meanwhile, in their own without it.
const PAIRS_P99: f64 = 3.0;

/// Pairs who write to each other meanwhile, and how often, all of them together.
const PAIRS: usize = 10;
const PAIRS_RATE: f64 = 100.0;

pub(super) async fn run(bench: &mut Bench, options: &Group) -> anyhow::Result<()> {
    anyhow::ensure!(
        bench.common.server.is_none(),
        "a group needs a server of the benchmark's own: leave --server away"
    );
    anyhow::ensure!(
        options.senders > 0 && options.window > 0,
        "--senders and --window are at least 1"
    );
    anyhow::ensure!(
        options.rate * options.seconds / f64::from(ROUNDS) >= 1.0,
        "--rate and --seconds leave a round, a fifth of the time, without a message"
    );
    let mut members = options.members.clone();
    members.sort_unstable();
    members.dedup();
    let mut costs = Vec::new();
    let largest = members.len() - 1;
    for (at, size) in members.iter().enumerate() {
        anyhow::ensure!(
            (options.senders + 1..=hongyan_protocol::limits::GROUP_MEMBERS).contains(size),
            "--members is above --senders, and at most {}",
            hongyan_protocol::limits::GROUP_MEMBERS
        );
        let setting = format!(
            "{size} members, {} write, {} on their way each",
            options.senders, options.window
        );
        announce(&format!("group: {setting}"));
        let scene = Scene::set(bench, *size).await?;
        costs.push(by_turns(bench, options, &scene, &setting).await?);
        if at == largest {
            beside_pairs(bench, options, &scene).await?;
        }
        scene.target.end().await?;
    }
    if let (Some(Some(first)), Some(Some(last))) = (costs.first(), costs.last())
        && members.len() > 1
    {
        let times = last / first;
        bench.goal(
            format!(
                "processor time of a delivery: with {} members at most {LARGEST_OF_SMALLEST} times that with {}",
                members[members.len() - 1],
                members[0]
            ),
            format!("{times:.2} ({last:.2} and {first:.2} µs)"),
            times <= LARGEST_OF_SMALLEST,
        );
    }
    Ok(())
}

/// A group of so many, and the pairs who are not in it.
struct Scene {
    target: Target,
    conv: u64,
    members: usize,
}

impl Scene {
    async fn set(bench: &Bench, members: usize) -> anyhow::Result<Self> {
        let folder = bench.make_folder()?;
        let (accounts, conv) = {
            let store = (bench.host.open_store)(&database(folder.path()))?;
            let users = members + 2 * PAIRS;
            let accounts = prepare::accounts(&store, users, bench.host.now).await?;
            let conv = prepare::group(&store, &accounts[..members], bench.host.now).await?;
            (accounts, conv)
        };
        let target = Target::start_on(bench, folder, accounts).await?;
        Ok(Self {
            target,
            conv,
            members,
        })
    }

    /// All members, connected.
    async fn crowd(
        &self,
        bench: &mut Bench,
        options: &Group,
        pace: Pace,
    ) -> anyhow::Result<Worker> {
        let order = Order::Crowd(Crowd {
            address: self.target.address(0),
            dialect: Dialect::Hongyan,
            members: self.target.accounts[..self.members].to_vec(),
            conv: self.conv,
            senders: options.senders,
            pace,
            text_bytes: bench.common.text_bytes,
            run: bench.run_number(),
            server_pid: self.target.pid,
        });
        ready(bench, &order).await
    }
}

/// Starts the load, and waits until all are connected.
async fn ready(bench: &Bench, order: &Order) -> anyhow::Result<Worker> {
    let mut worker = bench.load(order).await?;
    match bench.wait(&mut worker, "members connect").await? {
        Line::Ready(_) => Ok(worker),
        other => unexpected(&other),
    }
}

/// One stretch of a crowd's.
async fn stretch(
    bench: &mut Bench,
    crowd: &mut Worker,
    seconds: f64,
    what: &str,
) -> anyhow::Result<CrowdResult> {
    bench.look_at_machine()?;
    let stretch = Stretch::of(seconds).after(warm_up(seconds));
    crowd.tell(&stretch).await?;
    match bench.wait(crowd, what).await? {
        Line::Crowd(result) => Ok(result),
        other => unexpected(&other),
    }
}

/// By turns with the bare broadcast. The processor time of a delivery, where it is known.
async fn by_turns(
    bench: &mut Bench,
    options: &Group,
    scene: &Scene,
    setting: &str,
) -> anyhow::Result<Option<f64>> {
    let pace = Pace::Window(options.window);
    let members = scene.members;
    let mut own = scene.crowd(bench, options, pace).await?;
    let (broadcast, mut bare) = broadcast(bench, options, members, pace).await?;
    let seconds = options.seconds / f64::from(ROUNDS);
    let (mut of_own, mut of_bare) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        let what = format!("{setting}, round {round} of {ROUNDS}");
        of_bare.push(stretch(bench, &mut bare, seconds, &what).await?);
        of_own.push(stretch(bench, &mut own, seconds, &what).await?);
    }
    for worker in [own, bare, broadcast] {
        worker.end().await?;
    }
    let rates = |results: &[CrowdResult]| results.iter().map(CrowdResult::rate).collect::<Vec<_>>();
    let shared = share(&rates(&of_own), &rates(&of_bare));
    add(bench, "broadcast", setting, &CrowdResult::sum(&of_bare))?;
    let cost = add(bench, "hongyan", setting, &CrowdResult::sum(&of_own))?;
    if let Some(shared) = shared {
        bench.goal(
            format!("{members} members: at least {OF_BROADCAST} of the bare broadcast's deliveries a second"),
            say_share(shared),
            shared.median >= OF_BROADCAST,
        );
    }
    Ok(cost)
}

/// The yardstick on the server's core, and its load.
async fn broadcast(
    bench: &mut Bench,
    options: &Group,
    members: usize,
    pace: Pace,
) -> anyhow::Result<(Worker, Worker)> {
    let mut server = bench.yardstick(&Order::Relay).await?;
    let listening = match bench.wait(&mut server, "broadcast").await? {
        Line::Listening(address) => address,
        other => return unexpected(&other),
    };
    let nobody = Account {
        user: 0,
        token: String::new(),
    };
    let order = Order::Crowd(Crowd {
        address: crate::client::Address {
            server: listening,
            path: "/all/here".into(),
            source: None,
        },
        dialect: Dialect::Relay,
        members: vec![nobody; members],
        conv: 0,
        senders: options.senders,
        pace,
        text_bytes: bench.common.text_bytes,
        run: bench.run_number(),
        server_pid: server.pid(),
    });
    let load = ready(bench, &order).await?;
    Ok((server, load))
}

/// Adds a row to the report. The server's processor time of a delivery, in microseconds, where it is known.
fn add(
    bench: &mut Bench,
    subject: &'static str,
    setting: &str,
    result: &CrowdResult,
) -> anyhow::Result<Option<f64>> {
    let each = 1e6 / (result.deliveries.max(1) as f64);
    let cost = result.server_cpu.map(|cpu| cpu * each);
    let mut values = BTreeMap::from([
        ("deliveries_per_s", result.rate()),
        ("load_cpu_us_per_delivery", result.load_cpu * each),
    ]);
    if let (Some(cost), Some(cpu)) = (cost, result.server_cpu) {
        values.insert("server_cpu_us_per_delivery", cost);
        values.insert("server_cpu_percent", 100.0 * cpu / result.seconds);
    }
    bench.add(Measurement {
        bench: "group",
        subject,
        setting: setting.to_owned(),
        values,
        times: percentiles(&result.times)?,
        faults: Some(result.faults),
    });
    Ok(cost)
}

/// Messages to the group at a steady rate, and between pairs with and without it by turns.
async fn beside_pairs(bench: &mut Bench, options: &Group, scene: &Scene) -> anyhow::Result<()> {
    let members = scene.members;
    let setting = format!("{} messages/s to {members} members", options.rate);
    announce(&format!(
        "group: {setting}, and {PAIRS_RATE} messages/s between two"
    ));
    let mut crowd = scene
        .crowd(bench, options, Pace::Rate(options.rate))
        .await?;
    let seconds = options.seconds / f64::from(ROUNDS);
    let work = Work {
        bench: "group",
        pairs: PAIRS,
        pace: Pace::Rate(PAIRS_RATE),
        warm_up: warm_up(seconds),
        seconds,
    };
    let mut own = work.hongyan(&scene.target);
    own.pairs = pairs(scene);
    let (mut alone, mut beside, mut crowds) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        let what = format!("round {round} of {ROUNDS}");
        alone.push(work.measure(bench, &own, &what).await?);
        let stretch = Stretch::of(seconds).after(work.warm_up);
        crowd.tell(&stretch).await?;
        beside.push(work.measure(bench, &own, &what).await?);
        match bench.wait(&mut crowd, &what).await? {
            Line::Crowd(result) => crowds.push(result),
            other => return unexpected(&other),
        }
    }
    crowd.end().await?;
    add(bench, "hongyan", &setting, &CrowdResult::sum(&crowds))?;
    for (name, results) in [("pairs alone", &alone), ("pairs beside a group", &beside)] {
        let subject = Subject {
            name,
            ..own.clone()
        };
        work.add(bench, subject.name, &setting, &PairsResult::sum(results))?;
    }
    judge(bench, members, &crowds, &alone, &beside)
}

/// Those who are not in the group, two by two.
fn pairs(scene: &Scene) -> Vec<(Account, Account)> {
    let others = scene.target.accounts[scene.members..].chunks_exact(2);
    others.map(|two| (two[0].clone(), two[1].clone())).collect()
}

fn judge(
    bench: &mut Bench,
    members: usize,
    crowds: &[CrowdResult],
    alone: &[PairsResult],
    beside: &[PairsResult],
) -> anyhow::Result<()> {
    let crowds = crowds.iter().map(|result| p99_ms(&result.times));
    let crowds: anyhow::Result<Vec<Option<f64>>> = crowds.collect();
    // On a slow machine a message may take longer than a round.
    let crowds: Vec<f64> = crowds?.into_iter().flatten().collect();
    anyhow::ensure!(!crowds.is_empty(), "no message reached all members in time");
    if let Some(Spread {
        median,
        least,
        most,
    }) = Spread::new(crowds)
    {
        bench.goal(
            format!("a message to {members} members: p99 to the last of them at most {P99_MS} ms"),
            format!("{median:.0} ms ({least:.0} to {most:.0} in {ROUNDS} rounds)"),
            median <= P99_MS,
        );
    }
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for (beside, alone) in beside.iter().zip(alone) {
        if let (Some(one), Some(other)) = (p99_ms(&beside.times)?, p99_ms(&alone.times)?) {
            with.push(one);
            without.push(other);
        }
    }
    if let Some(times) = share(&with, &without) {
        bench.goal(
            format!("between two meanwhile: p99 at most {PAIRS_P99} times their own without it"),
            say_share(times),
            times.median <= PAIRS_P99,
        );
    }
    Ok(())
}

fn p99_ms(times: &TimesData) -> anyhow::Result<Option<f64>> {
    let found = percentiles(times)?;
    Ok(found.map(|found| found.p99_us as f64 / 1000.0))
}
