//! A run: steps side by side as the graph allows, one checkpoint after each, until nothing is left to do.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use futures::{StreamExt, stream::FuturesUnordered};
use protocol::{
    AgentId, Code,
    event::{JsonObject, Usage},
};

use super::{
    WorkflowAgent,
    begin::Begun,
    calls::Caller,
    older,
    perform::{Around, Asks, Performed, said},
    words,
};
use crate::{
    agent::{
        EventSink, Outcome, RunError, Turn,
        sink::{Checkpoint, CheckpointStatus, RunItem, TOGETHER_ITEMS_MAX},
    },
    agents::model::Spending,
    workflow::{
        progress::Place,
        work::{Done, Fault, Next, Task, Work},
    },
};

/// The longest progress that is stored, in bytes of JSON.
const PROGRESS_BYTES_MAX: usize = 256 * 1024;
/// What the beginning of a run is called among the steps, where a tool may be called in it: as in the picture, and no name of
/// a node.
const BEGIN: &str = "START";

/// A run under way.
pub(super) struct Run<'a> {
    agent: &'a WorkflowAgent,
    turn: &'a Turn,
    sink: &'a EventSink,
    begun: Begun,
    /// Steps that are being performed, and those that wait.
    taken: HashSet<Place>,
    /// How often this run has tried the step at a place, where it failed in a way that may pass.
    tried: HashMap<Place, usize>,
    /// What the user is asked in the end.
    asks: Vec<Asks>,
    hands_over: Option<(AgentId, Option<String>)>,
    /// What is stored together with the end of the run: the last step, and what is asked. So no crash falls between them.
    last: Vec<RunItem>,
}

/// What is to be done next.
enum Goes {
    On(Vec<Task>),
    Again(Duration),
    /// The user wants no more of it.
    Stopped,
    /// To another agent; what else was under way is given up.
    HandedOver,
}

impl<'a> Run<'a> {
    pub(super) fn new(agent: &'a WorkflowAgent, turn: &'a Turn, sink: &'a EventSink, begun: Begun) -> Self {
        let (taken, tried) = (HashSet::new(), HashMap::new());
        Self { agent, turn, sink, begun, taken, tried, asks: Vec::new(), hands_over: None, last: Vec::new() }
    }

    pub(super) async fn go(mut self) -> Result<Outcome, RunError> {
        if self.begun.is_idle {
            self.sink.text(words::nothing_waits(&self.begun.progress.user)).await?;
            return Ok(Outcome::completed());
        }
        let first = match self.begun.graph.work(&mut self.begun.progress) {
            Ok(tasks) => tasks,
            Err(fault) => return self.fails(Vec::new(), BEGIN, &fault),
        };
        self.say_begin(&first).await?;
        let progress_id = self.begun.progress.id.clone();
        let spending = Spending::new(self.turn.time_max);
        let (agent, turn, sink) = (self.agent, self.turn, self.sink);
        let caller = Caller { agent, turn, sink, progress_id: &progress_id, spending: &spending };
        let mut under_way = FuturesUnordered::new();
        let (first, waits) = match self.count_failed(&caller, first) {
            Ok(counted) => counted,
            Err(fault) => return self.fails(Vec::new(), BEGIN, &fault),
        };
        for (task, around) in self.untaken(first) {
            let wait = waits.get(&task.place).copied();
            under_way.push(caller.perform(task, around, wait));
        }
        while let Some(performed) = under_way.next().await {
            let (task, performed) = performed?;
            let place = task.place.clone();
            let node = self.begun.graph.path(&self.begun.progress, &task.place, &task.node);
            match self.finish(&task, &node, performed) {
                Ok(Goes::On(tasks)) => {
                    for (task, around) in self.untaken(tasks) {
                        under_way.push(caller.perform(task, around, None));
                    }
                    if !under_way.is_empty() {
                        self.store_last().await?;
                    }
                }
                Ok(Goes::Again(wait)) => {
                    self.store_last().await?;
                    let again = Task { failed: task.failed + 1, place, ..task };
                    let around = self.around(&again, None);
                    under_way.push(caller.perform(again, around, Some(wait)));
                }
                Ok(Goes::Stopped) => return self.stop(&node, spending.usage()),
                Ok(Goes::HandedOver) => break,
                Err(Ended::Fault(items, fault)) => return self.fails(items, &node, &fault),
                Err(Ended::Run(error)) => return Err(error),
            }
        }
        drop(under_way);
        self.end(spending.usage())
    }

