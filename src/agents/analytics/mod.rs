//! Reads a shop's numbers: sales, orders, stock, the funnel and search queries. A native agent that needs no model.
//!
//! What is asked ([`ask`], [`when`], [`period`]), counted ([`ledger`], [`ranks`], [`forecast`], [`report`]) and said ([`text`],
//! [`table`], [`csv`]) is pure; [`fetch`] calls the tools, and this file alone touches the conversation.

pub mod ask;
pub mod csv;
mod fetch;
pub mod forecast;
pub mod ledger;
pub mod period;
pub mod ranks;
pub mod report;
mod shelf;
pub mod table;
pub mod text;
pub mod when;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::NaiveDate;
use chrono_tz::Tz;
use protocol::event::{JsonObject, Usage};
use serde_json::{Value, json};

use self::{ask::Question, shelf::Shelf};
use super::{
    concierge,
    language::{self, Language},
};
use crate::{
    agent::{Agent, AgentCard, EventSink, Outcome, RunError, Turn},
    clock::Clock,
    tools::ToolBox,
};

/// The key of the agent's own state that holds the last question.
const QUESTION: &str = "question";

/// The agent of the kind `analytics`.
#[derive(Debug)]
pub struct AnalyticsAgent {
    card: AgentCard,
    toolbox: ToolBox,
    clock: Arc<dyn Clock>,
    time_zone: Tz,
    shelf: Shelf,
}

impl AnalyticsAgent {
    /// An agent that reads through the tools of `toolbox` that change nothing, and for which a day begins by `time_zone`.
    pub fn new(card: AgentCard, toolbox: ToolBox, clock: Arc<dyn Clock>, time_zone: Tz) -> Self {
        Self { card, toolbox, clock, time_zone, shelf: Shelf::default() }
    }

    fn today(&self, time_zone: Tz) -> NaiveDate {
        self.clock.now().to_datetime().with_timezone(&time_zone).date_naive()
    }
}

#[async_trait]
impl Agent for AnalyticsAgent {
    fn card(&self) -> &AgentCard {
        &self.card
    }

    async fn run(&self, turn: Turn, sink: EventSink) -> Result<Outcome, RunError> {
        let language = language::of_turn(&turn.message.content, &turn.history);
        if let Some(welcome) = concierge::to_thanks(&turn.message.content, language) {
            return answer(&sink, welcome, JsonObject::new()).await;
        }
        let today = self.today(self.time_zone);
        let question = match ask::read(&turn.message.content, last(&turn).await.as_ref(), today) {
            Ok(question) => question,
            Err(refusal) => {
                let state = JsonObject::from_iter([("refused".to_owned(), Value::from(refusal.to_string()))]);
                return answer(&sink, &text::refuse(&refusal, language), state).await;
            }
        };
        remember(&turn, &question).await;
        if !fetch::can_read(&self.toolbox) {
            return answer(&sink, not_connected(language), JsonObject::new()).await;
        }
        let fetch = fetch::Fetch {
            toolbox: &self.toolbox,
            turn: &turn,
            sink: &sink,
            shelf: &self.shelf,
            now: self.clock.now(),
            today,
            // By whose days the marketplace counts: it refuses days that have not begun there.
            marketplace_today: self.today(chrono_tz::Europe::Moscow),
        };
        let data = fetch.all(&question).await?;
        let report = report::make(&question, &data, today);
        let tables = if question.is_csv { csv::write(&report) } else { Vec::new() };
        answer(&sink, &text::write(&report, &tables, language), table::publish(&report)).await
    }
}

async fn answer(sink: &EventSink, words: &str, final_state: JsonObject) -> Result<Outcome, RunError> {
    for line in words.split_inclusive('\n') {
        sink.text(line).await?;
    }
    Ok(Outcome::Completed { final_state, usage: Usage::default() })
}

/// What was asked last in this conversation. A memory that cannot be read counts as none: the user can say it again.
async fn last(turn: &Turn) -> Option<Question> {
    let state = turn.context.state().await.ok()?.value;
    serde_json::from_value(state.get(QUESTION)?.clone()).ok()
}

async fn remember(turn: &Turn, question: &Question) {
    let document = JsonObject::from_iter([(QUESTION.to_owned(), json!(question))]);
    let stored = match turn.context.state().await {
        Ok(state) => turn.context.set_state(state.version, document).await.map(drop),
        Err(error) => Err(error),
    };
    if let Err(error) = stored {
        // The numbers are worth more than the memory of the question.
        tracing::warn!(agent_id = %turn.agent_id, reason = %error, "the question was not remembered");
    }
}

fn not_connected(language: Language) -> &'static str {
    match language {
        Language::English => {
            "I have no access to the shop's reports: an administrator grants this assistant a tool of the kind \
             `wildberries_api` whose operations only read.\n"
        }
        Language::Russian => {
            "У меня нет доступа к отчётам магазина: администратор выдаёт этому помощнику инструмент вида \
             `wildberries_api`, операции которого только читают.\n"
        }
    }
}

#[cfg(test)]
mod tests;
