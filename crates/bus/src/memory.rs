//! The bus inside one process: for a cluster of one, and for several nodes in one test.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hongyan_protocol::{ConversationId, PresenceState, UserId};
use parking_lot::{Mutex, RwLock};
use tokio::sync::mpsc;

use crate::{Bus, INBOX_NOTICES, Live, Notice, Received};

/// What the nodes of one process share.
#[derive(Clone, Default)]
pub struct MemoryNetwork {
    nodes: Arc<RwLock<Vec<Arc<Node>>>>,
}

/// One node as the others see it.
struct Node {
    online: RwLock<HashSet<UserId>>,
    watched: RwLock<HashSet<ConversationId>>,
    /// What it shows of users who are not offline.
    shown: RwLock<HashMap<UserId, PresenceState>>,
    inbox: mpsc::Sender<Received>,
    /// Something was lost and the node has not been told yet.
    lost: AtomicBool,
}

/// One node's end of a [`MemoryNetwork`].
pub struct MemoryBus {
    network: MemoryNetwork,
    node: Arc<Node>,
    inbox: Mutex<Option<mpsc::Receiver<Received>>>,
}

impl MemoryNetwork {
    /// Adds a node.
    pub fn join(&self) -> MemoryBus {
        let (sender, receiver) = mpsc::channel(INBOX_NOTICES);
        let node = Arc::new(Node {
            online: RwLock::default(),
            watched: RwLock::default(),
            shown: RwLock::default(),
            inbox: sender,
            lost: AtomicBool::new(false),
        });
        self.nodes.write().push(Arc::clone(&node));
        MemoryBus {
            network: self.clone(),
            node,
            inbox: Mutex::new(Some(receiver)),
        }
    }
}

impl MemoryBus {
    fn others(&self, mut act: impl FnMut(&Node)) {
        let nodes = self.network.nodes.read();
        let others = nodes.iter().filter(|node| !Arc::ptr_eq(node, &self.node));
        others.for_each(|node| act(node));
    }

    /// The bus of a cluster of one: nobody else listens.
    pub fn alone() -> Self {
        MemoryNetwork::default().join()
    }
}

impl Drop for MemoryBus {
    fn drop(&mut self) {
        self.network
            .nodes
            .write()
            .retain(|node| !Arc::ptr_eq(node, &self.node));
    }
}

impl Bus for MemoryBus {
    fn user_online(&self, user: UserId) {
        self.node.online.write().insert(user);
    }

    fn user_offline(&self, user: UserId) {
        self.node.online.write().remove(&user);
    }

    fn publish(&self, notice: Notice) {
        self.others(|node| {
            if node.has_any(&notice.recipients) {
                node.offer(Received::Notice(notice.clone()));
            }
        });
    }

    fn watched(&self, conv: ConversationId) {
        self.node.watched.write().insert(conv);
    }

    fn unwatched(&self, conv: ConversationId) {
        self.node.watched.write().remove(&conv);
    }

    fn publish_live(&self, live: Live) {
        self.others(|node| {
            if node.watched.read().contains(&live.conv) {
                node.offer(Received::Live(live.clone()));
            }
        });
    }

    fn announce(&self, user: UserId, state: PresenceState) {
        let before = match state {
            PresenceState::Offline => self.node.shown.write().remove(&user),
            state => self.node.shown.write().insert(user, state),
        };
        if before.unwrap_or_default() != state {
            self.others(|node| node.offer(Received::Presence(user)));
        }
    }

    fn announced(&self, user: UserId) -> PresenceState {
        let mut most = PresenceState::default();
        self.others(|node| {
            let shown = node.shown.read().get(&user).copied();
            most = most.max(shown.unwrap_or_default());
        });
        most
    }

    fn publish_settings(&self, user: UserId) {
        self.others(|node| {
            if node.online.read().contains(&user) {
                node.offer(Received::Settings(user));
            }
        });
    }

    fn take_inbox(&self) -> Option<mpsc::Receiver<Received>> {
        self.inbox.lock().take()
    }
}

impl Node {
    fn has_any(&self, users: &[UserId]) -> bool {
        let online = self.online.read();
        users.iter().any(|user| online.contains(user))
    }

    fn offer(&self, received: Received) {
        if self.lost.load(Ordering::Acquire) {
            match self.inbox.try_send(Received::Lost) {
                Ok(()) => self.lost.store(false, Ordering::Release),
                Err(_) => return,
            }
        }
        if self.inbox.try_send(received).is_err() {
            self.lost.store(true, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::bus_contract!(async || {
        let network = MemoryNetwork::default();
        move || network.join()
    });
}
