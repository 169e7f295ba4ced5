//! Title and description: the seller's own, a model's, or from templates with keywords worked in. Pure.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    category::{keys, nouns, stem, stems, words},
    draft::Draft,
    facts, glossary,
    rules::{TITLE_CHARS_MAX, forbidden, is_forbidden},
    write,
};
use crate::agents::language::{self, Language, capital, pick};

/// The longest description that is composed, in characters: every category takes as much.
const COMPOSED_CHARS_MAX: usize = 1000;
/// Keywords of a description.
const KEYWORDS_MAX: usize = 8;
/// How a keyword says what a thing is for.
const PURPOSE: [&str; 2] = ["для", "for"];
/// Words that a keyword may add to the title.
const TAIL_WORDS_MAX: usize = 3;

/// With fewer common letters at their beginning two stems are of different words.
const KIN_CHARS_MIN: usize = 5;

/// What buyers read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Texts {
    /// The title.
    pub title: String,
    /// The description.
    pub description: String,
}

/// What the seller wrote, else what a model wrote from the facts as they are, else the templates. All of it is checked by
/// [`super::rules`].
pub fn texts(draft: &Draft) -> Texts {
    let written = write::written(draft).cloned();
    let (by_title, by_description) = written.map(|texts| (texts.title, texts.description)).unzip();
    Texts {
        title: draft.title.clone().or(by_title).unwrap_or_else(|| title(draft)),
        description: draft.description.clone().or(by_description).unwrap_or_else(|| description(draft)),
    }
}

/// The product, what a keyword adds to it, the brand, and what of the characteristics still fits.
fn title(draft: &Draft) -> String {
    let mut title = capital(&name(draft));
    if let Some(tail) = keywords(draft).find_map(|keyword| tail(keyword, &title)) {
        append(&mut title, &format!(" {tail}"));
    }
    let known = |title: &str, part: &str| title.to_lowercase().contains(&part.to_lowercase());
    if let Some(brand) = draft.brand.as_deref().map(allowed).filter(|brand| !brand.is_empty() && !known(&title, brand))
    {
        append(&mut title, &format!(" {brand}"));
    }
    for (_, value) in said(draft, draft.language(), glossary::word).into_iter().take(3) {
        let has = keys(stems(&value)).iter().any(|one| keys(stems(&title)).iter().any(|other| is_kin(one, other)));
        if !has {
            append(&mut title, &format!(", {}", allowed(&value)));
        }
    }
    title.chars().take(TITLE_CHARS_MAX).collect()
}

/// Whether two stems are of one word: `керамик` of `керамика`, `керамическ` of `керамическая`.
fn is_kin(one: &str, other: &str) -> bool {
    let common = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let shorter = one.chars().count().min(other.chars().count());
    common == shorter || (common >= KIN_CHARS_MIN && common + 1 >= shorter)
}

fn append(title: &mut String, part: &str) {
    let fits = title.chars().count() + part.chars().count() <= TITLE_CHARS_MAX;
    if fits && part.chars().any(char::is_alphanumeric) {
        title.push_str(part);
    }
}

/// What a keyword that begins with a word of the title says more: `для чая` of `кружка для чая`.
fn tail(keyword: &str, title: &str) -> Option<String> {
    let mut words = keyword.split_whitespace();
    let known = stems(title);
    let is_known = |word: &str| known.contains(&stem(word));
    words.next().filter(|first| is_known(first))?;
    let rest: Vec<&str> = words.collect();
    // What it is for goes with any; what it is like (`оверсайз`) only its seller knows.
    if !rest.first().is_some_and(|first| PURPOSE.contains(&first.to_lowercase().as_str())) {
        return None;
    }
    let is_new = rest.iter().all(|word| !is_known(word));
    ((1..=TAIL_WORDS_MAX).contains(&rest.len()) && is_new && forbidden(keyword).is_empty()).then(|| rest.join(" "))
}

