//! The socket of a page that is not signed in any more: it is told so, and left in peace.
//!
//! The course's page connects again after each refusal and each close, twice for each failure. A sign-in
//! that is over cannot be mended by trying, so its socket is opened, and its bind answered with "not online":
//! then the page is quiet. Nothing else can be done on such a socket, and nothing is pushed to it.

use std::sync::Arc;

use hongyan_delivery::Tick;
use hongyan_gateway::adapter::{Ending, Item, Pace, Received, Registration, Socket, WriteError};
use hongyan_protocol::{CloseCode, ErrorCode, Millis, Ping, SessionId, UserId};
use tokio::time::Instant;

use super::Classic;
use super::frame::{self, Frame, failure};
use super::limits::HEARTBEAT_CAP;

/// Whose sockets these are, in the hub. Users begin at 1.
const NOBODY: UserId = UserId::from_trusted(0);

/// When their sign-in ends.
const NEVER: Millis = Millis::from_trusted((1 << 53) - 1);

/// A place among such sockets.
pub(super) struct Seat {
    registration: Registration,
    _permit: tokio::sync::OwnedSemaphorePermit,
}

/// A place for one more, where there is one.
pub(super) fn enter(classic: &Classic) -> Option<Seat> {
    let permit = Arc::clone(&classic.signed_out).try_acquire_owned().ok()?;
    Some(Seat {
        registration: classic
            .gateway
            .register_apart(NOBODY, SessionId::from_trusted(0), NEVER),
        _permit: permit,
    })
}

/// Serves one such socket until it ends.
pub(super) async fn serve(classic: Arc<Classic>, mut socket: Socket, seat: Seat) {
    if let Ok(code) = talk(&classic, &mut socket, &seat).await {
        drop(seat);
        socket.close(code).await;
    }
}

/// Answers until the node goes down or the client breaks a rule: then with which code to close. Not, when it
/// is gone.
async fn talk(
    classic: &Classic,
    socket: &mut Socket,
    seat: &Seat,
) -> Result<CloseCode, WriteError> {
    let started = Instant::now();
    let now =
        || Tick::from_millis(u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX));
    let mut pace = Pace::default();
    let outbox = seat.registration.outbox();
    let (mut heard, mut asked) = (Instant::now(), false);
    loop {
        socket.flush().await?;
        if let Some(Ending::Now(code) | Ending::Bye { code, .. }) =
            outbox.take(&mut std::collections::VecDeque::<Item>::new())
        {
            return Ok(code);
        }
        let patience = if asked {
            classic.settings.idle + classic.settings.pong_within()
        } else {
            classic.settings.idle
        };
        let resumes = pace
            .resumes(now())
            .map(|at| started + std::time::Duration::from_millis(at.as_millis()));
        let received = tokio::select! {
            received = socket.receive(), if resumes.is_none() => received,
            () = outbox.changed() => continue,
            () = tokio::time::sleep_until(resumes.unwrap_or(heard + patience)) => {
                if resumes.is_none() {
                    if asked {
                        return Ok(CloseCode::IdleTimeout);
                    }
                    asked = true;
                    socket.ping()?;
                }
                continue;
            }
        };
        pace.spend(now(), 0);
        (heard, asked) = (Instant::now(), false);
        match received {
            Received::Text(text) => socket.feed(answer(classic, &text).into())?,
            Received::Life | Received::Much => {}
            Received::Gone => return Err(WriteError::Gone),
            Received::Violation(code) => return Ok(code),
        }
    }
}

fn answer(classic: &Classic, text: &str) -> String {
    match Frame::decode(text) {
        Ok(Frame::Bind { .. }) => frame::signed_out(),
        // Without an answer the page would give the connection up, and come back.
        Ok(Frame::Heartbeat {
            timeout_ms, learnt, ..
        }) => {
            let ping = Ping {
                interval_ms: timeout_ms,
                learnt,
                background: false,
            };
            let cap_ms = u64::try_from(HEARTBEAT_CAP.as_millis()).unwrap_or(u64::MAX);
            frame::heartbeat(
                classic
                    .gateway
                    .heartbeat()
                    .next_interval_ms(&ping)
                    .min(cap_ms),
            )
        }
        Ok(_) => frame::error(&failure(
            ErrorCode::Unauthenticated,
            "sign in with POST /login",
        )),
        Err(refused) => frame::error(&refused),
    }
}
