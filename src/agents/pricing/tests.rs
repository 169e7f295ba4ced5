//! The pricing agent as a whole: state, shared context, stores that fail.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use protocol::{AgentId, ConversationId, RunId, Timestamp, TurnId};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::*;
use crate::{
    agent::{
        UserMessage, WorkflowMemory,
        sink::{RunItem, RunPipe},
    },
    context::{ContextKey, ContextScope, ContextStore, Entry, ScopedContext, Versioned},
};

/// A store in memory whose next writes fail as told.
#[derive(Debug, Default)]
struct Store {
    documents: Mutex<HashMap<ContextKey, Versioned>>,
    failures: Mutex<VecDeque<Failure>>,
}

#[derive(Debug)]
enum Failure {
    Down,
    SomebodyWrote,
}

#[async_trait]
impl ContextStore for Store {
    async fn read(&self, key: &ContextKey) -> Result<Entry, ContextError> {
        Ok(self.documents.lock().unwrap().get(key).cloned().unwrap_or_default().into())
    }

    async fn write(
        &self,
        key: &ContextKey,
        expected: u64,
        value: JsonObject,
        _end: Option<Timestamp>,
    ) -> Result<u64, ContextError> {
        let failure = self.failures.lock().unwrap().pop_front();
        let mut documents = self.documents.lock().unwrap();
        let document = documents.entry(key.clone()).or_default();
        match failure {
            Some(Failure::Down) => return Err(ContextError::Unavailable("no route to host 10.0.0.7".to_owned())),
            Some(Failure::SomebodyWrote) => document.version += 1,
            None => {}
        }
        if document.version != expected {
            return Err(ContextError::Conflict(document.clone()));
        }
        *document = Versioned { version: expected + 1, value };
        Ok(document.version)
    }
}

/// One conversation with the agent.
struct Talk {
    store: Arc<Store>,
    agent: AgentId,
}

struct Said {
    pieces: Vec<String>,
    changed: Vec<String>,
    outcome: Result<Outcome, RunError>,
}

impl Said {
    fn text(&self) -> String {
        self.pieces.concat().replace('\u{a0}', " ")
    }

    fn final_state(&self) -> Value {
        match self.outcome.as_ref().unwrap() {
            Outcome::Completed { final_state, .. } => Value::Object(final_state.clone()),
            other => panic!("the pricing agent answers: {other:?}"),
        }
    }
}

impl Talk {
    fn new() -> Self {
        Self { store: Arc::new(Store::default()), agent: "pricing_agent".parse().unwrap() }
    }

    async fn say(&self, content: &str) -> Said {
        self.say_as(content, MessageId(Uuid::now_v7())).await
    }

    async fn say_as(&self, content: &str, id: MessageId) -> Said {
        let pipe = RunPipe::new(1000, Box::new(|| {}));
        let scoped = ScopedContext::new(
            Arc::clone(&self.store) as Arc<dyn ContextStore>,
            "t".into(),
            Uuid::nil(),
            self.agent.clone(),
        );
        let turn = Turn {
            steps: Vec::new(),
            conversation_id: ConversationId(Uuid::nil()),
            turn_id: TurnId(Uuid::now_v7()),
            run_id: RunId(Uuid::now_v7()),
            attempt: 1,
            agent_id: self.agent.clone(),
            message: UserMessage { id, content: content.to_owned() },
            history: Vec::new(),
            workflow: WorkflowMemory::nowhere(self.agent.clone()),
            context: scoped,
            colleagues: Arc::new([]),
            handed_over: None,
            cancel: CancellationToken::new(),
            time_max: Duration::from_secs(5),
        };
        let outcome = PricingAgent::new(AgentCard::default()).run(turn, pipe.sink()).await;
        let mut said = Said { pieces: Vec::new(), changed: Vec::new(), outcome };
        for item in pipe.take() {
            match item {
                RunItem::Delta(piece) => said.pieces.push(piece),
                RunItem::ContextUpdated { changed, .. } => said.changed.extend(changed),
                _ => {}
            }
        }
        said
    }

    fn shared(&self) -> Value {
        let key = ContextKey { tenant: "t".into(), conversation: Uuid::nil(), scope: ContextScope::Shared };
        self.store
            .documents
            .lock()
            .unwrap()
            .get(&key)
            .map_or(Value::Null, |document| Value::Object(document.value.clone()))
    }

