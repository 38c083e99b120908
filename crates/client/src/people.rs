//! Whom a search found.

use std::ops::Range;

use hongyan_protocol::UserProfile;
use serde::Deserialize;

use crate::HttpError;

/// Whom [`search_users`](crate::Client::search_users) found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundUsers {
    /// The users, the best match first.
    pub users: Vec<FoundUser>,
    /// There may be others; more letters find them.
    pub more: bool,
}

/// Somebody who was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundUser {
    /// The user.
    pub user: UserProfile,
    /// The parts of the name that fit, in bytes, ascending. None where the login name did.
    pub marks: Vec<Range<usize>>,
}

/// As the server says it: marks are in code points.
#[derive(Deserialize)]
pub(crate) struct Answer {
    users: Vec<UserProfile>,
    marks: Vec<Vec<(usize, usize)>>,
    more: bool,
}

impl Answer {
    pub(crate) fn read(self) -> Result<FoundUsers, HttpError> {
        if self.marks.len() != self.users.len() {
            return Err(HttpError::Garbage("marks of other users".into()));
        }
        let found = self.users.into_iter().zip(self.marks);
        let users = found.map(|(user, marks)| {
            let marks = marks.into_iter().map(|mark| in_bytes(&user.name, mark));
            let marks: Option<_> = marks.collect();
            let marks = marks.ok_or_else(|| HttpError::Garbage("a mark beyond a name".into()))?;
            Ok(FoundUser { user, marks })
        });
        Ok(FoundUsers {
            users: users.collect::<Result<_, HttpError>>()?,
            more: self.more,
        })
    }
}

fn in_bytes(name: &str, (from, to): (usize, usize)) -> Option<Range<usize>> {
    let place = |characters: usize| {
        let mut places = name.char_indices().map(|(at, _)| at).chain([name.len()]);
        places.nth(characters)
    };
    let range = place(from)?..place(to)?;
    (range.start <= range.end).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_places_in_the_text() {
        assert_eq!(in_bytes("王小明", (1, 3)), Some(3..9));
        assert_eq!(in_bytes("Ann", (0, 0)), Some(0..0));
        assert_eq!(in_bytes("Ann", (0, 4)), None);
        assert_eq!(in_bytes("Ann", (2, 1)), None);
        assert_eq!(in_bytes("Ann", (usize::MAX, 1)), None);
    }
}
