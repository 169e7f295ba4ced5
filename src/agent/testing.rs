//! Drives an agent without a server: in a test of this crate, or of your own.
//!
//! # Example
//! ```
//! # use async_trait::async_trait;
//! # use switchboard::agent::{Agent, AgentCard, EventSink, Outcome, RunError, Turn};
//! use switchboard::agent::testing::Rehearsal;
//! # struct Echo(AgentCard);
//! # #[async_trait]
//! # impl Agent for Echo {
//! #     fn card(&self) -> &AgentCard { &self.0 }
//! #     async fn run(&self, turn: Turn, sink: EventSink) -> Result<Outcome, RunError> {
//! #         sink.text(&turn.message.content).await?;
//! #         Ok(Outcome::completed())
//! #     }
//! # }
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let echo = Echo(AgentCard::default());
//! let played = Rehearsal::of("hello").run(&echo).await;
//! assert_eq!(played.text(), "hello");
//! assert_eq!(played.outcome, Ok(Outcome::completed()));
//! # });
//! ```

use std::{pin::pin, sync::Arc, time::Duration};

use protocol::{
    AgentId, ConversationId, MessageId, RunId, Seq, TurnId,
    event::{JsonObject, Role},
};
use serde_json::Value;
use tokio::sync::Notify;
use uuid::Uuid;

use super::{
    Agent, AgentCard, Colleague, HandOverNote, Outcome, PastMessage, RunError, Step, Turn, UserMessage, WorkflowMemory,
    sink::{RunEnd, RunItem, RunPipe, ToolIntent, ToolOutcome},
};
use crate::context::{ContextError, ContextStore, ScopedContext, memory::MemoryContext};

/// Items that a run may be ahead of what was taken, as in a small server.
const CREDITS: usize = 64;
/// The longest document of the context, in bytes.
const DOCUMENT_BYTES_MAX: usize = 1024 * 1024;
const TENANT: &str = "test";

/// A turn that can be played by any agent.
#[derive(Debug)]
pub struct Rehearsal {
    /// What the agent will get; change what the builder has no word for.
    pub turn: Turn,
    pipe: Arc<RunPipe>,
    bell: Arc<Notify>,
    store: Arc<dyn ContextStore>,
}

/// What a run came to.
#[derive(Debug)]
pub struct Played {
    /// All that it said, in order.
    pub items: Vec<RunItem>,
    /// How it ended.
    pub outcome: Result<Outcome, RunError>,
}

impl Rehearsal {
    /// A turn of the agent `tested` that answers this message, in a conversation without a past; it may take a minute.
    ///
    /// # Panics
    /// Never: the id is valid.
    #[expect(clippy::expect_used, reason = "the id is a constant that fits the rule")]
    pub fn of(message: &str) -> Self {
        let bell = Arc::new(Notify::new());
        let ring = Arc::clone(&bell);
        let pipe = RunPipe::new(CREDITS, Box::new(move || ring.notify_one()));
        let agent_id: AgentId = "tested".parse().expect("a valid agent id");
        let conversation = Uuid::now_v7();
        let store: Arc<dyn ContextStore> = Arc::new(MemoryContext::new(DOCUMENT_BYTES_MAX));
        let turn = Turn {
            conversation_id: ConversationId(conversation),
            turn_id: TurnId(Uuid::now_v7()),
            run_id: RunId(Uuid::now_v7()),
            attempt: 1,
            agent_id: agent_id.clone(),
            message: said(message),
            history: Vec::new(),
            workflow: WorkflowMemory::nowhere(agent_id.clone()),
            context: ScopedContext::new(Arc::clone(&store), TENANT.into(), conversation, agent_id),
            colleagues: Arc::from([]),
            handed_over: None,
            steps: Vec::new(),
            cancel: pipe.cancelled().clone(),
            time_max: Duration::from_mins(1),
        };
        Self { turn, pipe, bell, store }
    }

