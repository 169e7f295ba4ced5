//! What the product agent says, in the language of the user.

use std::fmt::Write as _;

use super::{
    compose::{Texts, said},
    draft::{Charc, Draft},
    glossary, picks,
};
use crate::agents::language::{Language, pick};

/// The most of a message of others that is shown, in characters.
const SHOWN_CHARS_MAX: usize = 400;

/// The question for a field of the draft.
pub(super) fn ask(field: &str, language: Language) -> &'static str {
    match field {
        "product" => pick(
            language,
            "What do you want to sell? Tell me all you know: what it is, brand, price, colour, composition, size and weight \
             with packing, links to photos.",
            "Что хотите продать? Расскажите всё, что знаете: что это, бренд, цена, цвет, состав, габариты и вес с упаковкой, \
             ссылки на фото.",
        ),
        "price" => pick(language, "What is the price, in whole roubles?", "Какая цена, в целых рублях?"),
        "dimensions" => pick(
            language,
            "What are the dimensions with packing, in cm? For example: 12x9x10.",
            "Какие габариты с упаковкой, в см? Например: 12x9x10.",
        ),
        "weight" => pick(
            language,
            "How much does it weigh with packing? For example: 400 g.",
            "Сколько весит с упаковкой? Например: 400 г.",
        ),
        _ => pick(
            language,
            "I found no category for it. Name it in one or two words, as buyers would: for example, mugs.",
            "Не нашёл категорию. Назовите её одним-двумя словами, как покупатели: например, кружки.",
        ),
    }
}

/// The question for the category; after answers that named none, with what was understood, and how to go on or leave.
pub(super) fn which_category(draft: &Draft, language: Language) -> String {
    let (mut lines, has_any) = (understood(draft, language), !draft.candidates.is_empty());
    if !has_any {
        let again = pick(
            language,
            "Name it in one or two words, as buyers would: for example, mugs.",
            "Назовите её одним-двумя словами, как покупатели: например, кружки.",
        );
        lines.push(if lines.is_empty() { ask("category", language) } else { again }.to_owned());
        return lines.join("\n");
    }
    let question = pick(
        language,
        "Which category is it? Answer with its number or its name:",
        "Какая это категория? Ответьте номером или названием:",
    );
    lines.push(question.to_owned());
    lines.extend(
        picks::shown(draft).map(|(number, subject)| format!("{number}. {} ({})", subject.name, subject.parent)),
    );
    lines.push(if picks::has_more(draft) {
        pick(
            language,
            "“other” shows more; or name it in other words.",
            "«Другие» — покажу ещё; или назовите её другими словами.",
        )
        .to_owned()
    } else {
        pick(language, "Or other words for it.", "Или назовите её другими словами.").to_owned()
    });
    lines.join("\n")
}

fn understood(draft: &Draft, language: Language) -> Vec<String> {
    let said: String = draft.category_said.as_deref().unwrap_or_default().chars().take(SHOWN_CHARS_MAX).collect();
    let (name, mut lines) = (draft.name(), Vec::new());
    if draft.category_unclear > 0 {
        lines.push(match language {
            Language::English => format!("I found no single category for “{said}”."),
            Language::Russian => format!("По словам «{said}» одна категория не нашлась."),
        });
    }
    if draft.category_unclear > 1 {
        let first = if draft.candidates.is_empty() {
            ""
        } else {
            pick(language, " “1” takes the first of the list,", " «1» — первая из списка,")
        };
        lines.push(match language {
            Language::English => format!(
                "I understood that you sell “{name}”; only the category is missing.{first} “category: mugs” looks for another \
                 one, “product: …” corrects what it is, and “cancel” leaves: the draft is kept."
            ),
            Language::Russian => format!(
                "Я понял, что вы продаёте «{name}»; не хватает только категории.{first} «категория: кружки» — поискать другую, \
                 «товар: …» — поправить, что это, «отмена» — выйти: черновик сохранится."
            ),
        });
    }
    lines
}

