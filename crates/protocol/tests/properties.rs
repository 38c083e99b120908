//! Random frames survive the wire, and random text breaks nothing.

mod common;

use common::client::client_frames;
use common::server::server_frames;
use hongyan_protocol::heartbeat::Learnt;
use hongyan_protocol::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

const INTEGERS: std::ops::Range<u64> = 0..(1 << 53);

fn req() -> impl Strategy<Value = Option<u64>> {
    option::of(INTEGERS)
}

fn conv() -> impl Strategy<Value = ConversationId> {
    INTEGERS.prop_map(common::conv)
}

fn seq() -> impl Strategy<Value = Seq> {
    INTEGERS.prop_map(common::seq)
}

fn user() -> impl Strategy<Value = UserId> {
    INTEGERS.prop_map(common::user)
}

fn millis() -> impl Strategy<Value = Millis> {
    INTEGERS.prop_map(Millis::from_trusted)
}

fn entry_id() -> impl Strategy<Value = EntryId> {
    INTEGERS.prop_map(EntryId::from_trusted)
}

fn client_id() -> impl Strategy<Value = ClientId> {
    "[!-~]{1,64}".prop_map(|text| common::client_id(&text))
}

/// Any Unicode, control characters and quotes included, but for U+0000.
fn body() -> impl Strategy<Value = Body> {
    vec(any::<char>().prop_filter("refused", |c| *c != '\0'), 1..50)
        .prop_map(|chars| Body::text(chars.into_iter().collect::<String>()))
}

fn word() -> impl Strategy<Value = Box<str>> {
    "\\PC{0,32}".prop_map(Into::into)
}

fn page_limit() -> impl Strategy<Value = Option<usize>> {
    option::of(1..(1usize << 53))
}

/// What a message may say beside its body.
fn header() -> impl Strategy<Value = (Option<Box<str>>, Option<Millis>, Option<Box<str>>)> {
    let label = || option::of("[a-z\"\\n中]{1,20}".prop_map(Into::into));
    (label(), option::of(millis()), label())
}

fn client_frame() -> impl Strategy<Value = ClientFrame> {
    let target = prop_oneof![
        conv().prop_map(Target::Conversation),
        user().prop_map(Target::User)
    ];
    let mentions = (vec(user(), 0..=limits::MENTIONS), any::<bool>());
    let range = prop_oneof![
        Just((None, None)),
        seq().prop_map(|seq| (Some(seq), None)),
        seq().prop_map(|seq| (None, Some(seq))),
    ];
    let learnt = (option::of(INTEGERS), option::of(INTEGERS))
        .prop_map(|(held_ms, failed_ms)| Learnt { held_ms, failed_ms });
    prop_oneof![
        (option::of(word()), option::of(word()))
            .prop_map(|(token, client)| ClientFrame::Hello(Hello { token, client })),
        (INTEGERS, learnt, any::<bool>()).prop_map(|(interval_ms, learnt, background)| {
            ClientFrame::Ping(Ping {
                interval_ms,
                learnt,
                background,
            })
        }),
        (
            target,
            client_id(),
            body(),
            option::of(seq()),
            mentions,
            header()
        )
            .prop_map(
                |(target, client_id, body, reply_to, mentions, (topic, expires_at, origin))| {
                    let (mentions, mentions_all) = mentions;
                    ClientFrame::Send(Send {
                        target,
                        client_id,
                        body,
                        reply_to,
                        mentions,
                        mentions_all,
                        topic,
                        expires_at,
                        origin,
                    })
                }
            ),
        (conv(), seq(), client_id(), body()).prop_map(|(conv, seq, client_id, body)| {
            ClientFrame::Edit(Edit {
                conv,
                seq,
                client_id,
                body,
            })
        }),
        (conv(), seq(), client_id()).prop_map(|(conv, seq, client_id)| {
            ClientFrame::Recall(Recall {
                conv,
                seq,
                client_id,
            })
        }),
        (conv(), seq()).prop_map(|(conv, seq)| ClientFrame::Ack(Ack { conv, seq })),
        set_view().prop_map(ClientFrame::SetView),
        (conv(), seq()).prop_map(|(conv, seq)| ClientFrame::Read(Read { conv, seq })),
        (conv(), seq(), "[!-~]{0,48}", any::<bool>()).prop_map(|(conv, seq, value, on)| {
            ClientFrame::React(React {
                conv,
                seq,
                value: value.into(),
                on,
            })
        }),
        (
            conv(),
            option::of(INTEGERS),
            option::of(seq()),
            option::of(seq()),
            page_limit()
        )
            .prop_map(
                |(conv, after, from, to, limit)| ClientFrame::Reactions(Reactions {
                    conv,
                    after,
                    from,
                    to,
                    limit
                })
            ),
        (
            option::of(word()),
            page_limit(),
            any::<bool>(),
            page_limit()
        )
            .prop_map(|(cursor, limit, list, bytes)| ClientFrame::Sync(Sync {
                cursor,
                limit,
                list,
                bytes
            })),
        (conv(), range, page_limit(), page_limit()).prop_map(
            |(conv, (before, after), limit, bytes)| {
                ClientFrame::History(History {
                    conv,
                    before,
                    after,
                    limit,
                    bytes,
                })
            }
        ),
        option::of(conv()).prop_map(|conv| ClientFrame::Watch(Watch { conv })),
        conv().prop_map(|conv| ClientFrame::Typing(Typing { conv })),
        vec(user(), 0..4).prop_map(|users| ClientFrame::Presence(AskPresence { users })),
        (conv(), vec(seq(), 0..4))
            .prop_map(|(conv, seqs)| ClientFrame::ReadBy(AskReadBy { conv, seqs })),
    ]
}