    /// Adds what the user said before.
    #[must_use]
    pub fn after_user(self, content: &str) -> Self {
        self.after(Role::User, None, content)
    }

    /// Adds what an agent said before; `tested` is the agent under test itself.
    #[must_use]
    pub fn after_agent(self, agent_id: AgentId, content: &str) -> Self {
        self.after(Role::Assistant, Some(agent_id), content)
    }

    /// Adds an agent that could answer, too.
    #[must_use]
    pub fn beside(mut self, id: AgentId, card: AgentCard) -> Self {
        let added = Colleague { id, card: Arc::new(card) };
        self.turn.colleagues = self.turn.colleagues.iter().cloned().chain([added]).collect();
        self
    }

    /// Another agent handed over.
    #[must_use]
    pub fn handed_over_by(mut self, from: AgentId, detail: Option<&str>) -> Self {
        self.turn.handed_over = Some(HandOverNote { from, detail: detail.map(ToOwned::to_owned) });
        self
    }

    /// What another agent handed to the one under test.
    ///
    /// # Errors
    /// [`ContextError`] where it does not fit.
    pub async fn shared_by(self, from: AgentId, value: JsonObject) -> Result<Self, ContextError> {
        let theirs = ScopedContext::new(Arc::clone(&self.store), TENANT.into(), self.turn.conversation_id.0, from);
        theirs.share_with(&self.turn.agent_id, value).await?;
        Ok(self)
    }

    /// Goes on from what a run before had done when a crash cut it.
    #[must_use]
    pub fn going_on_from(mut self, steps: Vec<Step>) -> Self {
        self.turn.attempt += 1;
        self.turn.steps = steps;
        self
    }

    /// How long the run may take.
    #[must_use]
    pub fn within(mut self, time_max: Duration) -> Self {
        self.turn.time_max = time_max;
        self
    }

    /// A further message of the user that waits while the agent runs.
    #[must_use]
    pub fn steered(self, content: &str) -> Self {
        self.pipe.steer(said(content));
        self
    }

    /// Sets keys of the shared context.
    ///
    /// # Errors
    /// [`ContextError`] where they do not fit.
    pub async fn sharing(self, values: JsonObject) -> Result<Self, ContextError> {
        // The news would be the run's first item, which is not the agent's.
        let apart = RunPipe::new(1, Box::new(|| ()));
        self.turn.context.update_shared(values, &apart.sink()).await?;
        Ok(self)
    }

    /// Runs the agent to its end.
    pub async fn run(self, agent: &dyn Agent) -> Played {
        let (items, outcome) = self.play(agent, |_| false).await;
        let stopped = || RunError::from(super::SinkClosed);
        Played { items, outcome: outcome.unwrap_or_else(|| Err(stopped())) }
    }

    /// Runs the agent until `enough` says so of what it said so far, and then drops the run as a cancel does. Answers
    /// what was said.
    pub async fn run_until(self, agent: &dyn Agent, enough: impl Fn(&[RunItem]) -> bool) -> Vec<RunItem> {
        self.play(agent, enough).await.0
    }

    async fn play(
        self,
        agent: &dyn Agent,
        enough: impl Fn(&[RunItem]) -> bool,
    ) -> (Vec<RunItem>, Option<Result<Outcome, RunError>>) {
        let mut run = pin!(agent.run(self.turn, self.pipe.sink()));
        let mut items = Vec::new();
        loop {
            let outcome = tokio::select! {
                biased;
                () = self.bell.notified() => None,
                outcome = &mut run => Some(outcome),
            };
            if outcome.is_some() {
                // What is said together with the end comes with it.
                self.pipe.end(RunEnd::Cancelled);
            }
            let taken = self.pipe.take();
            self.pipe.give_back(taken.len());
            items.extend(taken.into_iter().filter(|item| !matches!(item, RunItem::Ended(_))));
            if outcome.is_some() || enough(&items) {
                self.pipe.cancel();
                return (items, outcome);
            }
        }
    }

