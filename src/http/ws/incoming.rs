//! What a WebSocket's client says, message by message.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_http::ws::{Codec, Frame, Item, ProtocolError};
use actix_web::web::Payload;
use bytes::{Bytes, BytesMut};
use futures::Stream;
use protocol::frame::close;
use tokio_util::codec::Decoder;

use super::Pulse;
use crate::actors::session::Inbound;

/// Puts messages together from what the socket brings. Ends with the socket, with the client's close, and after what
/// cannot be read.
pub(super) struct Incoming<S = Payload> {
    socket: S,
    codec: Codec,
    /// Bytes that are no whole frame yet; holds nothing while the client is silent.
    bytes: BytesMut,
    /// The message that comes in pieces.
    pieces: Option<Pieces>,
    message_bytes_max: usize,
    pulse: Pulse,
    is_over: bool,
}

struct Pieces {
    is_text: bool,
    bytes: BytesMut,
}

impl<S> Incoming<S> {
    /// A message, and each piece of one, may have so many bytes. Whatever comes is noted in `pulse`.
    pub(super) fn new(socket: S, message_bytes_max: usize, pulse: Pulse) -> Self {
        let codec = Codec::new().max_size(message_bytes_max);
        Self { socket, codec, bytes: BytesMut::new(), pieces: None, message_bytes_max, pulse, is_over: false }
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
        if pieces.bytes.len() + bytes.len() > self.message_bytes_max {
            return Some(self.broken(&ProtocolError::Overflow));
        }
        pieces.bytes.extend_from_slice(&bytes);
        let whole = self.pieces.take_if(|_| is_last)?;
        Some(if whole.is_text { self.text(whole.bytes.into()) } else { Inbound::Binary })
    }

    fn text(&mut self, bytes: Vec<u8>) -> Inbound {
        String::from_utf8(bytes).map_or_else(
            |_| {
                self.is_over = true;
                Inbound::Broken(close::BAD_REQUEST, "a text frame is not UTF-8".to_owned())
            },
            Inbound::Text,
        )
    }

    fn broken(&mut self, error: &ProtocolError) -> Inbound {
        self.is_over = true;
        match error {
            ProtocolError::Overflow => {
                let reason = format!("a frame is over {} bytes", self.message_bytes_max);
                Inbound::Broken(close::TOO_LARGE, reason)
            }
            error => Inbound::Broken(close::BAD_REQUEST, error.to_string()),
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
                Ok(Some(frame)) => this.frame(frame),
                Err(error) => Some(this.broken(&error)),
                Ok(None) => {
                    if this.bytes.is_empty() {
                        this.bytes = BytesMut::new();
                    }
                    match ready!(Pin::new(&mut this.socket).poll_next(cx)) {
                        Some(Ok(bytes)) => {
                            this.pulse.beat();
                            this.bytes.extend_from_slice(&bytes);
                        }
                        Some(Err(_)) | None => this.is_over = true,
                    }
                    None
                }
            };
            if inbound.is_some() {
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

    fn read(pieces: &[&[u8]], bytes_max: usize) -> Vec<Inbound> {
        let pieces: Vec<Result<Bytes, ()>> = pieces.iter().map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        block_on(Incoming::new(stream::iter(pieces), bytes_max, Pulse::default()).collect())
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
}
