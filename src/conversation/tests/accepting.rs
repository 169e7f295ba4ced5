//! Which messages are accepted, and what happens to them while a turn runs.

use super::harness::{check, run};

fn each(count: u32, step: impl Fn(u32) -> String) -> String {
    (0..count).map(step).collect::<Vec<_>>().join(" | ")
}

#[test]
fn a_message_opens_a_turn_and_is_routed() {
    check(
        "user: hi",
        "1 t1 message_accepted c1 m1 hi
         > route t1 message hi
         = accepted t1 m1 1",
    );
}

#[test]
fn the_same_message_again_gets_the_same_answer_and_no_second_turn() {
    check(
        "user#a: hi | user#a: hi | route: pricing | user#a: hi | done | user#a reject: hi | end: bye | user#a: hi",
        "1 t1 message_accepted a m1 hi
         = accepted t1 m1 1
         = duplicate t1 m1 1
         2 t1 agent_switch none pricing first_message
         3 t1 agent_start pricing run1
         = duplicate t1 m1 1
         4 t1 agent_complete pricing run1 completed
         5 t1 turn_end completed runs=1
         = duplicate t1 m1 1
         6 - conversation_end bye
         = ended
         = duplicate t1 m1 1",
    );
}

#[test]
fn fifty_duplicates_are_one_turn() {
    let driver = run(&"user#a: hi |".repeat(50));
    assert_eq!(driver.world.log.len(), 1);
    assert_eq!(driver.lines.iter().filter(|line| *line == "= duplicate t1 m1 1").count(), 49);
    assert_eq!(driver.world.asks.len(), 1);
}

#[test]
fn the_same_id_with_another_text_is_a_conflict() {
    check("user#a: hi | user#a: ho", "1 t1 message_accepted a m1 hi\n ! idempotency_conflict");
}

#[test]
fn a_duplicate_that_only_the_store_remembers_is_found() {
    let many = each(300, |number| format!("user#n{number}: hi | done"));
    let driver = run(&format!("auto: pricing | {many} | user#n0: hi | user#n0: ho"));
    assert_eq!(driver.lines[driver.lines.len() - 2..], ["= duplicate t1 m1 1", "! idempotency_conflict"]);
}

#[test]
fn a_duplicate_is_known_after_a_crash() {
    check(
        "user#a: hi | crash | user#a: hi | user#a: ho",
        "1 t1 message_accepted a m1 hi
         = accepted t1 m1 1
         = duplicate t1 m1 1
         ! idempotency_conflict",
    );
}

#[test]
fn by_default_a_message_waits_for_its_turn() {
    check(
        "auto: pricing | user: one | user: two | done",
        "1 t1 message_accepted c1 m1 one
         2 t1 agent_switch none pricing first_message
         3 t1 agent_start pricing run1
         4 t2 message_accepted c2 m2 two
         5 t1 agent_complete pricing run1 completed
         6 t1 turn_end completed runs=1
         7 t2 agent_start pricing run2",
    );
}

#[test]
fn reject_is_refused_while_a_turn_runs_or_is_routed() {
    check("user reject: one | user reject: two", "1 t1 message_accepted c1 m1 one\n ! turn_running");
    check(
        "auto: pricing | user: one | user reject: two",
        "...
         3 t1 agent_start pricing run1
         ! turn_running",
    );
}

#[test]
fn interrupt_cancels_the_running_turn_and_goes_before_those_that_wait() {
    check(
        "auto: pricing | user: one | user: two | say: He | user interrupt: three | done",
        "...
         4 t2 message_accepted c2 m2 two
         5 t1 content_chunk m3 He
         6 t3 message_accepted c3 m4 three
         7 t1 message_complete m3 cancelled He
         8 t1 agent_complete pricing run1 cancelled
         9 t1 turn_end cancelled runs=1
         > abort run1
         > route t3 message three
         10 t3 agent_start pricing run2
         > start run2 pricing m4 attempt=1 skip=m4,m2 before=10
         11 t3 agent_complete pricing run2 completed
         12 t3 turn_end completed runs=1
         > route t2 message two
         13 t2 agent_start pricing run3
         > start run3 pricing m2 attempt=1 skip=m2 before=13",
    );
}

