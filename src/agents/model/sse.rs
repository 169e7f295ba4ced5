//! Reads the `data:` of Server-Sent Events out of bytes that may be cut anywhere.
//!
//! Our own and not a library's because each line and each event is bounded: a model's server must not be able to fill the
//! memory with one that never ends.

use super::error::CallError;

/// The longest line that is read.
const LINE_BYTES_MAX: usize = 1024 * 1024;
/// The longest data of one event.
const EVENT_BYTES_MAX: usize = 1024 * 1024;

/// What was read and is not whole yet.
#[derive(Debug, Default)]
pub(super) struct SseReader {
    line: Vec<u8>,
    data: Option<String>,
}

impl SseReader {
    /// Takes bytes; answers the data of each event that they complete.
    ///
    /// # Errors
    /// [`CallError::Protocol`] for a line that is not UTF-8, and for a line or an event that is too long.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, CallError> {
        let mut events = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if self.line.len() > LINE_BYTES_MAX {
                return Err(CallError::Protocol(format!("a line is longer than {LINE_BYTES_MAX} bytes")));
            }
            if piece.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                events.extend(self.line(&line)?);
            }
        }
        Ok(events)
    }

    /// The body is over: an event that only lacks its empty line counts, because some servers forget it after the last.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub(super) fn finish(&mut self) -> Result<Vec<String>, CallError> {
        let line = std::mem::take(&mut self.line);
        let whole = if line.is_empty() { None } else { self.line(&line)? };
        Ok(whole.into_iter().chain(self.data.take()).collect())
    }

    /// A whole line; the empty one ends an event.
    fn line(&mut self, line: &[u8]) -> Result<Option<String>, CallError> {
        let line = std::str::from_utf8(line).map_err(|_| CallError::Protocol("a line is not UTF-8".to_owned()))?;
        let line = line.trim_end_matches(['\n', '\r']);
        if line.is_empty() {
            return Ok(self.data.take());
        }
        if let Some(value) = line.strip_prefix("data:") {
            self.add(value.strip_prefix(' ').unwrap_or(value))?;
        }
        Ok(None)
    }

    fn add(&mut self, value: &str) -> Result<(), CallError> {
        let Some(data) = &mut self.data else {
            self.data = Some(value.to_owned());
            return Ok(());
        };
        if data.len() + value.len() > EVENT_BYTES_MAX {
            return Err(CallError::Protocol(format!("an event is longer than {EVENT_BYTES_MAX} bytes")));
        }
        data.push('\n');
        data.push_str(value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pieces: &[&[u8]]) -> Vec<String> {
        let mut reader = SseReader::default();
        let mut events: Vec<_> = pieces.iter().flat_map(|piece| reader.push(piece).unwrap()).collect();
        events.extend(reader.finish().unwrap());
        events
    }

    #[test]
    fn events_are_the_same_wherever_the_bytes_are_cut() {
        let text = ": hello\r\ndata: {\"a\":\"цена\"}\r\n\r\nevent: x\ndata:1\ndata: 2\n\ndata: [DONE]\n\n".as_bytes();
        let whole = read(&[text]);
        assert_eq!(whole, ["{\"a\":\"цена\"}", "1\n2", "[DONE]"]);
        for at in 0..text.len() {
            assert_eq!(read(&[&text[..at], &text[at..]]), whole, "cut at {at}");
        }
    }

    #[test]
    fn the_last_event_counts_without_its_empty_line() {
        assert_eq!(read(&[b"data: [DONE]"]), ["[DONE]"]);
        assert_eq!(read(&[b"data: 1\n"]), ["1"]);
    }

    #[test]
    fn what_never_ends_and_what_is_no_text_is_refused() {
        assert!(SseReader::default().push(&vec![b'x'; LINE_BYTES_MAX + 1]).is_err());
        assert!(SseReader::default().push(b"data: \xff\n").is_err());
        let (mut reader, line) = (SseReader::default(), [b"data: ".as_slice(), &[b'x'; 1000], b"\n"].concat());
        assert!((0..2000).any(|_| reader.push(&line).is_err()));
    }
}
