//! Cancels, deadlines and the end, at every moment.

use super::harness::check;

#[test]
fn a_cancel_aborts_the_run_and_closes_what_it_opened() {
    check(
        "auto: a | user: hi | user: ho | tool: k search + say: He | cancel: t1 | say@run1: llo",
        "...
         7 t1 message_complete m3 cancelled He
         8 t1 tool_result k search error
         9 t1 agent_complete a run1 cancelled
         10 t1 turn_end cancelled runs=1
         > abort run1
         > route t2 message ho
         = cancelled t1
         11 t2 agent_start a run2
         > start run2 a m2 attempt=1 skip=m2 before=11",
    );
}

#[test]
fn a_cancel_before_the_route_ends_the_turn_without_a_run() {
    check(
        "user: hi | cancel: c1 | route: a",
        "1 t1 message_accepted c1 m1 hi\n = accepted t1 m1 1\n 2 t1 turn_end cancelled runs=0\n = cancelled t1",
    );
}

#[test]
fn a_cancel_between_hand_over_and_start_ends_the_turn() {
    check(
        "user: hi | route: a | hand: b | cancel: t1 | route: b",
        "...
         4 t1 agent_complete a run1 completed
         5 t1 turn_end cancelled runs=1",
    );
}

#[test]
fn a_cancel_of_a_queued_turn_leaves_the_first_alone() {
    check(
        "user: one | user: two | user: three | cancel: c2 | route: a",
        "1 t1 message_accepted c1 m1 one
         > route t1 message one
         2 t2 message_accepted c2 m2 two
         3 t3 message_accepted c3 m3 three
         4 t2 turn_end cancelled runs=0
         5 t1 agent_switch none a first_message
         6 t1 agent_start a run1
         > start run1 a m1 attempt=1 skip=m1,m3 before=6",
    );
}

#[test]
fn a_cancel_of_a_finished_turn_says_that_it_is_over() {
    check(
        "auto: a | user: hi | done | cancel: t1 | cancel: c1",
        "...
         5 t1 turn_end completed runs=1
         = not_open
         = not_open",
    );
}

#[test]
fn a_second_cancel_says_that_the_turn_is_over() {
    check("user: hi | cancel: t1 | cancel: t1", "...\n 2 t1 turn_end cancelled runs=0\n = cancelled t1\n = not_open");
}

#[test]
fn the_end_cancels_the_open_turn_and_the_queue() {
    check(
        "auto: a | user: one | user: two | user: three | say: He | end: bye | end: again | say@run1: x",
        "...
         6 t1 content_chunk m4 He
         7 t1 message_complete m4 cancelled He
         8 t1 agent_complete a run1 cancelled
         9 t1 turn_end cancelled runs=1
         10 t2 turn_end cancelled runs=0
         11 t3 turn_end cancelled runs=0
         12 - conversation_end bye
         > abort run1
         = ended
         = ended",
    );
}

#[test]
fn nothing_follows_the_end() {
    check(
        "user: one | end: bye | route: a | cancel: t1 | deadline: t1 | crash | user: two",
        "...
         2 t1 turn_end cancelled runs=0
         3 - conversation_end bye
         ! conversation_ended",
    );
}

#[test]
fn a_turn_over_its_time_fails_and_the_next_one_starts() {
    check(
        "auto: a | user: hi | user: ho | say: He | deadline: t1",
        "...
         6 t1 message_complete m3 interrupted He
         7 t1 error budget_time a run1
         8 t1 turn_end failed runs=1
         > abort run1
         > route t2 message ho
         9 t2 agent_start a run2
         > start run2 a m2 attempt=1 skip=m2 before=9",
    );
}

#[test]
fn a_turn_over_its_time_between_two_runs_fails() {
    check(
        "user: hi | route: a | hand: b | deadline: t1 | route: b",
        "...
         4 t1 agent_complete a run1 completed
         5 t1 error budget_time router
         6 t1 turn_end failed runs=1",
    );
}

#[test]
fn the_deadline_of_a_turn_that_is_over_or_waits_changes_nothing() {
    check(
        "auto: a | user: hi | done | user: ho | user: hu | deadline: t1 | deadline: t3",
        "...\n 7 t2 agent_start a run2\n 8 t3 message_accepted c3 m3 hu",
    );
}
