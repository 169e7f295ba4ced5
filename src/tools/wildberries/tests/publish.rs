//! Making cards: one card whatever is lost on the way, and what became of it.

use std::collections::BTreeMap;

use super::*;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Nothing,
    /// The upload arrives and its answer does not.
    AnswerLost,
    /// The connection breaks before the upload arrives, but after something was sent.
    RequestLost,
}

/// A shop that makes cards after `delay`, rejects those whose title is `bad`, and makes a second card of the same code if it
/// is told to: so a test sees whether it was.
#[derive(Default)]
struct Content {
    queue: Vec<(Instant, String, bool)>,
    cards: Vec<String>,
    errors: BTreeMap<String, String>,
    uploads: usize,
}

impl Content {
    fn settle(&mut self) {
        let (due, queue) = std::mem::take(&mut self.queue).into_iter().partition(|(at, ..)| *at <= Instant::now());
        self.queue = queue;
        for (_, code, is_bad) in due {
            if is_bad {
                self.errors.insert(code, format!("batch-{}", self.uploads));
            } else {
                self.errors.remove(&code);
                self.cards.push(code);
            }
        }
    }

    fn take(&mut self, body: &Value, delay: Duration) {
        self.uploads += 1;
        for card in body.as_array().unwrap().iter().flat_map(|group| group["variants"].as_array().unwrap()) {
            let code = card["vendorCode"].as_str().unwrap().to_owned();
            self.queue.push((Instant::now() + delay, code, card["title"] == "bad"));
        }
    }

    fn list(&self, body: &Value) -> Value {
        let part = body["settings"]["filter"]["textSearch"].as_str().unwrap();
        // As the marketplace does: a part of other codes is found as well.
        let found = self.cards.iter().enumerate().filter(|(_, code)| code.contains(part));
        let cards: Vec<Value> = found.map(|(n, code)| json!({"nmID": 100 + n, "vendorCode": code})).collect();
        json!({"cards": cards, "cursor": {"updatedAt": "u", "nmID": 1, "total": cards.len()}})
    }

    fn error_list(&self) -> Value {
        let batch = |(code, batch): (&String, &String)| json!({"batchUUID": batch, "vendorCodes": [code], "errors": {code: ["Запрещено использовать E-Mail в поле Наименование"]}});
        let items: Vec<Value> = self.errors.iter().map(batch).collect();
        json!({"items": items, "cursor": {"next": false, "updatedAt": "", "batchUUID": ""}})
    }
}

/// The faults come once each, in their order; then there are none.
fn market(delay_secs: u64, faults: &[Fault]) -> (Arc<Market>, Arc<Mutex<Content>>) {
    let content = Arc::new(Mutex::new(Content::default()));
    let (kept, mut faults) = (Arc::clone(&content), faults.to_vec());
    faults.reverse();
    let faults = Mutex::new(faults);
    let market = Market::new(move |request| {
        let mut content = content.lock().unwrap();
        content.settle();
        match request.path.as_str() {
            "/content/v2/get/cards/list" => ok(content.list(&posted(request))),
            "/content/v2/cards/error/list" => data(content.error_list()),
            "/content/v2/cards/upload" => {
                let fault = faults.lock().unwrap().pop().unwrap_or(Fault::Nothing);
                if fault != Fault::RequestLost {
                    content.take(&posted(request), Duration::from_secs(delay_secs));
                }
                if fault == Fault::Nothing { data(Value::Null) } else { Err(SendError::Broken) }
            }
            other => panic!("{other} is asked"),
        }
    });
    (market, kept)
}

fn upload(code: &str, title: &str) -> CardUpload {
    serde_json::from_value(json!({"cards": [{"subjectID": 105, "variants": [{"vendorCode": code, "title": title}]}]}))
        .unwrap()
}

fn cards(content: &Mutex<Content>) -> Vec<String> {
    let mut content = content.lock().unwrap();
    content.settle();
    content.cards.clone()
}

#[tokio::test(start_paused = true)]
async fn a_card_is_queued_then_accepted() {
    let (market, content) = market(5, &[]);
    let shop = market.shop();
    let queued = shop.card_upload(&upload("a-1", "good"), false).await.unwrap();
    assert_eq!(queued, UploadOutcome::Queued { vendor_codes: vec!["a-1".into()], ignore_batches: vec![] });
    let result = shop.card_result("a-1", &[], Duration::from_mins(1)).await.unwrap();
    assert_eq!(result, CardResult::Accepted { nm_id: 100 });
    let again = shop.card_upload(&upload("a-1", "good"), false).await.unwrap();
    assert_eq!(again, UploadOutcome::Already { cards: vec![CardName { vendor_code: "a-1".into(), nm_id: 100 }] });
    assert_eq!(cards(&content), ["a-1"]);
}

