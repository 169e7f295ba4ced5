//! Messages that join the running turn.

use super::harness::check;

#[test]
fn a_steer_joins_the_turn_and_is_handed_to_the_run() {
    check(
        "auto steerable: pricing | user: hi | user steer: also | taken: m2 | say: ok | done",
        "1 t1 message_accepted c1 m1 hi
         > route t1 message hi
         = accepted t1 m1 1
         2 t1 agent_switch none pricing first_message
         3 t1 agent_start pricing run1
         > start run1 pricing m1 attempt=1 skip=m1 before=0
         4 t1 message_accepted c2 m2 also
         > steer run1 m2
         = accepted t1 m2 4
         5 t1 content_chunk m3 ok
         6 t1 message_complete m3 complete ok
         7 t1 agent_complete pricing run1 completed
         8 t1 turn_end completed runs=1",
    );
}

#[test]
fn a_steer_that_came_too_late_is_answered_by_another_run_of_the_same_agent() {
    check(
        "auto steerable: pricing | user: hi | user steer: two | user steer: three | done | taken: m3 | done",
        "...
         6 t1 agent_complete pricing run1 completed
         > route t1 again pricing
         7 t1 agent_start pricing run2
         > start run2 pricing m2 attempt=1 steers=m3 skip=m2,m3 before=7
         8 t1 agent_complete pricing run2 completed
         9 t1 turn_end completed runs=2",
    );
}

#[test]
fn a_steer_waits_where_the_agent_cannot_take_it() {
    check(
        "auto: pricing | user: hi | user steer: two | done",
        "...
         4 t2 message_accepted c2 m2 two
         5 t1 agent_complete pricing run1 completed
         6 t1 turn_end completed runs=1
         7 t2 agent_start pricing run2",
    );
}

#[test]
fn a_steer_between_two_runs_waits() {
    check(
        "user: hi | user steer: two | route steerable: a | hand: b | user steer: three",
        "1 t1 message_accepted c1 m1 hi
         2 t2 message_accepted c2 m2 two
         3 t1 agent_switch none a first_message
         4 t1 agent_start a run1
         5 t1 agent_complete a run1 completed
         6 t3 message_accepted c3 m3 three",
    );
}

#[test]
fn steers_that_nobody_took_go_along_with_a_hand_over() {
    check(
        "auto steerable: a | user: hi | user steer: two | hand: b because | done",
        "...
         6 t1 agent_switch a b handoff because
         7 t1 agent_start b run2
         > start run2 b m1 attempt=1 from=a:because steers=m2 skip=m1,m2 before=7
         8 t1 agent_complete b run2 completed
         > route t1 again b
         9 t1 agent_start b run3
         > start run3 b m2 attempt=1 skip=m2 before=9",
    );
}

#[test]
fn no_more_steers_wait_for_the_run_than_may() {
    check(
        "limit: turns_waiting_max 1 | auto steerable: a | user: hi
         user steer: two | user steer: three | taken: m2 | user steer: four | user: five | user: six",
        "...
         4 t1 message_accepted c2 m2 two
         ! busy
         5 t1 message_accepted c4 m3 four
         6 t2 message_accepted c5 m4 five
         ! busy",
    );
}

#[test]
fn a_steer_is_part_of_the_turn_that_is_cancelled_by_its_name() {
    check(
        "auto steerable: a | user: hi | user steer: two | cancel: c2",
        "...
         4 t1 message_accepted c2 m2 two
         5 t1 agent_complete a run1 cancelled
         6 t1 turn_end cancelled runs=1",
    );
}

#[test]
fn a_run_for_a_left_over_steer_that_a_crash_cut_begins_again_with_that_steer() {
    check(
        "auto steerable: a | user: hi | user steer: two | done | crash",
        "...
         7 t1 agent_complete a run2 interrupted
         > route t1 again a
         8 t1 agent_start a run3
         > start run3 a m2 attempt=2 skip=m2 before=8",
    );
}
