//! Going on after a crash.

use super::harness::{check, run};

#[test]
fn a_turn_that_was_being_routed_is_routed_again() {
    check("user: hi | crash", "1 t1 message_accepted c1 m1 hi\n > route t1 message hi\n > route t1 message hi");
}

#[test]
fn nothing_is_done_where_nothing_was_under_way() {
    check("auto: a | user: hi | done | crash | crash", "...\n 5 t1 turn_end completed runs=1");
}

#[test]
fn a_run_without_tools_begins_again() {
    check(
        "auto: a | user: hi | user: ho | say: He | crash | say@run1: llo",
        "...
         6 t1 message_complete m3 interrupted He
         7 t1 agent_complete a run1 interrupted
         > route t1 again a
         8 t1 agent_start a run2
         > start run2 a m1 attempt=2 skip=m1,m2,m3 before=8",
    );
}

#[test]
fn a_call_that_may_happen_only_once_is_never_made_again() {
    check(
        "auto replays: a | user: hi | user: ho | tool: x search + result: x + tool: k buy | crash",
        "...
         7 t1 tool_execution k buy
         8 t1 tool_result k buy error
         9 t1 agent_complete a run1 interrupted
         10 t1 error tool_outcome_unknown router
         11 t1 turn_end failed runs=1
         12 t2 agent_start a run2",
    );
    // One of the two is enough.
    check(
        "auto replays: a | user: hi | tool idempotent: x put + tool: k buy | crash",
        "...
         6 t1 tool_result k buy error
         7 t1 tool_result x put error
         8 t1 agent_complete a run1 interrupted
         9 t1 error tool_outcome_unknown router
         10 t1 turn_end failed runs=1",
    );
}

#[test]
fn a_run_is_handed_what_was_done_before_the_crash() {
    check(
        "auto replays: a | user: hi | say: Look + tool: k buy + result: k + say: Then + tool: x sell + result: x error
         say: So | crash",
        "...
         11 t1 tool_result x sell error
         12 t1 content_chunk m4 So
         13 t1 message_complete m4 interrupted So
         14 t1 agent_complete a run1 interrupted
         > route t1 again a
         15 t1 agent_start a run2
         > start run2 a m1 attempt=2 steps=m2,k,m3,x! skip=m1,m2,m3,m4 before=15",
    );
}

#[test]
fn a_harmless_call_without_a_result_is_made_again_with_its_key() {
    for effect in ["pure", "idempotent"] {
        check(
            &format!("auto replays: a | user: hi | tool: k buy + result: k + tool {effect}: x put | crash"),
            "...
             6 t1 tool_execution x put
             7 t1 tool_result x put error
             8 t1 agent_complete a run1 interrupted
             > route t1 again a
             9 t1 agent_start a run2
             > start run2 a m1 attempt=2 steps=k,x?x skip=m1 before=9",
        );
    }
}

#[test]
fn a_call_that_was_made_again_stands_for_the_one_before() {
    // Crashed before it was made again, while it was, and after.
    check(
        "auto replays: a | user: hi | tool idempotent: x put | crash | crash | tool#x idempotent: y put | crash
         tool#x idempotent: z put + result: z",
        "...
         > start run2 a m1 attempt=2 steps=x?x skip=m1 before=7
         8 t1 agent_complete a run2 interrupted
         > route t1 again a
         9 t1 agent_start a run3
         > start run3 a m1 attempt=3 steps=x?x skip=m1 before=9
         10 t1 tool_execution y put
         11 t1 tool_result y put error
         12 t1 agent_complete a run3 interrupted
         > route t1 again a
         13 t1 agent_start a run4
         > start run4 a m1 attempt=4 steps=y?x skip=m1 before=13
         14 t1 tool_execution z put
         15 t1 tool_result z put ok",
    );
    check(
        "auto replays: a | user: hi | tool idempotent: x put | crash | tool#x idempotent: y put + result: y | crash",
        "...
         10 t1 agent_complete a run2 interrupted
         > route t1 again a
         11 t1 agent_start a run3
         > start run3 a m1 attempt=3 steps=y skip=m1 before=11",
    );
}

#[test]
fn steps_are_of_the_message_and_the_agent_that_a_crash_cut() {
    check(
        "auto replays: a | user: hi | tool: k buy + result: k | crash | done | user: ho | crash",
        "...
         > route t2 again a
         13 t2 agent_start a run4
         > start run4 a m2 attempt=2 skip=m2 before=13",
    );
    check(
        "auto replays: a | user: hi | tool: k buy + result: k | crash | hand: b | tool: x sell + result: x | crash",
        "...
         13 t1 agent_complete b run3 interrupted
         > route t1 again b
         14 t1 agent_start b run4
         > start run4 b m1 attempt=3 from=a: steps=x skip=m1 before=14",
    );
}

#[test]
fn calls_of_every_attempt_count() {
    check(
        "limit: tool_calls_max 2 | auto replays: a | user: hi | tool idempotent: x put | crash
         tool#x idempotent: y put + result: y + tool: z sell",
        "...
         10 t1 tool_execution z sell
         11 t1 tool_result z sell error
         12 t1 error budget_tool_calls a run2
         13 t1 turn_end failed runs=2",
    );
}

#[test]
fn a_turn_that_used_tools_is_given_up_after_as_many_attempts() {
    check(
        "limit: recoveries_max 1 | auto replays: a | user: hi | tool: k buy + result: k | crash | crash",
        "...
         8 t1 agent_complete a run2 interrupted
         9 t1 error recovery_exhausted router
         10 t1 turn_end failed runs=2",
    );
}

