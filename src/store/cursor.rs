//! Where a page of a list ends, as an opaque text: clients hand it back and never read it.
//!
//! Its first letter names the list, so that a cursor of another list is refused instead of misread.

use protocol::{Seq, Timestamp};
use uuid::Uuid;

use super::{InternalId, Page, PageRequest, StoreError};

/// The most that a page holds, whatever was asked for.
const PAGE_ITEMS_MAX: u32 = 500;

/// How many items a page may hold: at least one, so that who follows `next` gets on.
pub(super) fn page_limit(page: &PageRequest) -> usize {
    page.limit.clamp(1, PAGE_ITEMS_MAX) as usize
}

/// Makes a page of what was found when one more than the limit was looked for: that one tells that there is more.
pub(super) fn page_of<T>(mut found: Vec<T>, limit: usize, cursor: impl FnOnce(&T) -> String) -> Page<T> {
    let more = found.len() > limit;
    found.truncate(limit);
    let next = if more { found.last().map(cursor) } else { None };
    Page { items: found, next }
}

/// The lists that are in the order of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LogList {
    Messages,
    Interactions,
}

impl LogList {
    fn letter(self) -> char {
        match self {
            Self::Messages => 'm',
            Self::Interactions => 'i',
        }
    }

    /// After which event a page begins.
    pub(super) fn after(self, cursor: Option<&str>) -> Result<Seq, StoreError> {
        let Some(text) = cursor else { return Ok(Seq::ZERO) };
        let number = hex(text, self.letter(), 16).and_then(|digits| u64::from_str_radix(digits, 16).ok()).map(Seq);
        number.filter(|seq| *seq <= Seq::MAX).ok_or_else(|| StoreError::BadCursor(shown(text)))
    }

    /// The cursor of a page that ends with this event.
    pub(super) fn cursor(self, last: Seq) -> String {
        format!("{}{:016x}", self.letter(), last.0)
    }
}

/// Where a page of conversations ends: newest first, by their last change, then by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ConversationPlace {
    pub(super) updated_at: Timestamp,
    pub(super) id: InternalId,
}

impl ConversationPlace {
    pub(super) fn parse(cursor: Option<&str>) -> Result<Option<Self>, StoreError> {
        let Some(text) = cursor else { return Ok(None) };
        let place = hex(text, 'c', 48).and_then(|digits| digits.split_at_checked(16)).and_then(|(time, id)| {
            let millis = u64::from_str_radix(time, 16).ok()?.cast_signed();
            Some(Self { updated_at: Timestamp::from_millis(millis), id: InternalId(Uuid::try_parse(id).ok()?) })
        });
        place.map(Some).ok_or_else(|| StoreError::BadCursor(shown(text)))
    }

    pub(super) fn cursor(self) -> String {
        format!("c{:016x}{}", self.updated_at.as_millis().cast_unsigned(), self.id.0.simple())
    }
}

fn hex(text: &str, letter: char, digits: usize) -> Option<&str> {
    let rest = text.strip_prefix(letter)?;
    (rest.len() == digits && rest.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(rest)
}

/// As much of a foreign text as a message may repeat.
fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_gives_back_its_place() {
        let list = LogList::Messages;
        assert_eq!(list.after(Some(&list.cursor(Seq(42)))), Ok(Seq(42)));
        let id = InternalId(Uuid::from_u128(7));
        for millis in [0, -5, 1_795_437_919_031] {
            let place = ConversationPlace { updated_at: Timestamp::from_millis(millis), id };
            assert_eq!(ConversationPlace::parse(Some(&place.cursor())), Ok(Some(place)));
        }
    }

    #[test]
    fn refuses_what_it_did_not_give_out() {
        let foreign = LogList::Interactions.cursor(Seq(1));
        let future = LogList::Messages.cursor(Seq(u64::MAX));
        for bad in ["", "m", "7", "m1", "mффффффффффффффффф", "m+000000000000001", &foreign, &future] {
            assert_eq!(LogList::Messages.after(Some(bad)), Err(StoreError::BadCursor(bad.to_owned())), "{bad}");
            assert!(ConversationPlace::parse(Some(bad)).is_err(), "{bad}");
        }
    }
}
