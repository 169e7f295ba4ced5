//! The fallback: tells what the other agents can do, and asks what the user wants.
//!
//! It knows nothing beside their cards. What operators write there is shown as plain text, never as Markdown of its own.

mod nearest;
mod words;

use std::fmt::Write as _;

use async_trait::async_trait;

use self::words::Mood;
use super::language::{self, Language};
use crate::agent::{Agent, AgentCard, Colleague, EventSink, Outcome, RunError, Turn};

/// The most agents that are listed.
const AGENTS_MAX: usize = 8;
/// The most examples for one agent.
const EXAMPLES_MAX: usize = 2;
/// The most characters of a name, a description or an example that are shown.
const TEXT_CHARS_MAX: usize = 240;

/// The agent of the kind `concierge`.
#[derive(Debug, Clone)]
pub struct ConciergeAgent {
    card: AgentCard,
}

impl ConciergeAgent {
    /// An agent with this card.
    pub fn new(card: AgentCard) -> Self {
        Self { card }
    }
}

#[async_trait]
impl Agent for ConciergeAgent {
    fn card(&self) -> &AgentCard {
        &self.card
    }

    async fn run(&self, turn: Turn, sink: EventSink) -> Result<Outcome, RunError> {
        let language = language::of_turn(&turn.message.content, &turn.history);
        let text = answer(&turn.message.content, language, &self.card.name, &turn.colleagues);
        for line in text.split_inclusive('\n') {
            sink.text(line).await?;
        }
        Ok(Outcome::completed())
    }
}

/// The answer to a message that only thanks; none to any other.
pub(super) fn to_thanks(message: &str, language: Language) -> Option<&'static str> {
    (words::mood(message) == Mood::Thanks).then(|| words::welcome(language))
}

/// What to say to a message. `name` is the concierge's own.
pub fn answer(message: &str, language: Language, name: &str, colleagues: &[Colleague]) -> String {
    let mood = words::mood(message);
    if mood == Mood::Thanks {
        return words::welcome(language).to_owned();
    }
    if colleagues.is_empty() {
        return format!("{}{}", words::opening(mood, language, &plain(name)), words::nobody(language));
    }
    let (shown, found) = match mood {
        Mood::Request => nearest::by_likeness(message, colleagues),
        _ => (colleagues.iter().collect(), false),
    };
    let opening = match mood {
        Mood::Request => words::unrecognised(found, language).to_owned(),
        _ => format!("{}{}", words::opening(mood, language, &plain(name)), words::can_do(language)),
    };
    format!("{opening}\n\n{}\n{}", list(&shown, language), words::question(mood, language))
}

/// The agents as a Markdown list, at most [`AGENTS_MAX`] of them.
fn list(shown: &[&Colleague], language: Language) -> String {
    let mut text = String::new();
    for colleague in shown.iter().take(AGENTS_MAX) {
        text.push_str(&entry(&colleague.card, language));
    }
    let more = shown.len().saturating_sub(AGENTS_MAX);
    if more > 0 {
        // Writing to a string cannot fail.
        writeln!(text, "- {}", words::more(more, language)).ok();
    }
    text
}

fn entry(card: &AgentCard, language: Language) -> String {
    let mut text = format!("- **{}**", plain(&card.name));
    if !card.description.trim().is_empty() {
        text.push_str(" — ");
        text.push_str(&plain(&description(&card.description, language)));
    }
    text.push('\n');
    let examples: Vec<String> =
        examples(card, language).into_iter().map(|line| words::quoted(&plain(line), language)).collect();
    if !examples.is_empty() {
        writeln!(text, "  {} {}", words::for_example(language), examples.join(", ")).ok();
    }
    text
}

/// The sentences in the user's language of a description that has some in several; the whole of any other.
fn description(written: &str, language: Language) -> String {
    let sentences: Vec<&str> = written.split_inclusive(['.', '!', '?']).collect();
    let fits = |sentence: &&&str| language::of(sentence).is_none_or(|of| of == language);
    let fitting: Vec<&str> = sentences.iter().filter(fits).copied().collect();
    let says_something = fitting.iter().any(|sentence| language::of(sentence).is_some());
    if says_something { fitting.concat() } else { written.to_owned() }
}

/// Examples in the user's language; the first ones where there are none.
fn examples(card: &AgentCard, language: Language) -> Vec<&str> {
    let all = || card.examples.iter().map(String::as_str).filter(|line| !line.trim().is_empty());
    let fitting: Vec<&str> =
        all().filter(|line| language::of(line).is_none_or(|of| of == language)).take(EXAMPLES_MAX).collect();
    if fitting.is_empty() { all().take(EXAMPLES_MAX).collect() } else { fitting }
}

/// A text on one line, cut, with everything escaped that Markdown or HTML would act on.
pub(super) fn plain(text: &str) -> String {
    let line = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let line = line.collect::<Vec<_>>().join(" ");
    let mut out = String::new();
    for c in line.chars().take(TEXT_CHARS_MAX) {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '<' | '>' | '#' | '|' | '~' | '!' | '&' | '$') {
            out.push('\\');
        }
        out.push(c);
    }
    if line.chars().nth(TEXT_CHARS_MAX).is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests;
