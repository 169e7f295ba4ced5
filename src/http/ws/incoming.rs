//! What a WebSocket's client says, message by message.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use actix_http::ws::{Codec, Frame, Item, ProtocolError};
use actix_web::web::Payload;
use bytes::{Bytes, BytesMut};
use futures::Stream;
use protocol::frame::close;
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::codec::Decoder;

use super::Pulse;
use crate::actors::{
    rate::{Bucket, Rate},
    session::Inbound,
};

/// Puts messages together from what the socket brings. Ends with the socket, with the client's close, and after what
/// cannot be read.
pub(super) struct Incoming<S = Payload> {
    socket: S,
    codec: Codec,
    /// Bytes that are no whole frame yet; holds nothing while the client is silent.
    bytes: BytesMut,
    /// The message that comes in pieces.
    pieces: Option<Pieces>,
    patience: Patience,
    /// What frames may still come at once.
    frames: Bucket,
    /// Ends a message that does not become whole; none while there is no part of one.
    unfinished: Option<Pin<Box<Sleep>>>,
    pulse: Pulse,
    is_over: bool,
}

/// How much is taken from a client.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// A message, and each piece of one, may have so many bytes.
    pub(super) message_bytes_max: usize,
    /// Frames, whatever they are: most of them make no message, and each costs time.
    pub(super) frames: Rate,
    /// How long a message that came in part may take.
    pub(super) message_time_max: Duration,
}

struct Pieces {
    is_text: bool,
    bytes: BytesMut,
}

impl<S> Incoming<S> {
    /// Whatever comes is noted in `pulse`.
    pub(super) fn new(socket: S, patience: Patience, pulse: Pulse) -> Self {
        Self {
            socket,
            codec: Codec::new().max_size(patience.message_bytes_max),
            bytes: BytesMut::new(),
            pieces: None,
            patience,
            frames: Bucket::full(Instant::now()),
            unfinished: None,
            pulse,
            is_over: false,
        }
    }

    /// A message, if this makes one whole, unless too many frames come.
    fn counted(&mut self, frame: Frame) -> Option<Inbound> {
        if self.frames.take(self.patience.frames, Instant::now()).is_ok() {
            return self.frame(frame);
        }
        let reason = "too many frames, pieces and pings among them; reconnect later, and send fewer";
        Some(self.over(close::RATE_LIMITED, reason.to_owned()))
    }

    /// What follows where bytes are missing: the end of a message that takes too long, at some time.
    fn poll_unfinished(&mut self, cx: &mut Context<'_>) -> Poll<Inbound> {
        if self.bytes.is_empty() && self.pieces.is_none() {
            self.unfinished = None;
            return Poll::Pending;
        }
        let time_max = self.patience.message_time_max;
        let unfinished = self.unfinished.get_or_insert_with(|| Box::pin(sleep(time_max)));
        ready!(unfinished.as_mut().poll(cx));
        let reason = format!("a message was not whole within {} s; send it again", time_max.as_secs_f64());
        Poll::Ready(self.over(close::SLOW_CONSUMER, reason))
    }

    fn over(&mut self, code: u16, reason: String) -> Inbound {
        self.is_over = true;
        Inbound::Broken(code, reason)
    }

    /// A message, if this makes one whole.
    fn frame(&mut self, frame: Frame) -> Option<Inbound> {
        match frame {
            Frame::Text(bytes) => Some(self.text(bytes.into())),
            Frame::Binary(_) => Some(Inbound::Binary),
            Frame::Ping(bytes) => Some(Inbound::Ping(bytes)),
            Frame::Pong(_) => None,
            Frame::Continuation(item) => self.piece(item),
            Frame::Close(_) => {
                self.is_over = true;
                None
            }
        }
    }

    fn piece(&mut self, item: Item) -> Option<Inbound> {
        let (begins, bytes, is_last) = match item {
            Item::FirstText(bytes) => (Some(true), bytes, false),
            Item::FirstBinary(bytes) => (Some(false), bytes, false),
            Item::Continue(bytes) => (None, bytes, false),
            Item::Last(bytes) => (None, bytes, true),
        };
        if let Some(is_text) = begins {
            self.pieces = Some(Pieces { is_text, bytes: BytesMut::new() });
        }
        // The codec lets nothing go on that did not begin.
        let pieces = self.pieces.as_mut()?;
        if pieces.bytes.len() + bytes.len() > self.patience.message_bytes_max {
            return Some(self.broken(&ProtocolError::Overflow));
        }
        pieces.bytes.extend_from_slice(&bytes);
        let whole = self.pieces.take_if(|_| is_last)?;
        Some(if whole.is_text { self.text(whole.bytes.into()) } else { Inbound::Binary })
    }

