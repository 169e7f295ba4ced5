//! What a product costs now, and a worked-out price beside it.

use sandbox::Fault;
use serde_json::json;

use super::{ALL, ALL_RUSSIAN, PRICES, Talk, UPLOAD};

const NOW: &str = "**3,893.50 ₽** (5,990 ₽ with a discount of 35%)";
const NOW_RUSSIAN: &str = "**3 893,50 ₽** (цена 5 990 ₽, скидка 35%)";

#[tokio::test]
async fn what_a_product_costs_is_told_by_article_and_by_the_sellers_code() {
    let mut talk = Talk::open().await;
    let nm = talk.nm;
    for message in [format!("what does {nm} cost?"), "price of sb-105-01?".to_owned(), format!("How much is {nm}?")] {
        let said = talk.say(&message).await;
        said.has(&[&format!("SB-105-01 ({nm}) costs {NOW} now.")]);
        let current = json!({
            "nmID": nm, "vendorCode": "SB-105-01", "price": "5990.00", "discount": 35, "discountedPrice": "3893.50",
            "currency": "RUB",
        });
        assert_eq!(said.state(), &json!({ "current": current }), "{message}");
    }
    for message in [format!("сколько стоит {nm}?"), "какая цена у SB-105-01?".to_owned()] {
        talk.say(&message).await.has(&[&format!("SB-105-01 ({nm}) сейчас стоит {NOW_RUSSIAN}.")]);
    }
    let answer = talk.post(&format!("what does {nm} cost?")).await;
    assert!(answer.contains(NOW), "{answer}");
}

#[tokio::test]
async fn a_code_of_digits_is_looked_up_where_no_article_has_the_number() {
    let mut talk = Talk::open().await;
    talk.add_mug("7654321").await;
    talk.say("what does 7654321 cost?").await.has(&["7654321 (", "costs **990 ₽** now."]);
    talk.say("сколько стоит 7654321?").await.has(&["сейчас стоит **990 ₽**."]);
    let unknown = talk.say("Поставь цену 1100 на артикул 7654322").await;
    unknown.has(&["Товара 7654322 с ценой в магазине нет."]);
    assert!(!unknown.asks());
    let asked = talk.say("Set the price of 7654321 to 1100").await;
    asked.has(&["Change the price of 7654321 (", "from 990 ₽ to 1,100 ₽?"]);
    assert!(asked.asks());
    assert_eq!(talk.sandbox.shop().effects(UPLOAD), 0, "nothing was approved");
}

#[tokio::test]
async fn a_price_that_fell_too_far_is_told_to_lie_in_quarantine() {
    let mut talk = Talk::open().await;
    let nm = talk.nm;
    let asked = talk.say(&format!("Set the price of {nm} to 1500")).await;
    talk.approve(&asked).await.has(&["did not set the price"]);
    let said = talk.say(&format!("what does {nm} cost?")).await;
    said.has(&[NOW, "A new price of 1,500 ₽ with a discount of 35% lies in quarantine"]);
    talk.say(&format!("сколько стоит {nm}?")).await.has(&["Новая цена 1 500 ₽ со скидкой 35% лежит в карантине"]);
}

#[tokio::test]
async fn a_product_that_the_shop_does_not_have_is_told_with_the_next_step() {
    let mut talk = Talk::open().await;
    talk.say("what does 7777777 cost?").await.has(&["There is no product 7777777", "Name its article"]);
    talk.say("price of mug-red?").await.has(&["There is no product mug-red"]);
    talk.say("сколько стоит 7777777?").await.has(&["Товара 7777777 с ценой в магазине нет. Назовите артикул"]);
}

#[tokio::test]
async fn a_worked_out_price_for_a_product_stands_beside_todays() {
    let mut talk = Talk::open().await;
    let nm = talk.nm;
    let said = talk.say(&format!("What price for {nm}: {ALL}?")).await;
    said.has(&["**Price: 1,037.04 ₽**", &format!("SB-105-01 costs {NOW} in the shop now."), "73.4% lower"]);
    said.has(&["With the discount of 35% that is 1,596 ₽ before it."]);
    assert_eq!(said.state()["current"]["changePercent"], "-73.4");
    // The product is kept until another one is named or all begins anew.
    talk.say("margin 30%").await.has(&["**Price: 1,142.86 ₽**", "SB-105-01 costs"]);
    talk.say("other product").await;
    talk.say(ALL).await.has(&["**Price: 1,037.04 ₽**", "¬in the shop now"]);
    let said = talk.say(&format!("Посчитай цену для артикула {nm}: {ALL_RUSSIAN}")).await;
    said.has(&["**Цена: 1 037,04 ₽**", &format!("SB-105-01 сейчас стоит в магазине {NOW_RUSSIAN}."), "на 73,4% ниже"]);
}

#[tokio::test]
async fn a_product_asked_for_first_is_compared_once_a_price_is_worked_out() {
    let mut talk = Talk::open().await;
    let nm = talk.nm;
    talk.say(&format!("сколько стоит {nm}?")).await.has(&["сейчас стоит"]);
    talk.say(ALL_RUSSIAN).await.has(&["**Цена: 1 037,04 ₽**", "сейчас стоит в магазине", "на 73,4% ниже"]);
    talk.say(&format!("сколько стоит {nm}?")).await.has(&["на 73,4% ниже", "¬| | На единицу"]);
}

#[tokio::test]
async fn a_shop_that_cannot_be_read_is_told_where_it_is_asked_for_and_else_not() {
    for (fault, words) in [
        (Fault::Unauthorized, "does not accept the token"),
        (Fault::TooManyRequests { retry_seconds: 600 }, "ask again after"),
        (Fault::Status { status: 500 }, "does not answer"),
    ] {
        let mut talk = Talk::open().await;
        talk.fault(PRICES, fault);
        let nm = talk.nm;
        talk.say(&format!("what does {nm} cost?")).await.has(&[words]);
        let said = talk.say(&format!("What price for {nm}: {ALL}?")).await;
        said.has(&["**Price: 1,037.04 ₽**", "¬in the shop now", &format!("¬{words}")]);
    }
}

#[tokio::test]
async fn without_a_tool_that_reads_the_shop_the_question_has_an_answer() {
    let mut talk = Talk::with("").await;
    talk.say("what is the price of 12345678?").await.has(&["I cannot look into the shop", "`prices_get`"]);
    talk.say("какая цена у 12345678?").await.has(&["Я не вижу цен магазина"]);
    talk.say(&format!("price for 12345678: {ALL}")).await.has(&["**Price: 1,037.04 ₽**", "¬in the shop now"]);
}

#[tokio::test]
async fn competitors_that_the_seller_names_stand_beside_the_price() {
    let mut talk = Talk::open().await;
    let said = talk.say(&format!("{ALL}. Competitors sell at 900, 950 and 1,020")).await;
    said.has(&["Competitors (3): the lowest **900 ₽**, the median **950 ₽**", "9.2% higher", "¬Careful"]);
    assert_eq!(said.state()["competitors"], json!({ "count": 3, "lowest": "900.00", "median": "950.00" }));
    let said = talk.say("у конкурентов 650, 990 и 1 020").await;
    said.has(&["Конкуренты (3): самая низкая **650 ₽**, медиана **990 ₽**", "Осторожно: 650 ₽ — ниже точки"]);
}
