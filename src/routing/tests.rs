//! Decisions as data.

use proptest::prelude::*;

use super::*;

/// Three agents as sellers have them; `!` before an id disables it, `?` quarantines it, `~` makes it busy.
fn agents(states: &str) -> Vec<Candidate> {
    let cards = [
        ("concierge", "Concierge", vec!["help", "помощь"], 0),
        ("pricing", "Pricing", vec!["price", "margin", "цен*", "маржа"], 0),
        ("product", "Product", vec!["product", "listing", "price tag"], 1),
    ];
    let card = |(id, name, intents, priority): &(&str, &str, Vec<&str>, i32)| {
        let mark = states.split_whitespace().find(|word| word.ends_with(id)).and_then(|word| word.chars().next());
        let availability = match mark {
            Some('!') => Availability::Disabled,
            Some('?') => Availability::Quarantined,
            Some('~') => Availability::Busy,
            _ => Availability::Ready,
        };
        let intents = intents.iter().map(ToString::to_string).collect();
        let card = AgentCard { name: (*name).to_owned(), intents, priority: *priority, ..AgentCard::default() };
        Candidate { id: id.parse().unwrap(), card: Arc::new(card), availability, claim: Claim::ByIntents }
    };
    cards.iter().map(card).collect()
}

fn ask(candidates: &[Candidate], current: &str, content: &str) -> RouteDecision {
    let index = RouteIndex::new(candidates.iter().map(|one| (one.id.clone(), Arc::clone(&one.card))));
    let rules = RouteRules { fallback: "concierge".parse().unwrap(), switch_margin: 2, waiting_margin: 6 };
    let current: Option<AgentId> = current.parse().ok();
    decide(&index, candidates, &RouteRequest { content, current: current.as_ref(), is_awaited: false }, &rules)
}

/// `expected` is `agent reason [detail]`; `stays` for no reason.
#[track_caller]
fn check(states: &str, current: &str, content: &str, expected: &str) {
    let decision = ask(&agents(states), current, content);
    let chosen = decision.chosen.map_or_else(|| "nobody".to_owned(), |id| id.to_string());
    let reason = decision.reason.map_or("stays", SwitchReason::as_str);
    let detail = decision.detail.map_or_else(String::new, |detail| format!(" ({detail})"));
    assert_eq!(format!("{chosen} {reason}{detail}"), expected, "{states} / {current} / {content}");
}

#[test]
fn the_first_message_goes_to_whom_it_is_for() {
    check("", "", "What margin do I get?", "pricing first_message");
    check("", "", "Какой ценой продавать?", "pricing first_message");
    check("", "", "improve my listing", "product first_message");
    check("", "", "our production line", "concierge fallback");
    check("", "", "помощь", "concierge first_message");
}

#[test]
fn the_current_agent_keeps_the_turn_unless_another_is_clearly_better() {
    check("", "pricing", "and with 15 percent?", "pricing stays");
    check("", "pricing", "now the listing", "product intent_change");
    check("", "product", "the price of this product", "product stays");
    check("", "pricing", "the price tag on the listing", "product intent_change");
    check("", "concierge", "margin", "pricing intent_change");
    check("", "concierge", "hello", "concierge stays");
}

#[test]
fn the_fallback_keeps_only_what_nobody_else_recognises() {
    check("", "concierge", "help with a listing", "product intent_change");
    check("", "concierge", "help with the price", "concierge stays");
    check("", "concierge", "help", "concierge stays");
}

#[test]
fn between_equals_priority_decides_then_the_id() {
    check("", "", "price of the product", "product first_message");
}

#[test]
fn an_agent_that_is_not_ready_is_skipped_and_the_reason_says_so() {
    check("!pricing", "", "margin", "concierge agent_disabled (Pricing is disabled)");
    check("?pricing", "", "margin", "concierge agent_unavailable (Pricing is out of order)");
    check("~pricing", "product", "margin", "product stays");
    check("!pricing", "pricing", "and 15%?", "concierge agent_disabled (Pricing is disabled)");
    check("!pricing", "pricing", "the listing", "product intent_change");
    check("!pricing !concierge", "", "margin", "product agent_disabled (Pricing is disabled)");
    check("!concierge", "", "hello", "product agent_disabled (Concierge is disabled)");
    check("~concierge !product", "", "hello", "pricing agent_unavailable (Concierge is busy)");
    check("?pricing", "pricing", "and 15%?", "concierge agent_unavailable (Pricing is out of order)");
    check("!pricing !concierge !product", "pricing", "hello", "nobody stays");
}

#[test]
fn an_agent_may_decline_or_claim_a_message() {
    let mut candidates = agents("");
    candidates[1].claim = Claim::Decline;
    assert_eq!(ask(&candidates, "", "margin").chosen.unwrap().as_str(), "concierge");
    candidates[1].claim = Claim::Add(50);
    assert_eq!(ask(&candidates, "product", "product").chosen.unwrap().as_str(), "pricing");
}

#[test]
fn everybody_is_listed_with_points_and_with_why_not() {
    let decision = ask(&agents("!product"), "", "the price of a product");
    let listed: Vec<_> = decision.candidates.iter().map(|one| (one.id.as_str(), one.score, one.skipped)).collect();
    let expected =
        [("product", 10, Some(Skipped::Disabled)), ("pricing", 10, None), ("concierge", 0, Some(Skipped::NoMatch))];
    assert_eq!(listed, expected);
    let unclear = ask(&agents(""), "", "hello");
    let chosen = unclear.candidates.iter().find(|one| Some(&one.id) == unclear.chosen.as_ref()).unwrap();
    assert_eq!((chosen.id.as_str(), chosen.score, chosen.skipped), ("concierge", 0, None));
}

proptest! {
    #[test]
    fn the_order_of_the_agents_changes_nothing(
        order in Just(vec![0usize, 1, 2]).prop_shuffle(),
        content in "(price|margin|listing|product|tag|hello|цена)( (price|margin|listing|tag|помощь)){0,4}",
        current in prop::sample::select(vec!["", "pricing", "product", "concierge", "gone"]),
        states in "([!?~]pricing)?( [!?~]product)?( [!?~]concierge)?",
    ) {
        let candidates = agents(&states);
        let shuffled: Vec<_> = order.iter().map(|place| candidates[*place].clone()).collect();
        prop_assert_eq!(ask(&candidates, current, &content), ask(&shuffled, current, &content));
    }
}
