//! Who may do what to a log: pure functions over facts, the same for every engine.
//!
//! append → facts (looked up by the engine) → **rules** → plan, or a refusal → carried out by the engine
//!
//! Owns: every rule about appends, moves and views, and the order of reasons where several apply.
//! Promises: no input or output; equal facts give equal plans.
//! Not here: how a fact is found, and what a plan costs to carry out. The model of the contract suite does not call
//! this: it is an independent oracle.

mod groups;
mod reactions;
mod views;

pub use self::reactions::{ReactFacts, decide_reaction};
pub use self::views::{ViewFacts, decide_view, ends_mark};

use std::sync::Arc;

use hongyan_protocol::{ConversationId, EntryId, Millis, Seq, UserId};

use crate::{
    Append, AppendError, Change, ChangeDigest, Effects, MEMBERS_TOLD, Member, Move, MoveError,
    Role, Settings, Target,
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
    /// Those whom a change of a group names, each once.
    pub named: Vec<Named>,
}

/// The log that an append is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Log {
    /// It is there.
    There {
        /// Which.
        conv: ConversationId,
        /// What the sender may do there; `None` for somebody who is no member. Of two, both are members.
        sender: Option<Role>,
        /// The first seq that the sender may read.
        since: Seq,
        /// The group; `None` for a conversation of two.
        group: Option<Group>,
    },
    /// No conversation has this id.
    Missing,
    /// The two have no conversation yet, or the sender has not made this group yet.
    NotBegun {
        /// Whether both are users, or the sender is.
        are_users: bool,
    },
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
    match &facts.log {
        Log::Missing | Log::There { sender: None, .. } => Err(AppendError::NotMember),
        Log::NotBegun { are_users: false } => Err(AppendError::NoSuchUser),
        Log::NotBegun { are_users: true } => match (&append.change, append.change.subject()) {
            (Change::Group(change), _) => {
                groups::created(append.from, change, &facts.named).map(Plan::BeginGroup)
            }
            // In a conversation that is not there, nothing can be answered, edited or recalled.
            (_, Some(_)) => Err(AppendError::NoSuchMessage),
            (_, None) => match append.target {
                Target::Direct(_) => Ok(Plan::Begin),
                Target::NewGroup | Target::Conversation(_) => Err(AppendError::NotMember),
            },
        },
        Log::There {
            conv,
            sender: Some(role),
            since,
            group,
        } => match (&append.change, group) {
            (Change::Group(change), Some(group)) => {
                let effects = groups::changed((append.from, *role), change, group, &facts.named)?;
                Ok(Plan::Change(*conv, effects))
            }
            (Change::Group(_), None) => Err(AppendError::NotAllowed),
            (_, group) => {
                may_say(append, *role, group.as_ref())?;
                let is_shown = append.change.subject() >= Some(*since);
                let subject = facts.subject.filter(|_| is_shown);
                about(append, *role, group.is_some(), subject)?;
                Ok(Plan::Append(*conv))
            }
        },
    }
}

/// Passes when somebody of this role may say something here.
fn may_say(append: &Append, role: Role, group: Option<&Group>) -> Result<(), AppendError> {
    match group {
        Some(group) if append.change.is_message() && !group.settings.post.has(role) => {
            Err(AppendError::NotAllowed)
        }
        Some(_) | None => Ok(()),
    }
}

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
        }
    }

    const MEMBER: fn() -> Log = || Log::There {
        conv: conv(),
        sender: Some(Role::Member),
        since: seq(1),
        group: None,
    };

    #[test]
    fn strangers_are_told_nothing() {
        let outside = Log::There {
            conv: conv(),
            sender: None,
            since: seq(1),
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
        let among = |are_users| facts(Log::NotBegun { are_users }, None);
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
            sender: Some(role),
            since: seq(since),
            group: Some(Group {
                settings: Arc::default(),
                size: 2,
                head: seq(9),
                young_from: seq(9),
            }),
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