pub(super) fn no_more_categories(language: Language) -> &'static str {
    pick(
        language,
        "I found no others. Name the category in one or two words, as buyers would.",
        "Других не нашёл. Назовите категорию одним-двумя словами, как покупатели.",
    )
}

pub(super) fn charc(charc: &Charc, language: Language) -> String {
    let ask = pick(language, "The category requires", "В этой категории обязательно");
    let unit = glossary::unit(&charc.unit, language);
    let unit = if unit.is_empty() { String::new() } else { format!(" ({unit})") };
    let how = match (charc.is_number, charc.max_count) {
        (true, _) => pick(language, "a number", "число").to_owned(),
        (false, 1) => pick(language, "one value", "одно значение").to_owned(),
        (false, 0) => pick(language, "values separated by commas", "значения через запятую").to_owned(),
        (false, max) => match language {
            Language::English => format!("up to {max} values separated by commas"),
            Language::Russian => format!("до {max} значений через запятую"),
        },
    };
    format!("{ask}: {}{unit} — {how}.", charc.name)
}

/// The draft as the user reads it, and what to do with it.
pub(super) fn review(draft: &Draft, texts: &Texts, is_ready: bool, language: Language) -> String {
    let line = |text: &mut String, english, russian, value: &str| {
        if !value.is_empty() {
            writeln!(text, "{}: {value}", pick(language, english, russian)).ok();
        }
    };
    let mut text = String::from(pick(language, "The listing:\n", "Карточка:\n"));
    line(&mut text, "Title", "Название", &texts.title);
    let category =
        draft.subject.as_ref().map(|subject| format!("{} ({})", subject.name, subject.parent)).unwrap_or_default();
    line(&mut text, "Category", "Категория", &category);
    line(&mut text, "Brand", "Бренд", draft.brand.as_deref().unwrap_or_default());
    line(&mut text, "Price", "Цена", &draft.price.map(|price| format!("{price} ₽")).unwrap_or_default());
    line(&mut text, "Sizes", "Размеры", &draft.sizes.join(", "));
    for (name, value) in said(draft, language, glossary::explained) {
        writeln!(text, "{name}: {value}").ok();
    }
    let packing = draft.dimensions.zip(draft.weight_g).map(|([length, width, height], grams)| match language {
        Language::English => format!("{length}×{width}×{height} cm, {grams} g"),
        Language::Russian => format!("{length}×{width}×{height} см, {grams} г"),
    });
    line(&mut text, "With packing", "С упаковкой", &packing.unwrap_or_default());
    line(&mut text, "Barcodes", "Баркоды", &draft.barcodes.join(", "));
    line(&mut text, "Photos", "Фото", &draft.photos.join(" "));
    for note in draft.photo_notes.iter().flatten() {
        writeln!(text, "  {note}").ok();
    }
    line(&mut text, "Description", "Описание", &texts.description);
    line(&mut text, "Vendor code", "Артикул продавца", &draft.vendor_code);
    text.push_str(if is_ready {
        pick(
            language,
            "Correct it in your words (“title: …”, “price 900”, “change the colour to red”), or write “publish”.",
            "Поправьте своими словами («название: …», «цена 900», «поменяй цвет на красный») или напишите «опубликуй».",
        )
    } else {
        pick(language, "This must be corrected before it can be published.", "Это нужно исправить до публикации.")
    });
    text
}

pub(super) fn offer(draft: &Draft, language: Language) -> String {
    let name = draft.title.as_deref().unwrap_or(draft.name());
    match language {
        Language::English => {
            format!(
                "There is an unfinished listing: {name}. Shall we go on with it? Write “go on”, or “new” for another one."
            )
        }
        Language::Russian => {
            format!("Есть незаконченная карточка: {name}. Продолжим её? Напишите «продолжай» или «новая» для другой.")
        }
    }
}

