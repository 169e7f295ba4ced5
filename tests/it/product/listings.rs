//! Whole conversations, in both languages.

use sandbox::{Fault, FaultRule};
use serde_json::json;

use super::{Listing, has};

#[tokio::test]
async fn a_listing_is_made_corrected_approved_and_published_in_english() {
    let mut it = Listing::open().await;
    let first = it.say("I want to sell a red mug, brand Norvik, price 900 rub, 12x9x10 cm, weight 400 g").await;
    has(&first, &["The category requires: Tableware material"]);
    let shown = it.say("ceramic").await;
    has(&shown, &["Title: Red mug", "Category: Mugs (Home)", "Color: red", "Price: 900 ₽", "12×9×10 cm, 400 g"]);
    has(&it.say("change the colour to white").await, &["Color: white"]);
    has(&it.say("title: Ceramic mug Norvik").await, &["Title: Ceramic mug Norvik"]);
    has(&it.say("publish").await, &["Ready to publish “Ceramic mug Norvik” at 900 ₽"]);
    let told = it.decide("approved").await;
    let cards = it.cards();
    assert_eq!(cards.len(), 1, "{told}");
    has(&told, &[&format!("Published: article {}", cards[0]["nmID"])]);
    assert_eq!((&cards[0]["title"], &cards[0]["brand"]), (&json!("Ceramic mug Norvik"), &json!("Norvik")));
    let state = it.shop.shop().state();
    assert_eq!(state["prices"].as_array().unwrap().last().unwrap()["price"], 900);
    assert_eq!(it.uploads(), 1);
}

#[tokio::test]
async fn a_listing_is_made_corrected_approved_and_published_in_russian() {
    let mut it = Listing::open().await;
    has(&it.say("Хочу продать красную кружку").await, &["Какая цена"]);
    has(&it.say("900 руб, вес 0,4 кг").await, &["габариты"]);
    has(&it.say("12х9х10").await, &["обязательно: Материал посуды"]);
    let shown = it.say("керамика").await;
    has(&shown, &["Категория: Кружки (Дом)", "Цвет: красный", "Цена: 900 ₽", "Подойдёт тем, кто ищет"]);
    has(&it.say("цена 950").await, &["Цена: 950 ₽"]);
    has(&it.say("бренд: Тихий Дом").await, &["Бренд: Тихий Дом"]);
    has(&it.say("опубликуй").await, &["Готово к публикации", "950 ₽"]);
    has(&it.decide("approved").await, &["Опубликовано: артикул"]);
    assert_eq!(it.cards().len(), 1);
    assert_eq!(it.cards()[0]["brand"], "Тихий Дом");
}

#[tokio::test]
async fn a_seller_reads_the_listing_in_his_language_without_words_of_the_request() {
    let mut it = Listing::open().await;
    let shown =
        it.say("I want to sell a red ceramic mug of 350 ml, material: ceramic; 900 rub, 12x9x10 cm, 400 g").await;
    has(&shown, &["Volume: 350 ml.", "Category: Mugs (Home)"]);
    assert!(!shown.contains("мл") && !shown.contains("sell"), "{shown}");
    let mut it = Listing::open().await;
    let shown =
        it.say("продать: кружка керамическая белая, 350 мл, материал: керамика; цена 900, 12x9x10 см, 400 г").await;
    has(&shown, &["Название: Кружка керамическая белая", "Категория: Кружки (Дом)", "Объем: 350 мл"]);
    assert!(!shown.to_lowercase().contains("продать"), "{shown}");
}

#[tokio::test]
async fn a_rejection_is_told_in_the_language_of_the_seller_with_the_words_of_the_marketplace() {
    let mut it = Listing::open().await;
    let error = "Поле Наименование не должно содержать запрещенные символы: ★".to_owned();
    it.shop.shop().add_faults(vec![FaultRule::new("", 1, Fault::RejectCard { error })]).unwrap();
    it.say("sell a ceramic mug, color: white; material: ceramic; price 900, 12x9x10 cm, 400 g").await;
    it.say("publish").await;
    let told = it.decide("approved").await;
    has(&told, &["Title: there are characters that the marketplace does not allow.", "what “Title” should be"]);
    has(&told, &["In the marketplace's words: “Поле Наименование"]);
}

