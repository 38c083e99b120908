//! What was changed of a group, in words.

use hongyan_protocol::{GroupEvent, Role, UserId, Who, Window};

use crate::chat::Language;

/// What an entry's sender did, on one line and to stand behind the sender's name: "creates the group …". Control
/// characters of names and texts do not reach the terminal.
pub fn event(event: &GroupEvent, language: Language, name_of: impl Fn(UserId) -> String) -> String {
    match language {
        Language::English => english(event, name_of),
        Language::Chinese => chinese(event, name_of),
    }
}

/// What a role is called.
pub const fn role(role: Role, language: Language) -> &'static str {
    match (language, role) {
        (Language::English, Role::Owner) => "the owner",
        (Language::English, Role::Admin) => "an admin",
        (Language::English, Role::Member | Role::Unknown) => "a member",
        (Language::Chinese, Role::Owner) => "群主",
        (Language::Chinese, Role::Admin) => "管理员",
        (Language::Chinese, Role::Member | Role::Unknown) => "成员",
    }
}

fn english(event: &GroupEvent, name_of: impl Fn(UserId) -> String) -> String {
    let names = |users: &[UserId]| list(users, ", ", &name_of);
    let who = |who| {
        if who == Who::All {
            "all"
        } else {
            "admins only"
        }
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
        GroupEvent::Role { user, role: is } => {
            let role = role(*is, Language::English);
            format!("makes {} {role}", name_of(*user))
        }
        GroupEvent::Renamed { name } => format!("names the group {}", clean(name)),
        GroupEvent::Described { .. } => "changes the group's description".into(),
        GroupEvent::Pictured { .. } => "changes the group's picture".into(),
        GroupEvent::PostSet { post } => format!("lets {} write", who(*post)),
        GroupEvent::InviteSet { invite } => format!("lets {} bring others in", who(*invite)),
        GroupEvent::HistorySet {
            history,
            history_days,
        } => match (history, history_days) {
            (Window::All, _) => "lets new members read all that was said before".into(),
            (Window::Days, Some(days)) => {
                format!("lets new members read what was said in the {days} days before")
            }
            _ => "lets new members read nothing that was said before".into(),
        },
        GroupEvent::KeepDaysSet { keep_days: 0 } => "keeps messages of any age".into(),
        GroupEvent::KeepDaysSet { keep_days: 1 } => "keeps messages for one day".into(),
        GroupEvent::KeepDaysSet { keep_days } => format!("keeps messages for {keep_days} days"),
        GroupEvent::KeepEntriesSet { keep_entries: 0 } => "keeps any number of messages".into(),
        GroupEvent::KeepEntriesSet { keep_entries } => {
            format!("keeps the last {keep_entries} messages")
        }
        GroupEvent::SlowSet { slow_s: 0 } => "lets members write as often as they like".into(),
        GroupEvent::SlowSet { slow_s } => {
            format!("lets members write once in {slow_s} seconds")
        }
        GroupEvent::PinSet { pin } => format!("lets {} pin messages", who(*pin)),
        GroupEvent::AskSet { ask: true } => "lets everybody ask to be let in".into(),
        GroupEvent::AskSet { ask: false } => "lets only those ask who have a link".into(),
        GroupEvent::Joined { .. } => "comes in by a link".into(),
        GroupEvent::Approved { user, .. } => format!("lets {} in", name_of(*user)),
        GroupEvent::Banned { users, .. } => format!("bans {}", names(users)),
        GroupEvent::Unbanned { users } => format!("lets {} in again", names(users)),
        GroupEvent::Muted { user, .. } => format!("mutes {}", name_of(*user)),
        GroupEvent::Unmuted { user } => format!("lets {} write again", name_of(*user)),
        GroupEvent::Pinned { .. } => "pins a message".into(),
        GroupEvent::Unpinned { .. } => "takes the pin from a message".into(),
        GroupEvent::Disbanded => "ends the group".into(),
        GroupEvent::Unknown => "changes the group, in a way that this version does not know".into(),
    }
}

