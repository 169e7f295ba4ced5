//! Works out prices: a native agent that needs no model.
//!
//! It reads facts from ordinary words ([`number`], [`spelled`], [`words`], [`amend`], [`facts`], [`pairs`], with the words themselves in
//! [`lexicon`]), keeps them as its own state in the conversation ([`state`]), asks for what is missing ([`dialogue`],
//! [`text`]) and counts exactly ([`sums`], [`quote`]). All of that is pure; this file alone touches the context store.
//! Where it was granted the marketplace's tools, it also sets a price, once that was approved ([`change`]).

pub mod amend;
pub mod change;
pub mod current;
pub mod dialogue;
pub mod facts;
pub mod lexicon;
mod lookup;
mod market;
pub mod money;
pub mod names;
pub mod number;
pub mod pairs;
pub mod problems;
pub mod product;
mod published;
pub mod quote;
pub mod rivals;
pub mod spelled;
pub mod state;
pub mod sums;
pub mod tariffs;
pub mod text;
pub mod unit;
pub mod words;

use async_trait::async_trait;
use protocol::{
    Code, MessageId,
    event::{JsonObject, Usage},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::{
    current::Looked,
    dialogue::{Body, Read, Remark, Reply},
    facts::Given,
    state::State,
    tariffs::Found,
};
use super::{
    language::{self, Language},
    marketplace::{self, Desk},
    workflow::WorkflowAgent,
};
use crate::{
    agent::{Agent, AgentCard, Ask, Claim, EventSink, Outcome, RunError, SinkClosed, Turn},
    context::ContextError,
    tools::{
        ToolBox,
        wildberries::{BoxTariffs, Commission, Operation},
    },
};

/// How often a state that another run changed meanwhile is read again.
const TRIES_MAX: u32 = 10;
/// How much of a message is read to tell whether it is for this agent; the conversation waits for that.
const CLAIM_BYTES_MAX: usize = 1024;
/// How surely a message that sets a price, or asks for one of the shop, is for this agent.
const CHANGE_POINTS: u32 = 5;
/// The key of the shared context that holds the last price.
const SHARED_KEY: &str = "pricing";

/// The agent of the kind `pricing`.
#[derive(Debug)]
pub struct PricingAgent {
    card: AgentCard,
    toolbox: ToolBox,
    change: Option<WorkflowAgent>,
}

impl PricingAgent {
    /// An agent with this card.
    pub fn new(card: AgentCard) -> Self {
        Self { card, toolbox: ToolBox::empty(), change: None }
    }

    /// An agent that also reads the marketplace's tariffs and changes prices, where the tools for that are among these.
    ///
    /// # Errors
    /// What is wrong with the graph of a change.
    pub fn with_tools(card: AgentCard, toolbox: &ToolBox) -> Result<Self, String> {
        let change = change::agent(&card, toolbox)?;
        Ok(Self { card, toolbox: toolbox.clone(), change })
    }
}

/// The agent's state as it is stored.
///
/// A run that is repeated after a crash must not read `15%` as the answer to the question that its first attempt asked,
/// so the document holds what was known before the message as well.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Document {
    message: Option<MessageId>,
    before: State,
    now: State,
}

impl Document {
    /// A document that cannot be read counts as none: it is a helper's memory, and the user can repeat a number.
    fn read(value: JsonObject) -> Self {
        serde_json::from_value(Value::Object(value)).unwrap_or_default()
    }

    fn write(&self) -> JsonObject {
        match serde_json::to_value(self) {
            Ok(Value::Object(object)) => object,
            _ => JsonObject::new(),
        }
    }

    /// What was known when this message came.
    fn before(self, message: MessageId) -> State {
        if self.message == Some(message) { self.before } else { self.now }
    }
}

#[async_trait]
impl Agent for PricingAgent {
    fn card(&self) -> &AgentCard {
        &self.card
    }

