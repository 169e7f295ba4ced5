//! The graph, stepped with its real functions and a world that is data: messages, and the nodes that each leads through.

use std::collections::BTreeSet;

use super::*;
use crate::{
    agent::testing::Rehearsal,
    workflow::{
        Graph, Progress, Surroundings,
        named::{Named, NamedConfig},
        work::{Ask, Call, Done, Task, Work},
    },
};

#[test]
fn the_library_has_exactly_the_functions_that_the_graph_may_name() {
    let library = library();
    let natives: BTreeSet<String> = library.natives().map(str::to_owned).collect();
    let readers: BTreeSet<String> = library.readers().map(str::to_owned).collect();
    assert_eq!((natives, readers), (Named::Product.natives(), Named::Product.readers()));
}

fn graph(has_model: bool) -> Graph {
    let tools = BTreeSet::from(["wildberries_api".to_owned()]);
    let definition = Named::Product.definition(&NamedConfig::default(), &tools, has_model).unwrap();
    let (natives, readers) = (Named::Product.natives(), Named::Product.readers());
    Graph::build(definition, &Surroundings { tools, natives, readers, has_model, ..Surroundings::default() }).unwrap()
}

/// The graph as it was before the agent could have a model: its state has no keys for one.
fn older_graph() -> Graph {
    let mut definition = graph(false).definition().clone();
    definition.state.retain(|key, _| !["prompt", "heard", "written", "silent"].contains(&key.as_str()));
    for node in ["extract", "write"] {
        definition.nodes.get_mut(node).unwrap().set = Some(Map::from_iter([("step".to_owned(), json!("never"))]));
    }
    let tools = BTreeSet::from(["wildberries_api".to_owned()]);
    let (natives, readers) = (Named::Product.natives(), Named::Product.readers());
    Graph::build(definition, &Surroundings { tools, natives, readers, ..Surroundings::default() }).unwrap()
}

/// What the marketplace answers.
fn called(call: &Call) -> Done {
    let mugs = json!([{ "subjectID": 7, "subjectName": "Mugs", "parentName": "Home" },
                      { "subjectID": 8, "subjectName": "Beer mugs", "parentName": "Home" }]);
    let value = match call.arguments["operation"].as_str() {
        Some("categories") => mugs,
        Some("characteristics") => {
            json!([{ "charcID": 1, "name": "Color", "required": true, "maxCount": 2, "charcType": 1 }])
        }
        Some("card_result") => json!({ "state": "accepted", "nmID": 77 }),
        other => panic!("{other:?}"),
    };
    Done::Wrote(vec![("found".to_owned(), value)])
}

/// What the model answers: facts, texts with this title, or nothing at all where that is empty.
fn asked(ask: &Ask, model: &str) -> Done {
    let texts = json!({ "title": model, "description": "A mug." });
    let is_writing = ask.prompt.contains("Write a title");
    match (model, is_writing) {
        ("", _) => Done::Failed { failure: Failure::new("model_bad_output", "none"), may_pass: false },
        (_, true) => Done::Wrote(vec![("written".to_owned(), texts)]),
        (_, false) => Done::Wrote(vec![("heard".to_owned(), json!({ "product": "mug", "color": "red" }))]),
    }
}

/// Steps on with a message until it waits or is over; answers the nodes and, in the end, what is asked.
async fn path(graph: &Graph, progress: &mut Progress, turn: &Turn, model: &str, message: &str) -> String {
    progress.user = json!({ "message": message, "language": "en" });
    let (mut nodes, mut answer) = (Vec::new(), Some(message));
    loop {
        let tasks: Vec<Task> = graph.work(progress).unwrap();
        let Some(task) = tasks.first() else { return nodes.join(" ") };
        let done = match &task.work {
            Work::Collect(_) => match answer.take().filter(|_| !nodes.is_empty() || progress.steps > 0) {
                Some(said) if nodes.is_empty() => Done::Wrote(vec![("said".to_owned(), json!(said))]),
                _ => return format!("{} ?", nodes.join(" ")),
            },
            Work::Native { name, input, state } => {
                let (_, step) = STEPS.into_iter().find(|(known, _)| known == name).unwrap();
                let (input, state) = (input.clone(), state.clone());
                let call = NativeCall { input, state, user: &progress.user, turn };
                Done::Wrote(step.call(call).await.unwrap().into_iter().collect())
            }
            Work::Call(call) => called(call),
            Work::Approve(_) => Done::Wrote(vec![("uploaded".to_owned(), json!({}))]),
            Work::Ask(ask) => asked(ask, model),
            Work::Say(_) => Done::Wrote(Vec::new()),
            other @ Work::HandOff { .. } => panic!("{other:?}"),
        };
        nodes.push(task.node.as_str().to_owned());
        graph.finish(progress, &task.place, done).unwrap();
    }
}

