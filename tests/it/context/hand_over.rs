//! What one agent hands to another: for that one alone, once where it is taken, and for an hour.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use protocol::{AgentId, event::Usage};
use serde_json::json;
use switchboard::{
    agent::{
        Agent, AgentCard, EventSink, Outcome, RunError, Turn,
        catalog::{AgentLimits, AgentSlot},
    },
    clock::Clock,
    context::{ContextError, ScopedContext},
};
use uuid::Uuid;

use super::subjects::{BYTES_MAX, Subject, object, on_every_store};
use crate::support::{
    client::{new_id, said},
    embedded::Embedded,
};

on_every_store!(
    what_is_handed_reaches_that_colleague_alone,
    what_was_taken_is_gone_and_of_two_takers_one_gets_it,
    what_was_handed_can_be_read_for_an_hour,
    a_later_one_takes_the_place_of_the_one_before,
    other_conversations_and_tenants_see_nothing,
    one_that_is_too_large_is_refused_and_changes_nothing,
    agents_with_the_longest_ids_hand_over,
);

const HOUR_MILLIS: i64 = 3_600_000;

fn id(agent: &str) -> AgentId {
    agent.parse().unwrap()
}

impl Subject {
    fn of(&self, conversation: Uuid, agent: &str) -> ScopedContext {
        self.of_tenant("default", conversation, agent)
    }

    fn of_tenant(&self, tenant: &str, conversation: Uuid, agent: &str) -> ScopedContext {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        ScopedContext::new(Arc::clone(&self.store), tenant.into(), conversation, id(agent))
            .with_hand_overs(clock, Duration::from_hours(1))
    }
}

async fn what_is_handed_reaches_that_colleague_alone(timed: Subject) {
    let conversation = Uuid::now_v7();
    let [alpha, beta, gamma] = ["alpha", "beta", "gamma"].map(|agent| timed.of(conversation, agent));
    let draft = object(json!({ "title": "Kettle", "price": 1_299 }));
    assert_eq!(alpha.share_with(&id("beta"), draft.clone()).await, Ok(()));
    assert_eq!(gamma.shared_by(&id("alpha")).await, Ok(None));
    assert_eq!(gamma.shared_by(&id("beta")).await, Ok(None));
    assert_eq!(gamma.take_from(&id("alpha")).await, Ok(None));
    // Whoever handed it cannot take it back by reading, and it is neither state nor shared.
    assert_eq!(alpha.shared_by(&id("alpha")).await, Ok(None));
    assert_eq!(alpha.shared_by(&id("beta")).await, Ok(None));
    for context in [&alpha, &beta] {
        assert_eq!((context.state().await.unwrap().version, context.shared().await.unwrap().version), (0, 0));
    }
    for _ in 0..2 {
        assert_eq!(beta.shared_by(&id("alpha")).await, Ok(Some(draft.clone())));
    }
}

async fn what_was_taken_is_gone_and_of_two_takers_one_gets_it(timed: Subject) {
    let conversation = Uuid::now_v7();
    let [alpha, beta] = ["alpha", "beta"].map(|agent| timed.of(conversation, agent));
    for round in 0..3 {
        let draft = object(json!({ "round": round }));
        alpha.share_with(&id("beta"), draft.clone()).await.unwrap();
        let runs = (0..4).map(|_| {
            let beta = beta.clone();
            tokio::spawn(async move { beta.take_from(&id("alpha")).await.unwrap() })
        });
        let mut taken = Vec::new();
        for run in runs.collect::<Vec<_>>() {
            taken.extend(run.await.unwrap());
        }
        assert_eq!(taken, [draft]);
        assert_eq!(beta.shared_by(&id("alpha")).await, Ok(None));
    }
}

async fn what_was_handed_can_be_read_for_an_hour(timed: Subject) {
    let conversation = Uuid::now_v7();
    let [alpha, beta] = ["alpha", "beta"].map(|agent| timed.of(conversation, agent));
    let draft = object(json!({ "n": 1 }));
    alpha.share_with(&id("beta"), draft.clone()).await.unwrap();
    timed.clock.advance_millis(HOUR_MILLIS - 1);
    assert_eq!(beta.shared_by(&id("alpha")).await, Ok(Some(draft.clone())));
    timed.clock.advance_millis(1);
    assert_eq!(beta.shared_by(&id("alpha")).await, Ok(None));
    assert_eq!(beta.take_from(&id("alpha")).await, Ok(None));
    alpha.share_with(&id("beta"), draft.clone()).await.unwrap();
    assert_eq!(beta.take_from(&id("alpha")).await, Ok(Some(draft)));
}

