//! What the marketplace says became of a card, and which field a rejection is about. Pure.

use serde_json::Value;

use super::{draft::Draft, rejections};
use crate::agents::language::Language;

/// The most problems that are told at once.
const PROBLEMS_MAX: usize = 10;

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is there.
    Accepted(u64),
    /// It is not: what is wrong, in words, and the field to ask for.
    Rejected {
        /// For the user.
        lines: Vec<String>,
        /// `review` where no field is known.
        field: String,
        /// The upload that was rejected.
        batch: String,
    },
    /// Neither, so far.
    Waiting,
}

/// Reads the answer of `card_result`.
pub fn verdict(draft: &Draft, found: &Value, language: Language) -> Verdict {
    let nm_id = found["nmID"].as_u64();
    match found["state"].as_str() {
        Some("accepted") => nm_id.map_or(Verdict::Waiting, Verdict::Accepted),
        Some("rejected") => {
            let problems: Vec<&Value> = found["problems"].as_array().into_iter().flatten().take(PROBLEMS_MAX).collect();
            // An upload that was made twice: the second was refused, since the first made the card.
            let is_own_code = |problem: &&Value| problem["field"] == "vendorCode";
            if let (Some(nm_id), true) = (nm_id, !problems.is_empty() && problems.iter().all(is_own_code)) {
                return Verdict::Accepted(nm_id);
            }
            let fields: Vec<Option<String>> = problems.iter().map(|problem| field(draft, problem)).collect();
            let line = |(problem, field): (&&Value, &Option<String>)| {
                let name = field.as_deref().map(|field| shown(draft, field, language));
                rejections::sentence(&rejections::Rejection::read(problem), name.as_deref(), language)
            };
            let lines = problems.iter().zip(&fields).map(line).collect();
            let field = fields.into_iter().flatten().next().unwrap_or_else(|| "review".to_owned());
            Verdict::Rejected { lines, field, batch: found["batch"].as_str().unwrap_or_default().to_owned() }
        }
        _ => Verdict::Waiting,
    }
}

/// Our field for a problem of the marketplace; none where it cannot be told.
fn field(draft: &Draft, problem: &Value) -> Option<String> {
    let named = problem["field"].as_str().unwrap_or_default();
    match named {
        "title" | "description" | "brand" => return Some(named.to_owned()),
        "sizes.price" => return Some("price".to_owned()),
        "sizes.skus" => return Some("barcodes".to_owned()),
        _ => {}
    }
    let message = problem["message"].as_str().unwrap_or_default().to_lowercase();
    let says = |name: &str| name.eq_ignore_ascii_case(named) || message.contains(&name.to_lowercase());
    let charc = draft.charcs.iter().flatten().filter(|charc| says(&charc.name)).max_by_key(|charc| charc.name.len());
    charc.map(|charc| format!("charc:{}", charc.id))
}

fn shown(draft: &Draft, field: &str, language: Language) -> String {
    let id = field.strip_prefix("charc:").and_then(|id| id.parse::<u64>().ok());
    let charc = draft.charcs.iter().flatten().find(|charc| Some(charc.id) == id);
    charc.map_or_else(|| super::rules::field_name(field, language), |charc| charc.name.clone())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::draft::Charc, *};

    fn draft() -> Draft {
        let charc = |id, name: &str| Charc { id, name: name.to_owned(), ..Charc::default() };
        Draft {
            charcs: Some(vec![charc(1, "Цвет"), charc(2, "Материал посуды")]), ..Draft::default()
        }
    }

    #[track_caller]
    fn check(field: Value, message: &str, nm_id: Value, expected: &str) {
        let problem = json!({ "field": field, "rule": "other", "message": message });
        let found = json!({ "state": "rejected", "problems": [problem], "batch": "b", "nmID": nm_id });
        let told = match verdict(&draft(), &found, Language::English) {
            Verdict::Accepted(nm_id) => nm_id.to_string(),
            Verdict::Rejected { lines, field, .. } => {
                assert!(lines[0].contains(message), "{lines:?}");
                field
            }
            Verdict::Waiting => "waiting".to_owned(),
        };
        assert_eq!(told, expected, "{message}");
    }

    #[test]
    fn a_rejection_names_the_field_that_is_asked_for() {
        check(json!("title"), "Поле Наименование не должно содержать", json!(null), "title");
        check(json!("sizes.price"), "Цена не должна превышать", json!(null), "price");
        check(json!("sizes.skus"), "Неуникальный баркод", json!(null), "barcodes");
        check(json!("Цвет"), "Значения нет в справочнике", json!(null), "charc:1");
        check(json!(null), "Не заполнена обязательная характеристика: Материал посуды", json!(null), "charc:2");
        check(json!(null), "Внутренняя ошибка", json!(null), "review");
    }

    #[test]
    fn a_second_upload_of_our_own_card_is_no_rejection() {
        check(json!("vendorCode"), "Артикул продавца используется", json!(77), "77");
        check(json!("vendorCode"), "Артикул продавца используется", json!(null), "review");
        check(json!("title"), "Наименование", json!(77), "title");
    }

    #[test]
    fn a_rejected_characteristic_is_named_in_our_words_first() {
        let problem = json!({ "field": "Цвет", "rule": "not_allowed_value", "message": "Значения нет в справочнике" });
        let found = json!({ "state": "rejected", "problems": [problem], "batch": "b" });
        let Verdict::Rejected { lines, .. } = verdict(&draft(), &found, Language::English) else { panic!("rejected") };
        let expected = "The marketplace did not take the card. Цвет: the value is not one that the marketplace allows. Write \
                        what “Цвет” should be. In the marketplace's words: “Значения нет в справочнике”.";
        assert_eq!(lines, [expected]);
    }

    #[test]
    fn an_accepted_card_has_its_article_and_anything_else_waits() {
        assert_eq!(
            verdict(&draft(), &json!({ "state": "accepted", "nmID": 5 }), Language::English),
            Verdict::Accepted(5)
        );
        assert_eq!(verdict(&draft(), &json!({ "state": "waiting" }), Language::English), Verdict::Waiting);
        assert_eq!(verdict(&draft(), &json!(null), Language::English), Verdict::Waiting);
    }
}
