//! Going on after a crash: the model sees what was done, once, and nothing that is known is done again.

use fakemodel::{FakeModel, Script};
use protocol::{Code, MessageId};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{calculator, config, endpoint, messages, play_with};
use crate::{
    agent::{
        Step, ToolEffect, ToolIntent, ToolOutcome,
        sink::RunItem,
        testing::{Played, Rehearsal},
    },
    agents::model::{ModelAgent, ModelAgentConfig, ModelEndpoint, ToolMode},
};

fn said(content: &str) -> Step {
    Step::Said { message_id: MessageId(Uuid::now_v7()), content: content.to_owned() }
}

fn called(id: &str, expression: &str, result: Option<Value>) -> Step {
    let intent = ToolIntent::new(id.parse().unwrap(), "calculator", json!({ "expression": expression }));
    let intent =
        ToolIntent { effect: ToolEffect::Pure, idempotency_key: format!("key-of-{id}").parse().unwrap(), ..intent };
    Step::Called { intent, outcome: result.map(|result| ToolOutcome { result, is_error: false, truncated: false }) }
}

async fn go_on(settings: ModelAgentConfig, steps: Vec<Step>, scripts: Vec<Script>) -> (Played, FakeModel) {
    play_with(settings, Rehearsal::of("How much?").going_on_from(steps), scripts).await
}

#[tokio::test]
async fn what_was_said_called_and_answered_is_told_to_the_model_once() {
    let steps = vec![said("Let me see."), called("a-0", "2+3", Some(json!(5))), called("a-1", "1+1", Some(json!(2)))];
    let (played, model) = go_on(config(), steps, vec![Script::text("5 and 2.")]).await;
    assert_eq!(played.text(), "5 and 2.", "{:?}", played.outcome);
    assert_eq!(played.tools(), [], "nothing is called again");
    let sent = messages(&model, 0);
    let [asked, answers @ ..] = &sent[sent.len() - 3..] else { panic!("{sent:?}") };
    assert_eq!(asked["content"], "Let me see.");
    let ids: Vec<_> = asked["tool_calls"].as_array().unwrap().iter().map(|call| &call["id"]).collect();
    assert_eq!(ids, ["a-0", "a-1"]);
    assert_eq!(asked["tool_calls"][0]["function"]["arguments"], r#"{"expression":"2+3"}"#);
    let told: Vec<_> = answers.iter().map(|answer| (&answer["tool_call_id"], &answer["content"])).collect();
    assert_eq!(told, [(&json!("a-0"), &json!("5")), (&json!("a-1"), &json!("2"))]);
}

#[tokio::test]
async fn a_call_without_a_result_is_made_again_with_its_key_before_the_model_is_asked() {
    let steps = vec![called("a-0", "2+3", Some(json!(5))), called("b-0", "4*4", None)];
    let (played, model) = go_on(config(), steps, vec![Script::text("16.")]).await;
    assert_eq!(played.text(), "16.", "{:?}", played.outcome);
    let RunItem::ToolStarted(again) = &played.items[0] else { panic!("{:?}", played.items) };
    assert_eq!((again.idempotency_key.as_str(), again.name.as_str()), ("key-of-b-0", "calculator"));
    assert_ne!(again.call_id.as_str(), "b-0");
    let sent = messages(&model, 0);
    let results: Vec<_> = sent.iter().filter(|message| message["role"] == "tool").collect();
    assert_eq!(results.len(), 2);
    assert!(results[1]["content"].as_str().unwrap().contains("16"), "{sent:?}");
    assert_eq!(results[1]["tool_call_id"], again.call_id.as_str());
}

#[tokio::test]
async fn a_model_without_tool_calls_is_told_in_its_own_form() {
    let model = FakeModel::start(vec![Script::text(r#"{"name":"reply","arguments":{"text":"It is 5."}}"#)]).await;
    let by_json = ModelEndpoint { tool_mode: ToolMode::Json, ..endpoint(model.url()) };
    let tested = ModelAgent::new(config(), by_json, calculator()).unwrap();
    let rehearsal = Rehearsal::of("How much?").going_on_from(vec![called("a-0", "2+3", Some(json!(5)))]);
    let played = rehearsal.run(&tested).await;
    assert_eq!(played.text(), "It is 5.", "{:?}", played.outcome);
    let sent = messages(&model, 0);
    let (asked, told) = (&sent[sent.len() - 2], &sent[sent.len() - 1]);
    assert_eq!(asked["content"], r#"{"arguments":{"expression":"2+3"},"name":"calculator"}"#);
    assert!(told["content"].as_str().unwrap().contains("answered: 5"), "{told}");
}

#[tokio::test]
async fn what_was_used_before_counts() {
    let known = |id: &str, expression: &str| called(id, expression, Some(json!(1)));
    let two = || vec![known("a-0", "0+1"), known("b-0", "1+0")];
    let ask = || vec![Script::tool_call("x", "calculator", r#"{"expression":"3-2"}"#), Script::text("1.")];
    let tools = ModelAgentConfig { tool_calls_max: 2, ..config() };
    let rounds = ModelAgentConfig { tool_rounds_max: 2, ..config() };
    let calls = ModelAgentConfig { model_calls_max: 2, ..config() };
    for (settings, code, requests) in
        [(tools, Code::BudgetToolCalls, 1), (rounds, Code::BudgetToolCalls, 1), (calls, Code::BudgetModelCalls, 0)]
    {
        let (played, model) = go_on(settings, two(), ask()).await;
        assert_eq!(played.outcome.unwrap_err().code, code);
        assert_eq!(model.requests().len(), requests, "{code}");
    }
    let repeated = ModelAgentConfig { tool_repetition_max: 2, ..config() };
    let (played, _model) = go_on(repeated.clone(), vec![known("a-0", "3-2"), known("b-0", "3-2")], ask()).await;
    assert_eq!(played.outcome.unwrap_err().code, Code::BudgetRepetition);
    // A call that is made again for want of a result is not repeated by the model.
    let (played, _model) = go_on(repeated, vec![called("a-0", "3-2", None)], ask()).await;
    assert_eq!(played.text(), "1.", "{:?}", played.outcome);
}

#[tokio::test]
async fn messages_that_had_joined_follow_what_was_done() {
    let rehearsal = Rehearsal::of("How much?").going_on_from(vec![called("a-0", "2+3", Some(json!(5)))]);
    let (played, model) = play_with(config(), rehearsal.steered("In euro."), vec![Script::text("5 €.")]).await;
    assert_eq!(played.text(), "5 €.", "{:?}", played.outcome);
    assert_eq!(messages(&model, 0).last().unwrap(), &json!({ "role": "user", "content": "In euro." }));
}

#[tokio::test]
async fn a_message_that_was_taken_before_the_crash_is_told_at_its_place() {
    let heard = Step::Heard { message_id: MessageId(Uuid::now_v7()), content: "In euro.".to_owned() };
    let steps = vec![said("Let me see."), heard, called("a-0", "2+3", Some(json!(5)))];
    let (played, model) = go_on(config(), steps, vec![Script::text("5 €.")]).await;
    assert_eq!(played.text(), "5 €.", "{:?}", played.outcome);
    let sent = messages(&model, 0);
    let roles: Vec<_> = sent.iter().rev().take(5).rev().map(|message| message["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["user", "assistant", "user", "assistant", "tool"], "{sent:?}");
    assert_eq!(sent[sent.len() - 3]["content"], "In euro.");
}