fn user_presence() -> impl Strategy<Value = UserPresence> {
    let state = prop_oneof![
        Just(PresenceState::Offline),
        Just(PresenceState::Away),
        Just(PresenceState::Online),
        Just(PresenceState::Unknown)
    ];
    (user(), state, option::of(millis())).prop_map(|(user, state, last_seen)| UserPresence {
        user,
        state,
        last_seen,
    })
}

fn entry() -> impl Strategy<Value = Entry> {
    let kind = prop_oneof![
        Just(EntryKind::Message),
        Just(EntryKind::Edit),
        Just(EntryKind::Recall),
        Just(EntryKind::Unknown)
    ];
    let head = (
        conv(),
        seq(),
        entry_id(),
        kind,
        user(),
        millis(),
        client_id(),
    );
    let rest = (
        option::of(prop_oneof![4 => body(), 1 => Just(Body::Unknown)]),
        option::of(seq()),
        (vec(user(), 0..4), any::<bool>()),
        header(),
        option::of(seq()),
        option::of(seq()),
        option::of(seq()),
    );
    (head, rest).prop_map(|(head, rest)| {
        let (conv, seq, id, kind, from, at, client_id) = head;
        let (body, reply_to, mentions, header, target, edited_by, recalled_by) = rest;
        let (topic, expires_at, origin) = header;
        let (mentions, mentions_all) = mentions;
        Entry {
            event: None,
            conv,
            seq,
            id,
            kind,
            from,
            at,
            client_id,
            body,
            reply_to,
            mentions,
            mentions_all,
            topic,
            expires_at,
            origin,
            target,
            edited_by,
            recalled_by,
        }
    })
}

fn profile() -> impl Strategy<Value = UserProfile> {
    (user(), word(), word(), option::of(word())).prop_map(|(id, login, name, avatar)| UserProfile {
        id,
        login,
        name,
        avatar,
    })
}

fn view() -> impl Strategy<Value = ConversationView> {
    let kind = prop_oneof![
        Just(ConversationKind::Direct),
        Just(ConversationKind::Group),
        Just(ConversationKind::Unknown)
    ];
    let member = (user(), seq(), seq()).prop_map(|(user, read, delivered)| MemberPosition {
        user,
        read,
        delivered,
    });
    (
        conv(),
        kind,
        seq(),
        INTEGERS,
        (seq(), seq(), INTEGERS),
        option::of(vec(member, 0..3)),
        vec(entry(), 0..3),
    )
        .prop_map(
            |(conv, kind, head, unread, (read, delivered, size), members, entries)| {
                ConversationView {
                    pins: Vec::new(),
                    since: None,
                    floor: read,
                    left: false,
                    mentions: 0,
                    view: None,
                    group: None,
                    conv,
                    kind,
                    head,
                    unread,
                    me: Position { read, delivered },
                    size,
                    members,
                    entries,
                }
            },
        )
}

