//! What a member may make of a conversation for oneself.

use std::sync::Arc;

use hongyan_protocol::Seq;

use crate::{DRAFTS, Draft, LastMessage, Member, Move, PINNED, View, ViewChange, ViewError};

/// What an engine has to find out before a change of a view can be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewFacts {
    /// The log's head.
    pub head: Seq,
    /// Its last message.
    pub last: LastMessage,
    /// The member's read position.
    pub read: Seq,
    /// The view before.
    pub view: View,
    /// How many conversations the user has pinned. Only looked for where this one is to be pinned and is not.
    pub pinned: usize,
    /// In how many the user has a draft. Only looked for where this one is to get one and has none.
    pub drafts: usize,
}

/// Judges a change of a view. `facts`: `None` for somebody who is no member. The view that is to be kept has another
/// [`rev`](View::rev) than before if anything changes.
pub fn decide_view(change: &ViewChange, facts: Option<&ViewFacts>) -> Result<View, ViewError> {
    let facts = facts.ok_or(ViewError::NotMember)?;
    let before = facts.view.now(facts.read, facts.last);
    let mut view = before.clone();
    if let Some(until) = change.muted_until {
        view.muted_until = Some(until)
            .filter(|until| *until > change.at)
            .unwrap_or_default();
    }
    if let Some(order) = change.pinned {
        room(before.pinned > 0 || order == 0, facts.pinned, PINNED)?;
        view.pinned = order;
    }
    view.archived = up_to(change.archived, before.archived, facts.head);
    view.hidden = up_to(change.hidden, before.hidden, facts.head);
    if view.muted_until != before.muted_until && view.archived > Seq::ZERO {
        // That it is muted no more brings nothing out; the next message does.
        view.archived = facts.head;
    }
    if let Some(is_marked) = change.marked_unread {
        view.marked = is_marked.then_some(facts.read);
    }
    if let Some(wish) = &change.draft {
        if wish.reply_to > Some(facts.head) {
            return Err(ViewError::BeyondHead);
        }
        let known = before.draft.as_ref();
        let is_known =
            known.is_some_and(|known| known.text == wish.text && known.reply_to == wish.reply_to);
        let is_none = wish.text.is_empty() && wish.reply_to.is_none();
        room(known.is_some() || is_none, facts.drafts, DRAFTS)?;
        if is_none {
            view.draft = None;
        } else if !is_known {
            view.draft = Some(Arc::new(Draft {
                text: Arc::clone(&wish.text),
                reply_to: wish.reply_to,
                at: change.at,
            }));
        }
    }
    if let Some(up_to) = change.cleared {
        if up_to > facts.head {
            return Err(ViewError::BeyondHead);
        }
        view.cleared = view.cleared.max(up_to);
    }
    if view != before {
        view.rev += 1;
    }
    Ok(view)
}

/// What a move leaves of a view, if it ends a mark: one has read again up to where one had read. `moved`: where the
/// member stands then.
pub fn ends_mark(change: &Move, moved: Member, view: &View) -> Option<View> {
    let is_ended = change.read == Some(moved.read) && view.marked == Some(moved.read);
    is_ended.then(|| View {
        marked: None,
        rev: view.rev + 1,
        ..view.clone()
    })
}

fn room(is_no_more: bool, so_far: usize, most: usize) -> Result<(), ViewError> {
    match is_no_more || so_far < most {
        true => Ok(()),
        false => Err(ViewError::TooMany),
    }
}

