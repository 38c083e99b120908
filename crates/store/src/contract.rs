//! The contract suite: what every engine must do, as tests that run on a real one.
//!
//! An engine's test file says how to get at it ([`Engine`]) and calls `store_contract!`, which
//! makes one test of each case, so that a failure names the promise that was broken. Every case
//! ends with [`Maintenance::verify`](crate::Maintenance::verify) finding nothing.
//!
//! Not here: what only one engine can do or suffer (full disks, files, fail-over).

#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    missing_docs,
    reason = "tests, shared between crates; the name of each case says what it is about"
)]

mod fixture;
mod groups_model;
mod joining_model;
mod model;
mod reactions_model;
mod retention_model;
mod rng;
mod views_model;

pub mod accounts;
pub mod append;
pub mod blocks;
pub mod changes;
pub mod edits;
pub mod exactly_once;
pub mod groups;
pub mod history;
pub mod identity;
pub mod joining;
pub mod mentions;
pub mod nodes;
pub mod order;
pub mod people;
pub mod positions;
pub mod random;
pub mod reactions;
pub mod retention;
pub mod sessions;
pub mod snapshots;
pub mod sync;
pub mod unread;
pub mod unsettled;
pub mod views;
pub mod windows;

pub use fixture::{Engine, Fixture, run};
pub use rng::Rng;

/// Makes one `#[tokio::test]` of each case, for an [`Engine`] in scope. The calling crate needs
/// tokio with `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! store_contract {
    ($engine:ty) => {
        $crate::store_contract! { @modules $engine;
            accounts: ids_start_at_1000, wished_ids, login_names_ignore_case, passwords, lookups,
                lists_are_pages, another_name, what_is_let_be_seen;
            people: the_best_stand_first, a_page_is_bounded_and_says_so, words_in_another_order_find_among_many, a_new_name_is_found_and_the_old_one_is_not,
                against_going_through_everybody;
            sessions: token_finds_session_and_user, one_per_device, beyond_the_cap_the_oldest_ends,
                beyond_the_cap_connected_ones_go_last, expiry, closing,
                a_new_password_ends_all, but_the_one_to_keep, touching, most_recent_first, last_seen,
                what_was_signed_out_is_remembered;
            append: seqs_are_dense, a_direct_conversation_is_one, notes_to_oneself, who_may_append, replies,
                outcomes_keep_their_order, refusals_leave_no_trace, any_text_survives,
                everything_survives_a_restart;
            exactly_once: a_retry_finds_the_first, within_a_batch, conflicts, per_sender, per_conversation,
                a_retry_of_an_edit_or_recall, a_retry_after_the_text_changed, after_a_restart,
                in_any_order_of_client_ids;
            edits: an_edit_replaces, only_the_last_edit_keeps_a_body, a_recall_blanks,
                refusals, too_late, in_one_batch;
            positions: sending_reads, moves_go_forward_only, refusals, read_implies_delivered,
                edits_and_recalls_move_nobody;
            unread: is_messages_by_others_after_read, recalls_before_and_after,
                edits_do_not_count, total_is_the_sum;
            sync: an_empty_account, newest_change_first, every_change_is_found, pages_are_constant,
                a_walk_with_changes_between_misses_nothing, entries_and_bytes_are_bounded,
                only_own_conversations;
            history: ranges, limits, strangers, bytes_are_bounded, written_bytes_are_bounded;
            identity: an_epoch_stays, each_store_has_its_own, a_cursor_is_of_one_history,
                a_cursor_of_a_later_state_begins_anew;
            changes: every_entry_once_in_the_order_of_commits, refusals_and_retries_are_none,
                what_is_gone_is_gone_there_too, nothing_is_missed_while_many_write;
            unsettled: an_edit_is_read_at_once, a_recall_is_read_at_once,
                a_conversation_that_has_just_begun_is_there, pages_against_a_naive_model;
            groups: nobody_is_in_more_than_so_many, begins_with_its_owner, who_may_do_what, what_settings_say_holds,
                admins_recall_what_others_said, whoever_is_out_sees_nothing_later,
                a_group_ends_for_everybody, a_large_group_is_told_in_pages,
                of_many_it_is_not_kept_what_is_delivered, what_members_have_seen;
            reactions: are_counted_and_taken_back, what_changed_after_a_number, go_with_their_message,
                refusals_of_reactions, of_many_members;
            order: who_is_banned_stays_out, who_is_muted_reads_and_does_not_write, slow_mode_lets_one_message_through_at_a_time,
                pins_are_a_list, what_is_recalled_is_not_pinned;
            joining: a_link_lets_in, the_last_use_is_one_persons, a_link_lives_while_its_maker_may_invite,
                who_makes_and_sees_links, links_are_bounded, who_is_let_in_asked_before, a_request_ends,
                who_is_declined_waits, requests_are_bounded, ways_survive_a_restart, admins_find_who_asks;
            windows: who_comes_reads_what_the_group_lets, nothing_of_before_is_told, who_comes_back_has_a_new_window,
                days_reach_back_by_the_time_of_entries;
            retention: by_days, by_entries, the_shorter_counts, what_is_gone_is_nowhere, what_is_gone_is_as_if_it_never_was,
                steps_are_bounded, a_restart_goes_on, who_may_say_how_much_is_kept;
            mentions: are_counted_until_they_are_read, only_what_may_be_read_is_listed, are_listed_in_pages,
                who_leads_mentions_all, all_are_mentioned_so_often_a_day, both_kinds_are_listed_in_pages;
            blocks: who_is_blocked_is_not_heard, nobody_is_brought_in_by_whom_they_blocked,
                whom_one_blocked_mentions_in_vain, positions_stand_still_for_whom_one_blocked, blocks_are_a_list;
            views: what_is_set_is_told_to_its_member_alone, what_is_so_changes_nothing, a_message_brings_it_back,
                a_mark_counts_until_it_is_read, totals_know_what_is_quiet, pins_are_bounded, drafts_are_bounded,
                who_goes_leaves_nothing, what_is_cleared_is_told_no_more, refused_to_others, everything_is_there_after_a_restart;
            nodes: what_one_commits_the_other_reads, a_retry_at_the_other_finds_the_first,
                one_client_id_at_both_at_once, a_pair_begins_at_both_at_once,
                commits_at_both_make_one_log, a_walk_at_one_misses_nothing_of_the_other,
                a_session_that_ends_at_one_has_ended_at_the_other,
                positions_at_both_go_forward_only;
            snapshots: a_read_never_sees_half_a_batch, concurrent_commits;
            random: against_a_naive_model;
        }
    };
    (@modules $engine:ty; $($module:ident: $($case:ident),+;)+) => {
        $(
            mod $module {
                use super::*;

                $(
                    #[tokio::test(flavor = "multi_thread")]
                    async fn $case() {
                        $crate::contract::run::<$engine>(
                            $crate::contract::$module::$case,
                        )
                        .await;
                    }
                )+
            }
        )+
    };
}