    /// A crash must find a checkpoint of this turn before any tool was called in it.
    async fn say_begin(&mut self, tasks: &[Task]) -> Result<(), RunError> {
        let calls = |task: &Task| matches!(task.work, Work::Call(_) | Work::Approve(_));
        if self.begun.is_marked || !tasks.iter().any(calls) {
            return Ok(());
        }
        let step = self.step(BEGIN, CheckpointStatus::Running)?;
        Ok(self.sink.together(vec![step]).await?)
    }

    /// Counts the tries that failed before a crash, before anything else is done: a checkpoint that another branch stores makes
    /// the log forget them. Answers the tasks with them, and how long each waits for its next try.
    fn count_failed(
        &mut self,
        caller: &Caller<'_>,
        tasks: Vec<Task>,
    ) -> Result<(Vec<Task>, HashMap<Place, Duration>), Fault> {
        let (mut waits, mut counted) = (HashMap::new(), Vec::new());
        let Begun { graph, progress, .. } = &mut self.begun;
        for mut task in tasks {
            let mut tried = 0;
            while let Some(done) = caller.failed_before(&task, tried)
                && graph.tries_again(progress, &task.place)
                && let Next::Again(wait) = graph.finish(progress, &task.place, done)?
            {
                tried += 1;
                task.failed += 1;
                waits.insert(task.place.clone(), wait);
                self.tried.insert(task.place.clone(), tried);
            }
            counted.push(task);
        }
        Ok((counted, waits))
    }

    /// Those of the tasks that nobody performs yet. The first form that waits takes the user's message; where there is
    /// none, whatever waits for a decision is told of it.
    fn untaken(&mut self, tasks: Vec<Task>) -> Vec<(Task, Around)> {
        let mut new: Vec<Task> = tasks.into_iter().filter(|task| self.taken.insert(task.place.clone())).collect();
        new.sort_by_key(|task| !matches!(task.work, Work::Collect(_)));
        let mut message = self.begun.message.clone();
        let mut with = Vec::new();
        for task in new {
            let waits = task.waits.is_some();
            let takes = if waits { message.clone() } else { None };
            if waits && matches!(task.work, Work::Collect(_)) {
                message = None;
                self.begun.message = None;
            }
            let around = self.around(&task, takes);
            with.push((task, around));
        }
        with
    }

    fn around(&self, task: &Task, message: Option<String>) -> Around {
        let tried = self.tried.get(&task.place).copied().unwrap_or_default();
        Around { tried, user: self.begun.progress.user.clone(), message }
    }

    /// Takes what came of a step; it is stored together with where the run is after it.
    fn finish(&mut self, task: &Task, node: &str, performed: Performed) -> Result<Goes, Ended> {
        let Performed { items, done, asks, hands_over, is_stopped } = performed;
        if is_stopped && !self.takes_care(task) {
            return Ok(Goes::Stopped);
        }
        let done = self.fitted(task, node, done);
        let Begun { graph, progress, .. } = &mut self.begun;
        let next = graph.finish(progress, &task.place, done).map_err(|fault| Ended::Fault(items.clone(), fault))?;
        if let Some(asks) = asks {
            self.asks.push(asks);
            return Ok(Goes::On(Vec::new()));
        }
        if let Next::Again(wait) = next {
            self.last.extend(items);
            *self.tried.entry(task.place.clone()).or_default() += 1;
            return Ok(Goes::Again(wait));
        }
        self.taken.remove(&task.place);
        self.tried.remove(&task.place);
        if hands_over.is_some() {
            self.hands_over = hands_over;
            let step = self.step(node, CheckpointStatus::Over)?;
            self.last.extend(items.into_iter().chain([step]));
            return Ok(Goes::HandedOver);
        }
        let Begun { graph, progress, .. } = &mut self.begun;
        let tasks = graph.work(progress).map_err(|fault| Ended::Fault(items.clone(), fault))?;
        let status = if progress.is_over() { CheckpointStatus::Over } else { CheckpointStatus::Running };
        let step = self.step(node, status)?;
        self.last.extend(items.into_iter().chain([step]));
        Ok(Goes::On(tasks))
    }

    /// What came of a step, as the graph of this run can take it, which may be older than the program.
    fn fitted(&self, task: &Task, node: &str, done: Done) -> Done {
        match &task.work {
            Work::Native { state, .. } if self.begun.graph.version() != self.agent.graph.version() => {
                older::fitted(done, state, &self.agent.graph, node)
            }
            _ => done,
        }
    }

    /// Whether the graph says where to go on when this step fails, or one around it.
    fn takes_care(&self, task: &Task) -> bool {
        self.begun.graph.takes_care(&self.begun.progress, &task.place)
    }

