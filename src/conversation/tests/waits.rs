//! Workflows that wait for a person, and go on.

use super::harness::check;

const WAITS: &str = "auto: seller | user: sell it | step: ask 1 | input: price + waiting";
const ASKS: &str = "auto: seller | user: sell it | step: draft 1 | question: 1 publish + waiting";

#[track_caller]
fn after(begin: &str, script: &str, expect: &str) {
    check(&format!("{begin} | {script}"), expect);
}

#[test]
fn a_turn_that_waits_has_ended_and_the_next_message_goes_to_whoever_waits() {
    after(
        WAITS,
        "user: 500",
        "1 t1 message_accepted c1 m1 sell it
         > route t1 message sell it
         2 t1 agent_switch none seller first_message
         3 t1 agent_start seller run1
         > start run1 seller m1 attempt=1 skip=m1 before=0
         4 t1 step_complete ask 1
         5 t1 input_request price
         6 t1 agent_complete seller run1 waiting
         7 t1 turn_end waiting runs=1
         8 t2 message_accepted c2 m2 500
         > route t2 awaited 500
         9 t2 agent_start seller run2
         > start run2 seller m2 attempt=1 skip=m2 before=9",
    );
}

#[test]
fn who_waits_is_known_after_a_restart_and_until_the_next_step() {
    after(
        WAITS,
        "crash | user: 500",
        "...\n > route t2 awaited 500\n 9 t2 agent_start seller run2\n > start run2 seller m2 attempt=1 skip=m2 before=9",
    );
    after(
        WAITS,
        "user: 500 | step: tell 2 + done | user: thanks",
        "...
         12 t2 turn_end completed runs=1
         13 t3 message_accepted c3 m3 thanks
         > route t3 message thanks
         14 t3 agent_start seller run3
         > start run3 seller m3 attempt=1 skip=m3 before=14",
    );
}

#[test]
fn a_decision_opens_a_turn_of_the_agent_that_asked() {
    after(
        ASKS,
        "decide: 1 approved",
        "...
         5 t1 approval_request 1 call1 publish
         6 t1 agent_complete seller run1 waiting
         7 t1 turn_end waiting runs=1
         8 t2 approval_resolved 1 approved user
         9 t2 agent_start seller run2",
    );
    after(ASKS, "decide: 1 rejected", "...\n 8 t2 approval_resolved 1 rejected user\n 9 t2 agent_start seller run2");
    after(
        ASKS,
        "crash | decide: 1 approved | crash",
        "...\n 10 t2 agent_complete seller run2 interrupted\n 11 t2 agent_start seller run3",
    );
}

#[test]
fn a_decision_is_taken_once_for_these_arguments_and_in_time() {
    let decided = "8 t2 approval_resolved 1 approved user\n = decided t2\n 9 t2 agent_start seller run2";
    after(ASKS, "decide: 1 approved other | decide: 1 approved", &format!("...\n ! invalid_field\n {decided}"));
    after(ASKS, "decide: 1 approved | decide: 1 rejected", &format!("...\n {decided}\n = not_asked"));
    after(ASKS, "decide: 7 approved", "...\n 7 t1 turn_end waiting runs=1\n = not_asked");
    after(ASKS, "wait: 59 | decide: 1 approved", &format!("...\n {decided}"));
    after(
        ASKS,
        "wait: 60 | decide: 1 approved",
        "...
         7 t1 turn_end waiting runs=1
         8 t2 approval_resolved 1 expired server
         = expired
         9 t2 agent_start seller run2",
    );
    after(ASKS, "end: bye | decide: 1 approved", "...\n 8 - conversation_end bye\n = ended\n ! conversation_ended");
}

#[test]
fn a_decision_waits_for_the_turn_that_runs() {
    after(
        ASKS,
        "user: what of it? | decide: 1 approved | done",
        "...
         9 t2 agent_start seller run2
         10 t3 approval_resolved 1 approved user
         11 t2 agent_complete seller run2 completed
         12 t2 turn_end completed runs=1
         13 t3 agent_start seller run3",
    );
}

#[test]
fn a_question_that_the_agent_takes_back_is_answered_in_its_own_turn() {
    after(
        ASKS,
        "user: no, cheaper | settled: 1 rejected + step: edit 2 | settled: 1 rejected | decide: 1 approved",
        "...
         9 t2 agent_start seller run2
         10 t2 approval_resolved 1 rejected server
         11 t2 step_complete edit 2
         = not_asked",
    );
}

#[test]
fn a_workflow_goes_on_after_a_crash_whatever_it_had_called() {
    let calls = "auto: seller | user: sell it | step: a 1 | tool: k publish | crash";
    check(
        calls,
        "...
         6 t1 tool_result k publish error
         7 t1 agent_complete seller run1 interrupted
         > route t1 again seller
         8 t1 agent_start seller run2
         > start run2 seller m1 attempt=2 steps=k?k skip=m1 before=8",
    );
    // What was done before the last step is in the checkpoint.
    check(
        "auto: seller | user: sell it | step: a 1 | tool: k publish | result: k + step: b 2 | say: x | crash",
        "...
         > start run2 seller m1 attempt=2 skip=m1,m2 before=11",
    );
}

#[test]
fn crashes_count_from_the_last_step_on() {
    let crashes =
        "limit: recoveries_max 1 | auto: seller | user: go | step: a 1 | crash | step: b 2 | crash | step: c 3 | crash";
    check(crashes, "...\n 12 t1 agent_start seller run4");
    check(&format!("{crashes} | crash"), "...\n 14 t1 error recovery_exhausted router\n 15 t1 turn_end failed runs=4");
}
