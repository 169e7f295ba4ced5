//! A tool that finds the words that buyers search by.

mod bundled;
mod collect;
mod forbidden;
mod research;
mod score;
pub mod source;
mod spec;
mod words;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use tracing::warn;

pub use self::{
    collect::{Origin, Request},
    forbidden::Reason,
    research::{Keyword, LeftOut, Research, research},
    source::{KeywordQuery, KeywordSource, NoSource, OwnCard, SearchText, SourceError},
    words::{Language, stem},
};
use super::{Tool, ToolContext, ToolError, ToolSpec};

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
        let asked =
            futures::future::join(self.source.search_texts(query, context), self.source.own_cards(query, context));
        let (searches, cards) = asked.await;
        let mut notes = Vec::new();
        let searches = or_note(searches, "search report", &mut notes).into_iter().take(ROWS_MAX);
        let cards = or_note(cards, "own cards", &mut notes).into_iter().take(CARDS_MAX);
        for note in &notes {
            warn!(tool = self.spec.name, agent_id = %context.agent_id, call_id = %context.call_id, note, "keyword source failed");
        }
        let row = |row: SearchText| SearchText { phrase: cut(row.phrase), ..row };
        (searches.map(row).collect(), cards.map(card).collect(), notes)
    }
}

fn or_note<T>(asked: Result<Vec<T>, SourceError>, what: &str, notes: &mut Vec<String>) -> Vec<T> {
    asked.unwrap_or_else(|error| {
        notes.push(format!("the {what} could not be read: {error}"));
        Vec::new()
    })
}

fn card(card: OwnCard) -> OwnCard {
    OwnCard {
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