pub(super) fn not_yet(language: Language) -> &'static str {
    pick(
        language,
        "It cannot be published yet: this is missing still. “Cancel” leaves, and the draft is kept.",
        "Опубликовать пока нельзя: не хватает вот этого. «Отмена» — выйти, черновик сохранится.",
    )
}

pub(super) fn not_understood(language: Language) -> &'static str {
    pick(
        language,
        "I did not understand what to change. Name the field and its value, for example: price 900.",
        "Не понял, что изменить. Назовите поле и значение, например: цена 900.",
    )
}

pub(super) fn approve(draft: &Draft, texts: &Texts, language: Language) -> String {
    let (title, price) = (&texts.title, draft.price.unwrap_or_default());
    match language {
        Language::English => format!(
            "Ready to publish “{title}” at {price} ₽ under the vendor code {}. Approve or reject it; what you write instead is a \
             correction.",
            draft.vendor_code
        ),
        Language::Russian => format!(
            "Готово к публикации: «{title}», цена {price} ₽, артикул продавца {}. Подтвердите или отклоните; если напишете что-то \
             вместо этого, это будет поправка.",
            draft.vendor_code
        ),
    }
}

pub(super) fn not_published(code: &str, language: Language) -> &'static str {
    match code {
        "expired" => pick(
            language,
            "Nobody approved it in time, so nothing was published.",
            "Решения не было вовремя, поэтому ничего не опубликовано.",
        ),
        _ => pick(language, "All right, nothing was published.", "Хорошо, ничего не опубликовано."),
    }
}

pub(super) fn still_checked(language: Language) -> &'static str {
    pick(
        language,
        "The marketplace is still checking the card, which may take some minutes. Write anything to look again.",
        "Маркетплейс ещё проверяет карточку, это может занять несколько минут. Напишите что-нибудь, и я посмотрю снова.",
    )
}

pub(super) fn done(nm_id: u64, vendor_code: &str, language: Language) -> String {
    match language {
        Language::English => format!("Published: article {nm_id}, vendor code {vendor_code}."),
        Language::Russian => format!("Опубликовано: артикул {nm_id}, артикул продавца {vendor_code}."),
    }
}

pub(super) fn no_media(language: Language) -> &'static str {
    pick(
        language,
        "The photos could not be added; add them in the seller's account.",
        "Фото добавить не удалось; добавьте их в кабинете продавца.",
    )
}

pub(super) fn photos_unseen(language: Language) -> &'static str {
    pick(language, "The photos could not be looked at.", "Посмотреть фото не удалось.")
}

/// Why the marketplace could not be asked, and what to do.
pub(super) fn trouble(message: &str, language: Language) -> String {
    let begin = |code: &str| message.contains(code);
    let words = if begin("no_token") || begin("token_refused") || begin("access_denied") {
        pick(
            language,
            "The marketplace does not accept the token of the shop. Ask the operator to set a valid one",
            "Маркетплейс не принимает токен магазина. Попросите администратора указать действующий",
        )
    } else if begin("rate_limited") {
        pick(
            language,
            "The marketplace takes no more requests for now",
            "Маркетплейс пока не принимает больше запросов",
        )
    } else if begin("outcome_unknown") {
        pick(
            language,
            "Whether the marketplace took the card is not known; nothing will be made twice",
            "Неизвестно, принял ли маркетплейс карточку; дважды она создана не будет",
        )
    } else if begin("refused") {
        pick(language, "The marketplace refused the request", "Маркетплейс отказал в запросе")
    } else {
        pick(language, "The marketplace does not answer", "Маркетплейс не отвечает")
    };
    let detail: String = message.chars().take(SHOWN_CHARS_MAX).collect();
    let next = pick(
        language,
        "Your draft is kept. Write “go on” to try again.",
        "Черновик сохранён. Напишите «продолжай», чтобы попробовать снова.",
    );
    format!("{words} ({detail}). {next}")
}
