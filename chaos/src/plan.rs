//! What a run does, decided by its seed alone.

use std::time::Duration;

use fastrand::Rng;
use serde::Serialize;
use uuid::Uuid;

use faultproxy::Weather;

use crate::power::Power;

/// Which faults a run may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Menu {
    /// All of them.
    All,
    /// `kill -9` alone, at random moments and at fail points: short, on SQLite.
    Kills,
    /// Kills and power losses, as short: SQLite on a disk that forgets what was not synced. Needs FUSE.
    Power,
    /// All but those that end the server, the same again and again: is anything left behind?
    Storms,
}

impl Menu {
    /// One word for the report.
    pub fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Kills => "kills",
            Self::Power => "power",
            Self::Storms => "storms",
        }
    }
}

/// How often a storm comes again where the menu is of storms. The first ones warm up.
pub const STORMS: u32 = 12;

/// Where the truth is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Database {
    /// A file with `synchronous: full`; on a disk whose power can go sometimes `normal`.
    Sqlite,
    /// A database of a server that is there.
    Postgres,
}

/// What is there to run on.
#[expect(clippy::struct_excessive_bools, reason = "what a machine has: each is there or not, by itself")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Means {
    /// A PostgreSQL server.
    pub postgres: bool,
    /// What a run needs for a PostgreSQL of its own.
    pub cluster: bool,
    /// The program `redis-server`.
    pub redis: bool,
    /// File systems of our own (FUSE).
    pub fuse: bool,
}

/// A run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Which.
    pub seed: u64,
    /// On what.
    pub database: Database,
    /// Whether a Redis stands before it.
    pub redis: bool,
    /// Whether the database lies on a disk whose power can go.
    pub power: Option<Power>,
    /// Who talks.
    pub conversations: Vec<Talk>,
    /// How often all that follows happens, each time in other conversations.
    pub rounds: u32,
    /// What goes wrong, one after the other.
    pub faults: Vec<Step>,
    /// For the n-th start of the server: the fail point that is armed then.
    pub arms: Vec<Option<String>>,
}

/// One conversation.
#[derive(Debug, Clone)]
pub struct Talk {
    /// Named by its clients.
    pub id: Uuid,
    /// Several, at once.
    pub clients: Vec<ClientPlan>,
}

/// How a client follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It follows and sends over one WebSocket.
    WebSocket,
    /// It follows an event stream and sends by HTTP.
    Sse,
    /// It asks for events again and again, and sends by HTTP.
    Poll,
}

/// One client.
#[derive(Debug, Clone)]
pub struct ClientPlan {
    /// Its number in the run.
    pub number: usize,
    /// How it follows.
    pub kind: Kind,
    /// It drops its connection after so many events, and resumes.
    pub leaves_after: Option<usize>,
    /// What it says.
    pub messages: Vec<Message>,
}

/// What a client says.
#[derive(Debug, Clone)]
pub struct Message {
    /// The client's own id.
    pub id: Uuid,
    /// It tells the scripted model what to answer.
    pub content: String,
    /// After a pause.
    pub after: Duration,
    /// What to do where a turn runs.
    pub policy: &'static str,
    /// Sent so many times at once.
    pub copies: usize,
    /// Cancelled so long after it was sent.
    pub cancel_after: Option<Duration>,
}

/// A fault and its moment.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// After the one before ended.
    pub after: Duration,
    /// What.
    pub fault: Fault,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    /// `kill -9`, then another start.
    Kill,
    /// The same, and what was not synced is there or not.
    PowerLoss,
    /// SIGSTOP, then SIGCONT.
    Freeze(Duration),
    /// SIGTERM, then another start when it is gone.
    Terminate,
    /// Nothing can be written any more.
    DiskFull(Duration),
    /// The same, with a `kill -9` before there is room again.
    DiskFullThenKill(Duration),
    /// Between clients and server.
    Clients(Weather, Duration),
    /// Between the server and PostgreSQL.
    Database(Weather, Duration),
    /// PostgreSQL itself.
    Postgres(Outage, Duration),
    /// Redis is killed and started again, empty.
    RedisRestart(Duration),
    /// Redis is silent.
    RedisFreeze(Duration),
}

/// How PostgreSQL is away. After each it is there again, with all that it acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// SIGKILL for all its processes; it recovers from its log.
    Kill,
    /// A fast shutdown.
    Stop,
    /// SIGSTOP for all its processes, then SIGCONT.
    Freeze,
}

impl Outage {
    fn word(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Stop => "stop",
            Self::Freeze => "freeze",
        }
    }
}

impl Fault {
    /// One word for the report.
    pub fn word(self) -> String {
        match self {
            Self::Kill => "kill".into(),
            Self::PowerLoss => "power_loss".into(),
            Self::Freeze(_) => "freeze".into(),
            Self::Terminate => "terminate".into(),
            Self::DiskFull(_) => "disk_full".into(),
            Self::DiskFullThenKill(_) => "disk_full_kill".into(),
            Self::Clients(weather, _) => format!("clients_{}", weather.word()),
            Self::Database(weather, _) => format!("database_{}", weather.word()),
            Self::Postgres(outage, _) => format!("postgres_{}", outage.word()),
            Self::RedisRestart(_) => "redis_restart".into(),
            Self::RedisFreeze(_) => "redis_freeze".into(),
        }
    }
}

