//! Samples of the frames from the server.

use hongyan_protocol::*;

use super::{at, client_id, conv, seq, user};

/// A message with nothing that it need not have.
fn message(n: u64) -> Entry {
    Entry {
        event: None,
        conv: conv(1),
        seq: seq(n),
        id: EntryId::from_trusted(500 + n),
        kind: EntryKind::Message,
        from: user(1000),
        at: at(n * 1000),
        client_id: client_id(&format!("c{n}")),
        body: Some(Body::text("hi")),
        reply_to: None,
        mentions: vec![],
        mentions_all: false,
        topic: None,
        expires_at: None,
        origin: None,
        target: None,
        edited_by: None,
        recalled_by: None,
    }
}

/// Every shape of an entry.
pub(crate) fn entries() -> Vec<(&'static str, Entry)> {
    vec![
        ("entry_message_least", message(1)),
        (
            "entry_message_full",
            Entry {
                reply_to: Some(seq(1)),
                mentions: vec![user(1001)],
                mentions_all: true,
                topic: Some("发布".into()),
                expires_at: Some(at(9_000)),
                origin: Some("import:slack \"x\"".into()),
                edited_by: Some(seq(3)),
                ..message(2)
            },
        ),
        (
            "entry_message_recalled",
            Entry {
                body: None,
                recalled_by: Some(seq(4)),
                ..message(2)
            },
        ),
        (
            "entry_edit",
            Entry {
                kind: EntryKind::Edit,
                body: Some(Body::text("hello")),
                target: Some(seq(2)),
                ..message(3)
            },
        ),
        (
            "entry_edit_of_recalled",
            Entry {
                kind: EntryKind::Edit,
                body: None,
                target: Some(seq(2)),
                recalled_by: Some(seq(4)),
                ..message(3)
            },
        ),
        (
            "entry_recall",
            Entry {
                kind: EntryKind::Recall,
                body: None,
                target: Some(seq(2)),
                ..message(4)
            },
        ),
        (
            "entry_event",
            Entry {
                kind: EntryKind::Event,
                body: None,
                event: Some(Box::new(GroupEvent::Created {
                    name: "雁群".into(),
                    users: vec![user(1001)],
                })),
                ..message(5)
            },
        ),
        (
            "entry_event_of_a_role",
            Entry {
                kind: EntryKind::Event,
                body: None,
                event: Some(Box::new(GroupEvent::Role {
                    user: user(1001),
                    role: Role::Admin,
                })),
                ..message(6)
            },
        ),
        (
            "entry_of_a_newer_server",
            Entry {
                kind: EntryKind::Unknown,
                body: Some(Body::Unknown),
                ..message(5)
            },
        ),
    ]
}

fn profile(id: u64, login: &str, name: &str, avatar: Option<&str>) -> UserProfile {
    UserProfile {
        id: user(id),
        login: login.into(),
        name: name.into(),
        avatar: avatar.map(Into::into),
    }
}

/// Every frame from the server, named.
pub(crate) fn server_frames() -> Vec<(&'static str, Option<u64>, ServerFrame)> {
    let mut all = vec![
        ("welcome_full", Some(1), welcome(Some("zhangsan.png"))),
        ("welcome_least", None, welcome(None)),
        (
            "pong",
            Some(2),
            ServerFrame::Pong(Pong {
                next_interval_ms: 60_000,
                server_time: at(0),
            }),
        ),
        (
            "sent",
            Some(3),
            ServerFrame::Sent(Sent {
                conv: conv(1),
                seq: seq(5),
                id: EntryId::from_trusted(505),
                at: at(5000),
                client_id: client_id("c5"),
            }),
        ),
        (
            "receipt",
            None,
            ServerFrame::Receipt(Receipt {
                conv: conv(1),
                user: user(1001),
                read: seq(4),
                delivered: seq(5),
            }),
        ),
        (
            "profiles",
            None,
            ServerFrame::Profiles(Profiles {
                users: vec![profile(1001, "", "李思", None)],
            }),
        ),
        (
            "blocked",
            None,
            ServerFrame::Blocked(Blocked {
                user: user(1002),
                on: true,
            }),
        ),
        ("reacted", None, ServerFrame::Reacted(reacted())),
        (
            "reactions",
            Some(14),
            ServerFrame::Reactions(ReactionsPage {
                conv: conv(1),
                messages: vec![stands(true)],
                number: 9,
                more: false,
            }),
        ),
        (
            "view_full",
            None,
            ServerFrame::View(Viewed {
                conv: conv(1),
                view: view(),
            }),
        ),
        (
            "view_least",
            Some(12),
            ServerFrame::View(Viewed {
                conv: conv(1),
                view: View {
                    rev: 4,
                    ..View::default()
                },
            }),
        ),
        (
            "asked_full",
            None,
            ServerFrame::Asked(Asked {
                conv: conv(7),
                state: Standing::Declined,
                name: Some("雁群".into()),
                again_at: Some(at(500)),
            }),
        ),
        (
            "asked_least",
            None,
            ServerFrame::Asked(Asked {
                conv: conv(7),
                state: Standing::Waiting,
                name: None,
                again_at: None,
            }),
        ),
        (
            "requests",
            None,
            ServerFrame::Requests(Requests {
                conv: conv(7),
                count: 3,
            }),
        ),
        ("done", Some(7), ServerFrame::Done(Done {})),
        ("unknown", None, ServerFrame::Unknown),
    ];
    all.extend(
        entries()
            .into_iter()
            .map(|(name, entry)| (name, None, ServerFrame::Entry(entry))),
    );
    all.extend(pages());
    all.extend(failures());
    all.extend(super::live::server());
    all
}