    fn text(&mut self, bytes: Vec<u8>) -> Inbound {
        String::from_utf8(bytes)
            .map_or_else(|_| self.over(close::BAD_REQUEST, "a text frame is not UTF-8".to_owned()), Inbound::Text)
    }

    fn broken(&mut self, error: &ProtocolError) -> Inbound {
        match error {
            ProtocolError::Overflow => {
                let reason = format!("a frame is over {} bytes", self.patience.message_bytes_max);
                self.over(close::TOO_LARGE, reason)
            }
            error => self.over(close::BAD_REQUEST, error.to_string()),
        }
    }
}

impl<S, E> Stream for Incoming<S>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
{
    type Item = Inbound;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Inbound>> {
        let this = self.get_mut();
        while !this.is_over {
            let inbound = match this.codec.decode(&mut this.bytes) {
                Ok(Some(frame)) => this.counted(frame),
                Err(error) => Some(this.broken(&error)),
                Ok(None) => {
                    if this.bytes.is_empty() {
                        this.bytes = BytesMut::new();
                    }
                    match Pin::new(&mut this.socket).poll_next(cx) {
                        Poll::Ready(Some(Ok(bytes))) => {
                            this.pulse.beat();
                            this.bytes.extend_from_slice(&bytes);
                            None
                        }
                        Poll::Ready(Some(Err(_)) | None) => {
                            this.is_over = true;
                            None
                        }
                        Poll::Pending => Some(ready!(this.poll_unfinished(cx))),
                    }
                }
            };
            if inbound.is_some() {
                // The next message has its own time.
                this.unfinished = None;
                return Poll::Ready(inbound);
            }
        }
        Poll::Ready(None)
    }
}

#[cfg(test)]
mod tests {
    use actix_http::ws::Message;
    use futures::{StreamExt, executor::block_on, stream};
    use tokio_util::codec::Encoder;

    use super::*;

    fn sent(messages: Vec<Message>) -> Vec<u8> {
        let (mut codec, mut bytes) = (Codec::new().client_mode(), BytesMut::new());
        for message in messages {
            codec.encode(message, &mut bytes).unwrap();
        }
        bytes.to_vec()
    }

    fn patience(message_bytes_max: usize) -> Patience {
        let frames = Rate { per_second: 10, burst: 20 };
        Patience { message_bytes_max, frames, message_time_max: Duration::from_secs(15) }
    }

    fn read(pieces: &[&[u8]], bytes_max: usize) -> Vec<Inbound> {
        let pieces: Vec<Result<Bytes, ()>> = pieces.iter().map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        block_on(Incoming::new(stream::iter(pieces), patience(bytes_max), Pulse::default()).collect())
    }

    fn text(text: &str) -> Inbound {
        Inbound::Text(text.to_owned())
    }

    #[test]
    fn messages_are_the_same_wherever_the_bytes_are_cut() {
        let bytes = sent(vec![
            Message::Text("hello".into()),
            Message::Continuation(Item::FirstText("при".into())),
            Message::Ping("?".into()),
            Message::Continuation(Item::Continue(Bytes::new())),
            Message::Continuation(Item::Last("вет".into())),
            Message::Pong(Bytes::new()),
            Message::Continuation(Item::FirstBinary("a".into())),
            Message::Continuation(Item::Last("b".into())),
            Message::Close(None),
            Message::Text("too late".into()),
        ]);
        let whole = read(&[&bytes], 100);
        assert_eq!(whole, [text("hello"), Inbound::Ping("?".into()), text("привет"), Inbound::Binary]);
        for at in 0..bytes.len() {
            assert_eq!(read(&[&bytes[..at], &bytes[at..]], 100), whole, "cut at {at}");
        }
    }

