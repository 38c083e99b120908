//! What each frame of a welcome client does.

use std::sync::Arc;

use hongyan_protocol::{
    Ack, ClientFrame, CloseCode, DecodeError, Done, ErrorCode, Failure, Ping, Pong, Sent, Seq,
    ServerFrame, SetView,
};
use hongyan_service::{Attention, Reply, ServiceError};

use super::{Answer, Connection, End};
use crate::limits::BROKEN_FRAMES;
use crate::outbox::{Item, Outbox};
use crate::price::{self, Price};

impl Connection {
    /// Handles one text frame.
    pub(super) fn handle(&mut self, text: &str) -> Result<(), End> {
        let came = price::bytes_in(text.len());
        let (req, frame) = match ClientFrame::decode(text) {
            Ok(decoded) => decoded,
            Err(error) => {
                self.pay(came);
                return self.refuse(error);
            }
        };
        let price = price::of_frame(&frame);
        if price == price::FREE {
            self.pay(came);
        } else if let Err(refused) = self.try_pay(price.and(came)) {
            // A hint has no answer.
            if matches!(frame, ClientFrame::Typing(_)) {
                return Ok(());
            }
            self.answer(req, &failed(&refused));
            return Ok(());
        }
        let service = Arc::clone(self.service());
        let caller = self.caller;
        match frame {
            ClientFrame::Hello(_) => self.answer(req, &ServerFrame::Error(already_welcome())),
            ClientFrame::Ping(ping) => self.pong(req, &ping),
            ClientFrame::Ack(ack) => self.ack(req, ack),
            ClientFrame::Send(send) => service.send(&caller, send, self.reply_sent(req, None)),
            ClientFrame::Edit(edit) => {
                let reply = self.reply_sent(req, Some(edit.seq));
                service.edit(&caller, edit, reply);
            }
            ClientFrame::Recall(recall) => {
                let reply = self.reply_sent(req, Some(recall.seq));
                service.recall(&caller, recall, reply);
            }
            ClientFrame::Read(read) => {
                let reply = self.reply(req, |()| Some(ServerFrame::Done(Done {})));
                service.read(&caller, read, reply);
            }
            ClientFrame::SetView(SetView { conv, view }) => {
                let reply = self.reply(req, |viewed| Some(ServerFrame::View(viewed)));
                service.set_view(&caller, conv, view, reply);
            }
            ClientFrame::Sync(sync) => self.read_later(req, async move {
                service.sync(&caller, sync).await.map(ServerFrame::Synced)
            }),
            ClientFrame::History(history) => self.read_later(req, async move {
                service
                    .history(&caller, history)
                    .await
                    .map(ServerFrame::History)
            }),
            ClientFrame::React(react) => {
                let reply = self.reply(req, |()| Some(ServerFrame::Done(Done {})));
                service.react(&caller, react, reply);
            }
            ClientFrame::Reactions(ask) => self.read_later(req, async move {
                let page = service.reactions(&caller, ask).await;
                page.map(ServerFrame::Reactions)
            }),
            ClientFrame::Watch(watch) => self.read_later(req, async move {
                let watches = service.watch(&caller, watch).await;
                watches.map(|()| ServerFrame::Done(Done {}))
            }),
            ClientFrame::Typing(typing) => service.typing(&caller, typing),
            ClientFrame::ReadBy(ask) => self.read_later(req, async move {
                let counts = service.read_by(&caller, ask).await;
                counts.map(ServerFrame::ReadBy)
            }),
            ClientFrame::Presence(ask) => self.read_later(req, async move {
                let presence = service.presence(&caller, ask).await;
                presence.map(ServerFrame::Presence)
            }),
        }
        Ok(())
    }

    /// The user pays for what was done in any case.
    pub(super) fn pay(&self, price: Price) {
        let rate = &self.gateway.door.users.rate;
        rate.spend(&self.budget, price, rate.moment(self.instant(self.heard)));
    }

    /// The user pays, or has to wait.
    fn try_pay(&self, price: Price) -> Result<(), ServiceError> {
        let rate = &self.gateway.door.users.rate;
        rate.try_spend(&self.budget, price, rate.moment(self.instant(self.heard)))
    }

