//! One step after the other: what follows from a graph and the place of a run in it.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    expression::{self, ExpressionError, Scope},
    graph::{Approve, Graph, Kind, Level, Node, NodeId, Target},
    prepare,
    progress::{At, Frame, Place, Progress},
    reduce::reduce,
    work::{Done, Failure, Fault, Next, Task},
};
use crate::json_schema;

/// Branches and graphs within each other.
const FRAMES_MAX: usize = 16;
/// Steps without anybody that are remembered until the next one that is stored.
const PASSED_MAX: usize = 100;
/// The longest wait between two tries.
const WAIT_MAX: Duration = Duration::from_hours(1);

impl Graph {
    /// Takes every step that needs nobody, and says which others are to be done now. Empty where the run is over.
    ///
    /// # Errors
    /// A [`Fault`] ends the run.
    pub fn work(&self, progress: &mut Progress) -> Result<Vec<Task>, Fault> {
        self.follows(progress)?;
        let mut tasks = Vec::new();
        let (mut walk, top) = self.walk(progress, String::new());
        walk.frame(&self.top, top, &mut Vec::new(), &mut tasks)?;
        Ok(tasks)
    }

    /// Takes what came of a task.
    ///
    /// # Errors
    /// A [`Fault`] ends the run.
    pub fn finish(&self, progress: &mut Progress, place: &[usize], done: Done) -> Result<Next, Fault> {
        self.follows(progress)?;
        let gone = || Fault::Changed("its place is no step of the graph".to_owned());
        let (level, within) = self.level(progress, place).ok_or_else(gone)?;
        let is_caught = (0..place.len()).any(|depth| self.has_on_error(progress, &place[..depth]));
        let (mut walk, top) = self.walk(progress, within);
        walk.is_caught = is_caught;
        let frame = top.inner(place).ok_or_else(gone)?;
        walk.done(level, frame, done)
    }

    fn walk<'p>(&self, progress: &'p mut Progress, within: String) -> (Walk<'p>, &'p mut Frame) {
        let Progress { steps, top, user, passed, .. } = progress;
        (Walk { steps, steps_max: self.definition.steps_max, user, within, is_caught: false, passed }, top)
    }

    /// A step as the log and [`Graph::nodes`] name it: with the graphs that it is within.
    pub fn path(&self, progress: &Progress, place: &[usize], node: &NodeId) -> String {
        let within = self.level(progress, place).map(|(_, within)| within);
        format!("{}{node}", within.unwrap_or_default())
    }

    /// Whether the graph says where to go on when the step at this place fails: at the step itself, or at one around it.
    pub fn takes_care(&self, progress: &Progress, place: &[usize]) -> bool {
        (0..=place.len()).any(|depth| self.has_on_error(progress, &place[..depth]))
    }

    fn has_on_error(&self, progress: &Progress, place: &[usize]) -> bool {
        let node = self.level(progress, place).zip(progress.top.at_place(place)).and_then(|((level, _), frame)| {
            let (At::Node { node, .. } | At::Branches { node, .. } | At::Within { node, .. }) = &frame.at else {
                return None;
            };
            level.nodes.get(node)
        });
        node.is_some_and(|node| node.on_error.is_some())
    }

    /// Whether the step at this place is tried again when it fails in a way that may pass.
    pub fn tries_again(&self, progress: &Progress, place: &[usize]) -> bool {
        let found = self.level(progress, place).zip(progress.top.at_place(place));
        found.is_some_and(|((level, _), frame)| {
            let At::Node { node, failed, .. } = &frame.at else { return false };
            let retry = level.nodes.get(node).and_then(|node| node.retry);
            retry.is_some_and(|retry| *failed < retry.times)
        })
    }

    fn follows(&self, progress: &Progress) -> Result<(), Fault> {
        if progress.version == self.version {
            return Ok(());
        }
        Err(Fault::Changed(format!("it follows version {}, this is {}", progress.version, self.version)))
    }

    /// The graph that a frame is in, and what stands before the names of its steps.
    fn level(&self, progress: &Progress, place: &[usize]) -> Option<(&Level, String)> {
        let (mut level, mut frame, mut within) = (&self.top, &progress.top, String::new());
        for index in place {
            frame = match &frame.at {
                At::Branches { frames, .. } => frames.get(*index)?,
                At::Within { node, frame } => {
                    let name = graph_of(level.nodes.get(node)?)?;
                    level = level.graphs.get(name)?;
                    within.push_str(name);
                    within.push('/');
                    frame
                }
                At::Node { .. } | At::End => return None,
            };
        }
        Some((level, within))
    }
}

