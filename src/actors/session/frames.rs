//! What a WebSocket's client says, and the answers.

use actix::{Context, Handler, Message, StreamHandler};
use bytes::Bytes;
use protocol::{
    ClientFrame, Code, ServerFrame,
    frame::{Cancel, FrameError, Referenced, close},
};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Join, Outgoing, Phase, SessionActor, follow::to_text};
use crate::{
    actors::{client::Incoming, conversation::Refusal, rate::Rate},
    conversation::CancelTarget,
};

/// How often a client that says too much is told so in the long run; at first as often as it may speak at once.
const REFUSALS_PER_SECOND: u32 = 1;

/// Something came in over the WebSocket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inbound {
    /// A text message.
    Text(String),
    /// A binary message, which the protocol does not have.
    Binary,
    /// To be answered with the same bytes.
    Ping(Bytes),
    /// A message over 1 MiB, or a broken frame: the socket closes with this code.
    Broken(u16, String),
}

/// What came of a command.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Done {
    reference: Option<Value>,
    answer: Result<Value, Refusal>,
}

/// The session ends with the stream.
impl StreamHandler<Inbound> for SessionActor {
    fn handle(&mut self, inbound: Inbound, ctx: &mut Self::Context) {
        match inbound {
            Inbound::Text(text) => self.text(&text, ctx),
            Inbound::Binary => {
                if self.is_heard(None, ctx) {
                    self.reject(None, Code::InvalidJson, "a frame is text with a JSON object", ctx);
                }
            }
            Inbound::Ping(payload) => self.beside_events(Outgoing::Pong(payload), ctx),
            Inbound::Broken(code, reason) => self.close(code, &reason, ctx),
        }
    }
}

impl Handler<Done> for SessionActor {
    type Result = ();

    fn handle(&mut self, done: Done, ctx: &mut Self::Context) {
        self.commands_waiting -= 1;
        match done.answer {
            Ok(answer) => {
                let frame = ServerFrame::Ack { reference: done.reference.as_ref(), answer: &answer };
                self.frame(&frame, ctx);
            }
            Err(refusal) => self.reject(done.reference, refusal.code, &refusal.message, ctx),
        }
    }
}

impl SessionActor {
    fn text(&mut self, text: &str, ctx: &mut Context<Self>) {
        let bytes_max = self.parts.bounds.frame_bytes_max;
        if text.len() > bytes_max {
            if self.is_heard(None, ctx) {
                let message = format!("the frame has {} bytes; `limits.frame_bytes_max` is {bytes_max}", text.len());
                self.reject(None, Code::TooLarge, &message, ctx);
            }
            return;
        }
        // Read before it is counted: a client knows by its `ref` what was refused.
        let parsed = ClientFrame::parse(text);
        let (Err(FrameError { reference, .. }) | Ok(Referenced { reference, .. })) = &parsed;
        if !self.is_heard(reference.as_ref(), ctx) {
            return;
        }
        match parsed {
            Err(FrameError { reference, code, message }) => self.reject(reference, code, &message, ctx),
            Ok(Referenced { reference, frame }) => self.client_frame(frame, reference, ctx),
        }
    }

    /// Counts a message. One too many is refused; who goes on all the same is closed.
    fn is_heard(&mut self, reference: Option<&Value>, ctx: &mut Context<Self>) -> bool {
        let (rate, now) = (self.parts.bounds.messages, Instant::now());
        let Err(wait) = self.messages.take(rate, now) else { return true };
        if self.refusals.take(Rate { per_second: REFUSALS_PER_SECOND, burst: rate.burst }, now).is_err() {
            self.close(
                close::RATE_LIMITED,
                "too many messages, also after it was said; reconnect later, and send fewer",
                ctx,
            );
        } else {
            let Rate { per_second, burst } = rate;
            let message = format!(
                "at most {per_second} messages a second, {burst} at once; send it again in {} ms",
                wait.as_millis() + 1
            );
            self.frame(&ServerFrame::Reject { reference, code: Code::RateLimited, message: &message }, ctx);
        }
        false
    }

