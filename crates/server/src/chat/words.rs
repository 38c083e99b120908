//! The words of the interface, in every language that it speaks.

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// 中文.
    Chinese,
}

impl Language {
    /// The language that a locale such as `zh_CN.UTF-8` asks for; English where there is no better.
    pub fn of_locale(locale: &str) -> Self {
        if locale.starts_with("zh") {
            Self::Chinese
        } else {
            Self::English
        }
    }

    pub(super) fn words(self) -> &'static Words {
        match self {
            Self::English => &ENGLISH,
            Self::Chinese => &CHINESE,
        }
    }
}

/// The words of one language.
pub(super) struct Words {
    pub(super) language: Language,
    pub(super) product: &'static str,
    pub(super) me: &'static str,
    pub(super) online: &'static str,
    pub(super) catching_up: &'static str,
    pub(super) connecting: &'static str,
    pub(super) offline: &'static str,
    pub(super) signed_out: &'static str,
    /// Before and after the number of seconds.
    pub(super) reconnecting: (&'static str, &'static str),
    pub(super) today: &'static str,
    pub(super) yesterday: &'static str,
    pub(super) edited: &'static str,
    pub(super) recalled: &'static str,
    pub(super) unknown: &'static str,
    pub(super) read: &'static str,
    pub(super) write: &'static str,
    pub(super) edit: &'static str,
    pub(super) find: &'static str,
    pub(super) keys: &'static [(&'static str, &'static str)],
    pub(super) no_conversations: &'static str,
    pub(super) no_messages: &'static str,
    pub(super) newer_below: &'static str,
    pub(super) confirm_recall: &'static str,
    pub(super) nothing_to_change: &'static str,
    pub(super) no_such_user: &'static str,
    pub(super) only_in_groups: &'static str,
    pub(super) no_member: &'static str,
    /// Before the number of members that are listed, and behind it; and behind the list where there are others.
    pub(super) members: (&'static str, &'static str),
    pub(super) and_others: &'static str,
    /// What can be asked, and what it does.
    pub(super) commands: &'static [(&'static str, &'static str)],
    pub(super) any_key: &'static str,
    pub(super) failed: &'static str,
    pub(super) not_kept: &'static str,
    /// From Monday.
    weekdays: [&'static str; 7],
    date: fn(Day, &'static str) -> String,
}

/// A day of the calendar. The year is absent where it goes without saying.
#[derive(Debug, Clone, Copy)]
pub(super) struct Day {
    pub(super) year: Option<i16>,
    /// From 1.
    pub(super) month: i8,
    pub(super) day: i8,
    /// From 0, a Monday.
    pub(super) weekday: usize,
}

impl Words {
    /// A day, the way this language writes it.
    pub(super) fn day(&self, day: Day) -> String {
        let weekday = self.weekdays.get(day.weekday).copied().unwrap_or_default();
        (self.date)(day, weekday)
    }
}

static ENGLISH: Words = Words {
    language: Language::English,
    product: "Hongyan 鸿雁",
    me: "me",
    online: "online",
    catching_up: "catching up",
    connecting: "connecting",
    offline: "offline",
    signed_out: "signed out: start again to sign in",
    reconnecting: ("reconnecting in ", " s"),
    today: "today",
    yesterday: "yesterday",
    edited: "edited",
    recalled: "recalled",
    unknown: "(this program is too old to show it)",
    read: "read",
    write: "Message, or /help",
    edit: "Edit (Esc cancels)",
    find: "Login name of whom to write to (Esc cancels)",
    keys: &[
        ("Tab", "conversation"),
        ("^K", "new"),
        ("^E", "edit"),
        ("^R", "recall"),
        ("PgUp", "history"),
        ("^C", "quit"),
    ],
    no_conversations: "Nobody yet. Ctrl-K finds somebody to write to.",
    no_messages: "Nothing here yet. Write the first message below.",
    newer_below: "newer messages below: PgDn, Esc",
    confirm_recall: "Ctrl-R again recalls: ",
    nothing_to_change: "No message of yours to change here.",
    no_such_user: "Nobody has the login name ",
    only_in_groups: "That goes only in a group. /new NAME makes one.",
    no_member: "You are no member of this group any more.",
    members: ("", " members"),
    and_others: "… and others",
    commands: &[
        (
            "/new NAME LOGIN…",
            "make a group; a name of several words in \"…\"",
        ),
        ("/add LOGIN…", "bring people into this group"),
        ("/remove LOGIN…", "put people out of it"),
        ("/leave", "leave it"),
        ("/members", "who is in it"),
        ("/help", "this list"),
        ("//…", "a message that begins with a slash"),
    ],
    any_key: "Any key goes back.",
    failed: "It failed: ",
    not_kept: "Another window of this account is open here; what this one sends is not kept on disk.",
    weekdays: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    date: |day, weekday| {
        const MONTHS: [&str; 12] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ];
        let month = usize::try_from(day.month - 1).ok();
        let month = month.and_then(|month| MONTHS.get(month)).copied();
        let year = day.year.map_or(String::new(), |year| format!(" {year}"));
        format!("{weekday} {} {}{year}", day.day, month.unwrap_or_default())
    },
};

static CHINESE: Words = Words {
    language: Language::Chinese,
    product: "鸿雁 Hongyan",
    me: "我",
    online: "在线",
    catching_up: "正在同步",
    connecting: "正在连接",
    offline: "离线",
    signed_out: "已退出登录，请重新启动",
    reconnecting: ("", " 秒后重连"),
    today: "今天",
    yesterday: "昨天",
    edited: "已编辑",
    recalled: "已撤回",
    unknown: "（当前版本无法显示）",
    read: "已读",
    write: "消息，或输入 /help",
    edit: "编辑（Esc 取消）",
    find: "输入对方的登录名（Esc 取消）",
    keys: &[
        ("Tab", "切换会话"),
        ("^K", "新会话"),
        ("^E", "编辑"),
        ("^R", "撤回"),
        ("PgUp", "历史"),
        ("^C", "退出"),
    ],
    no_conversations: "还没有会话，按 Ctrl-K 找人聊天。",
    no_messages: "还没有消息，在下面写第一条吧。",
    newer_below: "下面还有新消息：PgDn、Esc",
    confirm_recall: "再按一次 Ctrl-R 撤回：",
    nothing_to_change: "这里没有可以修改的消息。",
    no_such_user: "没有这个登录名：",
    only_in_groups: "只能在群聊中使用。输入 /new 群名 新建群聊。",
    no_member: "你已不在这个群聊中。",
    members: ("共 ", " 位成员"),
    and_others: "……还有更多",
    commands: &[
        ("/new 群名 登录名…", "新建群聊；群名含空格时加引号"),
        ("/add 登录名…", "邀请加入本群"),
        ("/remove 登录名…", "移出本群"),
        ("/leave", "退出本群"),
        ("/members", "查看群成员"),
        ("/help", "显示帮助"),
        ("//…", "发送以斜杠开头的消息"),
    ],
    any_key: "按任意键返回。",
    failed: "失败：",
    not_kept: "此账号已在另一个窗口打开，这个窗口发送的消息不会保存到磁盘。",
    weekdays: [
        "星期一",
        "星期二",
        "星期三",
        "星期四",
        "星期五",
        "星期六",
        "星期日",
    ],
    date: |day, weekday| {
        let year = day.year.map_or(String::new(), |year| format!("{year}年"));
        format!("{year}{}月{}日 {weekday}", day.month, day.day)
    },
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_chooses_the_language() {
        assert_eq!(Language::of_locale("zh_CN.UTF-8"), Language::Chinese);
        for other in ["", "C", "en_US.UTF-8", "de_DE"] {
            assert_eq!(Language::of_locale(other), Language::English);
        }
    }

    #[test]
    fn days_are_written_as_people_write_them() {
        let mut day = Day {
            year: Some(2026),
            month: 11,
            day: 23,
            weekday: 0,
        };
        let show = |day| [&ENGLISH, &CHINESE].map(|words| words.day(day));
        assert_eq!(show(day), ["Mon 23 Nov 2026", "2026年11月23日 星期一"]);
        day.year = None;
        assert_eq!(show(day), ["Mon 23 Nov", "11月23日 星期一"]);
    }
}
