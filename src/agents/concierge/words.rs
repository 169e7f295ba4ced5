//! What the concierge says, in both languages, and the words by which it knows a greeting or thanks.

use crate::agents::language::Language::{self, English, Russian};

/// What kind of message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// `hi`.
    Greeting,
    /// `thank you`.
    Thanks,
    /// `who are you`, `what can you do`.
    About,
    /// Anything else: a request that no agent recognised.
    Request,
}

const GREETINGS: &[&str] = &[
    "hi",
    "hello",
    "hey",
    "yo",
    "hiya",
    "good morning",
    "good afternoon",
    "good evening",
    "good day",
    "hi there",
    "hello there",
    "привет",
    "приветик",
    "приветствую",
    "здравствуйте",
    "здравствуй",
    "здрасте",
    "здрасьте",
    "добрый день",
    "доброе утро",
    "добрый вечер",
    "доброго дня",
    "доброго времени суток",
    "хай",
    "салют",
    "всем привет",
    "ку",
];
const THANKS: &[&str] = &[
    "thanks",
    "thank you",
    "thx",
    "ty",
    "cheers",
    "great thanks",
    "ok thanks",
    "thanks a lot",
    "thank you very much",
    "thank you so much",
    "many thanks",
    "thanks so much",
    "спасибо",
    "спасибо большое",
    "большое спасибо",
    "огромное спасибо",
    "спасибо огромное",
    "благодарю",
    "спс",
    "пасиб",
    "ок спасибо",
    "хорошо спасибо",
    "отлично спасибо",
    "супер спасибо",
];
const ABOUT: &[&str] = &[
    "who are you",
    "what are you",
    "what can you do",
    "what do you do",
    "what can i ask",
    "what can i do here",
    "how can you help",
    "how does this work",
    "how does it work",
    "how do you work",
    "what is this",
    "help",
    "help me",
    "menu",
    "commands",
    "what can you help me with",
    "what can you help with",
    "what is your name",
    "whats your name",
    "your skills",
    "кто ты",
    "кто вы",
    "ты кто",
    "вы кто",
    "что ты умеешь",
    "что вы умеете",
    "что умеешь",
    "что ты можешь",
    "что вы можете",
    "что можешь",
    "что ты делаешь",
    "чем ты можешь помочь",
    "чем можешь помочь",
    "чем поможешь",
    "чем вы можете помочь",
    "как ты работаешь",
    "как это работает",
    "что это",
    "как тебя зовут",
    "как вас зовут",
    "помощь",
    "помоги",
    "помогите",
    "меню",
    "команды",
    "справка",
    "с чем поможешь",
    "что тут можно",
    "что здесь можно",
    "что ты такое",
];
/// Words after a greeting that change nothing.
const FILLERS: &[&str] = &[
    "there",
    "all",
    "everyone",
    "everybody",
    "again",
    "bot",
    "team",
    "friend",
    "friends",
    "всем",
    "ребята",
    "друзья",
    "коллеги",
    "бот",
    "снова",
    "еще",
    "раз",
    "дорогой",
    "уважаемые",
    "там",
];
/// A message of this many words with `who are you` in it is a question about the concierge.
const ABOUT_WORDS_MAX: usize = 9;

/// Tells what kind of message it is.
pub(super) fn mood(message: &str) -> Mood {
    let lower = message.to_lowercase().replace('ё', "е").replace(['\'', '’'], "");
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let after_greeting = without_start(&words, GREETINGS);
    let greeted = after_greeting.is_some_and(|rest| rest.iter().all(|word| FILLERS.contains(word)));
    let said = after_greeting.unwrap_or(&words).join(" ");
    if words.is_empty() {
        Mood::Request
    } else if greeted {
        Mood::Greeting
    } else if THANKS.contains(&said.as_str()) {
        Mood::Thanks
    } else if is_about(&said, words.len()) {
        Mood::About
    } else {
        Mood::Request
    }
}

