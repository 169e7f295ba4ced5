//! One run, from an empty folder to the checker's word.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use serde_json::Value;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};
use uuid::Uuid;

use crate::{
    checker::{
        self, Violation,
        evidence::{Calm, Evidence, Note},
    },
    client,
    cluster::Template,
    database,
    faults::Stage,
    plan::{Means, Menu, Plan, Talk},
    report::Outcome,
    rest::Rest,
    world::{Diary, World},
};

/// How long the server may take, once the faults are over, to answer everything and to bring everybody up to date.
pub const LIVENESS: Duration = Duration::from_mins(1);

/// What all runs of a batch have in common.
#[derive(Debug, Clone)]
pub struct Options {
    /// The server's program, built with the feature `chaos`.
    pub server: PathBuf,
    /// Which faults.
    pub menu: Menu,
    /// A PostgreSQL server.
    pub postgres: Option<String>,
    /// What runs copy that need a PostgreSQL of their own.
    pub template: Option<Arc<Template>>,
    /// The program `redis-server`.
    pub redis: Option<PathBuf>,
    /// Whether the power of a disk can go: [`available`](crate::disk::available).
    pub fuse: bool,
    /// How long waiting for the end of everything lasts.
    pub patience: Duration,
    /// The bug to plant, where the program has the feature `planted_bugs`.
    pub bug: Option<&'static str>,
}

impl Options {
    /// What plans may count on.
    pub fn means(&self) -> Means {
        Means {
            postgres: self.postgres.is_some(),
            cluster: self.template.is_some(),
            redis: self.redis.is_some(),
            fuse: self.fuse,
        }
    }
}

/// Carries out a plan and judges it; answers the server's log beside, for whoever looks into a failure.
pub async fn run(plan: &Plan, options: &Options) -> (Outcome, String) {
    let began = Instant::now();
    let mut outcome = Outcome::of(plan, options.menu);
    let log = crate::server::Log::default();
    match carry_out(plan, options, &log, &mut outcome).await {
        Ok(violations) => outcome.violations = violations,
        // A kit that cannot do its work has proved nothing.
        Err(error) => outcome.error = Some(format!("{error:#}")),
    }
    outcome.seconds = began.elapsed().as_secs_f64();
    (outcome, log.text())
}

async fn carry_out(
    plan: &Plan,
    options: &Options,
    log: &crate::server::Log,
    outcome: &mut Outcome,
) -> Result<Vec<Violation>> {
    let mut stage = Stage::build(plan, options, log.clone()).await?;
    stage.until_up().await?;
    let mut rest = Rest::before(&stage);
    let mut evidence = Evidence { canaries: stage.canaries(), ..Evidence::default() };
    for round in 0..plan.rounds {
        storm(plan, &plan.conversations(round), &mut stage, options, &mut evidence).await?;
        if stage.had_no_kill() {
            rest.after_a_storm(plan, &stage).await;
        }
    }
    outcome.kills = stage.deaths();
    outcome.power_losses = stage.power_losses();
    outcome.memory_kib = rest.memory_kib();
    evidence.may_go_back = plan.power.is_some_and(|power| power.is_normal) && stage.power_losses() > 0;
    let mut extra = rest.judge(plan.database);
    stage.leave(&mut evidence).await?;
    outcome.count(&evidence);
    tell_stored(&evidence, log);
    let mut violations = checker::check(&evidence);
    violations.append(&mut extra);
    Ok(violations)
}

/// The clients come, everything goes wrong that is to go wrong, everything comes to rest, the clients leave.
async fn storm(
    plan: &Plan,
    talks: &[Talk],
    stage: &mut Stage,
    options: &Options,
    evidence: &mut Evidence,
) -> Result<()> {
    let speaking = talks.iter().map(|talk| talk.clients.len()).sum();
    let world = World::new(stage.url(), speaking)?;
    let mut running = JoinSet::new();
    let diaries = client::start(&world, talks, &mut running);
    for step in &plan.faults {
        stage.go_on(step.after).await?;
        stage.strike(step.fault).await?;
    }
    // What is armed and was not reached yet gets its chance as long as clients speak.
    let until = Instant::now() + Duration::from_secs(4);
    while world.busy() > 0 && Instant::now() < until {
        stage.go_on(Duration::from_millis(100)).await?;
    }
    stage.end_faults().await?;
    come_to_rest(talks, stage, &world, &diaries, options.patience, evidence).await;
    world.stop();
    while running.join_next().await.is_some() {}
    evidence.histories.extend(diaries.iter().map(Diary::history));
    evidence.restless.extend(world.complaints());
    Ok(())
}

/// For whoever looks into a failure: what was stored, and what the tool did.
fn tell_stored(evidence: &Evidence, log: &crate::server::Log) {
    for stored in &evidence.stored {
        log.add(&format!("--- the log of {}", stored.conversation));
        stored.events().for_each(|(_, event)| log.add(event));
    }
    for call in &evidence.calls {
        log.add(&format!("--- {call:?}"));
    }
}

