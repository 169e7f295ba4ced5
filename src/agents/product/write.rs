//! Title and description by a language model: what it is told, and what of its answer may stand in a card. Pure.
//!
//! What it writes is checked by the same rules as what a template or the seller writes, and must not have a number that the
//! facts do not have. What breaks them goes back once with what was wrong; then the template writes.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    compose::{self, Texts},
    draft::{Draft, Written},
    glossary, hear,
    rules::{self, Code, TITLE_CHARS_MAX},
};
use crate::agents::language::{self, Language};

/// How often a model may write from the same facts.
const TRIES_MAX: u32 = 2;
/// Keywords that it is told.
const KEYWORDS_MAX: usize = 12;
/// What it is told of what was wrong.
const WRONG_MAX: usize = 8;

/// Whether a model should write: there is a text that the seller did not write, and none from these facts.
pub fn is_wanted(draft: &Draft) -> bool {
    if draft.title.is_some() && draft.description.is_some() {
        return false;
    }
    let of_these = draft.written.as_ref().filter(|written| written.of == mark(draft));
    of_these.is_none_or(|written| written.texts.is_none() && written.tries < TRIES_MAX)
}

/// What a model wrote from the facts as they are.
pub fn written(draft: &Draft) -> Option<&Texts> {
    draft.written.as_ref().filter(|written| written.of == mark(draft)).and_then(|written| written.texts.as_ref())
}

/// What the model is asked.
pub fn prompt(draft: &Draft) -> String {
    let language = match draft.language() {
        Language::English => "English",
        Language::Russian => "Russian",
    };
    let mut text = format!(
        "Write a title of at most {TITLE_CHARS_MAX} characters and a description of 300 to 1000 characters in {language}. Use \
         the keywords where they fit. Say nothing that the facts do not say: no number, no brand, no price. Not allowed: \
         links, addresses, emoji, and the words {}.\nThe facts:\n{}",
        rules::FORBIDDEN_WORDS.join(", "),
        facts(draft)
    );
    let again = draft.written.as_ref().filter(|written| written.of == mark(draft) && !written.wrong.is_empty());
    if let Some(again) = again {
        text.push_str("\nThe answer before this one could not be used:\n");
        text.push_str(&again.wrong.join("\n"));
    }
    text
}

/// Takes an answer: the texts, or what is wrong with them.
pub fn keep(draft: &mut Draft, answer: &Value) {
    let of = mark(draft);
    let tries = draft.written.as_ref().filter(|written| written.of == of).map_or(0, |written| written.tries);
    draft.written = Some(match read(draft, answer) {
        Ok(texts) => Written { of, texts: Some(texts), tries: tries + 1, wrong: Vec::new() },
        Err(wrong) => Written { of, texts: None, tries: tries + 1, wrong },
    });
}

/// The model gave no answer that fits: the template writes from these facts.
pub fn give_up(draft: &mut Draft) {
    draft.written = Some(Written { of: mark(draft), texts: None, tries: TRIES_MAX, wrong: Vec::new() });
}

fn read(draft: &Draft, answer: &Value) -> Result<Texts, Vec<String>> {
    let text = |key: &str| glossary::units_in(answer[key].as_str().unwrap_or_default().trim(), draft.language());
    let texts = Texts { title: text("title"), description: text("description") };
    let wrong = wrong(draft, &texts);
    if wrong.is_empty() { Ok(texts) } else { Err(wrong) }
}

fn wrong(draft: &Draft, texts: &Texts) -> Vec<String> {
    let is_of_texts = |code: Code| {
        matches!(
            code,
            Code::TitleEmpty
                | Code::TitleTooLong
                | Code::DescriptionTooLong
                | Code::ForbiddenWord
                | Code::ForbiddenCharacters
                | Code::Contact
        )
    };
    let found = rules::check(&Draft::default(), &texts.title, &texts.description, Language::English);
    let mut wrong: Vec<String> =
        found.into_iter().filter(|finding| is_of_texts(finding.code)).map(|finding| finding.words).collect();
    if texts.description.is_empty() {
        wrong.push("The description is empty.".to_owned());
    }
    let known = numbers(&facts(draft).to_string());
    for (name, text) in [("title", &texts.title), ("description", &texts.description)] {
        wrong.extend(
            numbers(text).difference(&known).map(|number| format!("The {name} has {number}, which no fact says.")),
        );
        if language::of(text).is_some_and(|of| of != draft.language()) {
            wrong.push(format!("The {name} is in another language."));
        }
    }
    wrong.truncate(WRONG_MAX);
    wrong
}

fn numbers(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).map(str::to_owned).collect()
}