/// A short word alone (`help`) or a question of at least two words inside a short message.
fn is_about(said: &str, words: usize) -> bool {
    let inside = |phrase: &&str| phrase.contains(' ') && format!(" {said} ").contains(&format!(" {phrase} "));
    ABOUT.contains(&said)
        || (words <= ABOUT_WORDS_MAX
            && ABOUT.iter().filter(|phrase| phrase.split(' ').count() >= 3 || !phrase.is_ascii()).any(inside))
}

/// What follows the longest of `phrases` that the words begin with.
fn without_start<'a>(words: &'a [&'a str], phrases: &[&str]) -> Option<&'a [&'a str]> {
    let begins = |phrase: &&&str| {
        let parts: Vec<&str> = phrase.split(' ').collect();
        words.starts_with(&parts)
    };
    let longest = phrases.iter().filter(begins).map(|phrase| phrase.split(' ').count()).max()?;
    Some(&words[longest..])
}

/// The first words of an answer that is not about a request.
pub(super) fn opening(mood: Mood, language: Language, name: &str) -> String {
    match (mood, language) {
        (Mood::Greeting, English) => "Hello! ".to_owned(),
        (Mood::Greeting, Russian) => "Здравствуйте! ".to_owned(),
        (Mood::About, English) if name.is_empty() => "I help you find the right assistant here. ".to_owned(),
        (Mood::About, Russian) if name.is_empty() => "Я подсказываю, кто из помощников чем занимается. ".to_owned(),
        (Mood::About, English) => format!("I am {name} and help you find the right assistant here. "),
        (Mood::About, Russian) => format!("Я {name}: подсказываю, кто из помощников чем занимается. "),
        (Mood::Thanks | Mood::Request, _) => String::new(),
    }
}

/// The line before the list.
pub(super) fn can_do(language: Language) -> &'static str {
    match language {
        English => "Here is what we can do:",
        Russian => "Вот с чем здесь помогут:",
    }
}

/// The line before the list, where no agent recognised the message; `found` where some come close.
pub(super) fn unrecognised(found: bool, language: Language) -> &'static str {
    match (language, found) {
        (English, true) => {
            "I am not sure who should take this: none of the assistants recognised the request. The closest are:"
        }
        (English, false) => "None of the assistants recognised this request. Here is what they can do:",
        (Russian, true) => "Никто из помощников не узнал в этом свою задачу. Ближе всего:",
        (Russian, false) => "Никто из помощников не узнал в этом свою задачу. Вот что они умеют:",
    }
}

/// The question at the end.
pub(super) fn question(mood: Mood, language: Language) -> &'static str {
    match (mood, language) {
        (Mood::Request, English) => "Could you put it another way, or say which of these you need?",
        (Mood::Request, Russian) => "Скажите, пожалуйста, иначе или напишите, что из этого нужно.",
        (_, English) => "What would you like to do?",
        (_, Russian) => "Чем займёмся?",
    }
}

/// The answer to thanks.
pub(super) fn welcome(language: Language) -> &'static str {
    match language {
        English => "You are welcome! Is there anything else I can help with?",
        Russian => "Пожалуйста! Могу ещё чем-нибудь помочь?",
    }
}

/// The answer where no other agent is enabled.
pub(super) fn nobody(language: Language) -> &'static str {
    match language {
        English => {
            "No assistant is switched on at the moment, so nobody here can take a request. Please try again later."
        }
        Russian => "Сейчас не включён ни один помощник, поэтому взять задачу некому. Попробуйте, пожалуйста, позже.",
    }
}

/// The line for the agents that the list leaves out.
pub(super) fn more(count: usize, language: Language) -> String {
    match language {
        English => format!("and {count} more"),
        Russian => format!("и ещё {count}"),
    }
}

/// What comes before examples.
pub(super) fn for_example(language: Language) -> &'static str {
    match language {
        English => "For example:",
        Russian => "Например:",
    }
}

/// A text in the language's quotation marks.
pub(super) fn quoted(text: &str, language: Language) -> String {
    match language {
        English => format!("“{text}”"),
        Russian => format!("«{text}»"),
    }
}
