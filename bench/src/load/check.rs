//! Whether every token came, once and in order.

use fakemodel::stamp;

/// What is wrong with a stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// A later token came first.
    #[error("token {expected} is missing or late: token {got} came in its place")]
    Ahead { expected: u64, got: u64 },
    /// A token came again, or after a later one.
    #[error("token {got} came again or late: token {expected} was next")]
    Behind { expected: u64, got: u64 },
    /// The turn ended too early or too late.
    #[error("the turn ended after {got} of {expected} tokens")]
    Count { expected: u64, got: u64 },
    /// Text that is no token.
    #[error("`{0}` is no token: it must be `place@microseconds`")]
    Text(String),
    /// A place in the log that does not follow.
    #[error("seq {got} came where {expected} was next")]
    Seq { expected: u64, got: u64 },
    /// The server said so.
    #[error("the server said: {0}")]
    Refused(String),
}

/// What came of one turn.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    next: u64,
    seq: u64,
    /// A token whose end did not come yet: pieces of text may be cut and merged anywhere.
    partial: String,
    /// Events that came.
    pub(crate) events: u64,
    /// When the first token came.
    pub(crate) first_at: Option<u64>,
    /// Microseconds from the sending of each token to its coming.
    pub(crate) late_micros: Vec<u64>,
}

impl Turn {
    /// Takes the place of an event in the log: dense from 1.
    pub(crate) fn seq(&mut self, got: u64) -> Result<(), Fault> {
        let expected = self.seq + 1;
        if got != expected {
            return Err(Fault::Seq { expected, got });
        }
        self.seq = got;
        Ok(())
    }

    /// Takes text that came at `now` ([`fakemodel::pour::monotonic_micros`]).
    pub(crate) fn text(&mut self, text: &str, now: u64) -> Result<(), Fault> {
        for piece in text.split_inclusive(' ') {
            if !piece.ends_with(' ') {
                self.partial.push_str(piece);
            } else if self.partial.is_empty() {
                self.token(piece, now)?;
            } else {
                let whole = std::mem::take(&mut self.partial) + piece;
                self.token(&whole, now)?;
            }
        }
        Ok(())
    }

    fn token(&mut self, token: &str, now: u64) -> Result<(), Fault> {
        let (got, sent) = stamp(token).ok_or_else(|| Fault::Text(token.chars().take(80).collect()))?;
        let expected = self.next;
        if got > expected {
            return Err(Fault::Ahead { expected, got });
        }
        if got < expected {
            return Err(Fault::Behind { expected, got });
        }
        self.next += 1;
        self.first_at.get_or_insert(now);
        let sent = u64::try_from(sent.as_micros()).unwrap_or(u64::MAX);
        self.late_micros.push(now.saturating_sub(sent));
        Ok(())
    }

    /// Takes the end of the turn.
    pub(crate) fn end(&self, expected: u64) -> Result<(), Fault> {
        if !self.partial.is_empty() {
            return Err(Fault::Text(self.partial.clone()));
        }
        if self.next != expected {
            return Err(Fault::Count { expected, got: self.next });
        }
        Ok(())
    }

    /// Tokens that came.
    pub(crate) fn tokens(&self) -> u64 {
        self.next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pieces: &[&str]) -> Result<Turn, Fault> {
        let mut turn = Turn::default();
        for piece in pieces {
            turn.text(piece, 100)?;
        }
        turn.end(4)?;
        Ok(turn)
    }

    #[track_caller]
    fn check(pieces: &[&str], expected: Result<(), Fault>) {
        assert_eq!(read(pieces).map(|_| ()), expected, "{pieces:?}");
    }

    #[test]
    fn tokens_may_be_merged_and_cut_anywhere() {
        check(&["0@1 ", "1@2 ", "2@3 ", "3@4 "], Ok(()));
        check(&["0@1 1@2 2@3 3@4 "], Ok(()));
        check(&["0", "@1 1@2", " 2@3 3@", "4", " "], Ok(()));
        assert_eq!(read(&["0@1 1@2 ", "2@3 3@200 "]).unwrap().late_micros, [99, 98, 97, 0]);
    }

    #[test]
    fn a_lost_a_doubled_and_a_swapped_token_are_told() {
        check(&["0@1 ", "2@3 ", "3@4 "], Err(Fault::Ahead { expected: 1, got: 2 }));
        check(&["0@1 ", "1@2 1@2 ", "2@3 3@4 "], Err(Fault::Behind { expected: 2, got: 1 }));
        check(&["0@1 2@3 1@2 3@4 "], Err(Fault::Ahead { expected: 1, got: 2 }));
        check(&["1@1 0@1 2@3 3@4 "], Err(Fault::Ahead { expected: 0, got: 1 }));
    }

    #[test]
    fn an_end_at_the_wrong_place_is_told() {
        check(&["0@1 1@2 2@3 "], Err(Fault::Count { expected: 4, got: 3 }));
        check(&["0@1 1@2 2@3 3@4 4@5 "], Err(Fault::Count { expected: 4, got: 5 }));
        check(&["0@1 1@2 2@3 3@4"], Err(Fault::Text("3@4".to_owned())));
        check(&["0@1 hello "], Err(Fault::Text("hello ".to_owned())));
    }

    #[test]
    fn places_in_the_log_are_dense() {
        for (seqs, fault) in [
            (&[1, 2, 3][..], None),
            (&[1, 3], Some(Fault::Seq { expected: 2, got: 3 })),
            (&[1, 1], Some(Fault::Seq { expected: 2, got: 1 })),
            (&[2], Some(Fault::Seq { expected: 1, got: 2 })),
        ] {
            let mut turn = Turn::default();
            let found = seqs.iter().find_map(|seq| turn.seq(*seq).err());
            assert_eq!(found, fault, "{seqs:?}");
        }
    }
}
