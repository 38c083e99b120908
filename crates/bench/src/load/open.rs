//! Opens conversations as a person would: the last page of one after the other.

use hongyan_protocol::{ClientFrame, ConversationId, History};
use tokio::time::Instant;

use super::sign_on::{FIRST_REQ, sign_on};
use crate::latency::{Times, TimesData};
use crate::order::Open;

/// Visits them all, one at a time, and times each.
pub(super) async fn run(order: Open) -> anyhow::Result<TimesData> {
    let mut times = Times::new()?;
    for (account, conversations) in &order.visits {
        let mut connection = sign_on(&order.address, account).await?;
        for (index, conv) in conversations.iter().enumerate() {
            let req = FIRST_REQ + index as u64;
            let history = History {
                conv: ConversationId::new(*conv)?,
                before: None,
                after: None,
                limit: Some(order.entries),
                bytes: None,
            };
            let start = Instant::now();
            connection.frame(req, &ClientFrame::History(history));
            let found = connection.answer(req, |seen| seen.entries.len()).await?;
            times.record(start.elapsed());
            anyhow::ensure!(found > 0, "conversation {conv} came without entries");
        }
    }
    Ok(times.to_data())
}
