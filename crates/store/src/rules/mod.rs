//! Who may do what to a log: pure functions over facts, the same for every engine.
//!
//! append → facts (looked up by the engine) → **rules** → plan, or a refusal → carried out by the engine
//!
//! Owns: every rule about appends, moves and views, and the order of reasons where several apply.
//! Promises: no input or output; equal facts give equal plans.
//! Not here: how a fact is found, and what a plan costs to carry out. The model of the contract suite does not call
//! this: it is an independent oracle.

mod groups;
mod joining;
mod pins;
mod reactions;
mod retention;
mod views;

pub use self::joining::{Coming, JoiningFacts, decide_joining};
pub use self::reactions::{ReactFacts, decide_reaction};
pub use self::retention::{FloorFacts, raised_floor};
pub use self::views::{ViewFacts, decide_view, ends_mark};

use std::sync::Arc;

use hongyan_protocol::{ConversationId, EntryId, Millis, Seq, UserId};

use crate::{
    Append, AppendError, Change, ChangeDigest, Effects, GroupChange, MEMBERS_TOLD, Member, Move,
    MoveError, Role, Settings, Target,
};

/// What an engine has to find out before an append can be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// What the sender appended before to this log under the same client id.
    pub earlier: Option<Earlier>,
    /// The log that the append is for.
    pub log: Log,
    /// The message that the [change is about](Change::subject). `None` where it is about none, or where no message is
    /// there.
    pub subject: Option<Subject>,
    /// Those whom a change of a group names, each once; with them the sender, where a group is to begin.
    pub named: Vec<Named>,
    /// By which way somebody comes in, where it is by a link or a request.
    pub coming: Coming,
}

/// The log that an append is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Log {
    /// It is there.
    There {
        /// Which.
        conv: ConversationId,
        /// The sender; `None` for somebody who is no member. Of two, both are members.
        sender: Option<Sender>,
        /// Messages that are pinned.
        pins: usize,
        /// Whether the message that the [change is about](Change::subject) is one of them.
        is_pinned: bool,
        /// Whether the other of two has blocked the sender.
        is_blocked: bool,
        /// The group; `None` for a conversation of two.
        group: Option<Group>,
    },
    /// No conversation has this id.
    Missing,
    /// The two have no conversation yet, or the sender has not made this group yet.
    NotBegun {
        /// Whether both are users, or the sender is.
        are_users: bool,
        /// Whether the other of two has blocked the sender.
        is_blocked: bool,
    },
}

/// The sender of an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sender {
    /// What the sender may do.
    pub role: Role,
    /// The first seq that the sender may read, and that is kept.
    pub since: Seq,
    /// Until when the group does not let the sender write; perhaps a time that is over.
    pub muted_until: Option<Millis>,
    /// When the sender said something in the group last.
    pub said_at: Option<Millis>,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its settings.
    pub settings: Arc<Settings>,
    /// How many members it has.
    pub size: usize,
    /// The log's last seq.
    pub head: Seq,
    /// Where the log begins to be as young as the group lets who comes read of it: an entry that is old enough, behind one
    /// that is older, or the end of the log. Needed of a group with such a [window](crate::Window::reach_ms), where
    /// somebody is to come in.
    pub young_from: Seq,
    /// How many are banned.
    pub bans: usize,
    /// How many are muted at the time of the append.
    pub mutes: usize,
    /// When the last message but [`ALLS_A_DAY`](crate::ALLS_A_DAY) - 1 was taken that mentioned all, recalled ones with it. `None` where there
    /// were fewer.
    pub spent_all_at: Option<Millis>,
}

/// Somebody whom a change of a group names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// Who.
    pub user: UserId,
    /// Whether there is such a user.
    pub is_user: bool,
    /// The role, of a member.
    pub role: Option<Role>,
    /// How many groups the user is in. Needed where somebody is to come in.
    pub groups: usize,
    /// Whether the group lets this user not in.
    pub is_banned: bool,
    /// Whether this user has blocked the sender. Needed where somebody is to come in.
    pub has_blocked: bool,
    /// Until when the group does not let this member write; perhaps a time that is over.
    pub muted_until: Option<Millis>,
}

