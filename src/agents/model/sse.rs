//! Reads the `data:` of Server-Sent Events out of bytes that may be cut anywhere.
//!
//! Our own and not a library's because each line is bounded: a model's server must not be able to fill the memory with a
//! line that never ends.

use super::error::CallError;

/// The longest line that is read.
const LINE_BYTES_MAX: usize = 1024 * 1024;

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
    /// [`CallError::Protocol`] for a line that is too long or not UTF-8.
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

    /// A whole line; the empty one ends an event.
    fn line(&mut self, line: &[u8]) -> Result<Option<String>, CallError> {
        let line = std::str::from_utf8(line).map_err(|_| CallError::Protocol("a line is not UTF-8".to_owned()))?;
        let line = line.trim_end_matches(['\n', '\r']);
        if line.is_empty() {
            return Ok(self.data.take());
        }
        if let Some(value) = line.strip_prefix("data:") {
            let value = value.strip_prefix(' ').unwrap_or(value);
            match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pieces: &[&[u8]]) -> Vec<String> {
        let mut reader = SseReader::default();
        pieces.iter().flat_map(|piece| reader.push(piece).unwrap()).collect()
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
    fn a_line_without_end_and_a_line_that_is_no_text_are_refused() {
        assert!(SseReader::default().push(&vec![b'x'; LINE_BYTES_MAX + 1]).is_err());
        assert!(SseReader::default().push(b"data: \xff\n").is_err());
    }
}
