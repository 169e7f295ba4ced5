//! What an answer of the user changes, and what is to be done next. Pure.

use super::{
    category, charcs,
    compose::{self, Texts},
    draft::Draft,
    facts::{self, Facts},
    glossary, material, naming, picks,
    rules::{self, Finding},
    words,
    yes_no::{self, says},
};
use crate::agents::language::Language;

/// Texts of the user's that are kept for keywords.
const TEXTS_MAX: usize = 10;
/// The longest of them, in characters.
const TEXT_CHARS_MAX: usize = 1000;
/// The most links that are kept; the marketplace takes 30, which the rules say.
const LINKS_MAX: usize = 40;

/// What comes after an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum After {
    /// Find out what is missing.
    Plan,
    /// Ask for the approval.
    Seal,
    /// Look again what became of the card.
    Watch,
    /// Another listing, from what was said beside that.
    Anew,
}

/// What is to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// `ask`, or the step that finds out.
    pub step: &'static str,
    /// What the user is asked; empty where nobody is.
    pub question: String,
    /// What the question is about.
    pub asked: String,
    /// What a category is looked for by.
    pub search: String,
}

/// What the user said.
#[derive(Debug, Clone)]
pub struct Said<'a> {
    /// As it was written.
    pub message: &'a str,
    /// What a model heard in it; nothing where none was asked.
    pub heard: Facts,
    /// The user's.
    pub language: Language,
}

impl Said<'_> {
    fn facts(&self, asked: Option<&str>) -> Facts {
        facts::read(self.message, asked, self.language).with(self.heard.clone(), self.language)
    }
}

/// Takes an answer to a question about `asked`; `notes` gets what was not as it should be.
pub fn take(draft: &mut Draft, asked: &str, said: &Said<'_>, notes: &mut Vec<String>) -> After {
    let message = said.message;
    if !NO_QUESTIONS.contains(&asked) && (says(message, PUBLISH) || says(message, GO_ON)) {
        notes.push(words::not_yet(said.language).to_owned());
        return After::Plan;
    }
    match asked {
        "begin" => {
            begin(draft, said, notes);
            After::Plan
        }
        "offer" if says(message, NEW) || yes_no::is_no(message) => After::Anew,
        "watch" => After::Watch,
        "review" | "offer" | "retry" => review(draft, asked, said, notes),
        "category" => {
            category_answer(draft, said, notes);
            After::Plan
        }
        field => {
            answer(draft, field, said, notes);
            After::Plan
        }
    }
}

/// What is asked without a question about the product: what is to be done with the draft.
const NO_QUESTIONS: [&str; 5] = ["begin", "offer", "watch", "review", "retry"];
/// The field of what it is made of.
const MATERIAL: &str = "composition";
/// Words that whole answers are.
const PUBLISH: &[&str] = &[
    "publish",
    "publish it",
    "approve",
    "go ahead",
    "опубликуй",
    "опубликуйте",
    "публикуй",
    "публикуем",
    "опубликовать",
    "подтверждаю",
    "все верно",
    "всё верно",
];
const GO_ON: &[&str] = &[
    "go on",
    "continue",
    "try again",
    "again",
    "retry",
    "продолжай",
    "продолжить",
    "продолжим",
    "продолжайте",
    "ещё раз",
    "еще раз",
    "повтори",
];
const NEW: &[&str] = &["new", "another", "новая", "новый", "новую", "другая", "другую", "заново"];
const NO_PHOTOS: &[&str] =
    &["remove photos", "remove the photos", "without photos", "убери фото", "удали фото", "без фото"];

fn review(draft: &mut Draft, asked: &str, said: &Said<'_>, notes: &mut Vec<String>) -> After {
    let message = said.message;
    if asked != "review" && (says(message, GO_ON) || yes_no::is_yes(message)) {
        return After::Plan;
    }
    if says(message, PUBLISH) || yes_no::is_yes(message) {
        return After::Seal;
    }
    let before = draft.clone();
    answer(draft, "", said, notes);
    let mut same = before;
    same.texts.clone_from(&draft.texts);
    if same == *draft && notes.is_empty() {
        notes.push(words::not_understood(said.language).to_owned());
    }
    After::Plan
}