/// An earlier append to the same log under the same client id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Earlier {
    /// Its position.
    pub seq: Seq,
    /// Its id.
    pub id: EntryId,
    /// When the server took it.
    pub at: Millis,
    /// What its sender asked for.
    pub digest: ChangeDigest,
}

/// A message that a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// Its sender.
    pub from: UserId,
    /// When the server took it.
    pub at: Millis,
    /// Whether it was recalled.
    pub is_recalled: bool,
}

/// What is to be done for an append that breaks no rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// Nothing: it stands there already.
    Repeat(ConversationId, Earlier),
    /// Append it to this log.
    Append(ConversationId),
    /// Begin the conversation of the two, and append it there.
    Begin,
    /// Begin the group, and append that it began.
    BeginGroup(Effects),
    /// Change the group, and append what was changed.
    Change(ConversationId, Effects),
}

/// Judges an append.
///
/// A retry of what succeeded is never refused, even where the rules would no longer let it pass, such as the second
/// recall of a message. A client id that stands for something else comes before every other reason.
pub fn decide(append: &Append, facts: &Facts) -> Result<Plan, AppendError> {
    if let (Some(earlier), Log::There { conv, .. }) = (facts.earlier, &facts.log) {
        return if earlier.digest == append.change.digest() {
            Ok(Plan::Repeat(*conv, earlier))
        } else {
            Err(AppendError::ClientIdConflict)
        };
    }
    if let Change::Group(GroupChange::Join(_)) = append.change {
        return match &facts.log {
            Log::There {
                conv,
                group: Some(group),
                ..
            } => {
                joining::joined(append.at, facts, group).map(|effects| Plan::Change(*conv, effects))
            }
            Log::There { .. } | Log::Missing | Log::NotBegun { .. } => Err(AppendError::DeadLink),
        };
    }
    match &facts.log {
        Log::Missing | Log::There { sender: None, .. } => Err(AppendError::NotMember),
        Log::NotBegun {
            are_users: false, ..
        } => Err(AppendError::NoSuchUser),
        Log::NotBegun {
            are_users: true,
            is_blocked,
        } => match (&append.change, append.change.subject()) {
            (Change::Group(change), _) => {
                groups::created(append.from, change, &facts.named).map(Plan::BeginGroup)
            }
            // In a conversation that is not there, nothing can be answered, edited or recalled.
            (_, Some(_)) => Err(AppendError::NoSuchMessage),
            (change, None) if *is_blocked || change.mentions_all() => Err(AppendError::NotAllowed),
            (_, None) => match append.target {
                Target::Direct(_) => Ok(Plan::Begin),
                Target::NewGroup | Target::Conversation(_) => Err(AppendError::NotMember),
            },
        },
        Log::There {
            conv,
            sender: Some(sender),
            pins,
            is_pinned,
            is_blocked,
            group,
        } => {
            // What was said may be taken back all the same.
            if *is_blocked && !matches!(append.change, Change::Recall { .. }) {
                return Err(AppendError::NotAllowed);
            }
            let is_shown = append.change.subject() >= Some(sender.since);
            let subject = facts.subject.filter(|_| is_shown);
            match (&append.change, group) {
                (Change::Group(GroupChange::Pin(seq)), group) => {
                    may_pin(*sender, group.as_ref())?;
                    pins::pinned(*seq, subject, *pins, *is_pinned)
                        .map(|effects| Plan::Change(*conv, effects))
                }
                (Change::Group(GroupChange::Unpin(seq)), group) => {
                    may_pin(*sender, group.as_ref())?;
                    pins::unpinned(*seq, subject, *is_pinned)
                        .map(|effects| Plan::Change(*conv, effects))
                }
                (Change::Group(GroupChange::Approve(_)), Some(group)) => {
                    joining::approved(sender.role, facts, group)
                        .map(|effects| Plan::Change(*conv, effects))
                }
                (Change::Group(change), Some(group)) => {
                    let by = (append.from, sender.role);
                    groups::changed(by, append.at, change, group, &facts.named)
                        .map(|effects| Plan::Change(*conv, effects))
                }
                (Change::Group(_), None) => Err(AppendError::NotAllowed),
                (_, group) => {
                    match group {
                        Some(group) => may_say(append, *sender, group)?,
                        None if append.change.mentions_all() => {
                            return Err(AppendError::NotAllowed);
                        }
                        None => {}
                    }
                    about(append, sender.role, group.is_some(), subject)?;
                    Ok(Plan::Append(*conv))
                }
            }
        }
    }
}

