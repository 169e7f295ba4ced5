//! A server that answers as its paths say, resolvers that answer as told, and what is tried with them.

mod download;
mod live;
mod refused;

use std::{
    collections::VecDeque,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::*;

/// Gives one answer after the other; the last one again and again.
#[derive(Debug)]
struct Scripted {
    answers: Mutex<VecDeque<Vec<IpAddr>>>,
    asked: Mutex<Vec<String>>,
}

impl Scripted {
    /// Answers separated by blanks; the addresses of one answer by commas.
    fn new(answers: &str) -> Arc<Self> {
        let answer = |text: &str| text.split(',').map(|address| address.parse().unwrap()).collect();
        let answers = answers.split_whitespace().map(answer).collect();
        Arc::new(Self { answers: Mutex::new(answers), asked: Mutex::default() })
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl Resolver for Scripted {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        self.asked.lock().unwrap().push(host.to_owned());
        let mut answers = self.answers.lock().unwrap();
        let next = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        next.ok_or_else(|| io::Error::other("no such name"))
    }
}

/// A server on a loopback address that keeps what it was sent.
struct Server {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers each connection with what `answer` makes of the request.
    async fn start(ip: &str, answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::on(TcpListener::bind((ip, 0)).await.unwrap(), answer)
    }

    fn on(listener: TcpListener, answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let (address, heard) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let (answer, hearing) = (Arc::new(answer), Arc::clone(&heard));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&answer), Arc::clone(&hearing)));
            }
        });
        Self { address, heard }
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    fn port(&self) -> u16 {
        self.address.port()
    }
}

/// An answer that ends with `HANG` is sent without that word, and nothing follows.
async fn serve(mut stream: TcpStream, answer: Arc<impl Fn(&str) -> Vec<u8>>, heard: Arc<Mutex<Vec<String>>>) {
    let request = read_request(&mut stream).await;
    let bytes = answer(&request);
    heard.lock().unwrap().push(request);
    let (bytes, hangs) = bytes.strip_suffix(b"HANG").map_or((&bytes[..], false), |bytes| (bytes, true));
    // The client may close before it has read everything.
    stream.write_all(bytes).await.ok();
    if hangs {
        std::future::pending::<()>().await;
    }
    stream.shutdown().await.ok();
}

/// The head of a request and its body, by its `content-length`.
async fn read_request(stream: &mut TcpStream) -> String {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut buffer).await.unwrap_or(0);
        bytes.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let complete = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            body.len() >= length.unwrap_or(0)
        });
        if complete || count == 0 {
            return text;
        }
    }
}

/// An answer with a content type and a body.
fn answer(content_type: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn redirect(status: u16, location: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} See\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n").into_bytes()
}

/// A tool that may call these hosts; 127.0.0.2 plays the public internet, 127.0.0.1 stays inside.
fn config(hosts: &[String]) -> HttpToolConfig {
    HttpToolConfig {
        hosts_allowed: hosts.iter().map(|host| host.parse().unwrap()).collect(),
        private_addresses_allowed: vec!["127.0.0.2/32".parse().unwrap()],
        methods: vec![Method::GET, Method::HEAD, Method::POST],
        time_max: Duration::from_secs(5),
        result_bytes_max: 2000,
        ..HttpToolConfig::default()
    }
}

fn tool(config: HttpToolConfig, resolver: Arc<dyn Resolver>) -> HttpTool {
    // Another test may have installed it already.
    rustls::crypto::ring::default_provider().install_default().ok();
    HttpTool::with_resolver("http", config, resolver).unwrap()
}

fn context() -> ToolContext {
    ToolContext {
        call_id: "call-7".parse().unwrap(),
        idempotency_key: "first-call-7".parse().unwrap(),
        ..ToolContext::of_test()
    }
}

async fn get(tool: &HttpTool, url: &str) -> Result<Value, ToolError> {
    tool.call(json!({"url": url}), &context()).await
}
