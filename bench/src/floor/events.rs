//! Cuts the model's answer into the data of its events.

use bytes::{Bytes, BytesMut};

/// What was read and is not whole yet.
#[derive(Debug, Default)]
pub(super) struct Events(BytesMut);

impl Events {
    /// Takes what the socket brought; [`Self::next`] hands it out.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// The data of the next whole event.
    pub(super) fn next(&mut self) -> Option<Bytes> {
        let end = self.0.windows(2).position(|two| two == b"\n\n")?;
        let event = self.0.split_to(end + 2).freeze();
        let begin = if event.starts_with(b"data: ") { 6 } else { 0 };
        Some(event.slice(begin..end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_the_same_wherever_the_bytes_are_cut() {
        let text = b"data: {\"a\":1}\n\ndata: [DONE]\n\n";
        for at in 0..text.len() {
            let mut events = Events::default();
            let mut found = Vec::new();
            for piece in [&text[..at], &text[at..]] {
                events.push(piece);
                found.extend(std::iter::from_fn(|| events.next()));
            }
            assert_eq!(found, [&b"{\"a\":1}"[..], b"[DONE]"], "cut at {at}");
        }
    }
}
