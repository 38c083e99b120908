//! One conversation: its log from the first entry to the last, and what is kept beside the log.

use std::collections::HashMap;

use hongyan_protocol::{ConversationId, EntryId, Millis, Seq, UserId};
use hongyan_store::{Content, ConversationKind, Entry, Fault, Member, Role};
use rusqlite::Result;

use super::Check;
use super::group::Present;
use super::mentions::Counts;
use crate::read::{self, unread};
use crate::row::{self, ENTRY_COLUMN_COUNT, ENTRY_COLUMNS, sql};

/// What is kept beside the log.
struct Kept {
    kind: ConversationKind,
    head: Seq,
    messages: u64,
    last_message: Seq,
    version: u64,
    size: u64,
    /// Nothing up to here is told any more.
    floor: Seq,
    /// Nothing up to here says anything any more.
    bare: Seq,
}

struct CheckedMember {
    member: Member,
    role: Role,
    since: Seq,
    /// What is not unread: read, cleared, or kept no more.
    passed: Seq,
    said_at: Option<Millis>,
    joined: Seq,
    /// Unread messages, counted by the definition.
    counted: u64,
}

/// Counts unread messages by their definition, in one walk along the log for however many members.
struct Unread {
    /// Which member reads up to where, ascending by that.
    reads: Vec<(Seq, usize)>,
    /// How many of these the walk has come by.
    passed: usize,
    /// Messages so far that were not recalled.
    messages: u64,
    by_user: HashMap<UserId, usize>,
}

impl Unread {
    fn new(members: &[CheckedMember]) -> Self {
        let numbered = || members.iter().enumerate();
        let mut reads: Vec<_> = numbered().map(|(at, member)| (member.passed, at)).collect();
        reads.sort_unstable();
        Self {
            reads,
            passed: 0,
            messages: 0,
            by_user: numbered()
                .map(|(at, member)| (member.member.user, at))
                .collect(),
        }
    }

    /// Counts an entry. Until the end, `counted` of a member is short of all messages.
    fn entry(&mut self, entry: &Entry, members: &mut [CheckedMember]) {
        self.pass(members, |read| read < entry.seq);
        let Content::Message {
            recalled_by: None, ..
        } = entry.content
        else {
            return;
        };
        self.messages += 1;
        let own = self.by_user.get(&entry.from);
        if let Some(member) = own.and_then(|at| members.get_mut(*at))
            && entry.seq > member.passed
        {
            // One's own is not unread.
            member.counted = member.counted.wrapping_sub(1);
        }
    }

    /// Those who have read up to where it is passed have yet to read what follows.
    fn pass(&mut self, members: &mut [CheckedMember], is_passed: impl Fn(Seq) -> bool) {
        while let Some((read, at)) = self.reads.get(self.passed)
            && is_passed(*read)
        {
            if let Some(member) = members.get_mut(*at) {
                member.counted = member.counted.wrapping_sub(self.messages);
            }
            self.passed += 1;
        }
    }

    /// The walk is at its end.
    fn finish(mut self, members: &mut [CheckedMember]) {
        self.pass(members, |_| true);
        for member in members {
            member.counted = member.counted.wrapping_add(self.messages);
        }
    }
}

/// What the log says by itself.
#[derive(Default)]
struct Told {
    last: Seq,
    last_id: EntryId,
    messages: u64,
    last_message: Seq,
}

