//! Scripted faults: each strikes as it says, and what the caller sees is what the shop did or did not do.

use std::time::Duration;

use reqwest::Method;
use sandbox::{Fault, FaultRule};
use serde_json::{Value, json};

use crate::kit::{LATER, got, mug, start, start_with, upload};

const UPLOAD: &str = "/content/v2/cards/upload";

#[tokio::test]
async fn a_refusing_fault_strikes_as_often_as_it_says_and_does_nothing() {
    let kit = start().await;
    for (fault, status) in [
        (Fault::TooManyRequests { retry_seconds: 17 }, 429),
        (Fault::Unauthorized, 401),
        (Fault::Status { status: 503 }, 503),
    ] {
        kit.sandbox.shop().add_faults(vec![FaultRule::new(UPLOAD, 2, fault)]).unwrap();
        for _ in 0..2 {
            let answer = kit.post(UPLOAD, &upload(&[mug("never")])).await;
            assert_eq!((answer.status, &answer.body["status"]), (status, &json!(status)));
            assert_eq!(answer.header("X-Ratelimit-Retry"), if status == 429 { "17" } else { "" });
        }
    }
    kit.advance(LATER);
    assert!(kit.found("never").await.is_empty());
    assert_eq!(kit.post(UPLOAD, &upload(&[mug("now")])).await.status, 200);
}

#[tokio::test]
async fn an_answer_can_be_lost_after_the_card_was_taken() {
    let kit = start().await;
    kit.sandbox.shop().add_faults(vec![FaultRule::new(UPLOAD, 1, Fault::CutAfter)]).unwrap();
    let lost = kit.request(Method::POST, UPLOAD).json(&upload(&[mug("lost")])).send().await;
    assert!(lost.is_err(), "{lost:?}");
    kit.advance(LATER);
    assert_eq!(kit.found("lost").await.len(), 1);
    assert_eq!(kit.sandbox.shop().effects(UPLOAD), 1);
    // Whoever sends it again is told that it is there, and there is still one.
    assert_eq!(kit.post(UPLOAD, &upload(&[mug("lost")])).await.status, 400);
    assert_eq!(kit.sandbox.shop().effects(UPLOAD), 1);
}

#[tokio::test]
async fn the_next_card_can_be_rejected_with_any_words() {
    let kit = start().await;
    let fault = Fault::RejectCard { error: "Бренд не подтвержден".to_owned() };
    kit.sandbox.shop().add_faults(vec![FaultRule::new("", 1, fault)]).unwrap();
    kit.post(UPLOAD, &upload(&[mug("r1")])).await;
    kit.advance(LATER);
    assert_eq!(kit.errors("ru").await[0]["errors"]["r1"], json!(["Бренд не подтвержден"]));
    kit.post(UPLOAD, &upload(&[mug("r1")])).await;
    kit.advance(LATER);
    assert_eq!(kit.found("r1").await.len(), 1);
}

#[tokio::test]
async fn one_card_can_be_looked_at_later_than_those_behind_it() {
    let kit = start().await;
    let slow = FaultRule::new(UPLOAD, 1, Fault::WorkDelay { millis: 60_000 });
    kit.sandbox.shop().add_faults(vec![slow]).unwrap();
    kit.post(UPLOAD, &upload(&[mug("slow")])).await;
    kit.post(UPLOAD, &upload(&[mug("quick")])).await;
    kit.advance(LATER);
    assert_eq!((kit.found("slow").await.len(), kit.found("quick").await.len()), (0, 1));
    kit.advance(Duration::from_mins(1));
    assert_eq!(kit.found("slow").await.len(), 1);
    kit.sandbox.shop().set_work_delay(Duration::ZERO);
    kit.post(UPLOAD, &upload(&[mug("at-once")])).await;
    assert_eq!(kit.found("at-once").await.len(), 1);
}

#[tokio::test]
async fn a_slow_answer_comes_after_the_client_has_lost_patience() {
    let kit = start().await;
    kit.sandbox.shop().add_faults(vec![FaultRule::new(UPLOAD, 1, Fault::Slow { millis: 60_000 })]).unwrap();
    let impatient = kit.request(Method::POST, UPLOAD).json(&upload(&[mug("late")])).timeout(Duration::from_millis(300));
    assert!(impatient.send().await.unwrap_err().is_timeout());
    kit.advance(LATER);
    assert_eq!(kit.found("late").await.len(), 1);
}

#[tokio::test]
async fn faults_are_set_and_cleared_over_http() {
    let kit = start_with(|options| {
        options.limit_interval_percent = 0;
        options.faults = vec![FaultRule::new("/content", 9, Fault::Unauthorized)];
    })
    .await;
    let faults = format!("{}/sandbox/faults", kit.sandbox.base_url());
    assert_eq!(kit.get("/content/v2/cards/limits").await.status, 401);
    assert_eq!(got(kit.client.delete(&faults)).await.status, 204);
    assert_eq!(kit.get("/content/v2/cards/limits").await.status, 200);
    let rule =
        json!({ "call": "/content", "token": "seller", "times": 1, "fault": { "kind": "status", "status": 502 } });
    assert_eq!(got(kit.client.post(&faults).json(&json!([rule]))).await.status, 204);
    assert_eq!(kit.get("/content/v2/cards/limits").await.status, 502);
    assert_eq!(kit.get("/content/v2/cards/limits").await.status, 200);
    let one = json!({ "fault": { "kind": "too_many_requests", "retry_seconds": 3 } });
    assert_eq!(got(kit.client.post(&faults).json(&one)).await.status, 204);
    assert_eq!(kit.get("/content/v2/cards/limits").await.header("X-Ratelimit-Retry"), "3");
    for bad in
        [json!({}), json!({ "fault": { "kind": "fire" } }), json!({ "fault": { "kind": "status", "status": 200 } })]
    {
        let answer = got(kit.client.post(&faults).json(&bad)).await;
        assert_eq!(answer.status, 400, "{bad}");
        assert_ne!(answer.body["error"], Value::Null);
    }
}
