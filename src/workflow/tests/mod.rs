//! Graphs as data: what is written, what happens, what is said.

mod edges;
mod figures;
mod picture;
mod problems;
mod properties;
mod steps;

use std::{collections::BTreeSet, fmt::Write};

use serde_json::{Value, json};

use super::{
    Definition, Graph, Problem, Progress, Surroundings,
    work::{Done, Failure, Fault, Next, Task, Work},
};

fn around() -> Surroundings {
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    Surroundings {
        tools: set(&["calculator", "publish"]),
        natives: set(&["compose"]),
        readers: set(&["product"]),
        agents: set(&["pricing_agent"]),
        has_model: true,
    }
}

fn build(yaml: &str) -> Result<Graph, Vec<Problem>> {
    let definition: Definition = serde_saphyr::from_str(yaml).unwrap();
    Graph::build(definition, &around())
}

fn graph(yaml: &str) -> Graph {
    build(yaml).unwrap_or_else(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"))
    })
}

/// What the world answers, by the name of the step: each answer once, the last one for ever. A step that it knows nothing
/// of is done and writes nothing.
struct World<'a>(Vec<(&'a str, Vec<Done>)>);

impl World<'_> {
    fn answer(&mut self, task: &Task) -> Done {
        let known = self.0.iter_mut().find(|(node, _)| *node == task.node.as_str());
        match known {
            Some((_, answers)) if answers.len() > 1 => answers.remove(0),
            Some((_, answers)) => answers[0].clone(),
            None => Done::Wrote(Vec::new()),
        }
    }
}

/// Runs a graph until it is over, waits or fails, stored and read again after each step. Answers what happened, a line each.
fn run(graph: &Graph, progress: &mut Progress, world: &mut World<'_>, message: &str) -> String {
    let mut lines = String::new();
    let ended = run_until(graph, progress, world, message, &mut lines);
    if let Err(fault) = ended {
        writeln!(lines, "fault: {fault}").unwrap();
    }
    lines
}

fn run_until(
    graph: &Graph,
    progress: &mut Progress,
    world: &mut World<'_>,
    message: &str,
    lines: &mut String,
) -> Result<(), Fault> {
    progress.user = user(message);
    loop {
        let tasks = graph.work(progress)?;
        let Some(task) = tasks.iter().find(|task| task.waits.is_none()) else {
            for task in &tasks {
                writeln!(lines, "waits: {}", task.node).unwrap();
            }
            if tasks.is_empty() {
                lines.push_str("over\n");
            }
            return Ok(());
        };
        writeln!(lines, "{}", words(task)).unwrap();
        let done = world.answer(task);
        if let Next::Again(wait) = graph.finish(progress, &task.place, done)? {
            writeln!(lines, "again after {wait:?}").unwrap();
        }
        let stored = serde_json::to_string(&progress).unwrap();
        *progress = serde_json::from_str(&stored).unwrap();
    }
}

fn user(message: &str) -> Value {
    json!({ "message": message, "language": "en" })
}

fn begin(graph: &Graph, message: &str) -> Progress {
    Progress::new(graph, "id", user(message))
}

fn words(task: &Task) -> String {
    let what = match &task.work {
        Work::Say(text) => format!("say {text:?}"),
        Work::Call(call) => format!("call {} {}", call.tool, json!(call.arguments)),
        Work::Approve(approve) => {
            format!("approve {} {} {:?}", approve.call.tool, json!(approve.call.arguments), approve.say)
        }
        Work::Ask(ask) => format!("ask {:?}", ask.prompt),
        Work::Collect(form) => {
            let fields = form.fields.iter().map(|field| format!(" {}={}", field.name, field.value));
            format!("collect{}", fields.collect::<String>())
        }
        Work::HandOff { to, reason, data } => format!("hand off to {to} {reason:?} {}", json!(data)),
        Work::Native { name, input, .. } => format!("native {name} {}", json!(input)),
    };
    format!("{}: {what}", task.node)
}

fn wrote(key: &str, value: Value) -> Done {
    Done::Wrote(vec![(key.to_owned(), value)])
}

fn failed(code: &str, may_pass: bool) -> Done {
    Done::Failed { failure: Failure::new(code, format!("it is {code}")), may_pass }
}
