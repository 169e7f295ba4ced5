//! Forms: what is missing is asked for, and the next message answers.

use serde_json::json;

use super::{find, follow, say, server, words};
use crate::support::{
    client::{new_id, types},
    shop::Shop,
};

#[tokio::test]
async fn a_turn_that_asks_ends_waiting_and_the_next_message_answers() {
    let shop = Shop::open(true).await;
    let server = server(&shop, "idempotent");
    let mut ws = follow(&server, &new_id()).await;
    let asked = say(&mut ws, "I want to sell it").await;
    let expected = [
        "message_accepted",
        "agent_switch",
        "agent_start",
        "content_chunk",
        "message_complete",
        "input_request",
        "agent_complete",
        "turn_end",
    ];
    assert_eq!(types(&asked), expected);
    assert_eq!(find(&asked, "input_request")["fields"], json!(["cost"]));
    assert_eq!((&asked[6]["status"], &asked[7]["status"]), (&json!("waiting"), &json!("waiting")));
    let wrong = say(&mut ws, "abc").await;
    assert_eq!(words(&wrong), ["I need a number here. What does it cost you?"]);
    let negative = say(&mut ws, "-5").await;
    assert!(words(&negative)[0].starts_with("This does not fit"), "{negative:?}");
    let answered = say(&mut ws, "500 rub").await;
    assert_eq!(words(&answered), ["I would ask 1000 for it.", "Order at 1000?"]);
    assert_eq!(find(&answered, "agent_complete")["finalState"], json!({ "price": 1000 }));
    let steps: Vec<_> = answered.iter().filter(|event| event["type"] == "step_complete").collect();
    assert_eq!(steps.iter().map(|step| &step["node"]).collect::<Vec<_>>(), ["ask", "tell"]);
}

#[tokio::test]
async fn who_writes_stop_is_asked_no_more_and_begins_anew() {
    let shop = Shop::open(true).await;
    let server = server(&shop, "idempotent");
    let mut ws = follow(&server, &new_id()).await;
    say(&mut ws, "Хочу продать это").await;
    assert_eq!(words(&say(&mut ws, "Отмена").await), ["Хорошо, остановился. Больше ничего не делаю."]);
    assert_eq!(words(&say(&mut ws, "продать").await), ["What does it cost you?"]);
}

#[tokio::test]
async fn another_agent_is_asked_in_between_and_the_form_waits() {
    let shop = Shop::open(true).await;
    let server = server(&shop, "idempotent");
    let mut ws = follow(&server, &new_id()).await;
    say(&mut ws, "sell it").await;
    let other = say(&mut ws, "What price gives a margin of 25% at cost 500, commission 15%? margin price margin").await;
    assert_eq!(find(&other, "agent_start")["agentId"], "pricing_agent");
    let back = say(&mut ws, "sell: it costs 300").await;
    assert_eq!(words(&back), ["I would ask 600 for it.", "Order at 600?"]);
}
