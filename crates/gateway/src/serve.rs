//! Accepts connections and speaks HTTP on them, until told to stop.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use hongyan_service::Seldom;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::Gateway;
use crate::door::{Full, Place, Watched};
use crate::http;
use crate::limits::{ACCEPT_PAUSE, HEADER_BYTES, HEADER_TIMEOUT};

/// The accept loop.
pub struct Server {
    listener: TcpListener,
    routes: Router,
    gateway: Arc<Gateway>,
    stop: watch::Receiver<bool>,
}

/// Stops a [`Server`].
#[derive(Clone)]
pub struct StopHandle(Arc<watch::Sender<bool>>);

impl Server {
    /// A server on this listener, not running yet. `adapters`: the routes of other protocols, see
    /// [`adapter`](crate::adapter).
    pub fn new(
        listener: TcpListener,
        gateway: &Arc<Gateway>,
        adapters: Router,
    ) -> (Self, StopHandle) {
        let (sender, stop) = watch::channel(false);
        let routes = http::routes(gateway, adapters);
        (
            Self {
                listener,
                routes,
                gateway: Arc::clone(gateway),
                stop,
            },
            StopHandle(Arc::new(sender)),
        )
    }

    /// Accepts until stopped; then lets the requests under way finish. Upgraded connections are the
    /// hub's to end.
    pub async fn run(mut self) {
        let mut connections = JoinSet::new();
        let (refused, failed) = (Seldom::default(), Seldom::default());
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, peer)) => match self.admit(peer.ip()) {
                        Ok(place) => {
                            let gateway = Arc::clone(&self.gateway);
                            let (routes, stop) = (self.routes.clone(), self.stop.clone());
                            connections.spawn(serve(stream, peer, place, gateway, routes, stop));
                        }
                        // Closed at once. To say why would take a task and a place.
                        Err(Full) => {
                            if let Some(count) = refused.count(Instant::now()) {
                                tracing::warn!(count, %peer, "no place for connections");
                            }
                        }
                    },
                    // Out of file descriptors, most likely: the pause lets some be given back.
                    Err(error) => {
                        if let Some(count) = failed.count(Instant::now()) {
                            tracing::warn!(%error, count, "cannot accept");
                        }
                        sleep(ACCEPT_PAUSE).await;
                    }
                },
                Some(_) = connections.join_next() => {}
                () = stopped(&mut self.stop) => break,
            }
        }
        drop(self.listener);
        while connections.join_next().await.is_some() {}
    }

    fn admit(&self, peer: IpAddr) -> Result<Place, Full> {
        let is_proxy = self.gateway.trusted_proxies.contains(peer);
        self.gateway.door.admit(peer, is_proxy)
    }
}

impl StopHandle {
    /// Stops accepting.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    place: Place,
    gateway: Arc<Gateway>,
    routes: Router,
    mut stop: watch::Receiver<bool>,
) {
    // Frames are gathered by us; waiting for more would only delay them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let respond = service_fn(move |request: hyper::Request<Incoming>| {
        http::respond(Arc::clone(&gateway), routes.clone(), peer.ip(), request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(HEADER_BYTES)
        .serve_connection(TokioIo::new(Watched::new(stream, place.sign())), respond)
        .with_upgrades();
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = place.gives_way() => return,
        () = stopped(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, %peer, "an HTTP connection ended badly");
    }
}

/// Returns when the server is to stop, or nobody is left to say so.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