/// Passes when this member may pin messages, and take pins away.
fn may_pin(sender: Sender, group: Option<&Group>) -> Result<(), AppendError> {
    match group {
        Some(group) if !group.settings.pin.has(sender.role) => Err(AppendError::NotAllowed),
        Some(_) | None => Ok(()),
    }
}

/// Passes when this member may say something in the group now. Who is muted may take back what was said, and not say it in
/// other words. Admins are neither muted nor slow.
fn may_say(append: &Append, sender: Sender, group: &Group) -> Result<(), AppendError> {
    let is_message = append.change.is_message();
    if is_message && !group.settings.post.has(sender.role) {
        return Err(AppendError::NotAllowed);
    }
    if append.change.mentions_all() {
        may_mention_all(append.at, sender, group)?;
    }
    if sender.role >= Role::Admin || matches!(append.change, Change::Recall { .. }) {
        return Ok(());
    }
    if let Some(until) = sender.muted_until.filter(|until| *until > append.at) {
        return Err(AppendError::Muted(until));
    }
    let wait_ms = u64::from(group.settings.slow_s) * 1000;
    let from = sender.said_at.map(|said_at| said_at.plus(wait_ms));
    match from.filter(|from| is_message && wait_ms > 0 && *from > append.at) {
        Some(from) => Err(AppendError::TooSoon(from.get() - append.at.get())),
        None => Ok(()),
    }
}

/// Passes when this member may ask all others to notice a message now: who leads the group, a few times a day.
fn may_mention_all(at: Millis, sender: Sender, group: &Group) -> Result<(), AppendError> {
    if sender.role < Role::Admin {
        return Err(AppendError::NotAllowed);
    }
    match group.spent_all_at.map(|spent| spent.plus(DAY_MS)) {
        // No matter of waiting: a client would hold back for a day what stands behind it.
        Some(from) if from > at => Err(AppendError::ListFull),
        Some(_) | None => Ok(()),
    }
}

/// In milliseconds.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Passes when the message that the change is about lets it. In a group, admins recall whatever is there.
fn about(
    append: &Append,
    role: Role,
    is_group: bool,
    subject: Option<Subject>,
) -> Result<(), AppendError> {
    let (subject, not_before) = match (&append.change, append.change.subject(), subject) {
        (_, None, _) => return Ok(()),
        (_, Some(_), None) => return Err(AppendError::NoSuchMessage),
        // A recalled message can still be answered, and anybody's can.
        (Change::Message { .. } | Change::Group(_), Some(_), Some(_)) => return Ok(()),
        (Change::Recall { .. }, Some(_), Some(subject)) if is_group && role >= Role::Admin => {
            return match subject.is_recalled {
                true => Err(AppendError::Recalled),
                false => Ok(()),
            };
        }
        (
            Change::Edit { not_before, .. } | Change::Recall { not_before, .. },
            Some(_),
            Some(subject),
        ) => (subject, *not_before),
    };
    if subject.from != append.from {
        Err(AppendError::NotSender)
    } else if subject.is_recalled {
        Err(AppendError::Recalled)
    } else if subject.at < not_before {
        Err(AppendError::TooLate)
    } else {
        Ok(())
    }
}

/// Judges a move. `member`: the log's head, how many members there are, and where this one stands; `None` where there is
/// no such member. Of more than [`MEMBERS_TOLD`], it is not kept what is delivered to whom.
pub fn decide_move(
    change: &Move,
    member: Option<(Seq, usize, Member)>,
) -> Result<Member, MoveError> {
    let (head, members, position) = member.ok_or(MoveError::NotMember)?;
    let wished = change.read.max(change.delivered).unwrap_or(Seq::ZERO);
    if wished > head {
        return Err(MoveError::BeyondHead);
    }
    let delivered = change.delivered.filter(|_| members <= MEMBERS_TOLD);
    Ok(position.advanced(change.read, delivered))
}

