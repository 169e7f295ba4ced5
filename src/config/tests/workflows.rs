//! Graphs of the program in the config.

use super::check_whole;

/// A config with this workflow and these grants.
#[track_caller]
fn check(tools: &str, workflow: &str, expected: &[&str]) {
    let text = format!(
        "tools: {{ wildberries_api: {{ token: env:T }} }}\nagents:\n- id: concierge\n  kind: concierge\n- id: seller\n  kind: \
         workflow\n  tools: [{tools}]\n  workflow:\n{workflow}\n"
    );
    check_whole(&text, &[("T", "t")], expected);
}

#[test]
fn a_graph_of_the_program_needs_its_name_and_its_tools() {
    check("{ name: wildberries_api }", "    type: product_workflow", &[]);
    check("{ name: wildberries_api }", "    type: product_workflow\n    config: { timeout: 300s }", &[]);
    check(
        "",
        "    type: product_workflow",
        &["c.yaml:9:5: `agents[1].workflow`: `wildberries_api` is no tool that the agent was granted; there are none"],
    );
    check(
        "{ name: wildberries_api }",
        "    type: produkt",
        &["c.yaml:9:11: `agents[1].workflow.type` is `produkt`, but there are `graph` and `product_workflow`"],
    );
}

#[test]
fn what_is_set_of_a_graph_of_the_program_is_checked_at_its_place() {
    check(
        "{ name: wildberries_api }",
        "    type: product_workflow\n    config: { timeout: 2h }",
        &["c.yaml:10:24: `agents[1].workflow.config.timeout`: `timeout` is 2h; it must be between 1s and 1h"],
    );
    check(
        "{ name: wildberries_api }",
        "    type: product_workflow\n    start: ask",
        &[
            "c.yaml:10:5: `agents[1].workflow.start`: has no meaning beside `type: product_workflow`; only `config` has one",
        ],
    );
}
