//! Periods without an answer, and reports that do not come.

use sandbox::{Fault, FaultRule};
use serde_json::json;

use super::{REPORTS, ask_through, ask_with};

#[tokio::test]
async fn a_period_that_cannot_be_answered_is_explained_without_a_call() {
    let mut asked = ask_through(REPORTS).await;
    for (message, part) in [
        ("sales next week", "lies in the future"),
        ("продажи с 15 по 1 ноября 2025", "Поменяйте даты местами"),
        ("sales in March 2024", "keeps these reports only since"),
        ("sales on 31.02.2026", "is not a day of the calendar"),
    ] {
        let turn = asked.say(message).await;
        assert!(turn.said().contains(part), "{message}: {}", turn.said());
        assert_eq!(turn.calls(), Vec::<&str>::new(), "{message}");
        assert!(turn.state()["refused"].is_string(), "{message}");
    }
}

#[tokio::test]
async fn a_report_that_is_refused_is_named_and_the_rest_is_answered() {
    let mut asked = ask_through(REPORTS).await;
    let limited = Fault::TooManyRequests { retry_seconds: 600 };
    asked.sandbox.shop().add_faults(vec![FaultRule::new("/api/v1/supplier/sales", 9, limited)]).unwrap();
    let turn = asked.say("sales of last week").await;
    assert!(turn.said().contains("- Orders: "), "{}", turn.said());
    assert!(turn.said().contains("- Sales: too many requests just now; ask again after 20"), "{}", turn.said());
    assert_eq!(turn.state()["missing"], json!([{ "report": "sales", "reason": "rate_limited" }]));
    asked.sandbox.shop().clear_faults();
}

#[tokio::test]
async fn a_token_that_is_refused_is_said() {
    let mut asked = ask_with(REPORTS, |options| options.token = Some("another".to_owned().into())).await;
    let turn = asked.say("продажи за прошлую неделю").await;
    assert!(turn.said().contains("маркетплейс не принимает токен"), "{}", turn.said());
    assert_eq!(turn.0.last().unwrap()["status"], "completed");
}

#[tokio::test]
async fn what_was_not_granted_is_said() {
    let mut asked = ask_through("orders").await;
    let turn = asked.say("sales and the funnel of last week").await;
    assert!(turn.said().contains("- Orders: "), "{}", turn.said());
    assert!(turn.said().contains("Funnel: this assistant was not given the report"), "{}", turn.said());
    let mut asked = ask_through("orders, price_upload").await;
    let turn = asked.say("sales of last week").await;
    assert!(turn.said().contains("whose operations only read"), "{}", turn.said());
    assert_eq!(turn.calls(), Vec::<&str>::new());
}
