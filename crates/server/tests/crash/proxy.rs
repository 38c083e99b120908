//! A network between client and server that can be cut or frozen.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the network does with what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// Brings it.
    Fair,
    /// Swallows it, as a NAT does that forgot the connection. Nobody is told.
    Frozen,
    /// Breaks every connection, and new ones at once.
    Cut,
}

/// A forwarder to a server.
pub struct Proxy {
    address: SocketAddr,
    weather: watch::Sender<Weather>,
}

impl Proxy {
    /// A network to the server.
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (weather, watched) = watch::channel(Weather::Fair);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(forward(client, server, watched.clone()));
            }
        });
        Self { address, weather }
    }

    /// The URL by which a client reaches the server through this network.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Changes what the network does.
    pub fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }
}

async fn forward(client: TcpStream, server: SocketAddr, weather: watch::Receiver<Weather>) {
    let mut cut = weather.clone();
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = carry(from_client, to_server, weather.clone()) => {}
        () = carry(from_server, to_client, weather) => {}
        _ = cut.wait_for(|weather| *weather == Weather::Cut) => {}
    }
}

/// Once frozen a connection stays so: what was swallowed cannot be brought later.
async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, weather: watch::Receiver<Weather>) {
    let mut buffer = vec![0; 16 * 1024];
    let mut swallowing = false;
    loop {
        let Ok(read @ 1..) = from.read(&mut buffer).await else {
            return;
        };
        swallowing |= *weather.borrow() == Weather::Frozen;
        if !swallowing && to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