    /// What there is more to do is done after this is stored. The last of them together; more than a pipe may hold go
    /// before.
    async fn store_last(&mut self) -> Result<(), RunError> {
        let mut items = std::mem::take(&mut self.last);
        while items.len() > TOGETHER_ITEMS_MAX {
            let rest = items.split_off(TOGETHER_ITEMS_MAX);
            self.sink.together(std::mem::replace(&mut items, rest)).await?;
        }
        if items.is_empty() { Ok(()) } else { Ok(self.sink.together(items).await?) }
    }

    fn step(&mut self, node: &str, status: CheckpointStatus) -> Result<RunItem, RunError> {
        let checkpoint = self.checkpoint(status)?;
        let passed = std::mem::take(&mut self.begun.progress.passed);
        Ok(RunItem::StepComplete { node: node.to_owned(), passed, steps: self.begun.progress.steps, checkpoint })
    }

    fn checkpoint(&self, status: CheckpointStatus) -> Result<Checkpoint, RunError> {
        let progress = match status {
            CheckpointStatus::Over => String::new(),
            _ => serde_json::to_string(&self.begun.progress)
                .map_err(|error| RunError::lasting(Code::Internal, "The workflow failed.", error.to_string()))?,
        };
        if progress.len() > PROGRESS_BYTES_MAX {
            let safe = format!(
                "What the workflow knows grew to {} bytes, over its limit of {PROGRESS_BYTES_MAX}, and it was stopped.",
                progress.len()
            );
            return Err(RunError::lasting(Code::BudgetState, safe.clone(), safe));
        }
        Ok(Checkpoint { status, version: self.begun.graph.version().into(), progress: progress.into() })
    }

    /// Nothing is left to do: it is over, or it waits.
    fn end(mut self, usage: Usage) -> Result<Outcome, RunError> {
        let final_state = self.begun.graph.published(&self.begun.progress);
        let mut items = std::mem::take(&mut self.last);
        let outcome = if let Some((to, detail)) = self.hands_over.take() {
            Outcome::HandOver { to, detail, usage }
        } else if self.begun.progress.is_over() {
            Outcome::Completed { final_state, usage }
        } else {
            for asks in std::mem::take(&mut self.asks) {
                items.extend(self.question(asks)?);
            }
            Outcome::Waiting { final_state, usage }
        };
        self.sink.at_the_end(items)?;
        Ok(outcome)
    }

    fn question(&self, asks: Asks) -> Result<Vec<RunItem>, RunError> {
        let checkpoint = self.checkpoint(CheckpointStatus::Waiting)?;
        Ok(match asks {
            Asks::Input { prompt, fields, says } => {
                let mut items = if says { said(&prompt) } else { Vec::new() };
                items.push(RunItem::InputRequest { prompt, fields, checkpoint });
                items
            }
            Asks::Approval { say, question } => {
                let mut items = say.as_deref().map(said).unwrap_or_default();
                items.push(RunItem::ApprovalRequest { question, checkpoint });
                items
            }
        })
    }

    fn stop(mut self, node: &str, usage: Usage) -> Result<Outcome, RunError> {
        let over = self.step(node, CheckpointStatus::Over)?;
        let said = said(words::stopped(&self.begun.progress.user));
        self.sink.at_the_end(self.last.into_iter().chain(said).chain([over]).collect())?;
        Ok(Outcome::Completed { final_state: JsonObject::new(), usage })
    }

    /// The run fails, and the next message begins anew.
    fn fails(mut self, items: Vec<RunItem>, node: &str, fault: &Fault) -> Result<Outcome, RunError> {
        let over = self.step(node, CheckpointStatus::Over)?;
        self.sink.at_the_end(self.last.into_iter().chain(items).chain([over]).collect())?;
        Err(error_of(fault))
    }
}

/// Why a run cannot go on.
enum Ended {
    /// The graph says so; what was said and called before is still to be stored.
    Fault(Vec<RunItem>, Fault),
    Run(RunError),
}

impl From<RunError> for Ended {
    fn from(error: RunError) -> Self {
        Self::Run(error)
    }
}

fn error_of(fault: &Fault) -> RunError {
    let code = match fault {
        Fault::Step { failure, .. } => {
            let known = serde_json::from_value(serde_json::Value::from(failure.code.as_str()));
            known.unwrap_or(Code::WorkflowFailed)
        }
        Fault::Steps { .. } => Code::BudgetSteps,
        Fault::Depth { .. } => Code::WorkflowFailed,
        Fault::Changed(_) => Code::WorkflowChanged,
    };
    RunError::lasting(code, sentence(&fault.to_string()), fault.to_string())
}

fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{first}{}.", chars.as_str().trim_end_matches('.'))
}
