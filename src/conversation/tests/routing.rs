//! Who answers: the first agent, the same again, another one, nobody.

use super::harness::check;

#[test]
fn the_first_switch_is_from_none() {
    check(
        "user: hi | route: pricing",
        "...\n 2 t1 agent_switch none pricing first_message\n 3 t1 agent_start pricing run1",
    );
}

#[test]
fn an_agent_that_stays_is_not_switched_to() {
    check(
        "auto: pricing | user: hi | done | user: ho",
        "...\n 6 t2 message_accepted c2 m2 ho\n 7 t2 agent_start pricing run2",
    );
}

#[test]
fn another_message_may_be_another_agents() {
    check(
        "auto: pricing | user: hi | done | auto: product | user: ho",
        "...\n 7 t2 agent_switch pricing product intent_change\n 8 t2 agent_start product run2",
    );
    check(
        "auto: pricing | user: hi | done | auto fallback: product | user: ho",
        "...\n 7 t2 agent_switch pricing product agent_unavailable\n 8 t2 agent_start product run2",
    );
}

#[test]
fn where_nobody_answers_the_turn_fails_and_the_next_is_routed() {
    check(
        "user: hi | user: ho | nobody: no_agent",
        "1 t1 message_accepted c1 m1 hi
         > route t1 message hi
         2 t2 message_accepted c2 m2 ho
         3 t1 error no_agent router
         4 t1 turn_end failed runs=0
         > route t2 message ho",
    );
}

#[test]
fn a_hand_over_goes_on_with_the_same_message_in_the_same_turn() {
    check(
        "auto: pricing | user: hi | say: Wait + hand: product prices are not mine",
        "...
         4 t1 content_chunk m2 Wait
         5 t1 message_complete m2 complete Wait
         6 t1 agent_complete pricing run1 completed
         > route t1 hand_over pricing product
         7 t1 agent_switch pricing product handoff prices are not mine
         8 t1 agent_start product run2
         > start run2 product m1 attempt=1 from=pricing:prices are not mine skip=m1 before=8",
    );
}

#[test]
fn a_hand_over_to_nobody_fails_the_turn() {
    check(
        "user: hi | route: pricing | hand: product | nobody: agent_unavailable",
        "...
         4 t1 agent_complete pricing run1 completed
         5 t1 error agent_unavailable router
         6 t1 turn_end failed runs=1",
    );
}

#[test]
fn a_hand_over_in_a_circle_fails_the_turn() {
    check(
        "auto: a | user: hi | hand: b | hand: a | hand: b",
        "...
         10 t1 agent_complete a run3 completed
         11 t1 error budget_handoffs a
         12 t1 turn_end failed runs=3",
    );
    check("auto: a | user: hi | hand: a", "...\n 5 t1 error budget_handoffs a\n 6 t1 turn_end failed runs=1");
}

#[test]
fn too_many_hand_overs_fail_the_turn() {
    check(
        "limit: handoffs_max 2 | auto: a | user: hi | hand: b | hand: c | hand: d",
        "...
         10 t1 agent_complete c run3 completed
         11 t1 error budget_handoffs c
         12 t1 turn_end failed runs=3",
    );
}

#[test]
fn a_hand_over_that_leads_back_to_its_agent_counts_too() {
    check(
        "limit: handoffs_max 2 | user: hi | route: a
         hand: b | route fallback: a | hand: b | route fallback: a | hand: b",
        "...
         8 t1 agent_complete a run3 completed
         9 t1 error budget_handoffs a
         10 t1 turn_end failed runs=3",
    );
}

#[test]
fn a_route_of_a_turn_that_is_over_or_runs_changes_nothing() {
    check(
        "user: hi | user: ho | cancel: t1 | route@t1: pricing | route@t1: pricing",
        "...\n 2 t2 message_accepted c2 m2 ho\n 3 t1 turn_end cancelled runs=0",
    );
}
