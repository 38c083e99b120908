//! The members of a group as a list that is shared: with each outcome, and with whoever is told.

use std::sync::Arc;

use hongyan_protocol::UserId;
use hongyan_store::Role;

/// The members, ascending, as some of them come and go.
pub(super) fn with(members: &Arc<[UserId]>, changes: &[(UserId, Option<Role>)]) -> Arc<[UserId]> {
    let is_in = |user: &UserId| members.binary_search(user).is_ok();
    let come = changes
        .iter()
        .filter(|(user, role)| role.is_some() && !is_in(user));
    let go = changes
        .iter()
        .filter(|(user, role)| role.is_none() && is_in(user));
    let (come, go): (Vec<_>, Vec<_>) = (
        come.map(|(user, _)| *user).collect(),
        go.map(|(user, _)| *user).collect(),
    );
    if come.is_empty() && go.is_empty() {
        return Arc::clone(members);
    }
    let stay = members
        .iter()
        .filter(|user| go.binary_search(user).is_err());
    let mut members: Vec<UserId> = stay.copied().chain(come).collect();
    members.sort();
    members.into()
}