fn category_answer(draft: &mut Draft, said: &Said<'_>, notes: &mut Vec<String>) {
    let (message, language) = (said.message, said.language);
    if let Some(subject) = picks::pick(draft, message) {
        category::choose(draft, subject);
        return;
    }
    if yes_no::wants_others(message) {
        if !picks::more(draft) {
            notes.push(words::no_more_categories(language).to_owned());
        }
        return;
    }
    // What names a category, or fails to, is no word about the product: it is not kept for keywords.
    let facts = said.facts(Some("category"));
    if apply(draft, facts, language, notes) {
        return;
    }
    picks::look_again(draft, message);
}

fn look_for(draft: &mut Draft, name: &str) {
    draft.forget_category();
    draft.category_said = Some(name.to_owned());
    draft.searches = Some(category::searches(name));
}

/// Facts first: who is asked for the weight may say the price, too. What says nothing else answers the question.
fn answer(draft: &mut Draft, field: &str, said: &Said<'_>, notes: &mut Vec<String>) {
    let (message, language) = (said.message, said.language);
    keep_text(draft, message);
    if says(message, NO_PHOTOS) {
        draft.photos.clear();
        draft.photo_notes = None;
        return;
    }
    if let Some((charc, rest)) = charcs::named(draft, message) {
        let (id, read) = (charc.id, charcs::value(charc, &rest, language));
        keep_value(draft, id, read, notes);
        return;
    }
    let facts = said.facts(Some(field).filter(|field| !field.is_empty()));
    let product = facts.product.clone();
    if field == "product" {
        name_it_as(draft, &facts);
    }
    if apply(draft, facts, language, notes) || !notes.is_empty() {
        return;
    }
    let whole = message.trim().chars().take(TEXT_CHARS_MAX * 6).collect::<String>();
    match field {
        "product" => name_it(draft, product.unwrap_or(whole)),
        "title" => draft.title = Some(whole),
        "description" => draft.description = Some(whole),
        "brand" => draft.brand = Some(whole),
        "barcodes" => draft.barcodes = charcs::items(&whole),
        "sizes" => draft.sizes = charcs::items(&whole),
        "dimensions" => draft.dimensions = three(&whole).or(draft.dimensions),
        "weight" => draft.weight_g = bare_weight(&whole).or(draft.weight_g),
        _ => {
            let id = field.strip_prefix("charc:").and_then(|id| id.parse::<u64>().ok());
            let found = draft.charcs.iter().flatten().find(|charc| Some(charc.id) == id);
            if let Some((id, read)) = found.map(|charc| (charc.id, charcs::value(charc, &whole, language))) {
                keep_value(draft, id, read, notes);
            }
        }
    }
}

fn keep_value(draft: &mut Draft, id: u64, read: Result<serde_json::Value, Finding>, notes: &mut Vec<String>) {
    match read {
        Ok(value) => {
            draft.values.insert(id, value);
        }
        Err(finding) => notes.push(finding.words),
    }
}

fn keep_text(draft: &mut Draft, message: &str) {
    let message = facts::without_orders(message);
    draft.texts.push(message.chars().take(TEXT_CHARS_MAX).collect());
    let more = draft.texts.len().saturating_sub(TEXTS_MAX);
    draft.texts.drain(..more);
}

fn name_it(draft: &mut Draft, product: String) {
    if draft.product.as_ref() != Some(&product) {
        draft.forget_category();
    }
    draft.product = Some(product);
}

/// What it is comes with its colour and its material as often as without.
fn name_it_as(draft: &mut Draft, facts: &Facts) {
    if let Some(product) = &facts.product {
        name_it(draft, product.clone());
        if let Some(material) = material::material(product, draft.language()) {
            draft.said.entry(MATERIAL.to_owned()).or_insert_with(|| material.to_owned());
        }
    }
    if let Some(colour) = facts.colour {
        draft.said.insert("color".to_owned(), colour.to_owned());
    }
}

/// Three numbers, in whatever way they are separated.
fn three(text: &str) -> Option<[u32; 3]> {
    let numbers: Vec<u32> = text.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect();
    numbers.try_into().ok()
}

/// A number alone: grams where it is whole, else kilograms.
fn bare_weight(text: &str) -> Option<u32> {
    let unit = if text.contains(['.', ',']) { "kg" } else { "g" };
    facts::read(&format!("{} {unit}", text.trim()), None, Language::English).weight_g
}

/// Takes what the first message of a listing says.
pub fn begin(draft: &mut Draft, said: &Said<'_>, notes: &mut Vec<String>) {
    keep_text(draft, said.message);
    let facts = said.facts(None);
    name_it_as(draft, &facts);
    apply(draft, facts, said.language, notes);
}

