//! A price that is asked for, approved and set.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use chrono::DateTime;
use sandbox::{Fault, FaultRule, Running, Sandbox, SandboxOptions};
use serde_json::{Value, json};
use switchboard::clock::{Clock, SystemClock};

use super::Turn;
use crate::support::{
    client::{WsClient, new_id},
    server::{CONCIERGE, Starting, TestServer},
};

const UPLOAD: &str = "/api/v2/upload/task";

struct Priced {
    sandbox: Running,
    server: TestServer,
    id: String,
    ws: WsClient,
    /// The first article, its price and its discount.
    nm: u64,
    millis: Arc<AtomicI64>,
}

async fn open() -> Priced {
    let millis = Arc::new(AtomicI64::new(SystemClock.now().as_millis()));
    let clock = Arc::clone(&millis);
    let now = move || DateTime::from_timestamp_millis(clock.load(Ordering::SeqCst)).unwrap();
    let mut options = SandboxOptions::new(Arc::new(now));
    options.limit_interval_percent = 0;
    options.work_delay = Duration::ZERO;
    let sandbox = Sandbox::start(options).await.unwrap();
    let base_url = sandbox.base_url();
    let config = format!(
        "{CONCIERGE}    tools: [{{ name: shop }}, {{ name: prices }}]
tools:
  shop: {{ kind: wildberries_api, base_url: '{base_url}', token: env:SHOP_TOKEN }}
  prices: {{ kind: wildberries_api, base_url: '{base_url}', token: env:SHOP_TOKEN, operations: [price_upload] }}
"
    );
    let server = Starting::with(&config).env("SHOP_TOKEN", "the-sellers-token").start();
    let id = new_id();
    let mut ws = server.ws(&id).await;
    ws.send(json!({ "op": "subscribe" })).await;
    let nm = sandbox.shop().nm_ids()[0];
    Priced { sandbox, server, id, ws, nm, millis }
}

impl Priced {
    async fn say(&mut self, content: &str) -> Turn {
        self.ws.send(json!({ "op": "message", "clientMessageId": new_id(), "content": content })).await;
        Turn(self.ws.until("turn_end").await)
    }

    async fn decide(&mut self, turn: &Turn, decision: &str) -> Turn {
        let question = turn.0.iter().find(|event| event["type"] == "approval_request").unwrap();
        let approval = question["approvalId"].as_str().unwrap();
        let path = format!("/api/conversations/{}/approvals/{approval}", self.id);
        let body = json!({ "decision": decision, "argumentsHash": question["argumentsHash"] });
        self.server.post(&path, body).await.expect(202);
        Turn(self.ws.until("turn_end").await)
    }

    /// The price and the discount of the first article, as the shop has them.
    fn price(&self) -> (u64, u64) {
        let state = self.sandbox.shop().state();
        let prices = state["prices"].as_array().unwrap();
        let own = prices.iter().find(|price| price["nmID"] == self.nm).unwrap();
        (own["price"].as_u64().unwrap(), own["discount"].as_u64().unwrap())
    }
}

fn asks(turn: &Turn) -> Option<&Value> {
    turn.0.iter().find(|event| event["type"] == "approval_request")
}

#[tokio::test]
async fn a_price_is_asked_for_approved_and_then_seen_in_the_shop() {
    let mut priced = open().await;
    assert_eq!(priced.price(), (5_990, 35));
    let asked = priced.say(&format!("Set the price of {} to 6100 with a discount of 30%", priced.nm)).await;
    let from_to = "from 5,990 ₽ with a discount of 35% (3,893.50 ₽) to 6,100 ₽ with a discount of 30% (4,270 ₽)?";
    assert!(asked.said().contains(from_to), "{}", asked.said());
    assert_eq!(asks(&asked).unwrap()["toolName"], "prices");
    assert_eq!(asked.0.last().unwrap()["status"], "waiting");
    assert_eq!(priced.price(), (5_990, 35));
    let done = priced.decide(&asked, "approved").await;
    assert_eq!(done.said(), "Done: the new price is set.");
    assert_eq!(done.state()["outcome"], "done");
    assert_eq!(priced.price(), (6_100, 30));
    assert_eq!(priced.sandbox.shop().effects(UPLOAD), 1);
}

#[tokio::test]
async fn a_price_that_is_not_approved_stays() {
    let mut priced = open().await;
    let asked = priced.say(&format!("Поставь цену 6100 на артикул {}", priced.nm)).await;
    assert!(asked.said().contains("Изменить цену"), "{}", asked.said());
    let reminded = priced.say("да").await;
    assert!(reminded.said().contains("Изменить цену"), "a word is no decision: {}", reminded.said());
    let kept = priced.decide(&asked, "rejected").await;
    assert_eq!(kept.said(), "Цена не изменена.");
    assert_eq!((priced.price(), priced.sandbox.shop().effects(UPLOAD)), ((5_990, 35), 0));
}

