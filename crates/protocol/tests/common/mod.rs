//! One sample of every frame with all it may hold, and one with all it must.
//!
//! The numbers are those of docs/PROTOCOL.md's story: 张三 is 1000, 李四 1001, 王五 1002.

#![allow(dead_code, reason = "each test binary uses its own part")]

pub(crate) mod client;
pub(crate) mod live;
pub(crate) mod server;

use hongyan_protocol::*;

/// 2026-11-23 09:00:00 UTC.
pub(crate) const AT: u64 = 1_795_424_400_000;

pub(crate) fn conv(n: u64) -> ConversationId {
    ConversationId::from_trusted(n)
}

pub(crate) fn seq(n: u64) -> Seq {
    Seq::from_trusted(n)
}

pub(crate) fn user(n: u64) -> UserId {
    UserId::from_trusted(n)
}

pub(crate) fn at(offset: u64) -> Millis {
    Millis::from_trusted(AT + offset)
}

pub(crate) fn client_id(text: &str) -> ClientId {
    ClientId::new(text).expect("the samples use good client ids")
}

/// Decodes what must be refused and checks what holds for every refusal.
pub(crate) fn refused(text: &str) -> (Option<u64>, ErrorCode) {
    let shown: String = text.chars().take(100).collect();
    let Err(error) = ClientFrame::decode(text) else {
        panic!("accepted: {shown}");
    };
    assert!(
        error.message.len() <= limits::ERROR_MESSAGE_BYTES + 64,
        "a message of {} bytes for {shown}",
        error.message.len()
    );
    (error.req, error.code)
}
