//! What an adapter for clients of another protocol is given, and nothing else of the edge.
//!
//! request → **adapter's routes** → service; hub → outbox → **adapter's connection** → socket
//!
//! An adapter is a crate of its own. It brings routes, which [`Server::new`](crate::Server::new) takes in: they are
//! behind the same door as those of the native protocol, so requests are bounded, timed and paid for there. Its
//! connections have the same sockets, outboxes and places as others. The edge knows no adapter.
//!
//! Promises: an adapter sees no token but the one it was given, no other user's outbox, and no way around the limits of
//! connections.

use std::sync::Arc;

use hongyan_delivery::server::Policy as DeliveryPolicy;
use hongyan_protocol::heartbeat::Policy as HeartbeatPolicy;
use hongyan_protocol::{Millis, SessionId, UserId};
use hongyan_service::{Caller, Service, ServiceError};
use http::HeaderMap;
use http::request::Parts;
use tokio::sync::OwnedSemaphorePermit;

use crate::door::Budget;
use crate::price::{self, Price};
use crate::{Gateway, Origins};

pub use crate::address::Client;
pub use crate::connection::pace::Pace;
pub use crate::connection::stall::Stall;
pub use crate::http::auth::bearer_token;
pub use crate::http::committed;
pub use crate::http::cookie::{Cookie, session_token};
pub use crate::http::error::ApiError;
pub use crate::http::extract::{Body, QueryOf};
pub use crate::hub::Registration;
pub use crate::outbox::{Ending, Item, Outbox, Part};
pub use crate::transport::upgrade::{NoUpgrade, Upgrade};
pub use crate::transport::{Moved, Received, Socket, WriteError};

impl Gateway {
    /// The rules of messaging.
    pub fn service(&self) -> &Arc<Service> {
        &self.service
    }

    /// When pushes are repeated and connections given up.
    pub fn delivery(&self) -> &Arc<DeliveryPolicy> {
        &self.delivery
    }

    /// How long connections may stay quiet.
    pub fn heartbeat(&self) -> &HeartbeatPolicy {
        &self.heartbeat
    }

    /// Pages of other origins that may use a cookie session.
    pub fn origins(&self) -> &Origins {
        &self.origins
    }

    /// A place for one more WebSocket, for as long as the permit is held.
    ///
    /// # Errors
    /// `overloaded`, where there is none.
    pub fn connect(&self) -> Result<OwnedSemaphorePermit, ServiceError> {
        let place = Arc::clone(&self.connections).try_acquire_owned();
        place.map_err(|_| ServiceError::Overloaded)
    }

    /// A connection that hears when it is to end, and of nothing else. It counts among nobody's until it
    /// [takes part](Registration::take_part).
    pub fn register_apart(
        &self,
        user: UserId,
        session: SessionId,
        expires_at: Millis,
    ) -> Registration {
        self.hub.register_apart(user, session, expires_at)
    }

    /// The sender of this request proved to be the caller, and pays for it.
    ///
    /// # Errors
    /// `rate_limited`, with when to ask again.
    pub fn recognise(&self, parts: &Parts, caller: &Caller) -> Result<(), ServiceError> {
        crate::http::auth::recognise(self, parts, caller)
    }

    /// What this user may spend, on all connections.
    pub fn purse(self: &Arc<Self>, user: UserId) -> Purse {
        Purse {
            budget: self.door.users.of(user),
            gateway: Arc::clone(self),
        }
    }

    /// For how many seconds from now a cookie lives until then.
    pub fn seconds_until(&self, time: Millis) -> u64 {
        crate::http::account::seconds_until(self, time)
    }
}

/// What one user may spend, on all connections.
pub struct Purse {
    gateway: Arc<Gateway>,
    budget: Arc<Budget>,
}

impl Purse {
    /// Pays for a message that came in so many bytes.
    ///
    /// # Errors
    /// `rate_limited`, with when to try again.
    pub fn pay_for_message(&self, bytes: usize) -> Result<(), ServiceError> {
        self.pay(price::SEND, bytes)
    }

    /// Pays for a question that came in so many bytes.
    ///
    /// # Errors
    /// `rate_limited`, with when to ask again.
    pub fn pay_for_question(&self, bytes: usize) -> Result<(), ServiceError> {
        self.pay(price::PAGE, bytes)
    }

    fn pay(&self, price: Price, bytes: usize) -> Result<(), ServiceError> {
        let rate = &self.gateway.door.users.rate;
        let price = price.and(price::bytes_in(bytes));
        rate.try_spend(&self.budget, price, rate.now())
    }
}

/// The web app's page.
pub fn web_app(headers: &HeaderMap) -> axum::response::Response {
    crate::http::web::index(headers)
}
