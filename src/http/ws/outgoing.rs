//! What a WebSocket's client is told: the body of the upgrade's response.
//!
//! The server polls it whenever the socket can take more, so there is no task and no queue between a session and its
//! socket.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use actix::Addr;
use actix_http::ws::{CloseCode, CloseReason, Codec, Message};
use bytes::{Bytes, BytesMut};
use futures::Stream;
use protocol::ServerFrame;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
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
    pings: Interval,
    pulse: Pulse,
    is_over: bool,
    farewell: Farewell,
}

impl Frames {
    /// Pings every `ping_interval`; a client that was silent since the last one is gone.
    pub(super) fn new(outlet: OutletReader, ping_interval: Duration, pulse: Pulse, farewell: Farewell) -> Self {
        let mut pings = interval_at(Instant::now() + ping_interval, ping_interval);
        // Two at once would not leave the client the time to answer the first.
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { outlet, codec: Codec::new(), pings, pulse, is_over: false, farewell }
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

    /// Asks a client that was heard for another sign of life.
    fn ping(&mut self, bytes: &mut BytesMut, cx: &mut Context<'_>) {
        if self.is_over || self.pings.poll_tick(cx).is_pending() {
            return;
        }
        if self.pulse.take() {
            self.encode(Message::Ping(Bytes::new()), bytes);
        } else {
            self.close(Some(CloseCode::Away.into()), bytes);
        }
    }
}

impl Stream for Frames {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let mut bytes = BytesMut::new();
        this.write_all(&mut bytes, cx);
        this.ping(&mut bytes, cx);
        match (bytes.is_empty(), this.is_over) {
            (false, _) => Poll::Ready(Some(Ok(bytes.freeze()))),
            (true, true) => Poll::Ready(None),
            (true, false) => Poll::Pending,
        }
    }
}
