//! Tool calls in rounds, calls that are wrong, and handing over.

use fakemodel::Script;
use protocol::Code;
use serde_json::{Value, json};

use super::{agent, config, id, messages, play, play_with};
use crate::{
    agent::{AgentCard, Outcome, testing::Rehearsal},
    agents::model::ModelAgentConfig,
    tools::{Effect, Grant, Tool, ToolBox, ToolContext, ToolError, ToolSpec},
};

fn calculate(expression: &str) -> String {
    json!({ "expression": expression }).to_string()
}

fn call(expression: &str) -> Script {
    Script::tool_call("a", "calculator", &calculate(expression))
}

#[tokio::test]
async fn results_go_back_to_the_model_until_it_has_an_answer() {
    let scripts = vec![call("2+3").usage(10, 5), call("5*2").usage(20, 5), Script::text("It is 10.").usage(30, 4)];
    let (played, model) = play(scripts).await;
    assert_eq!(played.text(), "It is 10.");
    assert_eq!(super::tokens(&played), (60, 14));
    let tools = played.tools();
    assert_eq!(tools.len(), 2);
    assert_eq!((tools[0].0, &tools[0].1["expression"]), ("calculator", &json!("2+3")));
    assert!(tools.iter().all(|(_, _, outcome)| !outcome.unwrap().is_error));
    let sent = messages(&model, 1);
    let (asked, answered) = (&sent[sent.len() - 2], &sent[sent.len() - 1]);
    assert_eq!(asked["tool_calls"][0]["function"]["name"], "calculator");
    assert_eq!(answered["tool_call_id"], asked["tool_calls"][0]["id"]);
    assert!(answered["content"].as_str().unwrap().contains('5'), "{answered}");
    assert_eq!(messages(&model, 2).len(), sent.len() + 2);
}

#[tokio::test]
async fn several_calls_at_once_are_all_answered_though_their_ids_are_equal_or_missing() {
    for ids in [["a", "b"], ["a", "a"], ["", ""]] {
        let calls = [(ids[0], "calculator", &*calculate("1+1")), (ids[1], "calculator", &*calculate("2+2"))];
        let (played, model) = play(vec![Script::tool_calls(&calls), Script::text("Done.")]).await;
        assert_eq!(played.text(), "Done.", "{ids:?}: {:?}", played.outcome);
        assert_eq!(played.tools().len(), 2, "{ids:?}");
        let sent = messages(&model, 1);
        let answered: Vec<&Value> = sent.iter().filter(|message| message["role"] == "tool").collect();
        assert_eq!(answered.len(), 2);
        assert_ne!(answered[0]["tool_call_id"], answered[1]["tool_call_id"], "{ids:?}");
    }
}

/// The first call is wrong like this; the model reads `told` and corrects itself.
async fn check_repaired(name: &str, arguments: &str, shown: Value, told: &str) {
    let scripts = vec![Script::tool_call("a", name, arguments), call("1+1"), Script::text("2.")];
    let (played, model) = play(scripts).await;
    assert_eq!(played.text(), "2.", "{arguments}: {:?}", played.outcome);
    let (_, recorded, outcome) = played.tools()[0];
    assert_eq!((recorded, outcome.unwrap().is_error), (&shown, true), "{arguments}");
    let sent = messages(&model, 1);
    let answered = sent.last().unwrap()["content"].as_str().unwrap();
    assert!(answered.contains(told), "{arguments}: {answered}");
}

