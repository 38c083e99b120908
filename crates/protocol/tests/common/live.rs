//! Samples of what is live.

use hongyan_protocol::*;

use super::{at, conv, seq, user};

/// The frames from a client, named.
pub(crate) fn client() -> Vec<(&'static str, Option<u64>, ClientFrame)> {
    vec![
        (
            "watch",
            Some(13),
            ClientFrame::Watch(Watch {
                conv: Some(conv(5)),
            }),
        ),
        ("watch_none", Some(14), ClientFrame::Watch(Watch::default())),
        (
            "typing",
            None,
            ClientFrame::Typing(Typing { conv: conv(5) }),
        ),
        (
            "presence",
            Some(15),
            ClientFrame::Presence(AskPresence {
                users: vec![user(1001), user(1002)],
            }),
        ),
        (
            "read_by",
            Some(16),
            ClientFrame::ReadBy(AskReadBy {
                conv: conv(5),
                seqs: vec![seq(7309), seq(7311)],
            }),
        ),
    ]
}

/// The frames from the server, named.
pub(crate) fn server() -> Vec<(&'static str, Option<u64>, ServerFrame)> {
    vec![
        (
            "typing_full",
            None,
            ServerFrame::Typing(Typists {
                conv: conv(5),
                users: vec![user(1001), user(1002), user(1003)],
                others: 4,
            }),
        ),
        (
            "typing_least",
            None,
            ServerFrame::Typing(Typists {
                conv: conv(5),
                users: vec![],
                others: 0,
            }),
        ),
        (
            "presence_answer",
            Some(15),
            ServerFrame::Presence(Presence {
                users: vec![
                    UserPresence {
                        user: user(1001),
                        state: PresenceState::Online,
                        last_seen: None,
                    },
                    UserPresence {
                        user: user(1002),
                        state: PresenceState::Offline,
                        last_seen: Some(at(0)),
                    },
                ],
                ..Presence::default()
            }),
        ),
        (
            "presence_of_many",
            None,
            ServerFrame::Presence(Presence {
                conv: Some(conv(5)),
                users: vec![],
                online: Some(1234),
            }),
        ),
        (
            "presence_of_a_newer_server",
            None,
            ServerFrame::Presence(Presence {
                conv: Some(conv(5)),
                users: vec![UserPresence {
                    user: user(1001),
                    state: PresenceState::Unknown,
                    last_seen: None,
                }],
                online: None,
            }),
        ),
        (
            "floor",
            None,
            ServerFrame::Floor(Floor {
                conv: conv(5),
                floor: seq(6200),
            }),
        ),
        (
            "read_by_push",
            None,
            ServerFrame::ReadBy(ReadByCounts {
                conv: conv(5),
                messages: vec![ReadByCount {
                    seq: seq(7311),
                    count: 12,
                }],
            }),
        ),
    ]
}
