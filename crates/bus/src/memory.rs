//! The bus inside one process: for a cluster of one, and for several nodes in one test.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hongyan_protocol::{ConversationId, UserId};
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
        let nodes = self.network.nodes.read();
        let others = nodes.iter().filter(|node| !Arc::ptr_eq(node, &self.node));
        for node in others.filter(|node| node.has_any(&notice.recipients)) {
            node.offer(Received::Notice(notice.clone()));
        }
    }

    fn watched(&self, conv: ConversationId) {
        self.node.watched.write().insert(conv);
    }

    fn unwatched(&self, conv: ConversationId) {
        self.node.watched.write().remove(&conv);
    }

    fn publish_live(&self, live: Live) {
        let nodes = self.network.nodes.read();
        let others = nodes.iter().filter(|node| !Arc::ptr_eq(node, &self.node));
        for node in others.filter(|node| node.watched.read().contains(&live.conv)) {
            node.offer(Received::Live(live.clone()));
        }
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