#[tokio::test]
async fn what_the_name_says_is_not_asked_again() {
    let mut it = Listing::open().await;
    let shown = it.say("I want to sell a red ceramic mug, price 900 rub, 12x9x10 cm, weight 400 g").await;
    has(&shown, &["Title: Red ceramic mug", "Color: red", "Tableware material: ceramic", "write “publish”"]);
    has(&it.say("material: porcelain").await, &["Tableware material: porcelain"]);
}

const WHOLE: &str = "Продать: кружка керамическая. Цвет: белый. Материал: керамика. Цена 900 руб, 12х9х10 см, 400 г";

#[tokio::test]
async fn what_the_marketplace_rejects_is_repaired_under_the_same_code() {
    let mut it = Listing::open().await;
    let error = "Поле Наименование не должно содержать запрещенные символы: ★".to_owned();
    it.shop.shop().add_faults(vec![FaultRule::new("", 1, Fault::RejectCard { error })]).unwrap();
    has(&it.say(WHOLE).await, &["Карточка:", "Категория: Кружки"]);
    it.say("опубликуй").await;
    let code = it.question().await["arguments"]["cards"][0]["variants"][0]["vendorCode"].clone();
    has(&it.decide("approved").await, &["не принял карточку", "запрещенные символы", "«Название»"]);
    assert_eq!(it.cards().len(), 0);
    has(&it.say("Кружка для чая").await, &["Название: Кружка для чая"]);
    it.say("опубликуй").await;
    has(&it.decide("approved").await, &["Опубликовано"]);
    let cards = it.cards();
    assert_eq!((cards.len(), &cards[0]["vendorCode"]), (1, &code));
}

#[tokio::test]
async fn a_card_that_is_checked_for_long_is_looked_at_again_with_the_next_message() {
    let mut it = Listing::open().await;
    it.shop.shop().set_work_delay(std::time::Duration::from_hours(1));
    it.say(WHOLE).await;
    it.say("опубликуй").await;
    has(&it.decide("approved").await, &["ещё проверяет"]);
    has(&it.say("ну что?").await, &["ещё проверяет"]);
    assert_eq!((it.cards().len(), it.uploads()), (0, 1));
}

#[tokio::test]
async fn a_draft_is_found_again_after_a_stop() {
    let mut it = Listing::open().await;
    it.say("Хочу продать красную керамическую кружку").await;
    has(&it.say("отмена").await, &["остановился"]);
    has(&it.say("хочу продать").await, &["незаконченная карточка: красная керамическая кружка"]);
    has(&it.say("продолжай").await, &["Какая цена"]);
}

#[tokio::test]
async fn a_message_in_place_of_a_decision_is_a_correction_and_needs_a_new_approval() {
    let mut it = Listing::open().await;
    it.say(WHOLE).await;
    it.say("опубликуй").await;
    let before = it.question().await;
    has(&it.say("цена 990").await, &["Цена: 990 ₽"]);
    it.say("опубликуй").await;
    let after = it.question().await;
    assert_ne!(before["argumentsHash"], after["argumentsHash"]);
    assert_eq!(after["arguments"]["cards"][0]["variants"][0]["sizes"][0]["price"], 990);
    has(&it.decide("rejected").await, &["ничего не опубликовано"]);
    assert_eq!(it.uploads(), 0);
}

#[tokio::test]
async fn who_wants_no_more_of_it_while_a_decision_waits_is_heard() {
    let mut it = Listing::open().await;
    it.say(WHOLE).await;
    it.say("опубликуй").await;
    has(&it.say("отмена").await, &["ничего не опубликовано"]);
    let events = it.server.events(&it.id).await;
    let resolved = events.iter().rfind(|event| event["type"] == "approval_resolved").unwrap();
    assert_eq!((&resolved["decision"], it.uploads()), (&json!("rejected"), 0));
    has(&it.say("отмена").await, &["остановился"]);
}
