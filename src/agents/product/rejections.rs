//! What the marketplace rejected, in our words and the seller's language first, then in its own. Pure.

use serde_json::Value;

use crate::agents::language::{Language, capital, pick};

/// The most of the marketplace's words that is shown, in characters.
const SHOWN_CHARS_MAX: usize = 400;

/// What a rejection is about, where that can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    VendorCode,
    Category,
    Photo,
    /// A field that the seller is asked for, or nothing that we know.
    Field,
}

/// One rejection of the marketplace.
#[derive(Debug, Clone, Copy)]
pub struct Rejection<'a> {
    about: About,
    rule: &'a str,
    message: &'a str,
}

impl<'a> Rejection<'a> {
    /// As the tool answers it: `field`, `rule`, `message`.
    pub fn read(problem: &'a Value) -> Self {
        let text = |key: &str| problem[key].as_str().unwrap_or_default();
        let message = text("message");
        let lower = message.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        let about = match text("field") {
            "vendorCode" => About::VendorCode,
            "subjectID" => About::Category,
            _ if has(&["фото", "изображен", "медиа", "photo", "image"]) => About::Photo,
            _ => About::Field,
        };
        Self { about, rule: text("rule"), message }
    }
}

/// A sentence for the seller: what, which rule, what to do, and the marketplace's words. `field` is what the seller calls the
/// field that is asked for, where it is known.
pub fn sentence(rejection: &Rejection<'_>, field: Option<&str>, language: Language) -> String {
    let shown: String = rejection.message.chars().take(SHOWN_CHARS_MAX).collect();
    let (shown, next) = (shown.trim().trim_end_matches('.'), next(rejection.about, field, language));
    let what = what(rejection.about, field, language);
    let said = match (&what, rule(rejection.rule, language)) {
        (Some(what), rule) => format!("{what}: {}", rule.unwrap_or(unknown(language))),
        (None, Some(rule)) => rule.to_owned(),
        (None, None) => String::new(),
    };
    let said = capital(&said);
    let said = if said.is_empty() { said } else { format!("{said} ") };
    match language {
        Language::English => {
            format!("The marketplace did not take the card. {said}{next} In the marketplace's words: “{shown}”.")
        }
        Language::Russian => format!("Маркетплейс не принял карточку. {said}{next} Слова маркетплейса: «{shown}»."),
    }
}

fn what(about: About, field: Option<&str>, language: Language) -> Option<String> {
    let (english, russian) = match about {
        About::VendorCode => ("Vendor code", "Артикул продавца"),
        About::Category => ("Category", "Категория"),
        About::Photo => ("Photos", "Фото"),
        About::Field => return field.map(str::to_owned),
    };
    Some(pick(language, english, russian).to_owned())
}

/// The rules that the tool tells apart.
fn rule(rule: &str, language: Language) -> Option<&'static str> {
    let (english, russian) = match rule {
        "forbidden_characters" => (
            "there are characters that the marketplace does not allow.",
            "есть символы, которые маркетплейс не разрешает.",
        ),
        "forbidden_content" => (
            "there is a word, link or address that the marketplace does not allow.",
            "есть слово, ссылка или адрес, которые маркетплейс не разрешает.",
        ),
        "length" => ("it is too long or too short.", "слишком длинно или слишком коротко."),
        "required" => ("it is required and not there.", "обязательно, а его нет."),
        "duplicate" => ("another card has it already.", "уже есть у другой карточки."),
        "not_allowed_value" => {
            ("the value is not one that the marketplace allows.", "такого значения маркетплейс не разрешает.")
        }
        _ => return None,
    };
    Some(pick(language, english, russian))
}

fn unknown(language: Language) -> &'static str {
    pick(language, "the marketplace does not take it as it is.", "в таком виде маркетплейс не принимает.")
}

fn next(about: About, field: Option<&str>, language: Language) -> String {
    let (english, russian) = match (about, field) {
        (About::VendorCode, _) => ("Write another one: “vendor code: …”.", "Напишите другой: «артикул: …»."),
        (About::Category, _) => ("Name another one: “category: …”.", "Назовите другую: «категория: …»."),
        (About::Photo, _) => {
            ("Send other links, or write “without photos”.", "Пришлите другие ссылки или напишите «без фото».")
        }
        (About::Field, Some(field)) => {
            return match language {
                Language::English => format!("Write what “{field}” should be."),
                Language::Russian => format!("Напишите новое значение поля «{field}»."),
            };
        }
        (About::Field, None) => (
            "Correct it in your words, or write “publish” to try again.",
            "Поправьте своими словами или напишите «опубликуй», чтобы попробовать снова.",
        ),
    };
    pick(language, english, russian).to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Language::*, *};

    #[track_caller]
    fn check(about: (&str, &str, &str), field: Option<&str>, language: Language, expected: &str) {
        let problem = json!({ "field": about.0, "rule": about.1, "message": about.2 });
        let said = sentence(&Rejection::read(&problem), field, language);
        assert!(said.contains(expected), "{said}");
        assert!(said.ends_with(&format!("{}{}.", about.2, if language == English { "”" } else { "»" })), "{said}");
    }

    #[test]
    fn the_seller_reads_in_his_language_what_is_wrong_and_what_to_do() {
        let long = ("title", "length", "Наименование: максимум 60 символов");
        check(long, Some("Title"), English, "Title: it is too long or too short. Write what “Title” should be.");
        check(long, Some("Название"), Russian, "Название: слишком длинно");
        let taken = ("vendorCode", "duplicate", "Артикул продавца уже используется");
        check(taken, None, English, "Vendor code: another card has it already. Write another one: “vendor code: …”.");
        let category = ("subjectID", "other", "Предмет недоступен");
        check(category, None, English, "Category: the marketplace does not take it as it is. Name another one");
        let required = ("Цвет", "required", "Не заполнена характеристика «Цвет»");
        check(required, Some("Color"), English, "Color: it is required and not there.");
        check(("", "other", "Фото меньше 700x900"), None, English, "Photos: the marketplace does not take it");
        check(("", "forbidden_content", "Запрещено"), None, English, "card. There is a word, link or address");
        check(("", "other", "Внутренняя ошибка"), None, English, "did not take the card. Correct it in your words");
        check(("", "other", "Внутренняя ошибка"), None, Russian, "не принял карточку. Поправьте");
    }
}
