//! The server: a script a request, and everything that came is kept for the test to look at.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
    time::Instant,
};

use crate::{
    book::{Book, Otherwise, Request},
    chunk, http,
    script::Script,
    steps,
};

/// A model server on a port of this machine; it ends when dropped, and its connections with it.
pub struct FakeModel {
    url: String,
    started: Instant,
    book: Arc<Book>,
    accepting: JoinHandle<()>,
}

impl fmt::Debug for FakeModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeModel").field("url", &self.url).finish_non_exhaustive()
    }
}

impl FakeModel {
    /// Starts a server on a free port that answers the n-th request with the n-th script, and 500 when there is none
    /// left.
    ///
    /// # Panics
    /// When this machine has no free port: a test can't go on without.
    #[expect(clippy::expect_used, reason = "a test without a server has nothing to say")]
    pub async fn start(scripts: Vec<Script>) -> Self {
        let book = Book::new(scripts, Box::new(|_| Script::status(500)));
        Self::listen(0, book).await.expect("a free port of 127.0.0.1")
    }

    /// Starts a server on this port (0: a free one) that asks `answer` what to say to each request.
    ///
    /// # Errors
    /// When the port is in use.
    pub async fn start_on(
        port: u16,
        answer: impl Fn(&Request) -> Script + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let answer: Otherwise = Box::new(answer);
        Self::listen(port, Book::new(Vec::new(), answer)).await
    }

    /// An address at which nobody listens.
    ///
    /// # Panics
    /// When this machine has no free port.
    #[expect(clippy::expect_used, reason = "a test without a port has nothing to say")]
    pub async fn refused_url() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port of 127.0.0.1");
        url(&listener).expect("a bound socket has an address")
    }

    async fn listen(port: u16, book: Book) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let (url, started, book) = (url(&listener)?, Instant::now(), Arc::new(book));
        let theirs = Arc::clone(&book);
        let accepting = tokio::spawn(async move {
            // Ends with this task, and its connections with it.
            let mut open = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                open.spawn(serve(socket, Arc::clone(&theirs), started));
                while open.try_join_next().is_some() {}
            }
        });
        Ok(Self { url, started, book, accepting })
    }

    /// The base address, as clients are configured with it: it ends with `/v1`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What the stamps of tokens count from.
    pub fn started(&self) -> Instant {
        self.started
    }

    /// The calls that came so far, oldest first; of very many, the last thousand.
    pub fn requests(&self) -> Vec<Request> {
        self.book.requests()
    }

    /// When clients closed their connection before the answer was whole.
    pub fn dropped_clients(&self) -> Vec<Instant> {
        self.book.dropped_clients()
    }

    /// Bytes of answers that were written so far.
    pub fn bytes_sent(&self) -> usize {
        self.book.bytes_sent()
    }

    /// Bytes that were still written after a client had left: the server learns of it as real ones do, by a write that
    /// fails.
    pub fn bytes_after_left(&self) -> usize {
        self.book.bytes_after_left()
    }

    /// Adds a script to the end of the queue.
    pub fn then(&self, script: Script) {
        self.book.then(script);
    }

    /// Answers every request whose last user message holds `word` with this script, before the queue is looked at.
    pub fn when(&self, word: &str, script: Script) {
        self.book.when(word, script);
    }
}

impl Drop for FakeModel {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn url(listener: &TcpListener) -> std::io::Result<String> {
    Ok(format!("http://{}/v1", listener.local_addr()?))
}

async fn serve(socket: TcpStream, book: Arc<Book>, started: Instant) {
    socket.set_nodelay(true).ok();
    let (mut reader, mut writer) = socket.into_split();
    let Some(raw) = http::read(&mut reader).await else { return };
    let script = answer(raw, &book);
    let gone = AtomicBool::new(false);
    let watch = async {
        http::left(&mut reader).await;
        gone.store(true, Ordering::SeqCst);
        book.left();
    };
    let sent = |bytes| book.sent(bytes, gone.load(Ordering::SeqCst));
    let playing = steps::play(&mut writer, &script, started, sent);
    tokio::pin!(watch, playing);
    loop {
        tokio::select! {
            biased;
            () = &mut watch, if !gone.load(Ordering::SeqCst) => {}
            // A client that left in the middle makes a write fail; only then was it certainly not served.
            _ = &mut playing => return,
        }
    }
}

fn answer(raw: http::Raw, book: &Book) -> Script {
    let path = raw.line.split(' ').nth(1).unwrap_or_default().to_owned();
    let json = |body: &Value| Script::raw(200, "application/json", body.to_string().as_bytes());
    if path.ends_with("/models") {
        return json(&json!({ "object": "list", "data": [{ "id": "fake", "object": "model", "owned_by": "tests" }] }));
    }
    let body: Value = serde_json::from_slice(&raw.body).unwrap_or(Value::Null);
    let streams = body["stream"] == true;
    let script = book.script_for(Request { path, headers: raw.headers, body });
    let is_stream = script.headers.iter().any(|(name, value)| name == "content-type" && value == "text/event-stream");
    if streams || !is_stream { script } else { json(&chunk::folded(script.bytes())) }
}
