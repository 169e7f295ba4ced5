//! A shop on a port of this machine: each request is an order, counted before it is answered.

use std::sync::Arc;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// What a call of the shop answers with, somewhere in its result.
pub(crate) const PLACED: &str = "the order was placed";

pub(crate) struct Shop {
    port: u16,
    /// The `Idempotency-Key` of each request, in order.
    orders: Arc<watch::Sender<Vec<String>>>,
    answers: Arc<watch::Sender<bool>>,
    accepting: JoinHandle<()>,
}

impl Shop {
    /// A shop that takes orders, and answers them at once or not until [`Shop::answer`].
    pub(crate) async fn open(answers: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (orders, answers) = (Arc::new(watch::Sender::default()), Arc::new(watch::Sender::new(answers)));
        let (taken, answering) = (Arc::clone(&orders), Arc::clone(&answers));
        let accepting = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, Arc::clone(&taken), answering.subscribe()));
            }
        });
        Self { port, orders, answers, accepting }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn answer(&self) {
        self.answers.send_replace(true);
    }

    /// The keys of all orders so far, in order.
    pub(crate) fn orders(&self) -> Vec<String> {
        self.orders.borrow().clone()
    }

    pub(crate) async fn until_orders(&self, count: usize) {
        let mut orders = self.orders.subscribe();
        let enough = orders.wait_for(|orders| orders.len() >= count);
        tokio::time::timeout(crate::support::client::PATIENCE, enough).await.expect("an order in time").unwrap();
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(mut socket: TcpStream, orders: Arc<watch::Sender<Vec<String>>>, mut answers: watch::Receiver<bool>) {
    let Some(key) = key_of_request(&mut socket).await else { return };
    orders.send_modify(|orders| orders.push(key));
    answers.wait_for(|answers| *answers).await.unwrap();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n\r\n", PLACED.len());
    socket.write_all(format!("{head}{PLACED}").as_bytes()).await.ok();
}

/// Reads a request without a body to its end; a connection that brings none is no order.
async fn key_of_request(socket: &mut TcpStream) -> Option<String> {
    let (mut text, mut buffer) = (String::new(), [0; 4096]);
    while !text.contains("\r\n\r\n") {
        let count = socket.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
        text.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    let key = text.lines().find_map(|line| line.strip_prefix("idempotency-key: "));
    Some(key.unwrap_or_default().to_owned())
}
