//! Who answers what, on the config as it comes: what a new user may say first.

use reqwest::Method;
use serde_json::json;

use super::Visitor;

const PRODUCT: &str = "product_agent";
const ANALYTICS: &str = "analytics_agent";
const PRICING: &str = "pricing_agent";
const CONCIERGE: &str = "concierge";

const MESSAGES: [(&str, &str); 47] = [
    ("hi", CONCIERGE),
    ("What can you do?", CONCIERGE),
    ("Что ты умеешь?", CONCIERGE),
    ("sing me a song", CONCIERGE),
    ("I want to sell a red ceramic mug", PRODUCT),
    ("I'd like to sell wooden chess sets", PRODUCT),
    ("sell a mug, price 900 rub, 12x9x10 cm, 400 g", PRODUCT),
    ("create a product card", PRODUCT),
    ("list a new phone case for 300 rub", PRODUCT),
    ("publish my draft", PRODUCT),
    ("хочу продать красную кружку", PRODUCT),
    ("Хочу продать кружку, цена 900 руб", PRODUCT),
    ("хочу выставить на продажу шерстяной плед", PRODUCT),
    ("создай карточку товара", PRODUCT),
    ("добавь новый товар: чехол", PRODUCT),
    ("опубликовать черновик", PRODUCT),
    ("go on with my listing", PRODUCT),
    ("продолжай", PRODUCT),
    ("How were the sales last week?", ANALYTICS),
    ("how much did I sell yesterday?", ANALYTICS),
    ("what sells worst?", ANALYTICS),
    ("When does my stock run out?", ANALYTICS),
    ("Which products run out next week?", ANALYTICS),
    ("orders in November as csv", ANALYTICS),
    ("what do buyers search for?", ANALYTICS),
    ("show me last week's numbers", ANALYTICS),
    ("how much did we earn in March?", ANALYTICS),
    ("Покажи продажи за прошлую неделю", ANALYTICS),
    ("сколько я заработал за март?", ANALYTICS),
    ("сколько продали вчера", ANALYTICS),
    ("что продаётся хуже всего", ANALYTICS),
    ("когда закончится товар на складе", ANALYTICS),
    ("что ищут покупатели", ANALYTICS),
    ("сравни заказы за эту неделю с прошлой", ANALYTICS),
    ("выручка за октябрь", ANALYTICS),
    ("What price gives me a 25% margin? Cost 500, commission 15%", PRICING),
    ("what does SB-105-01 cost?", PRICING),
    ("price of mug-red?", PRICING),
    ("Set the price of SB-105-01 to 990", PRICING),
    ("competitors sell at 900 and 950", PRICING),
    ("where do I break even?", PRICING),
    ("сколько стоит SB-105-01", PRICING),
    ("поставь цену 990 на SB-105-01", PRICING),
    ("какую цену поставить: себестоимость 500, комиссия 15%", PRICING),
    ("посчитай маржу", PRICING),
    ("сделай скидку 20% на 12345678", PRICING),
    ("у конкурентов 900 и 950", PRICING),
];

#[tokio::test]
async fn what_a_new_user_says_first_goes_to_the_agent_that_it_is_for() {
    let visitor = Visitor::come().await;
    let mut wrong = Vec::new();
    for (message, expected) in MESSAGES {
        let asked = Some(json!({ "content": message }));
        let answer = visitor.server.admin(Method::POST, "/api/admin/route", asked).await.expect(200);
        if answer["chosen"] != expected {
            wrong.push(format!("{message}: {} in place of {expected}: {}", answer["chosen"], answer["candidates"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
