//! `hongyan tail`

use std::collections::HashMap;
use std::io::Write;

use anyhow::bail;
use hongyan_client::{Body, Entry, EntryKind, Event, Start, UserId};

use super::{client_config, connect};
use crate::cli::Tail;

/// Prints what arrives, until interrupted or enough.
pub async fn tail(options: Tail) -> anyhow::Result<()> {
    let start = if options.all {
        Start::Everything
    } else {
        Start::Recent
    };
    let config = client_config(&options.sign_in, "hongyan tail")?.start(start);
    let (_client, mut events) = connect(config, &options.sign_in).await?;
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
            Some(Event::Disconnected { reason, retry_in }) => {
                eprintln!("{reason}; again in {:.1} s", retry_in.as_secs_f64());
            }
            Some(Event::Connected { user }) => eprintln!("signed in as {}", user.name),
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

fn print(entry: &Entry, names: &Names, json: bool) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    if json {
        writeln!(stdout, "{}", entry.encode())?;
    } else {
        let from = names.of(entry.from);
        writeln!(
            stdout,
            "{}:{}\t{from}\t{}",
            entry.conv,
            entry.seq,
            describe(entry)
        )?;
    }
    stdout.flush()
}

/// An entry on one line. Control characters of the sender's do not reach the terminal.
fn describe(entry: &Entry) -> String {
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
        EntryKind::Unknown => "(a kind of entry that this version does not know)".to_owned(),
    }
}

fn printable(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}
