//! An answer as it comes: pieces of text, until the model said that it was done.

use bytes::Bytes;
use futures::Stream;

use super::{assemble::Answer, client::Call, error::CallError, sse::SseReader};

/// An answer that is coming. Dropping it closes the model's socket.
pub(super) struct Listening<S> {
    call: Call<S>,
    reader: SseReader,
    answer: Answer,
    /// How it ended; none while more may come.
    ended: Option<Result<(), CallError>>,
}

impl<S: Stream<Item = reqwest::Result<Bytes>>> Listening<S> {
    pub(super) fn new(call: Call<S>) -> Self {
        Self { call, reader: SseReader::default(), answer: Answer::default(), ended: None }
    }

    /// The next pieces of text, which may be none; `None` once the answer is whole.
    ///
    /// # Errors
    /// [`CallError`], after the text that came before it.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<String>>, CallError> {
        if let Some(ended) = &self.ended {
            return ended.clone().map(|()| None);
        }
        let (events, is_last) = match self.call.next().await {
            Ok(Some(bytes)) => (self.reader.push(&bytes), false),
            Ok(None) => (self.reader.finish(), true),
            Err(failure) => (Err(failure), true),
        };
        let mut texts = Vec::new();
        let heard = events.and_then(|events| self.hear(&events, &mut texts));
        let is_whole = self.answer.is_whole();
        match heard {
            // What comes after the model said that it was done does not matter.
            Err(_) if is_whole => self.ended = Some(Ok(())),
            Err(failure) => self.ended = Some(Err(failure)),
            Ok(()) if self.answer.done || is_last && is_whole => self.ended = Some(Ok(())),
            Ok(()) if is_last => self.ended = Some(Err(CallError::Unfinished)),
            Ok(()) if is_whole => self.call.hurry(),
            Ok(()) => {}
        }
        Ok(Some(texts))
    }

    fn hear(&mut self, events: &[String], texts: &mut Vec<String>) -> Result<(), CallError> {
        for data in events {
            texts.extend(self.answer.take(data)?);
        }
        Ok(())
    }

    /// All that the model said.
    pub(super) fn into_answer(self) -> Answer {
        self.answer
    }
}
