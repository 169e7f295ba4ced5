//! What every store must do, tried on each: memory, SQLite, PostgreSQL.

mod appends;
mod groups;
mod lists;
mod opens;
mod property;
mod retention;
mod support;
mod waits;

/// Runs each case on each store.
macro_rules! contract {
    ($($file:ident: $($case:ident)*;)*) => {
        mod memory {
            use crate::store::memory::MemoryStore;
            $($(#[tokio::test]
            async fn $case() {
                super::$file::$case(&MemoryStore::default()).await;
            })*)*
        }
        mod sqlite {
            use crate::store::sql::testing::SqliteFile;
            $($(#[tokio::test]
            async fn $case() {
                let file = SqliteFile::new();
                let store = file.open().await;
                super::$file::$case(&store).await;
                store.close().await;
            })*)*
        }
        mod postgres {
            use crate::store::sql::testing::PostgresDatabase;
            $($(#[tokio::test]
            async fn $case() {
                let database = PostgresDatabase::create().await;
                let store = database.open().await;
                super::$file::$case(&store).await;
                store.close().await;
                database.drop().await;
            })*)*
        }
    };
}

contract! {
    appends:
        appends_are_dense_and_come_back_byte_for_byte
        a_wrong_head_is_fenced_and_nothing_of_it_is_stored
        a_stale_fence_is_fenced
        the_same_append_again_is_appended
        another_append_at_the_same_place_is_fenced
        what_no_store_can_hold_is_refused
        unicode_and_large_bodies_come_back
        a_tool_call_is_a_message_and_so_is_its_result
        the_end_of_a_conversation_is_kept;
    opens:
        a_conversation_is_made_once_and_each_open_raises_the_fence
        writers_that_open_at_once_make_one_conversation
        metadata_that_no_store_can_hold_is_refused
        an_unknown_conversation_is_not_found
        replay_begins_where_the_oldest_open_turn_was_accepted
        the_latest_256_accepted_messages_come_along
        the_ledger_of_open_turns_comes_along
        what_runs_took_of_the_messages_of_open_turns_comes_along
        two_owners_may_use_the_same_id
        unfinished_names_each_conversation_with_an_open_turn
        an_erased_conversation_leaves_a_tombstone
        only_the_writer_erases;
    groups:
        a_duplicate_client_message_id_is_refused_alone
        two_hundred_conversations_go_into_one_group
        appends_to_one_conversation_are_applied_in_order
        appends_after_a_fenced_one_are_fenced_with_it
        a_lost_answer_is_found_when_the_next_append_comes_along
        opens_appends_and_erasures_keep_their_order
        an_empty_group_is_nothing
        of_many_that_speak_at_once_a_stale_one_alone_is_fenced;
    retention:
        the_log_of_old_turns_goes_and_their_messages_stay
        a_turn_that_is_open_or_young_keeps_the_log_from_its_beginning
        a_writer_goes_on_over_a_sweep
        a_tombstone_goes_when_it_is_old
        tombstones_come_in_pages_in_the_order_of_their_erasure
        a_sweep_with_nothing_to_do_does_nothing;
    waits:
        the_latest_checkpoint_of_each_agent_is_kept
        what_waits_for_a_person_comes_along
        a_decision_is_kept_and_the_first_one_counts
        a_decision_opens_a_turn
        what_waits_goes_with_its_conversation
        a_graph_is_kept_under_its_version;
    lists:
        events_come_in_pages
        events_outside_the_log_are_no_events
        messages_come_in_pages_oldest_first
        the_latest_messages_are_those_up_to_a_place
        interactions_come_in_pages_oldest_first
        conversations_come_newest_first
        history_is_what_was_said_and_fits
        a_foreign_cursor_is_refused
        agent_switches_are_kept
        it_answers_a_ping;
}