fn listed() -> impl Strategy<Value = Listed> {
    let position = || (seq(), option::of(seq()));
    (
        conv(),
        seq(),
        INTEGERS,
        option::of(user()),
        position(),
        position(),
    )
        .prop_map(
            |(conv, head, unread, user, (read, delivered), (own_read, own_delivered))| Listed {
                conv,
                head,
                unread,
                user,
                read,
                delivered,
                floor: own_read,
                own_read,
                own_delivered,
                mentions: 0,
                view: None,
            },
        )
}

fn own_view() -> impl Strategy<Value = View> {
    let draft = (word(), option::of(seq()), millis());
    (
        (INTEGERS, millis(), INTEGERS),
        (seq(), seq(), option::of(seq()), seq()),
        option::of(draft),
    )
        .prop_map(
            |((rev, muted_until, pinned), (archived, hidden, marked_unread, cleared), draft)| {
                View {
                    rev,
                    muted_until,
                    pinned,
                    archived,
                    hidden,
                    marked_unread,
                    cleared,
                    draft: draft.map(|(text, reply_to, at)| Draft {
                        text: text.into(),
                        reply_to,
                        at,
                    }),
                }
            },
        )
}

fn set_view() -> impl Strategy<Value = SetView> {
    let bools = || option::of(any::<bool>());
    (
        conv(),
        (option::of(millis()), option::of(INTEGERS)),
        (bools(), bools(), bools(), option::of(seq())),
        option::of((word(), option::of(seq()))),
    )
        .prop_map(
            |(conv, (muted_until, pinned), (archived, hidden, marked_unread, cleared), draft)| {
                SetView {
                    conv,
                    view: ViewChange {
                        muted_until,
                        pinned,
                        archived,
                        hidden,
                        marked_unread,
                        cleared,
                        draft: draft.map(|(text, reply_to)| SetDraft {
                            text: text.into(),
                            reply_to,
                        }),
                    },
                }
            },
        )
}

fn welcome() -> impl Strategy<Value = ServerFrame> {
    (
        profile(),
        INTEGERS,
        proptest::option::of(word()),
        (INTEGERS, INTEGERS),
        [0..1usize << 53, 0..1 << 53, 0..1 << 53, 0..1 << 53],
        millis(),
        word(),
    )
        .prop_map(
            |(user, session, epoch, heartbeat, limits, server_time, server)| {
                let (interval_ms, timeout_ms) = heartbeat;
                let [frame_bytes, text_bytes, requests, unacked_entries] = limits;
                ServerFrame::Welcome(Welcome {
                    user,
                    session: SessionId::from_trusted(session),
                    epoch,
                    heartbeat: HeartbeatPlan {
                        interval_ms,
                        timeout_ms,
                    },
                    limits: AdvertisedLimits {
                        frame_bytes,
                        text_bytes,
                        requests,
                        unacked_entries,
                    },
                    server_time,
                    server,
                })
            },
        )
}

fn message_reactions() -> impl Strategy<Value = MessageReactions> {
    let reaction = (word(), INTEGERS, any::<bool>()).prop_map(|(value, count, mine)| Reaction {
        value,
        count,
        mine,
    });
    (seq(), INTEGERS, vec(reaction, 0..3)).prop_map(|(seq, number, reactions)| MessageReactions {
        seq,
        number,
        reactions,
    })
}

fn reaction_change() -> impl Strategy<Value = ReactionChange> {
    (seq(), user(), word(), any::<bool>()).prop_map(|(seq, user, value, on)| ReactionChange {
        seq,
        user,
        value,
        on,
    })
}