/// Fail points that any turn passes.
const POINTS: &[&str] = &["before_commit", "after_commit", "before_ack", "before_publish", "before_tool", "after_tool"];
/// Those that only a recovery passes: armed from the second start on.
const RECOVERY_POINTS: &[&str] = &["before_recovery", "recovery_decided", "recovery_stored"];

impl Plan {
    /// The run of this seed.
    pub fn of(seed: u64, menu: Menu, means: Means) -> Self {
        let mut rng = Rng::with_seed(seed);
        let all = menu != Menu::Kills;
        let postgres = rng.u8(..3) == 0 && all && (means.postgres || means.cluster);
        let redis = rng.u8(..3) == 0 && all && means.redis;
        let database = if postgres { Database::Postgres } else { Database::Sqlite };
        let mut number = 0;
        let talks = 2 + rng.usize(..if all { 4 } else { 2 });
        let conversations = (0..talks).map(|_| talk(&mut rng, &mut number, all)).collect();
        let on = postgres.then_some(means);
        let (mut faults, arms) = match menu {
            Menu::Kills | Menu::Power => kills(&mut rng),
            // Every fifth run has no kill at all: then what it holds afterwards is compared with before.
            Menu::All if rng.u8(..5) != 0 => {
                (steps(&mut rng, on, redis, false), (0..4).map(|start| arm(&mut rng, start)).collect())
            }
            Menu::All | Menu::Storms => (steps(&mut rng, on, redis, true), Vec::new()),
        };
        let rounds = if menu == Menu::Storms { STORMS } else { 1 };
        let power = Power::of(seed, menu, means.fuse && !postgres, &mut faults);
        Self { seed, database, redis, power, conversations, rounds, faults, arms }
    }

    /// The conversations of a round: the same words, under other ids.
    pub fn conversations(&self, round: u32) -> Vec<Talk> {
        let mut talks = self.conversations.clone();
        let other = |id: Uuid| Uuid::from_u128(id.as_u128() ^ u128::from(round));
        for talk in &mut talks {
            talk.id = other(talk.id);
            for message in talk.clients.iter_mut().flat_map(|client| &mut client.messages) {
                let tag = other(message.id);
                message.content = message.content.replace(&message.id.to_string(), &tag.to_string());
                message.id = tag;
            }
        }
        talks
    }

    /// Whether PostgreSQL itself is away for a while, which a run may not do to a server that others use.
    pub fn has_outage(&self) -> bool {
        self.faults.iter().any(|step| matches!(step.fault, Fault::Postgres(..)))
    }

    /// The faults in words, each once.
    pub fn words(&self) -> Vec<String> {
        let steps = self.faults.iter().map(|step| step.fault.word());
        let points = self.arms.iter().flatten().map(|arm| arm.split('@').next().unwrap_or(arm).to_owned());
        let mut words: Vec<String> = steps.chain(points).collect();
        words.sort();
        words.dedup();
        words
    }
}

fn talk(rng: &mut Rng, number: &mut usize, all: bool) -> Talk {
    let clients = 2 + rng.usize(..if all { 3 } else { 2 });
    Talk { id: uuid(rng), clients: (0..clients).map(|_| client(rng, number)).collect() }
}

fn client(rng: &mut Rng, number: &mut usize) -> ClientPlan {
    *number += 1;
    let kind = [Kind::WebSocket, Kind::Sse, Kind::Poll][rng.usize(..3)];
    let leaves_after = rng.bool().then(|| 3 + rng.usize(..20));
    let messages = (0..=rng.usize(..4)).map(|_| message(rng)).collect();
    ClientPlan { number: *number, kind, leaves_after, messages }
}

fn message(rng: &mut Rng) -> Message {
    let id = uuid(rng);
    let tool = ["none", "none", "once", "once", "keyed"][rng.usize(..5)];
    let (words, every) = (2 + rng.u32(..20), rng.u32(..25));
    Message {
        id,
        content: format!("talk words={words} every={every} tool={tool} tag={id}"),
        after: Duration::from_millis(rng.u64(..600)),
        policy: ["enqueue", "enqueue", "enqueue", "enqueue", "interrupt", "steer", "reject"][rng.usize(..7)],
        copies: [1, 1, 1, 3][rng.usize(..4)],
        cancel_after: (rng.u8(..7) == 0).then(|| Duration::from_millis(rng.u64(..250))),
    }
}

fn kills(rng: &mut Rng) -> (Vec<Step>, Vec<Option<String>>) {
    let arms = (0..3).map(|start| arm(rng, start)).collect();
    let faults = (0..=rng.usize(..2)).map(|_| Step { after: pause(rng), fault: Fault::Kill }).collect();
    (faults, arms)
}

