//! The WebSocket of the floors.

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer, get, rt,
    web::{self, Data, Payload},
};
use actix_ws::{Message, MessageStream, Session};
use anyhow::{Result, anyhow};
use bytes::Bytes;
use futures::StreamExt;
use serde_json::json;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{
    FloorKind, FloorOptions,
    events::Events,
    writer::{self, Row, Rows},
};

/// As many as Switchboard has.
const WORKERS: usize = 2;

/// What a worker has.
struct Floor {
    kind: FloorKind,
    rows: Option<Rows>,
    url: String,
    /// One for each worker: its connections live on that worker's thread.
    http: reqwest::Client,
}

/// Serves until the process is killed.
pub(super) fn serve(options: &FloorOptions) -> Result<()> {
    let rows = match options.kind {
        FloorKind::F1 => None,
        FloorKind::F2 | FloorKind::F3 => Some(writer::start(&options.data, options.synchronous)?),
    };
    let (kind, url) = (options.kind, format!("{}/chat/completions", options.upstream));
    let http = || reqwest::Client::builder().no_proxy().tcp_nodelay(true).build();
    http()?;
    let factory = move || {
        let floor = http().map(|http| Floor { kind, rows: rows.clone(), url: url.clone(), http });
        App::new().configure(|config: &mut web::ServiceConfig| {
            if let Ok(floor) = floor {
                config.app_data(Data::new(floor));
            }
            config.service(open).service(ready);
        })
    };
    let server = HttpServer::new(factory).workers(WORKERS).tcp_nodelay(true).backlog(4096);
    let server = server.bind(("127.0.0.1", options.port))?.run();
    rt::System::new().block_on(server).map_err(|error| anyhow!(error))
}

#[get("/readyz")]
async fn ready() -> HttpResponse {
    HttpResponse::Ok().finish()
}

#[get("/api/ws/{id}")]
async fn open(
    request: HttpRequest,
    body: Payload,
    id: web::Path<Uuid>,
    floor: Data<Floor>,
) -> Result<HttpResponse, actix_web::Error> {
    let (response, session, messages) = actix_ws::handle(&request, body)?;
    rt::spawn(follow(session, messages, *id, floor));
    Ok(response)
}

async fn follow(mut session: Session, mut messages: MessageStream, id: Uuid, floor: Data<Floor>) {
    while let Some(Ok(message)) = messages.next().await {
        let done = match message {
            Message::Text(text) => answer(&mut session, &floor, id, &text).await,
            Message::Ping(bytes) => session.pong(&bytes).await.map_err(Into::into),
            Message::Close(_) => break,
            _ => Ok(()),
        };
        if let Err(error) = done {
            println!("a conversation fell: {error:#}");
            break;
        }
    }
    session.close(None).await.ok();
}

async fn answer(session: &mut Session, floor: &Floor, id: Uuid, text: &str) -> Result<()> {
    let body = json!({ "model": "fake", "stream": true, "messages": [{ "role": "user", "content": text }] });
    let response = floor.http.post(&floor.url).json(&body).send().await?.error_for_status()?;
    match (&floor.rows, floor.kind) {
        (Some(rows), FloorKind::F2) => send_and_store(session, rows, id, response).await,
        (Some(rows), FloorKind::F3) => store_and_send(session, rows, id, response).await,
        _ => forward(session, response).await,
    }
}

async fn forward(session: &mut Session, mut response: reqwest::Response) -> Result<()> {
    let mut events = Events::default();
    while let Some(bytes) = response.chunk().await? {
        events.push(&bytes);
        while let Some(event) = events.next() {
            session.text(text_of(event)?).await?;
        }
    }
    Ok(())
}

async fn send_and_store(session: &mut Session, rows: &Rows, id: Uuid, mut response: reqwest::Response) -> Result<()> {
    let (mut events, mut seq) = (Events::default(), 0);
    while let Some(bytes) = response.chunk().await? {
        events.push(&bytes);
        while let Some(event) = events.next() {
            seq += 1;
            let body = numbered(seq, &event)?;
            session.text(body.clone()).await?;
            rows.send(Row { conversation: id, seq, body, committed: None }).await?;
        }
    }
    Ok(())
}

async fn store_and_send(session: &mut Session, rows: &Rows, id: Uuid, mut response: reqwest::Response) -> Result<()> {
    let (committed, mut sendable) = mpsc::unbounded_channel();
    let read = async {
        let (mut events, mut seq) = (Events::default(), 0);
        while let Some(bytes) = response.chunk().await? {
            events.push(&bytes);
            while let Some(event) = events.next() {
                seq += 1;
                let body = numbered(seq, &event)?;
                rows.send(Row { conversation: id, seq, body, committed: Some(committed.clone()) }).await?;
            }
        }
        drop(committed);
        Ok(())
    };
    let send = async {
        while let Some(body) = sendable.recv().await {
            session.text(body).await?;
        }
        Ok(())
    };
    tokio::try_join!(read, send).map(|_: ((), ())| ())
}

/// The event with its place, as a log has it.
fn numbered(seq: i64, event: &Bytes) -> Result<String> {
    let text = std::str::from_utf8(event)?;
    Ok(match text.strip_prefix('{') {
        Some(rest) => format!("{{\"seq\":{seq},{rest}"),
        None => format!("{{\"seq\":{seq},\"done\":true}}"),
    })
}

fn text_of(event: Bytes) -> Result<String> {
    Ok(String::from_utf8(event.into())?)
}
