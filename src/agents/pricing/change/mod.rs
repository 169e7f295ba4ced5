//! A change of a price: read, judged against the price that is there, approved, sent and watched.
//!
//! It is a workflow, so the question survives restarts, the approval is bound to exactly this price, and the call is in the
//! ledger. What is said and decided is pure ([`wanted`], [`judge`], [`words`]).

pub mod judge;
pub mod wanted;
pub mod words;

use std::{collections::BTreeSet, time::Duration};

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use self::{judge::Verdict, wanted::Wanted};
use crate::{
    agent::{AgentCard, RunError, Turn, sink::CheckpointStatus},
    agents::{
        language::Language,
        marketplace,
        workflow::{Library, Native, NativeCall, WorkflowAgent, is_refusal},
    },
    tools::{
        ToolBox,
        wildberries::{Goods, Operation, PriceTask, PricedGoods},
    },
    workflow::{Definition, work::Failure},
};

/// So many products are looked through for a seller's own code: more would not fit into a checkpoint.
const GOODS_MAX: usize = 500;
/// So often is asked what became of a change.
const LOOKS_MAX: u32 = 6;
/// The wait before the first look; each further one is half as long again.
const LOOK_WAIT: Duration = Duration::from_secs(1);

type Written = Map<String, Value>;

/// The agent that changes prices; none where the tools for it were not granted.
///
/// # Errors
/// What is wrong with the graph, which would be a mistake of ours.
pub(super) fn agent(card: &AgentCard, toolbox: &ToolBox) -> Result<Option<WorkflowAgent>, String> {
    let read = |operation| marketplace::reader(toolbox, operation);
    let tools = (
        read(Operation::PricesGet),
        read(Operation::PriceStatus),
        read(Operation::PriceGoods),
        marketplace::writer(toolbox, Operation::PriceUpload),
    );
    let (Some(prices), Some(status), Some(goods), Some(upload)) = tools else { return Ok(None) };
    let definition = definition(prices, status, goods, upload)?;
    let library = Library::default()
        .with_native("price_wanted", Step(wanted_step))
        .with_native("price_judge", Step(judge_step))
        .with_native("price_told", Step(told_step))
        .with_native("price_wait", Pause);
    let agent = WorkflowAgent::new(card.clone(), definition, toolbox.clone(), library, BTreeSet::new());
    agent.map(Some).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        lines.join("; ")
    })
}

/// Whether a turn is about a change of a price: the message asks for one, or is a decision, or goes on with one.
///
/// # Errors
/// A [`RunError`] where the store does not answer.
pub(super) async fn is_meant(turn: &Turn) -> Result<bool, RunError> {
    if turn.message.content.is_empty() || wanted::read(&turn.message.content).is_some() {
        return Ok(true);
    }
    let record = turn.workflow.checkpoint().await?;
    Ok(record.is_some_and(|record| match record.checkpoint.status {
        CheckpointStatus::Waiting => is_answer(&turn.message.content),
        CheckpointStatus::Running => record.turn_id == turn.turn_id,
        CheckpointStatus::Over => false,
    }))
}

/// A decision is made by a button, not by a word: whoever writes one is reminded of the question, or, with a no, heard.
fn is_answer(message: &str) -> bool {
    const ANSWERS: [&str; 13] = [
        "yes",
        "ok",
        "okay",
        "approve",
        "confirm",
        "sure",
        "да",
        "ок",
        "подтверждаю",
        "согласен",
        "согласна",
        "хорошо",
        "давай",
    ];
    let word = message.trim().trim_end_matches(['.', '!']).to_lowercase();
    ANSWERS.contains(&word.as_str()) || is_refusal(message)
}

