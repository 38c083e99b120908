//! One node: a store, a bus, the service and the gateway, put together; and taken apart again.
//!
//! Shutdown has four steps: stop accepting; tell clients when to come back; drain, to a deadline;
//! cancel.

use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use hongyan_bus::{Bus, MemoryBus};
use hongyan_gateway::{
    DoorSettings, Gateway, Hosts, Hub, Origins, Server, Settings, StopHandle, TrustedProxies,
    limits,
};
use hongyan_service::{
    Clock, Entropy, Operator, Parts, Rules, Service, Sink, SystemClock, SystemEntropy,
};
use hongyan_store::{Retention, Store};
use hongyan_store_sqlite::{OpenError, Options, SqliteStore};
use socket2::SockRef;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::{admin, demo, descriptors, precedence};

/// A running node.
pub struct Node {
    address: SocketAddr,
    service: Arc<Service>,
    operator: Operator,
    hub: Arc<Hub>,
    store: Arc<SqliteStore>,
    stop: StopHandle,
    accepting: JoinHandle<()>,
    admin: admin::Listening,
    shutdown_deadline: Duration,
}

/// Whether to begin with the demo's users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demo {
    /// 张三, 李四 and 王五, with a password that everybody knows.
    With,
    /// None but those that the operator adds.
    Without,
}

impl Node {
    /// Opens the database, listens, and serves.
    pub async fn start(config: &Config, demo: Demo) -> anyhow::Result<Self> {
        Self::start_by(Arc::new(SystemClock), config, demo).await
    }

    /// The same, by this clock.
    pub async fn start_by(
        clock: Arc<dyn Clock>,
        config: &Config,
        demo: Demo,
    ) -> anyhow::Result<Self> {
        if demo == Demo::With && !config.listen.ip().is_loopback() {
            bail!(
                "--demo makes users whose password everybody knows, so it only listens on loopback; \
                 leave --demo away, or listen on 127.0.0.1 instead of {}",
                config.listen.ip()
            );
        }
        make_data_dir(&config.data_dir)?;
        let store = Arc::new(open_store(config.database())?);
        let bus: Arc<dyn Bus> = Arc::new(MemoryBus::alone());
        let hub = Hub::new(Arc::clone(&bus));
        let (service, operator) = start_service(
            clock,
            config,
            demo,
            Arc::clone(&store) as _,
            bus,
            Arc::clone(&hub) as _,
        );
        if demo == Demo::With {
            demo::seed(&service, &operator).await?;
        }
        let sockets = descriptors::raise().saturating_sub(limits::RESERVED_FILES);
        let settings = settings(config, sockets)?;
        let gateway = Gateway::new(Arc::clone(&service), Arc::clone(&hub), settings);
        let listener = listen(config.listen).with_context(|| {
            format!(
                "cannot listen on {}; choose another address with --listen",
                config.listen
            )
        })?;
        let address = listener.local_addr()?;
        let admin = admin::listen(
            &config.data_dir,
            Arc::clone(&service),
            operator,
            Arc::clone(&store),
        )?;
        let classic = hongyan_classic::routes(&gateway, classic(config));
        let (server, stop) = Server::new(listener, &gateway, classic);
        Ok(Self {
            address,
            service,
            operator,
            hub,
            store,
            stop,
            accepting: tokio::spawn(server.run()),
            admin,
            shutdown_deadline: Duration::from_secs(config.shutdown_seconds),
        })
    }

    /// Where the node listens: with port 0 in the configuration, the port that it got.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections that said `hello` and are not gone.
    pub fn connections(&self) -> usize {
        self.hub.connections()
    }

    /// The rules at work in this node.
    pub fn service(&self) -> &Arc<Service> {
        &self.service
    }

    /// The right to administer this node.
    pub fn operator(&self) -> &Operator {
        &self.operator
    }

    /// Returns, with the reason, when the node cannot go on: what it would acknowledge could not be relied upon.
    pub async fn failed(&self) -> String {
        self.store.failed().await
    }

