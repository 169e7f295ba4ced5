//! A Redis of the test's own, which it may stop, kill and fill as it likes.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use redis::{Client, aio::MultiplexedConnection};

use super::required;

pub(crate) struct OwnRedis {
    port: u16,
    child: Option<Child>,
}

impl OwnRedis {
    pub(crate) async fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let mut redis = Self { port, child: None };
        redis.restart().await;
        redis
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Starts it again, empty, on the same port, and waits until it answers.
    pub(crate) async fn restart(&mut self) {
        self.kill();
        let mut command = Command::new(required("TEST_REDIS_SERVER"));
        command.args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        self.child = Some(command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap());
        for _ in 0..100 {
            if self.try_connect().await.is_some() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("redis-server does not answer on port {}", self.port);
    }

    /// As `kill -9` does.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().ok();
            child.wait().ok();
        }
    }

    /// Holds it, so that it takes connections and answers nothing; or lets it go on.
    pub(crate) fn hold(&self, held: bool) {
        let pid = self.child.as_ref().unwrap().id().to_string();
        let signal = if held { "-STOP" } else { "-CONT" };
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// A connection of the test's own.
    pub(crate) async fn connection(&self) -> MultiplexedConnection {
        self.try_connect().await.unwrap()
    }

    /// Everything that stands in it.
    pub(crate) async fn keys(&self) -> Vec<String> {
        redis::cmd("KEYS").arg("*").query_async(&mut self.connection().await).await.unwrap()
    }

    async fn try_connect(&self) -> Option<MultiplexedConnection> {
        let mut connection = Client::open(self.url()).unwrap().get_multiplexed_async_connection().await.ok()?;
        let pong: Option<String> = redis::cmd("PING").query_async(&mut connection).await.ok();
        pong.map(|_| connection)
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        self.kill();
    }
}
