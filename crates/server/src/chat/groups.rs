//! What a typed line asks of groups, and the asking.
//!
//! line → [`Command`] → requests over HTTP → [`Answer`]
//!
//! Promises: a line that is no command is a message, and so is one whose slash is doubled. Not here: what members hear
//! of a change, which are entries.

use hongyan_client::{Client, ConversationId, GroupEvent, HttpError, Role, UserId};

/// Members that are listed at a time.
const MEMBERS: usize = 200;

/// What a line asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// Make a group of this name with these login names.
    New { name: String, logins: Vec<String> },
    /// Bring these in.
    Add(Vec<String>),
    /// Put these out.
    Remove(Vec<String>),
    /// Go.
    Leave,
    /// Who is in it.
    Members,
    /// What can be asked.
    Help,
}

/// What a line is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// A message.
    Text(&'a str),
    /// Something to do.
    Command(Command),
}

/// What came of a command.
#[derive(Debug)]
pub(super) enum Answer {
    /// The group is there.
    Begun(ConversationId),
    /// It is done; everybody hears of it as an entry.
    Done,
    /// Some of the members, and whether there are others.
    Members(Vec<(UserId, String, Role)>, bool),
    /// Nobody has this login name.
    NoSuchUser(String),
    /// It was refused, with the server's or the client's words.
    Failed(String),
}

/// Reads a line. A command that lacks a part is a call for help.
pub(super) fn read(line: &str) -> Line<'_> {
    let Some(rest) = line.strip_prefix(['/', '／']) else {
        return Line::Text(line);
    };
    let mut words = words(rest).into_iter();
    let command = match words.next().as_deref() {
        Some("new") => words.next().map_or(Command::Help, |name| Command::New {
            name,
            logins: words.collect(),
        }),
        Some("add") => some(words.collect(), Command::Add),
        Some("remove") => some(words.collect(), Command::Remove),
        Some("leave") => Command::Leave,
        Some("members") => Command::Members,
        Some("help") => Command::Help,
        _ => return Line::Text(rest.strip_prefix(['/', '／']).map_or(line, |_| rest)),
    };
    Line::Command(command)
}

fn some(logins: Vec<String>, command: impl FnOnce(Vec<String>) -> Command) -> Command {
    match logins.is_empty() {
        true => Command::Help,
        false => command(logins),
    }
}

/// Words between blanks; what stands in quotation marks is one.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let inner = match first {
            '"' | '“' | '”' => rest[first.len_utf8()..].split_once(['"', '“', '”']),
            _ => None,
        };
        let (word, behind) = inner
            .or_else(|| rest.split_once(char::is_whitespace))
            .unwrap_or((rest, ""));
        words.push(word.to_owned());
        rest = behind.trim_start();
    }
    words
}

/// Whom a change of a group names.
pub(super) fn named(event: &GroupEvent) -> Vec<UserId> {
    match event {
        GroupEvent::Created { users, .. }
        | GroupEvent::Added { users }
        | GroupEvent::Removed { users } => users.clone(),
        GroupEvent::Banned { users, .. } | GroupEvent::Unbanned { users } => users.clone(),
        GroupEvent::Role { user, .. }
        | GroupEvent::Approved { user, .. }
        | GroupEvent::Muted { user, .. }
        | GroupEvent::Unmuted { user } => vec![*user],
        _ => Vec::new(),
    }
}

/// Carries a command out, in this conversation.
pub(super) async fn ask(client: &Client, conv: Option<ConversationId>, command: Command) -> Answer {
    match carry_out(client, conv, command).await {
        Ok(answer) => answer,
        Err(Problem::NoSuchUser(login)) => Answer::NoSuchUser(login),
        Err(Problem::Failed(error)) => Answer::Failed(error.to_string()),
    }
}

enum Problem {
    NoSuchUser(String),
    Failed(HttpError),
}

impl From<HttpError> for Problem {
    fn from(error: HttpError) -> Self {
        Self::Failed(error)
    }
}

async fn carry_out(
    client: &Client,
    conv: Option<ConversationId>,
    command: Command,
) -> Result<Answer, Problem> {
    if let Command::New { name, logins } = command {
        let users = find(client, logins).await?;
        let sent = client.create_group(&name, &users).await?;
        return Ok(Answer::Begun(sent.conv));
    }
    let Some(conv) = conv else {
        return Ok(Answer::Done);
    };
    match command {
        Command::Add(logins) => {
            let users = find(client, logins).await?;
            client.add_members(conv, &users).await?;
        }
        Command::Remove(logins) => {
            for user in find(client, logins).await? {
                client.remove_member(conv, user).await?;
            }
        }
        Command::Leave => {
            client.leave(conv).await?;
        }
        Command::Members => return Ok(members(client, conv).await?),
        Command::New { .. } | Command::Help => {}
    }
    Ok(Answer::Done)
}

async fn find(client: &Client, logins: Vec<String>) -> Result<Vec<UserId>, Problem> {
    let mut users = Vec::new();
    for login in logins {
        match client.find_user(&login).await? {
            Some(user) => users.push(user.id),
            None => return Err(Problem::NoSuchUser(login)),
        }
    }
    Ok(users)
}

async fn members(client: &Client, conv: ConversationId) -> Result<Answer, HttpError> {
    let page = client.members(conv, None, Some(MEMBERS)).await?;
    let name = |user: UserId| {
        let known = page.users.iter().find(|profile| profile.id == user);
        known.map_or_else(|| format!("#{user}"), |profile| profile.name.to_string())
    };
    let members = page.members.iter();
    let members = members.map(|member| (member.user, name(member.user), member.role));
    Ok(Answer::Members(members.collect(), page.more))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(line: &str) -> Option<Command> {
        match read(line) {
            Line::Command(command) => Some(command),
            Line::Text(_) => None,
        }
    }

    #[test]
    fn lines_are_messages_unless_they_are_commands() {
        let logins = |logins: &[&str]| logins.iter().map(ToString::to_string).collect::<Vec<_>>();
        let new = |name: &str, users: &[&str]| Command::New {
            name: name.into(),
            logins: logins(users),
        };
        for (line, expected) in [
            ("/new 雁群 li wang", new("雁群", &["li", "wang"])),
            ("/new \"Wild Geese\"  li", new("Wild Geese", &["li"])),
            ("／new “大 雁”", new("大 雁", &[])),
            ("/new \"open end", new("\"open", &["end"])),
            ("/new", Command::Help),
            ("/add li wang", Command::Add(logins(&["li", "wang"]))),
            ("/remove  li ", Command::Remove(logins(&["li"]))),
            ("/add", Command::Help),
            ("/leave", Command::Leave),
            ("/members", Command::Members),
            ("/help", Command::Help),
        ] {
            assert_eq!(command(line), Some(expected), "{line}");
        }
        for (line, text) in [
            ("hello", "hello"),
            ("/etc/hosts is there", "/etc/hosts is there"),
            ("//leave", "/leave"),
            ("/", "/"),
            (" /leave", " /leave"),
            ("", ""),
        ] {
            assert_eq!(read(line), Line::Text(text));
        }
    }
}