    /// Stops in four steps; see the [module](self).
    pub async fn shutdown(self) {
        tracing::info!("stop accepting");
        self.stop.stop();
        self.admin.stop();

        let clients = self.hub.connections();
        tracing::info!(clients, "tell clients when to come back");
        let mut seed = [0; 8];
        SystemEntropy.fill(&mut seed);
        self.hub
            .say_bye(limits::RECONNECT_SPREAD, u64::from_le_bytes(seed));

        tracing::info!(deadline = ?self.shutdown_deadline, "drain");
        let cancel = self.accepting.abort_handle();
        let drain = async {
            self.hub.emptied().await;
            self.service.shutdown(&self.operator).await;
            let _ = self.accepting.await;
        };
        if tokio::time::timeout(self.shutdown_deadline, drain)
            .await
            .is_err()
        {
            tracing::warn!(clients = self.hub.connections(), "cancel what is left");
            cancel.abort();
        }
        self.store.close().await;
        tracing::info!("stopped");
    }
}

/// Opens a database, with its threads in their precedence.
pub fn open_store(path: impl AsRef<Path>) -> Result<SqliteStore, OpenError> {
    let options = Options {
        on_settler_start: precedence::give_way_to_all,
        on_copier_start: precedence::give_way,
        ..Options::default()
    };
    SqliteStore::open(path, &options)
}

/// What to do where there is no database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Say so, and make nothing: the folder is most likely the wrong one.
    Refuse,
    /// Make an empty one.
    Create,
}

/// A service on a database without a network, for the operator's commands while no server runs.
pub struct Offline {
    service: Arc<Service>,
    operator: Operator,
    store: Arc<SqliteStore>,
}

impl Offline {
    /// Opens the database of a configuration.
    ///
    /// # Errors
    /// There is none and none is to be made, or it cannot be opened: the message says what to do.
    pub fn open(config: &Config, missing: Missing) -> anyhow::Result<Self> {
        let path = config.database();
        if missing == Missing::Refuse && !path.exists() {
            bail!(
                "there is no database in the folder {}; say where it is with --data-dir, or make one \
                 with `hongyan serve` or `hongyan user add --create`",
                config.data_dir.display()
            );
        }
        make_data_dir(&config.data_dir)?;
        let store = Arc::new(open_store(path)?);
        let bus: Arc<dyn Bus> = Arc::new(MemoryBus::alone());
        let hub = Hub::new(Arc::clone(&bus));
        let (service, operator) = start_service(
            Arc::new(SystemClock),
            config,
            Demo::Without,
            Arc::clone(&store) as _,
            bus,
            hub,
        );
        Ok(Self {
            service,
            operator,
            store,
        })
    }

    /// The rules at work on this database.
    pub fn service(&self) -> &Arc<Service> {
        &self.service
    }

    /// The right to administer it.
    pub fn operator(&self) -> &Operator {
        &self.operator
    }

    /// The database.
    pub fn store(&self) -> &SqliteStore {
        &self.store
    }

    /// Writes down what is to be written, and lets go of the database.
    pub async fn close(self) {
        self.service.shutdown(&self.operator).await;
        self.store.close().await;
    }
}

fn start_service(
    clock: Arc<dyn Clock>,
    config: &Config,
    demo: Demo,
    store: Arc<dyn Store>,
    bus: Arc<dyn Bus>,
    sink: Arc<dyn Sink>,
) -> (Arc<Service>, Operator) {
    let minutes = |minutes: u64| Duration::from_secs(minutes.saturating_mul(60));
    Service::start(Parts {
        store,
        bus,
        sink,
        clock,
        entropy: Arc::new(SystemEntropy),
        rules: Rules {
            edit_window: minutes(config.edit_window_minutes),
            recall_window: minutes(config.recall_window_minutes),
            session_lifetime: minutes(config.session_days.saturating_mul(24 * 60)),
            show_logins: config.show_logins || demo == Demo::With,
            keep: Retention {
                days: config.retention.days,
                entries: config.retention.entries,
            },
            keep_looks_every: Duration::from_secs(config.retention.look_every_seconds),
        },
    })
}

