//! What was changed of a group, in words.

use hongyan_protocol::{GroupEvent, Role, UserId, Who, Window};

/// What an entry's sender did, on one line: "creates the group …". Control characters of names and texts do not reach the
/// terminal.
pub fn event(event: &GroupEvent, name_of: impl Fn(UserId) -> String) -> String {
    let names = |users: &[UserId]| {
        let names: Vec<String> = users.iter().map(|user| name_of(*user)).collect();
        names.join(", ")
    };
    match event {
        GroupEvent::Created { name, users } if users.is_empty() => {
            format!("creates the group {}", clean(name))
        }
        GroupEvent::Created { name, users } => {
            format!("creates the group {} with {}", clean(name), names(users))
        }
        GroupEvent::Added { users } => format!("adds {}", names(users)),
        GroupEvent::Removed { users } => format!("removes {}", names(users)),
        GroupEvent::Left => "leaves the group".into(),
        GroupEvent::Role { user, role } => {
            format!("makes {} {}", name_of(*user), role_word(*role))
        }
        GroupEvent::Renamed { name } => format!("names the group {}", clean(name)),
        GroupEvent::Described { .. } => "changes the group's description".into(),
        GroupEvent::Pictured { .. } => "changes the group's picture".into(),
        GroupEvent::PostSet { post } => format!("lets {} write", who_word(*post)),
        GroupEvent::InviteSet { invite } => format!("lets {} bring others in", who_word(*invite)),
        GroupEvent::HistorySet {
            history,
            history_days,
        } => {
            format!(
                "lets new members read {}",
                window_words(*history, *history_days)
            )
        }
        GroupEvent::Disbanded => "ends the group".into(),
        GroupEvent::Unknown => "changes the group, in a way that this version does not know".into(),
    }
}

const fn role_word(role: Role) -> &'static str {
    match role {
        Role::Owner => "the owner",
        Role::Admin => "an admin",
        Role::Member | Role::Unknown => "a member",
    }
}

const fn who_word(who: Who) -> &'static str {
    match who {
        Who::All => "all",
        Who::Admins | Who::Unknown => "admins only",
    }
}

fn window_words(window: Window, days: Option<u64>) -> String {
    match (window, days) {
        (Window::All, _) => "all that was said before".into(),
        (Window::Days, Some(days)) => format!("what was said in the {days} days before"),
        (Window::Days | Window::Joining | Window::Unknown, _) => {
            "nothing that was said before".into()
        }
    }
}

fn clean(text: &str) -> String {
    let printable = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(printable).collect()
}