#[tokio::test(start_paused = true)]
async fn a_code_that_is_part_of_another_one_is_another_card() {
    let (market, content) = market(0, &[]);
    let shop = market.shop();
    shop.card_upload(&upload("a-10", "good"), false).await.unwrap();
    let queued = shop.card_upload(&upload("a-1", "good"), false).await.unwrap();
    assert!(matches!(queued, UploadOutcome::Queued { .. }), "{queued:?}");
    assert_eq!(cards(&content), ["a-10", "a-1"]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_lost_after_the_effect_makes_one_card() {
    let (market, content) = market(5, &[Fault::AnswerLost]);
    let outcome = market.shop().card_upload(&upload("a-1", "good"), false).await.unwrap();
    assert!(matches!(outcome, UploadOutcome::Queued { .. }), "{outcome:?}");
    assert_eq!((cards(&content), content.lock().unwrap().uploads), (vec!["a-1".to_owned()], 1));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_never_arrived_is_told_and_a_repeat_makes_one_card() {
    let (market, content) = market(5, &[Fault::RequestLost]);
    let shop = market.shop();
    let lost = shop.card_upload(&upload("a-1", "good"), false).await.unwrap_err();
    assert_eq!(lost.code(), "outcome_unknown");
    shop.card_upload(&upload("a-1", "good"), true).await.unwrap();
    shop.card_result("a-1", &[], Duration::from_mins(1)).await.unwrap();
    assert_eq!(cards(&content), ["a-1"]);
}

/// A crash between the upload and its answer: the call is made again under the key of the first, while the card is queued.
#[tokio::test(start_paused = true)]
async fn a_call_repeated_after_a_crash_waits_for_the_first_ones_card() {
    let (market, content) = market(8, &[]);
    let arguments = json!({"operation": "card_upload", "cards": upload("a-1", "good").cards});
    market.tool().call(arguments.clone(), &context()).await.unwrap();
    let second = ToolContext { call_id: "call-2".parse().unwrap(), is_repeat: true, ..context() };
    let outcome = market.tool().call(arguments, &second).await.unwrap();
    assert_eq!(outcome, json!({"state": "already", "cards": [{"vendorCode": "a-1", "nmID": 100}]}));
    assert_eq!((cards(&content), content.lock().unwrap().uploads), (vec!["a-1".to_owned()], 1));
}

#[tokio::test(start_paused = true)]
async fn a_rejected_card_comes_with_field_rule_and_words_and_its_repair_is_accepted() {
    let (market, content) = market(3, &[]);
    let shop = market.shop();
    shop.card_upload(&upload("a-1", "bad"), false).await.unwrap();
    let rejected = shop.card_result("a-1", &[], Duration::from_mins(1)).await.unwrap();
    let problem = Problem {
        field: Some("title".into()),
        rule: ProblemRule::ForbiddenContent,
        message: "Запрещено использовать E-Mail в поле Наименование".into(),
    };
    assert_eq!(rejected, CardResult::Rejected { problems: vec![problem], batch: "batch-1".into(), nm_id: None });
    let repaired = shop.card_upload(&upload("a-1", "good"), false).await.unwrap();
    let UploadOutcome::Queued { ignore_batches, .. } = repaired else { panic!("{repaired:?}") };
    assert_eq!(ignore_batches, ["batch-1"]);
    let result = shop.card_result("a-1", &ignore_batches, Duration::from_mins(1)).await.unwrap();
    assert_eq!((result, cards(&content)), (CardResult::Accepted { nm_id: 100 }, vec!["a-1".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn a_card_that_is_not_decided_is_told_to_be_waiting_within_the_bound() {
    let (market, _) = market(3600, &[]);
    let (shop, start) = (market.shop(), Instant::now());
    shop.card_upload(&upload("a-1", "good"), false).await.unwrap();
    let result = shop.card_result("a-1", &[], Duration::from_mins(1)).await.unwrap();
    assert!(matches!(result, CardResult::Waiting { waited_secs: 30..=60, .. }), "{result:?}");
    assert!(start.elapsed() <= Duration::from_mins(1));
}

#[tokio::test(start_paused = true)]
async fn a_card_that_is_rejected_after_it_was_accepted_is_rejected() {
    let (market, content) = market(0, &[]);
    let shop = market.shop();
    shop.card_upload(&upload("a-1", "good"), false).await.unwrap();
    assert_eq!(shop.card_result("a-1", &[], Duration::ZERO).await.unwrap(), CardResult::Accepted { nm_id: 100 });
    content.lock().unwrap().errors.insert("a-1".into(), "later".into());
    let result = shop.card_result("a-1", &[], Duration::ZERO).await.unwrap();
    assert!(matches!(&result, CardResult::Rejected { nm_id: Some(100), batch, .. } if batch == "later"), "{result:?}");
}

#[tokio::test(start_paused = true)]
async fn cards_that_are_there_in_part_are_named() {
    let (market, content) = market(0, &[]);
    let shop = market.shop();
    shop.card_upload(&upload("a-1", "good"), false).await.unwrap();
    let both = json!({"cards": [{"subjectID": 1, "variants": [{"vendorCode": "a-1"}, {"vendorCode": "a-2"}]}]});
    let error = shop.card_upload(&serde_json::from_value(both).unwrap(), false).await.unwrap_err();
    assert_eq!((error.code(), cards(&content).len()), ("vendor_code_taken", 1));
    assert!(error.to_string().contains("`a-1`"), "{error}");
}