#[test]
fn interrupt_cancels_a_turn_that_is_being_routed_and_its_route_comes_too_late() {
    check(
        "user: one | user interrupt: two | route: product | route: pricing",
        "1 t1 message_accepted c1 m1 one
         > route t1 message one
         2 t2 message_accepted c2 m2 two
         3 t1 turn_end cancelled runs=0
         > route t2 message two
         4 t2 agent_switch none pricing first_message
         5 t2 agent_start pricing run1
         > start run1 pricing m2 attempt=1 skip=m2 before=5",
    );
}

#[test]
fn no_more_wait_than_may_whether_the_first_runs_or_is_being_routed() {
    check(
        "limit: turns_waiting_max 1 | user: one | user: two | user: three | route: pricing | user: four",
        "1 t1 message_accepted c1 m1 one
         2 t2 message_accepted c2 m2 two
         ! busy
         3 t1 agent_switch none pricing first_message
         4 t1 agent_start pricing run1
         ! busy",
    );
}

#[test]
fn where_none_may_wait_one_at_a_time_is_answered() {
    check(
        "limit: turns_waiting_max 0 | auto: pricing | user: one | user: two | done | user: three",
        "...
         ! busy
         4 t1 agent_complete pricing run1 completed
         5 t1 turn_end completed runs=1
         6 t2 message_accepted c3 m2 three
         7 t2 agent_start pricing run2",
    );
}

#[test]
fn an_interrupt_needs_no_room_because_no_more_wait_than_before() {
    check(
        "limit: turns_waiting_max 1 | auto: pricing | user: one | user: two | user interrupt: three | user: four",
        "...
         5 t3 message_accepted c3 m3 three
         6 t1 agent_complete pricing run1 cancelled
         7 t1 turn_end cancelled runs=1
         8 t3 agent_start pricing run2
         ! busy",
    );
}

#[test]
fn a_cancel_ahead_of_its_message_ends_that_turn_without_a_run() {
    check(
        "cancel: early | user#early: hi | user#early: hi",
        "= kept
         1 t1 message_accepted early m1 hi
         2 t1 turn_end cancelled runs=0
         = accepted t1 m1 1
         = duplicate t1 m1 1",
    );
}

#[test]
fn an_early_cancel_touches_neither_the_running_turn_nor_the_queue() {
    check(
        "auto: pricing | user: one | user: two | cancel: x | user#x interrupt: three | done",
        "...
         4 t2 message_accepted c2 m2 two
         5 t3 message_accepted x m3 three
         6 t3 turn_end cancelled runs=0
         7 t1 agent_complete pricing run1 completed
         8 t1 turn_end completed runs=1
         9 t2 agent_start pricing run2",
    );
}

#[test]
fn a_message_that_was_cancelled_early_is_accepted_whatever_its_policy_and_the_queue() {
    let tail = "...\n 4 t2 message_accepted x m2 three\n 5 t2 turn_end cancelled runs=0";
    for policy in ["reject", "steer", "enqueue", "interrupt"] {
        let script =
            format!("limit: turns_waiting_max 0 | auto steerable: a | user: one | cancel: x | user#x {policy}: three");
        check(&script, tail);
    }
}

#[test]
fn an_early_cancel_is_kept_for_a_minute() {
    let ends = |script: &str| run(script).lines.iter().any(|line| line.contains("turn_end"));
    assert!(ends("cancel: x | wait: 59 | user#x: hi"));
    assert!(!ends("cancel: x | wait: 60 | user#x: hi"));
    assert!(ends("cancel: x | wait: 59 | cancel: x | wait: 59 | user#x: hi"));
}

#[test]
fn of_too_many_early_cancels_the_oldest_gives_way() {
    let many = each(33, |number| format!("cancel: n{number}"));
    let ends = |client: &str| {
        let driver = run(&format!("{many} | user#{client}: hi"));
        driver.lines.iter().any(|line| line.contains("turn_end"))
    };
    assert!(!ends("n0"));
    assert!(ends("n1"));
    assert!(ends("n32"));
}

#[test]
fn an_early_cancel_is_kept_in_a_long_conversation_too() {
    let many = each(300, |number| format!("user#n{number}: hi | done"));
    let driver = run(&format!("auto: pricing | {many} | cancel: x | user#x: hi"));
    let tail = &driver.lines[driver.lines.len() - 4..];
    assert_eq!(tail[0], "= not_open", "the store must say whether the message was there");
    assert!(tail[2].contains("turn_end cancelled"), "{tail:?}");
}

#[test]
fn an_ended_conversation_takes_no_message_and_keeps_no_cancel() {
    check("end: bye | user: hi | cancel: x", "1 - conversation_end bye\n = ended\n ! conversation_ended\n = not_open");
}
