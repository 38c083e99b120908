//! `hongyan tail`

use std::collections::HashMap;
use std::time::Duration;

use anyhow::bail;
use hongyan_client::{Body, Entry, EntryKind, Event, Events, Start, UserId};
use hongyan_protocol::GroupEvent;
use tokio::time::timeout;

use super::interrupted;
use super::sign_in::{client_config, connect, device};
use crate::chat::Language;
use crate::cli::Tail;
use crate::group_words;
use crate::output::{self, OutputError, tell};

/// For the end of the session. One that cannot be ended now expires in time.
const SIGN_OUT: Duration = Duration::from_secs(2);

/// Prints what arrives, until interrupted or enough. Each run is a device of its own, and signs out at its end.
pub async fn tail(options: Tail) -> anyhow::Result<()> {
    let start = if options.all {
        Start::Everything
    } else {
        Start::Recent
    };
    let config = client_config(&options.sign_in, &device("tail"))?.start(start);
    let (client, mut events) = connect(config, &options.sign_in).await?;
    let ended = tokio::select! {
        ended = print_all(&mut events, &options) => ended,
        () = interrupted() => Ok(()),
    };
    let _ = timeout(SIGN_OUT, client.sign_out()).await;
    ended
}

async fn print_all(events: &mut Events, options: &Tail) -> anyhow::Result<()> {
    let mut names = Names::default();
    let mut left = options.count.unwrap_or(u64::MAX);
    while left > 0 {
        match events.next().await {
            Some(Event::Entry(entry)) => {
                print(&entry, &names, options.json)?;
                left -= 1;
            }
            Some(Event::Profiles(users)) => {
                names
                    .0
                    .extend(users.into_iter().map(|user| (user.id, user.name)));
            }
            Some(Event::Disconnected { reason, retry_in }) => tell(format_args!(
                "{reason}; again in {:.1} s",
                retry_in.as_secs_f64()
            )),
            Some(Event::Reset) => tell("the server's history was replaced; what it has comes anew"),
            Some(Event::Connected { user }) => tell(format_args!("signed in as {}", user.name)),
            Some(Event::Terminal(terminal)) => bail!(terminal),
            Some(_) => {}
            None => bail!("the client stopped"),
        }
    }
    Ok(())
}

/// Names to show for ids.
#[derive(Default)]
struct Names(HashMap<UserId, Box<str>>);

impl Names {
    fn of(&self, user: UserId) -> String {
        self.0
            .get(&user)
            .map_or_else(|| user.to_string(), |name| name.to_string())
    }
}

fn print(entry: &Entry, names: &Names, json: bool) -> Result<(), OutputError> {
    if json {
        return output::line(entry.encode());
    }
    let (conv, seq) = (entry.conv, entry.seq);
    let from = names.of(entry.from);
    output::line(format_args!(
        "{conv}:{seq}\t{from}\t{}",
        describe(entry, names)
    ))
}

/// An entry on one line. Control characters of the sender's do not reach the terminal.
fn describe(entry: &Entry, names: &Names) -> String {
    let body = match &entry.body {
        Some(Body::Text { text }) => text.chars().map(printable).collect(),
        Some(Body::Unknown) => "(a kind of message that this version does not know)".to_owned(),
        None => "(recalled)".to_owned(),
    };
    let target = entry.target.map(|seq| seq.to_string()).unwrap_or_default();
    match entry.kind {
        EntryKind::Message => body,
        EntryKind::Edit => format!("(edits {target}) {body}"),
        EntryKind::Recall => format!("(recalls {target})"),
        EntryKind::Event => {
            let event = entry.event.as_deref().unwrap_or(&GroupEvent::Unknown);
            let words = group_words::event(event, Language::English, |user| names.of(user));
            format!("({words})")
        }
        EntryKind::Unknown => "(a kind of entry that this version does not know)".to_owned(),
    }
}

fn printable(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}
