//! Who may react to what.

use super::Subject;
use crate::{REACTIONS_A_MESSAGE, ReactError};

/// What an engine has to find out before a reaction can be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReactFacts {
    /// Whether the user is a member of the conversation.
    pub is_member: bool,
    /// Whether the other of two has blocked the user.
    pub is_blocked: bool,
    /// The message; `None` where there is none.
    pub subject: Option<Subject>,
    /// Whether the user set this reaction already.
    pub is_set: bool,
    /// How many set it.
    pub count: u64,
    /// How many different ones the message has.
    pub values: usize,
}

/// Judges a reaction to be set (`on`) or taken back: how many have set it then, or `None` where nothing changes.
pub fn decide_reaction(on: bool, facts: ReactFacts) -> Result<Option<u64>, ReactError> {
    if !facts.is_member {
        return Err(ReactError::NotMember);
    }
    let subject = facts.subject.ok_or(ReactError::NoSuchMessage)?;
    if subject.is_recalled {
        return Err(ReactError::Recalled);
    }
    if facts.is_blocked && on {
        return Err(ReactError::NotAllowed);
    }
    if on == facts.is_set {
        return Ok(None);
    }
    if !on {
        return Ok(Some(facts.count.saturating_sub(1)));
    }
    if facts.count == 0 && facts.values >= REACTIONS_A_MESSAGE {
        return Err(ReactError::TooMany);
    }
    Ok(Some(facts.count + 1))
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::{Millis, UserId};

    use super::*;

    fn facts() -> ReactFacts {
        ReactFacts {
            is_member: true,
            is_blocked: false,
            subject: Some(Subject {
                from: UserId::new(1000).unwrap(),
                at: Millis::new(1).unwrap(),
                is_recalled: false,
            }),
            is_set: false,
            count: 0,
            values: 0,
        }
    }

    #[test]
    fn the_first_reason_counts() {
        let mut facts = ReactFacts {
            is_member: false,
            subject: None,
            ..facts()
        };
        assert_eq!(decide_reaction(true, facts), Err(ReactError::NotMember));
        facts.is_member = true;
        assert_eq!(decide_reaction(true, facts), Err(ReactError::NoSuchMessage));
        facts.subject = self::facts().subject.map(|subject| Subject {
            is_recalled: true,
            ..subject
        });
        assert_eq!(decide_reaction(false, facts), Err(ReactError::Recalled));
    }

    #[test]
    fn what_is_so_already_changes_nothing() {
        let set = ReactFacts {
            is_set: true,
            count: 3,
            ..facts()
        };
        assert_eq!(decide_reaction(true, set), Ok(None));
        assert_eq!(decide_reaction(false, set), Ok(Some(2)));
        assert_eq!(decide_reaction(false, facts()), Ok(None));
        assert_eq!(decide_reaction(true, facts()), Ok(Some(1)));
    }

    #[test]
    fn of_too_many_only_the_new_ones_are_refused() {
        let full = ReactFacts {
            values: REACTIONS_A_MESSAGE,
            ..facts()
        };
        assert_eq!(decide_reaction(true, full), Err(ReactError::TooMany));
        let known = ReactFacts { count: 1, ..full };
        assert_eq!(decide_reaction(true, known), Ok(Some(2)));
    }
}
