//! A real browser, driven over the WebDriver protocol.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{client::client, required};

pub(crate) struct Browser {
    driver: Child,
    session: String,
    /// Kept so that the folder lives as long as the browser.
    profile: TempDir,
    client: reqwest::Client,
}

impl Browser {
    pub(crate) async fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(required("TEST_CHROMEDRIVER"));
        let driver = command.arg(format!("--port={port}")).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let profile = TempDir::new().unwrap();
        let client = client();
        let base = format!("http://127.0.0.1:{port}");
        let mut browser = Self { driver, session: String::new(), profile, client };
        browser.session = browser.open_session(&base).await;
        browser
    }

    async fn open_session(&self, base: &str) -> String {
        let profile = format!("--user-data-dir={}", self.profile.path().display());
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            &profile,
        ];
        let options = json!({ "binary": required("TEST_CHROMIUM"), "args": arguments });
        let body = json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": options } } });
        for _ in 0..200 {
            if let Ok(response) = self.client.post(format!("{base}/session")).json(&body).send().await {
                let answer: Value = response.json().await.unwrap();
                let id = answer["value"]["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {answer}"));
                return format!("{base}/session/{id}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("chromedriver does not answer");
    }

    pub(crate) async fn go(&self, url: &str) {
        self.command("url", json!({ "url": url })).await;
    }

    /// Runs a script that calls its last argument when it is done; answers what it called it with.
    pub(crate) async fn run(&self, script: &str, arguments: &[Value]) -> Value {
        self.command("execute/async", json!({ "script": script, "args": arguments })).await
    }

    async fn command(&self, path: &str, body: Value) -> Value {
        let response = self.client.post(format!("{}/{path}", self.session)).json(&body).send().await.unwrap();
        let answer: Value = response.json().await.unwrap();
        assert!(answer["value"]["error"].is_null(), "{answer}");
        answer["value"].clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Ends the browser with it.
        let url = self.session.clone();
        let done = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move { client().delete(url).send().await.ok() });
        });
        done.join().ok();
        self.driver.kill().ok();
        self.driver.wait().ok();
    }
}
