//! Samples of what is live.

use hongyan_protocol::*;

use super::{conv, user};

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
    ]
}
