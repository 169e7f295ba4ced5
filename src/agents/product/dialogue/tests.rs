//! Answers as data: what each changes, and what is asked next.

use serde_json::json;

use super::*;
use crate::agents::product::draft::{Charc, Subject};

fn said(message: &str, language: Language) -> Said<'_> {
    Said { message, heard: Facts::default(), language }
}

fn whole() -> Draft {
    let mut draft = Draft::new(Language::English, "sb-1".into());
    let mut notes = Vec::new();
    begin(&mut draft, &said("sell a red ceramic mug, 900 rub, 12x9x10 cm, 400 g", Language::English), &mut notes);
    assert_eq!(notes, Vec::<String>::new());
    draft.subject = Some(Subject { id: 7, name: "Mugs".into(), parent: "Home".into() });
    let charc =
        |id, name: &str, required| Charc { id, name: name.to_owned(), required, max_count: 2, ..Charc::default() };
    draft.charcs = Some(vec![charc(1, "Color", true), charc(2, "Tableware material", true)]);
    draft.values.insert(2, json!(["ceramic"]));
    draft.keywords = Some(vec!["tea mug".into()]);
    draft
}

/// Messages one after another, and what is asked after each.
#[track_caller]
fn check(mut draft: Draft, language: Language, steps: &[(&str, &str, &str)]) {
    let mut asked = plan(&mut draft, &[], language).asked;
    for (message, next, says) in steps {
        let mut notes = Vec::new();
        let after = take(&mut draft, &asked, &said(message, language), &mut notes);
        if after != After::Plan {
            assert_eq!(format!("{after:?}"), *next, "{message}");
            return;
        }
        let planned = plan(&mut draft, &notes, language);
        let shown = if planned.step == "ask" { planned.asked.clone() } else { planned.step.to_owned() };
        assert_eq!(shown, *next, "{message}: {}", planned.question);
        assert!(planned.question.contains(says), "{message}: {}", planned.question);
        asked = planned.asked;
    }
}

#[test]
fn what_is_missing_is_asked_for_one_after_another() {
    check(
        Draft::new(Language::English, "sb-1".into()),
        Language::English,
        &[
            ("a red ceramic mug", "price", "whole roubles"),
            ("abc", "price", "Price “abc”: is not a number. Write it in whole roubles"),
            ("−5", "price", "must be above 0"),
            ("1e400", "price", "100000000"),
            ("900 rub or 10 $", "price", "more than one currency"),
            ("900", "dimensions", "12x9x10"),
            ("publish", "dimensions", "cannot be published yet"),
            ("12 9 10", "weight", "400 g"),
            ("400", "categories", ""),
        ],
    );
    check(
        Draft::new(Language::Russian, "sb-1".into()),
        Language::Russian,
        &[
            ("красная кружка", "price", "в целых рублях"),
            ("цена 900, вес 0,4 кг", "dimensions", "12x9x10"),
            ("12х9х10", "categories", ""),
        ],
    );
}

#[test]
fn a_draft_is_corrected_in_words_as_often_as_wanted() {
    let long = format!("title: {}", "a".repeat(300));
    check(
        whole(),
        Language::English,
        &[
            ("price 950", "review", "Price: 950 ₽"),
            ("change the colour to blue", "review", "Color: blue"),
            ("tableware material: glass", "review", "Tableware material: glass"),
            ("hm?", "review", "I did not understand"),
            (&long, "review", "Title “300”: characters; at most 60"),
            ("title: Cheap mug", "review", "Title “cheap”: is a word that the marketplace does not allow"),
            ("title: Mug", "review", "or write “publish”"),
            ("publish", "Seal", ""),
        ],
    );
    check(whole(), Language::Russian, &[("цена 900", "review", "Цена: 900 ₽"), ("опубликуй", "Seal", "")]);
}

#[test]
fn a_colour_said_in_another_language_is_of_the_drafts() {
    for (of, product, message, language, name, colour) in [
        ("ru", "красная кружка", "change the colour to white", Language::English, "белая кружка", "белый"),
        ("ru", "красная кружка", "change the colour to turquoise", Language::English, "кружка", "turquoise"),
        ("en", "red mug", "поменяй цвет на белый", Language::Russian, "white mug", "white"),
        ("en", "red and black mug", "change the colour to white", Language::English, "red and black mug", "white"),
        ("ru", "красная кружка", "поменяй цвет на белую", Language::Russian, "белая кружка", "белый"),
    ] {
        let mut draft = Draft { language: of.into(), product: Some(product.into()), ..whole() };
        answer(&mut draft, "", &said(message, language), &mut Vec::new());
        assert_eq!((draft.name(), draft.said["color"].as_str()), (name, colour), "{product}: {message}");
    }
}

