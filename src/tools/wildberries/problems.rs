//! What the marketplace says is wrong with a card, taken apart: which field, which rule, and its own words.

use serde::Serialize;

use super::error::cut;

/// The longest words of one problem that are passed on, in characters.
const MESSAGE_CHARS_MAX: usize = 500;

/// One thing that is wrong with a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Our name for the field, or the marketplace's where it is a characteristic; none if it names none.
    pub field: Option<String>,
    /// The rule that is broken.
    pub rule: ProblemRule,
    /// In the marketplace's words.
    pub message: String,
}

/// A rule that a card may break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemRule {
    /// A character that may not stand there.
    ForbiddenCharacters,
    /// A word, link or address that may not stand there.
    ForbiddenContent,
    /// Too long or too short.
    Length,
    /// It must be there and is not.
    Required,
    /// Another card has it.
    Duplicate,
    /// Not one of the allowed values.
    NotAllowedValue,
    /// Any other.
    Other,
}

/// Parts of the marketplace's words, in lower case, and the rule that they speak of. The first that fits counts.
const RULES: [(&str, ProblemRule); 15] = [
    ("запрещенные символы", ProblemRule::ForbiddenCharacters),
    ("запрещённые символы", ProblemRule::ForbiddenCharacters),
    ("недопустимые символы", ProblemRule::ForbiddenCharacters),
    ("запрещено", ProblemRule::ForbiddenContent),
    ("запрещенн", ProblemRule::ForbiddenContent),
    ("запрещённ", ProblemRule::ForbiddenContent),
    ("обязательн", ProblemRule::Required),
    ("не заполнен", ProblemRule::Required),
    ("не указан", ProblemRule::Required),
    ("уже использу", ProblemRule::Duplicate),
    ("уникальн", ProblemRule::Duplicate),
    ("used in other cards", ProblemRule::Duplicate),
    ("символов", ProblemRule::Length),
    ("справочник", ProblemRule::NotAllowedValue),
    ("недопустим", ProblemRule::NotAllowedValue),
];

/// The marketplace's names of fields, and ours.
const FIELDS: [(&str, &str); 8] = [
    ("наименование", "title"),
    ("описание", "description"),
    ("бренд", "brand"),
    ("артикул продавца", "vendorCode"),
    ("vendorcode", "vendorCode"),
    ("баркод", "sizes.skus"),
    ("цена", "sizes.price"),
    ("предмет", "subjectID"),
];

/// Takes a message apart.
pub(super) fn problem(message: &str) -> Problem {
    let lower = message.to_lowercase();
    let rule = RULES.iter().find(|(words, _)| lower.contains(words)).map_or(ProblemRule::Other, |(_, rule)| *rule);
    let known = FIELDS.iter().find(|(name, _)| lower.contains(name)).map(|(_, field)| (*field).to_owned());
    Problem { field: known.or_else(|| quoted(message)), rule, message: cut(message, MESSAGE_CHARS_MAX) }
}

/// What stands in quotation marks: the name of a characteristic.
fn quoted(message: &str) -> Option<String> {
    let within = |open: char, close: char| {
        let (_, rest) = message.split_once(open)?;
        rest.split_once(close).map(|(name, _)| name.trim()).filter(|name| !name.is_empty())
    };
    let name = within('«', '»').or_else(|| within('"', '"')).or_else(|| within('\'', '\''))?;
    Some(cut(name, 100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(message: &str, field: Option<&str>, rule: ProblemRule) {
        let found = problem(message);
        assert_eq!((found.field.as_deref(), found.rule, found.message.as_str()), (field, rule, message));
    }

    #[test]
    fn field_and_rule_are_read_from_the_words() {
        use ProblemRule::*;
        check("Поле Наименование не должно содержать запрещенные символы: 😈", Some("title"), ForbiddenCharacters);
        check("Запрещено использовать E-Mail в поле Описание", Some("description"), ForbiddenContent);
        check("Артикул продавца уже используется в других карточках", Some("vendorCode"), Duplicate);
        check("VendorCode is used in other cards", Some("vendorCode"), Duplicate);
        check("Поле «Состав» обязательно для заполнения", Some("Состав"), Required);
        check("Значения характеристики \"Цвет\" нет в справочнике", Some("Цвет"), NotAllowedValue);
        check("Наименование: не более 60 символов", Some("title"), Length);
        check("Внутренняя ошибка", None, Other);
        check("", None, Other);
    }
}