/// Up to where something holds that is wished to hold, or not, from now on.
fn up_to(wish: Option<bool>, before: Seq, head: Seq) -> Seq {
    match wish {
        Some(true) if before == Seq::ZERO => head,
        Some(true) | None => before,
        Some(false) => Seq::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::{ConversationId, Millis, UserId};

    use super::*;
    use crate::DraftChange;

    fn seq(value: u64) -> Seq {
        Seq::new(value).unwrap()
    }

    fn at(millis: u64) -> Millis {
        Millis::new(millis).unwrap()
    }

    fn nothing() -> ViewChange {
        ViewChange {
            user: UserId::new(1000).unwrap(),
            conv: ConversationId::new(7).unwrap(),
            at: at(50),
            muted_until: None,
            pinned: None,
            archived: None,
            hidden: None,
            marked_unread: None,
            draft: None,
            cleared: None,
        }
    }

    fn facts(view: View) -> ViewFacts {
        ViewFacts {
            head: seq(9),
            last: LastMessage {
                seq: seq(8),
                at: at(40),
            },
            read: seq(8),
            view,
            pinned: 0,
            drafts: 0,
        }
    }

    fn draft(text: &str, reply_to: Option<u64>) -> Option<DraftChange> {
        Some(DraftChange {
            text: text.into(),
            reply_to: reply_to.map(seq),
        })
    }

    /// Each change alone, and what it makes of nothing.
    fn changes() -> Vec<(ViewChange, View)> {
        let none = View::default;
        vec![
            (
                ViewChange {
                    muted_until: Some(at(60)),
                    ..nothing()
                },
                View {
                    muted_until: at(60),
                    ..none()
                },
            ),
            (
                ViewChange {
                    pinned: Some(3),
                    ..nothing()
                },
                View {
                    pinned: 3,
                    ..none()
                },
            ),
            (
                ViewChange {
                    archived: Some(true),
                    ..nothing()
                },
                View {
                    archived: seq(9),
                    ..none()
                },
            ),
            (
                ViewChange {
                    hidden: Some(true),
                    ..nothing()
                },
                View {
                    hidden: seq(9),
                    ..none()
                },
            ),
            (
                ViewChange {
                    marked_unread: Some(true),
                    ..nothing()
                },
                View {
                    marked: Some(seq(8)),
                    ..none()
                },
            ),
            (
                ViewChange {
                    draft: draft("", Some(2)),
                    ..nothing()
                },
                View {
                    draft: Some(Arc::new(Draft {
                        text: "".into(),
                        reply_to: Some(seq(2)),
                        at: at(50),
                    })),
                    ..none()
                },
            ),
        ]
    }

    #[test]
    fn each_change_is_made_and_made_again_changes_nothing() {
        for (change, expected) in changes() {
            let changed = decide_view(&change, Some(&facts(View::default()))).unwrap();
            assert_eq!(changed, View { rev: 1, ..expected });
            let mut later = facts(changed.clone());
            later.head = seq(10);
            let again = ViewChange {
                at: at(55),
                ..change
            };
            assert_eq!(decide_view(&again, Some(&later)), Ok(changed));
        }
    }

    #[test]
    fn what_is_cleared_stays_so() {
        let clear = |up_to: u64| ViewChange {
            cleared: Some(seq(up_to)),
            ..nothing()
        };
        let cleared = View {
            rev: 1,
            cleared: seq(5),
            ..View::default()
        };
        let decided = decide_view(&clear(5), Some(&facts(View::default())));
        assert_eq!(decided, Ok(cleared.clone()));
        let decided = decide_view(&clear(4), Some(&facts(cleared.clone())));
        assert_eq!(decided, Ok(cleared.clone()));
        let decided = decide_view(&clear(10), Some(&facts(cleared.clone())));
        assert_eq!(decided, Err(ViewError::BeyondHead));
        assert_eq!(
            (cleared.first_told(seq(3)), cleared.first_told(seq(9))),
            (seq(6), seq(9))
        );
        assert_eq!(cleared.of_former_member().cleared, seq(5));
    }

    #[test]
    fn what_is_default_is_set_by_its_default() {
        let change = ViewChange {
            muted_until: Some(at(50)),
            pinned: Some(0),
            archived: Some(false),
            hidden: Some(false),
            marked_unread: Some(false),
            draft: draft("", None),
            ..nothing()
        };
        let decided = decide_view(&change, Some(&facts(View::default())));
        assert_eq!(decided, Ok(View::default()));
        let all = View {
            rev: 4,
            muted_until: at(60),
            pinned: 3,
            archived: seq(8),
            hidden: seq(8),
            marked: Some(seq(8)),
            draft: Some(Arc::new(Draft {
                text: "x".into(),
                reply_to: None,
                at: at(1),
            })),
            cleared: Seq::ZERO,
        };
        let none = View {
            rev: 5,
            ..View::default()
        };
        assert_eq!(decide_view(&change, Some(&facts(all))), Ok(none));
    }

    #[test]
    fn a_message_ends_what_it_ends() {
        let view = View {
            archived: seq(4),
            hidden: seq(4),
            marked: Some(seq(3)),
            muted_until: at(40),
            ..View::default()
        };
        let last = |seq_, at_| LastMessage {
            seq: seq(seq_),
            at: at(at_),
        };
        assert_eq!(view.now(seq(3), last(4, 40)), view);
        let muted = view.now(seq(3), last(5, 39));
        assert_eq!((muted.archived, muted.hidden), (seq(4), Seq::ZERO));
        let ended = view.now(seq(5), last(5, 40));
        let left = View {
            muted_until: at(40),
            ..View::default()
        };
        assert_eq!(ended, left);
        assert!(view.asks_when(seq(5)) && !view.asks_when(seq(4)) && !left.asks_when(seq(9)));
    }

    #[test]
    fn to_be_muted_no_more_brings_nothing_out() {
        let before = View {
            archived: seq(4),
            muted_until: at(90),
            ..View::default()
        };
        let change = ViewChange {
            muted_until: Some(at(0)),
            ..nothing()
        };
        let view = decide_view(&change, Some(&facts(before))).unwrap();
        assert_eq!(view.archived, seq(9), "until the next message");
    }

    #[test]
    fn refusals() {
        let pin = ViewChange {
            pinned: Some(1),
            ..nothing()
        };
        assert_eq!(decide_view(&pin, None), Err(ViewError::NotMember));
        let full = |view| ViewFacts {
            pinned: PINNED,
            drafts: DRAFTS,
            ..facts(view)
        };
        let decided = decide_view(&pin, Some(&full(View::default())));
        assert_eq!(decided, Err(ViewError::TooMany));
        let pinned = View {
            pinned: 7,
            ..View::default()
        };
        assert!(decide_view(&pin, Some(&full(pinned))).is_ok());
        let writes = ViewChange {
            draft: draft("x", None),
            ..nothing()
        };
        let decided = decide_view(&writes, Some(&full(View::default())));
        assert_eq!(decided, Err(ViewError::TooMany));
        let answers = ViewChange {
            draft: draft("x", Some(10)),
            ..nothing()
        };
        let decided = decide_view(&answers, Some(&facts(View::default())));
        assert_eq!(decided, Err(ViewError::BeyondHead));
    }

    #[test]
    fn to_read_again_what_is_read_ends_a_mark() {
        let view = View {
            rev: 2,
            marked: Some(seq(8)),
            ..View::default()
        };
        let moved = Member {
            read: seq(8),
            delivered: seq(8),
            ..Member::new(nothing().user)
        };
        let to = |read: Option<u64>| Move {
            user: moved.user,
            conv: nothing().conv,
            read: read.map(seq),
            delivered: Some(seq(8)),
        };
        let ended = View {
            rev: 3,
            ..View::default()
        };
        assert_eq!(ends_mark(&to(Some(8)), moved, &view), Some(ended));
        assert_eq!(ends_mark(&to(Some(7)), moved, &view), None);
        assert_eq!(ends_mark(&to(None), moved, &view), None);
        assert_eq!(ends_mark(&to(Some(8)), moved, &View::default()), None);
    }
}