impl Check<'_> {
    pub(super) fn conversation(&mut self, conv: ConversationId) -> Result<()> {
        self.report.conversations += 1;
        let conn = self.conn;
        let kept = self.kept(conv)?;
        let mut members = self.members(conv)?;
        let users = members.iter().map(|member| member.member.user);
        let mut present = Present::at_the_beginning(kept.kind, users);
        let mut unread = Unread::new(&members);
        let mut told = Told::default();
        let mut mentions = Counts::default();
        let mut select = conn.prepare_cached(&format!(
            "SELECT {ENTRY_COLUMNS}, messages FROM entries WHERE conv_id = ?1 ORDER BY seq"
        ))?;
        let mut rows = select.query([sql(conv)])?;
        while let Some(row) = rows.next()? {
            let entry = row::entry(row)?;
            self.count_entry();
            self.entry(&entry, row::count(row, ENTRY_COLUMN_COUNT)?, &mut told);
            self.links(&entry, &present, kept.bare)?;
            self.mentioned(&entry, &present, &mut mentions)?;
            if let Err(what) = present.go_on(&entry) {
                self.broken(conv, entry.seq, what);
            }
            unread.entry(&entry, &mut members);
        }
        unread.finish(&mut members);
        self.mentions(conv, &mentions)?;
        self.beside_the_log(conv, &kept, &told);
        if kept.size != members.len() as u64 {
            let what = format!(
                "{} members are noted, there are {}",
                kept.size,
                members.len()
            );
            self.broken(conv, told.last, what);
        }
        if !(kept.bare <= kept.floor && kept.floor <= told.last) {
            let what = format!(
                "bodies are gone up to {}, and nothing is told up to {}",
                kept.bare, kept.floor
            );
            self.broken(conv, told.last, what);
        }
        if kept.version == 0 {
            self.broken(
                conv,
                told.last,
                "its last change has no number, no sync finds it",
            );
        }
        for member in &members {
            self.member(conv, member, &told)?;
            if member.said_at != present.said_at(member.member.user) {
                let user = member.member.user;
                let what = format!("user {user} said something last at another time than is noted");
                self.broken(conv, told.last, what);
            }
        }
        present.forget_pins(kept.floor);
        self.order(conv, told.last, &present)?;
        self.reactions(conv, kept.bare)?;
        match kept.kind {
            ConversationKind::Direct => {
                if members
                    .iter()
                    .any(|checked| checked.since != Seq::ZERO.next())
                {
                    self.broken(conv, told.last, "one of two may not read all");
                }
                self.pair(conv, &members)
            }
            ConversationKind::Group => {
                let of = |checked: &CheckedMember| checked.member.user;
                let roles = members.iter().map(|checked| (of(checked), checked.role));
                let since = members.iter().map(|checked| (of(checked), checked.since));
                let joined = members.iter().map(|checked| (of(checked), checked.joined));
                let (roles, since, joined) = (roles.collect(), since.collect(), joined.collect());
                self.group(conv, told.last, &present, &roles, (&since, &joined))
            }
        }
    }

    fn kept(&self, conv: ConversationId) -> Result<Kept> {
        self.conn
            .prepare_cached(
                "SELECT head, messages, last_message, version, size, kind, floor_seq, bare_seq
                 FROM conversations WHERE id = ?1",
            )?
            .query_row([sql(conv)], |row| {
                Ok(Kept {
                    head: row::id(row, 0)?,
                    messages: row::count(row, 1)?,
                    last_message: row::id(row, 2)?,
                    version: row::count(row, 3)?,
                    size: row::count(row, 4)?,
                    kind: row::conversation_kind(row, 5)?,
                    floor: row::id(row, 6)?,
                    bare: row::id(row, 7)?,
                })
            })
    }

    fn members(&self, conv: ConversationId) -> Result<Vec<CheckedMember>> {
        self.conn
            .prepare_cached(
                "SELECT m.user_id, read_seq, delivered_seq, role, since_seq,
                        max(read_seq, c.floor_seq, coalesce(v.cleared_seq, 0)), said_at, joined_seq
                 FROM members m JOIN conversations c ON c.id = m.conv_id LEFT JOIN views v ON v.user_id = m.user_id AND v.conv_id = m.conv_id
                 WHERE m.conv_id = ?1 AND until_seq IS NULL ORDER BY m.user_id",
            )?
            .query_map([sql(conv)], |row| {
                Ok(CheckedMember {
                    member: row::member(row)?,
                    role: row::role(row, 3)?,
                    since: row::id(row, 4)?,
                    passed: row::id(row, 5)?,
                    said_at: row::optional_id(row, 6)?,
                    joined: row::id(row, 7)?,
                    counted: 0,
                })
            })?
            .collect()
    }

    fn entry(&mut self, entry: &Entry, messages: u64, told: &mut Told) {
        let expected = told.last.next();
        if entry.seq != expected {
            self.fault(Fault::NotDense {
                conv: entry.conv,
                expected,
                found: entry.seq,
            });
        }
        if entry.id <= told.last_id {
            self.broken(entry.conv, entry.seq, "its id is not above the one before");
        }
        told.last = entry.seq;
        told.last_id = entry.id;
        if matches!(entry.content, Content::Message { .. }) {
            told.messages += 1;
            told.last_message = entry.seq;
        }
        if messages != told.messages {
            let what = format!(
                "it is said to have {messages} messages up to it, the log has {}",
                told.messages
            );
            self.broken(entry.conv, entry.seq, what);
        }
    }

    fn beside_the_log(&mut self, conv: ConversationId, kept: &Kept, told: &Told) {
        if kept.head != told.last {
            self.fault(Fault::HeadDiffers {
                conv,
                head: kept.head,
                last: told.last,
            });
        }
        if kept.messages != told.messages {
            let what = format!(
                "{} messages are noted, the log has {}",
                kept.messages, told.messages
            );
            self.broken(conv, told.last, what);
        }
        if kept.last_message != told.last_message {
            let what = format!(
                "the last message is noted at {}, the log has it at {}",
                kept.last_message, told.last_message
            );
            self.broken(conv, told.last, what);
        }
    }

    fn member(&mut self, conv: ConversationId, checked: &CheckedMember, told: &Told) -> Result<()> {
        let Member {
            user,
            read,
            delivered,
        } = checked.member;
        if !(read <= delivered && delivered <= told.last) {
            self.fault(Fault::PositionOutOfRange {
                conv,
                user,
                read,
                delivered,
                head: told.last,
            });
        }
        let answered = unread::unread(self.conn, conv, user)?;
        if answered != checked.counted {
            self.fault(Fault::UnreadDiffers {
                conv,
                user,
                answered,
                counted: checked.counted,
            });
        }
        Ok(())
    }

    /// A 1:1 conversation is found by its two members, or by the one who writes to oneself.
    fn pair(&mut self, conv: ConversationId, members: &[CheckedMember]) -> Result<()> {
        if let [own] = members {
            // With oneself there is one member.
            let own = own.member.user;
            if read::direct_conversation(self.conn, own, own)? == Some(conv) {
                return Ok(());
            }
        }
        let [low, high] = members else {
            self.broken(
                conv,
                Seq::ZERO,
                format!("{} members in a 1:1 conversation", members.len()),
            );
            return Ok(());
        };
        let (low_user, high_user): (UserId, UserId) = (low.member.user, high.member.user);
        if read::direct_conversation(self.conn, low_user, high_user)? != Some(conv) {
            self.broken(
                conv,
                Seq::ZERO,
                "it is not the conversation found by its two members",
            );
        }
        Ok(())
    }

    pub(super) fn broken(&mut self, conv: ConversationId, seq: Seq, what: impl Into<String>) {
        self.fault(Fault::Broken {
            conv,
            seq,
            what: what.into(),
        });
    }
}
