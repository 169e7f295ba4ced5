//! The server: one script a request, everything that came is kept for the test to look at.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::Instant,
};

use crate::{
    http,
    script::{Script, Step},
};

/// A request that came.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its path.
    pub path: String,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Value,
}

impl Request {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Debug, Default)]
struct Seen {
    scripts: VecDeque<Script>,
    requests: Vec<Request>,
    left: Vec<Instant>,
    bytes_after_left: usize,
}

/// A model server on a free port of this machine; it ends when dropped.
#[derive(Debug)]
pub struct FakeModel {
    url: String,
    seen: Arc<Mutex<Seen>>,
    accepting: JoinHandle<()>,
}

impl FakeModel {
    /// Starts a server that answers the n-th request with the n-th script, and 500 when there is none left.
    ///
    /// # Panics
    /// When this machine has no free port: a test can't go on without.
    #[expect(clippy::expect_used, reason = "a test without a server has nothing to say")]
    pub async fn start(scripts: Vec<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/v1", listener.local_addr().expect("a bound socket has an address"));
        let seen = Arc::new(Mutex::new(Seen { scripts: scripts.into(), ..Seen::default() }));
        let theirs = Arc::clone(&seen);
        let accepting = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, Arc::clone(&theirs)));
            }
        });
        Self { url, seen, accepting }
    }

    /// The base address, as clients are configured with it: it ends with `/v1`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What came so far.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.seen).requests.clone()
    }

    /// When clients closed their connection before the answer was whole.
    pub fn clients_left(&self) -> Vec<Instant> {
        lock(&self.seen).left.clone()
    }

    /// Bytes that were still written after a client had left.
    pub fn bytes_after_left(&self) -> usize {
        lock(&self.seen).bytes_after_left
    }

    /// Adds a script to the end.
    pub fn then(&self, script: Script) {
        lock(&self.seen).scripts.push_back(script);
    }
}

impl Drop for FakeModel {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(mut socket: TcpStream, seen: Arc<Mutex<Seen>>) {
    socket.set_nodelay(true).ok();
    let Some(raw) = http::read(&mut socket).await else { return };
    let path = raw.line.split(' ').nth(1).unwrap_or_default().to_owned();
    let body = serde_json::from_slice(&raw.body).unwrap_or(Value::Null);
    let script = {
        let mut seen = lock(&seen);
        seen.requests.push(Request { path, headers: raw.headers, body });
        seen.scripts.pop_front().unwrap_or_else(|| Script::status(500))
    };
    if play(&mut socket, &script, &seen).await.is_none() {
        lock(&seen).left.push(Instant::now());
    }
}

/// Plays a script; none when the client left before its end.
async fn play(socket: &mut TcpStream, script: &Script, seen: &Mutex<Seen>) -> Option<()> {
    wait(socket, script.before_head).await?;
    http::write_head(socket, script.status, &script.headers).await.ok()?;
    let steps = script.steps();
    let mut at = 0;
    while let Some(step) = steps.get(at) {
        at += 1;
        match step {
            Step::Wait(pause) => wait(socket, *pause).await?,
            Step::Send(bytes) => {
                if http::write_chunk(socket, bytes).await.is_err() {
                    lock(seen).bytes_after_left += bytes.len();
                    return None;
                }
            }
            Step::Cut => return Some(()),
            Step::Stall => return wait(socket, Duration::from_hours(1)).await,
            Step::Again => at = 0,
        }
    }
    http::write_chunk(socket, b"").await.ok()
}

/// Waits, and notices a client that leaves meanwhile.
async fn wait(socket: &mut TcpStream, pause: Duration) -> Option<()> {
    if pause.is_zero() {
        tokio::task::yield_now().await;
        return Some(());
    }
    let mut byte = [0u8; 1];
    tokio::select! {
        () = tokio::time::sleep(pause) => Some(()),
        read = socket.read(&mut byte) => match read {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(()),
        },
    }
}