fn definition(prices: &str, status: &str, goods: &str, upload: &str) -> Result<Definition, String> {
    let any = json!({});
    let text = json!({ "default": "" });
    let mut nodes = asking(prices, upload);
    nodes.extend(watching(status, goods));
    let definition = json!({
        "start": "read",
        "steps_max": 60,
        "publish": ["outcome", "change"],
        "state": {
            "wanted": any, "words": text, "nm_ids": { "default": [] }, "goods": any, "again": { "default": false }, "question": text, "prices": any,
            "change": any, "uploaded": any, "looks": { "default": 0 }, "task": any, "priced": { "default": [] }, "outcome": text,
        },
        "nodes": nodes,
    });
    serde_json::from_value(definition).map_err(|error| error.to_string())
}

/// Up to the approval, and the call that it is for.
fn asking(prices: &str, upload: &str) -> Map<String, Value> {
    let kept = "{{ 'Цена не изменена.' if user.language == 'ru' else 'The price stays as it is.' }}";
    let failed =
        "{{ 'Цена не изменена' if user.language == 'ru' else 'The price was not changed' }}: {{ error.message }}";
    let find = json!({ "operation": "prices_get", "nmIDs": "= nm_ids", "limit": GOODS_MAX });
    let send = json!({ "operation": "price_upload", "prices": "= prices" });
    let unless_told = |to: &str| json!([{ "when": "words", "to": "tell" }, { "to": to }]);
    wrote([
        ("read", json!({ "native": { "name": "price_wanted" }, "then": unless_told("find") })),
        ("tell", json!({ "say": "{{ words }}" })),
        (
            "find",
            json!({
                "tool": { "name": prices, "arguments": find, "into": "goods" }, "then": "judge", "on_error": "failed",
            }),
        ),
        (
            "judge",
            json!({
                "native": { "name": "price_judge" },
                "then": [{ "when": "again", "to": "find" }, { "when": "words", "to": "tell" }, { "to": "ask" }],
            }),
        ),
        (
            "ask",
            json!({
                "approve": {
                    "tool": upload, "arguments": send, "say": "{{ question }}", "into": "uploaded", "rejected": "kept",
                },
                "then": [{ "when": "uploaded.state == 'queued'", "to": "wait" }, { "to": "told" }],
                "on_error": "failed",
            }),
        ),
        ("kept", json!({ "say": kept })),
        ("failed", json!({ "say": failed })),
    ])
}

/// What became of it. That a look fails says nothing about the change.
fn watching(status: &str, goods: &str) -> Map<String, Value> {
    let look = json!({ "operation": "price_status", "uploadID": "= uploaded.uploadID" });
    let details = json!({ "operation": "price_goods", "uploadID": "= uploaded.uploadID" });
    wrote([
        ("wait", json!({ "native": { "name": "price_wait" }, "then": "look" })),
        (
            "look",
            json!({
                "tool": { "name": status, "arguments": look, "into": "task" },
                "then": [
                    { "when": "task is not none and task.status >= 3", "to": "details" },
                    { "when": format!("looks < {LOOKS_MAX}"), "to": "wait" },
                    { "to": "told" },
                ],
                "on_error": "told",
            }),
        ),
        (
            "details",
            json!({
                "tool": { "name": goods, "arguments": details, "into": "priced" }, "then": "told", "on_error": "told",
            }),
        ),
        ("told", json!({ "native": { "name": "price_told" }, "then": "tell" })),
    ])
}

