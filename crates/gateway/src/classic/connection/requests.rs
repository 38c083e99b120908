//! What each frame of a classic client does, and how pushes are made.

use std::sync::Arc;

use hongyan_delivery::classic::{Entry, Shown};
use hongyan_protocol::{ConversationId, ErrorCode, Failure, Ping, Seq, UserId};
use hongyan_service::{Caller, DirectMessage, Service, ServiceError};

use super::super::calls;
use super::super::frame::{self, Frame, failure};
use super::super::limits::HEARTBEAT_CAP;
use super::super::view::{MessageVo, People, encode};
use super::{Answer, Connection, End, Page};
use crate::price;

impl Connection {
    /// Handles one text frame.
    pub(super) fn handle(&mut self, text: &str) -> Result<(), End> {
        let frame = Frame::decode(text).and_then(|frame| self.check(frame));
        let frame = match frame {
            Ok(frame) => frame,
            Err(failure) => return self.refuse(&failure),
        };
        self.strikes = self.strikes.saturating_sub(1);
        if let Err(refused) = self.pay(&frame, text.len()) {
            self.say(frame::error(&Failure::from(&refused)));
            return Ok(());
        }
        let service = Arc::clone(self.service());
        let caller = self.caller;
        match frame {
            Frame::Heartbeat {
                timeout_ms, learnt, ..
            } => {
                let ping = Ping {
                    interval_ms: timeout_ms,
                    learnt,
                    background: false,
                };
                let next_ms = self.gateway.heartbeat.next_interval_ms(&ping);
                let cap_ms = u64::try_from(HEARTBEAT_CAP.as_millis()).unwrap_or(u64::MAX);
                self.say(frame::heartbeat(next_ms.min(cap_ms)));
            }
            Frame::Ack { tid } => self.outgoing.ack(tid, &mut self.actions),
            Frame::Bind { .. } if self.bound => self.say(frame::bound()),
            Frame::Bind { .. } => {
                self.bound = true;
                self.working = Some(Box::pin(async move {
                    let missed = service.undelivered(&caller).await;
                    missed.map_or(Answer::NotOnline, Answer::Online)
                }));
            }
            Frame::Query { other, .. } => {
                self.working = Some(Box::pin(query(service, caller, other)));
            }
            Frame::Send {
                recipient,
                content,
                kind,
                ..
            } => {
                self.sent += 1;
                let client_id = format!("{}-{}", self.own, self.sent);
                self.working = Some(Box::pin(async move {
                    let sent = calls::send(&service, &caller, recipient, content, kind, client_id);
                    answer(sent.await.map(|message| frame::sent(&message)))
                }));
            }
            Frame::Unread { .. } => {
                self.working = Some(Box::pin(async move {
                    let total = service.total_unread(&caller).await;
                    let total = total.map_err(|error| Failure::from(&error));
                    answer(total.map(frame::unread))
                }));
            }
        }
        Ok(())
    }

    /// Reads the logs for what is to be pushed.
    pub(super) fn fetch(&mut self, after: Vec<(ConversationId, Seq)>, limit: usize) {
        let (service, caller) = (Arc::clone(self.service()), self.caller);
        let own = self.own.clone();
        self.fetching = Some(Box::pin(read_page(service, caller, after, limit, own)));
    }

    /// The user pays for a frame, or has to wait.
    fn pay(&self, frame: &Frame, bytes: usize) -> Result<(), ServiceError> {
        let price = match frame {
            Frame::Heartbeat { .. } | Frame::Ack { .. } => return Ok(()),
            Frame::Send { .. } => price::SEND,
            Frame::Bind { .. } | Frame::Query { .. } | Frame::Unread { .. } => price::PAGE,
        };
        let rate = &self.gateway.door.users.rate;
        rate.try_spend(&self.budget, price.and(price::bytes_in(bytes)), rate.now())
    }

    /// Refuses what is somebody else's, and what comes before the client is online.
    fn check(&self, frame: Frame) -> Result<Frame, Failure> {
        if let Some(claimed) = frame.claims() {
            calls::check_claim(&self.caller, claimed)?;
        }
        if self.bound || matches!(frame, Frame::Bind { .. }) {
            Ok(frame)
        } else {
            let message = "go online first, with a frame of type 1";
            Err(failure(ErrorCode::BadRequest, message))
        }
    }
}

async fn query(service: Arc<Service>, caller: Caller, other: UserId) -> Answer {
    match calls::query(&service, &caller, other).await {
        Ok(found) => {
            let frame = frame::messages(&found.messages);
            match found.up_to {
                Some((conv, seq)) => Answer::Shown(frame, conv, seq),
                None => Answer::Frame(frame),
            }
        }
        Err(error) => answer(Err(Failure::from(&error))),
    }
}

/// The oldest entries after these positions, as pushes. `own` is what the client ids of this
/// connection's messages begin with: their answer was the frame of type 3.
async fn read_page(
    service: Arc<Service>,
    caller: Caller,
    after: Vec<(ConversationId, Seq)>,
    limit: usize,
    own: String,
) -> Page {
    let found = service.oldest_entries(&caller, &after, limit).await?;
    let messages = found
        .entries
        .iter()
        .filter_map(|entry| entry.message.as_ref());
    let mut ids: Vec<UserId> = messages
        .flat_map(|message| [message.from, message.to])
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let people = service.people(&caller, &ids).await?;
    let entries = found.entries.into_iter().map(|entry| {
        let message = entry.message.filter(|message| {
            // A recalled message shows as a notice when the conversation is queried; nobody need be
            // called for it.
            message.text.is_some() && !message.client_id.as_str().starts_with(&own)
        });
        Entry {
            conv: entry.conv,
            seq: entry.seq,
            shown: message.map(|message| shown(&message, &people)),
        }
    });
    Ok((entries.collect(), found.gone))
}

fn shown<P: From<String>>(message: &DirectMessage, people: &People) -> Shown<P> {
    let encoded = encode(&MessageVo::of_sender(message, people));
    Shown {
        bytes: encoded.len(),
        payload: encoded.into(),
    }
}

fn answer(result: Result<String, Failure>) -> Answer {
    Answer::Frame(result.unwrap_or_else(|failure| frame::error(&failure)))
}
