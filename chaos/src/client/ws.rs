//! Following and saying over one WebSocket.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout},
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite};

use super::{Client, IDLE_MAX, RETRY_AFTER, say};
use crate::{checker::evidence::Note, plan::Message};

/// How long an answer to a message is waited for before it is sent again.
const ANSWER_WITHIN: Duration = Duration::from_millis(1500);
const TICK: Duration = Duration::from_millis(20);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Lives until the run is over.
pub(super) async fn live(client: Client) {
    let mut outbox = Outbox::new(&client);
    let mut left = 0;
    while !client.world.is_over() {
        if let Some(socket) = open(&client).await {
            let on = Connection { client: &client, socket, events: 0, epoch: String::new() };
            tokio::select! {
                _ = on.live(&mut outbox, left) => left += 1,
                () = client.world.over() => return,
            }
        }
        tokio::time::sleep(RETRY_AFTER).await;
    }
}

async fn open(client: &Client) -> Option<Socket> {
    let url = format!("{}/api/ws/{}", client.world.url.replacen("http", "ws", 1), client.talk);
    let (mut socket, _) = timeout(IDLE_MAX, connect_async(url)).await.ok()?.ok()?;
    let mut subscribe = json!({ "op": "subscribe" });
    if let Some(place) = client.diary.place() {
        subscribe["after"] = place.seq.into();
        subscribe["epoch"] = place.epoch.into();
    }
    socket.send(tungstenite::Message::text(subscribe.to_string())).await.ok()?;
    Some(socket)
}

struct Connection<'a> {
    client: &'a Client,
    socket: Socket,
    events: usize,
    epoch: String,
}

impl Connection<'_> {
    /// Until it breaks, is left, or nothing comes any more.
    async fn live(mut self, outbox: &mut Outbox, left: usize) -> Option<()> {
        let mut heard = Instant::now();
        loop {
            for frame in outbox.due(self.client) {
                timeout(IDLE_MAX, self.socket.send(tungstenite::Message::text(frame))).await.ok()?.ok()?;
            }
            if self.client.leaves(self.events, left) || heard.elapsed() > IDLE_MAX {
                return None;
            }
            match timeout(TICK, self.socket.next()).await {
                Err(_) => {}
                Ok(Some(Ok(tungstenite::Message::Text(text)))) => {
                    heard = Instant::now();
                    self.take(&text, outbox)?;
                }
                Ok(Some(Ok(tungstenite::Message::Close(_)) | Err(_)) | None) => return None,
                Ok(Some(Ok(_))) => heard = Instant::now(),
            }
        }
    }

    /// None where the place was refused: from the beginning, on another connection.
    fn take(&mut self, text: &str, outbox: &mut Outbox) -> Option<()> {
        let client = self.client;
        client.diary.heard(text);
        let Ok(frame) = serde_json::from_str::<Value>(text) else { return Some(()) };
        match frame["op"].as_str() {
            None => {
                let seq = frame["seq"].as_i64().unwrap_or_default();
                client.diary.note(Note::Saw { epoch: self.epoch.clone(), seq, bytes: text.to_owned() });
                self.events += 1;
            }
            Some("subscribed") => {
                frame["epoch"].as_str().unwrap_or_default().clone_into(&mut self.epoch);
                if frame["recovered"] == true {
                    let after = client.diary.place().map_or(0, |place| place.seq);
                    client.diary.note(Note::Joined { after });
                } else {
                    client.diary.note(Note::Lost { reason: frame["reason"].to_string() });
                    return None;
                }
            }
            Some("ack") => outbox.settle(client, &frame),
            Some("reject") => outbox.reject(client, &frame),
            Some(_) => {}
        }
        Some(())
    }
}

/// What is to be said, and what was not answered yet.
struct Outbox {
    letters: Vec<Letter>,
    is_done: bool,
}

struct Letter {
    message: Message,
    /// Again then, where no answer came.
    due: Instant,
    was_sent: bool,
}

impl Outbox {
    fn new(client: &Client) -> Self {
        let mut due = Instant::now();
        let letters = client.plan.messages.iter().map(|message| {
            due += message.after;
            Letter { message: message.clone(), due, was_sent: false }
        });
        Self { letters: letters.collect(), is_done: false }
    }

    /// The frames that are to be sent now.
    fn due(&mut self, client: &Client) -> Vec<String> {
        let now = Instant::now();
        let mut frames = Vec::new();
        for letter in self.letters.iter_mut().filter(|letter| letter.due <= now) {
            let Message { id, content, policy, copies, .. } = &letter.message;
            let frame =
                json!({ "op": "message", "ref": id, "clientMessageId": id, "content": content, "policy": policy });
            frames.extend((0..*copies).map(|_| frame.to_string()));
            letter.due = now + ANSWER_WITHIN;
            if !std::mem::replace(&mut letter.was_sent, true) {
                say::cancel_later(client, &letter.message);
            }
        }
        frames
    }

    fn settle(&mut self, client: &Client, ack: &Value) {
        if let Some(message) = client.plan.messages.iter().find(|message| ack["ref"] == message.id.to_string()) {
            say::acked(&client.diary, message, ack);
            self.remove(client, message);
        }
    }

    fn reject(&mut self, client: &Client, refusal: &Value) {
        let Some(letter) = self.letters.iter_mut().find(|letter| refusal["ref"] == letter.message.id.to_string())
        else {
            return;
        };
        letter.due = Instant::now() + RETRY_AFTER;
        let message = letter.message.clone();
        if say::is_final(&client.world, &message, refusal) {
            self.remove(client, &message);
        }
    }

    fn remove(&mut self, client: &Client, message: &Message) {
        self.letters.retain(|letter| letter.message.id != message.id);
        if self.letters.is_empty() && !std::mem::replace(&mut self.is_done, true) {
            client.world.one_is_done();
        }
    }
}
