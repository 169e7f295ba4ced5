//! Words on their way, what the model is sent, and a run that is dropped.

use fakemodel::{FakeModel, Script};
use serde_json::json;
use tokio::time::{sleep, timeout};

use super::{agent, calculator, config, id, messages, ms, play, play_with, tokens};
use crate::{
    agent::{AgentCard, sink::RunItem, testing::Rehearsal},
    agents::model::{ModelAgent, ModelAgentConfig, ModelSetupError},
    tools::ToolBox,
};

/// Waits until the model saw its client leave before the end.
async fn until_left(model: &FakeModel) {
    let left = async {
        while model.dropped_clients().is_empty() {
            sleep(ms(5)).await;
        }
    };
    timeout(ms(20_000), left).await.expect("a socket that is closed");
}

#[tokio::test]
async fn words_are_said_as_they_come() {
    let model = FakeModel::start(vec![Script::text("one two three four").tokens_every(ms(50)).usage(7, 4)]).await;
    let tested = agent(&model, config(), calculator());
    let items = Rehearsal::of("Hello?").run_until(&tested, |items| !items.is_empty()).await;
    assert_eq!(items, [RunItem::Delta("one ".to_owned())]);
    // The model was left in the middle of its answer.
    until_left(&model).await;
    let (played, _model) = play(vec![Script::text("one two").usage(7, 4)]).await;
    assert_eq!((played.text().as_str(), tokens(&played)), ("one two", (7, 4)));
    let (played, _model) = play(vec![Script::text("one two")]).await;
    assert_eq!(tokens(&played), (0, 0));
}

#[tokio::test]
async fn a_dropped_run_closes_the_models_socket_at_once() {
    for script in [Script::endless("word ").tokens_every(ms(5)), Script::text("one two three").stall_after(2)] {
        let model = FakeModel::start(vec![script]).await;
        let tested = agent(&model, config(), calculator());
        Rehearsal::of("Hello?").run_until(&tested, |items| !items.is_empty()).await;
        until_left(&model).await;
        assert!(model.bytes_after_left() < 1000, "{}", model.bytes_after_left());
    }
}

#[tokio::test]
async fn the_model_gets_the_prompt_the_past_and_the_settings() {
    let settings = ModelAgentConfig {
        system_prompt: Some(
            "You are {{ agent.name }} ({{ agent.id }}). {% for c in colleagues %}{{ c.id }}: {{ c.description }}{% endfor %} \
             {{ shared.shop }}"
                .to_owned(),
        ),
        temperature: Some(0.5),
        output_tokens_max: Some(99),
        ..config()
    };
    let card = AgentCard { description: "Knows prices.".to_owned(), ..AgentCard::default() };
    let shared = json!({ "shop": "{{ agent.id }} & Co" });
    let rehearsal = Rehearsal::of("And now?")
        .after_user("Hi")
        .after_agent(id("tested"), "Hello.")
        .after_agent(id("pricing"), "It costs 5.")
        .beside(id("pricing"), card)
        .handed_over_by(id("pricing"), Some("not about prices"))
        .sharing(shared.as_object().unwrap().clone())
        .await
        .unwrap();
    let (played, model) = play_with(settings, rehearsal, vec![Script::text("Well.")]).await;
    assert_eq!(played.text(), "Well.");
    let request = &model.requests()[0];
    let expected = json!([
        { "role": "system", "content": "You are Tested (tested). pricing: Knows prices. {{ agent.id }} & Co" },
        { "role": "user", "content": "Hi" },
        { "role": "assistant", "content": "Hello." },
        { "role": "assistant", "content": "[pricing] It costs 5." },
        { "role": "system", "content": "The agent pricing handed this conversation over to you: not about prices" },
        { "role": "user", "content": "And now?" },
    ]);
    assert_eq!(request.body["messages"], expected);
    assert_eq!(request.path, "/v1/chat/completions");
    assert_eq!(request.header("authorization"), Some("Bearer sk-secret"));
    assert_eq!(request.header("x-project"), Some("p-1"));
    let body = &request.body;
    assert_eq!((&body["temperature"], &body["max_tokens"], &body["model"]), (&json!(0.5), &json!(99), &json!("fake")));
    assert_eq!(body["stream_options"]["include_usage"], true);
    assert_eq!(body["tools"][0]["function"]["name"], "calculator");
}

#[tokio::test]
async fn a_message_that_came_meanwhile_is_answered_in_the_same_run() {
    let rehearsal = Rehearsal::of("Hello?").steered("In French, please");
    let (played, model) = play_with(config(), rehearsal, vec![Script::text("Hello"), Script::text("Bonjour")]).await;
    assert!(played.outcome.is_ok());
    assert!(matches!(
        played.items.as_slice(),
        [RunItem::Delta(_), RunItem::SteerTaken(_), RunItem::MessageEnd, RunItem::Delta(_)]
    ));
    let sent = messages(&model, 1);
    let expected =
        [json!({ "role": "assistant", "content": "Hello" }), json!({ "role": "user", "content": "In French, please" })];
    assert_eq!(sent[sent.len() - 2..], expected);
}

#[tokio::test]
async fn a_wrong_set_up_is_told_before_the_first_message() {
    let endpoint = super::endpoint("http://127.0.0.1:1/v1");
    let prompt = ModelAgentConfig { system_prompt: Some("{% if %}".to_owned()), ..config() };
    let built = ModelAgent::new(prompt, endpoint.clone(), ToolBox::empty());
    assert!(matches!(built, Err(ModelSetupError::Prompt(_))));
    let address = super::ModelEndpoint { base_url: "nowhere".to_owned(), ..endpoint.clone() };
    assert!(matches!(ModelAgent::new(config(), address, ToolBox::empty()), Err(ModelSetupError::Url { .. })));
    let header = super::ModelEndpoint { api_key: Some("line\nbreak".into()), ..endpoint };
    let error = ModelAgent::new(config(), header, ToolBox::empty()).unwrap_err();
    assert!(!error.to_string().contains("break"), "{error}");
}

#[tokio::test]
async fn a_prompt_with_an_unknown_variable_or_a_long_loop_fails_the_run_in_safe_words() {
    for prompt in [
        "{{ agent.nmae }}",
        "{% if shared.pricing %}x{% endif %}",
        "{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}",
    ] {
        let settings = ModelAgentConfig { system_prompt: Some(prompt.to_owned()), ..config() };
        let (played, model) = play_with(settings, Rehearsal::of("Hello?"), vec![]).await;
        let error = played.outcome.unwrap_err();
        assert!(error.operator.contains("system_prompt") && !error.safe.contains("range"), "{error:?}");
        assert!(model.requests().is_empty());
    }
}