#[test]
fn another_product_is_another_category() {
    check(whole(), Language::English, &[("product: steel kettle", "categories", "")]);
    check(whole(), Language::English, &[("category: cups", "categories", "")]);
}

#[test]
fn a_category_that_is_not_clear_is_picked_from_a_list() {
    let mut draft = whole();
    draft.forget_category();
    draft.searches = Some(Vec::new());
    let subject = |id, name: &str| Subject { id, name: name.to_owned(), parent: "Home".to_owned() };
    draft.candidates = vec![subject(7, "Mugs"), subject(8, "Beer mugs")];
    let planned = plan(&mut draft, &[], Language::English);
    assert!(planned.question.contains("1. Mugs (Home)\n2. Beer mugs (Home)"), "{}", planned.question);
    for answer in ["2", "the second", "beer"] {
        check(draft.clone(), Language::English, &[(answer, "characteristics", "")]);
    }
    check(draft.clone(), Language::English, &[("cups", "categories", "")]);
    check(draft.clone(), Language::English, &[("other", "category", "I found no others")]);
    draft.candidates = (1..=7).map(|id| subject(id, &format!("Kind {id}"))).collect();
    let more = "6. Kind 6 (Home)\n7. Kind 7 (Home)\nOr other words";
    check(draft.clone(), Language::English, &[("other", "category", more), ("6", "characteristics", "")]);
    let planned = plan(&mut draft, &[], Language::Russian);
    assert!(planned.question.contains("Ответьте номером или названием") && planned.question.contains("«Другие»"));
}

#[test]
fn after_two_unclear_answers_the_user_hears_what_was_understood_and_how_to_leave() {
    let mut draft = whole();
    draft.forget_category();
    draft.searches = Some(Vec::new());
    draft.candidates = vec![Subject { id: 7, name: "Mugs".into(), parent: "Home".into() }];
    let ask = |draft: &mut Draft, message: &str| {
        take(draft, "category", &said(message, Language::English), &mut Vec::new());
        draft.searches = Some(Vec::new());
        plan(draft, &[], Language::English).question
    };
    let first = ask(&mut draft, "whatchamacallit");
    assert!(first.starts_with("I found no single category for “whatchamacallit”.\nWhich category"), "{first}");
    let second = ask(&mut draft, "gizmo");
    for part in ["that you sell “red ceramic mug”", "“1” takes the first", "“cancel” leaves", "1. Mugs (Home)"]
    {
        assert!(second.contains(part), "{part}: {second}");
    }
    draft.candidates.clear();
    let none = ask(&mut draft, "doodad");
    assert!(none.ends_with("Name it in one or two words, as buyers would: for example, mugs."), "{none}");
    assert!(!none.contains("“1”") && !draft.texts.iter().any(|text| text.contains("doodad")), "{none}");
    draft.candidates = vec![Subject { id: 7, name: "Mugs".into(), parent: "Home".into() }];
    let picked = ask(&mut draft, "1");
    assert!(!picked.contains("category") && draft.category_unclear == 0, "{picked}");
}

#[test]
fn a_kept_draft_goes_on_or_gives_way() {
    let mut notes = Vec::new();
    let mut draft = whole();
    let mut after = |message| take(&mut draft, "offer", &said(message, Language::English), &mut notes);
    assert_eq!(after("go on"), After::Plan);
    assert_eq!(after("new: a blue vase"), After::Anew);
    assert_eq!(take(&mut whole(), "watch", &said("and now?", Language::English), &mut Vec::new()), After::Watch);
}

#[test]
fn a_sent_card_keeps_its_code() {
    let mut draft = whole();
    answer(&mut draft, "", &said("vendor code: MY-1", Language::English), &mut Vec::new());
    assert_eq!(draft.vendor_code, "MY-1");
    draft.is_sent = true;
    answer(&mut draft, "", &said("vendor code: MY-2", Language::English), &mut Vec::new());
    assert_eq!(draft.vendor_code, "MY-1");
}

#[test]
fn what_a_model_heard_fills_what_the_rules_did_not_read_and_yields_to_what_they_are_sure_of() {
    let mut draft = Draft::new(Language::English, "sb-1".into());
    let mut notes = Vec::new();
    let message = "My gran makes these out of ceramic, brand: Norvik, price 900";
    let heard = Facts {
        product: Some("red mug".into()),
        labelled: [("brand", "Gran".to_owned()), ("composition", "ceramic".to_owned())].into(),
        price: Some(Ok(1)),
        weight_g: Some(400),
        ..Facts::default()
    };
    begin(&mut draft, &Said { message, heard, language: Language::English }, &mut notes);
    assert_eq!((draft.name(), draft.brand.as_deref(), draft.price), ("red mug", Some("Norvik"), Some(900)));
    assert_eq!((draft.said["composition"].as_str(), draft.weight_g, notes), ("ceramic", Some(400), Vec::new()));
}