/// Messages and the nodes that each leads through; `?` is a question to the user.
async fn check(model: Option<&str>, messages: &[(&str, &str)]) {
    check_graph(&graph(model.is_some()), model, messages).await;
}

async fn check_graph(graph: &Graph, model: Option<&str>, messages: &[(&str, &str)]) {
    let mut progress = Progress::new(graph, "id", json!({}));
    for (message, expected) in messages {
        let turn = Rehearsal::of(message).turn;
        let nodes = path(graph, &mut progress, &turn, model.unwrap_or_default(), message).await;
        assert_eq!(nodes, *expected, "{message}");
    }
}

const WHOLE: &str = "sell a red mug, 900 rub, 12x9x10 cm, 400 g";
const PUBLISHED: &str = "ask take seal publish sent watch judge done tell";

#[tokio::test]
async fn each_message_leads_through_the_nodes_that_it_needs() {
    check(
        None,
        &[
            (WHOLE, "recall plan categories choose plan ?"),
            ("the first", "ask take plan characteristics fit plan keep_keywords plan ?"),
            ("price 950", "ask take plan ?"),
            ("publish", PUBLISHED),
        ],
    )
    .await;
    check(None, &[("sell", "recall plan ?"), ("a mug", "ask take plan ?"), ("900", "ask take plan ?")]).await;
}

#[tokio::test]
async fn a_photo_that_could_not_be_looked_at_stays_in_the_draft() {
    let links = ["https://a.example/1.jpg", "https://a.example/2.jpg"].map(str::to_owned).to_vec();
    let draft = Draft { photos: links.clone(), ..Draft::new(Language::Russian, "sb-1".into()) };
    let failed = |number: u64, code: &str| json!({ "image": number, "accepted": false, "failure": { "code": code } });
    let found = json!({ "images": [failed(1, "timed_out"), failed(2, "not_an_image")] });
    let state = Map::from_iter([("draft".to_owned(), Value::Object(draft.document())), ("found".to_owned(), found)]);
    let (turn, user) = (Rehearsal::of("фото").turn, json!({ "language": "ru" }));
    let call = NativeCall { input: Map::new(), state, user: &user, turn: &turn };
    let kept = Draft::read(&Step::KeepPhotos.call(call).await.unwrap()["draft"]).unwrap();
    let notes = kept.photo_notes.unwrap();
    assert_eq!((kept.photos.as_slice(), notes.len()), (&links[..1], 2));
    assert!(notes[0].starts_with("не отправлено: https://a.example/2.jpg"), "{notes:?}");
}

#[tokio::test]
async fn a_run_that_waits_on_the_graph_of_an_older_version_goes_on() {
    let messages = [
        (WHOLE, "recall plan categories choose plan ?"),
        ("the first", "ask take plan characteristics fit plan keep_keywords plan ?"),
        ("price 950", "ask take plan ?"),
        ("publish", PUBLISHED),
    ];
    check_graph(&older_graph(), None, &messages).await;
}

#[tokio::test]
async fn with_a_model_whole_sentences_go_by_it_and_texts_are_written_once_more_at_most() {
    check(
        Some("Red mug"),
        &[
            (WHOLE, "recall extract take plan categories choose plan ?"),
            ("1", "ask take plan characteristics fit plan keep_keywords plan write keep_texts plan ?"),
            ("price 950", "ask take plan ?"),
            ("publish", PUBLISHED),
        ],
    )
    .await;
    let twice =
        "ask take plan characteristics fit plan keep_keywords plan write keep_texts plan write keep_texts plan ?";
    check(Some("Cheap mug"), &[(WHOLE, "recall extract take plan categories choose plan ?"), ("1", twice)]).await;
}

#[tokio::test]
async fn a_model_that_fails_is_left_alone_for_the_turn_and_asked_again_in_the_next() {
    let whole = "sell a red mug, 900 rub, 12x9x10 cm, 400 g, category: beer mugs";
    let in_one = "recall extract unheard take plan categories choose plan categories choose plan characteristics fit plan \
                  keep_keywords plan ?";
    check(Some(""), &[(whole, in_one), ("price 950", "ask take plan write unwritten keep_texts plan ?")]).await;
}
