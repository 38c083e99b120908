//! The edge: everything that speaks to a client.
//!
//! socket → **gateway** → service, and service → hub → outbox → socket
//!
//! Owns: the HTTP routes, the WebSocket connections, who is connected here.
//! Promises: every input is bounded before it is believed; a slow or broken client costs itself.
//! Not here: SQL, rules of messaging, and what makes a delivery reliable (`delivery`).

pub mod adapter;
mod address;
mod connection;
mod door;
mod here;
mod host;
mod http;
mod hub;
mod lane;
pub mod limits;
mod nudges;
mod origin;
mod outbox;
#[cfg(test)]
mod outbox_tests;
mod price;
mod serve;
mod sync;
mod transport;
mod upgrade;

use std::sync::{Arc, Weak};

use hongyan_delivery::server::Policy as DeliveryPolicy;
use hongyan_protocol::heartbeat::Policy as HeartbeatPolicy;
use hongyan_service::Service;
use tokio::sync::Semaphore;

use self::door::Door;

pub use address::{InvalidNetwork, TrustedProxies};
pub use door::Settings as DoorSettings;
pub use host::{Hosts, InvalidHost};
pub use hub::Hub;
pub use origin::{InvalidOrigin, Origins};
pub use serve::{Server, StopHandle};

/// What a deployment may set at the edge.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Pages of other origins that may use a cookie session or call the API from a browser.
    pub origins: Origins,
    /// The names under which the server may be asked.
    pub hosts: Hosts,
    /// Proxies whose word on a client's address is taken.
    pub trusted_proxies: TrustedProxies,
    /// Cookies are only sent over TLS: set where users reach the server by https.
    pub secure_cookies: bool,
    /// When pushes are repeated and connections given up.
    pub delivery: DeliveryPolicy,
    /// How long connections may stay quiet.
    pub heartbeat: HeartbeatPolicy,
    /// Who may come in, and how much of the node they may have.
    pub door: DoorSettings,
}

/// What every request and connection shares.
pub struct Gateway {
    service: Arc<Service>,
    hub: Arc<Hub>,
    origins: Origins,
    hosts: Hosts,
    trusted_proxies: TrustedProxies,
    secure_cookies: bool,
    delivery: Arc<DeliveryPolicy>,
    heartbeat: HeartbeatPolicy,
    connections: Arc<Semaphore>,
    door: Door,
}

impl Gateway {
    /// The edge of this node. The hub must be the sink that the service was started with. To be called within a
    /// runtime.
    pub fn new(service: Arc<Service>, hub: Arc<Hub>, settings: Settings) -> Arc<Self> {
        let gateway = Arc::new(Self {
            service,
            hub,
            origins: settings.origins,
            hosts: settings.hosts,
            trusted_proxies: settings.trusted_proxies,
            secure_cookies: settings.secure_cookies,
            delivery: Arc::new(settings.delivery),
            heartbeat: settings.heartbeat,
            connections: Arc::new(Semaphore::new(settings.door.connections().1)),
            door: Door::new(&settings.door),
        });
        tokio::spawn(end_expired(Arc::downgrade(&gateway)));
        gateway
    }
}

/// Closes connections when their sessions end by themselves, for as long as the gateway is there.
async fn end_expired(gateway: Weak<Gateway>) {
    loop {
        tokio::time::sleep(limits::EXPIRY_CHECK).await;
        let Some(gateway) = gateway.upgrade() else {
            return;
        };
        gateway.hub.end_expired(gateway.service.now());
    }
}
