//! Order in conversations: bans, mutes and pins. Who may do what, the store's rules judge.

use hongyan_protocol::{
    Ban, ClientId, ConversationId, Millis, Mute, Muted, Pin, Sent, Seq, UserId, UserProfile, limits,
};
use hongyan_store::GroupChange;

use crate::groups::each_once;
use crate::{Caller, Reply, Service, ServiceError};

/// Some of those whom a group lets not in.
#[derive(Debug, Clone)]
pub struct BansPage {
    /// Them, ascending.
    pub users: Vec<UserProfile>,
    /// Whether there are others above the last one.
    pub more: bool,
}

/// Those whom a group lets read and not write.
#[derive(Debug, Clone)]
pub struct MutesPage {
    /// Them, ascending by user.
    pub muted: Vec<Muted>,
    /// The same people's names.
    pub users: Vec<UserProfile>,
}

impl Service {
    /// Puts people out of a group, and lets them not in again.
    pub fn ban(&self, caller: &Caller, conv: ConversationId, ban: Ban, reply: Reply<Sent>) {
        let change = GroupChange::Ban(each_once(ban.users));
        self.change_group(caller, conv, ban.client_id, change, reply);
    }

    /// Lets somebody in again, when somebody brings them.
    pub fn unban(
        &self,
        caller: &Caller,
        conv: ConversationId,
        user: UserId,
        client_id: ClientId,
        reply: Reply<Sent>,
    ) {
        let change = GroupChange::Unban(vec![user]);
        self.change_group(caller, conv, client_id, change, reply);
    }

    /// Lets a member of a group read and not write for a time.
    pub fn mute(&self, caller: &Caller, conv: ConversationId, mute: Mute, reply: Reply<Sent>) {
        let change = GroupChange::Mute(mute.user, mute.until);
        self.change_group(caller, conv, mute.client_id, change, reply);
    }

    /// Lets a member of a group write again.
    pub fn unmute(
        &self,
        caller: &Caller,
        conv: ConversationId,
        user: UserId,
        client_id: ClientId,
        reply: Reply<Sent>,
    ) {
        let change = GroupChange::Mute(user, Millis::default());
        self.change_group(caller, conv, client_id, change, reply);
    }

    /// Pins a message.
    pub fn pin(&self, caller: &Caller, conv: ConversationId, pin: Pin, reply: Reply<Sent>) {
        let change = GroupChange::Pin(pin.seq);
        self.change_group(caller, conv, pin.client_id, change, reply);
    }

    /// Takes the pin from a message.
    pub fn unpin(
        &self,
        caller: &Caller,
        (conv, seq): (ConversationId, Seq),
        client_id: ClientId,
        reply: Reply<Sent>,
    ) {
        let change = GroupChange::Unpin(seq);
        self.change_group(caller, conv, client_id, change, reply);
    }

    /// A page of those whom a group of the caller's lets not in, with ids above `after`.
    pub async fn bans(
        &self,
        caller: &Caller,
        conv: ConversationId,
        after: UserId,
        limit: Option<usize>,
    ) -> Result<BansPage, ServiceError> {
        let most = limits::MEMBERS_PAGE;
        let limit = limit.unwrap_or(most).clamp(1, most);
        let banned = self.store.order(caller.user(), conv).await?.banned;
        let above = banned.into_iter().filter(|user| *user > after);
        let mut ids: Vec<UserId> = above.take(limit + 1).collect();
        let more = ids.len() > limit;
        ids.truncate(limit);
        let users = self.named(caller, &ids).await?;
        Ok(BansPage { users, more })
    }

    /// Those whom a group of the caller's lets read and not write now.
    pub async fn mutes(
        &self,
        caller: &Caller,
        conv: ConversationId,
    ) -> Result<MutesPage, ServiceError> {
        let now = self.clock.now();
        let muted = self.store.order(caller.user(), conv).await?.muted;
        let still = muted.into_iter().filter(|(_, until)| *until > now);
        let muted: Vec<Muted> = still.map(|(user, until)| Muted { user, until }).collect();
        let ids: Vec<UserId> = muted.iter().map(|muted| muted.user).collect();
        let users = self.named(caller, &ids).await?;
        Ok(MutesPage { muted, users })
    }

    /// What the caller may know of these, ascending.
    async fn named(
        &self,
        caller: &Caller,
        ids: &[UserId],
    ) -> Result<Vec<UserProfile>, ServiceError> {
        let mut users = self.store.users(ids).await?;
        users.sort_by_key(|user| user.id);
        Ok(self.profiles_for(caller, &users))
    }
}

// All that are muted have room in one look-up of users.
const _: () = assert!(hongyan_store::MUTES <= 1000);
