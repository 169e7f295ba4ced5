//! Grants, schemas, time-outs and caps of tool calls.

use std::{
    pin::pin,
    sync::atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use protocol::Code;
use serde_json::json;
use tokio::sync::Notify;

use super::*;
use crate::{
    agent::sink::{RunItem, RunPipe, ToolIntent},
    tools::run_recorded,
};

/// Does what its argument `do` says.
struct Doer {
    spec: ToolSpec,
    dropped: Arc<AtomicBool>,
}

struct OnDrop(Arc<AtomicBool>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[async_trait]
impl Tool for Doer {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, arguments: Value, _: &ToolContext) -> Result<Value, ToolError> {
        let _guard = OnDrop(Arc::clone(&self.dropped));
        match arguments["do"].as_str() {
            Some("panic") => panic!("secret words"),
            Some("hang") => std::future::pending().await,
            Some("fail") => Err(ToolError::Failed("ж".repeat(9000))),
            Some("deep") => Ok((0..70).fold(json!(1), |inner, _| json!([inner]))),
            Some(text) => Ok(json!({"said": text.repeat(10)})),
            None => Ok(Value::Null),
        }
    }
}

fn doer(name: &str) -> (Grant, Arc<AtomicBool>) {
    let parameters = json!({"type": "object", "properties": {"do": {"type": "string"}}, "additionalProperties": false});
    let spec = ToolSpec { name: name.into(), description: "Does.".into(), parameters, effect: Effect::Pure };
    let dropped = Arc::new(AtomicBool::new(false));
    let tool = Arc::new(Doer { spec, dropped: Arc::clone(&dropped) });
    (Grant { tool, time_max: Duration::from_secs(5), result_bytes_max: 200 }, dropped)
}

fn context() -> ToolContext {
    ToolContext::of_test()
}

async fn call(name: &str, arguments: Value) -> Result<ToolAnswer, ToolError> {
    ToolBox::new(vec![doer("doer").0]).unwrap().call(name, arguments, &context()).await
}

#[test]
fn a_name_that_models_refuse_is_refused() {
    for bad in ["", "a b", "инструмент", "a.b", &"a".repeat(65)] {
        let error = ToolBox::new(vec![doer(bad).0]).unwrap_err();
        assert!(matches!(error, ToolBoxError::BadName(_)), "{bad}: {error}");
    }
    assert!(ToolBox::new(vec![doer(&"a".repeat(64)).0]).is_ok());
}

#[test]
fn two_tools_with_one_name_are_refused() {
    let error = ToolBox::new(vec![doer("a").0, doer("b").0, doer("a").0]).unwrap_err();
    assert_eq!(error, ToolBoxError::Duplicate("a".into()));
}

#[test]
fn a_bad_schema_is_named_with_its_tool() {
    let spec = ToolSpec { name: "t".into(), description: String::new(), parameters: json!(7), effect: Effect::Pure };
    let grant = Grant { tool: Arc::new(Doer { spec, dropped: Arc::default() }), ..doer("x").0 };
    assert!(matches!(ToolBox::new(vec![grant]), Err(ToolBoxError::BadSchema { tool, .. }) if tool == "t"));
}

#[test]
fn tools_are_listed_in_the_order_of_the_grants() {
    let toolbox = ToolBox::new(vec![doer("z").0, doer("a").0]).unwrap();
    assert_eq!(toolbox.specs().map(|spec| spec.name.as_str()).collect::<Vec<_>>(), ["z", "a"]);
    assert_eq!((toolbox.effect("a"), toolbox.effect("b")), (Some(Effect::Pure), None));
    assert_eq!(ToolBox::empty().specs().count(), 0);
}

#[tokio::test]
async fn a_tool_that_was_not_granted_is_denied() {
    assert_eq!(call("other", json!({})).await, Err(ToolError::Denied("other".into())));
}

#[tokio::test]
async fn arguments_that_do_not_fit_never_reach_the_tool() {
    let (grant, touched) = doer("doer");
    let error = ToolBox::new(vec![grant]).unwrap().call("doer", json!({"do": 7}), &context()).await.unwrap_err();
    assert!(matches!(&error, ToolError::BadArguments(text) if text.contains("`/do`")), "{error}");
    assert!(!touched.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_result_that_is_too_long_is_cut() {
    assert!(!call("doer", json!({"do": "x"})).await.unwrap().truncated);
    let answer = call("doer", json!({"do": "x".repeat(100)})).await.unwrap();
    assert!(answer.truncated && answer.result.to_string().len() <= 200, "{answer:?}");
}

#[tokio::test]
async fn a_panic_is_a_failure_without_the_words_of_the_panic() {
    let error = call("doer", json!({"do": "panic"})).await.unwrap_err();
    assert!(
        matches!(&error, ToolError::Failed(text) if text.contains("`doer`") && !text.contains("secret")),
        "{error}"
    );
}

#[tokio::test]
async fn a_result_that_is_too_deep_or_an_error_that_is_too_long_is_bounded() {
    assert!(matches!(call("doer", json!({"do": "deep"})).await, Err(ToolError::Failed(text)) if text.contains("64")));
    assert!(call("doer", json!({"do": "fail"})).await.unwrap_err().to_string().len() < 2100);
}

#[tokio::test(start_paused = true)]
async fn a_tool_that_hangs_is_dropped_when_its_time_is_over() {
    let (grant, dropped) = doer("doer");
    let toolbox = ToolBox::new(vec![grant]).unwrap();
    let error = toolbox.call("doer", json!({"do": "hang"}), &context()).await.unwrap_err();
    assert_eq!(error, ToolError::TimedOut(Duration::from_secs(5)));
    assert!(dropped.load(Ordering::SeqCst));
    let short = ToolContext { time_max: Duration::from_secs(1), ..context() };
    let error = toolbox.call("doer", json!({"do": "hang"}), &short).await.unwrap_err();
    assert_eq!(error, ToolError::TimedOut(Duration::from_secs(1)));
}

#[tokio::test(start_paused = true)]
async fn a_cancel_drops_the_tool_at_once() {
    let (grant, dropped) = doer("doer");
    let (toolbox, context) = (ToolBox::new(vec![grant]).unwrap(), context());
    let cancel = context.cancel.clone();
    let (answered, ()) = tokio::join!(toolbox.call("doer", json!({"do": "hang"}), &context), async {
        tokio::task::yield_now().await;
        cancel.cancel();
    });
    assert_eq!(answered, Err(ToolError::Cancelled));
    assert!(dropped.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_call_is_recorded_with_what_came_of_it() {
    let bell = Arc::new(Notify::new());
    let rings = Arc::clone(&bell);
    let pipe = RunPipe::new(16, Box::new(move || rings.notify_one()));
    let toolbox = ToolBox::new(vec![doer("doer").0]).unwrap();
    for (name, arguments, code) in [
        ("doer", json!({"do": "a\0b"}), None),
        ("other", json!({}), Some(Code::ToolDenied)),
        ("doer", json!({"do": 1}), Some(Code::ToolBadArguments)),
        ("doer", json!({"do": "panic"}), Some(Code::ToolFailed)),
        ("doer", json!({"do": "x".repeat(ARGUMENTS_BYTES_MAX)}), Some(Code::ToolBadArguments)),
    ] {
        let (sink, context, mut items) = (pipe.sink(), context(), Vec::new());
        let mut call = pin!(run_recorded(&toolbox, &sink, name, arguments, &context));
        let outcome = loop {
            let outcome = tokio::select! {
                outcome = &mut call => Some(outcome.unwrap()),
                () = bell.notified() => None,
            };
            let taken = pipe.take();
            pipe.give_back(taken.len());
            items.extend(taken);
            if let Some(outcome) = outcome {
                break outcome;
            }
        };
        assert_eq!(outcome.is_error, code.is_some(), "{outcome:?}");
        assert_eq!(outcome.result.get("error"), code.map(|code| json!(code)).as_ref(), "{outcome:?}");
        let [
            RunItem::ToolStarted(ToolIntent { name: said, arguments, effect, .. }),
            RunItem::ToolFinished { outcome: finished, .. },
        ] = &items[..]
        else {
            panic!("{items:?}");
        };
        assert_eq!((said.as_str(), finished, *effect), (name, &outcome, Effect::Pure));
        assert!(!arguments.to_string().contains("\\u0000") && arguments.to_string().len() <= ARGUMENTS_BYTES_MAX);
    }
}

#[tokio::test]
async fn a_tool_is_called_only_once_it_is_stored_that_it_will_be() {
    let (grant, touched) = doer("doer");
    let toolbox = ToolBox::new(vec![grant]).unwrap();
    let pipe = RunPipe::new(16, Box::new(|| {}));
    let (sink, context) = (pipe.sink(), context());
    sink.text("Look: ").await.unwrap();
    let mut call = pin!(run_recorded(&toolbox, &sink, "doer", json!({"do": "x"}), &context));
    for stored in [0, 1] {
        assert!(call.as_mut().now_or_never().is_none());
        assert_eq!(pipe.take().len(), if stored == 0 { 2 } else { 0 });
        pipe.give_back(stored);
        assert!(call.as_mut().now_or_never().is_none(), "{stored} of 2 items are stored");
    }
    assert!(!touched.load(Ordering::SeqCst));
    pipe.give_back(1);
    assert!(!call.await.unwrap().is_error);
    assert!(touched.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_tool_whose_intent_was_not_stored_when_the_run_was_stopped_is_not_called() {
    let (grant, touched) = doer("doer");
    let toolbox = ToolBox::new(vec![grant]).unwrap();
    let pipe = RunPipe::new(16, Box::new(|| {}));
    let (sink, context) = (pipe.sink(), context());
    let mut call = pin!(run_recorded(&toolbox, &sink, "doer", json!({"do": "x"}), &context));
    assert!(call.as_mut().now_or_never().is_none());
    pipe.cancel();
    // What was dropped gives its credits back all the same.
    pipe.give_back(pipe.take().len());
    assert!(call.await.is_err());
    assert!(!touched.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_run_that_is_over_calls_no_tool() {
    let (grant, touched) = doer("doer");
    let pipe = RunPipe::new(16, Box::new(|| {}));
    pipe.cancel();
    let toolbox = ToolBox::new(vec![grant]).unwrap();
    assert!(run_recorded(&toolbox, &pipe.sink(), "doer", json!({"do": "x"}), &context()).await.is_err());
    assert!(!touched.load(Ordering::SeqCst));
}
