//! Who may see whom.

use std::collections::BTreeSet;

use hongyan_protocol::{Millis, UserId};
use hongyan_store::{Conversation, Role, Store, StoreError, SyncCursor, SyncLimits};

use crate::limits::SEEN_CONVERSATIONS;

/// Whether the member whose view this is may write there now, and so be seen writing.
pub(crate) fn may_write(conversation: &Conversation, now: Millis) -> bool {
    let is_muted = conversation.muted_until.is_some_and(|until| until > now);
    conversation.role.is_some_and(|role| {
        let group = conversation.group.as_ref();
        let may_post = group.is_none_or(|group| group.post.has(role));
        may_post && (role >= Role::Admin || !is_muted)
    })
}

/// Those to whom a user's name is shown without their asking, the user left out: who shares a conversation with the
/// user that tells its members. Of a user with more than [`SEEN_CONVERSATIONS`], those of the conversations that changed
/// last.
pub(crate) async fn who_sees(
    store: &dyn Store,
    user: UserId,
) -> Result<BTreeSet<UserId>, StoreError> {
    let limits = SyncLimits {
        conversations: SEEN_CONVERSATIONS,
        entries: 0,
        bytes: 0,
    };
    let page = store.sync(user, SyncCursor::Since(0), limits).await?;
    // Of one that the user has left, nobody sees the user any more.
    let conversations = page.conversations.iter();
    let conversations = conversations.filter(|(conversation, ..)| conversation.role.is_some());
    let members = conversations.flat_map(|(conversation, ..)| conversation.members.iter());
    Ok(members
        .map(|member| member.user)
        .filter(|member| *member != user)
        .collect())
}