/// Two reactions to a message, the second one perhaps the reader's.
fn stands(mine: bool) -> MessageReactions {
    let reaction = |value: &str, count, mine| Reaction {
        value: value.into(),
        count,
        mine,
    };
    MessageReactions {
        seq: seq(4),
        number: 9,
        reactions: vec![reaction("🎉", 1, false), reaction("👍", 2, mine)],
    }
}

fn reacted() -> Reacted {
    Reacted {
        conv: conv(1),
        after: 8,
        number: 9,
        messages: vec![stands(false)],
        changes: vec![ReactionChange {
            seq: seq(4),
            user: user(1001),
            value: "👍".into(),
            on: true,
        }],
        cut: true,
    }
}

fn view() -> View {
    View {
        rev: 3,
        muted_until: at(9_000),
        pinned: 2,
        archived: seq(5),
        hidden: seq(5),
        marked_unread: Some(seq(0)),
        draft: Some(Draft {
            text: "未完 \"…".into(),
            reply_to: Some(seq(4)),
            at: at(8_000),
        }),
        cleared: seq(3),
    }
}

/// The name of a history.
const EPOCH: &str = "5f0c3a9be2d84716a0d9c4f7b1e83526";

fn welcome(avatar: Option<&str>) -> ServerFrame {
    ServerFrame::Welcome(Welcome {
        user: profile(1000, "zhangsan", "张三", avatar),
        session: SessionId::from_trusted(17),
        epoch: avatar.map(|_| EPOCH.into()),
        heartbeat: HeartbeatPlan {
            interval_ms: 25_000,
            timeout_ms: 10_000,
        },
        limits: AdvertisedLimits {
            frame_bytes: limits::CLIENT_FRAME_BYTES,
            text_bytes: limits::TEXT_BYTES,
            requests: 64,
            unacked_entries: limits::UNACKED_ENTRIES,
        },
        server_time: at(0),
        server: "hongyan/0.1.0".into(),
    })
}