/// All that a text for buyers may say. The price is not among it, nor anything of the account.
fn facts(draft: &Draft) -> Value {
    let language = draft.language();
    let sides = draft.dimensions.map(|sides| sides.map(|side| side.to_string()).join("x"));
    let said = compose::said(draft, language, glossary::word);
    let clean = |text: &str| hear::without_secrets(text);
    let said: serde_json::Map<String, Value> =
        said.into_iter().map(|(name, value)| (name, clean(&value).into())).collect();
    json!({
        "product": clean(&glossary::units_in(draft.name(), language)),
        "category": draft.subject.as_ref().map(|subject| &subject.name),
        "brand": draft.brand.as_deref().map(clean),
        "characteristics": said,
        "sizes": draft.sizes.iter().map(|size| clean(size)).collect::<Vec<_>>(),
        "packing": sides.map(|sides| format!("{sides} {}", glossary::unit("см", language))),
        "keywords": draft.keywords.iter().flatten().take(KEYWORDS_MAX).map(|word| clean(word)).collect::<Vec<_>>(),
    })
}

/// The same for the same facts.
fn mark(draft: &Draft) -> String {
    let mut hash = blake3::Hasher::new_derive_key("switchboard product facts of a text");
    hash.update(draft.language.as_bytes()).update(facts(draft).to_string().as_bytes());
    hash.finalize().to_hex()[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        agents::product::draft::Charc,
        workflow::named::{Named, NamedConfig},
    };

    fn draft() -> Draft {
        Draft {
            language: "en".into(),
            vendor_code: "sb-1".into(),
            product: Some("red mug of 350 мл".into()),
            price: Some(900),
            charcs: Some(vec![Charc { id: 1, name: "Color".into(), ..Charc::default() }]),
            values: [(1, json!(["белый"]))].into(),
            dimensions: Some([12, 9, 10]),
            keywords: Some(vec!["tea mug".into()]),
            ..Draft::default()
        }
    }

    #[track_caller]
    fn check(title: &str, description: &str, expected: Option<&str>) {
        let mut draft = draft();
        keep(&mut draft, &json!({ "title": title, "description": description }));
        let Some(expected) = expected else {
            assert_eq!(written(&draft).map(|texts| texts.title.as_str()), Some(title));
            return;
        };
        let told = prompt(&draft);
        assert!(written(&draft).is_none() && told.contains(expected), "{title}: {told}");
    }

    #[test]
    fn what_keeps_the_rules_and_the_facts_is_taken() {
        check("Red tea mug of 350 ml", "A mug for tea, 350 ml, packed 12x9x10 cm.", None);
    }

    #[test]
    fn what_breaks_them_goes_back_with_what_is_wrong() {
        let good = "A mug for tea.";
        check(&"a".repeat(61), good, Some("Title “61”: characters; at most 60"));
        check("The cheap mug", good, Some("“cheap”: is a word that the marketplace does not allow"));
        check("Mug", "Write to me@shop.example", Some("me@shop.example"));
        check("Mug", "See https://a.example", Some("https://a.example"));
        check("Mug 🔥", good, Some("characters that the marketplace does not allow"));
        check("Mug of 500 ml", good, Some("The title has 500, which no fact says."));
        check("Mug at 900", good, Some("The title has 900"));
        check("Кружка красная", good, Some("The title is in another language."));
        check("Mug", "", Some("The description is empty."));
        check("", good, Some("Title: is empty"));
    }

    #[test]
    fn the_schema_of_the_step_has_the_limits_of_the_rules() {
        let graph = Named::Product.definition(&NamedConfig::default(), &BTreeSet::new(), true).unwrap();
        let properties = &graph.nodes["write"].model.as_ref().unwrap().schema.as_ref().unwrap()["properties"];
        assert_eq!(properties["title"]["maxLength"], TITLE_CHARS_MAX);
        assert_eq!(properties["description"]["maxLength"], rules::DESCRIPTION_CHARS_MAX);
    }

    #[test]
    fn a_model_writes_twice_from_the_same_facts_and_again_from_others() {
        let mut draft = draft();
        let nonsense = json!({ "title": 5 });
        assert!(is_wanted(&draft));
        keep(&mut draft, &nonsense);
        assert!(is_wanted(&draft));
        keep(&mut draft, &nonsense);
        assert!(!is_wanted(&draft));
        draft.price = Some(1);
        assert!(!is_wanted(&draft), "no text says the price");
        draft.brand = Some("Norvik".into());
        assert!(is_wanted(&draft));
        give_up(&mut draft);
        assert!(!is_wanted(&draft) && written(&draft).is_none());
        draft.brand = None;
        (draft.title, draft.description) = (Some("T".into()), Some("D".into()));
        assert!(!is_wanted(&draft));
    }

    #[test]
    fn the_model_is_told_facts_and_rules_but_neither_price_nor_code_nor_key() {
        let mut draft = draft();
        draft.product = Some("red mug eyJhbGciOiJFUzI1NiIsImtpZCI6IjIw".into());
        draft.sizes = vec!["42 eyJhbGciOiJFUzI1NiIsImtpZCI6IjIx".into()];
        draft.keywords = Some(vec!["tea mug".into(), "https://a.example/?sig=eyJ1 mug".into()]);
        let told = prompt(&draft);
        for part in ["at most 60 characters", "in English", "tea mug", "\"Color\":\"white\"", "12x9x10 cm"] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(!told.contains("900") && !told.contains("sb-1") && !told.contains("eyJ"), "{told}");
    }
}
