//! The bounds of a run: each ends it with its own code and says limit, cap and use.

use fakemodel::{FakeModel, Script};
use protocol::Code;
use serde_json::json;

use super::{agent, calculator, config, endpoint, play_with};
use crate::{
    agent::testing::Rehearsal,
    agents::model::{ModelAgent, ModelAgentConfig},
};

fn call(place: usize) -> Script {
    Script::tool_call("a", "calculator", &json!({ "expression": format!("1+{place}") }).to_string())
}

async fn check(settings: ModelAgentConfig, scripts: Vec<Script>, code: Code, words: &[&str], requests: usize) {
    let (played, model) = play_with(settings, Rehearsal::of("Hello?"), scripts).await;
    let error = played.outcome.as_ref().unwrap_err();
    assert_eq!((error.code, error.retryable), (code, false), "{error:?}");
    for word in words {
        assert!(error.safe.contains(word), "`{word}` in: {}", error.safe);
    }
    assert_eq!(model.requests().len(), requests, "{code}");
    assert!(played.tools().iter().all(|(_, _, outcome)| outcome.is_some()), "each call has its result");
}

#[tokio::test]
async fn tool_calls_are_bounded_in_number_rounds_and_repetition() {
    let different = || (0..5).map(call).collect::<Vec<_>>();
    let rounds = ModelAgentConfig { tool_rounds_max: 2, ..config() };
    check(rounds, different(), Code::BudgetToolCalls, &["tool_rounds_max", "is 2", "3 rounds"], 3).await;
    let calls = ModelAgentConfig { tool_calls_max: 2, ..config() };
    check(calls, different(), Code::BudgetToolCalls, &["limits.tool_calls_max", "is 2", "3 tool calls"], 3).await;
    // Spaces and the order of keys make no other call.
    let spaced = Script::tool_call("a", "calculator", r#"{ "expression" : "1+1" }"#);
    let repeated = ModelAgentConfig { tool_repetition_max: 2, ..config() };
    let scripts = vec![call(1), spaced, call(2), call(1)];
    check(repeated, scripts, Code::BudgetRepetition, &["limits.tool_repetition_max", "is 2", "3 times"], 4).await;
}

#[tokio::test]
async fn calls_of_the_model_are_bounded_and_failed_tries_count() {
    let settings = || ModelAgentConfig { model_calls_max: 2, ..config() };
    let words = ["limits.model_calls_max", "is 2", "3 calls"];
    check(settings(), (0..5).map(call).collect(), Code::BudgetModelCalls, &words, 2).await;
    check(settings(), vec![Script::status(500); 5], Code::BudgetModelCalls, &words, 2).await;
}

#[tokio::test]
async fn an_endless_answer_is_stopped_at_its_bound() {
    let model = FakeModel::start(vec![Script::endless("0123456789")]).await;
    let settings = ModelAgentConfig { output_bytes_max: 1000, ..config() };
    let played = Rehearsal::of("Hello?").run(&agent(&model, settings, calculator())).await;
    let error = played.outcome.as_ref().unwrap_err();
    assert_eq!((error.code, played.text().len()), (Code::BudgetOutput, 1000));
    assert!(
        error.safe.contains("1010 bytes") && error.safe.contains("`limits.output_bytes_max` is 1000"),
        "{}",
        error.safe
    );
    tokio::time::sleep(super::ms(100)).await;
    let sent = model.bytes_sent();
    tokio::time::sleep(super::ms(50)).await;
    assert_eq!(model.bytes_sent(), sent, "the socket is closed");
}

#[tokio::test]
async fn endless_arguments_and_endless_calls_are_stopped() {
    let endless_of = |delta: &str| {
        let chunk = format!(r#"{{"choices":[{{"delta":{{"tool_calls":[{delta}]}}}}]}}"#);
        Script::data(&vec![chunk.as_str(); 300])
    };
    let long = format!(r#"{{"index":0,"function":{{"arguments":"{}"}}}}"#, "x".repeat(1000));
    let many: Vec<String> = (0..100)
        .map(|index| format!(r#"{{"choices":[{{"delta":{{"tool_calls":[{{"index":{index},"id":"a"}}]}}}}]}}"#))
        .collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for script in [endless_of(&long), Script::data(&many)] {
        let (played, model) = play_with(config(), Rehearsal::of("Hello?"), vec![script]).await;
        assert_eq!(played.outcome.unwrap_err().code, Code::ModelBadOutput);
        assert_eq!(model.requests().len(), 1);
    }
}

#[tokio::test]
async fn an_endless_answer_without_words_is_stopped_by_the_time_of_the_call() {
    let model = FakeModel::start(vec![Script::endless("")]).await;
    let impatient = super::ModelEndpoint { call_timeout: super::ms(300), ..endpoint(model.url()) };
    let played = Rehearsal::of("Hello?").run(&ModelAgent::new(config(), impatient, calculator()).unwrap()).await;
    assert!(played.outcome.unwrap_err().operator.contains("call_timeout"));
}
