//! What users let others see of being there, and what is answered to those who ask.

use hongyan_protocol::{AskPresence, LastSeen, Presence, PresenceState, UserId, limits};
use hongyan_store::Privacy;

use crate::{Caller, Service, ServiceError};

/// Settings to be changed; the others stay.
#[derive(Debug, Clone, Copy, Default)]
pub struct SetPrivacy {
    /// Who sees when the user was last there.
    pub last_seen: Option<LastSeen>,
    /// Whether nobody sees that the user is there.
    pub invisible: Option<bool>,
}

impl Service {
    /// What the caller lets others see: who sees when they were last there, and whether they are invisible.
    pub async fn privacy(&self, caller: &Caller) -> Result<(LastSeen, bool), ServiceError> {
        let own = self.privacy_of(caller.user()).await?;
        let last_seen = match own.hides_last_seen {
            true => LastSeen::Nobody,
            false => LastSeen::Everybody,
        };
        Ok((last_seen, own.invisible))
    }

    /// Changes what the caller lets others see. Those who look see it within seconds.
    pub async fn set_privacy(&self, caller: &Caller, set: SetPrivacy) -> Result<(), ServiceError> {
        let mut privacy = self.privacy_of(caller.user()).await?;
        match set.last_seen {
            Some(LastSeen::Everybody) => privacy.hides_last_seen = false,
            Some(LastSeen::Nobody) => privacy.hides_last_seen = true,
            Some(LastSeen::Unknown) => {
                let message = "last_seen is everybody or nobody";
                return Err(ServiceError::BadRequest(message.into()));
            }
            None => {}
        }
        privacy.invisible = set.invisible.unwrap_or(privacy.invisible);
        if !self.store.set_privacy(caller.user(), privacy).await? {
            return Err(ServiceError::UserNotFound);
        }
        self.live.doubt(caller.user());
        self.bus.publish_settings(caller.user());
        Ok(())
    }

    /// Whether these users are there, as far as the caller may see it.
    pub async fn presence(
        &self,
        caller: &Caller,
        ask: AskPresence,
    ) -> Result<Presence, ServiceError> {
        if ask.users.len() > limits::PRESENCE_USERS {
            return Err(ServiceError::TooLarge(format!(
                "at most {} users at a time",
                limits::PRESENCE_USERS
            )));
        }
        let mut users = {
            let state = self.live.state.lock();
            let seen = |user: &UserId| self.live.seen(&state, *user);
            ask.users.iter().map(seen).collect::<Vec<_>>()
        };
        let hidden = self.store.who_blocks(caller.user(), &ask.users).await?;
        for one in users.iter_mut().filter(|one| hidden.contains(&one.user)) {
            one.state = PresenceState::Offline;
        }
        let offline = users
            .iter()
            .filter(|one| one.state == PresenceState::Offline && !hidden.contains(&one.user));
        let offline: Vec<UserId> = offline.map(|one| one.user).collect();
        let seen = self.last_seen(caller.user(), offline).await?;
        for one in &mut users {
            let own = seen.iter().find(|(user, _)| *user == one.user);
            one.last_seen = own.map(|(_, at)| *at);
        }
        Ok(Presence {
            users,
            ..Presence::default()
        })
    }

    /// When those of these users were last there who let it be seen, to one who does so as well.
    async fn last_seen(
        &self,
        viewer: UserId,
        mut of: Vec<UserId>,
    ) -> Result<Vec<(UserId, hongyan_protocol::Millis)>, ServiceError> {
        if of.is_empty() || self.privacy_of(viewer).await?.hides_last_seen {
            return Ok(Vec::new());
        }
        let hidden = self.store.privacy(&of).await?;
        // When somebody invisible was last there tells that they were.
        let hides = |privacy: &Privacy| privacy.hides_last_seen || privacy.invisible;
        of.retain(|user| {
            let own = hidden.iter().find(|(hidden, _)| hidden == user);
            !own.is_some_and(|(_, privacy)| hides(privacy))
        });
        Ok(self.store.last_seen(&of).await?)
    }

    async fn privacy_of(&self, user: UserId) -> Result<Privacy, ServiceError> {
        let found = self.store.privacy(&[user]).await?;
        Ok(found.first().map(|(_, own)| *own).unwrap_or_default())
    }
}