#[test]
fn an_agent_that_cannot_go_on_from_results_is_not_begun_again() {
    check(
        "auto: a | user: hi | tool: k buy + result: k | crash",
        "...
         6 t1 agent_complete a run1 interrupted
         7 t1 error agent_crashed router
         8 t1 turn_end failed runs=1",
    );
    check(
        "auto: a | user: hi | tool idempotent: k put | crash",
        "...
         6 t1 agent_complete a run1 interrupted
         7 t1 error tool_outcome_unknown router
         8 t1 turn_end failed runs=1",
    );
    // Nor is another one that comes in its place.
    check(
        "user: hi | route replays: a | tool: k buy + result: k | crash | route fallback: b",
        "...\n 7 t1 error agent_crashed router\n 8 t1 turn_end failed runs=1",
    );
}

#[test]
fn tools_of_an_agent_that_handed_over_do_not_keep_the_next_from_beginning_again() {
    check(
        "auto: a | user: hi | tool: k buy + result: k + hand: b because | crash",
        "...
         9 t1 agent_complete b run2 interrupted
         > route t1 again b
         10 t1 agent_start b run3
         > start run3 b m1 attempt=2 from=a:because skip=m1 before=10",
    );
}

#[test]
fn a_crash_between_hand_over_and_start_asks_the_agent_again_if_it_used_no_tool() {
    check(
        "user: hi | route: a | hand: b | crash | route: a",
        "...
         4 t1 agent_complete a run1 completed
         5 t1 agent_start a run2",
    );
    check(
        "user: hi | route: a | tool: k buy + result: k + hand: b | crash",
        "...
         6 t1 agent_complete a run1 completed
         7 t1 error agent_crashed router
         8 t1 turn_end failed runs=1",
    );
}

#[test]
fn a_turn_is_begun_again_three_times_and_then_given_up() {
    check(
        "auto: a | user: hi | user: ho | crash | crash | crash | crash",
        "...
         9 t1 agent_complete a run3 interrupted
         10 t1 agent_start a run4
         11 t1 agent_complete a run4 interrupted
         12 t1 error recovery_exhausted router
         13 t1 turn_end failed runs=4
         14 t2 agent_start a run5",
    );
    check(
        "limit: recoveries_max 0 | auto: a | user: hi | crash",
        "...
         4 t1 agent_complete a run1 interrupted
         5 t1 error recovery_exhausted router
         6 t1 turn_end failed runs=1",
    );
}

#[test]
fn attempts_are_counted_over_every_agent_of_the_turn() {
    check(
        "limit: recoveries_max 1 | auto: a | user: hi | crash | hand: b | crash",
        "...
         9 t1 agent_complete b run3 interrupted
         10 t1 error recovery_exhausted router
         11 t1 turn_end failed runs=3",
    );
}

#[test]
fn a_turn_that_brings_the_process_down_never_loops() {
    for poison in ["", "say: He", "tool: k search", "tool pure: K search", "hand: b", "say: He + hand: c"] {
        let mut driver = run("auto replays: a | user: hi");
        for number in 0..20 {
            if driver.world.state.open_run().is_some() && !poison.is_empty() {
                driver.step(&poison.replace('K', &format!("k{number}")));
            }
            driver.step("crash");
        }
        assert!(driver.world.state.is_idle(), "{poison}: {:#?}", driver.lines);
    }
}

#[test]
fn a_hand_over_that_a_crash_cuts_each_time_never_loops() {
    let driver = run(&format!("user: hi | route: a {}", "| hand: b | crash | route: a".repeat(8)));
    assert!(driver.world.state.open_run().is_some());
    let driver = run(&format!("user: hi | route: a {} | hand: b", "| hand: b | crash | route: a".repeat(8)));
    assert!(driver.world.state.is_idle(), "{:#?}", driver.lines);
}

#[test]
fn the_queue_survives_a_crash_in_its_order() {
    check(
        "auto: a | user: one | user: two | user: three | crash | done | done",
        "...
         7 t1 agent_start a run2
         8 t1 agent_complete a run2 completed
         9 t1 turn_end completed runs=2
         10 t2 agent_start a run3
         11 t2 agent_complete a run3 completed
         12 t2 turn_end completed runs=1
         13 t3 agent_start a run4",
    );
}

#[test]
fn an_agent_that_is_gone_after_a_crash_fails_the_turn_or_another_goes_on() {
    check(
        "user: hi | route: a | crash | nobody: agent_unavailable",
        "...\n 4 t1 agent_complete a run1 interrupted\n 5 t1 error agent_unavailable router\n 6 t1 turn_end failed runs=1",
    );
    check(
        "user: hi | route: a | crash | route fallback: b",
        "...
         4 t1 agent_complete a run1 interrupted
         5 t1 agent_switch a b agent_unavailable
         6 t1 agent_start b run2",
    );
}

#[test]
fn events_of_a_turn_that_is_over_are_no_hindrance_in_a_replay() {
    check(
        "auto steerable: a | user: one | user: two | user steer: joins | say: He | taken: m3 | done | crash",
        "...
         9 t1 turn_end completed runs=1
         10 t2 agent_start a run2
         11 t2 agent_complete a run2 interrupted
         12 t2 agent_start a run3",
    );
}