    fn fail(&self, failures: impl IntoIterator<Item = Failure>) {
        self.store.failures.lock().unwrap().extend(failures);
    }
}

const ALL: &str = "cost 500 rub, commission 15%, logistics 60, tax 6%, margin 25%";

#[tokio::test]
async fn a_price_is_streamed_published_and_shared() {
    let talk = Talk::new();
    let said = talk.say(ALL).await;
    assert!(said.pieces.len() > 5, "{:?}", said.pieces);
    assert!(said.text().contains("1,037.04 ₽"));
    let price =
        json!({"price": "1037.04", "breakEven": "708.87", "margin": "25.00", "profit": "259.26", "currency": "RUB"});
    assert_eq!(said.final_state(), price);
    assert_eq!(said.changed, ["pricing"]);
    assert_eq!(talk.shared(), json!({ "pricing": price }));
}

#[tokio::test]
async fn facts_are_kept_from_message_to_message() {
    let talk = Talk::new();
    let said = talk.say("себестоимость 500 рублей").await;
    assert_eq!(said.final_state(), json!({"missing": ["commission", "logistics", "tax", "margin"]}));
    assert_eq!(talk.shared(), Value::Null);
    talk.say("комиссия 15%, логистика 60").await;
    talk.say("налог 6%").await;
    assert!(talk.say("маржа 25%").await.text().contains("1 037,04 ₽"));
}

#[tokio::test]
async fn a_repeated_run_reads_the_message_as_the_first_one_did() {
    let talk = Talk::new();
    talk.say("cost 500").await;
    let id = MessageId(Uuid::now_v7());
    let first = talk.say_as("15%", id).await;
    let second = talk.say_as("15%", id).await;
    assert!(first.text().contains("commission 15%"));
    assert_eq!(first.text(), second.text());
}

#[tokio::test]
async fn starting_over_takes_the_shared_price_back() {
    let talk = Talk::new();
    talk.say(ALL).await;
    let said = talk.say("start over").await;
    assert_eq!((said.changed, talk.shared()), (vec!["pricing".to_owned()], json!({})));
    assert!(talk.say("start over").await.changed.is_empty());
}

#[tokio::test]
async fn a_state_that_somebody_changed_meanwhile_is_read_again() {
    let talk = Talk::new();
    talk.fail([Failure::SomebodyWrote, Failure::SomebodyWrote]);
    assert!(talk.say(ALL).await.text().contains("1,037.04 ₽"));
    talk.fail((0..20).map(|_| Failure::SomebodyWrote));
    assert!(talk.say("commission 17%").await.outcome.unwrap_err().retryable);
}

#[tokio::test]
async fn a_store_that_is_down_ends_the_run_before_anything_is_said() {
    for (message, says) in
        [(ALL, "Please send the message again"), ("себестоимость 500", "Отправьте сообщение ещё раз")]
    {
        let talk = Talk::new();
        talk.fail([Failure::Down]);
        let said = talk.say(message).await;
        let error = said.outcome.unwrap_err();
        assert_eq!((error.code, error.retryable, said.pieces.len()), (Code::Internal, true, 0));
        assert!(error.safe.contains(says) && !error.safe.contains("10.0.0.7"), "{}", error.safe);
        assert!(error.operator.contains("10.0.0.7"), "{}", error.operator);
    }
}

#[tokio::test]
async fn a_state_that_cannot_be_read_counts_as_none() {
    let talk = Talk::new();
    let key =
        ContextKey { tenant: "t".into(), conversation: Uuid::nil(), scope: ContextScope::Agent(talk.agent.clone()) };
    let value = JsonObject::from_iter([("now".to_owned(), json!({"facts": {"cost": "free"}}))]);
    talk.store.documents.lock().unwrap().insert(key, Versioned { version: 3, value });
    assert!(talk.say("15% commission").await.text().contains("commission 15%"));
}

#[test]
fn two_facts_in_one_message_claim_it() {
    let agent = PricingAgent::new(AgentCard::default());
    let claim = |content| agent.can_handle(&Ask { content, is_current: false });
    assert_eq!(claim("cost 500, commission 15%"), Claim::Add(2));
    assert_eq!(claim("how did sales change last week?"), Claim::ByIntents);
    assert_eq!(claim("15%"), Claim::ByIntents);
}