/// Puts facts into the draft; whether there were any.
fn apply(draft: &mut Draft, facts: Facts, language: Language, notes: &mut Vec<String>) -> bool {
    let Facts { labelled, price, dimensions, weight_g, photos, .. } = facts;
    let has_any =
        !labelled.is_empty() || price.is_some() || dimensions.is_some() || weight_g.is_some() || !photos.is_empty();
    match price {
        Some(Ok(price)) => draft.price = Some(price),
        Some(Err(finding)) => notes.push(finding.words),
        None => {}
    }
    draft.dimensions = dimensions.or(draft.dimensions);
    draft.weight_g = weight_g.or(draft.weight_g);
    if photos.iter().any(|link| !draft.photos.contains(link)) {
        draft.photo_notes = None;
        let new: Vec<String> = photos.into_iter().filter(|link| !draft.photos.contains(link)).collect();
        draft.photos.extend(new);
        draft.photos.truncate(LINKS_MAX);
    }
    for (field, value) in labelled {
        put(draft, field, value, language);
    }
    has_any
}

/// In the language of the card, whatever language it was said in. A name that says another colour would stand in the title.
fn recolour(draft: &mut Draft, colour: &str) -> String {
    let language = draft.language();
    let colour = glossary::word(colour, language);
    if let Some(product) = &draft.product {
        draft.product = Some(naming::recoloured(product, &colour, language));
    }
    colour
}

fn put(draft: &mut Draft, field: &'static str, value: String, language: Language) {
    match field {
        "title" => draft.title = Some(value),
        "description" => draft.description = Some(value),
        "brand" => draft.brand = Some(value),
        "product" => name_it(draft, value),
        "category" => look_for(draft, &value),
        "sizes" => draft.sizes = charcs::items(&value),
        "barcodes" => draft.barcodes = charcs::items(&value),
        // Once it was sent, the code is what the card is found by.
        "vendor_code" if draft.is_sent => {}
        "vendor_code" => draft.vendor_code = value,
        _ => {
            let value = facts::colour_of(field, &value, language).unwrap_or(value);
            let value = if field == "color" { recolour(draft, &value) } else { value };
            draft.said.insert(field.to_owned(), value);
            charcs::forget(draft, field);
        }
    }
}

/// What is missing first, or the whole draft to look at.
pub fn plan(draft: &mut Draft, notes: &[String], language: Language) -> Plan {
    let told = |question: String| notes.iter().cloned().chain([question]).collect::<Vec<_>>().join("\n");
    let ask = |field: &str, question: String| Plan {
        step: "ask",
        question: told(question),
        asked: field.to_owned(),
        search: String::new(),
    };
    let go = |step, search| Plan { step, question: String::new(), asked: String::new(), search };
    let missing = [
        ("product", draft.product.is_none()),
        ("price", draft.price.is_none()),
        ("dimensions", draft.dimensions.is_none()),
        ("weight", draft.weight_g.is_none()),
    ];
    if let Some((field, _)) = missing.into_iter().find(|(_, is_missing)| *is_missing) {
        return ask(field, words::ask(field, language).to_owned());
    }
    if draft.subject.is_none() {
        let name = draft.name().to_owned();
        if let Some(search) = draft.searches.get_or_insert_with(|| category::searches(&name)).first() {
            return go("categories", search.clone());
        }
        return ask("category", words::which_category(draft, language));
    }
    if draft.charcs.is_none() {
        return go("characteristics", String::new());
    }
    charcs::fill(draft);
    if let Some(charc) = charcs::missing(draft) {
        return ask(&format!("charc:{}", charc.id), words::charc(charc, language));
    }
    if draft.keywords.is_none() {
        return go("keywords", String::new());
    }
    if !draft.photos.is_empty() && draft.photo_notes.is_none() {
        return go("photos", String::new());
    }
    let (texts, findings) = checked(draft, language);
    let mut lines: Vec<String> = findings.iter().map(|finding| finding.words.clone()).collect();
    lines.insert(0, words::review(draft, &texts, findings.is_empty(), language));
    ask("review", lines.join("\n"))
}

/// The texts for buyers, and everything that is wrong with the card.
pub fn checked(draft: &Draft, language: Language) -> (Texts, Vec<Finding>) {
    let texts = compose::texts(draft);
    let findings = rules::check(draft, &texts.title, &texts.description, language);
    (texts, findings)
}

#[cfg(test)]
mod tests;
