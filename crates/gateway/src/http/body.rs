//! A request's body: how large it may be, how slowly it may come, and what it costs.
//!
//! Promises: before it is known whose it is, it is not larger than [`STRANGER_BODY_BYTES`], whatever it says of itself;
//! what is on its way in takes no more of the node's memory than there is for it.

use axum::body::HttpBody;
use axum::extract::Request;
use bytes::{Buf, Bytes, BytesMut};
use futures_util::StreamExt;
use hongyan_protocol::ErrorCode;
use hongyan_protocol::limits::CLIENT_FRAME_BYTES;
use hongyan_service::ServiceError;
use tokio::time::timeout_at;

use super::error::ApiError;
use crate::Gateway;
use crate::door::{Deadline, Held, Visit};
use crate::limits::{BODY_STEP_BYTES, STRANGER_BODY_BYTES, UNCOUNTED_BYTES};
use crate::price;

/// The whole body.
pub(super) async fn read(request: Request, gateway: &Gateway) -> Result<Bytes, ApiError> {
    let visit = request.extensions().get::<Visit>().cloned();
    let visit = visit.ok_or(ServiceError::Internal)?;
    let most = match visit.user() {
        Some(_) => CLIENT_FRAME_BYTES,
        None => STRANGER_BODY_BYTES,
    };
    let body = request.into_body();
    if body.size_hint().lower() > most as u64 {
        return Err(too_large(most));
    }
    let mut pieces = body.into_data_stream();
    let mut deadline = Deadline::new();
    let mut whole = BytesMut::new();
    let mut room = Room::default();
    loop {
        let piece = timeout_at(deadline.at(), pieces.next()).await;
        let piece = match piece {
            Ok(None) => break,
            Ok(Some(Ok(piece))) => piece,
            // Nobody may be there to hear it.
            Ok(Some(Err(_))) | Err(_) => return Err(stopped()),
        };
        if whole.len() + piece.len() > most {
            return Err(too_large(most));
        }
        room.make(gateway, &visit, whole.len() + piece.len())?;
        deadline.moved(piece.remaining());
        visit.goes_on();
        whole.extend_from_slice(&piece);
    }
    visit.pay(gateway, price::bytes_in(whole.len()));
    Ok(room.with(whole.freeze()))
}

/// What is held of a body, in steps.
#[derive(Default)]
struct Room {
    held: Option<Held>,
    bytes: usize,
}

impl Room {
    fn make(&mut self, gateway: &Gateway, visit: &Visit, bytes: usize) -> Result<(), ServiceError> {
        if bytes <= UNCOUNTED_BYTES.max(self.bytes) {
            return Ok(());
        }
        let user = visit.user().ok_or(ServiceError::Internal)?;
        let more = bytes.next_multiple_of(BODY_STEP_BYTES) - self.bytes;
        match &mut self.held {
            Some(held) => held.grow(more)?,
            none => *none = Some(gateway.door.memory.hold(user, more)?),
        }
        self.bytes += more;
        Ok(())
    }

    fn with(self, bytes: Bytes) -> Bytes {
        match self.held {
            Some(held) => held.with(bytes),
            None => bytes,
        }
    }
}

fn too_large(most: usize) -> ApiError {
    ApiError::from((
        ErrorCode::TooLarge,
        format!("a body has at most {most} bytes here"),
    ))
}

fn stopped() -> ApiError {
    ApiError::from((
        ErrorCode::BadRequest,
        "the body did not come to its end".to_owned(),
    ))
}