#[tokio::test]
async fn a_wrong_call_is_told_to_the_model_which_corrects_itself() {
    check_repaired("calculator", "{oops", json!("{oops"), "tool_bad_arguments").await;
    check_repaired("calculator", r#"{"expr":"1"}"#, json!({ "expr": "1" }), "tool_bad_arguments").await;
    check_repaired("calculator", "", json!({}), "tool_bad_arguments").await;
    check_repaired("delete_all", "{}", json!({}), "tool_denied").await;
    check_repaired("hand_over", r#"{"agent":"x"}"#, json!({ "agent": "x" }), "tool_denied").await;
}

#[tokio::test]
async fn a_model_that_stays_wrong_is_given_up_after_two_repairs() {
    for (name, code) in [("calculator", Code::ModelBadOutput), ("delete_all", Code::ToolDenied)] {
        let wrong = |place: usize| Script::tool_call("a", name, &json!({ "oops": place }).to_string());
        let (played, model) = play((0..5).map(wrong).collect()).await;
        let error = played.outcome.as_ref().unwrap_err();
        assert_eq!((error.code, model.requests().len()), (code, 3), "{error:?}");
        assert_eq!(played.tools().len(), 3, "each call has its result");
        let with_one_right = vec![wrong(0), wrong(1), call("1+1"), wrong(2), wrong(3), Script::text("Well.")];
        assert_eq!(play(with_one_right).await.0.text(), "Well.");
    }
}

fn handing() -> ModelAgentConfig {
    ModelAgentConfig { hand_over: true, ..config() }
}

fn with_colleague() -> Rehearsal {
    Rehearsal::of("How much?")
        .beside(id("pricing"), AgentCard { description: "Prices.".to_owned(), ..AgentCard::default() })
}

#[tokio::test]
async fn the_turn_is_handed_to_a_colleague_that_is_there() {
    let wrong = Script::tool_call("a", "hand_over", r#"{"agent":"nobody"}"#);
    let right = Script::tool_call("a", "hand_over", r#"{"agent":"pricing","reason":"about money"}"#).usage(3, 4);
    let (played, model) = play_with(handing(), with_colleague(), vec![wrong, right]).await;
    let Ok(Outcome::HandOver { to, detail, usage }) = &played.outcome else { panic!("{:?}", played.outcome) };
    assert_eq!((to, detail.as_deref(), usage.output_tokens), (&id("pricing"), Some("about money"), 4));
    let offered = &model.requests()[0].body["tools"][1]["function"];
    assert_eq!(offered["parameters"]["properties"]["agent"]["enum"], json!(["pricing"]));
    let told = messages(&model, 1).pop().unwrap();
    assert!(told["content"].as_str().unwrap().contains("must be one of: pricing"), "{told}");
}

#[tokio::test]
async fn handing_over_is_offered_only_where_granted_and_possible() {
    for (settings, rehearsal) in [(config(), with_colleague()), (handing(), Rehearsal::of("How much?"))] {
        let (_played, model) = play_with(settings, rehearsal, vec![Script::text("5.")]).await;
        assert_eq!(model.requests()[0].body["tools"].as_array().unwrap().len(), 1);
    }
}

/// Says for whom it is called.
struct Whose(ToolSpec);

#[async_trait::async_trait]
impl Tool for Whose {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }
    async fn call(&self, _: Value, context: &ToolContext) -> Result<Value, ToolError> {
        Ok(json!({"tenant": &*context.tenant}))
    }
}

#[tokio::test]
async fn a_tool_is_called_for_the_tenant_of_the_conversation_whatever_the_model_says() {
    let (name, parameters) = ("whose".to_owned(), json!({"type": "object"}));
    let spec = ToolSpec { name, description: String::new(), parameters, effect: Effect::Pure };
    let tool = std::sync::Arc::new(Whose(spec));
    let time_max = std::time::Duration::from_secs(1);
    let toolbox = ToolBox::new(vec![Grant { tool, time_max, result_bytes_max: 1000 }]).unwrap();
    let scripts = vec![Script::tool_call("a", "whose", r#"{"tenant": "another"}"#), Script::text("Yours.")];
    let model = fakemodel::FakeModel::start(scripts).await;
    let rehearsal = Rehearsal::of("Whose?");
    let played = rehearsal.run(&agent(&model, config(), toolbox)).await;
    assert_eq!(played.tools()[0].2.unwrap().result, json!({"tenant": "test"}));
}