fn arm(rng: &mut Rng, start: usize) -> Option<String> {
    let recovers = start > 0 && rng.bool();
    let (points, most) = if recovers { (RECOVERY_POINTS, 2) } else { (POINTS, 12) };
    let point = points[rng.usize(..points.len())];
    let action = ["kill", "kill", "late_kill", "panic"][rng.usize(..4)];
    (rng.u8(..4) != 0).then(|| format!("{point}={action}@{}", 1 + rng.u32(..most)))
}

fn steps(rng: &mut Rng, postgres: Option<Means>, redis: bool, storms: bool) -> Vec<Step> {
    let steps = 2 + rng.usize(..4);
    (0..steps).map(|_| Step { after: pause(rng), fault: fault(rng, postgres, redis, storms) }).collect()
}

fn fault(rng: &mut Rng, postgres: Option<Means>, redis: bool, storms: bool) -> Fault {
    let span = Duration::from_millis(200 + rng.u64(..1500));
    let (postgres, may_fail) = (postgres.is_some(), postgres.is_some_and(|means| means.cluster));
    let pick = rng.u8(..12);
    match pick {
        0..=2 if !storms => Fault::Kill,
        3 if !storms => Fault::Terminate,
        4 if !postgres && !storms => Fault::DiskFullThenKill(span),
        5 if !postgres => Fault::DiskFull(span),
        4..=5 if may_fail => Fault::Postgres([Outage::Kill, Outage::Stop, Outage::Freeze][rng.usize(..3)], span),
        4..=7 if postgres => Fault::Database(weather(rng), span),
        8 if redis => Fault::RedisRestart(span),
        9 if redis => Fault::RedisFreeze(span),
        10 => Fault::Freeze(span),
        _ => Fault::Clients(weather(rng), span),
    }
}

fn weather(rng: &mut Rng) -> Weather {
    match rng.u8(..7) {
        0 => Weather::Latency(Duration::from_millis(5 + rng.u64(..150))),
        1 => Weather::OneByte,
        2 => Weather::Blackhole,
        3 => Weather::HalfClose,
        4 => Weather::Reset,
        5 => Weather::CutAfter(rng.usize(..4000)),
        _ => Weather::Gone,
    }
}

fn pause(rng: &mut Rng) -> Duration {
    Duration::from_millis(100 + rng.u64(..1100))
}

fn uuid(rng: &mut Rng) -> Uuid {
    uuid::Builder::from_random_bytes(rng.u128(..).to_le_bytes()).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEANS: Means = Means { postgres: true, cluster: true, redis: true, fuse: true };

    #[test]
    fn a_seed_gives_the_same_run_each_time() {
        for seed in 0..50 {
            let (one, other) = (Plan::of(seed, Menu::All, MEANS), Plan::of(seed, Menu::All, MEANS));
            assert_eq!(format!("{one:?}"), format!("{other:?}"));
        }
    }

    #[test]
    fn each_round_of_a_storm_is_the_same_in_other_conversations() {
        let plan = Plan::of(1, Menu::Storms, MEANS);
        let ids = |round| plan.conversations(round).iter().map(|talk| talk.id).collect::<Vec<_>>();
        let words = |round| {
            let messages =
                plan.conversations(round).into_iter().flat_map(|talk| talk.clients).flat_map(|client| client.messages);
            let all =
                messages.map(|message| (message.content.contains(&message.id.to_string()), message.content.len()));
            all.collect::<Vec<_>>()
        };
        assert_eq!((ids(1).len(), words(1)), (ids(0).len(), words(0)));
        assert!(words(1).iter().all(|(has_its_tag, _)| *has_its_tag));
        assert!(ids(0).iter().all(|id| !ids(1).contains(id)));
        assert!(plan.arms.is_empty() && !plan.words().contains(&"kill".to_owned()));
    }

    #[test]
    fn a_server_that_others_use_is_left_alone() {
        let means = Means { cluster: false, ..MEANS };
        assert!((0..300).all(|seed| !Plan::of(seed, Menu::All, means).has_outage()));
    }

    #[test]
    fn a_few_hundred_seeds_have_every_fault_and_every_point() {
        let mut words: Vec<String> = (0..300).flat_map(|seed| Plan::of(seed, Menu::All, MEANS).words()).collect();
        words.sort();
        words.dedup();
        for point in POINTS.iter().chain(RECOVERY_POINTS) {
            assert!(words.iter().any(|word| word.starts_with(point)), "{point} is not in {words:?}");
        }
        for fault in [
            "kill",
            "power_loss",
            "freeze",
            "terminate",
            "disk_full",
            "disk_full_kill",
            "redis_restart",
            "redis_freeze",
        ] {
            assert!(words.iter().any(|word| word == fault), "{fault} is not in {words:?}");
        }
        for outage in ["postgres_kill", "postgres_stop", "postgres_freeze"] {
            assert!(words.iter().any(|word| word == outage), "{outage} is not in {words:?}");
        }
        for place in ["clients", "database"] {
            for weather in ["latency", "one_byte", "blackhole", "half_close", "reset", "cut_after", "gone"] {
                assert!(words.contains(&format!("{place}_{weather}")), "{place} {weather} is not in {words:?}");
            }
        }
    }
}
