//! Samples of the frames from a client.

use hongyan_protocol::heartbeat::Learnt;
use hongyan_protocol::*;

use super::{at, client_id, conv, seq, user};

/// Every frame from a client, named; `None` as `req` where a client would send none.
pub(crate) fn client_frames() -> Vec<(&'static str, Option<u64>, ClientFrame)> {
    let mut all = signing_in_and_staying();
    all.extend(appending());
    all.extend(positions_and_reading());
    all.extend(super::live::client());
    all
}

fn signing_in_and_staying() -> Vec<(&'static str, Option<u64>, ClientFrame)> {
    vec![
        (
            "hello_full",
            Some(1),
            ClientFrame::Hello(Hello {
                token: Some("hy_7Q2mXw4tB0fJc9KpVnRz1sLd".into()),
                client: Some("hongyan-cli/0.1.0".into()),
            }),
        ),
        (
            "hello_least",
            None,
            ClientFrame::Hello(Hello {
                token: None,
                client: None,
            }),
        ),
        (
            "ping_full",
            Some(2),
            ClientFrame::Ping(Ping {
                interval_ms: 60_000,
                learnt: Learnt {
                    held_ms: Some(60_000),
                    failed_ms: Some(300_000),
                },
                background: true,
            }),
        ),
        (
            "ping_least",
            None,
            ClientFrame::Ping(Ping {
                interval_ms: 25_000,
                ..Ping::default()
            }),
        ),
    ]
}

fn appending() -> Vec<(&'static str, Option<u64>, ClientFrame)> {
    vec![
        (
            "send_full",
            Some(3),
            ClientFrame::Send(Send {
                target: Target::Conversation(conv(1)),
                client_id: client_id("0198c0de-7a5e-7000-8000-000000000001"),
                body: Body::text("你好 \"李四\"\n👋"),
                reply_to: Some(seq(4)),
                mentions: vec![user(1001), user(1002)],
                mentions_all: true,
                topic: Some("发布".into()),
                expires_at: Some(at(9_000)),
                origin: Some("import:slack \"x\"".into()),
            }),
        ),
        (
            "send_least",
            Some(4),
            ClientFrame::Send(Send {
                target: Target::User(user(1001)),
                client_id: client_id("c1"),
                body: Body::text("hi"),
                reply_to: None,
                mentions: vec![],
                mentions_all: false,
                topic: None,
                expires_at: None,
                origin: None,
            }),
        ),
        (
            "edit",
            Some(5),
            ClientFrame::Edit(Edit {
                conv: conv(1),
                seq: seq(5),
                client_id: client_id("c2"),
                body: Body::text("hello"),
            }),
        ),
        (
            "recall",
            Some(6),
            ClientFrame::Recall(Recall {
                conv: conv(1),
                seq: seq(5),
                client_id: client_id("c3"),
            }),
        ),
    ]
}

fn positions_and_reading() -> Vec<(&'static str, Option<u64>, ClientFrame)> {
    vec![
        (
            "set_view_full",
            Some(12),
            ClientFrame::SetView(SetView {
                conv: conv(1),
                view: ViewChange {
                    muted_until: Some(at(9_000)),
                    pinned: Some(2),
                    archived: Some(true),
                    hidden: Some(false),
                    marked_unread: Some(true),
                    draft: Some(SetDraft {
                        text: "未完 \"…".into(),
                        reply_to: Some(seq(4)),
                    }),
                    cleared: Some(seq(3)),
                },
            }),
        ),
        (
            "set_view_least",
            Some(13),
            ClientFrame::SetView(SetView {
                conv: conv(1),
                view: ViewChange::default(),
            }),
        ),
        (
            "ack",
            None,
            ClientFrame::Ack(Ack {
                conv: conv(1),
                seq: seq(7),
            }),
        ),
        (
            "read",
            Some(7),
            ClientFrame::Read(Read {
                conv: conv(1),
                seq: seq(7),
            }),
        ),
        (
            "sync_full",
            Some(8),
            ClientFrame::Sync(Sync {
                cursor: Some("5f0c3a9be2d84716a0d9c4f7b1e83526.0.118.64".into()),
                limit: Some(20),
                list: false,
                bytes: Some(4096),
            }),
        ),
        (
            "sync_list",
            Some(8),
            ClientFrame::Sync(Sync {
                cursor: None,
                limit: Some(60),
                list: true,
                bytes: None,
            }),
        ),
        ("sync_least", Some(9), ClientFrame::Sync(Sync::default())),
        (
            "history_before",
            Some(10),
            ClientFrame::History(History {
                conv: conv(1),
                before: Some(seq(5)),
                after: None,
                limit: Some(200),
                bytes: Some(4096),
            }),
        ),
        (
            "history_after",
            Some(11),
            ClientFrame::History(History {
                conv: conv(1),
                before: None,
                after: Some(seq(0)),
                limit: None,
                bytes: None,
            }),
        ),
        (
            "history_least",
            Some(12),
            ClientFrame::History(History {
                conv: conv(1),
                before: None,
                after: None,
                limit: None,
                bytes: None,
            }),
        ),
        (
            "react",
            Some(13),
            ClientFrame::React(React {
                conv: conv(1),
                seq: seq(4),
                value: "👍".into(),
                on: true,
            }),
        ),
        (
            "reactions_after",
            Some(14),
            ClientFrame::Reactions(Reactions {
                conv: conv(1),
                after: Some(7),
                from: None,
                to: None,
                limit: Some(50),
            }),
        ),
        (
            "reactions_within",
            Some(15),
            ClientFrame::Reactions(Reactions {
                conv: conv(1),
                after: None,
                from: Some(seq(1)),
                to: Some(seq(50)),
                limit: None,
            }),
        ),
    ]
}
