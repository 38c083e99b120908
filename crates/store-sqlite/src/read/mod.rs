//! What is read, as functions of a connection inside a snapshot.
//!
//! Not here: which connection, and on which thread (`readers`).

mod accounts;
mod blocks;
mod conversation;
mod feed;
mod history;
mod joining;
mod mentions;
mod order;
mod reactions;
mod retention;
mod sync;
pub(crate) mod unread;
mod view;

pub(crate) use accounts::{
    credentials, is_revoked, last_seen, list_users, privacy, session, sessions, users,
};
pub(crate) use blocks::{blocked, has_blocked, who_blocks};
pub(crate) use conversation::{
    Seen, direct_conversation, groups_of, member, member_ids, members, no_further, other_standing,
    said_at, seen, settings, standings, windows,
};
pub(crate) use feed::changes;
pub(crate) use history::history;
pub(crate) use joining::{
    admins, asked, group_role, joiners, kept_admission, links_for, own_requests, requests,
    sees_joiners, way_in, ways,
};
pub(crate) use mentions::{last_alls, mentions};
pub(crate) use order::{mark, order};
pub(crate) use reactions::{reaction_counts, reaction_number, reactions, reactors};
pub(crate) use retention::{Kept, Overdue, free_pages, has_much_free, kept, overdue, to_pack};
pub(crate) use sync::{probe, sync};
pub(crate) use view::{COLUMNS as VIEW_COLUMNS, counted_views, of_row as view_of_row, view};
