//! What the server itself says in a workflow, in the language of the user.

use serde_json::Value;

use crate::agents::language::Language;

/// The word for a language in `user.language`.
pub(super) fn code(language: Language) -> &'static str {
    match language {
        Language::English => "en",
        Language::Russian => "ru",
    }
}

fn pick(user: &Value, english: &'static str, russian: &'static str) -> &'static str {
    if user["language"] == "ru" { russian } else { english }
}

pub(super) fn stopped(user: &Value) -> &'static str {
    pick(user, "All right, I stopped. Nothing more will be done.", "Хорошо, остановился. Больше ничего не делаю.")
}

pub(super) fn undecided(user: &Value) -> &'static str {
    pick(
        user,
        "This waits for your decision: approve or reject it.",
        "Это ждёт вашего решения: подтвердите или отклоните.",
    )
}

pub(super) fn nothing_waits(user: &Value) -> &'static str {
    pick(user, "There is nothing that waits for this decision any more.", "Этого решения уже ничего не ждёт.")
}

pub(super) fn no_number(user: &Value) -> &'static str {
    pick(user, "I need a number here.", "Здесь нужно число.")
}

pub(super) fn no_yes_or_no(user: &Value) -> &'static str {
    pick(user, "Please answer yes or no.", "Ответьте, пожалуйста, да или нет.")
}

pub(super) fn does_not_fit(user: &Value) -> &'static str {
    pick(user, "This does not fit", "Это не подходит")
}

/// Whether a whole message says no to what waits for an approval.
pub fn is_refusal(message: &str) -> bool {
    is_stop(message)
        || matches!(alone(message).as_str(), "no" | "reject" | "нет" | "отклоняю" | "отклони" | "не публикуй")
}

fn alone(message: &str) -> String {
    message.trim().trim_end_matches(['.', '!']).to_lowercase()
}

/// Whether a whole message says to stop.
pub(super) fn is_stop(message: &str) -> bool {
    let word = alone(message);
    matches!(word.as_str(), "cancel" | "stop" | "never mind" | "отмена" | "отмени" | "стоп" | "хватит" | "не надо")
}
