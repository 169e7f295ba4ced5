//! What a message's text must be before it is accepted.

use protocol::Code;

/// Why a text is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// Nothing but white space.
    #[error("`content` is empty; send at least one character that is not white space")]
    Empty,
    /// U+0000, which PostgreSQL cannot store.
    #[error("`content` holds U+0000 at byte {0}, which cannot be stored")]
    Nul(usize),
    /// Too long.
    #[error("`content` has {bytes} bytes; `limits.content_bytes_max` is {bytes_max}")]
    TooLong {
        /// How long.
        bytes: usize,
        /// How long it may be.
        bytes_max: usize,
    },
}

impl ContentError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::Empty | Self::Nul(_) => Code::InvalidText,
            Self::TooLong { .. } => Code::TooLarge,
        }
    }
}

/// Checks the text of a message.
///
/// # Errors
/// A [`ContentError`] that quotes what is wrong.
pub fn check_content(content: &str, bytes_max: usize) -> Result<(), ContentError> {
    if content.len() > bytes_max {
        return Err(ContentError::TooLong { bytes: content.len(), bytes_max });
    }
    if let Some(at) = content.find('\0') {
        return Err(ContentError::Nul(at));
    }
    if content.trim().is_empty() { Err(ContentError::Empty) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_refused_with_its_reason() {
        assert_eq!(check_content("hi", 2), Ok(()));
        assert_eq!(check_content("hi!", 2), Err(ContentError::TooLong { bytes: 3, bytes_max: 2 }));
        assert_eq!(check_content(" \n\u{a0}", 9), Err(ContentError::Empty));
        assert_eq!(check_content("a\0", 9), Err(ContentError::Nul(1)));
    }
}
