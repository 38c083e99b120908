//! From the open socket to `welcome`: who is this?

use std::sync::Arc;

use hongyan_protocol::limits::{CLIENT_FRAME_BYTES, HELLO_TIMEOUT, TEXT_BYTES, UNACKED_ENTRIES};
use hongyan_protocol::{
    AdvertisedLimits, ClientFrame, CloseCode, ErrorCode, Hello, ServerFrame, UserProfile, Welcome,
};
use hongyan_service::{Caller, ServiceError};
use tokio::time::timeout;

use crate::Gateway;
use crate::hub::Registration;
use crate::limits::REQUESTS_IN_FLIGHT;
use crate::transport::{Received, Socket};

/// Waits for `hello`, registers the connection and says `welcome`. On failure: the code to close
/// with, if the client is still there.
pub(super) async fn run(
    gateway: &Arc<Gateway>,
    socket: &mut Socket,
    cookie: Option<String>,
) -> Result<(Caller, Registration), Option<CloseCode>> {
    let hello = timeout(HELLO_TIMEOUT, wait_for_hello(socket));
    let (req, hello) = hello.await.map_err(|_| CloseCode::HelloTimeout)??;
    let token = hello
        .token
        .map(String::from)
        .or(cookie)
        .ok_or(CloseCode::Unauthenticated)?;
    let client = hello.client.map(String::from);
    let authenticated = gateway
        .service
        .authenticate_connection(&token, client)
        .await;
    let (caller, user) = authenticated.map_err(|error| close_code(&error))?;
    // Registered before the client can ask for its sync: nothing falls between the two.
    let registration = gateway.hub.register(&caller);
    let welcome = ServerFrame::Welcome(welcome(gateway, &caller, user)).encode(req);
    socket.feed(welcome.into()).map_err(|_| None)?;
    Ok((caller.on(registration.outbox().connection()), registration))
}

async fn wait_for_hello(socket: &mut Socket) -> Result<(Option<u64>, Hello), Option<CloseCode>> {
    loop {
        match socket.receive().await {
            Received::Text(text) => {
                return match ClientFrame::decode(&text) {
                    Ok((req, ClientFrame::Hello(hello))) => Ok((req, hello)),
                    Ok(_) | Err(_) => Err(Some(CloseCode::ProtocolViolation)),
                };
            }
            Received::Life => {}
            Received::Gone => return Err(None),
            Received::Violation(code) => return Err(Some(code)),
        }
    }
}

fn welcome(gateway: &Gateway, caller: &Caller, user: UserProfile) -> Welcome {
    Welcome {
        user,
        session: caller.session(),
        epoch: Some(gateway.service.epoch().into()),
        heartbeat: gateway.heartbeat.first_plan(),
        limits: AdvertisedLimits {
            frame_bytes: CLIENT_FRAME_BYTES,
            text_bytes: TEXT_BYTES,
            requests: REQUESTS_IN_FLIGHT,
            unacked_entries: UNACKED_ENTRIES,
        },
        server_time: gateway.service.now(),
        server: concat!("hongyan/", env!("CARGO_PKG_VERSION")).into(),
    }
}

/// Only a bad token is final; a store that is away will come back.
fn close_code(error: &ServiceError) -> CloseCode {
    match error.code() {
        ErrorCode::Unauthenticated => CloseCode::Unauthenticated,
        code if code.is_retryable() => CloseCode::Overloaded,
        _ => CloseCode::Internal,
    }
}