    fn after(mut self, role: Role, agent_id: Option<AgentId>, content: &str) -> Self {
        let seq = Seq(self.turn.history.len() as u64 + 1);
        let (id, turn_id) = (MessageId(Uuid::now_v7()), TurnId(Uuid::now_v7()));
        self.turn.history.push(PastMessage { id, seq, turn_id, role, agent_id, content: content.to_owned() });
        self
    }
}

impl Played {
    /// All text, without the ends of messages.
    pub fn text(&self) -> String {
        let text = self.items.iter().filter_map(|item| match item {
            RunItem::Delta(text) => Some(text.as_str()),
            _ => None,
        });
        text.collect()
    }

    /// The tool calls: name, arguments and, if one came, the outcome.
    pub fn tools(&self) -> Vec<(&str, &Value, Option<&ToolOutcome>)> {
        let outcome_of = |wanted| {
            self.items.iter().find_map(|item| match item {
                RunItem::ToolFinished { call_id, outcome } if call_id == wanted => Some(outcome),
                _ => None,
            })
        };
        let calls = self.items.iter().filter_map(|item| match item {
            RunItem::ToolStarted(ToolIntent { call_id, name, arguments, .. }) => {
                Some((name.as_str(), arguments, outcome_of(call_id)))
            }
            _ => None,
        });
        calls.collect()
    }
}

fn said(content: &str) -> UserMessage {
    UserMessage { id: MessageId(Uuid::now_v7()), content: content.to_owned() }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use tokio::sync::Semaphore;

    use super::*;
    use crate::agent::EventSink;

    /// Says as many words as it is told, then waits for ever if told to.
    struct Talker(AgentCard, Semaphore);

    #[async_trait]
    impl Agent for Talker {
        fn card(&self) -> &AgentCard {
            &self.0
        }
        async fn run(&self, turn: Turn, sink: EventSink) -> Result<Outcome, RunError> {
            let words: usize = turn.message.content.parse().unwrap();
            for _ in 0..words {
                sink.text("x").await?;
            }
            if let Some(more) = sink.take_steer().await? {
                sink.text(&more.content).await?;
            }
            self.1.acquire().await.unwrap().forget();
            Ok(Outcome::completed())
        }
    }

    #[tokio::test]
    async fn gives_credits_back_as_it_goes_and_hands_over_what_came_meanwhile() {
        let talker = Talker(AgentCard::default(), Semaphore::new(1));
        let played = Rehearsal::of("1000").steered("stop").run(&talker).await;
        assert_eq!(played.text(), "x".repeat(1000) + "stop");
        assert_eq!(played.outcome, Ok(Outcome::completed()));
    }

    #[tokio::test]
    async fn drops_a_run_of_which_there_is_enough() {
        let talker = Talker(AgentCard::default(), Semaphore::new(0));
        let items = Rehearsal::of("3").run_until(&talker, |items| items.len() >= 3).await;
        assert_eq!(items.len(), 3);
    }

    /// Says what `alpha` handed to it.
    struct Taker(AgentCard);

    #[async_trait]
    impl Agent for Taker {
        fn card(&self) -> &AgentCard {
            &self.0
        }
        async fn run(&self, turn: Turn, sink: EventSink) -> Result<Outcome, RunError> {
            let handed = turn.context.take_from(&"alpha".parse().unwrap()).await.unwrap();
            sink.text(&Value::Object(handed.unwrap_or_default()).to_string()).await?;
            Ok(Outcome::completed())
        }
    }

    #[tokio::test]
    async fn brings_what_another_agent_handed_over() {
        let draft = JsonObject::from_iter([("title".to_owned(), Value::from("Kettle"))]);
        for (from, said) in [("alpha", r#"{"title":"Kettle"}"#), ("beta", "{}")] {
            let rehearsal = Rehearsal::of("go on").shared_by(from.parse().unwrap(), draft.clone()).await.unwrap();
            assert_eq!(rehearsal.run(&Taker(AgentCard::default())).await.text(), said);
        }
    }
}