/// A step that only thinks.
struct Step(fn(&NativeCall<'_>, Language) -> Written);

#[async_trait]
impl Native for Step {
    async fn call(&self, call: NativeCall<'_>) -> Result<Written, Failure> {
        let language = if call.user["language"] == "ru" { Language::Russian } else { Language::English };
        Ok(self.0(&call, language))
    }
}

/// The wait before a look.
struct Pause;

#[async_trait]
impl Native for Pause {
    async fn call(&self, call: NativeCall<'_>) -> Result<Written, Failure> {
        let looks = u32::try_from(call.state["looks"].as_u64().unwrap_or(0)).unwrap_or(LOOKS_MAX);
        let wait = LOOK_WAIT.mul_f64(1.5_f64.powf(f64::from(looks.min(LOOKS_MAX))));
        tokio::time::sleep(wait).await;
        Ok(wrote([("looks", json!(looks + 1))]))
    }
}

fn wrote<const N: usize>(keys: [(&str, Value); N]) -> Map<String, Value> {
    keys.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn wanted_step(call: &NativeCall<'_>, language: Language) -> Written {
    match wanted::read(call.user["message"].as_str().unwrap_or_default()) {
        Some(Ok(Wanted { article: Some(article), price, discount })) => {
            // Only the marketplace's own articles are numbers that it can be asked for; `price_judge` has the other half.
            let nm_ids: Vec<u64> = article.parse().into_iter().collect();
            let wanted = json!({ "article": article, "price": price, "discount": discount });
            wrote([("wanted", wanted), ("nm_ids", json!(nm_ids))])
        }
        Some(Err(unfit)) => wrote([("words", words::unfit(&unfit, language).into())]),
        Some(Ok(_)) | None => wrote([("words", words::which(language).into())]),
    }
}

fn wanted_of(state: &Map<String, Value>) -> Wanted {
    let number = |key: &str| state["wanted"][key].as_u64();
    Wanted {
        article: state["wanted"]["article"].as_str().map(str::to_owned),
        price: number("price"),
        discount: number("discount"),
    }
}

fn judge_step(call: &NativeCall<'_>, language: Language) -> Written {
    let wanted = wanted_of(&call.state);
    let Ok(goods) = serde_json::from_value::<Vec<Goods>>(call.state["goods"].clone()) else {
        return told(words::too_many(language));
    };
    let verdict = judge::judge(&wanted, &goods);
    let by_article = call.state["nm_ids"].as_array().is_some_and(|nm_ids| !nm_ids.is_empty());
    if verdict == Verdict::Unknown && by_article {
        // No article has this number: a seller's own code may.
        return wrote([("goods", Value::Null), ("nm_ids", json!([])), ("again", true.into())]);
    }
    if verdict == Verdict::Unknown && goods.len() >= GOODS_MAX {
        return told(words::too_many(language));
    }
    let Verdict::Change(change) = &verdict else {
        let words = words::nothing(&verdict, &wanted, language).unwrap_or_default();
        return told(words);
    };
    let mut item = json!({ "nmID": change.nm_id });
    for (key, value) in [("price", wanted.price), ("discount", wanted.discount)] {
        if let Some(value) = value {
            item[key] = value.into();
        }
    }
    let priced = |priced: judge::Priced| json!({ "price": priced.price.to_string(), "discount": priced.discount });
    let shown = json!({ "nmID": change.nm_id, "before": priced(change.before), "after": priced(change.after) });
    wrote([
        // What was read is not needed any more, and each checkpoint would carry it on.
        ("goods", Value::Null),
        ("again", false.into()),
        ("prices", json!([item])),
        ("change", shown),
        ("question", words::question(change, language).into()),
    ])
}

/// What ends the question: these words, and nothing of what was read.
fn told(words: impl Into<Value>) -> Written {
    wrote([("goods", Value::Null), ("again", false.into()), ("words", words.into())])
}

fn told_step(call: &NativeCall<'_>, language: Language) -> Written {
    let fate = if call.state["uploaded"]["state"] == "already" {
        judge::Fate::Done
    } else {
        let task: Option<PriceTask> = serde_json::from_value(call.state["task"].clone()).unwrap_or_default();
        let priced: Vec<PricedGoods> = serde_json::from_value(call.state["priced"].clone()).unwrap_or_default();
        judge::fate(task.as_ref(), &priced)
    };
    let outcome = match fate {
        judge::Fate::Done => "done",
        judge::Fate::Refused(_) => "refused",
        judge::Fate::Pending => "pending",
    };
    wrote([("words", words::fate(&fate, language).into()), ("outcome", outcome.into())])
}