    /// Answers a frame that could not be read, until there were too many.
    fn refuse(&mut self, error: DecodeError) -> Result<(), End> {
        if error.code != ErrorCode::Unsupported {
            self.broken_frames += 1;
            if self.broken_frames > BROKEN_FRAMES {
                return Err(End::Close(CloseCode::ProtocolViolation));
            }
        }
        let failure = Failure {
            code: error.code,
            message: error.message.into(),
            retry_after_ms: None,
        };
        self.answer(error.req, &ServerFrame::Error(failure));
        Ok(())
    }

    fn pong(&mut self, req: Option<u64>, ping: &Ping) {
        let next_interval_ms = self.gateway.heartbeat.next_interval_ms(ping);
        self.attend(match ping.background {
            true => Attention::Background,
            false => Attention::Foreground,
        });
        self.idle_limit = self.gateway.heartbeat.idle_limit(next_interval_ms);
        let pong = Pong {
            next_interval_ms,
            server_time: self.service().now(),
        };
        self.answer(req, &ServerFrame::Pong(pong));
    }

    /// What this connection was pushed needs no check; anything else does.
    fn ack(&mut self, req: Option<u64>, ack: Ack) {
        match self
            .outgoing
            .ack(ack.conv, ack.seq, self.heard, &mut self.actions)
        {
            hongyan_delivery::server::Ack::Known => {
                self.service().delivered(&self.caller, ack.conv, ack.seq);
            }
            hongyan_delivery::server::Ack::Unknown => {
                let reply = self.reply(req, |()| None);
                self.service().claim_delivered(&self.caller, ack, reply);
            }
        }
    }

    /// Puts an answer that is ready behind those that are on their way.
    fn answer(&mut self, req: Option<u64>, frame: &ServerFrame) {
        self.in_flight += 1;
        self.registration
            .outbox()
            .put(Item::Answer(Some(frame.encode(req).into())));
    }

    /// Where the service puts the answer to a request that appends an entry. `target`: the message whose text it removes.
    fn reply_sent(&mut self, req: Option<u64>, target: Option<Seq>) -> Reply<Sent> {
        self.in_flight += 1;
        let outbox: Arc<Outbox> = Arc::clone(self.registration.outbox());
        Box::new(move |result: Result<Sent, ServiceError>| {
            outbox.put(match result {
                Ok(sent) => Item::Appended {
                    conv: sent.conv,
                    seq: sent.seq,
                    target,
                    frame: ServerFrame::Sent(sent).encode(req).into(),
                },
                Err(error) => Item::Answer(Some(failed(&error).encode(req).into())),
            });
        })
    }

    /// Where the service puts the answer to a request that waits for a commit. A failure is always
    /// told; `frame` may choose silence for success.
    fn reply<T>(
        &mut self,
        req: Option<u64>,
        frame: impl FnOnce(T) -> Option<ServerFrame> + Send + 'static,
    ) -> Reply<T> {
        self.in_flight += 1;
        let outbox: Arc<Outbox> = Arc::clone(self.registration.outbox());
        Box::new(move |result| {
            let frame = match result {
                Ok(value) => frame(value),
                Err(error) => Some(failed(&error)),
            };
            outbox.put(Item::Answer(frame.map(|frame| frame.encode(req).into())));
        })
    }

    /// Starts a request that reads the store; see [`Connection::reading`].
    fn read_later(
        &mut self,
        req: Option<u64>,
        read: impl Future<Output = Result<ServerFrame, ServiceError>> + Send + 'static,
    ) {
        let answer: Answer =
            Box::pin(async move { read.await.unwrap_or_else(|error| failed(&error)) });
        self.reading = Some((req, answer));
    }
}

fn failed(error: &ServiceError) -> ServerFrame {
    ServerFrame::Error(Failure::from(error))
}

fn already_welcome() -> Failure {
    Failure {
        code: ErrorCode::BadRequest,
        message: "this connection said hello before".into(),
        retry_after_ms: None,
    }
}