    /// Two facts in one message are a calculation, whatever words of other agents it has.
    fn can_handle(&self, ask: &Ask<'_>) -> Claim {
        if self.change.is_some() && change::wanted::read(ask.content).is_some() {
            return Claim::Add(CHANGE_POINTS);
        }
        let read = Read::of(&ask.content[..ask.content.floor_char_boundary(CLAIM_BYTES_MAX)]);
        let facts = facts::read(&words::Words::read(&read.text)).given.len() + usize::from(!read.rivals.is_empty());
        let asks = read.product.is_some_and(|product| product.asks) && facts == 0;
        if asks && marketplace::reader(&self.toolbox, Operation::PricesGet).is_some() {
            return Claim::Add(CHANGE_POINTS);
        }
        match u32::try_from(facts) {
            Ok(facts) if facts >= 2 => Claim::Add(facts.min(5)),
            _ => Claim::ByIntents,
        }
    }

    async fn run(&self, turn: Turn, sink: EventSink) -> Result<Outcome, RunError> {
        if let Some(agent) = &self.change
            && change::is_meant(&turn).await?
        {
            return agent.run(turn, sink).await;
        }
        let language = language::of_turn(&turn.message.content, &turn.history);
        let found = self.tariffs(&turn, &sink, language).await?;
        for line in &found {
            sink.text(&format!("{}\n\n", tariffs::say(line, language))).await?;
        }
        let (before, now, reply) = remember(&turn, &found).await.map_err(|error| storage_error(&error, language))?;
        share(&turn, &sink, &before, &reply).await.map_err(|error| storage_error(&error, language))?;
        let looked = self.looked(&turn, &sink, &now, &reply).await?;
        for line in words_of(&reply, &before, &now, looked.as_ref(), language).split_inclusive('\n') {
            sink.text(line).await?;
        }
        let final_state = published::state(&reply, &now, looked.as_ref());
        Ok(Outcome::Completed { final_state, usage: Usage::default() })
    }
}

impl PricingAgent {
    /// What the marketplace's tariffs say of what the message asks for. Without the tools, or where they fail, it is asked
    /// of the user as ever.
    async fn tariffs(&self, turn: &Turn, sink: &EventSink, language: Language) -> Result<Vec<Found>, SinkClosed> {
        let message = &turn.message.content;
        let beginning = &message[..message.floor_char_boundary(CLAIM_BYTES_MAX)];
        let given = facts::read(&words::Words::read(&Read::of(beginning).text)).given;
        let given: Vec<facts::Fact> = given.into_iter().map(|given| given.fact).collect();
        let asked = tariffs::asked(beginning, &given);
        let desk = Desk { toolbox: &self.toolbox, turn, sink };
        let can = |operation| marketplace::reader(&self.toolbox, operation).is_some();
        let mut found = Vec::new();
        if asked.commission && can(Operation::TariffsCommission) {
            let locale = if language == Language::Russian { "ru" } else { "en" };
            let rows = desk.read(Operation::TariffsCommission, json!({ "locale": locale })).await?;
            found.extend(rows.ok().and_then(|rows: Vec<Commission>| tariffs::commission(beginning, &rows)));
        }
        if let Some(litres) = asked.litres.filter(|_| can(Operation::TariffsBox)) {
            let today =
                turn.workflow.clock().now().to_datetime().with_timezone(&chrono_tz::Europe::Moscow).date_naive();
            let answer = desk.read(Operation::TariffsBox, json!({ "date": today.to_string() })).await?;
            let rows = answer.ok().map(|tariffs: BoxTariffs| tariffs.warehouse_list).unwrap_or_default();
            found.extend(tariffs::delivery(beginning, litres, &rows));
        }
        Ok(found)
    }