#[tokio::test]
async fn a_price_whose_change_is_called_off_in_words_stays() {
    let mut priced = open().await;
    let asked = priced.say(&format!("Поставь цену 6100 на артикул {}", priced.nm)).await;
    assert!(asks(&asked).is_some(), "{}", asked.said());
    assert!(priced.say("да").await.said().contains("Изменить цену"), "a word is no approval");
    assert_eq!(priced.say("нет").await.said(), "Цена не изменена.");
    assert_eq!((priced.price(), priced.sandbox.shop().effects(UPLOAD)), ((5_990, 35), 0));
}

#[tokio::test]
async fn another_question_is_answered_while_a_decision_waits() {
    let mut priced = open().await;
    let asked = priced.say(&format!("Set the price of {} to 6100", priced.nm)).await;
    let other = priced.say("cost 500, commission 15%, logistics 60, tax 6%, margin 25%").await;
    assert!(other.said().contains("Price: 1,037.04"), "{}", other.said());
    let done = priced.decide(&asked, "approved").await;
    assert_eq!((done.said().as_str(), priced.price()), ("Done: the new price is set.", (6_100, 35)));
}

#[tokio::test]
async fn a_fall_to_a_third_is_warned_of_and_the_marketplaces_word_is_passed_on() {
    let mut priced = open().await;
    let asked = priced.say(&format!("Set the price of {} to 1500", priced.nm)).await;
    assert!(asked.said().contains("puts such a price into quarantine"), "{}", asked.said());
    let refused = priced.decide(&asked, "approved").await;
    assert!(
        refused.said().contains("The marketplace did not set the price: The new price is several times lower"),
        "{}",
        refused.said()
    );
    assert_eq!((&refused.state()["outcome"], priced.price()), (&json!("refused"), (5_990, 35)));
}

#[tokio::test]
async fn a_price_that_is_none_asks_nobody() {
    let mut priced = open().await;
    let nm = priced.nm;
    for (message, part) in [
        (format!("Set the price of {nm} to abc"), "abc is no price"),
        (format!("Set the price of {nm} to -5"), "-5 is no price"),
        (format!("Set the price of {nm} to 1e400"), "1e400 is no price"),
        (format!("Set the price of {nm} to $20"), "are in roubles"),
        (format!("Поставь скидку 96% на {nm}"), "это не скидка"),
        (format!("Set the price of {nm} to 5990"), "nothing to change"),
        ("Set the price of 7777777 to 990".to_owned(), "There is no product 7777777"),
        ("Set the price to 990".to_owned(), "Of which product?"),
    ] {
        let turn = priced.say(&message).await;
        assert!(turn.said().contains(part), "{message}: {}", turn.said());
        assert!(asks(&turn).is_none(), "{message}");
    }
    assert_eq!(priced.sandbox.shop().effects(UPLOAD), 0);
}

#[tokio::test]
async fn commission_and_delivery_come_from_the_marketplace_and_are_counted_with() {
    let mut priced = open().await;
    let said = priced
        .say("Какая комиссия на кружки и сколько стоит логистика за 2 л со склада Коледино? Посчитай цену")
        .await
        .said();
    assert!(
        said.contains("Комиссия маркетплейса, Кружки: ") && said.contains("Доставка 2 л со склада Коледино: "),
        "{said}"
    );
    let answer = priced.say("себестоимость 500, налог 6%, маржа 25%").await;
    assert!(answer.state()["price"].is_string(), "nothing is left to ask for: {}", answer.said());
}

#[tokio::test]
async fn a_change_that_the_marketplace_takes_its_time_over_is_looked_for() {
    let mut priced = open().await;
    priced.sandbox.shop().set_work_delay(Duration::from_mins(1));
    let asked = priced.say(&format!("Set the price of {} to 6100", priced.nm)).await;
    let millis = Arc::clone(&priced.millis);
    priced
        .sandbox
        .shop()
        .add_faults(vec![FaultRule::new("/api/v2/history/tasks", 1, Fault::Status { status: 500 })])
        .unwrap();
    let question = asks(&asked).unwrap();
    let path = format!("/api/conversations/{}/approvals/{}", priced.id, question["approvalId"].as_str().unwrap());
    let body = json!({ "decision": "approved", "argumentsHash": question["argumentsHash"] });
    priced.server.post(&path, body).await.expect(202);
    priced.ws.until("tool_execution").await;
    while priced.sandbox.shop().state()["queue"].as_array().unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    millis.fetch_add(61_000, Ordering::SeqCst);
    let done = Turn(priced.ws.until("turn_end").await);
    assert_eq!((done.said().as_str(), priced.price()), ("Done: the new price is set.", (6_100, 35)));
}
