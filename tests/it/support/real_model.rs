//! A real language model: a server of the test's own, and a relay that keeps what was said to a model and by it.

use std::{
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use super::{client::client, required};

/// A model server of the test's own, which it may crowd and kill.
pub(crate) struct OwnModel {
    port: u16,
    child: Child,
}

impl OwnModel {
    /// A server with one slot, whose answers do not end before that is full: 4096 tokens, which takes half a minute at
    /// least.
    pub(crate) async fn endless() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let script = format!("{}/xtask/src/model/serve.py", required("CARGO_MANIFEST_DIR"));
        let mut command = Command::new(required("TEST_PYTHON"));
        command.args([script, required("TEST_MODEL_PACKAGES"), "--port".to_owned(), port.to_string()]);
        command.args(["--slots", "1", "--endless"]).stdin(Stdio::null()).stdout(Stdio::null());
        let model = Self { port, child: command.spawn().unwrap() };
        for _ in 0..600 {
            let health = client().get(format!("http://127.0.0.1:{port}/health")).send().await;
            if health.is_ok_and(|answer| answer.status().is_success()) {
                return model;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the model server does not answer on port {port}");
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    /// Whether it is at work on an answer.
    pub(crate) async fn is_busy(&self) -> bool {
        let slots = client().get(format!("http://127.0.0.1:{}/slots", self.port)).send().await.unwrap();
        let slots: Value = slots.json().await.unwrap();
        slots.as_array().unwrap().iter().any(|slot| slot["is_processing"] == true)
    }

    /// As `kill -9` does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Drop for OwnModel {
    fn drop(&mut self) {
        self.kill();
    }
}

/// One call that went through a relay.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    /// The body that the server sent.
    pub(crate) asked: Value,
    answered: String,
}

impl Heard {
    /// The model's own words, whole.
    pub(crate) fn words(&self) -> String {
        let data = self.answered.lines().filter_map(|line| line.strip_prefix("data: "));
        let pieces = data.filter_map(|data| serde_json::from_str::<Value>(data).ok());
        pieces.filter_map(|piece| piece["choices"][0]["delta"]["content"].as_str().map(ToOwned::to_owned)).collect()
    }
}

/// Stands before a model server, passes everything on as it comes, and keeps it.
pub(crate) struct Relay {
    url: String,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Relay {
    pub(crate) async fn before(model: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(pass(socket, model.clone(), Arc::clone(&all)));
            }
        });
        Self { url, heard }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The calls that were passed on whole, in the order of their ends.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }
}

async fn pass(mut socket: TcpStream, model: String, heard: Arc<Mutex<Vec<Heard>>>) {
    let body = body_of(&mut socket).await;
    let asked: Value = serde_json::from_slice(&body).unwrap();
    let request = client().post(format!("{model}/chat/completions")).header("content-type", "application/json");
    let mut response = request.body(body).send().await.unwrap();
    let status_line =
        format!("HTTP/1.1 {}\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n", response.status());
    socket.write_all(status_line.as_bytes()).await.unwrap();
    let mut answered = Vec::new();
    while let Ok(Some(bytes)) = response.chunk().await {
        answered.extend_from_slice(&bytes);
        // A client that is done hangs up before the last line; what the model says is kept all the same.
        socket.write_all(&bytes).await.ok();
    }
    heard.lock().unwrap().push(Heard { asked, answered: String::from_utf8(answered).unwrap() });
}

async fn body_of(socket: &mut TcpStream) -> Vec<u8> {
    let mut reader = BufReader::new(socket);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).await.unwrap();
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await.unwrap();
    body
}