    #[test]
    fn a_message_may_be_as_long_as_the_limit_in_one_piece_or_many() {
        let bytes = sent(vec![
            Message::Text("12345".into()),
            Message::Continuation(Item::FirstText("12".into())),
            Message::Continuation(Item::Last("345".into())),
        ]);
        assert_eq!(read(&[&bytes], 5), [text("12345"), text("12345")]);
        let too_large = |found: Vec<Inbound>| matches!(found[..], [Inbound::Broken(close::TOO_LARGE, _)]);
        assert!(too_large(read(&[&sent(vec![Message::Text("123456".into())])], 5)));
        let in_pieces = sent(vec![
            Message::Continuation(Item::FirstText("123".into())),
            Message::Continuation(Item::Continue("456".into())),
            Message::Continuation(Item::Last("7".into())),
        ]);
        assert!(too_large(read(&[&in_pieces], 5)));
    }

    #[test]
    fn what_cannot_be_read_ends_it_with_a_reason() {
        let cases: [&[u8]; 4] =
            [&[0x81, 0x01, b'x'], &[0x83, 0x80, 0, 0, 0, 0], &[0x80, 0x80, 0, 0, 0, 0], &[0xf1, 0x80]];
        for bytes in cases {
            let found = read(&[bytes, &[0x81, 0x80, 0, 0, 0, 0]], 100);
            assert!(matches!(found[..], [Inbound::Broken(close::BAD_REQUEST, _)]), "{bytes:?}: {found:?}");
        }
        let half_a_letter = sent(vec![
            Message::Continuation(Item::FirstText(Bytes::from_static(&[0xd1]))),
            Message::Continuation(Item::Last(Bytes::new())),
        ]);
        assert!(matches!(read(&[&half_a_letter], 100)[..], [Inbound::Broken(close::BAD_REQUEST, _)]));
    }

    #[test]
    fn a_flood_of_frames_that_say_nothing_ends_it() {
        let first = Message::Continuation(Item::FirstText("a".into()));
        let empty = || Message::Continuation(Item::Continue(Bytes::new()));
        for flood in [
            (0..21).map(|_| Message::Ping("?".into())).collect(),
            (0..21).map(|_| Message::Pong(Bytes::new())).collect(),
            (0..21).map(|_| Message::Text("x".into())).collect(),
            std::iter::once(first).chain((0..20).map(|_| empty())).collect::<Vec<_>>(),
        ] {
            let found = read(&[&sent(flood)], 100);
            assert!(matches!(found.last(), Some(Inbound::Broken(close::RATE_LIMITED, _))), "{found:?}");
        }
        let exact = sent((0..20).map(|_| Message::Text("x".into())).collect());
        assert_eq!(read(&[&exact], 100), vec![text("x"); 20]);
    }

    /// What comes of bytes of which one comes every so many milliseconds, and after how many seconds the last of it.
    async fn dripped(bytes: Vec<u8>, millis: u64) -> (Vec<Inbound>, u64) {
        let began = Instant::now();
        let drops = stream::iter(bytes).then(|byte| async move {
            sleep(Duration::from_millis(millis)).await;
            Ok::<_, ()>(Bytes::from(vec![byte]))
        });
        let drops = Box::pin(drops.chain(stream::pending()));
        let mut incoming = Incoming::new(drops, patience(100), Pulse::default());
        let mut found = Vec::new();
        while let Ok(Some(inbound)) = tokio::time::timeout(Duration::from_mins(10), incoming.next()).await {
            found.push(inbound);
        }
        (found, began.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_that_does_not_become_whole_ends_it_and_slow_whole_ones_do_not() {
        let slow = sent(vec![Message::Text("123456".into()), Message::Text("123456".into())]);
        assert_eq!(dripped(slow.clone(), 1000).await.0, [text("123456"), text("123456")]);
        let late = |found: &[Inbound]| matches!(found, [Inbound::Broken(close::SLOW_CONSUMER, _)]);
        let (found, after) = dripped(slow, 2000).await;
        assert!(late(&found) && after == 17, "after {after} s: {found:?}");
        let (found, after) = dripped(sent(vec![Message::Continuation(Item::FirstText("1".into()))]), 0).await;
        assert!(late(&found) && after == 15, "after {after} s: {found:?}");
        let (found, _) = dripped(Vec::new(), 0).await;
        assert_eq!(found, [], "a client may be silent");
    }
}
