//! Admission: which connections get a place on this node, and how much of the node each user may take.
//!
//! Owns: the places of connections whose user is not known yet; the units that users and strangers have spent; the
//! bytes that the node holds for them.
//! Promises: nobody alone can take so much that others get nothing. A slow client gets time as long as bytes move.
//! A refusal says when to try again.
//! Not here: passwords (`service::throttle`), and the frames of a welcome connection (`outbox`).

mod budget;
mod crowd;
mod known;
mod memory;
mod progress;
mod source;
mod visit;

use std::net::IpAddr;
use std::sync::Arc;

use hongyan_protocol::UserId;

pub(crate) use self::budget::{Budget, Budgets};
pub(crate) use self::crowd::{Crowd, Full, Place};
use self::known::Known;
pub(crate) use self::memory::{Held, Memory};
pub(crate) use self::progress::{Deadline, Watched};
pub(crate) use self::source::Source;
pub(crate) use self::visit::{Visit, attend_call, attend_file};
use crate::limits::{
    CONNECTIONS, HANDSHAKES, HTTP_CONNECTIONS, HTTP_CONNECTIONS_PER_SOURCE, HTTP_PART,
    SOURCE_UNITS_PER_SECOND, USER_UNITS_PER_SECOND,
};

/// What a deployment may set of the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Connections of one address (IPv6: of 64 bits of it) that are not upgraded, or have not said `hello` yet.
    pub http_connections_per_address: usize,
    /// Units that come back to a user in a second.
    pub user_units_per_second: u32,
    /// Units that come back in a second to an address from which is asked without a token.
    pub address_units_per_second: u32,
    /// Sockets that this process may have open; `None` where nothing is known of a limit.
    pub sockets: Option<usize>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            http_connections_per_address: HTTP_CONNECTIONS_PER_SOURCE,
            user_units_per_second: USER_UNITS_PER_SECOND,
            address_units_per_second: SOURCE_UNITS_PER_SECOND,
            sockets: None,
        }
    }
}

impl Settings {
    /// How many connections may speak HTTP, and how many may be WebSockets: together no more than there are sockets.
    pub(crate) fn connections(&self) -> (usize, usize) {
        let sockets = self.sockets.unwrap_or(usize::MAX);
        let http = HTTP_CONNECTIONS.min((sockets / HTTP_PART).max(1));
        (http, CONNECTIONS.min((sockets - http).max(1)))
    }
}

/// The door of this node: see the [module](self).
pub(crate) struct Door {
    /// Connections that speak HTTP.
    pub(crate) http: Arc<Crowd>,
    /// WebSockets that have not said `hello`.
    pub(crate) handshakes: Arc<Crowd>,
    /// What users have spent.
    pub(crate) users: Budgets<UserId>,
    /// What sources have spent without a token.
    pub(crate) sources: Budgets<Source>,
    /// What is held for users.
    pub(crate) memory: Arc<Memory>,
    known: Known,
}

impl Door {
    pub(crate) fn new(settings: &Settings) -> Self {
        let (http, _) = settings.connections();
        let per_source = settings.http_connections_per_address;
        Self {
            http: Crowd::new(http, per_source),
            handshakes: Crowd::new(HANDSHAKES, per_source),
            users: Budgets::new(settings.user_units_per_second),
            sources: Budgets::new(settings.address_units_per_second),
            memory: Arc::default(),
            known: Known::default(),
        }
    }

    /// A place among the connections that speak HTTP. A trusted proxy has no address of its own.
    pub(crate) fn admit(&self, peer: IpAddr, is_proxy: bool) -> Result<Place, Full> {
        let source = (!is_proxy).then(|| Source::of(peer));
        let is_known = is_proxy || self.known.contains(Source::of(peer));
        self.http.admit(source, is_known)
    }

    /// A place among the WebSockets that have not said `hello`.
    pub(crate) fn admit_handshake(&self, source: Source) -> Result<Place, Full> {
        let is_known = self.known.contains(source);
        self.handshakes.admit(Some(source), is_known)
    }

    /// Somebody proved who they are: the budget of this user, who came from there.
    pub(crate) fn recognise(&self, user: UserId, source: Source) -> Arc<Budget> {
        self.known.note(source);
        self.users.of(user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_no_more_connections_than_sockets_and_always_some_of_each_kind() {
        for sockets in [2, 10, 64, 1000, 4000, 20_000, 1_000_000] {
            let settings = Settings {
                sockets: Some(sockets),
                ..Settings::default()
            };
            let (http, websockets) = settings.connections();
            assert!(
                http + websockets <= sockets,
                "{sockets}: {http} {websockets}"
            );
            assert!(http > 0 && websockets > 0);
        }
        let unlimited = Settings::default().connections();
        assert_eq!(unlimited, (HTTP_CONNECTIONS, CONNECTIONS));
    }
}