fn server_frame() -> impl Strategy<Value = ServerFrame> {
    let code = proptest::sample::select(ErrorCode::ALL);
    prop_oneof![
        welcome(),
        (INTEGERS, millis()).prop_map(|(next_interval_ms, server_time)| {
            ServerFrame::Pong(Pong {
                next_interval_ms,
                server_time,
            })
        }),
        (conv(), seq(), entry_id(), millis(), client_id()).prop_map(
            |(conv, seq, id, at, client_id)| ServerFrame::Sent(Sent {
                conv,
                seq,
                id,
                at,
                client_id
            })
        ),
        entry().prop_map(ServerFrame::Entry),
        (conv(), user(), seq(), seq()).prop_map(|(conv, user, read, delivered)| {
            ServerFrame::Receipt(Receipt {
                conv,
                user,
                read,
                delivered,
            })
        }),
        vec(profile(), 0..3).prop_map(|users| ServerFrame::Profiles(Profiles { users })),
        (user(), any::<bool>()).prop_map(|(user, on)| ServerFrame::Blocked(Blocked { user, on })),
        (conv(), vec(user(), 0..4), INTEGERS).prop_map(|(conv, users, others)| {
            ServerFrame::Typing(Typists {
                conv,
                users,
                others,
            })
        }),
        (conv(), own_view()).prop_map(|(conv, view)| ServerFrame::View(Viewed { conv, view })),
        (conv(), option::of(millis()), any::<bool>()).prop_map(|(conv, again_at, is_waiting)| {
            ServerFrame::Asked(Asked {
                conv,
                state: match is_waiting {
                    true => Standing::Waiting,
                    false => Standing::Declined,
                },
                name: again_at.map(|_| "雁群".into()),
                again_at,
            })
        }),
        (conv(), INTEGERS)
            .prop_map(|(conv, count)| ServerFrame::Requests(Requests { conv, count })),
        (
            option::of(conv()),
            vec(user_presence(), 0..4),
            option::of(INTEGERS)
        )
            .prop_map(|(conv, users, online)| {
                ServerFrame::Presence(Presence {
                    conv,
                    users,
                    online,
                })
            }),
        (conv(), vec((seq(), INTEGERS), 0..4)).prop_map(|(conv, messages)| {
            let count = |(seq, count)| ReadByCount { seq, count };
            ServerFrame::ReadBy(ReadByCounts {
                conv,
                messages: messages.into_iter().map(count).collect(),
            })
        }),
        (conv(), seq()).prop_map(|(conv, floor)| ServerFrame::Floor(Floor { conv, floor })),
        Just(ServerFrame::Done(Done {})),
        (
            conv(),
            vec(message_reactions(), 0..3),
            INTEGERS,
            any::<bool>()
        )
            .prop_map(|(conv, messages, number, more)| ServerFrame::Reactions(
                ReactionsPage {
                    conv,
                    messages,
                    number,
                    more
                }
            )),
        (
            conv(),
            INTEGERS,
            INTEGERS,
            vec(message_reactions(), 0..3),
            vec(reaction_change(), 0..3),
            any::<bool>()
        )
            .prop_map(|(conv, after, number, messages, changes, cut)| {
                ServerFrame::Reacted(Reacted {
                    conv,
                    after,
                    number,
                    messages,
                    changes,
                    cut,
                })
            }),
        (
            vec(view(), 0..3),
            vec(listed(), 0..3),
            vec(profile(), 0..3),
            INTEGERS,
            word(),
            any::<bool>()
        )
            .prop_map(|(conversations, list, users, total_unread, cursor, more)| {
                ServerFrame::Synced(Synced {
                    conversations,
                    list,
                    users,
                    total_unread,
                    total_muted: total_unread / 2,
                    cursor,
                    more,
                })
            }),
        (conv(), vec(entry(), 0..4), seq(), any::<bool>()).prop_map(
            |(conv, entries, head, more)| ServerFrame::History(HistoryPage {
                since: None,
                conv,
                entries,
                head,
                more
            })
        ),
        (code, word(), option::of(INTEGERS)).prop_map(|(code, message, retry_after_ms)| {
            ServerFrame::Error(Failure {
                code,
                message,
                retry_after_ms,
            })
        }),
        (word(), INTEGERS).prop_map(|(code, retry_after_ms)| ServerFrame::Bye(Bye {
            code,
            retry_after_ms
        })),
    ]
}

