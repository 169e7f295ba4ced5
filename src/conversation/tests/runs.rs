//! What a run says: order, merging, pairing, budgets, and what is dropped.

use super::harness::{check, run};

#[test]
fn a_turn_has_its_events_in_order() {
    check(
        "auto: pricing | user: hi
         say: Look | tool: k1 search | result: k1 | say: Found | context: 2 | done",
        "1 t1 message_accepted c1 m1 hi
         2 t1 agent_switch none pricing first_message
         3 t1 agent_start pricing run1
         4 t1 content_chunk m2 Look
         5 t1 message_complete m2 complete Look
         6 t1 tool_execution k1 search
         7 t1 tool_result k1 search ok
         8 t1 content_chunk m3 Found
         9 t1 context_updated 2 key
         10 t1 message_complete m3 complete Found
         11 t1 agent_complete pricing run1 completed
         12 t1 turn_end completed runs=1",
    );
}

#[test]
fn adjacent_deltas_are_merged_before_they_get_a_place() {
    check(
        "auto: pricing | user: hi | say: He + say: llo + context: 1 + say: you | say: !",
        "...
         4 t1 content_chunk m2 Hello
         5 t1 context_updated 1 key
         6 t1 content_chunk m2 you
         7 t1 content_chunk m2 !",
    );
}

#[test]
fn a_chunk_holds_no_more_than_it_may_and_no_character_is_cut() {
    check(
        "limit: chunk_bytes_max 4 | auto: pricing | user: hi
         say: ab + say: cd + say: e | say: abcdefghi | say: ж€😀 | done",
        "...
         4 t1 content_chunk m2 abcd
         5 t1 content_chunk m2 e
         6 t1 content_chunk m2 abcd
         7 t1 content_chunk m2 efgh
         8 t1 content_chunk m2 i
         9 t1 content_chunk m2 ж
         10 t1 content_chunk m2 €
         11 t1 content_chunk m2 😀
         12 t1 message_complete m2 complete abcdeabcdefghiж€😀
         13 t1 agent_complete pricing run1 completed
         14 t1 turn_end completed runs=1",
    );
}

#[test]
fn a_bound_below_one_character_lets_one_character_through() {
    check(
        "limit: chunk_bytes_max 0 | auto: pricing | user: hi | say: a€",
        "...\n 4 t1 content_chunk m2 a\n 5 t1 content_chunk m2 €",
    );
}

#[test]
fn an_empty_delta_says_nothing_and_opens_no_message() {
    check("auto: pricing | user: hi | say: + message_end", "...\n 3 t1 agent_start pricing run1");
}

#[test]
fn each_message_has_its_own_id() {
    check(
        "auto: pricing | user: hi | say: a + message_end + message_end + say: b | done",
        "...
         4 t1 content_chunk m2 a
         5 t1 message_complete m2 complete a
         6 t1 content_chunk m3 b
         7 t1 message_complete m3 complete b
         8 t1 agent_complete pricing run1 completed
         9 t1 turn_end completed runs=1",
    );
}

#[test]
fn every_tool_call_gets_one_result() {
    check(
        "auto: pricing | user: hi
         tool: a search + tool: b read | result: b error | result: b | result: c | done",
        "...
         4 t1 tool_execution a search
         5 t1 tool_execution b read
         6 t1 tool_result b read error
         7 t1 tool_result a search error
         8 t1 agent_complete pricing run1 completed
         9 t1 turn_end completed runs=1",
    );
}

#[test]
fn a_call_id_that_was_used_ends_the_run() {
    for between in ["", "result: a |", "result: a | hand: product |"] {
        let driver = run(&format!("auto: pricing | user: hi | tool: a search | {between} tool: a search"));
        let tail = driver.lines.join("\n");
        assert!(tail.contains("error internal p") && tail.contains("> abort run"), "{tail}");
        assert_eq!(tail.matches("tool_execution").count(), 1, "{tail}");
        assert_eq!(tail.matches("tool_result").count(), 1, "{tail}");
    }
}

#[test]
fn a_failed_run_closes_what_it_opened_and_ends_its_turn() {
    check(
        "auto: pricing | user: hi | user: ho | tool: a search + say: He + fail: model_unavailable",
        "...
         5 t1 tool_execution a search
         6 t1 content_chunk m3 He
         7 t1 message_complete m3 interrupted He
         8 t1 tool_result a search error
         9 t1 error model_unavailable pricing run1
         10 t1 turn_end failed runs=1
         11 t2 agent_start pricing run2",
    );
}

#[test]
fn what_another_run_says_is_dropped() {
    check(
        "auto: pricing | user: hi | user: ho | done | say@run1: late | say@run1: x + done",
        "...
         6 t1 turn_end completed runs=1
         7 t2 agent_start pricing run2",
    );
}

#[test]
fn what_a_run_says_after_its_end_is_dropped() {
    check(
        "auto: pricing | user: hi | done + say: late + done | say@run1: later",
        "...
         4 t1 agent_complete pricing run1 completed
         5 t1 turn_end completed runs=1",
    );
}

#[test]
fn too_much_text_ends_the_run() {
    check(
        "limit: output_bytes_max 5 | limit: chunk_bytes_max 3 | auto: pricing | user: hi
         say: abc | message_end | say: de | say: f + say: g | say@run1: h",
        "...
         7 t1 message_complete m3 interrupted de
         8 t1 error budget_output pricing run1
         9 t1 turn_end failed runs=1
         > abort run1",
    );
}

#[test]
fn too_many_tool_calls_end_the_run_over_all_runs_of_the_turn() {
    check(
        "limit: tool_calls_max 2 | auto: pricing | user: hi
         tool: a search + result: a + tool: b search + result: b | hand: product | tool: c search",
        "...
         11 t1 tool_execution c search
         12 t1 tool_result c search error
         13 t1 error budget_tool_calls product run2
         14 t1 turn_end failed runs=2
         > abort run2",
    );
}

#[test]
fn the_budgets_of_a_turn_are_its_own() {
    check(
        "limit: tool_calls_max 1 | limit: output_bytes_max 2 | auto: pricing
         user: hi | say: ab + tool: a search + result: a + done | user: ho | say: ab + tool: b search + result: b + done",
        "...\n 17 t2 turn_end completed runs=1",
    );
}