async fn a_later_one_takes_the_place_of_the_one_before(timed: Subject) {
    let conversation = Uuid::now_v7();
    let [alpha, beta, gamma] = ["alpha", "beta", "gamma"].map(|agent| timed.of(conversation, agent));
    for n in 0..3 {
        alpha.share_with(&id("gamma"), object(json!({ "alpha": n }))).await.unwrap();
        beta.share_with(&id("gamma"), object(json!({ "beta": n }))).await.unwrap();
    }
    assert_eq!(gamma.take_from(&id("alpha")).await, Ok(Some(object(json!({ "alpha": 2 })))));
    assert_eq!(gamma.take_from(&id("beta")).await, Ok(Some(object(json!({ "beta": 2 })))));
    beta.share_with(&id("gamma"), object(json!({ "beta": 3 }))).await.unwrap();
    beta.share_with(&id("gamma"), object(json!({}))).await.unwrap();
    assert_eq!(gamma.take_from(&id("beta")).await, Ok(None), "it was taken back");
}

async fn other_conversations_and_tenants_see_nothing(timed: Subject) {
    let conversation = Uuid::now_v7();
    timed.of(conversation, "alpha").share_with(&id("beta"), object(json!({ "n": 1 }))).await.unwrap();
    for foreign in [timed.of(Uuid::now_v7(), "beta"), timed.of_tenant("other", conversation, "beta")] {
        assert_eq!(foreign.take_from(&id("alpha")).await, Ok(None), "{foreign:?}");
    }
    assert!(timed.of(conversation, "beta").take_from(&id("alpha")).await.unwrap().is_some());
}

async fn one_that_is_too_large_is_refused_and_changes_nothing(timed: Subject) {
    let conversation = Uuid::now_v7();
    let [alpha, beta] = ["alpha", "beta"].map(|agent| timed.of(conversation, agent));
    alpha.share_with(&id("beta"), object(json!({ "n": 1 }))).await.unwrap();
    let refused = alpha.share_with(&id("beta"), object(json!({ "text": "x".repeat(BYTES_MAX) }))).await;
    assert!(matches!(refused, Err(ContextError::TooLarge { .. })), "{refused:?}");
    assert_eq!(beta.shared_by(&id("alpha")).await, Ok(Some(object(json!({ "n": 1 })))));
}

async fn agents_with_the_longest_ids_hand_over(timed: Subject) {
    let conversation = Uuid::now_v7();
    let (from, to) = ("f".repeat(50), "t".repeat(50));
    let draft = object(json!({ "n": 1 }));
    timed.of(conversation, &from).share_with(&id(&to), draft.clone()).await.unwrap();
    assert_eq!(timed.of(conversation, &to).take_from(&id(&from)).await, Ok(Some(draft)));
}

/// `alpha` hands a draft to `beta`, with the turn; `beta` and `gamma` say what `alpha` handed to them.
struct Drafting(AgentCard);

fn drafting(agent: &str) -> AgentSlot {
    let card = AgentCard { name: agent.to_owned(), intents: vec![agent.to_owned()], ..AgentCard::default() };
    let factory = move || Ok(Arc::new(Drafting(card.clone())) as Arc<dyn Agent>);
    AgentSlot::new(id(agent), Arc::new(factory), AgentLimits::default(), true).unwrap()
}

#[async_trait]
impl Agent for Drafting {
    fn card(&self) -> &AgentCard {
        &self.0
    }

    async fn run(&self, turn: Turn, sink: EventSink) -> Result<Outcome, RunError> {
        if turn.agent_id == id("alpha") {
            turn.context.share_with(&id("beta"), object(json!({ "title": "Kettle" }))).await.unwrap();
            return Ok(Outcome::HandOver { to: id("beta"), detail: None, usage: Usage::default() });
        }
        let handed = turn.context.take_from(&id("alpha")).await.unwrap();
        sink.text(&handed.map_or("nothing".to_owned(), |draft| json!(draft).to_string())).await?;
        Ok(Outcome::completed())
    }
}

#[tokio::test]
async fn an_agent_that_is_handed_the_turn_finds_what_came_with_it() {
    let server = Embedded::with(["alpha", "beta", "gamma"].map(drafting).into(), |_| {});
    let conversation = new_id();
    let turn = server.say(&conversation, "alpha").await;
    assert_eq!(said(&turn), r#"{"title":"Kettle"}"#);
    for late in ["beta", "gamma"] {
        assert_eq!(said(&server.say(&conversation, late).await), "nothing", "{late}");
    }
}
