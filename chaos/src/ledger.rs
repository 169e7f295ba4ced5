//! The fake tool: an HTTP server outside of everything that breaks, which writes down every call that reached it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, dev::ServerHandle, web};
use anyhow::{Context, Result};

use crate::checker::evidence::Call;

/// Long enough that a kill may come while it is at work.
const WORK: Duration = Duration::from_millis(30);

/// Its calls so far, and its end.
#[derive(Debug)]
pub struct Ledger {
    calls: Arc<Mutex<Vec<Call>>>,
    handle: ServerHandle,
    /// Its address, without a slash at the end.
    pub url: String,
}

#[derive(Debug, Clone)]
struct Book {
    calls: Arc<Mutex<Vec<Call>>>,
    canary: String,
}

impl Ledger {
    /// Starts it; it sends `canary` in a header of each answer.
    ///
    /// # Errors
    /// Where there is no free port.
    pub fn start(canary: &str) -> Result<Self> {
        let calls = Arc::new(Mutex::new(Vec::new()));
        let book = Book { calls: Arc::clone(&calls), canary: canary.to_owned() };
        let app = move || App::new().app_data(web::Data::new(book.clone())).route("/{tool}", web::to(work));
        let server = HttpServer::new(app).workers(1).disable_signals().bind(("127.0.0.1", 0))?;
        let address = *server.addrs().first().context("the ledger has no address")?;
        let running = server.run();
        let handle = running.handle();
        tokio::spawn(running);
        Ok(Self { calls, handle, url: format!("http://{address}") })
    }

    /// Every call that reached it, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends it.
    pub async fn end(self) {
        self.handle.stop(false).await;
    }
}

async fn work(request: HttpRequest, tool: web::Path<String>, body: String, book: web::Data<Book>) -> HttpResponse {
    let key = request.headers().get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::to_owned);
    // The effect comes first: a caller that is killed while it waits has had it.
    book.calls.lock().unwrap_or_else(PoisonError::into_inner).push(Call { tool: tool.into_inner(), key, tag: body });
    tokio::time::sleep(WORK).await;
    HttpResponse::Ok().insert_header(("x-secret", book.canary.as_str())).body("done")
}
