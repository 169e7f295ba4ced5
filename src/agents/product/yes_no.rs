//! Short answers that mean the same wherever they are given. Pure.

/// Agreement.
const YES: &[&str] = &["yes", "ok", "okay", "right", "да", "ок", "верно", "ага"];
/// Refusal.
const NO: &[&str] = &["no", "нет"];
/// To see others.
const OTHERS: &[&str] = &[
    "other",
    "others",
    "another",
    "more",
    "show more",
    "none",
    "none of them",
    "none of these",
    "other ones",
    "другие",
    "другая",
    "другое",
    "другой",
    "ещё",
    "еще",
    "покажи ещё",
    "покажи еще",
    "больше",
    "дальше",
    "ни одна",
    "ни одной",
    "ничего из этого",
];

/// Whether a message is one of these, or begins with one that is followed by a mark.
pub fn says(message: &str, words: &[&str]) -> bool {
    let lower = message.trim().trim_end_matches(['.', '!']).to_lowercase();
    let fits = |word: &&str| {
        lower.strip_prefix(*word).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', ',', ';']))
    };
    words.iter().any(fits)
}

/// Whether an answer agrees.
pub fn is_yes(message: &str) -> bool {
    says(message, YES)
}

/// Whether an answer refuses.
pub fn is_no(message: &str) -> bool {
    says(message, NO)
}

/// Whether an answer to a list wants others.
pub fn wants_others(message: &str) -> bool {
    says(message, OTHERS) || is_no(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_answers_are_told_apart_from_words_about_a_product() {
        for (message, expected) in [
            ("Да!", (true, false, false)),
            ("ok, go", (true, false, false)),
            ("нет", (false, true, true)),
            ("other", (false, false, true)),
            ("ещё.", (false, false, true)),
            ("no: a vase", (false, true, true)),
            ("another mug", (false, false, false)),
            ("", (false, false, false)),
        ] {
            assert_eq!((is_yes(message), is_no(message), wants_others(message)), expected, "{message}");
        }
    }
}