/// A good frame with some bytes replaced, removed, doubled or cut off.
fn mutated() -> impl Strategy<Value = String> {
    let samples: Vec<String> = client_frames()
        .iter()
        .map(|(_, req, frame)| frame.encode(*req))
        .chain(
            server_frames()
                .iter()
                .map(|(_, req, frame)| frame.encode(*req)),
        )
        .collect();
    let change = (any::<prop::sample::Index>(), 0..4u8, any::<u8>());
    (proptest::sample::select(samples), vec(change, 1..6)).prop_map(|(sample, changes)| {
        let mut bytes = sample.into_bytes();
        for (place, what, byte) in changes {
            if bytes.is_empty() {
                break;
            }
            let place = place.index(bytes.len());
            match what {
                0 => bytes[place] = byte,
                1 => drop(bytes.remove(place)),
                2 => bytes.extend_from_within(place..),
                _ => bytes.truncate(place),
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Whatever is accepted means the same after another trip.
fn decodes_or_refuses(text: &str) -> Result<(), TestCaseError> {
    match ClientFrame::decode(text) {
        Ok((req, frame)) => {
            let again = frame.encode(req);
            prop_assert_eq!(ClientFrame::decode(&again), Ok((req, frame)), "{}", again);
        }
        Err(error) => prop_assert!(matches!(
            error.code,
            ErrorCode::BadRequest | ErrorCode::Unsupported | ErrorCode::TooLarge
        )),
    }
    if let Ok((req, frame)) = ServerFrame::decode(text) {
        let again = frame.encode(req);
        prop_assert_eq!(
            ServerFrame::decode(&again).ok(),
            Some((req, frame)),
            "{}",
            again
        );
    }
    Ok(())
}

// A failure prints its input and the seed that makes it again.
proptest! {
    #[test]
    fn a_client_frame_survives_the_wire(req in req(), frame in client_frame()) {
        let text = frame.encode(req);
        prop_assert_eq!(ClientFrame::decode(&text), Ok((req, frame)), "{}", text);
    }

    /// `type` first and `req` second is only the order that is read in one pass.
    #[test]
    fn the_order_of_fields_means_nothing(
        req in req(),
        frame in client_frame(),
        order in vec(any::<u8>(), 16),
    ) {
        let text = frame.encode(req);
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
        let mut fields: Vec<_> = object.iter().zip(&order).collect();
        prop_assert_eq!(fields.len(), object.len());
        fields.sort_by_key(|(_, place)| **place);
        let fields: Vec<_> = fields.iter().map(|((name, value), _)| format!("{name:?}:{value}")).collect();
        let shuffled = format!("{{{}}}", fields.join(","));
        prop_assert_eq!(ClientFrame::decode(&shuffled), Ok((req, frame)), "{}", shuffled);
    }

    #[test]
    fn a_server_frame_survives_the_wire(req in req(), frame in server_frame()) {
        let text = frame.encode(req);
        prop_assert_eq!(ServerFrame::decode(&text).ok(), Some((req, frame)), "{}", text);
    }

    /// Pages are bounded by it: what is written is never more, and not much less.
    #[test]
    fn an_entry_takes_no_more_than_is_counted(entry in entry()) {
        let text = match &entry.body {
            Some(Body::Text { text }) => Some(&**text),
            Some(Body::Unknown) | None => None,
        };
        // What the store adds for these.
        let labels = [&entry.topic, &entry.origin].map(|label| label.as_ref().map_or(0, |label| label.len()));
        let header = 80 + 6 * labels.iter().sum::<usize>();
        let counted = Entry::bytes_of(&entry.client_id, text, entry.mentions.len()) + header;
        let written = entry.encode().len();
        let slack = 512 + 17 * entry.mentions.len() + header;
        prop_assert!((written..written + slack).contains(&counted), "{} of {}", counted, written);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        decodes_or_refuses(&text)?;
    }

    #[test]
    fn any_json_like_text_is_read_or_refused(
        text in r#"\{("type"|"req"|"conv"|"seq"|"body"|"text"|"ack"|"send"|"sync"|[0-9]|[{}\[\]:,.\\"-]|null|\\u[0-9a-f]{4}){0,60}\}?"#
    ) {
        decodes_or_refuses(&text)?;
    }

    #[test]
    fn a_mutated_frame_is_read_or_refused(text in mutated()) {
        decodes_or_refuses(&text)?;
    }
}