    /// The product of the shop that the message asks about, or that a price was worked out for; none where there is none, or
    /// where nobody asked and the shop cannot be read.
    async fn looked(
        &self,
        turn: &Turn,
        sink: &EventSink,
        now: &State,
        reply: &Reply,
    ) -> Result<Option<Looked>, SinkClosed> {
        let can = marketplace::reader(&self.toolbox, Operation::PricesGet).is_some();
        let beside = now.product.as_deref().filter(|_| can && matches!(reply.body, Body::Priced(_)));
        let Some(said) = reply.asks.as_deref().or(beside) else { return Ok(None) };
        let desk = Desk { toolbox: &self.toolbox, turn, sink };
        if reply.asks.is_none() {
            return lookup::look(desk, said, lookup::PAGES_BESIDE_MAX).await.map(Some);
        }
        let looked = lookup::look(desk, said, lookup::PAGES_ASKED_MAX).await?;
        lookup::waiting(desk, looked).await.map(Some)
    }
}

/// The reply in words, with what the shop says of the product.
fn words_of(reply: &Reply, before: &State, now: &State, looked: Option<&Looked>, language: Language) -> String {
    match (&reply.asks, &reply.body, looked) {
        // A price that was worked out for this product is what to compare with; one for another is not.
        (Some(_), Body::Reminder(quote), Some(Looked::Found(current))) if before.product == now.product => {
            current::beside(current, quote, language)
        }
        (Some(said), _, Some(looked)) => current::say(said, looked, language),
        (None, Body::Priced(quote), Some(Looked::Found(current))) => {
            let (words, beside) = (text::write(reply, now, language), current::beside(current, quote, language));
            format!("{words}\n\n{beside}")
        }
        // A price can be worked out without the shop, so what it does not say is no news.
        _ => text::write(reply, now, language),
    }
}

/// Reads the message against the stored state and stores what is known after it; answers both states and the reply.
async fn remember(turn: &Turn, found: &[Found]) -> Result<(State, State, Reply), ContextError> {
    let mut stored = turn.context.state().await?;
    for _ in 1..TRIES_MAX {
        let before = Document::read(stored.value).before(turn.message.id);
        let mut known = before.clone();
        for (fact, amount) in found.iter().map(Found::fact) {
            // A tariff that does not go with what the user said (another currency) is told, and not counted with.
            known.take(&Given { fact, amount, up_to: None }).ok();
        }
        let (now, reply) = dialogue::answer(&known, &turn.message.content);
        let document = Document { message: Some(turn.message.id), before: before.clone(), now: now.clone() };
        match turn.context.set_state(stored.version, document.write()).await {
            Ok(_) => return Ok((before, now, reply)),
            Err(ContextError::Conflict(current)) => stored = current,
            Err(other) => return Err(other),
        }
    }
    Err(ContextError::Conflict(stored))
}

/// Tells the other agents a new price, and takes the last one back when the user starts over.
async fn share(turn: &Turn, sink: &EventSink, before: &State, reply: &Reply) -> Result<(), ContextError> {
    let value = match &reply.body {
        Body::Priced(quote) => Value::Object(published::prices(quote)),
        _ if reply.has(Remark::Cleared) && before.missing().is_empty() => Value::Null,
        _ => return Ok(()),
    };
    turn.context.update_shared(JsonObject::from_iter([(SHARED_KEY.to_owned(), value)]), sink).await.map(|_| ())
}

fn storage_error(error: &ContextError, language: Language) -> RunError {
    let safe = match language {
        Language::English => "I could not save the numbers just now. Please send the message again in a moment.",
        Language::Russian => "Сейчас не получилось сохранить данные. Отправьте сообщение ещё раз чуть позже.",
    };
    let operator = format!("the pricing agent's context failed: {error}");
    match error {
        ContextError::TooLarge { .. } | ContextError::Gone => RunError::lasting(Code::Internal, safe, operator),
        ContextError::Conflict(_) | ContextError::Unavailable(_) => RunError::retryable(Code::Internal, safe, operator),
    }
}

#[cfg(test)]
mod tests;
