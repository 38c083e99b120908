//! The load: what a process started by the coordinator does.
//!
//! Reads an [`Order`] from standard input, carries it out, and says [`Line`]s on standard output.

mod crowd;
mod drain;
mod fill;
mod hold;
mod mixed;
mod open;
mod pair;
mod pairs;
mod sign_on;

use std::io::Write;

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt, BufReader, Lines, Stdin};

use crate::Host;
use crate::order::{Line, Order};
use crate::yardstick;

/// Carries out the order on standard input.
pub(crate) async fn work(host: &Host) -> anyhow::Result<()> {
    crate::system::raise_open_files();
    let mut orders = BufReader::new(tokio::io::stdin()).lines();
    let order = orders.next_line().await?.context("no order came")?;
    let order = serde_json::from_str(&order).context("not an order")?;
    if let Err(error) = carry_out(order, &mut orders, host).await {
        say(&Line::Failed(format!("{error:#}")))?;
        bail!(error);
    }
    Ok(())
}

/// Says a line.
pub(crate) fn say(line: &Line) -> anyhow::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    let mut out = std::io::stdout().lock();
    out.write_all(&text)?;
    out.flush()?;
    Ok(())
}

async fn carry_out(
    order: Order,
    orders: &mut Lines<BufReader<Stdin>>,
    host: &Host,
) -> anyhow::Result<()> {
    match order {
        Order::Pairs(order) => say(&Line::Pairs(pairs::run(order).await?)),
        Order::Crowd(order) => crowd::run(order, orders).await,
        Order::Hold(order) => hold::run(order, orders).await,
        Order::Fill(order) => say(&Line::Moved(fill::run(order).await?)),
        Order::Drain(order) => say(&Line::Moved(drain::run(order).await?)),
        Order::Open(order) => say(&Line::Timed(open::run(order).await?)),
        Order::Relay => yardstick::relay(orders).await,
        Order::Store(order) => yardstick::store(order, orders, host).await,
        Order::Disk(order) => yardstick::disk(&order, orders).await,
    }
}