fn chinese(event: &GroupEvent, name_of: impl Fn(UserId) -> String) -> String {
    let names = |users: &[UserId]| list(users, "、", &name_of);
    let who = |who| {
        if who == Who::All {
            "所有人"
        } else {
            "仅管理员"
        }
    };
    match event {
        GroupEvent::Created { name, users } if users.is_empty() => {
            format!("创建了群聊“{}”", clean(name))
        }
        GroupEvent::Created { name, users } => {
            format!("和{}创建了群聊“{}”", names(users), clean(name))
        }
        GroupEvent::Added { users } => format!("邀请{}加入了群聊", names(users)),
        GroupEvent::Removed { users } => format!("将{}移出了群聊", names(users)),
        GroupEvent::Left => "退出了群聊".into(),
        GroupEvent::Role { user, role: is } => {
            let role = role(*is, Language::Chinese);
            format!("将{}设为{role}", name_of(*user))
        }
        GroupEvent::Renamed { name } => format!("将群名改为“{}”", clean(name)),
        GroupEvent::Described { .. } => "修改了群简介".into(),
        GroupEvent::Pictured { .. } => "更换了群头像".into(),
        GroupEvent::PostSet { post } => format!("设置{}可以发言", who(*post)),
        GroupEvent::InviteSet { invite } => format!("设置{}可以邀请他人", who(*invite)),
        GroupEvent::HistorySet {
            history,
            history_days,
        } => match (history, history_days) {
            (Window::All, _) => "设置新成员可以查看全部历史消息".into(),
            (Window::Days, Some(days)) => format!("设置新成员可以查看此前 {days} 天的消息"),
            _ => "设置新成员不能查看此前的消息".into(),
        },
        GroupEvent::KeepDaysSet { keep_days: 0 } => "取消了消息的保留天数限制".into(),
        GroupEvent::KeepDaysSet { keep_days } => format!("设置消息只保留 {keep_days} 天"),
        GroupEvent::KeepEntriesSet { keep_entries: 0 } => "取消了消息的保留条数限制".into(),
        GroupEvent::KeepEntriesSet { keep_entries } => {
            format!("设置只保留最近 {keep_entries} 条消息")
        }
        GroupEvent::SlowSet { slow_s: 0 } => "关闭了慢速模式".into(),
        GroupEvent::SlowSet { slow_s } => format!("设置成员每 {slow_s} 秒只能发言一次"),
        GroupEvent::PinSet { pin } => format!("设置{}可以置顶消息", who(*pin)),
        GroupEvent::AskSet { ask: true } => "允许任何人申请加入".into(),
        GroupEvent::AskSet { ask: false } => "设置仅持有链接的人可以申请加入".into(),
        GroupEvent::Joined { .. } => "通过链接加入了群聊".into(),
        GroupEvent::Approved { user, .. } => format!("同意{}加入群聊", name_of(*user)),
        GroupEvent::Banned { users, .. } => format!("将{}加入了黑名单", names(users)),
        GroupEvent::Unbanned { users } => format!("将{}移出了黑名单", names(users)),
        GroupEvent::Muted { user, .. } => format!("禁言了{}", name_of(*user)),
        GroupEvent::Unmuted { user } => format!("解除了{}的禁言", name_of(*user)),
        GroupEvent::Pinned { .. } => "置顶了一条消息".into(),
        GroupEvent::Unpinned { .. } => "取消了一条消息的置顶".into(),
        GroupEvent::Disbanded => "解散了群聊".into(),
        GroupEvent::Unknown => "对群聊做了当前版本无法识别的更改".into(),
    }
}

fn list(users: &[UserId], between: &str, name_of: impl Fn(UserId) -> String) -> String {
    let names: Vec<String> = users.iter().map(|user| name_of(*user)).collect();
    names.join(between)
}

fn clean(text: &str) -> String {
    let printable = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(printable).collect()
}
