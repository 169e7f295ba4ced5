//! What a WebSocket's client is told: the body of the upgrade's response.
//!
//! The server polls it whenever the socket can take more, so there is no task and no queue between a session and its
//! socket.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use actix::Addr;
use actix_http::ws::{CloseCode, CloseReason, Codec, Message};
use bytes::{Bytes, BytesMut};
use futures::Stream;
use protocol::ServerFrame;
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::codec::Encoder;

use super::Pulse;
use crate::actors::session::{Cut, Hangup, Outgoing, OutletReader, SessionActor};

/// What is taken from the session at once; a batch more may go over.
const WRITE_BYTES: usize = 32 * 1024;

/// A close frame's reason has room for so many bytes (RFC 6455, 5.5).
const CLOSE_REASON_BYTES_MAX: usize = 123;

/// What the frames say goodbye with.
pub(super) struct Farewell {
    /// Told when the body is dropped, which is when the client is gone.
    pub(super) session: Addr<SessionActor>,
    /// Cuts the socket.
    pub(super) cut: Option<Cut>,
    /// How long after a close the client may keep its socket.
    pub(super) patience: Duration,
}

impl Drop for Farewell {
    fn drop(&mut self) {
        self.session.do_send(Hangup);
    }
}

/// Frames of what a session hands out, and pings for a client that is silent.
pub(super) struct Frames {
    outlet: OutletReader,
    codec: Codec,
    heart: Heart,
    is_over: bool,
    farewell: Farewell,
}

/// Signs of life of the client.
pub(super) struct Heart {
    pulse: Pulse,
    ping_interval: Duration,
    pong_timeout: Duration,
    /// The next ping, or the end of the time for an answer.
    timer: Pin<Box<Sleep>>,
    is_asked: bool,
    /// Something was written since the question: it may still be before the client's eyes, and whoever takes nothing at all
    /// is cut by the deadline for writes.
    is_behind: bool,
}

/// What its timer says.
enum Beat {
    /// Ask for a sign of life.
    Ping,
    /// None came.
    Gone,
}

impl Heart {
    /// Asks every `ping_interval`; whoever is silent for `pong_timeout` after that is gone.
    pub(super) fn new(pulse: Pulse, ping_interval: Duration, pong_timeout: Duration) -> Self {
        Self {
            pulse,
            ping_interval,
            pong_timeout,
            timer: Box::pin(sleep(ping_interval)),
            is_asked: false,
            is_behind: false,
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Beat> {
        while self.timer.as_mut().poll(cx).is_ready() {
            // Whatever was heard before the question is no answer to it.
            let was_heard = self.pulse.take();
            match (self.is_asked, was_heard) {
                (true, false) if self.is_behind => self.begin(true, self.pong_timeout),
                (true, false) => return Poll::Ready(Beat::Gone),
                (true, true) => self.begin(false, self.ping_interval.saturating_sub(self.pong_timeout)),
                (false, _) => {
                    self.begin(true, self.pong_timeout);
                    return Poll::Ready(Beat::Ping);
                }
            }
        }
        Poll::Pending
    }

    fn begin(&mut self, is_asked: bool, time: Duration) {
        (self.is_asked, self.is_behind) = (is_asked, false);
        self.timer.as_mut().reset(Instant::now() + time);
    }
}

impl Frames {
    /// Frames of what the outlet takes.
    pub(super) fn new(outlet: OutletReader, heart: Heart, farewell: Farewell) -> Self {
        Self { outlet, codec: Codec::new(), heart, is_over: false, farewell }
    }

    fn write_all(&mut self, bytes: &mut BytesMut, cx: &mut Context<'_>) {
        while !self.is_over && bytes.len() < WRITE_BYTES {
            match self.outlet.poll_next(cx) {
                Poll::Ready(Some(outgoing)) => self.write(outgoing, bytes),
                Poll::Ready(None) => self.close(Some(CloseCode::Away.into()), bytes),
                Poll::Pending => return,
            }
        }
    }

    fn write(&mut self, outgoing: Outgoing, bytes: &mut BytesMut) {
        match outgoing {
            Outgoing::Events { events, .. } => {
                bytes.reserve(events.iter().map(|(_, body)| body.len() + 10).sum());
                for (_, body) in events {
                    self.encode(Message::Text(body.as_ref().into()), bytes);
                }
            }
            Outgoing::Frame(text) => self.encode(Message::Text(text.into()), bytes),
            Outgoing::Pong(payload) => self.encode(Message::Pong(payload), bytes),
            Outgoing::Draining { reconnect_after_ms } => {
                let frame = serde_json::to_string(&ServerFrame::Draining { reconnect_after_ms }).unwrap_or_default();
                self.encode(Message::Text(frame.into()), bytes);
            }
            // Only event streams get these.
            Outgoing::Reset(_) => {}
            Outgoing::Close { code, mut reason } => {
                reason.truncate(reason.floor_char_boundary(CLOSE_REASON_BYTES_MAX));
                self.close(Some(CloseReason { code: CloseCode::Other(code), description: Some(reason) }), bytes);
            }
        }
    }

    fn encode(&mut self, message: Message, bytes: &mut BytesMut) {
        if let Err(error) = self.codec.encode(message, bytes) {
            tracing::error!(%error, "a frame could not be written");
        }
    }

    fn close(&mut self, reason: Option<CloseReason>, bytes: &mut BytesMut) {
        self.encode(Message::Close(reason), bytes);
        self.end();
    }

    /// A peer that is gone answers no close; its socket must not stay.
    fn end(&mut self) {
        self.is_over = true;
        if let Some(cut) = self.farewell.cut.take() {
            let patience = self.farewell.patience;
            actix_web::rt::spawn(async move {
                tokio::time::sleep(patience).await;
                cut();
            });
        }
    }

    /// Asks the client for a sign of life, and lets it go where none came.
    fn beat(&mut self, bytes: &mut BytesMut, cx: &mut Context<'_>) {
        while !self.is_over {
            match self.heart.poll(cx) {
                Poll::Ready(Beat::Ping) => self.encode(Message::Ping(Bytes::new()), bytes),
                Poll::Ready(Beat::Gone) => self.close(Some(CloseCode::Away.into()), bytes),
                Poll::Pending => return,
            }
        }
    }
}

impl Stream for Frames {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let mut bytes = BytesMut::new();
        this.write_all(&mut bytes, cx);
        this.heart.is_behind |= !bytes.is_empty();
        this.beat(&mut bytes, cx);
        match (bytes.is_empty(), this.is_over) {
            (false, _) => Poll::Ready(Some(Ok(bytes.freeze()))),
            (true, true) => Poll::Ready(None),
            (true, false) => Poll::Pending,
        }
    }
}
