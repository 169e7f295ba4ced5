//! The functions of the graph: each takes the draft out of the state, lets the pure parts think, and puts it back.

mod model;

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::{
    card, category, charcs,
    dialogue::{self, After, Said},
    draft::{self, Draft},
    facts::{self, Facts},
    hear, photos,
    repair::{self, Verdict},
    words, write,
};
use crate::{
    agent::Turn,
    agents::{
        language::Language,
        workflow::{Library, Native, NativeCall, Reading},
    },
    workflow::work::Failure,
};

/// The name of the document that keeps the draft, in the conversation's data.
const DOCUMENT: &str = "draft_listing";
/// Keywords that are kept.
const KEYWORDS_MAX: usize = 12;

type Written = Result<Map<String, Value>, Failure>;

/// The functions of the graph, by name.
const STEPS: [(&str, Step); 16] = [
    ("recall", Step::Recall),
    ("plan", Step::Plan),
    ("take", Step::Take),
    ("unheard", Step::Unheard),
    ("keep_texts", Step::KeepTexts),
    ("choose", Step::Choose),
    ("fit", Step::Fit),
    ("keep_keywords", Step::KeepKeywords),
    ("keep_photos", Step::KeepPhotos),
    ("seal", Step::Seal),
    ("not_published", Step::NotPublished),
    ("sent", Step::Sent),
    ("judge", Step::Judge),
    ("no_media", Step::NoMedia),
    ("done", Step::Done),
    ("trouble", Step::Trouble),
];

/// The functions that the graph `product_workflow` names.
pub fn library() -> Library {
    let empty = Library::default().with_reader("answer", answer);
    STEPS.into_iter().fold(empty, |library, (name, step)| library.with_native(name, step))
}

/// The whole message, once something was asked: what was said before is no answer.
fn answer(reading: &Reading<'_>) -> Map<String, Value> {
    let said = reading.asked.map(|field| (field.to_owned(), json!(reading.message)));
    said.into_iter().collect()
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Recall,
    Plan,
    Take,
    Unheard,
    KeepTexts,
    Choose,
    Fit,
    KeepKeywords,
    KeepPhotos,
    Seal,
    NotPublished,
    Sent,
    Judge,
    NoMedia,
    Done,
    Trouble,
}

#[async_trait]
impl Native for Step {
    async fn call(&self, call: NativeCall<'_>) -> Written {
        let mut wrote = self.wrote(&call).await?;
        // A run that waited keeps to the graph that it began with, whose state may lack keys of today's.
        wrote.retain(|key, _| call.state.contains_key(key));
        Ok(wrote)
    }
}

impl Step {
    async fn wrote(self, call: &NativeCall<'_>) -> Written {
        let at = At::new(call);
        match self {
            Self::Recall => at.recall(call.turn).await,
            Self::Plan => at.plan(call.turn).await,
            Self::Take => Ok(at.take(call.turn)),
            Self::Unheard => Ok(model::unheard(call.turn)),
            Self::KeepTexts => Ok(at.keep_texts()),
            Self::Choose => Ok(at.choose()),
            Self::Fit => Ok(at.fit()),
            Self::KeepKeywords => Ok(at.keep_keywords()),
            Self::KeepPhotos => Ok(at.keep_photos()),
            Self::Seal => Ok(at.seal()),
            Self::NotPublished => Ok(at.not_published(call.turn)),
            Self::Sent => Ok(at.sent()),
            Self::Judge => at.judge(call.turn).await,
            Self::NoMedia => Ok(at.no_media()),
            Self::Done => at.done(call.turn).await,
            Self::Trouble => Ok(at.trouble()),
        }
    }
}

/// What a function sees.
struct At<'a> {
    draft: Draft,
    language: Language,
    state: &'a Map<String, Value>,
    input: &'a Map<String, Value>,
    user: &'a Value,
}

impl<'a> At<'a> {
    fn new(call: &'a NativeCall<'_>) -> Self {
        let draft = call.state.get("draft").and_then(Draft::read).unwrap_or_default();
        Self { draft, language: draft::language(call.user), state: &call.state, input: &call.input, user: call.user }
    }