fn description(draft: &Draft) -> String {
    let language = draft.language();
    let mut text = format!("{}.", capital(&name(draft)));
    if let Some(brand) = &draft.brand {
        let label = pick(language, "Brand", "Бренд");
        add(&mut text, &format!(" {label}: {}.", allowed(brand)));
    }
    for (name, value) in said(draft, language, glossary::word) {
        add(&mut text, &format!("\n{name}: {}.", allowed(&value)));
    }
    if !draft.sizes.is_empty() {
        add(&mut text, &format!("\n{}: {}.", pick(language, "Sizes", "Размеры"), draft.sizes.join(", ")));
    }
    if let Some([length, width, height]) = draft.dimensions {
        let label = pick(language, "Size with packing", "Размер упаковки");
        let unit = pick(language, "cm", "см");
        add(&mut text, &format!("\n{label}: {length}×{width}×{height} {unit}."));
    }
    let keywords: Vec<&str> = keywords(draft).take(KEYWORDS_MAX).collect();
    if !keywords.is_empty() {
        let label = pick(language, "A good choice for those who look for", "Подойдёт тем, кто ищет");
        add(&mut text, &format!("\n{label}: {}.", keywords.join(", ")));
    }
    text
}

/// Keywords that name the product, or come from another language, and speak of no other colour than it has.
fn keywords(draft: &Draft) -> impl Iterator<Item = &str> {
    let (nouns, language) = (nouns(draft.name()), draft.language());
    let is_about_it = move |keyword: &str| {
        let is_foreign = language::of(keyword).is_some_and(|of| of != language);
        is_foreign || stems(keyword).iter().any(|stem| nouns.contains(stem))
    };
    let has_its_colour = move |keyword: &str| {
        let named = words(keyword).find_map(|word| facts::colour_of("color", word, language));
        named.is_none() || named.as_ref() == draft.said.get("color")
    };
    let all = draft.keywords.iter().flatten().map(String::as_str);
    all.filter(move |keyword| is_about_it(keyword) && has_its_colour(keyword) && forbidden(keyword).is_empty())
}

fn add(text: &mut String, part: &str) {
    if text.chars().count() + part.chars().count() <= COMPOSED_CHARS_MAX {
        text.push_str(part);
    }
}

/// What it is, as a text of the card says it.
fn name(draft: &Draft) -> String {
    allowed(&glossary::units_in(draft.name(), draft.language()))
}

