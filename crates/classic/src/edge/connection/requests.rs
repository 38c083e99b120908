//! What each frame of a classic client does, and how pushes are made.

use std::sync::Arc;

use hongyan_delivery::Tick;
use hongyan_protocol::{ConversationId, ErrorCode, Failure, Ping, Seq, UserId};
use hongyan_service::{Attention, Caller, DirectMessage, Service, ServiceError};

use super::super::calls;
use super::super::frame::{self, Frame, failure};
use super::super::limits::{HANDOVER, HEARTBEAT_CAP, NOTICE_EVERY};
use super::super::view::{MessageVo, People, encode};
use super::{Answer, Connection, End, Page};
use crate::delivery::{Entry, Shown};

impl Connection {
    /// Handles one text frame.
    pub(super) fn handle(&mut self, text: &str) -> Result<(), End> {
        let frame = Frame::decode(text).and_then(|frame| self.check(frame));
        let frame = match frame {
            Ok(frame) => frame,
            Err(failure) => return self.refuse(&failure),
        };
        self.strikes = self.strikes.saturating_sub(1);
        let now = self.now();
        if let Err(refused) = self.pay(&frame, text.len()) {
            self.refuse_to_pay_for(frame, &Failure::from(&refused), now);
            return Ok(());
        }
        if self.place.delivery().spoke(now, &mut self.actions) {
            self.registration.take_part();
            self.be_seen();
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
                let next_ms = self.classic.gateway.heartbeat().next_interval_ms(&ping);
                let cap_ms = u64::try_from(HEARTBEAT_CAP.as_millis()).unwrap_or(u64::MAX);
                self.say(frame::heartbeat(next_ms.min(cap_ms)));
            }
            Frame::Ack { tid } => self.ack(tid),
            Frame::Bind { page, own, .. } => self.bind(page, own),
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
                let shows_errors = self.shows_errors();
                self.working = Some(Box::pin(async move {
                    let is_empty = content.is_empty();
                    let sent = calls::send(&service, &caller, recipient, content, kind, client_id);
                    let sent = match sent.await {
                        Err(failure) if !shows_errors => {
                            let (service, to) = (&service, recipient);
                            Ok(calls::refused(service, &caller, to, is_empty, &failure).await)
                        }
                        sent => sent,
                    };
                    answer(sent.map(|message| frame::sent(&message)))
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

    /// Says that the user has to wait; to a page that would not see it, in the place of the message.
    fn refuse_to_pay_for(&mut self, frame: Frame, failure: &Failure, now: Tick) {
        match frame {
            // To make a notice is work as well: now and then is enough.
            Frame::Send { recipient, .. }
                if !self.shows_errors()
                    && self.noticed.is_none_or(|at| at.after(NOTICE_EVERY) <= now) =>
            {
                self.noticed = Some(now);
                let (service, caller) = (Arc::clone(self.service()), self.caller);
                let failure = failure.clone();
                self.working = Some(Box::pin(async move {
                    let to = recipient;
                    let notice = calls::refused(&service, &caller, to, false, &failure).await;
                    answer(Ok(frame::sent(&notice)))
                }));
            }
            _ => self.say(frame::error(failure)),
        }
    }

    /// Whether the client knows an error when it sees one.
    fn shows_errors(&self) -> bool {
        self.knows_errors || !self.is_page
    }

    /// The user is seen to be there from here on.
    fn be_seen(&mut self) {
        if !std::mem::replace(&mut self.is_seen, true) {
            let service = self.service();
            service.attend(&self.caller, Attention::Gone, Attention::Foreground);
        }
    }

    /// Goes online; or, on a socket that stood back, says that it is no such one.
    fn bind(&mut self, page: Option<Box<str>>, wants_own: bool) {
        let now = self.now();
        {
            let mut delivery = self.place.delivery();
            let is_again = std::mem::replace(&mut delivery.bound, true);
            if is_again {
                delivery.come_forward(now, &mut self.actions);
            }
            self.registration.take_part();
            if is_again {
                drop(delivery);
                self.be_seen();
                return self.say(frame::bound());
            }
        }
        self.be_seen();
        (self.knows_errors, self.wants_own) = (page.is_some(), wants_own);
        if self.classic.pages.take_over(&self.place, page) {
            self.say(frame::bound());
            self.hands_over = Some(now.after(HANDOVER));
        } else {
            self.come_online(true);
        }
    }

    /// Finds out what was missed. `is_asked`: the bind is to be answered then.
    pub(super) fn come_online(&mut self, is_asked: bool) {
        let (service, caller) = (Arc::clone(self.service()), self.caller);
        self.working = Some(Box::pin(async move {
            match service.undelivered(&caller).await {
                Ok(missed) => Answer::Online(missed, is_asked),
                Err(_) => Answer::NotOnline,
            }
        }));
    }

    /// An ack is for a push of this socket; else of an earlier one of the page, which speaks here now.
    fn ack(&mut self, tid: u64) {
        let is_own = self.place.delivery().outgoing.ack(tid, &mut self.actions);
        if !is_own {
            let follows = self.classic.pages.ack_of_page(&self.place, tid);
            self.actions.extend(follows);
        }
    }

    /// Reads the logs for what is to be pushed.
    pub(super) fn fetch(&mut self, after: Vec<(ConversationId, Seq)>, limit: usize) {
        let (service, caller) = (Arc::clone(self.service()), self.caller);
        let own = self.wants_own.then(|| self.own.clone());
        self.fetching = Some(Box::pin(read_page(service, caller, after, limit, own)));
    }

    /// The user pays for a frame, or has to wait.
    fn pay(&self, frame: &Frame, bytes: usize) -> Result<(), ServiceError> {
        match frame {
            Frame::Heartbeat { .. } | Frame::Ack { .. } => Ok(()),
            Frame::Send { .. } => self.purse.pay_for_message(bytes),
            Frame::Bind { .. } | Frame::Query { .. } | Frame::Unread { .. } => {
                self.purse.pay_for_question(bytes)
            }
        }
    }

    /// Refuses what is somebody else's, and what comes before the client is online.
    fn check(&self, frame: Frame) -> Result<Frame, Failure> {
        if let Some(claimed) = frame.claims() {
            calls::check_claim(&self.caller, claimed)?;
        }
        if self.place.delivery().bound || matches!(frame, Frame::Bind { .. }) {
            Ok(frame)
        } else {
            let message = "go online first, with a frame of type 1";
            Err(failure(ErrorCode::BadRequest, message))
        }
    }
}

async fn query(service: Arc<Service>, caller: Caller, other: UserId) -> Answer {
    match calls::query(&service, &caller, other, true).await {
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

/// The oldest entries after these positions, as pushes: what others sent. A client that wants what its user
/// sent elsewhere as well says what the client ids of its own messages begin with: their answer was the
/// frame of type 3.
async fn read_page(
    service: Arc<Service>,
    caller: Caller,
    after: Vec<(ConversationId, Seq)>,
    limit: usize,
    own: Option<String>,
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
            let is_news = message.from != caller.user()
                || own
                    .as_ref()
                    .is_some_and(|own| !message.client_id.as_str().starts_with(own));
            message.text.is_some() && is_news
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