    fn text(&self, key: &str) -> &str {
        self.state.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    fn given(&self, key: &str) -> &str {
        self.input.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    fn found(&self) -> &Value {
        self.state.get("found").unwrap_or(&Value::Null)
    }

    fn notes(&self) -> Vec<String> {
        self.state.get("notes").and_then(|notes| serde_json::from_value(notes.clone()).ok()).unwrap_or_default()
    }

    /// The draft and these keys; what was said and found is used up.
    fn wrote(&self, keys: Value) -> Map<String, Value> {
        let mut wrote = Map::from_iter([
            ("draft".to_owned(), Value::Object(self.draft.document())),
            ("said".to_owned(), Value::Null),
            ("found".to_owned(), Value::Null),
        ]);
        if let Value::Object(keys) = keys {
            wrote.extend(keys);
        }
        wrote
    }

    fn asks(&self, asked: &str, question: String) -> Map<String, Value> {
        self.wrote(json!({ "step": "ask", "asked": asked, "question": question, "notes": [] }))
    }

    /// Offers to go on with what was left, or begins with what the user said.
    async fn recall(mut self, turn: &Turn) -> Written {
        let kept = turn.context.document(DOCUMENT).await.map_err(unavailable)?;
        let kept = Draft::read(&Value::Object(kept.value)).filter(|kept| kept.product.is_some());
        if let Some(kept) = kept {
            self.draft = kept;
            let question = words::offer(&self.draft, self.language);
            return Ok(self.asks("offer", question));
        }
        let message = self.user["message"].as_str().unwrap_or_default().to_owned();
        Ok(self.begin(turn, &message))
    }

    /// The code follows from the turn, so a step that a crash repeats gives the same.
    fn begin(mut self, turn: &Turn, message: &str) -> Map<String, Value> {
        self.draft = Draft::new(self.language, vendor_code(turn));
        if self.asks_model(turn) && hear::is_worth_it("begin", message) {
            return self.extract("begin", message);
        }
        self.understood(turn, "begin", message, Facts::default())
    }

    async fn plan(mut self, turn: &Turn) -> Written {
        let notes = self.notes();
        let plan = dialogue::plan(&mut self.draft, &notes, self.language);
        if plan.asked == "review" && self.asks_model(turn) && write::is_wanted(&self.draft) {
            let prompt = write::prompt(&self.draft);
            return Ok(self.wrote(json!({ "step": "write", "prompt": prompt })));
        }
        turn.context.put_document(DOCUMENT, self.draft.document()).await.map_err(unavailable)?;
        let mut wrote = self.wrote(json!({ "step": plan.step, "listing": self.listing() }));
        if plan.step == "ask" {
            wrote.extend(self.asks(&plan.asked, plan.question));
        } else {
            wrote.insert("search".to_owned(), json!(plan.search));
        }
        Ok(wrote)
    }

    fn listing(&self) -> Value {
        let (texts, findings) = dialogue::checked(&self.draft, self.language);
        json!({
            "vendorCode": self.draft.vendor_code,
            "title": texts.title,
            "description": texts.description,
            "price": self.draft.price,
            "category": self.draft.subject.as_ref().map(|subject| &subject.name),
            "nmID": self.draft.nm_id,
            "problems": findings.iter().map(|finding| &finding.words).collect::<Vec<_>>(),
        })
    }

    /// The message, once more with what a model heard in it where that was asked for.
    fn take(self, turn: &Turn) -> Map<String, Value> {
        let (asked, message) = (self.text("asked").to_owned(), self.given("message").to_owned());
        match self.state.get("heard").filter(|heard| !heard.is_null()) {
            Some(heard) => {
                let heard = hear::read(heard, &message, self.language);
                self.understood(turn, &asked, &message, heard)
            }
            None => self.taken(turn, &asked, &message),
        }
    }

    fn taken(self, turn: &Turn, asked: &str, message: &str) -> Map<String, Value> {
        if self.asks_model(turn) && hear::is_worth_it(asked, message) {
            return self.extract(asked, message);
        }
        self.understood(turn, asked, message, Facts::default())
    }

    fn understood(mut self, turn: &Turn, asked: &str, message: &str, heard: Facts) -> Map<String, Value> {
        let mut notes = Vec::new();
        let said = Said { message, heard, language: self.language };
        let step = match dialogue::take(&mut self.draft, asked, &said, &mut notes) {
            After::Plan => "plan",
            After::Seal => "seal",
            After::Watch => "watch",
            After::Anew => {
                let rest = message.split_once([':', ',', ';']).map_or("", |(_, rest)| rest).to_owned();
                return self.begin(turn, &rest);
            }
        };
        self.wrote(json!({ "step": step, "notes": notes, "heard": null, "prompt": null }))
    }

    fn choose(mut self) -> Map<String, Value> {
        let found = self.found().clone();
        category::add(&mut self.draft, &found);
        let searches = self.draft.searches.get_or_insert_default();
        if !searches.is_empty() {
            searches.remove(0);
        }
        if searches.is_empty() {
            category::settle(&mut self.draft);
        }
        self.wrote(json!({}))
    }

    fn fit(mut self) -> Map<String, Value> {
        self.draft.charcs = Some(charcs::read(self.found()));
        self.wrote(json!({}))
    }

    fn keep_keywords(mut self) -> Map<String, Value> {
        let found = self.found()["keywords"].as_array().into_iter().flatten();
        let phrases = found.filter_map(|keyword| keyword["phrase"].as_str());
        // The seller's other texts may order things, too.
        let phrases = phrases.filter(|phrase| !facts::is_stray(phrase)).map(str::to_owned);
        self.draft.keywords = Some(phrases.take(KEYWORDS_MAX).collect());
        self.wrote(json!({}))
    }

    fn keep_photos(mut self) -> Map<String, Value> {
        let notes = if self.found()["images"].is_array() {
            let looked = photos::look(&self.draft.photos, self.found(), self.language);
            self.draft.photos = looked.kept;
            looked.lines
        } else {
            vec![words::photos_unseen(self.language).to_owned()]
        };
        self.draft.photo_notes = Some(notes);
        self.wrote(json!({}))
    }

    /// The card, if nothing is wrong with it; else the draft is shown again with what is.
    fn seal(self) -> Map<String, Value> {
        let (texts, findings) = dialogue::checked(&self.draft, self.language);
        let is_whole = self.draft.subject.is_some() && self.draft.price.is_some();
        if !findings.is_empty() || !is_whole {
            return self.wrote(json!({ "step": "plan", "notes": [] }));
        }
        let question = words::approve(&self.draft, &texts, self.language);
        let card = json!({ "cards": card::cards(&self.draft, &texts) });
        self.wrote(json!({ "step": "approve", "card": card, "question": question, "notes": [] }))
    }

    fn not_published(self, turn: &Turn) -> Map<String, Value> {
        let (code, message) = (self.given("code").to_owned(), self.given("message").to_owned());
        if code == "message" {
            return self.taken(turn, "review", &message);
        }
        let note = words::not_published(&code, self.language);
        self.wrote(json!({ "step": "plan", "notes": [note] }))
    }

    fn sent(mut self) -> Map<String, Value> {
        let uploaded = self.state.get("uploaded").unwrap_or(&Value::Null);
        let batches = uploaded["ignoreBatches"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let new: Vec<String> = batches
            .filter(|batch| !self.draft.ignore_batches.iter().any(|known| known == batch))
            .map(str::to_owned)
            .collect();
        self.draft.ignore_batches.extend(new);
        self.draft.is_sent = true;
        self.wrote(json!({ "uploaded": null }))
    }

    async fn judge(mut self, turn: &Turn) -> Written {
        let verdict = repair::verdict(&self.draft, self.found(), self.language);
        let wrote = match verdict {
            Verdict::Accepted(nm_id) => {
                self.draft.nm_id = Some(nm_id);
                let step = if self.draft.photos.is_empty() { "done" } else { "media" };
                self.wrote(json!({ "step": step, "notes": [] }))
            }
            Verdict::Waiting => self.asks("watch", words::still_checked(self.language).to_owned()),
            Verdict::Rejected { lines, field, batch } => {
                self.draft.ignore_batches.push(batch);
                self.draft.is_sent = false;
                self.asks(&field, lines.join("\n"))
            }
        };
        // The checkpoint has it all; the document is for the next run alone.
        if let Err(error) = turn.context.put_document(DOCUMENT, self.draft.document()).await {
            tracing::warn!(agent_id = %turn.agent_id, reason = %error, "the draft could not be kept");
        }
        Ok(wrote)
    }

    fn no_media(self) -> Map<String, Value> {
        self.wrote(json!({ "notes": [words::no_media(self.language)] }))
    }

    async fn done(self, turn: &Turn) -> Written {
        let told = words::done(self.draft.nm_id.unwrap_or_default(), &self.draft.vendor_code, self.language);
        let question = [told].into_iter().chain(self.notes()).collect::<Vec<_>>().join(" ");
        turn.context.put_document(DOCUMENT, Map::new()).await.map_err(unavailable)?;
        Ok(self.wrote(json!({ "question": question, "listing": self.listing(), "notes": [] })))
    }

    fn trouble(self) -> Map<String, Value> {
        let asked = if self.draft.is_sent { "watch" } else { "retry" };
        let question = words::trouble(self.given("message"), self.language);
        self.asks(asked, question)
    }
}

fn vendor_code(turn: &Turn) -> String {
    let mut hash = blake3::Hasher::new_derive_key("switchboard product vendor code");
    hash.update(turn.workflow.conversation().0.as_bytes()).update(turn.turn_id.0.as_bytes());
    format!("sb-{}", &hash.finalize().to_hex()[..16])
}

fn unavailable(error: crate::context::ContextError) -> Failure {
    Failure::new("storage_unavailable", error.to_string())
}

#[cfg(test)]
mod tests;
