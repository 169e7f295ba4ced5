//! What the concierge says, in both languages.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::agents::language::Language::{English, Russian};

fn colleague(id: &str, name: &str, description: &str, examples: &[&str]) -> Colleague {
    let card = AgentCard {
        name: name.to_owned(),
        description: description.to_owned(),
        examples: examples.iter().map(|line| (*line).to_owned()).collect(),
        ..AgentCard::default()
    };
    Colleague { id: id.parse().unwrap(), card: Arc::new(card) }
}

fn staff() -> Vec<Colleague> {
    vec![
        colleague(
            "analytics_agent",
            "Analytics",
            "Sales, stock and demand in numbers.",
            &["How did my sales change last week?", "Какие товары продаются хуже всего?"],
        ),
        colleague(
            "pricing_agent",
            "Pricing",
            "Works out a price.",
            &["cost 500, margin 25%", "Посчитай цену: закупка 500", "Какая маржа при цене 1500?", "Сколько стоит?"],
        ),
    ]
}

/// The answer must hold the texts, with `¬` before one that it must not hold.
#[track_caller]
fn check(message: &str, colleagues: &[Colleague], expected: &[&str]) {
    let language = language::of(message).unwrap_or(English);
    let text = answer(message, language, "Helper", colleagues);
    for needle in expected {
        match needle.strip_prefix('¬') {
            Some(absent) => assert!(!text.contains(absent), "{message}\nmust not say {absent}:\n{text}"),
            None => assert!(text.contains(needle), "{message}\nmust say {needle}:\n{text}"),
        }
    }
}

#[test]
fn a_greeting_is_returned_with_what_the_agents_can_do() {
    for message in ["hi", "Hello!", "hey there :)", "Good morning"] {
        check(
            message,
            &staff(),
            &["Hello! Here is what we can do:", "**Analytics** — Sales", "**Pricing**", "What would you like"],
        );
    }
    for message in ["привет", "Здравствуйте!", "Добрый день)))", "привет)"] {
        check(message, &staff(), &["Здравствуйте! Вот с чем здесь помогут:", "**Analytics**", "Чем займёмся?"]);
    }
}

#[test]
fn a_question_about_itself_is_answered() {
    for message in
        ["who are you", "What can you do?", "hello, what can you do for me", "help", "So how does this work?"]
    {
        check(message, &staff(), &["I am Helper and help you find", "**Pricing**"]);
    }
    for message in ["кто ты?", "Что ты умеешь?", "привет, чем ты можешь помочь?", "помощь", "Что вы умеете делать?"]
    {
        check(message, &staff(), &["Я Helper: подсказываю", "**Pricing**"]);
    }
}

#[test]
fn a_description_in_two_languages_is_told_in_the_users() {
    let two = vec![colleague("product_agent", "Product", "Makes cards v1.5 for you. Делает карточки.", &[])];
    check("help", &two, &["— Makes cards v1.5 for you.", "¬Делает"]);
    check("помощь", &two, &["— Делает карточки.", "¬Makes"]);
    check("помощь", &staff(), &["— Works out a price."]);
}

#[test]
fn thanks_get_a_short_answer() {
    for message in ["thanks", "Thank you!", "thank you so much"] {
        check(message, &staff(), &["You are welcome", "¬**"]);
    }
    for message in ["спасибо", "Большое спасибо!"] {
        check(message, &staff(), &["Пожалуйста!", "¬**"]);
    }
}

#[test]
fn a_request_that_nobody_recognised_says_so_and_names_the_closest() {
    check(
        "write a poem about my sales",
        &staff(),
        &["none of the assistants recognised", "**Analytics**", "¬**Pricing**"],
    );
    check(
        "sing me a song",
        &staff(),
        &["None of the assistants recognised", "**Analytics**", "**Pricing**", "put it another way"],
    );
    check(
        "посчитайте цены на куртки",
        &staff(),
        &["Никто из помощников", "Ближе всего", "**Pricing**", "¬**Analytics**"],
    );
    check(
        "спой песню",
        &staff(),
        &["Никто из помощников", "**Analytics**", "**Pricing**", "Скажите, пожалуйста, иначе"],
    );
    check("help me write a poem about the moon and the stars above the sea", &staff(), &["None of the assistants"]);
    check("???", &staff(), &["None of the assistants"]);
}

#[test]
fn examples_are_in_the_users_language_and_two_at_most() {
    check("hi", &staff(), &["“cost 500, margin 25%”", "¬Посчитай"]);
    check(
        "привет",
        &staff(),
        &["«Посчитай цену: закупка 500», «Какая маржа при цене 1500?»", "¬Сколько стоит", "¬cost 500"],
    );
    let only_english = [colleague("a", "A", "", &["one", "two", "three"])];
    check("привет", &only_english, &["«one», «two»", "¬three", "¬—"]);
    check("hi", &[colleague("a", "A", "does", &[])], &["- **A** — does\n", "¬example"]);
}

#[test]
fn without_colleagues_it_says_that_nobody_is_there() {
    check("hi", &[], &["Hello! No assistant is switched on"]);
    check("посчитай цену", &[], &["не включён ни один помощник"]);
}

#[test]
fn a_long_list_is_cut_and_counted() {
    let many: Vec<Colleague> =
        (0..11).map(|i| colleague(&format!("a{i:02}"), &format!("Agent {i:02}"), "", &[])).collect();
    check("hi", &many, &["**Agent 07**", "¬**Agent 08**", "- and 3 more"]);
    check("привет", &many, &["- и ещё 3"]);
    check("hi", &many[..8], &["**Agent 07**", "¬more"]);
}

#[test]
fn what_a_card_says_is_plain_text() {
    let card = colleague("a", "**Bold** [x](http://e)", "<script>alert(1)</script>\n\n# Head\u{7}", &["`rm`\n- item"]);
    check(
        "hi",
        &[card],
        &["\\*\\*Bold\\*\\* \\[x\\]\\(http://e\\)", "\\<script\\>", "¬\n#", "\\# Head", "“\\`rm\\` - item”", "¬\u{7}"],
    );
    check("hi", &[colleague("a", "A", &"x".repeat(1000), &[])], &["x…\n", "¬xxxxxxxxxxxx\n"]);
}

proptest! {
    #[test]
    fn any_message_and_any_card_get_an_answer(message in "\\PC*", name in "\\PC*", description in "\\PC*", example in "\\PC*") {
        let staff = [colleague("a", &name, &description, &[&example])];
        for language in [English, Russian] {
            prop_assert!(!answer(&message, language, &name, &staff).is_empty());
        }
    }
}