/// Characteristics with their values in words; `say` has the word for one value.
pub fn said(draft: &Draft, language: Language, say: fn(&str, Language) -> String) -> Vec<(String, String)> {
    let items = |value: &Value| match value {
        Value::Array(items) => {
            items.iter().filter_map(Value::as_str).map(|item| say(item, language)).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    };
    let charcs = draft.charcs.iter().flatten();
    let filled =
        charcs.filter_map(|charc| Some((charc, draft.values.get(&charc.id).filter(|value| !value.is_null())?)));
    filled
        .map(|(charc, value)| {
            let unit = glossary::unit(&charc.unit, language);
            let unit = if charc.is_number && !unit.is_empty() { format!(" {unit}") } else { String::new() };
            (charc.name.clone(), format!("{}{unit}", items(value)))
        })
        .collect()
}

/// Without the words and characters that no card may have.
fn allowed(text: &str) -> String {
    let bad = forbidden(text);
    let is_bad = |word: &str| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        bad.iter().any(|bad| *bad == bare)
    };
    let clean: String = text.chars().filter(|c| !is_forbidden(*c)).collect();
    clean.split_whitespace().filter(|word| !is_bad(word)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{
        super::{draft::Charc, rules},
        *,
    };

    fn draft(language: &str, product: &str) -> Draft {
        let charc = |id: u64, name: &str| Charc { id, name: name.to_owned(), ..Charc::default() };
        Draft {
            language: language.to_owned(),
            vendor_code: "sb-1".to_owned(),
            product: Some(product.to_owned()),
            brand: Some("Norvik".to_owned()),
            charcs: Some(vec![charc(1, "Color"), charc(2, "Material")]),
            values: [(1, json!(["red"])), (2, json!(["ceramic"]))].into(),
            dimensions: Some([12, 9, 10]),
            keywords: Some(vec!["кружка для чая".into(), "скидка кружка".into(), "tea mug".into()]),
            ..Draft::default()
        }
    }

    #[test]
    fn a_title_says_what_it_is_within_its_length() {
        assert_eq!(texts(&draft("ru", "кружка")).title, "Кружка для чая Norvik, красный, керамика");
        assert_eq!(texts(&draft("en", "red ceramic mug")).title, "Red ceramic mug Norvik");
        let oversized = Some(vec!["футболка оверсайз".into()]);
        let shirt = Draft { keywords: oversized, ..draft("ru", "футболка из керамики") };
        assert_eq!(texts(&shirt).title, "Футболка из керамики Norvik, красный");
        let cotton = Draft {
            values: [(2, json!(["хлопок"]))].into(), ..draft("ru", "футболка из хлопка")
        };
        assert_eq!(texts(&cotton).title, "Футболка из хлопка Norvik");
        assert_eq!(texts(&draft("ru", "хит кружка 🔥")).title, "Кружка для чая Norvik, красный, керамика");
        let long = texts(&draft("en", &"word ".repeat(40))).title;
        assert!(long.chars().count() <= TITLE_CHARS_MAX, "{long}");
    }

    #[test]
    fn a_description_has_the_facts_and_the_keywords_in_its_language() {
        let russian = texts(&draft("ru", "кружка")).description;
        assert!(
            russian.contains("Бренд: Norvik") && russian.ends_with("Подойдёт тем, кто ищет: кружка для чая, tea mug."),
            "{russian}"
        );
        let english = texts(&draft("en", "mug")).description;
        assert!(
            english.contains("Size with packing: 12×9×10 cm.") && english.contains("Material: ceramic."),
            "{english}"
        );
    }

    #[test]
    fn a_text_has_units_and_values_in_its_language_and_the_card_those_of_the_marketplace() {
        let volume = Charc { id: 3, name: "Volume".into(), unit: "мл".into(), is_number: true, ..Charc::default() };
        let values = [(1, json!(["белый"])), (3, json!(350))].into();
        let charcs = Some(vec![Charc { id: 1, name: "Color".into(), ..Charc::default() }, volume]);
        let draft = Draft { charcs, values, ..draft("en", "mug of 350 мл") };
        let texts = texts(&draft);
        assert_eq!(texts.title, "Mug of 350 ml Norvik, white");
        assert!(texts.description.contains("Color: white.\nVolume: 350 ml."), "{}", texts.description);
        assert_eq!(said(&draft, Language::English, glossary::explained)[0].1, "белый (white)");
        assert_eq!(draft.values[&1], json!(["белый"]));
    }

    proptest::proptest! {
        #[test]
        fn what_is_composed_keeps_the_rules_whatever_was_said(product in "\\PC{1,80}", keyword in "\\PC{0,40}") {
            let draft = Draft { keywords: Some(vec![keyword]), title: None, ..draft("ru", &format!("кружка {product}")) };
            let texts = super::texts(&draft);
            let found = rules::check(&draft, &texts.title, &texts.description, Language::Russian);
            let lengths = found.iter().filter(|finding| matches!(finding.code, rules::Code::TitleTooLong | rules::Code::DescriptionTooLong));
            proptest::prop_assert_eq!(lengths.count(), 0);
        }
    }

    #[test]
    fn what_the_user_wrote_is_kept_as_it_is() {
        let own = Draft { title: Some("T".into()), description: Some("D".into()), ..draft("en", "mug") };
        assert_eq!(texts(&own), Texts { title: "T".into(), description: "D".into() });
    }
}