/// Everything is answered, new messages are answered too, and all who follow are up to date.
async fn come_to_rest(
    talks: &[Talk],
    stage: &Stage,
    world: &World,
    diaries: &[Diary],
    patience: Duration,
    evidence: &mut Evidence,
) {
    let until = Instant::now() + patience;
    while world.busy() > 0 {
        if Instant::now() > until {
            evidence.restless.push(format!("{} clients wait for the answer to a message", world.busy()));
            break;
        }
        sleep(Duration::from_millis(20)).await;
    }
    if !is_ready(stage, until + patience).await {
        evidence.restless.push("the server is not ready although everything that it stands on is there".to_owned());
    }
    let calm = calm(talks, stage, patience).await;
    evidence.calm.asked += calm.asked;
    evidence.calm.completed += calm.completed;
    let until = until + patience;
    for talk in talks {
        if let Err(what) = up_to_date(talk.id, stage, diaries, until).await {
            evidence.restless.push(what);
        }
    }
}

/// It says so by itself once its store takes writes again.
async fn is_ready(stage: &Stage, until: Instant) -> bool {
    let url = format!("{}/readyz", stage.direct_url());
    while Instant::now() < until {
        if stage.http().get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
            return true;
        }
        sleep(Duration::from_millis(50)).await;
    }
    false
}

/// Before a message is sent again that was refused as one too many.
const BUSY_PAUSE: Duration = Duration::from_millis(100);

/// A message to each conversation, without faults.
async fn calm(talks: &[Talk], stage: &Stage, patience: Duration) -> Calm {
    let asks = talks.iter().map(|talk| ask(talk.id, stage, patience));
    let answered = futures::future::join_all(asks).await;
    Calm { asked: answered.len(), completed: answered.iter().filter(|answered| **answered).count() }
}

async fn ask(conversation: Uuid, stage: &Stage, patience: Duration) -> bool {
    let id = Uuid::new_v4();
    let url = format!("{}/api/conversations/{conversation}/messages?wait=true", stage.direct_url());
    let body = serde_json::json!({ "clientMessageId": id, "content": format!("talk words=3 tool=none tag={id}") });
    let until = Instant::now() + patience;
    let answer = loop {
        let answer = match stage.http().post(&url).json(&body).timeout(patience).send().await {
            Ok(answer) => answer.json::<Value>().await,
            Err(error) => Err(error),
        };
        // What was acknowledged before still has its turns; the refusal says to send again after one of them.
        let is_busy = answer.as_ref().is_ok_and(|answer| answer["code"] == "busy");
        if !is_busy || Instant::now() > until {
            break answer;
        }
        sleep(BUSY_PAUSE).await;
    };
    let is_answered = answer.as_ref().is_ok_and(|answer| answer["status"] == "completed");
    if !is_answered {
        stage.log.add(&format!("--- without faults, {conversation} was answered so: {answer:?}"));
    }
    is_answered
}

async fn up_to_date(conversation: Uuid, stage: &Stage, diaries: &[Diary], until: Instant) -> Result<(), String> {
    let mine = conversation.to_string();
    loop {
        let found = state(conversation, stage).await;
        let behind: Vec<String> = diaries
            .iter()
            .map(|diary| (diary.history(), diary.place().map_or(0, |place| place.seq)))
            .filter(|(history, seq)| {
                history.conversation == mine && found.as_ref().is_none_or(|found| *seq < found.head)
            })
            .map(|(history, seq)| format!("{} at {seq}", history.client))
            .collect();
        let open = found.as_ref().and_then(|found| found.open_turn.clone());
        if behind.is_empty() && open.is_none() {
            return Ok(());
        }
        if Instant::now() > until {
            return Err(format!("{mine}: head and open turn {found:?}, behind: {behind:?}"));
        }
        sleep(Duration::from_millis(30)).await;
    }
}

#[derive(Debug)]
struct State {
    head: i64,
    open_turn: Option<String>,
}

async fn state(conversation: Uuid, stage: &Stage) -> Option<State> {
    let url = format!("{}/api/conversations/{conversation}", stage.direct_url());
    let answer: Value = stage.http().get(url).send().await.ok()?.json().await.ok()?;
    Some(State { head: answer["head"].as_i64()?, open_turn: answer["openTurn"].as_str().map(str::to_owned) })
}

impl Stage {
    /// Ends the server and reads what is left.
    async fn leave(mut self, evidence: &mut Evidence) -> Result<()> {
        let status = self.terminate().await?;
        if !status.success() {
            evidence.restless.push(format!("the server ended with {status} when it was asked to"));
        }
        let left = self.leave_behind()?;
        let (stored, text) = database::read(&self.database_url(left.path())).await.context("the database")?;
        evidence.stored = stored;
        evidence.texts.push(("the database".into(), text));
        evidence.texts.push(("the files".into(), database::files(left.path())?));
        evidence.texts.push(("the server's log".into(), self.log.text()));
        evidence.calls = self.ledger.calls();
        self.remove().await
    }
}

impl Outcome {
    fn count(&mut self, evidence: &Evidence) {
        let notes = || evidence.histories.iter().flat_map(|history| &history.notes);
        self.acknowledged = notes().filter(|note| matches!(note, Note::Acked { .. })).count();
        self.seen = notes().filter(|note| matches!(note, Note::Saw { .. })).count();
        self.resumed = notes().filter(|note| matches!(note, Note::Joined { after } if *after > 0)).count();
        self.tool_calls = evidence.calls.len();
    }
}
