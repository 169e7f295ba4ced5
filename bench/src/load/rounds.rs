//! Rounds of conversations that talk at the same time.

use std::time::Duration;

use anyhow::Result;
use fakemodel::pour::monotonic_micros;
use futures::{StreamExt, TryStreamExt, stream};
use tokio::{
    task::JoinSet,
    time::{Instant, interval, sleep_until, timeout},
};

use super::{check::Turn, sse::Stream, ws::Socket};
use crate::{cli::Transport, procfs, scenario::Plan};

/// Conversations that are opened at the same time.
pub(super) const OPENING_MAX: usize = 64;
/// A turn that takes longer has failed.
const TURN_MAX: Duration = Duration::from_mins(1);
/// Faults that are kept in words; all are counted.
const FAULTS_KEPT_MAX: usize = 5;
const RSS_EVERY: Duration = Duration::from_millis(100);

/// What to put on which process.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    pub(crate) plan: Plan,
    pub(crate) transport: Transport,
    pub(crate) port: u16,
    pub(crate) pid: u32,
    /// Rounds are repeated until they took this many seconds together.
    pub(crate) seconds_min: f64,
}

/// What came of all rounds but the first, which warms up.
#[derive(Debug, Default)]
pub(crate) struct Rounds {
    pub(crate) count: u64,
    pub(crate) tokens: u64,
    pub(crate) events: u64,
    /// From the first message to the last end of a turn, over all rounds.
    pub(crate) seconds: f64,
    /// CPU of the server, with opening and closing of the connections.
    pub(crate) cpu_seconds: f64,
    pub(crate) rss_peak_kib: u64,
    pub(crate) late_micros: Vec<u64>,
    /// From the message to the first token.
    pub(crate) first_micros: Vec<u64>,
    pub(crate) failed: u64,
    pub(crate) faults: Vec<String>,
}

/// A conversation's client.
pub(super) enum Talk {
    Ws(Socket),
    Sse(Stream),
}

/// One conversation's end.
pub(super) struct Ended {
    said_at: u64,
    over_at: u64,
    turn: Turn,
    fault: Option<anyhow::Error>,
}

/// Runs the rounds.
///
/// # Errors
/// When connections cannot be opened, or the server has ended. Faults in streams are counted, not errors.
pub(crate) async fn run(load: &Load) -> Result<Rounds> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    round(load, &http, &mut Rounds::default()).await?;
    let mut all = Rounds { rss_peak_kib: procfs::rss_kib(load.pid)?, ..Rounds::default() };
    let cpu_before = procfs::cpu_seconds(load.pid)?;
    while all.seconds < load.seconds_min {
        round(load, &http, &mut all).await?;
    }
    all.cpu_seconds = procfs::cpu_seconds(load.pid)? - cpu_before;
    Ok(all)
}

async fn round(load: &Load, http: &reqwest::Client, all: &mut Rounds) -> Result<()> {
    let opening = stream::iter(0..load.plan.conversations).map(|_| open(load, http));
    let talks: Vec<Talk> = opening.buffer_unordered(OPENING_MAX).try_collect().await?;
    let begin = Instant::now();
    let mut running = JoinSet::new();
    for (talk, at) in talks.into_iter().zip(0u32..) {
        let share = load.plan.start_over * at / u32::try_from(load.plan.conversations)?;
        running.spawn(converse(talk, load.plan, begin + share));
    }
    let mut rss_peak_kib = 0;
    let watch = async {
        let mut looks = interval(RSS_EVERY);
        loop {
            looks.tick().await;
            rss_peak_kib = rss_peak_kib.max(procfs::rss_kib(load.pid)?);
        }
    };
    all.take_all(&mut running, watch).await?;
    all.rss_peak_kib = all.rss_peak_kib.max(rss_peak_kib);
    Ok(())
}

async fn open(load: &Load, http: &reqwest::Client) -> Result<Talk> {
    Ok(match load.transport {
        Transport::Ws => Talk::Ws(Socket::open(load.port).await?),
        Transport::Sse => Talk::Sse(Stream::open(http, load.port).await?),
    })
}

/// Says what the plan says, at its time, and reads to the end of the turn.
pub(super) async fn converse(mut talk: Talk, plan: Plan, at: Instant) -> Ended {
    sleep_until(at).await;
    let said_at = monotonic_micros();
    let mut turn = Turn::default();
    let whole = timeout(TURN_MAX, once(&mut talk, plan, &mut turn)).await;
    let fault = match whole {
        Ok(result) => result.and_then(|()| Ok(turn.end(plan.tokens)?)).err(),
        Err(_) => Some(anyhow::anyhow!("no end of the turn within {TURN_MAX:?}, after {} tokens", turn.tokens())),
    };
    let over_at = monotonic_micros();
    if let Talk::Ws(socket) = talk {
        socket.close().await;
    }
    Ended { said_at, over_at, turn, fault }
}

async fn once(talk: &mut Talk, plan: Plan, turn: &mut Turn) -> Result<()> {
    let content = format!("tokens={} every_ms={}", plan.tokens, plan.gap.as_millis());
    match talk {
        Talk::Ws(socket) => {
            socket.say(&content).await?;
            socket.read(turn).await
        }
        Talk::Sse(stream) => {
            stream.say(&content).await?;
            stream.read(turn).await
        }
    }
}

impl Rounds {
    /// A round: takes what came of each conversation, and looks on until the last has ended.
    ///
    /// # Errors
    /// What `look_on` says, which does not end by itself.
    pub(super) async fn take_all(
        &mut self,
        running: &mut JoinSet<Ended>,
        look_on: impl Future<Output = Result<()>>,
    ) -> Result<()> {
        tokio::pin!(look_on);
        let (mut first, mut last) = (u64::MAX, 0);
        loop {
            tokio::select! {
                ended = running.join_next() => {
                    let Some(ended) = ended else { break };
                    let ended = ended?;
                    (first, last) = (first.min(ended.said_at), last.max(ended.over_at));
                    self.add(ended);
                }
                looked = &mut look_on => return looked,
            }
        }
        self.seconds += Duration::from_micros(last.saturating_sub(first)).as_secs_f64();
        self.count += 1;
        Ok(())
    }

    fn add(&mut self, ended: Ended) {
        self.tokens += ended.turn.tokens();
        self.events += ended.turn.events;
        self.first_micros.extend(ended.turn.first_at.map(|first| first.saturating_sub(ended.said_at)));
        self.late_micros.extend(ended.turn.late_micros);
        if let Some(fault) = ended.fault {
            self.failed += 1;
            if self.faults.len() < FAULTS_KEPT_MAX {
                self.faults.push(format!("{fault:#}"));
            }
        }
    }
}

/// Opens conversations, lets each say one token, and leaves them open.
///
/// # Errors
/// When one of them fails.
pub(crate) async fn idle(port: u16, conversations: usize) -> Result<Vec<Socket>> {
    let one = |_| async move {
        let (mut socket, mut turn) = (Socket::open(port).await?, Turn::default());
        socket.say("tokens=1 every_ms=0").await?;
        timeout(TURN_MAX, socket.read(&mut turn)).await??;
        turn.end(1)?;
        anyhow::Ok(socket)
    };
    stream::iter(0..conversations).map(one).buffer_unordered(OPENING_MAX).try_collect().await
}