impl Log {
    /// Which it is, if it is there.
    pub fn conv(&self) -> Option<ConversationId> {
        match self {
            Self::There { conv, .. } => Some(*conv),
            Self::Missing | Self::NotBegun { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::ClientId;

    use super::*;
    use crate::{Body, Header};

    fn user(id: u64) -> UserId {
        UserId::new(id).unwrap()
    }

    fn seq(value: u64) -> Seq {
        Seq::new(value).unwrap()
    }

    fn conv() -> ConversationId {
        ConversationId::new(7).unwrap()
    }

    fn at(millis: u64) -> Millis {
        Millis::new(millis).unwrap()
    }

    fn append(change: Change) -> Append {
        Append {
            from: user(1000),
            target: Target::Conversation(conv()),
            client_id: ClientId::new("c").unwrap(),
            change,
            at: at(50),
        }
    }

    fn says(reply_to: Option<u64>) -> Append {
        append(Change::Message {
            body: Body::Text("x".into()),
            reply_to: reply_to.map(seq),
            mentions: Vec::new(),
            header: Header::default(),
        })
    }

    fn edits() -> Append {
        append(Change::Edit {
            target: seq(3),
            body: Body::Text("y".into()),
            not_before: at(10),
        })
    }

    fn recalls() -> Append {
        append(Change::Recall {
            target: seq(3),
            not_before: at(10),
        })
    }

    fn facts(log: Log, subject: Option<Subject>) -> Facts {
        Facts {
            earlier: None,
            log,
            subject,
            named: Vec::new(),
            coming: Coming::default(),
        }
    }

    fn sender(role: Role) -> Sender {
        Sender {
            role,
            since: seq(1),
            muted_until: None,
            said_at: None,
        }
    }

    fn group(settings: Settings) -> Group {
        Group {
            settings: settings.into(),
            size: 2,
            head: seq(9),
            young_from: seq(9),
            bans: 0,
            mutes: 0,
            spent_all_at: None,
        }
    }

    const MEMBER: fn() -> Log = || Log::There {
        conv: conv(),
        sender: Some(sender(Role::Member)),
        pins: 0,
        is_pinned: false,
        is_blocked: false,
        group: None,
    };

    #[test]
    fn strangers_are_told_nothing() {
        let outside = Log::There {
            conv: conv(),
            sender: None,
            pins: 0,
            is_pinned: false,
            is_blocked: false,
            group: None,
        };
        for log in [outside, Log::Missing] {
            for append in [says(None), says(Some(3)), edits(), recalls()] {
                let judged = decide(&append, &facts(log.clone(), None));
                assert_eq!(judged, Err(AppendError::NotMember));
            }
        }
    }

    #[test]
    fn a_conversation_begins_with_a_message_to_somebody() {
        let among = |are_users| {
            facts(
                Log::NotBegun {
                    are_users,
                    is_blocked: false,
                },
                None,
            )
        };
        let to_somebody = Append {
            target: Target::Direct(user(1001)),
            ..says(None)
        };
        assert_eq!(decide(&to_somebody, &among(true)), Ok(Plan::Begin));
        let judged = decide(&says(None), &among(true));
        assert_eq!(judged, Err(AppendError::NotMember));
        for append in [says(Some(1)), edits(), recalls()] {
            let judged = decide(&append, &among(true));
            assert_eq!(judged, Err(AppendError::NoSuchMessage));
        }
        let judged = decide(&says(None), &among(false));
        assert_eq!(judged, Err(AppendError::NoSuchUser));
    }

    #[test]
    fn what_a_change_is_about_must_let_it() {
        let message = |from, at_, is_recalled| {
            Some(Subject {
                from: user(from),
                at: at(at_),
                is_recalled,
            })
        };
        let judge = |append: &Append, subject| decide(append, &facts(MEMBER(), subject));
        let done = Ok(Plan::Append(conv()));
        assert_eq!(judge(&says(None), None), done);
        // Anybody's message can be answered, even one that is gone.
        assert_eq!(judge(&says(Some(3)), message(1001, 1, true)), done);
        assert_eq!(judge(&says(Some(3)), None), Err(AppendError::NoSuchMessage));
        for append in [edits(), recalls()] {
            assert_eq!(judge(&append, message(1000, 10, false)), done);
            assert_eq!(judge(&append, None), Err(AppendError::NoSuchMessage));
            // In this order, where several reasons apply.
            let refused = judge(&append, message(1001, 1, true));
            assert_eq!(refused, Err(AppendError::NotSender));
            let refused = judge(&append, message(1000, 1, true));
            assert_eq!(refused, Err(AppendError::Recalled));
            let refused = judge(&append, message(1000, 9, false));
            assert_eq!(refused, Err(AppendError::TooLate));
        }
    }

    #[test]
    fn what_the_sender_may_not_read_is_not_there() {
        let windowed = |since, role| Log::There {
            conv: conv(),
            sender: Some(Sender {
                since: seq(since),
                ..sender(role)
            }),
            pins: 0,
            is_pinned: false,
            is_blocked: false,
            group: Some(group(Settings::default())),
        };
        let message = Some(Subject {
            from: user(1000),
            at: at(40),
            is_recalled: false,
        });
        for append in [says(Some(3)), edits(), recalls()] {
            for role in [Role::Member, Role::Admin] {
                let judged = decide(&append, &facts(windowed(4, role), message));
                assert_eq!(judged, Err(AppendError::NoSuchMessage));
                let judged = decide(&append, &facts(windowed(3, role), message));
                assert_eq!(judged, Ok(Plan::Append(conv())));
            }
        }
        let judged = decide(&says(None), &facts(windowed(4, Role::Member), None));
        assert_eq!(judged, Ok(Plan::Append(conv())));
    }

    #[test]
    fn who_is_muted_or_quick_waits_and_admins_do_not() {
        let judge = |append: &Append, muted_until, said_at, role| {
            let log = Log::There {
                conv: conv(),
                sender: Some(Sender {
                    muted_until,
                    said_at,
                    ..sender(role)
                }),
                pins: 0,
                is_pinned: false,
                is_blocked: false,
                group: Some(group(Settings {
                    slow_s: 10,
                    ..Settings::default()
                })),
            };
            let message = Some(Subject {
                from: user(1000),
                at: at(40),
                is_recalled: false,
            });
            decide(append, &facts(log, message))
        };
        let done = Ok(Plan::Append(conv()));
        let muted = Err(AppendError::Muted(at(51)));
        let member = Role::Member;
        assert_eq!(judge(&says(None), Some(at(51)), None, member), muted);
        assert_eq!(judge(&edits(), Some(at(51)), None, member), muted);
        assert_eq!(judge(&recalls(), Some(at(51)), None, member), done);
        assert_eq!(judge(&says(None), Some(at(50)), None, member), done);
        assert_eq!(judge(&says(None), Some(at(51)), None, Role::Admin), done);
        let soon = Err(AppendError::TooSoon(9_995));
        assert_eq!(judge(&says(None), None, Some(at(45)), member), soon);
        assert_eq!(judge(&edits(), None, Some(at(45)), member), done);
        assert_eq!(judge(&says(None), None, Some(at(45)), Role::Admin), done);
        assert_eq!(judge(&says(None), None, None, member), done);
    }

    #[test]
    fn who_leads_a_group_mentions_all_until_that_is_spent() {
        let mut to_all = says(None);
        if let Change::Message { header, .. } = &mut to_all.change {
            *header = crate::HeaderFields {
                mentions_all: true,
                ..crate::HeaderFields::default()
            }
            .into();
        }
        to_all.at = at(DAY_MS + 50);
        let judge = |role, spent_all_at| {
            let log = Log::There {
                conv: conv(),
                sender: Some(sender(role)),
                pins: 0,
                is_pinned: false,
                is_blocked: false,
                group: Some(Group {
                    spent_all_at,
                    ..group(Settings::default())
                }),
            };
            decide(&to_all, &facts(log, None))
        };
        let done = Ok(Plan::Append(conv()));
        for role in [Role::Admin, Role::Owner] {
            assert_eq!(judge(role, None), done);
            assert_eq!(judge(role, Some(at(50))), done);
            let spent = Err(AppendError::ListFull);
            assert_eq!(judge(role, Some(at(51))), spent);
        }
        assert_eq!(judge(Role::Member, None), Err(AppendError::NotAllowed));
        let of_two = decide(&to_all, &facts(MEMBER(), None));
        assert_eq!(of_two, Err(AppendError::NotAllowed));
    }

    #[test]
    fn who_is_blocked_says_nothing_and_may_take_back() {
        let blocked = Log::There {
            conv: conv(),
            sender: Some(sender(Role::Member)),
            pins: 0,
            is_pinned: false,
            is_blocked: true,
            group: None,
        };
        let message = Some(Subject {
            from: user(1000),
            at: at(40),
            is_recalled: false,
        });
        let pins = append(Change::Group(GroupChange::Pin(seq(3))));
        for append in [says(None), says(Some(3)), edits(), pins] {
            let judged = decide(&append, &facts(blocked.clone(), message));
            assert_eq!(judged, Err(AppendError::NotAllowed));
        }
        let judged = decide(&recalls(), &facts(blocked.clone(), message));
        assert_eq!(judged, Ok(Plan::Append(conv())));
        let again = Facts {
            earlier: Some(Earlier {
                seq: seq(9),
                id: EntryId::new(77).unwrap(),
                at: at(20),
                digest: says(None).change.digest(),
            }),
            ..facts(blocked, None)
        };
        assert!(matches!(decide(&says(None), &again), Ok(Plan::Repeat(..))));
        let first = Append {
            target: Target::Direct(user(1001)),
            ..says(None)
        };
        let not_begun = Log::NotBegun {
            are_users: true,
            is_blocked: true,
        };
        let judged = decide(&first, &facts(not_begun, None));
        assert_eq!(judged, Err(AppendError::NotAllowed));
    }

    #[test]
    fn a_retry_is_never_refused_and_a_conflict_always() {
        let earlier = |append: &Append| Earlier {
            seq: seq(9),
            id: EntryId::new(77).unwrap(),
            at: at(20),
            digest: append.change.digest(),
        };
        for append in [says(None), says(Some(3)), edits(), recalls()] {
            let known = earlier(&append);
            let again = Facts {
                earlier: Some(known),
                ..facts(MEMBER(), None)
            };
            assert_eq!(decide(&append, &again), Ok(Plan::Repeat(conv(), known)));
            let another = Facts {
                earlier: Some(earlier(&says(Some(8)))),
                ..facts(MEMBER(), None)
            };
            let judged = decide(&append, &another);
            assert_eq!(judged, Err(AppendError::ClientIdConflict));
        }
    }

    #[test]
    fn positions_go_forward_only_and_not_beyond_the_head() {
        let member = |read, delivered| Member {
            user: user(1000),
            read: seq(read),
            delivered: seq(delivered),
        };
        let among = |members: usize, read: Option<u64>, delivered: Option<u64>| {
            let change = Move {
                user: user(1000),
                conv: conv(),
                read: read.map(seq),
                delivered: delivered.map(seq),
            };
            decide_move(&change, Some((seq(5), members, member(2, 3))))
        };
        let judge = |read, delivered| among(MEMBERS_TOLD, read, delivered);
        let many = MEMBERS_TOLD + 1;
        assert_eq!(among(many, None, Some(5)), Ok(member(2, 3)));
        assert_eq!(among(many, Some(4), Some(5)), Ok(member(4, 4)));
        assert_eq!(among(many, None, Some(6)), Err(MoveError::BeyondHead));
        assert_eq!(judge(None, None), Ok(member(2, 3)));
        assert_eq!(judge(Some(1), Some(1)), Ok(member(2, 3)));
        assert_eq!(
            judge(Some(4), None),
            Ok(member(4, 4)),
            "what is read is there"
        );
        assert_eq!(judge(None, Some(5)), Ok(member(2, 5)));
        assert_eq!(judge(Some(6), None), Err(MoveError::BeyondHead));
        assert_eq!(judge(None, Some(6)), Err(MoveError::BeyondHead));
        let nobody = Move {
            user: user(1000),
            conv: conv(),
            read: None,
            delivered: None,
        };
        assert_eq!(decide_move(&nobody, None), Err(MoveError::NotMember));
    }
}