fn settings(config: &Config, sockets: usize) -> anyhow::Result<Settings> {
    let origins = Origins::new(config.allowed_origins.iter().cloned())?;
    Ok(Settings {
        hosts: Hosts::new(config.hosts.iter().cloned(), &origins)?,
        origins,
        trusted_proxies: TrustedProxies::new(config.trusted_proxies.iter().map(String::as_str))?,
        secure_cookies: config.secure_cookies,
        delivery: hongyan_delivery::server::Policy {
            ack_timeout: Duration::from_millis(config.delivery.ack_timeout_ms),
            repush_interval: Duration::from_millis(config.delivery.repush_interval_ms),
            repushes: config.delivery.repushes,
            ..Default::default()
        },
        heartbeat: hongyan_protocol::heartbeat::Policy {
            start: Duration::from_millis(config.heartbeat.start_ms),
            foreground_cap: Duration::from_millis(config.heartbeat.foreground_cap_ms),
            background_cap: Duration::from_millis(config.heartbeat.background_cap_ms),
            timeout: Duration::from_millis(config.heartbeat.timeout_ms),
        },
        door: DoorSettings {
            http_connections_per_address: config.limits.http_connections_per_address,
            user_units_per_second: config.limits.user_units_per_second,
            address_units_per_second: config.limits.address_units_per_second,
            sockets: Some(sockets),
        },
    })
}

fn classic(config: &Config) -> hongyan_classic::Settings {
    hongyan_classic::Settings {
        enabled: config.classic.enabled,
        loopback_origins: config.classic.loopback_origins,
        idle: Duration::from_millis(config.classic.idle_ms),
    }
}

/// Like [`TcpListener::bind`], with room for more that come at once: of those that find none the system drops the
/// first packet, and they knock again after a second.
fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    // The address is free at once after a restart.
    socket.set_reuseaddr(true)?;
    // What is accepted has it from the one that listens.
    SockRef::from(&socket).set_tcp_notsent_lowat(limits::UNSENT_BYTES)?;
    socket.bind(address)?;
    socket.listen(limits::BACKLOG)
}

/// Only the server's own user may look into the folder. One that was there already is taken as it is, if it is not
/// another user's: the files in it are private in any case.
fn make_data_dir(path: &Path) -> anyhow::Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("cannot make the data folder {}", path.display()))?;
    let folder = std::fs::metadata(path)
        .with_context(|| format!("cannot look at the data folder {}", path.display()))?;
    let (owner, me) = (folder.uid(), rustix::process::geteuid());
    // Root may do everything anyway, and must be able to serve a folder that was mounted for it.
    if owner != me.as_raw() && owner != 0 && !me.is_root() {
        bail!(
            "the data folder {} belongs to another user (uid {owner}), who could read and replace everything in it; \
             run as that user, or choose another folder with --data-dir",
            path.display()
        );
    }
    let mode = folder.mode() & 0o777;
    if mode & 0o022 != 0 {
        tracing::warn!(
            "others can put files into the data folder {}, whose mode is {mode:04o}, and so replace the database; \
             chmod 700 it",
            path.display()
        );
    } else if mode & 0o077 != 0 {
        tracing::warn!(
            "others can look into the data folder {}, whose mode is {mode:04o}, though not into its files; chmod 700 it",
            path.display()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn an_accepted_connection_shows_what_its_link_takes() {
        let listener = listen(([127, 0, 0, 1], 0).into()).unwrap();
        let address = listener.local_addr().unwrap();
        let (_near, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        let unsent = SockRef::from(&accepted.unwrap().0).tcp_notsent_lowat();
        assert_eq!(unsent.unwrap(), limits::UNSENT_BYTES);
    }
}
