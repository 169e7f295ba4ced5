//! The model for load: nothing but stamped tokens, as cheaply as they can be sent.
//!
//! [`crate::FakeModel`] keeps what it was asked and plays scripts; at a hundred thousand tokens a second that would be what
//! a benchmark measures. This one keeps nothing, keeps connections open as real servers do, and sends tokens that are due
//! together in one write, each still a chunk and an event of its own.

use std::{
    collections::BTreeMap,
    io::Write,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rustix::time::{ClockId, clock_gettime};
use tokio::{
    io::{AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::Instant,
};

use crate::http;

/// Tokens of an answer, where the message does not say.
const TOKENS: u64 = 100;
/// The most tokens of an answer.
const TOKENS_MAX: u64 = 1_000_000;
/// Tokens without a gap between them that share one write.
const TOKENS_A_WRITE_MAX: u64 = 16;

const HEAD: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n";
const BEFORE: &str = r#"data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"fake","choices":[{"index":0,"delta":{"content":""#;
const AFTER: &str = "\"},\"finish_reason\":null}]}\n\n";
const STOP: &str = "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"fake\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const DONE: &str = "data: [DONE]\n\n";

/// Microseconds of `CLOCK_MONOTONIC`: one clock for all processes of a machine.
pub fn monotonic_micros() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    // Never negative: it counts from the machine's start.
    now.tv_sec.cast_unsigned() * 1_000_000 + now.tv_nsec.cast_unsigned() / 1000
}

/// When clients left whose requests had a number (`watch=7`): [`monotonic_micros`] at which the read side saw the end.
type Left = Arc<Mutex<BTreeMap<u64, u64>>>;

/// Answers every request with the stamped tokens that its last message asks for (`tokens=200 every_ms=20`), until dropped.
/// With `watch=7` it notes when the client leaves before the end; any GET answers these times as JSON, by number.
/// A token is `place@micros `, with [`monotonic_micros`] at its sending; [`crate::stamp`] reads it.
///
/// # Errors
/// What the listening socket says.
pub async fn pour(listener: TcpListener) -> std::io::Result<()> {
    let all_left = Left::default();
    loop {
        let (socket, _) = listener.accept().await?;
        let left = Arc::clone(&all_left);
        tokio::spawn(async move {
            // A client that leaves in the middle is its own affair.
            serve(socket, &left).await.ok();
        });
    }
}

async fn serve(mut socket: TcpStream, left: &Left) -> std::io::Result<()> {
    socket.set_nodelay(true)?;
    let mut out = Vec::with_capacity(8 * 1024);
    while let Some(request) = http::read(&mut socket).await {
        if request.line.starts_with("GET ") {
            tell(&mut socket, left).await?;
            continue;
        }
        let wish = Wish::of(&String::from_utf8_lossy(&request.body));
        match wish.watch {
            Some(number) => return watched(&mut socket, &mut out, wish, number, left).await,
            None => answer(&mut socket, &mut out, wish).await?,
        }
    }
    Ok(())
}

async fn tell(socket: &mut TcpStream, left: &Left) -> std::io::Result<()> {
    let body = serde_json::to_string(&*left.lock().unwrap_or_else(PoisonError::into_inner))?;
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    socket.write_all((head + &body).as_bytes()).await
}

/// Answers, and looks meanwhile for the client's end: a write that fails comes later than that.
async fn watched(
    socket: &mut TcpStream,
    out: &mut Vec<u8>,
    wish: Wish,
    number: u64,
    left: &Left,
) -> std::io::Result<()> {
    let (mut reader, mut writer) = socket.split();
    let gone = async {
        http::left(&mut reader).await;
        left.lock().unwrap_or_else(PoisonError::into_inner).insert(number, monotonic_micros());
    };
    tokio::pin!(gone);
    tokio::select! {
        biased;
        () = &mut gone => Ok(()),
        answered = answer(&mut writer, out, wish) => {
            if answered.is_err() {
                gone.await;
            }
            answered
        }
    }
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wish {
    tokens: u64,
    gap: Duration,
    /// Note under this number when the client leaves.
    watch: Option<u64>,
}

impl Wish {
    /// The last message stands last in a body; the JSON around it need not be read.
    fn of(body: &str) -> Self {
        let number = |key: &str| {
            let (_, rest) = body.rsplit_once(key)?;
            rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
        };
        let tokens = number("tokens=").unwrap_or(TOKENS).min(TOKENS_MAX);
        Self { tokens, gap: Duration::from_millis(number("every_ms=").unwrap_or(0)), watch: number("watch=") }
    }
}

async fn answer(socket: &mut (impl AsyncWrite + Unpin), out: &mut Vec<u8>, wish: Wish) -> std::io::Result<()> {
    out.clear();
    out.extend_from_slice(HEAD);
    let mut due = Instant::now();
    for place in 0..wish.tokens {
        token(out, place)?;
        let is_full = (place + 1) % TOKENS_A_WRITE_MAX == 0;
        if wish.gap.is_zero() && !is_full {
            continue;
        }
        socket.write_all(out).await?;
        out.clear();
        if wish.gap.is_zero() {
            // Others have tokens to send, too.
            tokio::task::yield_now().await;
        } else {
            due += wish.gap;
            tokio::time::sleep_until(due).await;
        }
    }
    chunk(out, STOP)?;
    chunk(out, DONE)?;
    out.extend_from_slice(b"0\r\n\r\n");
    socket.write_all(out).await
}

fn token(out: &mut Vec<u8>, place: u64) -> std::io::Result<()> {
    let micros = monotonic_micros();
    let bytes = BEFORE.len() + digits(place) + digits(micros) + "@ ".len() + AFTER.len();
    write!(out, "{bytes:x}\r\n{BEFORE}{place}@{micros} {AFTER}\r\n")
}

fn chunk(out: &mut Vec<u8>, text: &str) -> std::io::Result<()> {
    write!(out, "{:x}\r\n{text}\r\n", text.len())
}

fn digits(number: u64) -> usize {
    number.checked_ilog10().unwrap_or(0) as usize + 1
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    #[test]
    fn the_last_message_says_what_it_wants() {
        for (body, tokens, millis) in [
            (r#"{"messages":[{"content":"tokens=7 every_ms=9"}]}"#, 7, 9),
            (r#"[{"content":"tokens=1"},{"content":"0@1 "},{"content":"tokens=20 every_ms=0"}]"#, 20, 0),
            (r#"[{"content":"hello"}]"#, TOKENS, 0),
            (r#"[{"content":"tokens=99999999999"}]"#, TOKENS_MAX, 0),
        ] {
            assert_eq!(Wish::of(body), Wish { tokens, gap: Duration::from_millis(millis), watch: None }, "{body}");
        }
    }

    #[test]
    fn a_chunk_says_its_own_length() {
        for place in [0, 9, 10, 199, 100_000] {
            let mut out = Vec::new();
            token(&mut out, place).unwrap();
            let text = String::from_utf8(out).unwrap();
            let (length, rest) = text.split_once("\r\n").unwrap();
            assert_eq!(usize::from_str_radix(length, 16).unwrap(), rest.len() - 2, "{text}");
        }
    }

    #[tokio::test]
    async fn one_connection_serves_many_requests_with_every_token_in_order() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let pouring = tokio::spawn(pour(listener));
        let mut socket = TcpStream::connect(address).await.unwrap();
        for tokens in [1, 40] {
            let body = format!(r#"{{"messages":[{{"content":"tokens={tokens} every_ms=0"}}]}}"#);
            let head = format!("POST /v1/chat/completions HTTP/1.1\r\ncontent-length: {}\r\n\r\n", body.len());
            socket.write_all((head + &body).as_bytes()).await.unwrap();
            let mut answer = String::new();
            while !answer.ends_with("0\r\n\r\n") {
                let mut bytes = [0; 4096];
                let read = socket.read(&mut bytes).await.unwrap();
                answer.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
            }
            let contents = answer.split("\"content\":\"").skip(1).map(|rest| rest.split('"').next().unwrap());
            let places: Vec<u64> = contents.map(|content| crate::stamp(content).unwrap().0).collect();
            assert_eq!(places, (0..tokens).collect::<Vec<_>>());
        }
        pouring.abort();
    }

    #[tokio::test]
    async fn it_is_noted_when_a_watched_client_leaves() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let pouring = tokio::spawn(pour(listener));
        let mut socket = TcpStream::connect(address).await.unwrap();
        let body = r#"{"messages":[{"content":"tokens=1000 every_ms=1000 watch=7"}]}"#;
        let head = format!("POST /v1/chat/completions HTTP/1.1\r\ncontent-length: {}\r\n\r\n", body.len());
        socket.write_all((head + body).as_bytes()).await.unwrap();
        socket.read_u8().await.unwrap();
        let before = monotonic_micros();
        drop(socket);
        let mut asking = TcpStream::connect(address).await.unwrap();
        let seen = async {
            loop {
                asking.write_all(b"GET /left HTTP/1.1\r\n\r\n").await.unwrap();
                let mut bytes = [0; 4096];
                let read = asking.read(&mut bytes).await.unwrap();
                let text = String::from_utf8_lossy(&bytes[..read]).into_owned();
                let left: BTreeMap<u64, u64> = serde_json::from_str(text.split("\r\n\r\n").nth(1).unwrap()).unwrap();
                if let Some(at) = left.get(&7) {
                    return *at;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let at = tokio::time::timeout(Duration::from_secs(20), seen).await.unwrap();
        assert!(at >= before);
        pouring.abort();
    }
}