fn pages() -> Vec<(&'static str, Option<u64>, ServerFrame)> {
    let position = |id, read, delivered| MemberPosition {
        user: user(id),
        read: seq(read),
        delivered: seq(delivered),
    };
    vec![
        (
            "synced_full",
            Some(8),
            ServerFrame::Synced(Synced {
                conversations: vec![
                    ConversationView {
                        pins: Vec::new(),
                        since: None,
                        floor: seq(0),
                        left: false,
                        mentions: 1,
                        view: Some(Box::new(view())),
                        group: None,
                        conv: conv(1),
                        kind: ConversationKind::Direct,
                        head: seq(2),
                        unread: 1,
                        me: Position {
                            read: seq(2),
                            delivered: seq(2),
                        },
                        size: 2,
                        members: Some(vec![position(1000, 2, 2), position(1001, 1, 2)]),
                        entries: vec![message(1), message(2)],
                    },
                    ConversationView {
                        pins: Vec::new(),
                        since: None,
                        floor: seq(0),
                        left: true,
                        mentions: 0,
                        view: None,
                        group: Some(GroupView {
                            history: Some(Window::Days),
                            history_days: Some(30),
                            slow_s: Some(60),
                            pin: Some(Who::All),
                            keep_days: Some(90),
                            keep_entries: Some(10_000),
                            ask: true,
                            requests: Some(2),
                            muted_until: Some(at(500)),
                            name: "雁群".into(),
                            description: Some("往南".into()),
                            avatar: Some("geese.png".into()),
                            post: Who::All,
                            invite: Who::Admins,
                            role: Role::Owner,
                        }),
                        conv: conv(2),
                        kind: ConversationKind::Group,
                        head: seq(9),
                        unread: 0,
                        me: Position {
                            read: seq(9),
                            delivered: seq(9),
                        },
                        size: 100,
                        members: None,
                        entries: vec![],
                    },
                ],
                list: vec![],
                users: vec![
                    profile(1000, "zhangsan", "张三", Some("zhangsan.png")),
                    profile(1001, "lisi", "李四", None),
                ],
                total_unread: 3,
                total_muted: 2,
                cursor: format!("{EPOCH}.0.118.64").into(),
                more: true,
            }),
        ),
        (
            "synced_large",
            Some(8),
            ServerFrame::Synced(Synced {
                conversations: vec![ConversationView {
                    pins: vec![seq(1), seq(2)],
                    since: Some(seq(2)),
                    floor: seq(1),
                    left: false,
                    mentions: 0,
                    view: None,
                    group: None,
                    conv: conv(3),
                    kind: ConversationKind::Group,
                    head: seq(2),
                    unread: 1,
                    me: Position {
                        read: seq(1),
                        delivered: seq(1),
                    },
                    size: 10_000,
                    members: None,
                    entries: vec![message(2)],
                }],
                list: vec![],
                users: vec![profile(1000, "zhangsan", "张三", Some("zhangsan.png"))],
                total_unread: 1,
                total_muted: 0,
                cursor: format!("{EPOCH}.119").into(),
                more: false,
            }),
        ),
        (
            "synced_list",
            Some(8),
            ServerFrame::Synced(Synced {
                conversations: vec![],
                list: vec![
                    Listed {
                        conv: conv(1),
                        head: seq(9),
                        unread: 2,
                        user: Some(user(1001)),
                        read: seq(7),
                        delivered: Some(seq(9)),
                        floor: seq(4),
                        own_read: seq(5),
                        own_delivered: Some(seq(6)),
                        mentions: 0,
                        view: None,
                    },
                    Listed {
                        conv: conv(2),
                        head: seq(3),
                        unread: 0,
                        user: None,
                        read: seq(0),
                        delivered: None,
                        floor: seq(0),
                        own_read: seq(0),
                        own_delivered: None,
                        mentions: 0,
                        view: None,
                    },
                ],
                users: vec![],
                total_unread: 2,
                total_muted: 0,
                cursor: "118".into(),
                more: false,
            }),
        ),
        (
            "synced_least",
            Some(9),
            ServerFrame::Synced(Synced {
                conversations: vec![],
                list: vec![],
                users: vec![],
                total_unread: 0,
                total_muted: 0,
                cursor: format!("{EPOCH}.118").into(),
                more: false,
            }),
        ),
        (
            "synced_of_a_newer_server",
            Some(9),
            ServerFrame::Synced(Synced {
                conversations: vec![ConversationView {
                    pins: Vec::new(),
                    since: None,
                    floor: seq(0),
                    left: false,
                    mentions: 0,
                    view: None,
                    group: None,
                    conv: conv(2),
                    kind: ConversationKind::Unknown,
                    head: seq(0),
                    unread: 0,
                    me: Position::default(),
                    size: 0,
                    members: None,
                    entries: vec![],
                }],
                list: vec![],
                users: vec![],
                total_unread: 0,
                total_muted: 0,
                cursor: format!("{EPOCH}.118").into(),
                more: false,
            }),
        ),
        (
            "history_full",
            Some(10),
            ServerFrame::History(HistoryPage {
                since: Some(seq(3)),
                conv: conv(1),
                entries: vec![message(3), message(4)],
                head: seq(9),
                more: true,
            }),
        ),
        (
            "history_least",
            Some(11),
            ServerFrame::History(HistoryPage {
                since: None,
                conv: conv(1),
                entries: vec![],
                head: seq(0),
                more: false,
            }),
        ),
    ]
}

fn failures() -> Vec<(&'static str, Option<u64>, ServerFrame)> {
    vec![
        (
            "error_full",
            Some(12),
            ServerFrame::Error(Failure {
                code: ErrorCode::RateLimited,
                message: "too many messages".into(),
                retry_after_ms: Some(800),
            }),
        ),
        (
            "error_least",
            None,
            ServerFrame::Error(Failure {
                code: ErrorCode::BadRequest,
                message: "not a frame: not a JSON object".into(),
                retry_after_ms: None,
            }),
        ),
        (
            "bye",
            None,
            ServerFrame::Bye(Bye {
                code: CloseCode::Shutdown.as_str().into(),
                retry_after_ms: 1740,
            }),
        ),
    ]
}
