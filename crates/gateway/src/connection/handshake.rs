//! From the open socket to `welcome`: finds out the user.

use std::sync::Arc;

use hongyan_protocol::limits::{CLIENT_FRAME_BYTES, HELLO_TIMEOUT, TEXT_BYTES, UNACKED_ENTRIES};
use hongyan_protocol::{
    AdvertisedLimits, ClientFrame, CloseCode, ErrorCode, Hello, ServerFrame, UserProfile, Welcome,
};
use hongyan_service::{Caller, ServiceError};
use tokio::time::timeout;

use crate::Gateway;
use crate::door::{Budget, Place, Source};
use crate::hub::Registration;
use crate::limits::{REQUESTS_IN_FLIGHT, SIGNS_BEFORE_HELLO};
use crate::price;
use crate::transport::{Received, Socket};

/// Who said `hello`, and was told `welcome`.
pub(super) struct Welcomed {
    pub(super) caller: Caller,
    pub(super) registration: Registration,
    pub(super) budget: Arc<Budget>,
}

/// Waits for `hello`, registers the connection and says `welcome`. On failure: the code to close
/// with, if the client is still there. Until then it holds a place that others may need.
pub(super) async fn run(
    gateway: &Arc<Gateway>,
    socket: &mut Socket,
    cookie: Option<String>,
    place: Place,
    source: Source,
) -> Result<Welcomed, Option<CloseCode>> {
    let hello = tokio::select! {
        hello = timeout(HELLO_TIMEOUT, wait_for_hello(socket)) => hello,
        () = place.gives_way() => return Err(Some(CloseCode::Overloaded)),
    };
    let (req, hello) = hello.map_err(|_| CloseCode::HelloTimeout)??;
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
    let (caller, user) = authenticated.map_err(|error| {
        let sources = &gateway.door.sources;
        let stranger = sources.of(source);
        sources
            .rate
            .spend(&stranger, price::SIGN_IN, sources.rate.now());
        close_code(&error)
    })?;
    let budget = gateway.door.recognise(caller.user(), source);
    socket.allow_frames_of(CLIENT_FRAME_BYTES);
    // Registered before the client can ask for its sync: nothing falls between the two.
    let registration = gateway.hub.register(&caller);
    let welcome = ServerFrame::Welcome(welcome(gateway, &caller, user)).encode(req);
    socket.feed(welcome.into()).map_err(|_| None)?;
    Ok(Welcomed {
        caller: caller.on(registration.outbox().connection()),
        registration,
        budget,
    })
}

async fn wait_for_hello(socket: &mut Socket) -> Result<(Option<u64>, Hello), Option<CloseCode>> {
    let mut signs = 0;
    loop {
        match socket.receive().await {
            Received::Text(text) => {
                return match ClientFrame::decode(&text) {
                    Ok((req, ClientFrame::Hello(hello))) => Ok((req, hello)),
                    Ok(_) | Err(_) => Err(Some(CloseCode::ProtocolViolation)),
                };
            }
            Received::Life => {
                signs += 1;
                if signs > SIGNS_BEFORE_HELLO {
                    return Err(Some(CloseCode::ProtocolViolation));
                }
            }
            // No frame comes of it that is worth waiting for.
            Received::Much => return Err(Some(CloseCode::ProtocolViolation)),
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
        _ if *error == ServiceError::SessionRevoked => CloseCode::SessionRevoked,
        ErrorCode::Unauthenticated => CloseCode::Unauthenticated,
        code if code.is_retryable() => CloseCode::Overloaded,
        _ => CloseCode::Internal,
    }
}
