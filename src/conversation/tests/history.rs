//! What a run may take as history.

use super::harness::check;

#[test]
fn the_own_message_and_those_that_wait_are_not_history() {
    check(
        "user: one | user: two | user: three | route: a | done | route: a | done | route: a",
        "1 t1 message_accepted c1 m1 one
         > route t1 message one
         2 t2 message_accepted c2 m2 two
         3 t3 message_accepted c3 m3 three
         4 t1 agent_switch none a first_message
         5 t1 agent_start a run1
         > start run1 a m1 attempt=1 skip=m1,m2,m3 before=0
         6 t1 agent_complete a run1 completed
         7 t1 turn_end completed runs=1
         > route t2 message two
         8 t2 agent_start a run2
         > start run2 a m2 attempt=1 skip=m2,m3 before=8
         9 t2 agent_complete a run2 completed
         10 t2 turn_end completed runs=1
         > route t3 message three
         11 t3 agent_start a run3
         > start run3 a m3 attempt=1 skip=m3 before=11",
    );
}

#[test]
fn a_message_that_comes_while_the_run_starts_is_after_its_history() {
    check(
        "auto: a | user: one | done | user: two | user: three",
        "1 t1 message_accepted c1 m1 one
         > route t1 message one
         2 t1 agent_switch none a first_message
         3 t1 agent_start a run1
         > start run1 a m1 attempt=1 skip=m1 before=0
         4 t1 agent_complete a run1 completed
         5 t1 turn_end completed runs=1
         6 t2 message_accepted c2 m2 two
         > route t2 message two
         7 t2 agent_start a run2
         > start run2 a m2 attempt=1 skip=m2 before=7
         8 t3 message_accepted c3 m3 three",
    );
}

#[test]
fn what_an_agent_said_before_it_handed_over_is_history() {
    check(
        "auto: a | user: hi | say: Wait + hand: b",
        "...
         8 t1 agent_start b run2
         > start run2 b m1 attempt=1 from=a: skip=m1 before=8",
    );
}

#[test]
fn a_steer_that_was_taken_is_history_for_the_next_run_and_one_that_was_not_is_offered() {
    check(
        "auto steerable: a | user: hi | user steer: two | user steer: three | taken: m2 | hand: b",
        "...
         8 t1 agent_start b run2
         > start run2 b m1 attempt=1 from=a: steers=m3 skip=m1,m3 before=8",
    );
}