fn graph_of(node: &Node) -> Option<&String> {
    if let Kind::Graph { name, .. } = &node.kind { Some(name) } else { None }
}

/// What taking steps needs.
struct Walk<'a> {
    steps: &'a mut u32,
    steps_max: u32,
    user: &'a Value,
    /// Before the names of the steps of the graph that it is in.
    within: String,
    /// Whether a step around the frame says where to go on when what is within it fails.
    is_caught: bool,
    passed: &'a mut Vec<String>,
}

impl Walk<'_> {
    /// Goes on in a frame until each of its ends has a task, waits or is over.
    fn frame(
        &mut self,
        level: &Level,
        frame: &mut Frame,
        place: &mut Place,
        tasks: &mut Vec<Task>,
    ) -> Result<(), Fault> {
        loop {
            let found = tasks.len();
            match &mut frame.at {
                At::End => return Ok(()),
                At::Branches { node, frames } => {
                    let node = node.clone();
                    let around = self.go_in(level, &node)?;
                    for (index, branch) in frames.iter_mut().enumerate() {
                        self.inner(level, branch, index, place, tasks)?;
                    }
                    self.is_caught = around;
                    if frames.iter().any(|branch| branch.at != At::End) {
                        return Ok(());
                    }
                    self.join(level, frame, &node)?;
                }
                At::Within { node, frame: inner } => {
                    let node = node.clone();
                    let name = graph_of(known(level, &node)?).ok_or_else(|| gone(&node))?;
                    let inside = level.graphs.get(name).ok_or_else(|| gone(&node))?;
                    let (before, around) = (self.within.len(), self.go_in(level, &node)?);
                    self.within.extend([name.as_str(), "/"]);
                    let walked = self.inner(inside, inner, 0, place, tasks);
                    self.within.truncate(before);
                    self.is_caught = around;
                    walked?;
                    if inner.at != At::End {
                        return Ok(());
                    }
                    self.leave(level, frame, &node)?;
                }
                At::Node { .. } => {
                    self.node(level, frame, place, tasks)?;
                    if tasks.len() > found {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Goes into the frames of a step; answers whether a step around this one takes care, for the way out.
    fn go_in(&mut self, level: &Level, id: &NodeId) -> Result<bool, Fault> {
        let takes_care = known(level, id)?.on_error.is_some();
        let around = self.is_caught;
        self.is_caught |= takes_care;
        Ok(around)
    }

    fn inner(
        &mut self,
        level: &Level,
        frame: &mut Frame,
        index: usize,
        place: &mut Place,
        tasks: &mut Vec<Task>,
    ) -> Result<(), Fault> {
        place.push(index);
        let walked = self.frame(level, frame, place, tasks);
        place.pop();
        walked
    }

    /// Takes the step that the frame stands before, or says who must.
    fn node(&mut self, level: &Level, frame: &mut Frame, place: &Place, tasks: &mut Vec<Task>) -> Result<(), Fault> {
        let At::Node { node: id, since, failed, waits } = &frame.at else { return Ok(()) };
        let (id, since, failed, waits) = (id.clone(), *since, *failed, waits.clone());
        let node = known(level, &id)?;
        let scope = self.scope(frame);
        match &node.kind {
            Kind::Set(values) => {
                self.pass(&id);
                let done = match expression::map(values, &scope) {
                    Ok(values) => Done::Wrote(values.into_iter().collect()),
                    Err(error) => failed_expression(&error),
                };
                self.done(level, frame, done).map(|_| ())
            }
            Kind::Parallel(branches) => {
                self.pass(&id);
                self.fork(frame, &id, branches, place)
            }
            Kind::Graph { name, input, .. } => {
                self.pass(&id);
                self.enter(level, frame, &id, (name, input), place)
            }
            kind => match prepare::work(level, kind, frame, &scope) {
                Ok(work) => {
                    let (place, time_max) = (place.clone(), node.timeout);
                    tasks.push(Task { place, node: id, since, work, waits, time_max, failed });
                    Ok(())
                }
                Err(error) => {
                    self.pass(&id);
                    self.done(level, frame, failed_expression(&error)).map(|_| ())
                }
            },
        }
    }

    /// A step that needs nobody is under way.
    fn pass(&mut self, id: &NodeId) {
        if self.passed.len() >= PASSED_MAX {
            self.passed.remove(0);
        }
        self.passed.push(format!("{}{id}", self.within));
    }

    fn fork(&mut self, frame: &mut Frame, id: &NodeId, branches: &[NodeId], place: &Place) -> Result<(), Fault> {
        has_room(id, place)?;
        self.count()?;
        let frames = branches.iter().map(|branch| frame.branch(branch, *self.steps)).collect();
        frame.at = At::Branches { node: id.clone(), frames };
        Ok(())
    }

    /// All branches have ended: what they wrote adds up in their order.
    fn join(&mut self, level: &Level, frame: &mut Frame, id: &NodeId) -> Result<(), Fault> {
        let At::Branches { frames, .. } = std::mem::replace(&mut frame.at, At::before(id, *self.steps)) else {
            return Ok(());
        };
        let done = match frames.iter().find_map(Frame::failure) {
            Some(failure) => Done::Failed { failure, may_pass: false },
            None => Done::Wrote(frames.into_iter().flat_map(|branch| branch.writes).collect()),
        };
        self.done(level, frame, done).map(|_| ())
    }

    fn enter(
        &mut self,
        level: &Level,
        frame: &mut Frame,
        id: &NodeId,
        (name, input): (&String, &[(String, expression::Template)]),
        place: &Place,
    ) -> Result<(), Fault> {
        has_room(id, place)?;
        self.count()?;
        let inside = level.graphs.get(name).ok_or_else(|| gone(id))?;
        let mut inner = Frame::new(inside, *self.steps);
        let written = expression::map(input, &self.scope(frame))
            .map_err(|error| error.to_string())
            .and_then(|values| values.into_iter().try_for_each(|(key, value)| write(inside, &mut inner, &key, value)));
        if let Err(words) = written {
            return self.failed(level, frame, Failure::new("bad_value", words)).map(|_| ());
        }
        frame.at = At::Within { node: id.clone(), frame: Box::new(inner) };
        Ok(())
    }

    fn leave(&mut self, level: &Level, frame: &mut Frame, id: &NodeId) -> Result<(), Fault> {
        let At::Within { frame: inner, .. } = std::mem::replace(&mut frame.at, At::before(id, *self.steps)) else {
            return Ok(());
        };
        let Kind::Graph { output, .. } = &known(level, id)?.kind else { return Err(gone(id)) };
        if let Some(failure) = inner.failure() {
            return self.done(level, frame, Done::Failed { failure, may_pass: false }).map(|_| ());
        }
        let done = match expression::map(output, &self.scope(&inner)) {
            Ok(values) => Done::Wrote(values.into_iter().collect()),
            Err(error) => failed_expression(&error),
        };
        self.done(level, frame, done).map(|_| ())
    }

    /// Goes on from the step that the frame stands at.
    fn done(&mut self, level: &Level, frame: &mut Frame, done: Done) -> Result<Next, Fault> {
        let At::Node { node: id, .. } = &frame.at else { return Err(Fault::Changed("it stands at no step".into())) };
        let node = known(level, id)?;
        match done {
            Done::Wrote(values) => match write_all(level, frame, values) {
                Ok(()) => self.leave_by_ways(level, frame, node),
                Err(words) => self.failed(level, frame, Failure::new("bad_value", words)),
            },
            Done::Waits { remember, wrote } => {
                if let Err(words) = write_all(level, frame, wrote) {
                    return self.failed(level, frame, Failure::new("bad_value", words));
                }
                if let At::Node { waits, .. } = &mut frame.at {
                    *waits = Some(remember);
                }
                Ok(Next::On)
            }
            Done::Rejected(failure) => {
                frame.error = as_json(&failure);
                let rejected = match &node.kind {
                    Kind::Approve(Approve { rejected, .. }) => rejected.clone(),
                    _ => None,
                };
                self.go(frame, &rejected.unwrap_or(Target::End))
            }
            Done::Failed { failure, may_pass } => match (node.retry, &mut frame.at) {
                (Some(retry), At::Node { failed, .. }) if may_pass && *failed < retry.times => {
                    *failed += 1;
                    let doubled = retry.wait.get().saturating_mul(1 << (*failed - 1).min(20));
                    Ok(Next::Again(doubled.min(WAIT_MAX)))
                }
                _ => self.failed(level, frame, failure),
            },
        }
    }

    fn failed(&mut self, level: &Level, frame: &mut Frame, failure: Failure) -> Result<Next, Fault> {
        let At::Node { node: id, .. } = &frame.at else { return Err(Fault::Changed("it stands at no step".into())) };
        let id = id.clone();
        let Some(target) = &known(level, &id)?.on_error else {
            if !self.is_caught {
                return Err(Fault::Step { node: id, failure });
            }
            frame.fail(as_json(&failure));
            return Ok(Next::On);
        };
        frame.error = as_json(&failure);
        self.go(frame, target)
    }

    fn leave_by_ways(&mut self, level: &Level, frame: &mut Frame, node: &Node) -> Result<Next, Fault> {
        let scope = self.scope(frame);
        for way in &node.ways {
            let open = way.when.as_ref().map_or(Ok(true), |when| when.holds(&scope));
            match open {
                Ok(true) => return self.go(frame, &way.to),
                Ok(false) => {}
                Err(error) => return self.failed(level, frame, Failure::new("bad_expression", error.to_string())),
            }
        }
        // The last way has no condition: `build` refuses a graph where it has.
        self.go(frame, &Target::End)
    }

    fn go(&mut self, frame: &mut Frame, to: &Target) -> Result<Next, Fault> {
        self.count()?;
        frame.at = match to {
            Target::Node(node) => At::before(node, *self.steps),
            Target::End => At::End,
        };
        Ok(Next::On)
    }

    fn count(&mut self) -> Result<(), Fault> {
        *self.steps += 1;
        if *self.steps > self.steps_max {
            return Err(Fault::Steps { steps_max: self.steps_max, used: *self.steps });
        }
        Ok(())
    }

    fn scope(&self, frame: &Frame) -> Scope {
        Scope::new(&frame.state, self.user, &frame.error)
    }
}

fn known<'g>(level: &'g Level, id: &NodeId) -> Result<&'g Node, Fault> {
    level.nodes.get(id).ok_or_else(|| gone(id))
}

fn gone(id: &NodeId) -> Fault {
    Fault::Changed(format!("`{id}` is no step of the graph"))
}

fn has_room(id: &NodeId, place: &Place) -> Result<(), Fault> {
    if place.len() < FRAMES_MAX { Ok(()) } else { Err(Fault::Depth { node: id.clone(), frames_max: FRAMES_MAX }) }
}

fn as_json(failure: &Failure) -> Value {
    json!({ "code": failure.code, "message": failure.message })
}

fn failed_expression(error: &ExpressionError) -> Done {
    Done::Failed { failure: Failure::new("bad_expression", error.to_string()), may_pass: false }
}

fn write_all(level: &Level, frame: &mut Frame, values: Vec<(String, Value)>) -> Result<(), String> {
    values.into_iter().try_for_each(|(key, value)| write(level, frame, &key, value))
}

/// Writes a value to the state. What does not fit its schema is refused.
fn write(level: &Level, frame: &mut Frame, name: &str, value: Value) -> Result<(), String> {
    let key = level.keys.get(name).ok_or_else(|| format!("`{name}` is no key of the state"))?;
    let old = frame.state.get(name).unwrap_or(&Value::Null);
    let new = reduce(key.reduce, old, value.clone()).map_err(|words| format!("`{name}`: {words}"))?;
    if let Some(validator) = key.validator.as_ref().filter(|_| !new.is_null()) {
        json_schema::check(validator, &new).map_err(|words| format!("`{name}` does not fit its schema: {words}"))?;
    }
    frame.state.insert(name.to_owned(), new);
    if frame.is_branch {
        frame.writes.push((name.to_owned(), value));
    }
    Ok(())
}