    fn client_frame(&mut self, frame: ClientFrame, reference: Option<Value>, ctx: &mut Context<Self>) {
        match (frame, &self.phase) {
            (ClientFrame::Ping, _) => self.frame(&ServerFrame::Pong { reference: reference.as_ref() }, ctx),
            (ClientFrame::Subscribe(subscribe), Phase::Silent) => {
                self.join(Join { after: subscribe.after, epoch: subscribe.epoch, reference }, ctx);
            }
            (ClientFrame::Subscribe(_), _) => {
                self.reject(reference, Code::InvalidField, "this socket is subscribed already; open another one", ctx);
            }
            (_, Phase::Silent) => {
                self.reject(reference, Code::SubscribeFirst, "send {\"op\":\"subscribe\"} first", ctx);
            }
            (frame, _) if self.commands_waiting >= self.parts.bounds.commands_waiting_max => {
                drop(frame);
                let message = format!("{} commands wait for their answer already", self.commands_waiting);
                self.reject(reference, Code::RateLimited, &message, ctx);
            }
            (frame, _) => match self.seat.caller().call() {
                Ok(()) => self.command(frame, reference, ctx),
                Err(wait) => {
                    let message = format!("this caller asks too much; send it again in {} ms", wait.as_millis() + 1);
                    self.reject(reference, Code::RateLimited, &message, ctx);
                }
            },
        }
    }

    /// Carries out a command; its answer comes back as [`Done`].
    fn command(&mut self, frame: ClientFrame, reference: Option<Value>, ctx: &mut Context<Self>) {
        self.commands_waiting += 1;
        let (client, key, to) = (self.parts.client.clone(), self.key.clone(), actix::AsyncContext::address(ctx));
        // A task and not a future of this context: tasks of one thread begin in the order that they were spawned.
        actix_rt::spawn(async move {
            let answer = match frame {
                ClientFrame::Message(message) => {
                    let incoming = Incoming {
                        client_message_id: message.client_message_id,
                        content: message.content,
                        policy: message.policy,
                        metadata: message.metadata.unwrap_or_default(),
                    };
                    client.message(&key, incoming).await.map(|answer| to_json(&answer))
                }
                ClientFrame::Cancel(cancel) => match target_of(cancel) {
                    Ok(target) => client.cancel(&key, target).await.map(|answer| to_json(&answer)),
                    Err(refusal) => Err(refusal),
                },
                ClientFrame::End => client.end(&key).await.map(|_| json!({ "status": "ended" })),
                ClientFrame::Approve(approve) => client.decide(&key, approve).await.map(|answer| to_json(&answer)),
                ClientFrame::Subscribe(_) | ClientFrame::Ping => Ok(json!({})),
            };
            to.do_send(Done { reference, answer });
        });
    }

    fn reject(&mut self, reference: Option<Value>, code: Code, message: &str, ctx: &mut Context<Self>) {
        self.frame(&ServerFrame::Reject { reference: reference.as_ref(), code, message }, ctx);
    }

    fn frame(&mut self, frame: &ServerFrame<'_>, ctx: &mut Context<Self>) {
        self.beside_events(Outgoing::Frame(to_text(frame)), ctx);
    }

    /// A client that asks without reading its answers is closed.
    fn beside_events(&mut self, outgoing: Outgoing, ctx: &mut Context<Self>) {
        if !self.outlet.send_frame(outgoing) {
            (self.cut)();
            self.close(close::SLOW_CONSUMER, "the answers were not read; reconnect with the last position", ctx);
        }
    }
}

/// Reads which turn to stop.
///
/// # Errors
/// `invalid_field` unless exactly one of the two ids is given.
pub fn target_of(cancel: Cancel) -> Result<CancelTarget, Refusal> {
    match (cancel.turn_id, cancel.client_message_id) {
        (Some(turn_id), None) => Ok(CancelTarget::Turn(turn_id)),
        (None, Some(client)) => Ok(CancelTarget::Message(client)),
        _ => Err(Refusal::new(Code::InvalidField, "a cancel names exactly one of `turnId` and `clientMessageId`")),
    }
}

fn to_json(answer: &impl serde::Serialize) -> Value {
    serde_json::to_value(answer).unwrap_or_else(|error| {
        tracing::error!(%error, "an answer could not be written as JSON");
        Value::Null
    })
}
