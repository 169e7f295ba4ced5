//! A tool that finds the words that buyers search by.

mod bundled;
mod collect;
mod forbidden;
mod research;
mod score;
mod shop;
pub mod source;
mod spec;
mod words;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use serde_json::{Value, json};
use tracing::warn;

pub use self::{
    collect::{Origin, Request},
    forbidden::Reason,
    research::{Keyword, LeftOut, Research, research},
    shop::ShopSource,
    source::{KeywordQuery, KeywordSource, NoSource, OwnCard, SearchText, SourceError},
    words::{Language, stem},
};
use super::{Tool, ToolContext, ToolError, ToolSpec};

/// The part of a call's time that each of the two questions to a source may take; the rest is for the answer.
const SOURCE_SHARE: f64 = 0.4;
/// Rows of a source that are looked at.
const ROWS_MAX: usize = 5000;
/// Cards of a source that are looked at.
const CARDS_MAX: usize = 100;
/// The longest text of a card or a row that is looked at, in bytes.
const TEXT_BYTES_MAX: usize = 8 * 1024;
/// Characteristics of a card that are looked at.
const CHARACTERISTICS_MAX: usize = 50;

/// The tool.
#[derive(Debug)]
pub struct KeywordResearch {
    spec: ToolSpec,
    source: Arc<dyn KeywordSource>,
}

impl KeywordResearch {
    /// A tool of this name, which models read with this description in place of its own words.
    pub fn new(name: &str, description: Option<String>, source: Arc<dyn KeywordSource>) -> Self {
        Self { spec: spec::spec(name, description), source }
    }

    /// What the source knows, within bounds, and what it could not tell.
    async fn ask(&self, query: &KeywordQuery, context: &ToolContext) -> (Vec<SearchText>, Vec<OwnCard>, Vec<String>) {
        let mut notes = Vec::new();
        let share = ToolContext { time_max: context.time_max.mul_f64(SOURCE_SHARE), ..context.clone() };
        let cards = in_time(self.source.own_cards(query, &share), share.time_max).await;
        let has_cards = cards.is_ok();
        let cards: Vec<OwnCard> = or_note(cards, "own cards", &mut notes).into_iter().take(CARDS_MAX).collect();
        let searches = if has_cards {
            in_time(self.source.search_texts(&cards, &share), share.time_max).await
        } else {
            Err(SourceError::Unavailable("it is told by the articles of the cards, which are not there".to_owned()))
        };
        let searches = or_note(searches, "search report", &mut notes).into_iter().take(ROWS_MAX);
        for note in &notes {
            warn!(tool = self.spec.name, agent_id = %context.agent_id, call_id = %context.call_id, note, "keyword source failed");
        }
        let row = |row: SearchText| SearchText { phrase: cut(row.phrase), ..row };
        (searches.map(row).collect(), cards.into_iter().map(card).collect(), notes)
    }
}

/// What comes in time. Without this, a silent source would cost the whole call, which ends at its own time.
async fn in_time<T>(
    asked: impl Future<Output = Result<Vec<T>, SourceError>>,
    time_max: Duration,
) -> Result<Vec<T>, SourceError> {
    let answer = tokio::time::timeout(time_max, asked).await;
    answer.unwrap_or_else(|_| Err(SourceError::Unavailable(format!("no answer within {time_max:?}"))))
}

fn or_note<T>(asked: Result<Vec<T>, SourceError>, what: &str, notes: &mut Vec<String>) -> Vec<T> {
    asked.unwrap_or_else(|error| {
        notes.push(format!("the {what} could not be read: {error}"));
        Vec::new()
    })
}

fn card(card: OwnCard) -> OwnCard {
    OwnCard {
        article: card.article,
        title: cut(card.title),
        description: cut(card.description),
        characteristics: card.characteristics.into_iter().take(CHARACTERISTICS_MAX).map(cut).collect(),
    }
}

fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
    text
}

#[async_trait]
impl Tool for KeywordResearch {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, arguments: Value, context: &ToolContext) -> Result<Value, ToolError> {
        let arguments: spec::Arguments =
            serde_json::from_value(arguments).map_err(|error| ToolError::BadArguments(error.to_string()))?;
        let (searches, cards, mut notes) = self.ask(&arguments.query(), context).await;
        let mut request = arguments.into_request();
        request.searches.extend(searches);
        request.cards = cards;
        let found = tokio::task::spawn_blocking(move || research(&request)).await;
        let found = found.map_err(|_| ToolError::Failed("the keywords could not be worked out".into()))?;
        if found.keywords.is_empty() {
            notes.push(
                "nothing to go by: give `subject` or `title`, or rows of a search report as `searchTexts`".into(),
            );
        }
        Ok(json!({
            "language": found.language,
            "keywords": found.keywords,
            "leftOut": found.left_out,
            "notes": notes,
        }))
    }
}

#[cfg(test)]
mod tests;
