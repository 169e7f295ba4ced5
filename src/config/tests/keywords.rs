//! Which tool keywords are learnt through.

use super::check;

/// Tools of the marketplace, and keywords that are learnt through one of them.
#[track_caller]
fn learns(marketplace: &str, expected: &[&str]) {
    let text = format!(
        "tools:\n  all: {{ kind: wildberries_api, base_url: sandbox }}\n  reports: {{ kind: wildberries_api, base_url: sandbox, \
         operations: [cards_list, search_texts, sales] }}\n  cards: {{ kind: wildberries_api, base_url: sandbox, operations: \
         [cards_list, card_upload] }}\n  prices: {{ kind: wildberries_api, base_url: sandbox, operations: [price_upload] \
         }}\n  calculator:\n  keyword_research: {{ marketplace: {marketplace} }}"
    );
    check(&text, &[], expected);
}

#[test]
fn keywords_are_learnt_through_a_tool_that_may_read_cards_and_searches() {
    learns("all", &[]);
    learns("reports", &[]);
}

#[test]
fn a_tool_that_cannot_be_learnt_through_is_told_with_the_way_to_mend_it() {
    let key = "c.yaml:7:36: `tools.keyword_research.marketplace` is";
    let known = "`all`, `reports`, `cards`, `prices`, `calculator`, `keyword_research`";
    learns("report", &[&format!("{key} `report`, but `tools` has only {known}")]);
    learns(
        "calculator",
        &[&format!("{key} `calculator`, which is of the kind `calculator`; name a tool of the kind `wildberries_api`")],
    );
    learns(
        "cards",
        &[&format!(
            "{key} `cards`, which lacks the operation `search_texts`; add to `tools.cards.operations`, or name another tool"
        )],
    );
    learns(
        "prices",
        &[&format!(
            "{key} `prices`, which lacks the operations `cards_list`, `search_texts`; add to `tools.prices.operations`, or \
             name another tool"
        )],
    );
    check(
        "tools: { calculator: { marketplace: x } }",
        &[],
        &[
            "c.yaml:1:24: `tools.calculator.marketplace` has no meaning for the kind `calculator`; only `keyword_research` has it",
        ],
    );
}
