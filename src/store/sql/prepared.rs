//! The writes of a group with the rows that follow from them, worked out once for all ways to store it.

use std::collections::HashSet;

use super::append::Append;
use crate::store::{Write, projection::project};

/// One write.
pub(super) enum Prepared<'a> {
    Append(Box<Append<'a>>),
    Refused(String),
    /// No append.
    Rare(&'a Write),
}

impl<'a> Prepared<'a> {
    pub(super) fn all(group: &'a [Write]) -> Vec<Self> {
        group.iter().enumerate().map(|(index, write)| Self::of(index, write)).collect()
    }

    fn of(index: usize, write: &'a Write) -> Self {
        let Write::Append { conversation, fence, events } = write else { return Self::Rare(write) };
        match project(*conversation, events) {
            Err(unfit) => Self::Refused(unfit.to_string()),
            Ok(rows) => {
                Self::Append(Box::new(Append { index, conversation: *conversation, fence: *fence, events, rows }))
            }
        }
    }

    fn append(&self) -> Option<&Append<'a>> {
        let Self::Append(append) = self else { return None };
        Some(append)
    }

    pub(super) fn into_append(self) -> Option<Append<'a>> {
        let Self::Append(append) = self else { return None };
        Some(*append)
    }
}

/// The appends of a group of at most so many writes that is nothing else, each to another conversation.
pub(super) fn appends_alone<'p, 'a>(group: &'p [Prepared<'a>], appends_max: usize) -> Option<Vec<&'p Append<'a>>> {
    if group.is_empty() || group.len() > appends_max {
        return None;
    }
    let mut seen = HashSet::with_capacity(group.len());
    group.iter().map(|one| one.append().filter(|append| seen.insert(append.conversation))).collect()
}
