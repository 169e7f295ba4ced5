//! A model without native tool calls.

use fakemodel::{FakeModel, Script};
use serde_json::json;

use super::{calculator, config, endpoint, messages};
use crate::{
    agent::testing::{Played, Rehearsal},
    agents::model::{ModelAgent, ModelEndpoint, ToolMode},
    tools::ToolBox,
};

async fn play(scripts: Vec<Script>, toolbox: ToolBox) -> (Played, FakeModel) {
    let model = FakeModel::start(scripts).await;
    let by_json = ModelEndpoint { tool_mode: ToolMode::Json, ..endpoint(model.url()) };
    let tested = ModelAgent::new(config(), by_json, toolbox).unwrap();
    let played = Rehearsal::of("What is 2+3?").run(&tested).await;
    (played, model)
}

#[tokio::test]
async fn calls_and_words_come_out_of_json() {
    let scripts = vec![
        Script::text(r#"{"name":"calculator","arguments":{"expression":"2+3"}}"#),
        Script::text(r#"{"name":"reply","arguments":{"text":"It is 5."}}"#),
    ];
    let (played, model) = play(scripts, calculator()).await;
    assert_eq!(played.text(), "It is 5.", "{:?}", played.outcome);
    assert_eq!(played.tools()[0].1, &json!({ "expression": "2+3" }));
    let body = &model.requests()[0].body;
    assert!(body["tools"].is_null());
    assert_eq!(body["response_format"]["json_schema"]["schema"]["anyOf"].as_array().unwrap().len(), 2);
    let sent = messages(&model, 1);
    assert!(sent[0]["content"].as_str().unwrap().contains("- calculator: "));
    let told = sent.last().unwrap();
    assert!(told["role"] == "user" && told["content"].as_str().unwrap().contains('5'), "{told}");
}

#[tokio::test]
async fn a_fenced_call_is_made_and_plain_words_are_words() {
    let fenced = "Let me see.\n```json\n{\"name\":\"calculator\",\"arguments\":{\"expression\":\"2+3\"}}\n```";
    let (played, _model) = play(vec![Script::text(fenced), Script::text("It is 5.")], calculator()).await;
    assert_eq!(played.text(), "Let me see.It is 5.");
    assert_eq!(played.tools().len(), 1);
}

#[tokio::test]
async fn a_model_that_goes_round_in_circles_is_left_with_words_alone() {
    let call = || Script::text(r#"{"name":"calculator","arguments":{"expression":"2+3"}}"#);
    let (played, model) = play(vec![call(), call(), Script::text("5")], calculator()).await;
    assert_eq!(played.text(), "5", "{:?}", played.outcome);
    let shapes: Vec<usize> = model
        .requests()
        .iter()
        .map(|request| request.body["response_format"]["json_schema"]["schema"]["anyOf"].as_array().unwrap().len())
        .collect();
    assert_eq!(shapes, [2, 2, 1]);
}

#[tokio::test]
async fn json_that_is_cut_off_is_not_shown() {
    let cut = Script::text(r#"{"name":"reply","arguments":{"text":"It is"#).finish("length");
    let (played, _model) = play(vec![cut], calculator()).await;
    assert_eq!(played.text(), "");
    assert_eq!(played.outcome.unwrap_err().code, protocol::Code::ModelBadOutput);
}

#[tokio::test]
async fn a_failure_before_the_words_are_whole_is_tried_again() {
    let whole = r#"{"name":"reply","arguments":{"text":"It is 5."}}"#;
    let (played, model) = play(vec![Script::text(whole).cut_after(300), Script::text(whole)], calculator()).await;
    assert_eq!((played.text().as_str(), model.requests().len()), ("It is 5.", 2));
}

#[tokio::test]
async fn without_tools_words_are_not_asked_for_as_json() {
    let (played, model) = play(vec![Script::text("Five.")], ToolBox::empty()).await;
    assert_eq!(played.text(), "Five.");
    assert!(model.requests()[0].body["response_format"].is_null());
}
